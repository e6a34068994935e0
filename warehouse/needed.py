"""What a metastore lacks to show a table as its log wants it."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace

from warehouse.effects import (
    AddPointers,
    AlterTable,
    CreateTable,
    DropPointers,
    DropTable,
    MovePointers,
    Write,
)
from warehouse.errors import ConflictError
from warehouse.log import State
from warehouse.names import Spec
from warehouse.protocol import (
    Changes,
    Definition,
    Pointer,
    columns_digest,
    desired_definition,
    desired_pointers,
    difference,
)


def needed(
    state: State,
    table: Definition | None,
    pointers: Mapping[str, Pointer],
    *,
    transactional: bool,
    empty: str,
    scope: Sequence[str] | None = None,
    sweep: bool = False,
    batch: int = 100,
) -> tuple[Write, ...]:
    """The writes that make ``table`` and ``pointers``, as read, what ``state`` wants; none: they agree.

    Partitions at a location that the log does not know were registered by others, and are left alone
    unless the log has that partition elsewhere. ``empty`` is an empty directory's location: a partition
    that points at it is as good as none, and ``sweep`` (vacuum's) drops it. ``batch`` bounds a call where it
    is not ``transactional``, so that the head is checked before each.
    """
    want = desired_definition(state, empty)
    if want is None:
        return (DropTable(),) if state.dropped and table is not None and table.ours else ()
    writes: list[Write] = []
    if table is None:
        writes.append(CreateTable(want))
    elif _shape(table) != _shape(want):
        if not table.ours:
            raise ConflictError(
                f"a table of that name is there, partitioned by {', '.join(_shape(table)) or 'nothing'}",
                why=f"the DDL says {', '.join(_shape(want)) or 'nothing'}",
                fix="drop that table yourself, or describe it and adopt it",
            )
        writes += [DropTable(), CreateTable(want)]
    else:
        if not want.partitions and not state.slices and table.location not in state.known:
            want = replace(want, location=table.location)  # not adopted yet: it is somebody's data
        if not want.agrees(table):
            writes.append(AlterTable(want))
    if writes and isinstance(writes[-1], CreateTable):
        pointers, scope = {}, None
    if want.partitions:
        writes += _pointer_writes(state, pointers, transactional, empty, scope, sweep, batch)
    return tuple(writes)


def _shape(definition: Definition) -> tuple[str, ...]:
    return tuple(f"{column.name} {column.type}" for column in definition.partitions)


def _pointer_writes(
    state: State,
    pointers: Mapping[str, Pointer],
    transactional: bool,
    empty: str,
    scope: Sequence[str] | None,
    sweep: bool,
    batch: int,
) -> Iterator[Write]:
    assert state.contract is not None
    desired, inside = desired_pointers(state, scope), _inside(scope)
    parked = {p for p, have in pointers.items() if have.location == empty and p not in desired and inside(p)}
    ours = {
        p: have
        for p, have in pointers.items()
        if p in desired or (inside(p) and p not in parked and not _registered_by_others(have, state))
    }
    changes = difference(desired, ours)
    nowhere = Pointer(empty, columns_digest(state.contract))
    mixed = _mixed(state, changes) if transactional and changes.mixed else set()
    # New ones first point at the empty directory; one transaction then moves all that belongs together.
    yield from map(AddPointers, _chunks({p: nowhere for p in changes.add if p in mixed}, batch))
    yield from map(AddPointers, _chunks({p: desired[p] for p in changes.add if p not in mixed}, batch))
    moves = {p: desired[p] for p in changes.add if p in mixed}
    moves.update((p, desired[p]) for p in changes.move)
    moves.update((p, nowhere) for p in changes.surplus if p in mixed)
    yield from map(MovePointers, _chunks(moves, len(moves) if transactional else batch))
    gone = {p: nowhere for p in (*changes.surplus, *(parked if sweep else ())) if p not in mixed}
    yield from (DropPointers(tuple(chunk)) for chunk in _chunks(gone, batch))


def _registered_by_others(have: Pointer, state: State) -> bool:
    return have.location not in state.known


def _inside(scope: Sequence[str] | None) -> Callable[[str], bool]:
    """Whether a partition lies in one of the scope's slices; cheap for many of each."""
    if scope is None:
        return lambda _: True
    slices: dict[tuple[str, ...], set[tuple[str, ...]]] = {}
    for spec in map(Spec.parse, scope):
        slices.setdefault(spec.columns, set()).add(spec.values)

    def inside(partition: str) -> bool:
        values = Spec.parse(partition).as_dict()
        return any(tuple(values.get(c, "") for c in columns) in ours for columns, ours in slices.items())

    return inside


def _mixed(state: State, changes: Changes) -> set[str]:
    """The partitions whose slice changes in more than one way: readers could see it half done."""
    ways: dict[str, set[str]] = {}
    members: dict[str, list[str]] = {}
    for way in ("add", "move", "surplus"):
        for partition in getattr(changes, way):
            for owner in state.overlapping(Spec.parse(partition)):
                ways.setdefault(owner.spec, set()).add(way)
                members.setdefault(owner.spec, []).append(partition)
    return {p for owner, kinds in ways.items() if len(kinds) > 1 for p in members[owner]}


def _chunks(pointers: Mapping[str, Pointer], size: int) -> Iterator[dict[str, Pointer]]:
    items = list(pointers.items())
    for start in range(0, len(items), max(size, 1)):
        yield dict(items[start : start + size])
