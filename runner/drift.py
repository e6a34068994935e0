"""Where a metastore does not show what the log says: nobody converged, or somebody else changed it."""

from __future__ import annotations

from collections.abc import Iterator

from runner.lake import Lake
from runner.publish import Converging
from warehouse.effects import ReadPointers, ReadTable
from warehouse.log import State
from warehouse.names import TableName
from warehouse.protocol import Definition, Pointer, desired_definition, desired_pointers, difference


def differences(lake: Lake, table: TableName, state: State) -> Iterator[str]:
    """One line for each difference; a few partitions by name, the rest counted."""
    reader = Converging(lake, table, state)
    have: Definition | None = reader.perform(ReadTable())
    want = desired_definition(state, reader.empty)
    if want is None:
        if have is not None and have.ours:
            yield "the table was dropped, and is still in the metastore"
        return
    if have is None:
        yield "the table is not in the metastore"
        return
    if not want.agrees(have):
        yield from _definition(want, have)
    if not want.partitions:
        return
    actual: dict[str, Pointer] = reader.perform(ReadPointers(None))
    changes = difference(desired_pointers(state), actual)
    yield from _some("not in the metastore", changes.add)
    yield from _some("points elsewhere than the log says", changes.move)
    strangers = [p for p in changes.surplus if actual[p].location != reader.empty]
    yield from _some("in the metastore, but not in the log", strangers)


def _definition(want: Definition, have: Definition) -> Iterator[str]:
    for name in ("location", "columns", "partitions", "storage", "comment"):
        if getattr(want, name) != getattr(have, name):
            yield (
                f"the table's {name} differ from the log"
                if name.endswith("s")
                else (f"the table's {name} differs from the log")
            )
    for key, value in want.properties.items():
        if have.properties.get(key) != value:
            yield f"the table property {key} is {have.properties.get(key)!r}, the log says {value!r}"


def _some(what: str, partitions: tuple[str, ...] | list[str]) -> Iterator[str]:
    for path in sorted(partitions)[:3]:
        yield f"{path}: {what}"
    if len(partitions) > 3:
        yield f"and {len(partitions) - 3} more partitions: {what}"
