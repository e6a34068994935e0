"""Partition values as SQL values, which may not be known, and the casts between them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Final

from warehouse.expressions import type_of
from warehouse.names import HIVE_DEFAULT_PARTITION
from warehouse.sparkvalues import SqlError, cast


class _Unknown:
    def __repr__(self) -> str:
        return "UNKNOWN"


UNKNOWN: Final = _Unknown()

Row = Mapping[str, str]
"""Partition values as Hive writes them, by column. One that is missing is not known."""
ValueOf = Callable[[Row], Any]


def common_type(types: list[str | None]) -> str | None:
    """What Spark casts operands to before it compares them (ANSI); None where that is not known."""
    found = {t for t in types if t != "null"}
    if not found:
        return "null"
    if None in found:
        return None
    if len(found) == 1:
        return found.pop()
    if found <= {"int", "double", "decimal"}:
        return "double" if "double" in found else "decimal"
    if found == {"date", "timestamp"}:
        return "timestamp"
    if "string" in found and len(found) == 2:
        other = (found - {"string"}).pop()
        return {"decimal": "double"}.get(other or "", other)
    return None


def _unknown(_: Row) -> Any:
    return UNKNOWN


def column_reader(name: str, hive_type: str | None) -> ValueOf:
    """A partition column's value from its text. Texts that are no value of the type are unknown."""
    kind = type_of(hive_type)
    raw = (hive_type or "").lower()
    if kind is None or raw.startswith("char"):
        return lambda row: None if row.get(name) == HIVE_DEFAULT_PARTITION else UNKNOWN
    if kind == "string":

        def text(row: Row) -> Any:
            got = row.get(name, UNKNOWN)
            return None if got == HIVE_DEFAULT_PARTITION else got

        return text
    seen: dict[str, Any] = {HIVE_DEFAULT_PARTITION: None}

    def typed(row: Row) -> Any:
        got = row.get(name)
        if got is None:
            return UNKNOWN
        if got not in seen:
            try:
                seen[got] = cast(got, kind, raw if kind == "int" else "")
            except (SqlError, ValueError, OverflowError):
                seen[got] = UNKNOWN
        return seen[got]

    return typed


def cast_to(kind: str | None, value: ValueOf, wanted: str | None) -> ValueOf:
    if kind == wanted and kind is not None:
        return value
    if kind is None or wanted is None or wanted in ("months", "days", "seconds"):
        return null_or_unknown([value]) if wanted != kind or kind is None else value
    if kind in ("months", "days", "seconds"):
        return _unknown

    def run(row: Row) -> Any:
        got = value(row)
        if got is UNKNOWN or got is None:
            return got
        try:
            return cast(got, wanted)
        except (SqlError, ValueError, OverflowError):
            return UNKNOWN

    return run


def null_or_unknown(values: list[ValueOf]) -> ValueOf:
    return lambda row: None if any(value(row) is None for value in values) else UNKNOWN
