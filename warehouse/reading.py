"""What a run reads of one input: the partitions in its window, their versions, and what is not there yet."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import cached_property

from warehouse.intervals import Grain, Interval
from warehouse.last_changes import LastChanges
from warehouse.log import InputRead, PartitionState, State
from warehouse.names import Spec, TableName
from warehouse.partition_index import PartitionIndex, digest_of
from warehouse.slicing import Slicing
from warehouse.windows import Window

_LOOK_AHEAD = timedelta(days=400)
_ANCIENT = datetime(1, 1, 3, tzinfo=UTC)


@dataclass(frozen=True)
class Input:
    """An input as it is now. ``state`` is its log's fold, a source's with what was found added.

    ``start`` is the first interval it is meant to have (None: as it comes); ``waiting`` tells which
    partitions may not be read yet, and why; ``planned`` are slices that the same plan runs before.
    ``found`` tells that the state's last entry is what was found, and does not stand in the log.
    """

    table: TableName
    state: State
    slicing: Slicing
    is_source: bool
    start: datetime | None = None
    end: datetime | None = None
    waiting: Mapping[str, str] = field(default_factory=dict)
    planned: frozenset[str] = frozenset()
    found: bool = False

    @property
    def head(self) -> int:
        """The log's last entry; 0 where more was found than the log has: no entry tells what that was."""
        return 0 if self.found else self.state.head

    @property
    def is_snapshot(self) -> bool:
        return self.state.contract is not None and self.state.contract.is_snapshot

    @cached_property
    def partitions(self) -> dict[str, PartitionState]:
        """By path."""
        return self.state.partitions()

    @cached_property
    def index(self) -> PartitionIndex:
        """Its partitions and their versions."""
        return self._indexed(
            {p.partition: p.version for s in self.state.slices.values() for p in s.partitions}
        )

    @cached_property
    def changes(self) -> LastChanges:
        """When its partitions last changed."""
        return LastChanges(self.state.changed, self.state.contract.partitions if self.state.contract else ())

    @cached_property
    def planned_index(self) -> PartitionIndex:
        """Slices that the same plan runs before."""
        return self._indexed(dict.fromkeys(self.planned, ""))

    def _indexed(self, versions: Mapping[str, str]) -> PartitionIndex:
        return PartitionIndex(versions, self.state.contract.partitions if self.state.contract else ())


def read(source: Input, window: Window) -> InputRead:
    """What a run that starts now would read, as the log keeps it."""
    index = source.index
    inside = index.inside(window)
    digest = digest_of((path, index.versions[path]) for path in inside)
    return InputRead(str(source.table), tuple(window.text), digest, source.head, len(inside))


def unchanged(source: Input, before: InputRead) -> bool:
    """Whether what ``before`` has read is what lies in its window now: nothing in it has changed since, or
    all of it has changed back."""
    return unchanging(source)(before)


def unchanging(source: Input) -> Callable[[InputRead], bool]:
    """:func:`unchanged` of one input, to be asked many times."""
    head, created = source.state.head, source.state.created
    changes: LastChanges | None = None

    def same(before: InputRead) -> bool:
        nonlocal changes
        seen = before.head
        if seen == head:
            return True
        if created <= seen < head:
            if changes is None:
                changes = source.changes
            since = changes.inside(before.window)
            if since is not None and since <= seen:
                return True
        return before.digest == source.index.digest(before.window)

    return same


def size_read(source: Input, window: Window) -> tuple[int, int, int]:
    """Partitions, rows (-1 where not all are counted) and bytes inside the window."""
    count = rows = size = 0
    partitions = source.partitions
    for path in source.index.inside(window):
        partition = partitions[path]
        count += 1
        size += partition.bytes
        rows = -1 if rows < 0 or partition.rows < 0 else rows + partition.rows
    return count, rows, size


def missing(source: Input, window: Window, interval: Interval) -> tuple[str, ...]:
    """What the run needs and cannot read: slices inside the window that were never published, or wait.

    See :func:`required` for what is needed.
    """
    if source.state.contract is None:
        return (f"{source.table} is not created",)
    found = [
        f"{source.table} {path}: {why}"
        for path, why in source.waiting.items()
        if window.matches(Spec.parse(path).as_dict())
    ]
    if source.is_snapshot:
        if not source.planned and not _published(source.state, Spec()):
            found.append(f"{source.table} is not built yet")
        return tuple(found)
    if not source.slicing.columns or source.slicing.grain is Grain.NONE:
        built = source.state.slices or source.planned
        return tuple(found) if built else (f"{source.table} is not built yet",)
    lacking = [
        spec
        for spec, _ in required(source, window, interval)
        if spec.path not in source.planned
        and spec.path not in source.waiting
        and not _published(source.state, spec)
    ]
    noun = "no files at" if source.is_source else "not published:"
    found.extend(f"{source.table} {noun} {run}" for run in _runs(lacking))
    return tuple(found)


def required(source: Input, window: Window, interval: Interval) -> Iterator[tuple[Spec, Interval]]:
    """The input's slices that must be there, by its own grain, whether they are published or not.

    A window that names its intervals needs each of them, from the input's start on. One that is open at
    the start ("all up to now") needs the run's own interval: a day that never came must not stop it for ever.
    """
    slicing = source.slicing
    open_end = window.matches(_values(slicing, datetime(9000, 1, 3, tzinfo=UTC)))
    if window.matches(_values(slicing, _ANCIENT)):
        first = max(interval.start, source.start or interval.start)
    elif source.start is not None:
        first = source.start
    elif source.is_source:
        # Nobody said when it begins: a window that names its days asks for just those.
        first = interval.start - _LOOK_AHEAD
    else:
        first = _first_published(source) or interval.start - _LOOK_AHEAD
    last = interval.end if open_end else interval.end + _LOOK_AHEAD
    if source.end is not None:
        last = min(last, source.end)
    at = Interval(slicing.grain.floor(first), slicing.grain)
    if at.start < first:
        at = at.next()
    while at.start < last:
        spec = slicing.spec(at)
        if window.matches(spec.as_dict()):
            yield spec, at
        elif at.grain is Grain.HOURLY and not window.matches(dict(spec.pairs[:-1])):
            # No hour of this day: a window of an hour is looked for in two years of them.
            at = Interval(Grain.DAILY.after(Grain.DAILY.floor(at.start)), Grain.HOURLY)
            continue
        at = at.next()


def _values(slicing: Slicing, moment: datetime) -> dict[str, str]:
    at = Interval(slicing.grain.floor(moment), slicing.grain)
    return slicing.spec(at).as_dict()


def _first_published(source: Input) -> datetime | None:
    """The start of the first slice there is, by what its columns say."""
    form = " ".join(c.form for c in source.slicing.columns)
    starts = []
    for path in source.state.slices:
        spec = Spec.parse(path)
        values = " ".join(spec.get(c.name) or "" for c in source.slicing.columns)
        try:
            starts.append(datetime.strptime(values, form).replace(tzinfo=UTC))
        except ValueError:
            continue
    return min(starts, default=None)


def _published(state: State, spec: Spec) -> bool:
    exact = state.slices.get(spec.path)
    if exact is not None:
        return bool(exact.partitions) or exact.run_id != "source-gone"
    return any(s.partitions for s in state.overlapping(spec))


def _runs(specs: list[Spec]) -> Iterator[str]:
    """A few by name, more as first to last."""
    if len(specs) <= 3:
        yield from (spec.path for spec in specs)
    else:
        yield f"{specs[0].path} to {specs[-1].path} ({len(specs)})"
