"""An aggregate, a window function or a condition stands where Spark does not allow it.

Aggregates and window functions are computed after WHERE, ON and GROUP BY: a condition on an aggregate
belongs into HAVING, one on a window function into the query around. No aggregate stands inside another.
Conditions are BOOLEAN, both sides of a UNION have as many columns.
"""

from __future__ import annotations

from collections.abc import Iterator

from warehouse.lint.rule import Hit, Rule, Severity, Sql


def check(sql: Sql) -> Iterator[Hit]:
    for problem in sql.analysis.problems:
        if problem.kind in ("aggregate", "window", "condition", "union"):
            yield Hit(sql.offset(problem.node), problem.what, None, problem.fix or None)


RULE = Rule("W604", Severity.ERROR, check)
