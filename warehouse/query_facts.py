"""What one pass over a statement's query finds: relations, columns with their origins, joins, problems.

A set of origins is an int, one bit for each: sets are made at every node, and ints cost least.
"""

from __future__ import annotations

import msgspec

from warehouse.expression_types import Type
from warehouse.names import TableName
from warehouse.origins import Origin
from warehouse.sqltext import Tree

Value = tuple[Type, int]
"""The type of an expression, and the bits of the columns that it derives from."""


class Relation(msgspec.Struct, eq=False):
    """Columns in order. ``open`` says why there may be more; empty where all are known.

    ``table`` is the table that it is, ``select`` the SELECT that it comes from.
    """

    names: list[str]
    values: list[Value]
    open: str = ""
    table: TableName | None = None
    select: Select | None = None
    index: dict[str, int] = msgspec.field(default_factory=dict)
    """Name to place; -1 for a name that two columns have."""

    def __post_init__(self) -> None:
        if not self.index:
            index = self.index
            for place, name in enumerate(self.names):
                if name:
                    index[name] = -1 if name in index else place


class Source(msgspec.Struct, eq=False):
    """One item of FROM. ``names`` are the qualifiers that mean it; ``generated`` of LATERAL VIEW."""

    names: tuple[tuple[str, ...], ...]
    relation: Relation
    node: Tree
    generated: bool = False

    @property
    def label(self) -> str:
        return ".".join(self.names[-1]) if self.names else "a subquery"


class JoinFact(msgspec.Struct, eq=False):
    """A join of ``sources[:left]`` with ``sources[left:right]`` of its SELECT.

    ``kind`` is INNER, LEFT, RIGHT, FULL, SEMI, ANTI or CROSS, which a comma is, too; ``plain`` is true where
    neither CROSS nor a condition is written.
    """

    node: Tree
    kind: str
    left: int
    right: int
    on: Tree | None
    using: tuple[str, ...]
    plain: bool
    natural: bool


class Scope(msgspec.Struct, eq=False):
    """The sources of one SELECT, and the query around it."""

    outer: Scope | None = None
    sources: list[Source] = msgspec.field(default_factory=list)
    merged: dict[str, Value] = msgspec.field(default_factory=dict)
    aliases: dict[str, Value] = msgspec.field(default_factory=dict)
    """Columns of the SELECT list that stand before: Spark lets later ones use them."""


class Select(msgspec.Struct, eq=False):
    """A SELECT, resolved. ``items`` are the nodes of ``relation``'s columns; of ``*``, the star."""

    node: Tree
    scope: Scope
    joins: list[JoinFact] = msgspec.field(default_factory=list)
    items: list[Tree] = msgspec.field(default_factory=list)
    relation: Relation = msgspec.field(default_factory=lambda: Relation([], []))
    aggregates: list[Tree] = msgspec.field(default_factory=list)
    hidden: list[Source] = msgspec.field(default_factory=list)
    """Right sides of SEMI and ANTI joins, which no column can name afterwards."""


class SetFact(msgspec.Struct, eq=False):
    """A UNION, EXCEPT or INTERSECT with its two sides; ``result`` are the values of the relation it gives."""

    node: Tree
    left: Relation
    right: Relation
    result: list[Value]


class Problem(msgspec.Struct, frozen=True):
    """What Spark will refuse.

    ``kind`` is ``column``, ``ambiguous``, ``aggregate``, ``window``, ``condition``, ``types`` or ``union``.
    """

    kind: str
    node: Tree
    what: str
    fix: str = ""


class Analysis(msgspec.Struct, eq=False):
    """``output`` are the statement's columns; ``origins`` what each bit stands for."""

    output: Relation
    nodes: list[Tree]
    origins: list[Origin]
    selects: list[Select]
    sets: list[SetFact]
    problems: list[Problem]
    comparisons: list[tuple[Tree, Tree, Value, Value]]
    """Node, other side, and the values of both sides."""
    functions: list[tuple[str, Tree]]
    others: list[Tree]
    """Nodes of kinds that nothing more is known of."""
    operations: list[tuple[Tree, list[Type]]]
    located: dict[int, tuple[Source, str]]
    """By the id of a Column's node: whose column it is."""

    def names(self, bits: int) -> list[Origin]:
        """A set of origins, written out."""
        found = []
        while bits:
            low = bits & -bits
            found.append(self.origins[low.bit_length() - 1])
            bits ^= low
        return found


def renamed(relation: Relation, names: tuple[str, ...]) -> Relation:
    """With new names for its columns, as in ``AS t (a, b)``; without any, as it is."""
    if not names:
        return relation
    if relation.open or len(names) != len(relation.values):
        bits = 0
        for _, more in relation.values:
            bits |= more
        return Relation(list(names), [(None, bits)] * len(names))
    return Relation(list(names), relation.values, select=relation.select)
