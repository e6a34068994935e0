"""Small questions to sqlglot's tree of a SELECT: subqueries, windows, aggregates, chance, joins, names."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

from sqlglot import exp

from warehouse.conversion import function_name
from warehouse.plans import Kind
from warehouse.sqlglot_names import CHANCE
from warehouse.sqltext import Tree

# Spark calls these non-deterministic: their result depends on the order of rows.
_BY_ORDER = (
    exp.First,
    exp.Last,
    exp.FirstValue,
    exp.LastValue,
    exp.AnyValue,
    exp.ArrayAgg,
    exp.ArrayUniqueAgg,
)
CUTS = {"limit": "LIMIT", "offset": "OFFSET", "fetch": "FETCH", "sample": "TABLESAMPLE"}
"""What keeps some of the rows only."""
_ROLLUPS = (exp.Rollup, exp.Cube, exp.GroupingSets)


@dataclass
class Parts:
    """``queries`` are subqueries with whether they give a value (a scalar), or an answer (EXISTS, IN)."""

    queries: list[tuple[Tree, bool]] = field(default_factory=list)
    windows: list[Tree] = field(default_factory=list)
    aggregates: bool = False
    by_order: str = ""
    random: str = ""
    rollup: bool = False


def parts_of_select(select: Tree) -> Parts:
    """Of everything but FROM, the joins and WHERE."""
    parts = Parts()
    for expression in select.expressions:
        collect(expression, parts)
    for word in ("having", "order", "sort"):
        if select.args.get(word) is not None:
            collect(select.args[word], parts)
    group = select.args.get("group")
    if group is not None:
        collect(group, parts)
        parts.rollup = any(isinstance(e, _ROLLUPS) for e in group.expressions) or any(
            group.args.get(word) for word in ("rollup", "cube", "grouping_sets", "totals")
        )
    return parts


def collect(root: Tree, parts: Parts) -> Parts:
    """Add what stands in ``root``, not looking into subqueries."""
    stack: list[tuple[Tree, bool]] = [(root, False)]
    while stack:
        node, windowed = stack.pop()
        if isinstance(node, exp.Query):
            parts.queries.append((node, True))
            continue
        if isinstance(node, exp.Exists) and isinstance(node.this, exp.Query):
            parts.queries.append((node.this, False))
            continue
        if isinstance(node, exp.In) and node.args.get("query") is not None:
            parts.queries.append((node.args["query"], False))
            stack.append((node.this, False))
            continue
        if isinstance(node, exp.Any | exp.All) and isinstance(node.this, exp.Query):
            parts.queries.append((node.this, False))
            continue
        if isinstance(node, exp.Window):
            parts.windows.append(node)
            stack.extend((child, child is node.this) for child in children(node))
            continue
        if isinstance(node, exp.AggFunc) and not windowed:
            parts.aggregates = True
            if isinstance(node, _BY_ORDER):
                parts.by_order = parts.by_order or str(node.key)
        if function_name(node) in CHANCE:
            parts.random = parts.random or function_name(node)
        inherited = windowed and isinstance(node, exp.IgnoreNulls | exp.RespectNulls | exp.Filter)
        stack.extend((child, inherited) for child in children(node))
    return parts


def children(node: Tree) -> Iterator[Tree]:
    for value in node.args.values():
        if isinstance(value, exp.Expr):
            yield value
        elif isinstance(value, list):
            for item in value:
                if isinstance(item, exp.Expr):
                    yield item


def join_kind(node: Tree) -> Kind:
    if node.kind in ("SEMI", "ANTI"):
        return Kind(node.kind.lower())
    if node.side in ("LEFT", "RIGHT", "FULL"):
        return Kind(node.side.lower())
    return Kind.INNER if node.kind in ("", "INNER", "CROSS") and not node.side else Kind.FULL


def has_cut(node: Tree) -> bool:
    return bool(node.args.get("with_")) or any(node.args.get(word) for word in CUTS)


def alias_names(node: Tree) -> tuple[tuple[str, ...], ...]:
    alias = node.args.get("alias")
    return ((alias.name.lower(),),) if alias is not None and alias.name else ()


def column_names(node: Tree) -> tuple[str, ...]:
    alias = node.args.get("alias")
    return (
        tuple(c.name.lower() for c in alias.args.get("columns") or ())
        if isinstance(alias, exp.TableAlias)
        else ()
    )
