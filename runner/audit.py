"""Checks on what is published."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from runner.ahead import published
from runner.inputs import Inputs
from runner.lake import Lake
from runner.outcome import Outcome, Status, place
from runner.publish import converge
from runner.request import Spans
from runner.run import check_error, new_run_id
from warehouse.errors import RunFailedError
from warehouse.manifest import Manifest, Staging, StagingColumn
from warehouse.names import Spec, TableName
from warehouse.plan import Decision, Reason
from warehouse.settings import PINNED
from warehouse.slicing import PROBE


def audit(lake: Lake, tables: Sequence[TableName], spans: Spans | None) -> Iterator[Outcome]:
    """Run each table's checks on its published rows: of the asked intervals, or of all there are."""
    inputs = Inputs(lake)
    for name in tables:
        model = lake.project.model(name)
        inputs.ready(model.check_inputs).wait()
        state = lake.log(name).state()
        converge(lake, name)
        if spans is None:
            asked = sorted(s for s, held in state.slices.items() if held.partitions)
        else:
            asked = [model.spec(i).path for i in spans(model) if model.spec(i).path in state.slices]
        if not asked or state.contract is None:
            continue
        run_id = new_run_id()
        view = f"audited_{run_id.replace('-', '_').lower()}"
        intervals = (spans or published(lake))(model)
        first, last = (intervals[0], intervals[-1]) if intervals else (PROBE, PROBE)
        manifest = Manifest(
            run_id=run_id,
            table=str(name),
            slices=tuple(asked),
            slice_columns=Spec.parse(asked[0]).columns,
            statement="",
            staging=Staging(
                name.quoted,
                "",
                partition_columns=tuple(StagingColumn(c.name, c.type) for c in state.contract.partitions),
            ),
            base=state.head,
            path=model.path,
            view=view,
            checks=model.checks(view, first, first, last),
            settings=dict(PINNED),
        )
        if not manifest.checks:
            continue
        (result,) = lake.engine.run([manifest])
        for path in asked:
            checks = tuple(c for c in result.checks if c.slice == path)
            failed = [c for c in checks if not c.passed and c.severity == "error"]
            error: RunFailedError | None = None
            if result.error is not None:
                error = RunFailedError(f"{name}: the checks could not run: {result.error.message}")
            elif failed:
                decision = Decision(name, first, Spec.parse(path), Reason.FRESH)
                error = check_error(decision, failed, "these rows are published")
            yield Outcome(
                name, path, state.slices[path].interval,
                Status.CHECK_FAILED if error else Status.SKIPPED,
                error.what if error else f"{len(checks)} checks hold",
                error=error, checks=checks, where=place(model, error) if error else "",
            )  # fmt: skip
