"""What lies ahead: how much a request asks for, and which tables have something to do."""

from __future__ import annotations

from collections.abc import Sequence

from runner.lake import Lake
from runner.planning import plan
from runner.request import Spans
from warehouse.intervals import Grain, Interval
from warehouse.model import Model
from warehouse.names import TableName


def asked(lake: Lake, tables: Sequence[TableName], spans: Spans) -> int:
    """Slices that a request names, stale or not; a snapshot is one."""
    models = [lake.project.model(name) for name in tables]
    return sum(min(1, len(spans(m))) if m.grain is Grain.NONE else len(spans(m)) for m in models)


def stale(lake: Lake, tables: Sequence[TableName]) -> set[TableName]:
    """Tables of which something published would run again, nothing is published, or the DDL is not applied.

    Dates that were never asked for make no table stale: nobody says which there should be.
    """
    found, comparable = set(), []
    for name in tables:
        state = lake.log(name).state()
        applied = state.contract is not None and state.contract.digest == lake.project.contract(name).digest
        if not applied or not state.slices:
            found.add(name)
        else:
            comparable.append(name)
        lake.log(name).forget()

    made = plan(lake, comparable, published(lake), force=False, batch=1)
    return found | {step.decision.table for step in made.running}


def published(lake: Lake) -> Spans:
    """The intervals of each table that are published, whatever lies between them."""

    def of(model: Model) -> tuple[Interval, ...]:
        grain = Grain.DAILY if model.grain is Grain.NONE else model.grain
        known = {s.interval for s in lake.log(model.name).state().slices.values() if s.interval}
        starts = sorted(Interval.parse(text, grain).start for text in known)
        return tuple(Interval(start, model.grain) for start in starts)

    return of
