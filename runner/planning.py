"""A plan over several tables: what a backfill would do, without doing any of it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import msgspec

from runner.execute import require_applied
from runner.failures import Failure, failures
from runner.inputs import Inputs
from runner.lake import Lake
from runner.published_code import PublishedCode
from runner.request import Spans
from warehouse.log import State, seen_by_readers
from warehouse.model import Model
from warehouse.names import TableName
from warehouse.plan import Decision, Reason, Request, batches, decide
from warehouse.reading import Input, size_read
from warehouse.run_order import run_order


class Read(msgspec.Struct, frozen=True):
    """What a run reads of one input: its window, partitions, and known rows (-1: not counted) and bytes."""

    table: TableName
    window: tuple[str, ...]
    partitions: int
    rows: int
    bytes: int
    widened: tuple[str, ...] = ()


class Step(msgspec.Struct, frozen=True, gc=False):
    """One slice of the plan, with the partitions that it would replace and what it would read."""

    decision: Decision
    replaces: tuple[str, ...] = ()
    reads: tuple[Read, ...] = ()


@dataclass(frozen=True)
class Plan:
    """All slices asked for, in the order in which they would run. ``jobs`` are Spark jobs; ``diffs`` are the
    changes of SQL and macros that made slices stale, by table."""

    steps: tuple[Step, ...]
    jobs: int
    diffs: dict[TableName, str]

    @property
    def running(self) -> list[Step]:
        return [s for s in self.steps if s.decision.runs]

    @property
    def perhaps(self) -> list[Step]:
        return [s for s in self.steps if s.decision.reason is Reason.PERHAPS]

    @property
    def waiting(self) -> list[Step]:
        return [s for s in self.steps if s.decision.reason is Reason.WAITING]


def plan(lake: Lake, tables: Sequence[TableName], spans: Spans, *, force: bool, batch: int | None) -> Plan:
    """Decide for every asked slice as a backfill would, taking what runs before it as done."""
    models = {name: lake.project.model(name) for name in tables}
    known = _Known(lake)
    steps: list[Step] = []
    jobs = 0
    diffs: dict[TableName, str] = {}
    order = run_order(models)
    last = {read: name for name in order for read in models[name].inputs}
    for name in order:
        model, state = models[name], lake.log(name).state()
        require_applied(model, state)
        inputs = known.look(model.inputs)
        decisions = decide(model, state, inputs, Request(spans(model), force, known.now))
        # Nearly all slices are fresh, of which nothing more is asked.
        others = [d for d in decisions if d.reason is not Reason.FRESH]
        jobs += len(batches(model, others, batch, inputs))
        failed, published = failures(lake.store, name), PublishedCode(lake.store, model, state)
        steps += [
            Step(d)
            if d.reason is Reason.FRESH
            else _step(model, state, inputs, _with_failure(published.explained(d), failed))
            for d in decisions
        ]
        if any(d.reason is Reason.CODE for d in others):
            diffs[name] = published.diff()
        known.decided(name, others, read_again=last.get(name, name) != name)
        for read in model.inputs:
            if last[read] == name:
                known.forget(read)
    return Plan(tuple(steps), jobs, {n: d for n, d in diffs.items() if d})


class _Known:
    """Inputs while a plan has readers of them left: a long history of all tables at once fills a memory."""

    def __init__(self, lake: Lake) -> None:
        self.lake = lake
        self._inputs = Inputs(lake)
        self.now = self._inputs.now
        self._known: dict[TableName, Input] = {}
        self._planned: dict[TableName, frozenset[str]] = {}

    def look(self, tables: Sequence[TableName]) -> dict[TableName, Input]:
        for table in tables:
            if table not in self._known:
                source = self._inputs.look([table])[table]
                self._inputs.refresh(table)
                planned = self._planned.get(table, frozenset())
                self._known[table] = replace(source, state=seen_by_readers(source.state), planned=planned)
                self.lake.log(table).forget()
        return {table: self._known[table] for table in tables}

    def decided(self, table: TableName, decisions: Sequence[Decision], *, read_again: bool) -> None:
        """What of it runs, or may run, before its readers."""
        running = {d.spec.path for d in decisions if d.runs or d.reason is Reason.PERHAPS}
        self._planned[table] = frozenset(running)
        self._known.pop(table, None)
        if read_again:
            self.look([table])  # while its log is at hand
        else:
            self.forget(table)

    def forget(self, table: TableName) -> None:
        self._known.pop(table, None)
        self.lake.log(table).forget()


def _with_failure(decision: Decision, failed: Mapping[str, Failure]) -> Decision:
    last = failed.get(decision.spec.path)
    if last is None or not decision.runs:
        return decision
    note = f"failed last time, {last.time}: {last.message}"
    return msgspec.structs.replace(decision, notes=(*decision.notes, note))


def _step(model: Model, state: State, known: dict[TableName, Input], decision: Decision) -> Step:
    if not decision.runs and decision.reason is not Reason.PERHAPS:
        return Step(decision)
    replaces = tuple(p.partition for s in state.overlapping(decision.spec) for p in s.partitions)
    reads = []
    for table, window in decision.windows:
        partitions, rows, size = size_read(known[table], window)
        reads.append(Read(table, tuple(window.text), partitions, rows, size, window.widened))
    return Step(decision, replaces, tuple(reads))
