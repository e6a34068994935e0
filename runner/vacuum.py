"""Deletes what nothing needs any more: directories of runs that were replaced, and of runs that failed.

In two phases, since Spark reads a missing directory as no rows without a word. A directory is first condemned
by an entry of the log: from then on nobody can point at it again. When writers that knew an older log are
past their deadline, all metastores of the lake are looked at: once none points there, the readers' grace
begins. Only after that the directory goes. When the grace began is kept beside the log (``vacuum.json``);
losing it costs another grace.
"""

from __future__ import annotations

import secrets
import time
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import msgspec

from runner.claims import Claims
from runner.lake import Lake
from runner.publish import DEADLINE, append, converge
from runner.stores import Store
from warehouse.errors import OutsideError, WarehouseError
from warehouse.log import Condemned, Ddl, State, and_above, fold
from warehouse.names import TableName
from warehouse.vacuum import Unneeded, run_directory, started, unneeded

LATE = DEADLINE + 1.0
"""Seconds after a condemnation until no writer can still act on an older log (the protocol's Z)."""
RECORDS = timedelta(days=1)
"""Run records younger than this stay, whatever the retention: their runner may live."""

Sizes = dict[str, tuple[int, int]]
"""Files and bytes below a directory."""


class _Free(msgspec.Struct, frozen=True):
    """Condemned directories, and since when no metastore points at them: as entries tell time."""

    since: dict[str, str] = {}
    format: int = 1


@dataclass(frozen=True)
class Vacuumed:
    """What was done with a directory of a table, or would be: ``condemned``, ``deleted``, ``waiting`` (for
    the grace to pass) or ``in use`` (something still points at it)."""

    table: TableName | None
    """None for the records of a run."""
    location: str
    what: str
    why: str
    files: int
    bytes: int


@dataclass
class _Table:
    name: TableName
    state: State
    marked: list[Unneeded]
    sizes: Sizes
    condemned_at: str
    """When something of it was condemned last."""


def vacuum(
    lake: Lake, only: Collection[TableName] | None, *, retain_days: float, grace_hours: float, apply: bool
) -> Iterator[Vacuumed]:
    """Condemn what was needed last ``retain_days`` ago, delete what nothing pointed at for ``grace_hours``.

    Of these tables, or of all with a log, and then also old records of runs.

    Without ``apply`` nothing is changed. :class:`OutsideError` when a metastore of the lake cannot be read:
    then nothing is deleted.
    """
    now = datetime.now(UTC)
    retain, grace = timedelta(days=retain_days), timedelta(hours=grace_hours)
    tables = [name for name in lake.logged_tables() if only is None or name in only]
    found = [table for name in tables if (table := _look(lake, name, _text(now - retain))) is not None]
    free_before = _text(now - grace) if grace else "~"
    yield from _apply(lake, found, free_before) if apply else _foresee(lake, found, free_before)
    if only is None:
        yield from _records(lake, _text(now - max(retain, RECORDS)), apply)


def _foresee(lake: Lake, found: Sequence[_Table], free_before: str) -> Iterator[Vacuumed]:
    for table in found:
        free = _read_free(lake, table.name).since
        yield from (_told(table, one.location, "condemned", one.why) for one in table.marked)
        for location in _condemned(table):
            ready = location in free and free[location] <= free_before
            yield _told(table, location, "deleted" if ready else "waiting", _since(free.get(location)))


def _apply(lake: Lake, found: Sequence[_Table], free_before: str) -> Iterator[Vacuumed]:
    for table in found:
        if table.marked:
            yield from _condemn(lake, table)
    _wait(lake, found)
    others = _others(lake)
    try:
        for table in found:
            if _condemned(table):
                yield from _delete(lake, [*others, lake], table, free_before)
    finally:
        for other in others:
            other.close()


def _records(lake: Lake, cutoff: str, apply: bool) -> Iterator[Vacuumed]:
    """Manifest, result and requests of runs that began before ``cutoff``."""
    for run in lake.store.children("_warehouse/runs"):
        began = started(run)
        if began is None or began >= cutoff:
            continue
        there = list(lake.store.list(f"_warehouse/runs/{run}/"))
        if apply:
            lake.store.delete([info.key for info in there])
        size = sum(info.size for info in there)
        yield Vacuumed(
            None, f"_warehouse/runs/{run}", "deleted", f"records of {began[:10]}", len(there), size
        )


# ------------------------------------------------------------------ looking


def _look(lake: Lake, name: TableName, cutoff: str) -> _Table | None:
    """A table with what could go of it. The files are listed before the claims are read, and those before the
    log: a run whose directory is there holds a claim, or has ended, and then the log knows."""
    log = lake.log(name)
    sizes: Sizes = {}
    for root in sorted({e.body.contract.location for e in log.entries(0) if isinstance(e.body, Ddl)}):
        _list_runs(lake, root, sizes)
    if not sizes:
        return None
    working = [claim.run_id for claim in Claims(lake.store, name).current()]
    entries = log.entries(0)
    state = fold(entries)
    runs = {run for location in sizes if (run := run_directory(location)) is not None}
    last = max((e.time for e in entries if isinstance(e.body, Condemned)), default="")
    return _Table(name, state, unneeded(entries, state, runs, working, cutoff), sizes, last)


def _list_runs(lake: Lake, root: str, sizes: Sizes) -> None:
    """Directories of runs, and those in them, below a table's location."""
    store, key = lake.place(root)
    base, root = f"{key}/" if key else "", root.rstrip("/")
    runs = {name for name in store.children(key) if started(name) is not None}
    if not runs:
        return  # a source may have very many files
    for info in store.list(base):
        inside = info.key.removeprefix(base).rpartition("/")[0]
        if inside.partition("/")[0] in runs:
            for directory in and_above(inside):
                files, size = sizes.get(f"{root}/{directory}", (0, 0))
                sizes[f"{root}/{directory}"] = files + 1, size + info.size


def _condemned(table: _Table) -> list[str]:
    """Condemned directories of which there still is something, outermost ones only."""
    doomed = {found for at in table.sizes if (found := table.state.doomed(at)) is not None}
    return sorted(at for at in doomed if table.state.doomed(at.rpartition("/")[0]) is None)


def _others(lake: Lake) -> list[Lake]:
    """The lake as the project's other targets see it: their metastores may point at the same directories."""
    found = []
    for name, target in lake.config.targets.items():
        if name == lake.target_name:
            continue
        try:
            other = Lake(lake.root, lake.config, name, progress=lake.progress)
        except WarehouseError:
            if target.lake == lake.target.lake:
                raise
            continue  # of another lake, and not set up on this machine
        if other.store.root == lake.store.root:
            found.append(other)
    return found


def _pointers(lake: Lake, name: TableName) -> set[str]:
    table = lake.metastore.table(name)
    if table is None:
        return set()
    found = {lake.location(table.location)}
    if table.partitions:
        found |= {lake.location(p.location) for p in lake.metastore.partitions(table)}
    return found


# ------------------------------------------------------------------ doing


def _condemn(lake: Lake, table: _Table) -> Iterator[Vacuumed]:
    body = Condemned(tuple(u.location for u in table.marked))
    done = append(lake.log(table.name), body, table.state.head, f"vacuum-{secrets.token_hex(8)}")
    table.state, table.condemned_at = done.state, done.state.time
    for one in table.marked:
        spared = done.lost.get(one.location)
        yield _told(table, one.location, "in use" if spared else "condemned", spared or one.why)


def _wait(lake: Lake, found: Sequence[_Table]) -> None:
    """Until no writer is left that read a log without the newest condemnation."""
    last = max((table.condemned_at for table in found), default="")
    if last:
        left = LATE - (datetime.now(UTC) - datetime.fromisoformat(last)).total_seconds()
        if left > 0:
            lake.progress(f"waiting {left:.0f} s until no slow writer can bring back what was condemned")
            time.sleep(left)


def _delete(lake: Lake, shown: Sequence[Lake], table: _Table, free_before: str) -> Iterator[Vacuumed]:
    doomed = _condemned(table)  # by entries that are old enough
    converge(lake, table.name, sweep=True)
    pointers: set[str] = set()
    for one in shown:
        try:
            pointers |= _pointers(one, table.name)
        except OutsideError as error:
            raise OutsideError(
                f"{table.name}: nothing was deleted: what target {one.target_name!r} shows is not known",
                why=error.what,
                fix="see that its metastore answers, or take a target that is no more out of pyproject.toml",
            ) from error
    pointers |= {p.location for p in lake.log(table.name).state().partitions().values()}
    used = {at for pointer in pointers for at in and_above(pointer)}
    kept, now = _read_free(lake, table.name).since, _text(datetime.now(UTC))
    free: dict[str, str] = {}
    for location in doomed:
        if location in used:
            yield _told(table, location, "in use", "a metastore points at it")
        else:
            free[location] = kept.get(location, now)
    _write_free(lake, table.name, free)
    for location, since in free.items():
        if since > free_before:
            yield _told(table, location, "waiting", _since(since))
            continue
        store, key = lake.place(location)
        store.delete([info.key for info in store.list(f"{key}/")])
        run = run_directory(location)
        if run == location:
            record = f"_warehouse/runs/{run.rpartition('/')[2]}/"
            lake.store.delete([info.key for info in lake.store.list(record)])
        yield _told(table, location, "deleted", _since(since))


def _told(table: _Table, location: str, what: str, why: str) -> Vacuumed:
    return Vacuumed(table.name, location, what, why, *table.sizes.get(location, (0, 0)))


def _since(time_: str | None) -> str:
    return f"free since {time_[:19]}" if time_ else "condemned, and not yet looked for in the metastores"


def _text(moment: datetime) -> str:
    return moment.isoformat(timespec="milliseconds")


def _key(name: TableName) -> str:
    return f"_warehouse/tables/{name}/vacuum.json"


def _read_free(lake: Lake, name: TableName) -> _Free:
    data = lake.store.read(_key(name))
    try:
        return _Free() if data is None else msgspec.json.decode(data, type=_Free)
    except msgspec.DecodeError:
        return _Free()


def _write_free(lake: Lake, name: TableName, since: dict[str, str]) -> None:
    store: Store = lake.store
    store.write(_key(name), msgspec.json.format(msgspec.json.encode(_Free(since)), indent=1))
