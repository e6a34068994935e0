"""Small questions to sqlglot's tree of a SELECT: subqueries, windows, aggregates, chance, joins, names."""

from __future__ import annotations

from enum import Enum

import msgspec
from sqlglot import exp

from warehouse.census import Census
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


class Parts(msgspec.Struct):
    """``queries`` are subqueries with whether they give a value (a scalar), or an answer (EXISTS, IN)."""

    queries: list[tuple[Tree, bool]] = msgspec.field(default_factory=list)
    windows: list[Tree] = msgspec.field(default_factory=list)
    aggregates: bool = False
    by_order: str = ""
    random: str = ""
    rollup: bool = False


def around_parts(nodes: Census) -> frozenset[int]:
    """The ids of all nodes with something in them that :func:`collect` looks for."""
    found: set[int] = set()
    for kind, some in nodes.items():
        role, chance = _ROLES[kind]
        if role is not _Role.PLAIN or chance:
            for node in some:
                while node is not None and id(node) not in found:
                    found.add(id(node))
                    node = node.parent
    return frozenset(found)


def parts_of_select(select: Tree, around: frozenset[int]) -> Parts:
    """Of everything but FROM, the joins and WHERE. ``around`` is of :func:`around_parts`."""
    parts = Parts()
    for expression in select.expressions:
        if id(expression) in around:
            collect(expression.this if type(expression) is exp.Alias else expression, parts, around)
    for word in ("having", "order", "sort"):
        if select.args.get(word) is not None:
            collect(select.args[word], parts, around)
    group = select.args.get("group")
    if group is not None:
        for part in children(group):
            collect(part, parts, around)
        parts.rollup = any(isinstance(e, _ROLLUPS) for e in group.expressions) or any(
            group.args.get(word) for word in ("rollup", "cube", "grouping_sets", "totals")
        )
    return parts


def collect(root: Tree, parts: Parts, around: frozenset[int]) -> Parts:
    """Add what stands in ``root``, not looking into subqueries."""
    stack: list[tuple[Tree, bool]] = [(root, False)]
    while stack:
        node, windowed = stack.pop()
        if id(node) not in around:
            continue
        role, chance = _ROLES[type(node)]
        if role is _Role.QUERY:
            parts.queries.append((node, True))
            continue
        if role is _Role.ASKS:
            if isinstance(node.this, exp.Query):
                parts.queries.append((node.this, False))
                continue
            if isinstance(node, exp.In) and node.args.get("query") is not None:
                parts.queries.append((node.args["query"], False))
                stack.append((node.this, False))
                continue
        elif role is _Role.WINDOW:
            parts.windows.append(node)
            stack.extend((child, child is node.this) for child in children(node))
            continue
        elif (role is _Role.AGGREGATE or role is _Role.BY_ORDER) and not windowed:
            parts.aggregates = True
            if role is _Role.BY_ORDER:
                parts.by_order = parts.by_order or str(node.key)
        elif role is _Role.BY_NAME:
            chance = function_name(node) if function_name(node) in CHANCE else ""
        if chance:
            parts.random = parts.random or chance
        inherited = windowed and role is _Role.PASSES
        stack.extend((child, inherited) for child in children(node))
    return parts


def columns_below(root: Tree) -> list[Tree]:
    """The columns in an expression, not looking into subqueries."""
    found, stack = [], [root]
    while stack:
        node = stack.pop()
        if type(node) is exp.Column:
            if not isinstance(node.this, exp.Star):
                found.append(node)
        elif not isinstance(node, exp.Query):
            stack.extend(reversed(children(node)))
    return found


class _Role(Enum):
    """What a node is to :func:`collect`."""

    LEAF = 1
    LIST = 2
    PLAIN = 3
    QUERY = 4
    ASKS = 5
    WINDOW = 6
    AGGREGATE = 7
    BY_ORDER = 8
    PASSES = 9
    BY_NAME = 10


class _Roles(dict[type, tuple[_Role, str]]):
    """By type, found once for each; with the function's name where it depends on chance."""

    def __missing__(self, kind: type) -> tuple[_Role, str]:
        role, chance = _Role.LEAF, ""
        if issubclass(kind, list):
            role = _Role.LIST
        elif issubclass(kind, exp.Expr) and not issubclass(kind, exp.Identifier | exp.Literal):
            role = next((one for classes, one in _SPECIAL if issubclass(kind, classes)), _Role.PLAIN)
            chance = kind.key if kind.key in CHANCE else ""
        self[kind] = role, chance
        return role, chance


_SPECIAL: tuple[tuple[type | tuple[type, ...], _Role], ...] = (
    (exp.Query, _Role.QUERY),
    ((exp.Exists, exp.In, exp.Any, exp.All), _Role.ASKS),
    (exp.Window, _Role.WINDOW),
    (_BY_ORDER, _Role.BY_ORDER),
    (exp.AggFunc, _Role.AGGREGATE),
    ((exp.IgnoreNulls, exp.RespectNulls, exp.Filter), _Role.PASSES),
    (exp.Anonymous, _Role.BY_NAME),
)
_ROLES = _Roles()


def children(node: Tree) -> list[Tree]:
    """The nodes below, names and literals left out."""
    found = []
    for value in node.args.values():
        role = _ROLES[type(value)][0]
        if role is _Role.LIST:
            found += [item for item in value if _ROLES[type(item)][0] is not _Role.LEAF]
        elif role is not _Role.LEAF:
            found.append(value)
    return found


def join_kind(node: Tree) -> Kind:
    kind, side = node.kind, node.side
    if kind in _KINDS:
        return _KINDS[kind]
    if side:
        return _SIDES.get(side, Kind.FULL)
    return Kind.INNER if kind in ("", "INNER", "CROSS") else Kind.FULL


_KINDS = {"SEMI": Kind.SEMI, "ANTI": Kind.ANTI}
_SIDES = {"LEFT": Kind.LEFT, "RIGHT": Kind.RIGHT, "FULL": Kind.FULL}


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
