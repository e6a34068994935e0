"""Which slice of a table one run interval owns, read off the PARTITION clause."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime

import msgspec

from warehouse.contract import Column, Contract
from warehouse.errors import ProjectError
from warehouse.intervals import Grain, Interval
from warehouse.names import Spec

PROBE = Interval(datetime(2037, 11, 28, 19, tzinfo=UTC), Grain.HOURLY)
"""An hour whose every part looks different, so that a rendered value tells which part it is."""

_FORMATS: tuple[tuple[str, Grain], ...] = (
    ("%Y-%m-%dT%H:%M:%S+00:00", Grain.HOURLY),
    ("%Y-%m-%dT%H", Grain.HOURLY),
    ("%Y-%m-%d-%H", Grain.HOURLY),
    ("%Y%m%d%H", Grain.HOURLY),
    ("%H", Grain.HOURLY),
    ("%Y-%m-%d", Grain.DAILY),
    ("%Y%m%d", Grain.DAILY),
    ("%d", Grain.DAILY),
    ("%Y-%m", Grain.MONTHLY),
    ("%Y%m", Grain.MONTHLY),
    ("%m", Grain.MONTHLY),
    ("%Y", Grain.YEARLY),
)
_PARTS = tuple((f"{PROBE.start:{form}}", form, grain) for form, grain in _FORMATS)
_ORDER = (Grain.NONE, Grain.YEARLY, Grain.MONTHLY, Grain.WEEKLY, Grain.DAILY, Grain.HOURLY)


def finest(grains: Sequence[Grain]) -> Grain:
    """The shortest of several grains; NONE of none."""
    return max(grains, key=_ORDER.index, default=Grain.NONE)


class SliceColumn(msgspec.Struct, frozen=True):
    """A partition column that the interval decides: a strftime ``form``, or a ``constant``."""

    name: str
    type: str
    form: str = ""
    constant: str = ""

    def value(self, interval: Interval) -> str:
        text = f"{interval.start:{self.form}}" if self.form else self.constant
        return normalise_value(text, self.type)


def normalise_value(text: str, column_type: str) -> str:
    """A partition value as Hive keeps it: integers lose their leading zeros."""
    if column_type in ("tinyint", "smallint", "int", "bigint") and text.lstrip("-").isdigit():
        return str(int(text))
    return text


class Slicing(msgspec.Struct, frozen=True):
    """How intervals become slices. ``columns`` are those that the interval decides, in the table's order;
    ``dynamic`` are the partition columns that the rows decide within a slice."""

    grain: Grain
    columns: tuple[SliceColumn, ...]
    dynamic: tuple[Column, ...]

    def spec(self, interval: Interval) -> Spec:
        return Spec(tuple((c.name, c.value(interval)) for c in self.columns))


def by_convention(partitions: Sequence[Column], grain: Grain | None) -> Slicing:
    """For dynamic columns and for sources: a column's name says which part of the interval it holds.

    ``hour``; ``dt, ds, date, day, …_date``; ``month`` (with the year, unless a ``year`` column comes
    before it), ``week``, ``year``. The first column that says nothing ends the slice.
    """
    found: list[SliceColumn] = []
    grains: list[Grain] = []
    names: list[str] = []
    for column in partitions:
        known = _conventional(column.name, names, grain)
        if known is None:
            break
        form, its_grain = known
        found.append(SliceColumn(column.name, column.type, form))
        grains.append(its_grain)
        names.append(column.name)
    return Slicing(grain or finest(grains), tuple(found), tuple(partitions[len(found) :]))


def _conventional(name: str, before: Sequence[str], grain: Grain | None) -> tuple[str, Grain] | None:
    if name in ("hour", "hr", "hh"):
        return "%H", Grain.HOURLY
    if name in ("dt", "ds", "date", "day", "event_date", "process_date") or name.endswith(("_date", "_dt")):
        if name == "day" and "month" in before:
            return "%d", Grain.DAILY
        return "%Y-%m-%d", Grain.WEEKLY if grain is Grain.WEEKLY else Grain.DAILY
    if name == "week":
        return "%Y-%m-%d", Grain.WEEKLY
    if name == "month":
        return ("%m" if "year" in before else "%Y-%m"), Grain.MONTHLY
    if name == "year":
        return "%Y", Grain.YEARLY
    return None


def from_clause(
    items: Sequence[tuple[str, str | None]], contract: Contract, grain: Grain | None, ranged: bool
) -> Slicing:
    """From the PARTITION clause as rendered for :data:`PROBE`: ``(column, value or None for dynamic)``.

    A static value is recognised as a part of the interval's start, or is a constant. :class:`ProjectError`
    where the clause does not fit the contract's partition columns.
    """
    types = {c.name: c.type for c in contract.partitions}
    if [name for name, _ in items] != list(contract.partition_columns):
        raise ProjectError(
            f"the PARTITION clause names ({', '.join(n for n, _ in items)}), but {contract.table} is "
            f"partitioned by ({', '.join(contract.partition_columns)})",
            fix="name every partition column of the table, in its order",
        )
    static = [(n, v) for n, v in items if v is not None]
    if any(v is not None for _, v in items[len(static) :]):
        raise ProjectError(
            "a static partition column stands behind a dynamic one",
            fix="Hive wants static columns first: reorder them in the DDL or make them dynamic",
        )
    if not static:
        slicing = by_convention(contract.partitions, grain)
        if ranged or slicing.columns:
            return slicing
        return Slicing(grain or Grain.NONE, (), contract.partitions)
    columns, grains = [], []
    for name, value in static:
        for part, form, its_grain in _PARTS:
            if value in (part, normalise_value(part, types[name])):
                columns.append(SliceColumn(name, types[name], form))
                grains.append(its_grain)
                break
        else:
            columns.append(SliceColumn(name, types[name], constant=value))
    return Slicing(grain or finest(grains), tuple(columns), contract.partitions[len(static) :])
