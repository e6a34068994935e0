"""A column is named that is not there, or that two tables have.

Found from the contracts of the tables that are read, through CTEs and subqueries. Where something is read
whose columns are not known, nothing is said.
"""

from __future__ import annotations

from collections.abc import Iterator

from warehouse.lint.rule import Hit, Rule, Severity, Sql


def check(sql: Sql) -> Iterator[Hit]:
    for problem in sql.analysis.problems:
        if problem.kind in ("column", "ambiguous"):
            yield Hit(sql.offset(problem.node), problem.what, None, problem.fix or None)


RULE = Rule("W502", Severity.ERROR, check)
