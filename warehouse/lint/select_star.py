"""``*`` of a table decides which columns the statement gives.

A column added to the table then moves those behind it, or breaks the statement: INSERT goes by position. The
same holds for the branches of a UNION, and for SELECT DISTINCT, whose rows change with the columns. Naming
the columns also tells readers what is used. ``*`` of a CTE that names its columns is fine.
"""

from __future__ import annotations

from collections.abc import Iterator

from sqlglot import exp

from warehouse.lint.rule import Hit, Rule, Severity, Sql
from warehouse.query_facts import Relation, Select


def check(sql: Sql) -> Iterator[Hit]:
    seen: set[int] = set()
    relations = [sql.analysis.output]
    for fact in sql.analysis.sets:
        relations += [fact.left, fact.right]
    for relation in relations:
        yield from _stars(sql, relation, seen)
    for select in sql.analysis.selects:
        if select.node.args.get("distinct") is not None:
            yield from _stars(sql, select.relation, seen)


def _stars(sql: Sql, relation: Relation, seen: set[int]) -> Iterator[Hit]:
    """Stars that pass the columns of a table on to ``relation``."""
    select = relation.select
    if select is None or id(select) in seen:
        return
    seen.add(id(select))
    for item in select.node.expressions:
        if isinstance(item, exp.Star) or (isinstance(item, exp.Column) and isinstance(item.this, exp.Star)):
            for source in _sources(select, item):
                if source.table is not None:
                    yield Hit(
                        sql.offset(item) if isinstance(item, exp.Column) else _star(sql, select),
                        f"* stands for whatever columns {source.table} has",
                        "a column added to it changes what this statement gives",
                        "name the columns" + (f": {', '.join(source.names)}" if source.names else ""),
                    )
                else:
                    yield from _stars(sql, source, seen)


def _sources(select: Select, item: exp.Expr) -> list[Relation]:
    words = tuple(p.name.lower() for w in ("db", "table") if (p := item.args.get(w)) is not None)
    return [s.relation for s in select.scope.sources if not words or words in s.names]


def _star(sql: Sql, select: Select) -> int:
    """A bare star has no place in the tree: it is looked for before what the SELECT reads."""
    sources = select.scope.sources
    end = sql.offset(sources[0].node) if sources else len(sql.statement.text)
    found = sql.statement.text.rfind("*", 0, max(end, 0))
    return found if found >= 0 else end


RULE = Rule("W201", Severity.WARNING, check)
