"""What a query does, as far as it decides which partitions are read: scans, filters, joins, barriers."""

from __future__ import annotations

from collections.abc import Callable, Container, Mapping, Sequence
from enum import StrEnum

import msgspec

from warehouse.expressions import Col, Expr, Opaque
from warehouse.names import TableName


class Kind(StrEnum):
    """How a join treats its sides.

    ``ANTI`` also stands for a subquery that gives one value for every row on the left, ``EXISTENCE`` for
    those of EXISTS and IN.
    """

    INNER = "inner"
    LEFT = "left"
    RIGHT = "right"
    FULL = "full"
    SEMI = "semi"
    ANTI = "anti"
    EXISTENCE = "existence"


class Scan(msgspec.Struct, eq=False):
    """One reference to a table. ``found`` collects the conditions that reach it, by the push."""

    table: TableName
    node: object
    partition_ids: frozenset[int]
    ids: set[int]
    found: list[Expr] = msgspec.field(default_factory=list)
    notes: list[str] = msgspec.field(default_factory=list)


class Nothing(msgspec.Struct, eq=False):
    """Rows from no table: VALUES, a generator, SELECT without FROM."""


class Filter(msgspec.Struct, eq=False):
    child: Plan
    conditions: list[Expr]


class Barrier(msgspec.Struct, eq=False):
    """Conditions from above pass only if all their columns are in ``allowed``.

    None lets all pass that have no opaque part. ``why`` says what stops them. ``keeps`` is false where a row
    comes out though none went in.
    """

    child: Plan
    allowed: frozenset[int] | None
    why: str
    keeps: bool = True


class Project(msgspec.Struct, eq=False):
    """A query's end: of its columns only the ``visible`` ones are known, and asked for, above."""

    child: Plan
    visible: set[int]


class Union(msgspec.Struct, eq=False):
    """Each branch maps the union's own columns to what they are in it."""

    branches: list[tuple[Plan, Mapping[int, Expr]]]


class Join(msgspec.Struct, eq=False):
    left: Plan
    right: Plan
    kind: Kind
    conditions: list[Expr]


Plan = Scan | Nothing | Filter | Barrier | Project | Union | Join


Known = Expr | Callable[[], Expr]
"""A column, or how to find out what it is: most are never asked for."""


class Columns(msgspec.Struct, eq=False):
    """The columns of a relation, in order. ``items`` has None where some number of columns is not known.

    ``rest`` answers for names that are not among them, where there may be more; without it there are none.
    """

    items: list[tuple[str | None, Known] | None] = msgspec.field(default_factory=list)
    rest: Callable[[str], Expr] | None = None
    names: dict[str, int] = msgspec.field(default_factory=dict)
    """Name, lower case, to its place in ``items``; -1 for a name that stands for two columns."""
    seen: set[int] = msgspec.field(default_factory=set)
    """Which plain columns were asked for."""

    def add(self, name: str | None, value: Known) -> None:
        if name is not None:
            self.names[name] = -1 if name in self.names else len(self.items)
        self.items.append((name, value))

    def add_unknown(self, rest: Callable[[str], Expr]) -> None:
        """Some more columns. Of two such, nobody knows which one a name belongs to."""
        self.items.append(None)
        self.rest = rest if self.rest is None else lambda name: Opaque(f"whose `{name}` is, is not known")

    def append(self, other: Columns, skip: Container[str] = ()) -> None:
        for index, item in enumerate(other.items):
            if item is None:
                self.add_unknown(other.rest or _nobody)
            elif item[0] not in skip:
                self.add(item[0], lambda index=index: other.at(index))  # type: ignore[misc]

    def get(self, name: str) -> Expr | None:
        index = self.names.get(name)
        if index is None:
            return self.saw(self.rest(name)) if self.rest is not None else None
        return self.at(index) if index >= 0 else Opaque(f"`{name}` stands for two columns")

    def at(self, index: int) -> Expr:
        item = self.items[index]
        if item is None:
            return Opaque("this column is not known")
        name, value = item
        if callable(value):
            value = value()
            self.items[index] = (name, value)
        return self.saw(value)

    def saw(self, value: Expr) -> Expr:
        if isinstance(value, Col):
            self.seen.add(value.id)
        return value

    def renamed(self, names: Sequence[str]) -> Columns:
        """With new names, as in ``AS t (a, b)``."""
        found = Columns()
        known = None not in self.items and len(names) == len(self.items)
        for index, name in enumerate(names):
            if known:
                found.add(name, lambda index=index: self.at(index))  # type: ignore[misc]
            else:
                found.add(name, Opaque(f"`{name}` is not known"))
        return found

    def hidden(self, why: str) -> Columns:
        """The same names, with nothing known of their values."""
        found = Columns()
        for item in self.items:
            if item is None:
                found.add_unknown(lambda name: Opaque(why))
            else:
                found.add(item[0], Opaque(why))
        return found

    @property
    def head(self) -> int:
        """How many columns are known from the front."""
        return self.items.index(None) if None in self.items else len(self.items)

    @property
    def tail(self) -> int:
        """How many columns are known from the back."""
        return self.items[::-1].index(None) if None in self.items else len(self.items)


def _nobody(name: str) -> Expr:
    return Opaque(f"`{name}` is not known")


def unknown_columns(why: str) -> Columns:
    """Any columns, with nothing known of their values."""
    columns = Columns()
    columns.add_unknown(lambda name: Opaque(why))
    return columns


def ids_of(plan: Plan) -> frozenset[int]:
    """The columns that a plan's scans and unions give."""
    match plan:
        case Scan():
            return frozenset(plan.ids)
        case Nothing():
            return frozenset()
        case Filter() | Barrier() | Project():
            return ids_of(plan.child)
        case Union():
            return frozenset(i for _, columns in plan.branches for i in columns)
        case Join():
            if plan.kind in (Kind.SEMI, Kind.ANTI, Kind.EXISTENCE):
                return ids_of(plan.left)
            return ids_of(plan.left) | ids_of(plan.right)
