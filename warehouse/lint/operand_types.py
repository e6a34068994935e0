"""Two types meet in an operation or a comparison that Spark does not compare or compute with.

With ANSI on, a BOOLEAN is no number, a DATE cannot be compared with an INT, an ARRAY with a text. Only types
that are known for sure are looked at.
"""

from __future__ import annotations

from collections.abc import Iterator

from warehouse.expression_types import common, comparable_kinds
from warehouse.lint.rule import Hit, Rule, Severity, Sql


def check(sql: Sql) -> Iterator[Hit]:
    for node, _, left, right in sql.analysis.comparisons:
        a, b = left[0], right[0]
        if comparable_kinds(a, b) and common(a, b) is None:
            yield Hit(
                sql.offset(node),
                f"{str(a).upper()} is compared with {str(b).upper()}",
                "Spark refuses it",
                "cast one side to the other's type",
            )
    for node, kinds in sql.analysis.operations:
        bad = next((k for k in kinds if k == "boolean" or (k and "<" in k)), None)
        if bad is not None:
            yield Hit(sql.offset(node), f"{bad.upper()} is no number", "Spark refuses it", "cast it to INT")
    for problem in sql.analysis.problems:
        if problem.kind == "types":
            yield Hit(sql.offset(problem.node), problem.what, None, problem.fix or None)


RULE = Rule("W605", Severity.ERROR, check)
