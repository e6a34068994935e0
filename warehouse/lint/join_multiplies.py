"""A join may multiply rows, and a column is checked as unique.

The check would stop the run on the day when the other table has two rows for one key. Found where the other
table's checks or its GROUP BY say what is unique in it, and the join does not name all of that. Checks hold
for each slice: of a table partitioned by day, a key is unique within its day, so the join names the day, too.
"""

from __future__ import annotations

from collections.abc import Iterator

from sqlglot import exp

from warehouse.frontmatter import Unique
from warehouse.lint.keys import KeyFinder, columns_in
from warehouse.lint.rule import Hit, Rule, Severity, Sql
from warehouse.query_facts import JoinFact, Select, Source


def check(sql: Sql) -> Iterator[Hit]:
    checks = [c.args.columns for c in sql.model.front.checks if isinstance(c.args, Unique)]
    select = sql.analysis.output.select
    if not checks or select is None or sql.analysis.output.values is not select.relation.values:
        return
    finder = KeyFinder(sql.analysis, sql.keys_of)
    slices = set(sql.model.contract.partition_columns)
    proven = finder.of(sql.analysis.output) or []
    seen: set[int] = set()
    for columns in checks:
        if not any(key <= {*columns, *slices} for key in proven):
            for hit in _along(sql, finder, select, set(columns)):
                if isinstance(hit.at, int) and hit.at not in seen:
                    seen.add(hit.at)
                    yield hit


def _along(sql: Sql, finder: KeyFinder, select: Select, columns: set[str]) -> Iterator[Hit]:
    """Down the first source of each SELECT, until rows are made unique again."""
    while True:
        args = select.node.args
        if args.get("group") is not None or args.get("distinct") is not None or select.aggregates:
            return
        sources = select.scope.sources
        items = [i for i, n in zip(select.items, select.relation.names, strict=False) if n in columns]
        whose = {
            id(found[0])
            for item in items
            for column in columns_in(item)
            if (found := sql.analysis.located.get(id(column))) is not None
        }
        where = args.get("where")
        fixed = finder.fixed([where.this] if where is not None else [])
        for join in select.joins:
            right = sources[join.left : join.right]
            if join.kind in ("SEMI", "ANTI") or len(right) != 1 or id(right[0]) in whose:
                continue
            if right[0].generated:
                continue
            yield from _hit(sql, finder, join, right[0], fixed)
        if not sources or (where is not None and _one_of_each(where.this)):
            return
        inner = sources[0].relation.select
        if inner is None or sources[0].relation.values is not inner.relation.values:
            return
        columns = {
            found[1]
            for item in items
            for column in columns_in(item)
            if (found := sql.analysis.located.get(id(column))) is not None and found[0] is sources[0]
        } | {
            n for i, n in zip(select.items, select.relation.names, strict=False) if n in columns and i.is_star
        }
        select = inner


def _hit(
    sql: Sql, finder: KeyFinder, join: JoinFact, right: Source, fixed: set[tuple[int, str]]
) -> Iterator[Hit]:
    keys = [frozenset(name for _, name in key) for key in finder.right(join, right, [], fixed) or []]
    if not keys:
        return
    bound = {name for source, name in finder.bound(join, [right]) | fixed if source == id(right)}
    if any(key <= bound for key in keys):
        return
    needed = min((key - bound for key in keys), key=len)
    yield Hit(
        sql.offset(join.node),
        f"the join with {right.label} can multiply rows, and the result is checked as unique",
        f"{right.label} is known to be unique by {' or by '.join(', '.join(sorted(k)) for k in keys)}",
        f"join by {', '.join(sorted(needed))}, too, or keep one row for each key before the join",
    )


def _one_of_each(condition: exp.Expr) -> bool:
    """``n = 1``, as after row_number()."""
    return any(
        isinstance(node, exp.EQ) and node.expression.name == "1" and isinstance(node.this, exp.Column)
        for node in condition.find_all(exp.EQ)
    )


RULE = Rule("W302", Severity.WARNING, check)
