"""One attempt at some slices of a table: claim, stage, and publish what the engine answers."""

from __future__ import annotations

import contextlib
import functools
import secrets
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import TypeVar

import msgspec

from runner.claims import Claim, Claims
from runner.draft import Draft, draft
from runner.failures import forget_failures, remember_failure
from runner.inputs import Inputs
from runner.lake import Lake
from runner.metastores import Table
from runner.outcome import Outcome, Status, place
from runner.publish import Shown, append, converge
from runner.published_code import keep_code
from warehouse.errors import ConflictError, Location, OutsideError, RunFailedError, WarehouseError
from warehouse.log import PartitionState, Publish, SliceState, State
from warehouse.manifest import CheckOutcome, Manifest, Result, StagedPartition, Stamp
from warehouse.model import Model
from warehouse.names import Spec, TableName
from warehouse.plan import Batch, Decision, Reason, Request, decide
from warehouse.statement import Statement

R = TypeVar("R", Manifest, Result)


def new_run_id() -> str:
    """Sorts by time; never used twice, so that its directory is nobody else's."""
    return f"{datetime.now(UTC):%Y%m%dT%H%M%S}-{secrets.token_hex(4)}"


@dataclass(frozen=True)
class Prepared:
    """A batch that is claimed and has its staging table, or of which nothing is left to run.

    ``result`` is there when a runner that died had finished the job. ``left`` are slices that one job
    cannot take together with the others any more.
    """

    decisions: tuple[Decision, ...]
    skipped: tuple[Outcome, ...]
    manifest: Manifest | None = None
    job: Draft | None = None
    before: State | None = None
    result: Result | None = None
    left: tuple[Decision, ...] = ()


@dataclass(frozen=True)
class _Good:
    """A slice that can be published: what it was decided for, what was staged, and what there was before."""

    decision: Decision
    slice: SliceState
    result: Result
    before: State


class Attempt:
    """Runs batches of one table."""

    def __init__(
        self, lake: Lake, model: Model, inputs: Inputs, force: bool, decided: State | None = None
    ) -> None:
        self.lake = lake
        self.model = model
        self.inputs = inputs
        self.force = force
        self.decided = decided
        """The state that decisions were made on; while the log has not moved they stand."""
        self.shown: Shown | None = None
        """What the metastore showed of the table last."""
        self.log = lake.log(model.name)
        self.claims = Claims(lake.store, model.name)

    @functools.cached_property
    def _may_be_read(self) -> bool:
        return self.lake.project.may_be_read(self.model.name)

    # ------------------------------------------------------------------ before the job

    def prepare(self, stack: contextlib.ExitStack, batch: Batch, steal: bool) -> Prepared:
        """Claim the slices, look once more, write the manifest, make the staging table.

        :class:`ConflictError` when somebody holds one of them. ``stack`` undoes all of it.
        """
        database = self.lake.staging_database()  # before anything is written: the metastore may be gone
        run_id = new_run_id()
        specs = [d.spec.path for d in batch.decisions]
        held = stack.enter_context(self.claims.take(run_id, specs, steal=steal))
        state = self.log.state()
        again, skipped = self._look_again(batch.decisions, state)
        decisions, left = _neighbours(again)
        finished = self._inherit(stack, held.inherited, decisions)
        if not decisions:
            return Prepared((), skipped)
        if finished is not None:
            return Prepared(decisions, skipped, finished[0], None, state, finished[1], left)
        contract = state.contract
        assert contract is not None, "a table without a contract is refused before"
        job = draft(
            self.model, decisions[0].interval, decisions[-1].interval,
            contract=contract, run_id=run_id, database=database,
            directory=self.lake.uri(f"{contract.location.rstrip('/')}/{run_id}"),
        )  # fmt: skip
        # A digest is worth a scan where a scan is made anyway, or where it can save readers' runs.
        compared = bool(job.manifest.checks) or self._may_be_read
        manifest = msgspec.structs.replace(
            job.manifest,
            base=state.head,
            digest=job.manifest.digest if compared else "",
            file_bytes=self._file_bytes(job.statement),
            stamps={d.spec.path: self._stamp(d, state) for d in decisions},
        )
        self._record(run_id, "manifest", manifest)
        keep_code(self.lake.store, self.model)
        # Else a metastore makes it, and starts `ls` and `chmod` for that.
        store, key = self.lake.place(self.lake.location(manifest.staging.directory))
        store.make_directory(key)
        if job.table is not None:
            self._make(stack, job.table)
        return Prepared(decisions, skipped, manifest, job, state, None, left)

    def _file_bytes(self, statement: Statement) -> int:
        """The size that files should have; 0 where a hint of the statement says how many it writes."""
        if statement.says_how_many_files:
            return 0
        return int(self.lake.config.file_size_mb * 1024 * 1024)

    def _stamp(self, decision: Decision, state: State) -> Stamp:
        contract = state.contract.digest if state.contract else ""
        return Stamp(self.model.code, contract, decision.reads, str(decision.interval))

    def _inherit(
        self, stack: contextlib.ExitStack, dead: Sequence[Claim], decisions: Sequence[Decision]
    ) -> tuple[Manifest, Result] | None:
        """Of runners that died on these slices: their staging tables go, and a result that was finished,
        and is what would be computed now, is used."""
        found = None
        for claim in dead:
            manifest = self._recorded(claim.run_id, "manifest", Manifest)
            if manifest is None:
                continue
            if not manifest.staging.view:
                stack.callback(self.lake.later, self._drop, TableName.parse(manifest.staging.table))
            result = self._recorded(claim.run_id, "result", Result)
            if result is None or result.error is not None or self.force:
                continue
            state = self.log.state()
            wanted = {d.spec.path: self._stamp(d, state) for d in decisions}
            if wanted and wanted == manifest.stamps:
                found = (manifest, result)
        return found

    def _recorded(self, run_id: str, kind: str, form: type[R]) -> R | None:
        data = self.lake.store.read(f"_warehouse/runs/{run_id}/{kind}.json")
        try:
            return None if data is None else msgspec.json.decode(data, type=form)
        except msgspec.DecodeError:
            return None  # the runner died while writing, or another version wrote it

    def _look_again(
        self, decisions: Sequence[Decision], state: State
    ) -> tuple[list[Decision], tuple[Outcome, ...]]:
        """Decide anew under the claim: somebody may have finished the same work a moment ago."""
        if self._stands(decisions, state):
            return list(decisions), ()
        known = self.inputs.look(self.model.inputs)
        if self.model.name in known:
            known[self.model.name] = replace(known[self.model.name], state=state)
        intervals = tuple(d.interval for d in decisions)
        again = decide(self.model, state, known, Request(intervals, self.force, self.inputs.now))
        skipped = tuple(
            Outcome(
                d.table, d.spec.path, str(d.interval),
                Status.WAITING if d.reason is Reason.WAITING else Status.SKIPPED,
                d.detail or d.reason.value,
            )
            for d in again
            if not d.runs
        )  # fmt: skip
        return [d for d in again if d.runs], skipped

    def _stands(self, decisions: Sequence[Decision], state: State) -> bool:
        """Whether deciding once more must say the same: its inputs are looked at once, and nothing else that
        it goes by has changed of the table."""
        decided = self.decided
        if decided is None or state is decided:
            return decided is not None
        return (
            self.model.name not in self.model.inputs
            and state.contract == decided.contract
            and state.holds == decided.holds
            and all(state.slices.get(d.spec.path) == decided.slices.get(d.spec.path) for d in decisions)
        )

    def _make(self, stack: contextlib.ExitStack, table: Table) -> None:
        """Make the staging table; it is dropped beside whatever comes after the run."""
        stack.callback(self.lake.later, self._drop, table.name)
        self.lake.metastore.create_table(table)

    def _drop(self, name: TableName) -> None:
        with contextlib.suppress(OutsideError):  # a leftover staging table hurts nobody; doctor names it
            self.lake.metastore.drop_table(name)

    def _record(self, run_id: str, kind: str, document: Manifest | Result) -> None:
        data = msgspec.json.format(msgspec.json.encode(document), indent=1)
        self.lake.store.write(f"_warehouse/runs/{run_id}/{kind}.json", data)

    # ------------------------------------------------------------------ after the job

    def keep(self, result: Result) -> None:
        """Write down what a job has answered: whoever finds this runner dead need not compute it again."""
        self._record(result.run_id, "result", result)

    def publish(self, ended: Sequence[tuple[Prepared, Result]]) -> Iterator[Outcome]:
        """Append the slices whose checks hold, converge, and tell how each slice ended. Runs of one base are
        one entry of the log, and go to the metastore together."""
        together: dict[tuple[int, str], list[_Good]] = {}
        for prepared, result in ended:
            assert prepared.manifest is not None and prepared.before is not None
            if result.error is not None:
                assert prepared.job is not None, "a result that is taken over has no error"
                error = prepared.job.error(
                    result,
                    slices=True,
                    fix="what was published before is untouched; mend the SQL or the data and run it again",
                )
                assert error is not None
                yield from (self._ended(d, Status.FAILED, result, error) for d in prepared.decisions)
                continue
            contract = prepared.before.contract.digest if prepared.before.contract else ""
            for decision in prepared.decisions:
                failed = [c for c in _of(result.checks, decision) if not c.passed and c.severity == "error"]
                if failed:
                    yield self._ended(decision, Status.CHECK_FAILED, result, check_error(decision, failed))
                    continue
                slice_ = self._slice(decision, prepared.manifest, result)
                good = _Good(decision, slice_, result, prepared.before)
                together.setdefault((prepared.manifest.base, contract), []).append(good)
        for (base, contract), some in together.items():
            yield from self._publish(some, base, contract)

    def _publish(self, some: Sequence[_Good], base: int, contract: str) -> Iterator[Outcome]:
        slices = tuple(one.slice for one in some)
        done = append(self.log, Publish(slices, contract, self.force), base, some[0].result.run_id)
        if done.entry is not None:
            left = [s.spec for s in slices if s.spec not in done.lost]
            forget_failures(self.lake.store, self.model.name, left)
            self.shown = converge(self.lake, self.model.name, left, shown=self.shown)
        for one in some:
            why = done.lost.get(one.slice.spec)
            if why is None:
                yield self._published(one)
            else:
                what = f"{self.model.name} {one.slice.spec}: {why}"
                lost = ConflictError(what, fix="run it again")
                yield self._ended(one.decision, Status.LOST, one.result, lost)

    def _slice(self, decision: Decision, manifest: Manifest, result: Result) -> SliceState:
        stamp = manifest.stamps[decision.spec.path]
        partitions = tuple(
            PartitionState(
                p.partition,
                self.lake.location(p.location),
                p.digest or result.run_id,
                p.rows,
                p.files,
                p.bytes,
            )
            for p in _partitions(result, decision)
        )
        return SliceState(
            decision.spec.path,
            result.run_id,
            partitions,
            stamp.code,
            stamp.contract,
            stamp.inputs,
            stamp.interval,
            tuple(c.name for c in _of(result.checks, decision) if not c.passed),
        )

    def _published(self, good: _Good) -> Outcome:
        decision, slice_, result = good.decision, good.slice, good.result
        old = good.before.slices.get(slice_.spec)
        return Outcome(
            decision.table,
            slice_.spec,
            str(decision.interval),
            Status.PUBLISHED,
            f"{decision.reason.value}: {decision.detail}" if decision.detail else decision.reason.value,
            result.run_id,
            sum(p.rows for p in slice_.partitions),
            sum(p.files for p in slice_.partitions),
            sum(p.bytes for p in slice_.partitions),
            sum(result.seconds.values()) / max(1, len(result.partitions)),
            old is None or old.version != slice_.version,
            checks=_of(result.checks, decision),
            notes=decision.notes,
        )

    def _ended(self, decision: Decision, status: Status, result: Result, error: WarehouseError) -> Outcome:
        if status is not Status.LOST:
            remember_failure(self.lake.store, self.model.name, decision.spec.path, result.run_id, error.what)
        return Outcome(
            decision.table,
            decision.spec.path,
            str(decision.interval),
            status,
            error.what,
            result.run_id,
            sum(p.rows for p in _partitions(result, decision)) if result.error is None else -1,
            error=error,
            checks=_of(result.checks, decision),
            where=place(self.model, error),
        )


def _neighbours(decisions: Sequence[Decision]) -> tuple[tuple[Decision, ...], tuple[Decision, ...]]:
    """Those from the first on that lie side by side, which one job can compute, and the rest."""
    for n in range(1, len(decisions)):
        if decisions[n - 1].interval.next() != decisions[n].interval:
            return tuple(decisions[:n]), tuple(decisions[n:])
    return tuple(decisions), ()


def _of(checks: Sequence[CheckOutcome], decision: Decision) -> tuple[CheckOutcome, ...]:
    return tuple(c for c in checks if c.slice == decision.spec.path)


def _partitions(result: Result, decision: Decision) -> list[StagedPartition]:
    return [p for p in result.partitions if decision.spec.contains(Spec.parse(p.partition))]


def check_error(
    decision: Decision, failed: Sequence[CheckOutcome], why: str = "it was not published"
) -> RunFailedError:
    """The first check that failed in a slice, with an example row."""
    first = failed[0]
    more = f" (and {len(failed) - 1} more checks)" if len(failed) > 1 else ""
    said = first.error or f"found {first.figure:g}"
    sample = f"; for example {first.sample[0]}" if first.sample else ""
    return RunFailedError(
        f"{decision.table} {decision.spec}: check {first.name} failed: {said}{more}",
        where=Location(first.path, first.line or None),
        why=f"{why}{sample}",
        fix="readers still see what was published before; mend the SQL, the data or the check",
    )
