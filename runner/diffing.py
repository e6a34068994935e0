"""What the files as they are now would change in a published slice: staged, compared, and removed again."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from dataclasses import dataclass

from runner.draft import Draft, draft
from runner.lake import Lake
from runner.published_code import PublishedCode
from runner.run import new_run_id
from warehouse.errors import OutsideError, ProjectError
from warehouse.intervals import Interval
from warehouse.manifest import CheckOutcome
from warehouse.names import Spec, TableName
from warehouse.slicediff import Shape, counts, relation, samples


@dataclass(frozen=True)
class Sample:
    """A row that differs, values as text by column: ``old`` is None where it is added, ``new`` where it is
    removed."""

    old: dict[str, str | None] | None
    new: dict[str, str | None] | None


@dataclass(frozen=True)
class Difference:
    """What a run would change in a slice. ``key`` are the columns that tell rows apart: without them a
    changed row counts as one removed and one added. ``columns`` counts changed rows by column."""

    table: TableName
    slice: str
    interval: str
    key: tuple[str, ...]
    rows_before: int
    rows_after: int
    added: int
    removed: int
    changed: int
    columns: dict[str, int]
    samples: tuple[Sample, ...]
    columns_added: tuple[str, ...]
    columns_removed: tuple[str, ...]
    failed: tuple[CheckOutcome, ...]
    code: str

    @property
    def same(self) -> bool:
        return not (self.added or self.removed or self.changed or self.columns_added or self.columns_removed)


def diff(lake: Lake, table: TableName, interval: Interval, most: int = 5) -> Difference:
    """Run a slice's SQL as the files are now and compare it with what readers see. Nothing is published,
    claimed or recorded. ``most`` bounds the samples of each kind.

    :class:`ProjectError` where nothing is published, :class:`RunFailedError` where the SQL fails.
    """
    lake.require_answers()
    model = lake.project.model(table)
    state, spec = lake.log(table).state(), model.spec(interval)
    if state.contract is None or not any(s.partitions for s in state.overlapping(spec)):
        raise ProjectError(
            f"{table} {spec} is not published: there is nothing to compare with",
            fix=f"run it: warehouse run --select {table} --date {interval}",
        )
    shape = Shape.of(state.contract, model.contract, model.front.checks)
    run_id = new_run_id()
    key = f"{model.contract.location.rstrip('/')}/{run_id}"
    job = draft(
        model, interval, interval,
        contract=model.contract, run_id=run_id, database=lake.staging_database(),
        directory=lake.uri(key), named=True,
    )  # fmt: skip
    with _staging(lake, job, key):
        (result,) = lake.engine.run([job.manifest])
        error = job.error(result)
        if error is not None:
            raise error
        fixed = Spec(tuple(job.manifest.staging.fixed.items()))
        new = relation(shape, job.manifest.staging.table, fixed, fixed=True)
        old = relation(shape, table.quoted, spec, fixed=False)
        figures = [int(n) for n in lake.engine.query(counts(shape, old, new)).rows[0]]
        before, after, added, removed, changed = figures[:5]
        by_column = {c.name: n for c, n in zip(shape.columns, figures[5:], strict=True) if n}
        shown: tuple[Sample, ...] = ()
        if added or removed or changed:
            shown = tuple(_samples(shape, lake.engine.query(samples(shape, old, new, most)).rows))
    return Difference(
        table, spec.path, str(interval), shape.key, before, after, added, removed, changed, by_column, shown,
        shape.added, shape.removed,
        tuple(c for c in result.checks if not c.passed),
        PublishedCode(lake.store, model, state).diff(),
    )  # fmt: skip


def _samples(shape: Shape, rows: list[tuple[object, ...]]) -> Iterator[Sample]:
    names = [c.name for c in shape.columns]
    for is_new, is_old, *texts in rows:
        values = [None if t is None else str(t) for t in texts]
        old = dict(zip(names, values[: len(names)], strict=True)) if is_old else None
        new = dict(zip(names, values[len(names) :], strict=True)) if is_new else None
        yield Sample(old, new)


@contextlib.contextmanager
def _staging(lake: Lake, job: Draft, key: str) -> Iterator[None]:
    """The job's staging table; it and its files are gone afterwards."""
    assert job.table is not None
    name = job.table.name
    lake.metastore.create_table(job.table)
    try:
        yield
    finally:
        with contextlib.suppress(OutsideError):  # as after a run: a leftover hurts nobody
            lake.metastore.drop_table(name)
        store, prefix = lake.place(key)
        # Directories without a file, too: a store on a disk removes those that a deletion leaves empty.
        empty = [f"{prefix}/{path}/_SUCCESS".replace("//", "/") for path in ("", *job.manifest.slices)]
        store.delete([*(info.key for info in store.list(f"{prefix}/")), *empty])
