"""Plan, stage, check, append, converge: one table's slices at a time, tables in the order of their inputs."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace

from runner.inputs import Inputs, Settling
from runner.lake import Lake
from runner.outcome import Outcome, Status, place
from runner.request import Options, Spans
from runner.run import Attempt, Prepared
from warehouse.errors import ConflictError, ProjectError
from warehouse.intervals import Interval
from warehouse.log import State
from warehouse.manifest import Result
from warehouse.model import Model
from warehouse.names import Spec, TableName
from warehouse.plan import Batch, Decision, Reader, Reason, Request, batches, decide
from warehouse.reading import Input
from warehouse.run_order import run_order

WAVE = 8
"""Batches that are claimed together, for each of the jobs that run at a time."""

_TOGETHER = 1.0
"""Seconds in which results that come are published as one: each by itself costs the metastore as much."""


@dataclass
class _Progress:
    """What has gone wrong so far, for the tables that come later."""

    failed: dict[TableName, set[str]] = field(default_factory=dict)

    def add(self, outcome: Outcome) -> None:
        if outcome.status.exit_code:
            self.failed.setdefault(outcome.table, set()).add(outcome.slice)


def execute(lake: Lake, tables: Sequence[TableName], spans: Spans, options: Options) -> Iterator[Outcome]:
    """Run what is stale of ``tables``; outcomes come as slices end. One that fails stops only its readers.

    :class:`ProjectError` before anything runs where a file is wrong.
    """
    models = {name: lake.project.model(name) for name in tables}
    for model in models.values():
        _ = model.slicing
        model.checks("staged", *_any_interval(model, spans))
        require_applied(model, lake.log(model.name).state())
    inputs, so_far = Inputs(lake), _Progress()
    for name in run_order(models):
        yield from _table(lake, models[name], inputs, spans, options, so_far)


def _any_interval(model: Model, spans: Spans) -> tuple[Interval, Interval, Interval]:
    asked = spans(model)
    if not asked:
        raise ProjectError(f"the range holds no whole {model.grain.value} interval of {model.name}")
    return asked[0], asked[0], asked[-1]


def require_applied(model: Model, state: State) -> None:
    """:class:`ProjectError` unless the log is at the contract that the files say."""
    applied = state.contract
    if applied is None:
        raise ProjectError(f"{model.name} is not created", fix="run: warehouse ddl apply")
    if applied.digest != model.contract.digest:
        raise ProjectError(
            f"the DDL of {model.name} is at version {model.contract.version}, applied is {applied.version}",
            fix="run: warehouse ddl apply",
        )


def _table(
    lake: Lake, model: Model, inputs: Inputs, spans: Spans, options: Options, so_far: _Progress
) -> Iterator[Outcome]:
    log = lake.log(model.name)
    # The table itself too: what a runner has appended and not converged is finished first.
    settling = inputs.ready((model.name, *model.inputs, *model.check_inputs))
    try:
        known = inputs.look(model.inputs)
        decided = log.state()
        decisions = decide(model, decided, known, Request(spans(model), options.force, inputs.now))
        attempt = Attempt(lake, model, inputs, options.force, decided)
        work = _in_order if model.name in model.inputs else _together
        for outcome in work(attempt, decisions, known, options, so_far, settling):
            so_far.add(outcome)
            yield outcome
    finally:
        settling.wait()
    inputs.refresh(model.name)


def _together(
    attempt: Attempt, decisions: Sequence[Decision], known: dict[TableName, Input], options: Options,
    so_far: _Progress, settling: Settling,
) -> Iterator[Outcome]:  # fmt: skip
    """Slices that do not need each other: in batches, several at a time."""
    running: list[Decision] = []
    for decision in decisions:
        told = _not_now(attempt.model, known, decision, so_far)
        if told is None:
            running.append(decision)
        else:
            yield told
    groups = batches(attempt.model, running, options.batch, known)
    wave = 1 if options.jobs == 1 else options.jobs * WAVE
    while groups:
        now, groups = groups[:wave], groups[wave:]
        again: list[Batch] = []
        yield from _wave(attempt, now, options, again, settling)
        groups = again + groups


def _in_order(
    attempt: Attempt, decisions: Sequence[Decision], known: dict[TableName, Input], options: Options,
    so_far: _Progress, settling: Settling,
) -> Iterator[Outcome]:  # fmt: skip
    """Slices of a table that reads its own past: each is decided on when those before it are done."""
    model, ran = attempt.model, False
    for decision in decisions:
        if ran:
            state = attempt.log.state()
            known = known | {model.name: replace(known[model.name], state=state)}
            request = Request((decision.interval,), options.force, attempt.inputs.now)
            (decision,) = decide(model, state, known, request)
        told = _not_now(model, known, decision, so_far)
        if told is None:
            ran = True
            yield from _wave(attempt, [Batch((decision,))], options, [], settling)
        else:
            yield told


def _not_now(
    model: Model, known: dict[TableName, Input], decision: Decision, so_far: _Progress
) -> Outcome | None:
    """Why a slice does not run; None where it does."""
    stopped = _needs_failed(model, known, decision, so_far)
    if decision.reason is Reason.WAITING or stopped:
        status = Status.BLOCKED if stopped else Status.WAITING
        return _not_run(decision, status, stopped or decision.detail)
    return None if decision.runs else _not_run(decision, Status.SKIPPED, _why(decision))


def _needs_failed(model: Model, known: dict[TableName, Input], decision: Decision, so_far: _Progress) -> str:
    """What of its inputs failed in this very command: built on it now, it would be built again."""
    if not decision.runs or not any(n in so_far.failed for n in model.inputs):
        return ""
    reader = Reader(model, known)
    for name, window in reader.windows(decision.interval).items():
        for path in so_far.failed.get(name, ()):
            if window.matches(Spec.parse(path).as_dict()):
                return f"{name} {path or '(whole table)'} failed before it"
    return ""


def _wave(
    attempt: Attempt, group: Sequence[Batch], options: Options, again: list[Batch], settling: Settling
) -> Iterator[Outcome]:
    """Prepare some batches while what they read settles, run and publish them; jobs run side by side,
    publishing is one by one. ``again`` gets what is to be run as smaller batches."""
    with contextlib.ExitStack() as stack:
        prepared: dict[str, Prepared] = {}
        for batch in group:
            try:
                ready = attempt.prepare(stack, batch, options.steal)
            except ConflictError as error:
                yield from (_lost(attempt.model, d, error) for d in batch.decisions)
                continue
            yield from ready.skipped
            if ready.left:
                again.append(Batch(ready.left))
            if ready.result is not None:
                yield from attempt.publish([(ready, ready.result)])
            elif ready.manifest is not None:
                prepared[ready.manifest.run_id] = ready
        if prepared:
            settling.wait()
            attempt.shown = settling.shown.pop(attempt.model.name, attempt.shown)
            yield from _jobs(attempt, prepared, options, again)


def _jobs(
    attempt: Attempt, prepared: dict[str, Prepared], options: Options, again: list[Batch]
) -> Iterator[Outcome]:
    """Run them, and publish what ends: at once, or with what ends in the same moment."""
    manifests = [p.manifest for p in prepared.values() if p.manifest is not None]
    waiting: list[tuple[Prepared, Result]] = []
    last, left = time.monotonic(), len(manifests)
    try:
        for result in attempt.lake.engine.run(manifests, jobs=options.jobs):
            ready = prepared[result.run_id]
            attempt.keep(result)
            left -= 1
            halves = _halves(ready, result)
            again.extend(halves)
            if halves:  # one bad day must not keep the others from being published
                attempt.lake.progress(
                    f"{attempt.model.name}: a job of {len(ready.decisions)} slices failed; trying its halves"
                )
            else:
                waiting.append((ready, result))
            if left and time.monotonic() - last < _TOGETHER:
                continue
            ended, waiting = waiting, []
            yield from attempt.publish(ended)
            last = time.monotonic()
    except BaseException:  # Spark is gone, or whoever asked: what is finished is not computed again
        for _ in attempt.publish(waiting):
            pass
        raise


def _halves(ready: Prepared, result: Result) -> list[Batch]:
    """A batch that failed on its rows, in two; none where the statement itself is at fault."""
    error, decisions = result.error, ready.decisions
    if error is None or error.refused or len(decisions) == 1:
        return []
    middle = len(decisions) // 2
    return [Batch(decisions[:middle]), Batch(decisions[middle:])]


def _why(decision: Decision) -> str:
    return f"{decision.reason.value}: {decision.detail}" if decision.detail else decision.reason.value


def _not_run(decision: Decision, status: Status, reason: str) -> Outcome:
    return Outcome(
        decision.table, decision.spec.path, str(decision.interval), status, reason, notes=decision.notes
    )


def _lost(model: Model, decision: Decision, error: ConflictError) -> Outcome:
    return Outcome(
        decision.table, decision.spec.path, str(decision.interval), Status.LOST, error.what, error=error,
        where=place(model, error),
    )  # fmt: skip
