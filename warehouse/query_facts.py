"""What one pass over a statement's query finds: relations, columns with their origins, joins, problems.

A set of origins is an int, one bit for each: sets are made at every node, and ints cost least.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from warehouse.expression_types import Type
from warehouse.names import TableName
from warehouse.origins import Origin
from warehouse.sqltext import Tree

Value = tuple[Type, int]
"""The type of an expression, and the bits of the columns that it derives from."""


@dataclass(eq=False, slots=True)
class Relation:
    """Columns in order. ``open`` says why there may be more; empty where all are known.

    ``table`` is the table that it is, ``select`` the SELECT that it comes from.
    """

    names: list[str]
    values: list[Value]
    open: str = ""
    table: TableName | None = None
    select: Select | None = None
    index: dict[str, int] = field(default_factory=dict)
    """Name to place; -1 for a name that two columns have."""

    def __post_init__(self) -> None:
        if not self.index:
            index = self.index
            for place, name in enumerate(self.names):
                if name:
                    index[name] = -1 if name in index else place


@dataclass(eq=False, slots=True)
class Source:
    """One item of FROM. ``names`` are the qualifiers that mean it; ``generated`` of LATERAL VIEW."""

    names: tuple[tuple[str, ...], ...]
    relation: Relation
    node: Tree
    generated: bool = False

    @property
    def label(self) -> str:
        return ".".join(self.names[-1]) if self.names else "a subquery"


@dataclass(eq=False, slots=True)
class JoinFact:
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


@dataclass(eq=False, slots=True)
class Scope:
    """The sources of one SELECT, and the query around it."""

    outer: Scope | None = None
    sources: list[Source] = field(default_factory=list)
    merged: dict[str, Value] = field(default_factory=dict)
    aliases: dict[str, Value] = field(default_factory=dict)
    """Columns of the SELECT list that stand before: Spark lets later ones use them."""


@dataclass(eq=False, slots=True)
class Select:
    """A SELECT, resolved. ``items`` are the nodes of ``relation``'s columns; of ``*``, the star."""

    node: Tree
    scope: Scope
    joins: list[JoinFact] = field(default_factory=list)
    items: list[Tree] = field(default_factory=list)
    relation: Relation = field(default_factory=lambda: Relation([], []))
    aggregates: list[Tree] = field(default_factory=list)
    hidden: list[Source] = field(default_factory=list)
    """Right sides of SEMI and ANTI joins, which no column can name afterwards."""


@dataclass(eq=False, slots=True)
class SetFact:
    """A UNION, EXCEPT or INTERSECT with its two sides; ``result`` are the values of the relation it gives."""

    node: Tree
    left: Relation
    right: Relation
    result: list[Value]


@dataclass(frozen=True, slots=True)
class Problem:
    """What Spark will refuse.

    ``kind`` is ``column``, ``ambiguous``, ``aggregate``, ``window``, ``condition``, ``types`` or ``union``.
    """

    kind: str
    node: Tree
    what: str
    fix: str = ""


@dataclass(eq=False, slots=True)
class Analysis:
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
