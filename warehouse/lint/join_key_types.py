"""The two sides of a join's equality have different types.

Spark casts one of them for every row: text that is no number fails the job (ANSI), ``'07'`` and ``7`` become
equal, DECIMAL and DOUBLE compare by rounding. Cast the side that is meant.
"""

from __future__ import annotations

from collections.abc import Iterator

from sqlglot import exp

from warehouse.expression_types import INTEGERS, is_plain
from warehouse.lint.rule import Hit, Rule, Severity, Sql


def check(sql: Sql) -> Iterator[Hit]:
    for node, _, left, right in sql.analysis.comparisons:
        if not isinstance(node, exp.EQ | exp.NullSafeEQ) or not _columns(node):
            continue
        a, b = left[0], right[0]
        if a is None or b is None or not (is_plain(a) and is_plain(b)) or _alike(a, b):
            continue
        if node.find_ancestor(exp.Join, exp.Where, exp.Select).__class__ is exp.Join:
            yield Hit(
                sql.offset(node),
                f"a join compares {a.upper()} with {b.upper()}",
                "one side is cast for every row, and text that cannot be cast fails the job",
                "cast one side to the other's type",
            )


def _columns(node: exp.Expr) -> bool:
    return isinstance(node.this, exp.Column) and isinstance(node.args["expression"], exp.Column)


def _alike(a: str, b: str) -> bool:
    if "void" in (a, b) or a == b or (a in INTEGERS and b in INTEGERS):
        return True
    exact = (*INTEGERS, "decimal")
    return a.partition("(")[0] in exact and b.partition("(")[0] in exact


RULE = Rule("W303", Severity.WARNING, check)
