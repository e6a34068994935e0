"""A column stands beside an aggregate, and is not grouped by.

Spark refuses it, also where the column depends on one that is grouped by: group by it, too, or say which of
the group's values is meant (``max``, ``min_by``).
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from sqlglot import exp

from warehouse.lint.rule import Hit, Rule, Severity, Sql
from warehouse.query_facts import Select
from warehouse.query_functions import AGGREGATES
from warehouse.sqltext import Tree

_ROLLUP_NODES = (exp.Rollup, exp.Cube, exp.GroupingSets)
_NOT_LOOKED_INTO = (exp.Query, exp.Exists, exp.Count)
_AROUND = (exp.IgnoreNulls, exp.RespectNulls, exp.Filter)
_PARTS = ("catalog", "db", "table", "this")
_ROLLUPS = ("rollup", "cube", "grouping_sets", "totals", "all")


def check(sql: Sql) -> Iterator[Hit]:
    for select in sql.analysis.selects:
        group = select.node.args.get("group")
        if group is None and not select.aggregates:
            continue
        if group is not None and any(group.args.get(word) for word in _ROLLUPS):
            continue
        keys = list(group.expressions) if group is not None else []
        if any(isinstance(key, _ROLLUP_NODES) for key in keys):
            continue
        yield from _of_select(sql, select, keys)


def _of_select(sql: Sql, select: Select, keys: list[Tree]) -> Iterator[Hit]:
    shapes = {_shape(sql, key) for key in keys}
    kinds = {type(key.unnest()) for key in keys}
    names = {key.name.lower() for key in keys if isinstance(key, exp.Column) and not key.args.get("table")}
    for place, item in enumerate(select.node.expressions, 1):
        value = item.this if isinstance(item, exp.Alias) else item
        if any(isinstance(key, exp.Literal) and key.this == str(place) for key in keys):
            continue
        if isinstance(item, exp.Alias) and item.alias.lower() in names:
            continue
        column = _loose(sql, select, value, shapes, kinds)
        if column is not None:
            yield Hit(
                sql.offset(column),
                f"{column.sql()} is neither grouped by nor aggregated",
                None,
                "add it to GROUP BY, or say which value is meant: max(…), min_by(…, …)",
            )


def _loose(sql: Sql, select: Select, root: Tree, shapes: set[Any], kinds: set[type]) -> Tree | None:
    """A column of this SELECT's sources that is outside of aggregates and of what is grouped by."""
    stack = [root]
    while stack:
        node = stack.pop()
        if isinstance(node, _NOT_LOOKED_INTO):
            continue
        if isinstance(node, exp.Window):
            # What a window function takes is grouped; the function itself is no aggregate of the group.
            function = node.this
            while isinstance(function, _AROUND):
                function = function.this
            stack += [*_children(function), *(c for c in _children(node) if c is not node.this)]
            continue
        if isinstance(node, exp.AggFunc) or (
            isinstance(node, exp.Anonymous) and str(node.this).lower() in AGGREGATES
        ):
            continue
        if isinstance(node, exp.Star) or (isinstance(node, exp.Column) and isinstance(node.this, exp.Star)):
            return node
        if isinstance(node, exp.Filter):
            stack.append(node.this)
            continue
        if type(node.unnest()) in kinds and _shape(sql, node) in shapes:
            continue
        if isinstance(node, exp.Column):
            found = sql.analysis.located.get(id(node))
            if found is not None and any(found[0] is source for source in select.scope.sources):
                return node
            continue
        stack += _children(node)
    return None


def _children(node: Tree) -> list[Tree]:
    found = []
    for value in node.args.values():
        if isinstance(value, exp.Expr):
            found.append(value)
        elif isinstance(value, list):
            found += [item for item in value if isinstance(item, exp.Expr)]
    return found


def _shape(sql: Sql, node: Any) -> Any:
    """Equal for expressions that are the same to Spark: names without case, columns by whose they are."""
    if isinstance(node, exp.Column):
        found = sql.analysis.located.get(id(node))
        fields = [p.name.lower() for w in _PARTS if (p := node.args.get(w)) is not None]
        if found is not None:
            below = fields[fields.index(found[1]) + 1 :] if found[1] in fields else fields
            return id(found[0]), found[1], *below
        return tuple(fields)
    if isinstance(node, exp.Paren):
        return _shape(sql, node.this)
    if isinstance(node, exp.Identifier):
        return node.name.lower()
    if isinstance(node, exp.Expr):
        parts = tuple((key, _shape(sql, value)) for key, value in node.args.items() if value is not None)
        return type(node), parts
    if isinstance(node, list):
        return tuple(_shape(sql, item) for item in node)
    return node


RULE = Rule("W603", Severity.ERROR, check)
