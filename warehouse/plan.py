"""What to run and why: comparing code, contract and input versions with the log's. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from functools import lru_cache

import msgspec

from warehouse.frontmatter import InputPolicy
from warehouse.intervals import Grain, Interval
from warehouse.log import InputRead, SliceState, State
from warehouse.model import Model
from warehouse.names import Spec, TableName
from warehouse.reading import Input, missing, read, size_read, unchanged, unchanging
from warehouse.slicing import SliceColumn, Slicing
from warehouse.template_names import KNOWN
from warehouse.windows import Window, read_windows


class Reason(StrEnum):
    """Why a slice runs, or why not."""

    MISSING = "missing"
    CODE = "code changed"
    CONTRACT = "contract changed"
    INPUTS = "inputs changed"
    LATER = "as of a later day"
    FORCED = "forced"
    PERHAPS = "inputs run"
    FRESH = "fresh"
    HELD = "held"
    FROZEN = "frozen"
    WAITING = "waiting"
    OUTSIDE = "outside start and end"

    __hash__ = str.__hash__

    @property
    def runs(self) -> bool:
        """Whether it certainly runs; PERHAPS runs if what runs before it changes rows."""
        return self in _RUNS


_RUNS = frozenset({Reason.MISSING, Reason.CODE, Reason.CONTRACT, Reason.INPUTS, Reason.LATER, Reason.FORCED})


class Decision(msgspec.Struct, frozen=True, gc=False):
    """One slice of the request: whether it runs, why, and what it reads.

    ``detail`` says more: which input changed, who holds it, what is waited for. ``notes`` are remarks that
    change nothing, as a snapshot input that is newer.
    """

    table: TableName
    interval: Interval
    spec: Spec
    reason: Reason
    detail: str = ""
    notes: tuple[str, ...] = ()
    reads: tuple[InputRead, ...] = ()
    windows: tuple[tuple[TableName, Window], ...] = ()

    @property
    def runs(self) -> bool:
        return self.reason.runs


@dataclass(frozen=True)
class Request:
    """What is asked of one table. ``forced`` runs what is fresh, held or older than a snapshot."""

    intervals: tuple[Interval, ...]
    forced: bool = False
    now: datetime | None = None


@dataclass(frozen=True)
class Batch:
    """Slices that one Spark job computes, in time order."""

    decisions: tuple[Decision, ...]

    @property
    def first(self) -> Interval:
        return self.decisions[0].interval

    @property
    def last(self) -> Interval:
        return self.decisions[-1].interval


@dataclass
class Reader:
    """The read windows of a model, interval by interval; rendered and parsed when first needed."""

    model: Model
    inputs: Mapping[TableName, Input]
    _windows: dict[Interval, dict[TableName, Window]] = field(default_factory=dict)

    def windows(self, interval: Interval) -> dict[TableName, Window]:
        if interval not in self._windows:
            statement = self.model.parse(self.model.render(interval))
            contracts = {
                name: source.state.contract
                for name, source in self.inputs.items()
                if source.state.contract is not None
            }
            self._windows[interval] = read_windows(
                statement,
                {name: contract.partitions for name, contract in contracts.items()},
                {name: contract.all_columns for name, contract in contracts.items()},
            )
        return self._windows[interval]

    def reads(self, interval: Interval) -> tuple[InputRead, ...]:
        windows = self.windows(interval)
        return tuple(read(self.inputs[name], windows[name]) for name in sorted(windows))

    def lacks(self, interval: Interval) -> tuple[str, ...]:
        found: list[str] = []
        for name, window in sorted(self.windows(interval).items()):
            if name == self.model.name:
                continue  # its own past: what is missing of it is run before, or lies before its start
            found.extend(missing(self.inputs[name], window, interval))
        return tuple(found)


@dataclass(frozen=True)
class _Table:
    """What is asked of one table, and what is the same for all its slices."""

    model: Model
    state: State
    reader: Reader
    request: Request
    code: str
    contract: str
    inputs: tuple[tuple[str, Input], ...]
    planned: tuple[tuple[str, Input], ...]
    """Inputs that the same plan runs before, and whose new rows count."""
    first: datetime | None
    end: datetime | None


def decide(model: Model, state: State, inputs: Mapping[TableName, Input], request: Request) -> list[Decision]:
    """For each asked interval of one table, in time order: does it run, and why."""
    named = tuple((str(name), inputs[name]) for name in model.inputs)
    front, bounded = model.front, model.grain is not Grain.NONE
    table = _Table(
        model,
        state,
        Reader(model, inputs),
        request,
        model.code,
        state.contract.digest if state.contract else "",
        named,
        tuple((text, one) for text, one in named if one.planned and _counts(model, one)),
        front.start.start if front.start and bounded else None,
        front.end.end if front.end and bounded else None,
    )
    asked = _asked(model, request)
    specs = _specs(model.slicing.columns, asked)
    if request.forced or state.holds or table.planned or not bounded:
        return [_decide(table, *one) for one in zip(asked, specs, strict=True)]
    # Nearly all slices are fresh: those are told without looking further.
    fresh = _surely_fresh(table, asked, specs)
    name = model.name
    return [
        Decision(name, interval, spec, Reason.FRESH) if surely else _decide(table, interval, spec)
        for interval, spec, surely in zip(asked, specs, fresh, strict=True)
    ]


def _surely_fresh(table: _Table, asked: Sequence[Interval], specs: Sequence[Spec]) -> Iterator[bool]:
    """Of each slice, whether :func:`_decide` would say so without a remark: that it is inside its table's
    time, and that nothing has changed since."""
    slices, code, contract = table.state.slices, table.code, table.contract
    inputs = [(text, unchanging(source)) for text, source in table.inputs]
    width, first, end = len(inputs), table.first, table.end
    for interval, spec in zip(asked, specs, strict=True):
        published = slices.get(spec.path)
        if published is None or published.code != code or published.contract != contract or not code:
            yield False
            continue
        reads = published.inputs
        if (
            (first is not None and interval.start < first)
            or (end is not None and interval.start >= end)
            or len(reads) != width
        ):
            yield False
            continue
        # By hand: a plan over many years comes by here a million times.
        for n in range(width):
            text, same = inputs[n]
            before = reads[n]
            if before.table != text or not same(before):
                yield False
                break
        else:
            yield True


def _asked(model: Model, request: Request) -> tuple[Interval, ...]:
    """A snapshot runs once, as of the last interval asked for."""
    return request.intervals[-1:] if model.grain is Grain.NONE else request.intervals


@lru_cache(16)
def _specs(columns: tuple[SliceColumn, ...], intervals: tuple[Interval, ...]) -> tuple[Spec, ...]:
    """The slices of these intervals: tables of one grain share them."""
    slicing = Slicing(Grain.NONE, columns, ())
    return tuple(map(slicing.spec, intervals))


def _decide(table: _Table, interval: Interval, spec: Spec) -> Decision:
    model, state, reader, request = table.model, table.state, table.reader, table.request

    def answer(reason: Reason, detail: str = "", notes: Sequence[str] = (), read: bool = False) -> Decision:
        reads = reader.reads(interval) if read else ()
        windows = tuple(sorted(reader.windows(interval).items())) if read else ()
        return Decision(model.name, interval, spec, reason, detail, tuple(notes), reads, windows)

    if table.first is not None and interval.start < table.first:
        return answer(Reason.OUTSIDE, f"before its start {table.first:%Y-%m-%d}")
    if table.end is not None and interval.start >= table.end:
        return answer(Reason.OUTSIDE, f"after its end {table.end:%Y-%m-%d}")
    held = state.hold_on(spec)
    if held is not None and not request.forced:
        return answer(Reason.HELD, f"since {held.since}: {held.reason}")
    published = state.slices.get(spec.path)
    reason, detail, notes = _staleness(table, interval, published)
    if reason is Reason.FRESH and published is not None and table.planned:
        planned = _planned_inputs(table, interval, published)
        if planned:
            reason, detail = Reason.PERHAPS, f"{planned} runs before it"
    if not reason.runs and reason is not Reason.PERHAPS:
        return answer(reason, detail, notes)
    front = model.front
    if (
        front.freeze_after is not None
        and request.now is not None
        and published is not None
        and reason is not Reason.FORCED
        and interval.end < request.now - front.freeze_after
    ):
        return answer(Reason.FROZEN, f"{reason.value}, but {_frozen_since(interval, front.freeze_after)}")
    lacking = reader.lacks(interval) if reason.runs else ()
    if lacking:
        return answer(Reason.WAITING, "; ".join(lacking))
    return answer(reason, detail, notes, read=True)


def _frozen_since(interval: Interval, after: timedelta) -> str:
    return f"it is frozen since {interval.end + after:%Y-%m-%d}"


def _staleness(
    table: _Table, interval: Interval, published: SliceState | None
) -> tuple[Reason, str, Sequence[str]]:
    model = table.model
    if table.request.forced:
        return Reason.FORCED, "", ()
    if published is None:
        return Reason.MISSING, "", ()
    if not published.code and not published.inputs:
        return Reason.FRESH, "adopted", ()
    as_of_later = False
    if model.grain is Grain.NONE and published.interval and model.names_used & DATE_NAMES:
        if str(interval) < published.interval:
            return Reason.FRESH, f"as of {published.interval} already", ()
        as_of_later = str(interval) > published.interval
    if published.code != table.code:
        return Reason.CODE, "", ()
    if published.contract != table.contract:
        return Reason.CONTRACT, "", ()
    if as_of_later:
        return Reason.LATER, f"it is as of {published.interval}", ()
    return _inputs_changed(table, interval, published)


DATE_NAMES = frozenset(KNOWN) - {"env", "lake", "var", "macros", "this"}
"""Template names that make a statement depend on its interval."""


def _inputs_changed(
    table: _Table, interval: Interval, published: SliceState
) -> tuple[Reason, str, Sequence[str]]:
    """Compare versions, in the window that the log recorded where it has not moved: nothing is rendered
    unless an input has changed there."""
    model, reader = table.model, table.reader
    recorded = {r.table: r for r in published.inputs}
    notes: list[str] = []
    for text, source in table.inputs:
        before = recorded.get(text)
        if before is not None and unchanged(source, before):
            continue
        name = source.table
        current = read(source, reader.windows(interval)[name])
        if before is not None and before.digest == current.digest:
            continue
        if name == model.name:
            # Its own past: built in date order, so what changed there has been noticed there.
            return Reason.INPUTS, f"{name}: its own earlier slices", notes
        if not _counts(model, source):
            if model.front.inputs.get(name) is not InputPolicy.IGNORE:
                notes.append(f"{name} is newer; facts are not rebuilt for a snapshot")
            continue
        return Reason.INPUTS, f"{name}{_which(source, reader, interval, before)}", notes
    return Reason.FRESH, "", notes


def _planned_inputs(table: _Table, interval: Interval, published: SliceState) -> str:
    """An input that this plan runs before, and whose new rows would make this slice stale."""
    for text, source in table.planned:
        recorded = next((r.window for r in published.inputs if r.table == text), None)
        inside = source.planned_index.find(recorded) if recorded is not None else None
        if inside is None:
            inside = source.planned_index.inside(table.reader.windows(interval)[source.table])
        if inside:
            return f"{text} {inside[0]}".rstrip()
    return ""


def _counts(model: Model, source: Input) -> bool:
    """Whether a new version of this input makes the model's slices stale, by its policy."""
    policy = model.front.inputs.get(source.table)
    if policy is not None:
        return policy is InputPolicy.RERUN
    return not (source.is_snapshot and model.grain is not Grain.NONE)


def _which(source: Input, reader: Reader, interval: Interval, before: InputRead | None) -> str:
    """The partitions that changed since, for people."""
    if before is None:
        return " is read now"
    window = reader.windows(interval)[source.table]
    changed = [
        path
        for path, entry in source.state.changed.items()
        if entry > before.head and path and window.matches(Spec.parse(path).as_dict())
    ]
    if not changed:
        return ""
    shown = ", ".join(sorted(changed)[:3])
    return f": {shown}" + (f" and {len(changed) - 3} more" if len(changed) > 3 else "")


BATCH_BYTES = 2**30
BATCH_SLICES = 128
"""A job is worth starting for what it reads; past these, one that fails costs more than starting again."""


def batches(
    model: Model, decisions: Sequence[Decision], size: int | None, inputs: Mapping[TableName, Input]
) -> list[Batch]:
    """Group the slices that run into jobs: range-form SQL takes neighbours together, up to ``size``; by
    itself (None) as many as read :data:`BATCH_BYTES`, at most :data:`BATCH_SLICES`.

    A table that reads its own past runs one interval at a time, in order.
    """
    running = [d for d in decisions if d.runs]
    limit = 1
    if model.is_range and model.name not in model.inputs:
        limit = size or _slices_worth(running, inputs)
    grouped: list[list[Decision]] = []
    for decision in running:
        last = grouped[-1] if grouped else None
        if last and len(last) < limit and last[-1].interval.next() == decision.interval:
            last.append(decision)
        else:
            grouped.append([decision])
    return [Batch(tuple(group)) for group in grouped]


def _slices_worth(running: Sequence[Decision], inputs: Mapping[TableName, Input]) -> int:
    """How many slices read :data:`BATCH_BYTES`, by the largest of three. A snapshot is read once, however
    many they are."""
    largest = 1
    for decision in (running[0], running[len(running) // 2], running[-1]) if running else ():
        parts = (size_read(inputs[t], w)[2] for t, w in decision.windows if not inputs[t].is_snapshot)
        largest = max(largest, sum(parts))
    return max(1, min(BATCH_SLICES, BATCH_BYTES // largest))
