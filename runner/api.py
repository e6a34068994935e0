"""Everything the command line does, as Python: typed, printing nothing, for schedulers and notebooks.

::

    with Warehouse.open(Path("."), target="local") as warehouse:
        report = warehouse.run(["music.songplays"], date="2018-11-15")
        if report.exit_code:
            ...

Every method raises :class:`warehouse.errors.WarehouseError`; what a person should read is its text.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Self

from runner.lake import Lake, silent
from runner.outcome import Outcome, Report
from runner.request import Options, Spans, interval_range, one_interval
from runner.selectors import tables_by
from warehouse.config import find_root, load_config
from warehouse.errors import ProjectError
from warehouse.graph import Graph, select
from warehouse.intervals import Grain, Interval
from warehouse.names import Spec, TableName

if TYPE_CHECKING:
    # Each command imports what it needs when it is called: a render does not pay for a run.
    from runner.athena import Answer
    from runner.diffing import Difference
    from runner.engines import Progress, Rows
    from runner.history import Event
    from runner.land import Landed
    from runner.looking import Finding
    from runner.planning import Plan
    from runner.schema import Applied, TableDdl
    from runner.status import TableStatus
    from runner.unit import Verdict
    from runner.vacuum import Vacuumed
    from warehouse.facts import TableFacts
    from warehouse.findings import Finding as LintFinding
    from warehouse.log import SliceState

Variables = Mapping[str, str | int | float | bool]
Told = Callable[[Outcome], None]


class Warehouse:
    """A project on one target. A context manager: leaving it stops what it started."""

    def __init__(self, lake: Lake) -> None:
        self.lake = lake
        self.project = lake.project

    @classmethod
    def open(
        cls,
        start: Path | None = None,
        *,
        target: str | None = None,
        variables: Variables | None = None,
        progress: Progress = silent,
    ) -> Self:
        """The project around ``start`` (default: here), on its default or the named target."""
        root = find_root((start or Path.cwd()).absolute())
        config = load_config(root)
        return cls(Lake(root, config, target or config.default_target, variables, progress))

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        self.lake.close()

    # ------------------------------------------------------------------ what there is

    def tables(
        self, terms: Sequence[str] = (), exclude: Sequence[str] = (), *, with_sql: bool = False
    ) -> list[TableName]:
        """Tables that the selectors name (all without any); sources are left out ``with_sql``."""
        method = functools.partial(tables_by, self.lake)
        found = select(self.project.tables, terms, exclude, graph=self.graph, method=method)
        if not with_sql:
            return found
        kept = [name for name in found if self.project.has_sql(name)]
        if found and not kept:
            raise ProjectError(
                f"{', '.join(map(str, found))}: no SQL",
                why="a table with DDL and no SQL is a source: its files come from elsewhere",
            )
        return kept

    def facts(self, names: Sequence[TableName]) -> list[TableFacts]:
        """What the files alone tell of these tables: inputs, read windows, lineage, findings."""
        from runner.analysis import analyse

        return analyse(self.project, names)

    def lint(self, names: Sequence[TableName], rules: Sequence[str] = ()) -> list[LintFinding]:
        """What is wrong in these tables' files; of these rules, by code or name, or of all."""
        from warehouse.facts import findings_of

        codes: set[str] = set()
        if rules:
            from warehouse.lint.run import choose

            codes = {rule.code for rule in choose(rules)}
        return findings_of(self.project, self.facts(names), codes)

    def graph(self) -> Graph:
        """Each table with SQL, and what it reads."""
        return {
            one.name: tuple(map(TableName.parse, one.inputs))
            if one.readable
            else self.project.model(one.name).inputs
            for one in self.facts(list(self.project.sql_files))
        }

    def render(self, table: str, date: str, end: str | None = None) -> str:
        """A table's statement as Spark gets it, for the interval ``date``, or the batch up to ``end``."""
        model = self.project.model(TableName.parse(table))
        grain = Grain.DAILY if model.grain is Grain.NONE else model.grain
        first = Interval(Interval.parse(date, grain).start, model.grain)
        last = Interval(Interval.parse(end, grain).start, model.grain) if end else first
        rendered = model.render(first, first, last)
        model.parse(rendered)
        return rendered.text

    def status(self, terms: Sequence[str] = (), exclude: Sequence[str] = ()) -> list[TableStatus]:
        from runner import status as statuses

        return list(statuses.status(self.lake, self.tables(terms, exclude)))

    # ------------------------------------------------------------------ DDL

    def ddl_status(self, terms: Sequence[str] = (), exclude: Sequence[str] = ()) -> list[TableDdl]:
        from runner import schema

        return list(schema.status(self.lake, self.tables(terms, exclude)))

    def ddl_apply(self, terms: Sequence[str] = (), exclude: Sequence[str] = ()) -> Iterator[Applied]:
        """Apply what is pending; yields as tables are done."""
        from runner import schema

        dropped = [t for t in self.lake.logged_tables() if t not in self.project.tables] if not terms else []
        return schema.apply(self.lake, [*self.tables(terms, exclude), *dropped])

    def ddl_show(self, table: str) -> str:
        """The current contract as one CREATE statement."""
        from warehouse.ddl_text import contract_text

        return contract_text(self.project.contract(TableName.parse(table)))

    def ddl_diff(self, table: str) -> list[str]:
        """What applying would change, and where the metastore differs from the log."""
        from runner import schema

        return schema.diff(self.lake, TableName.parse(table))

    def ddl_new(self, table: str, name: str | None = None) -> Path:
        from runner import schema

        return schema.new_file(self.lake, TableName.parse(table), name)

    def ddl_import(self, table: str) -> Path:
        from runner import schema

        return schema.import_table(self.lake, TableName.parse(table))

    def ddl_adopt(self, table: str) -> Applied:
        from runner import schema

        return schema.adopt(self.lake, TableName.parse(table))

    # ------------------------------------------------------------------ running

    def run(
        self, terms: Sequence[str], date: str, *,
        exclude: Sequence[str] = (), options: Options | None = None, told: Told | None = None,
    ) -> Report:  # fmt: skip
        """Run one interval of the selected tables where it is stale. ``told`` hears of each slice."""
        return self._execute(terms, exclude, one_interval(date), options or Options(), told)

    def backfill(
        self, terms: Sequence[str], start: str, end: str, *,
        exclude: Sequence[str] = (), options: Options | None = None, told: Told | None = None,
    ) -> Report:  # fmt: skip
        """Run every stale interval from ``start`` to ``end``, both inclusive."""
        return self._execute(terms, exclude, interval_range(start, end), options or Options(), told)

    def _execute(
        self, terms: Sequence[str], exclude: Sequence[str], spans: Spans, options: Options, told: Told | None
    ) -> Report:
        from runner import execute

        report = Report()
        for outcome in execute.execute(self.lake, self.tables(terms, exclude, with_sql=True), spans, options):
            report.outcomes.append(outcome)
            if told is not None:
                told(outcome)
        return report

    def plan(
        self, terms: Sequence[str], start: str | None = None, end: str | None = None, *,
        exclude: Sequence[str] = (), force: bool = False, batch: int | None = None,
    ) -> Plan:  # fmt: skip
        """What :meth:`backfill` would run of that range, or of what is published, and why."""
        from runner import ahead, planning

        names = self.tables(terms, exclude, with_sql=True)
        spans = interval_range(start or end or "", end or start or "") if start or end else None
        asked = spans or ahead.published(self.lake)
        return planning.plan(self.lake, names, asked, force=force, batch=batch)

    def asked(self, terms: Sequence[str], start: str, end: str, *, exclude: Sequence[str] = ()) -> int:
        """How many slices a range of the selected tables has, stale or not."""
        from runner import ahead

        names = self.tables(terms, exclude, with_sql=True)
        return ahead.asked(self.lake, names, interval_range(start, end))

    def runs_ahead(
        self,
        terms: Sequence[str],
        start: str,
        end: str,
        *,
        exclude: Sequence[str] = (),
        options: Options | None = None,
    ) -> int:
        """How many slices :meth:`backfill` would run at most."""
        plan = self.plan(terms, start, end, exclude=exclude, force=(options or Options()).force)
        return len(plan.running) + len(plan.perhaps)

    def audit(
        self, terms: Sequence[str] = (), exclude: Sequence[str] = (),
        start: str | None = None, end: str | None = None,
    ) -> Report:  # fmt: skip
        """Run the checks on published rows: all, or of the intervals from ``start`` to ``end``."""
        from runner.audit import audit

        spans = interval_range(start or end or "", end or start or "") if start or end else None
        return Report(list(audit(self.lake, self.tables(terms, exclude, with_sql=True), spans)))

    def test(
        self, terms: Sequence[str] = (), exclude: Sequence[str] = (), *, case: str = ""
    ) -> Iterator[Verdict]:
        """Run the unit tests in ``tests/sql`` of the selected tables, of cases whose names hold ``case``."""
        from runner import unit

        return unit.test(self.lake, self.tables(terms, exclude), case)

    def test_generate(self, table: str, date: str, *, rows: int = 3) -> Path:
        """Write a first unit test of a table from the real rows of a date."""
        from runner.generate import generate

        name = TableName.parse(table)
        (interval,) = one_interval(date)(self.project.model(name))
        return generate(self.lake, name, interval, rows)

    def diff(self, table: str, date: str, *, samples: int = 5) -> Difference:
        """What the files as they are now would change in a published slice; nothing is published."""
        from runner.diffing import diff

        name = TableName.parse(table)
        (interval,) = one_interval(date)(self.project.model(name))
        return diff(self.lake, name, interval, samples)

    # ------------------------------------------------------------------ what was done, and undoing it

    def history(self, table: str, partition: str | None = None) -> list[Event]:
        from runner import history

        spec = None if partition is None else self._spec(TableName.parse(table), partition)
        return history.history(self.lake, TableName.parse(table), spec)

    def rollback(
        self, table: str, partition: str = "", *, reason: str, run_id: str | None = None
    ) -> SliceState:
        from runner import history

        name = TableName.parse(table)
        return history.rollback(self.lake, name, self._spec(name, partition), reason, run_id)

    def release(self, table: str, partition: str = "") -> None:
        from runner import history

        name = TableName.parse(table)
        history.release(self.lake, name, self._spec(name, partition))

    def hold(self, table: str, partition: str = "", *, reason: str) -> None:
        from runner import history

        name = TableName.parse(table)
        history.hold(self.lake, name, self._spec(name, partition), reason)

    def accept(self, table: str, *, reason: str) -> tuple[str, ...]:
        """Take a change of code or contract as forward-only; answers the slices it concerns."""
        from runner import history

        return history.accept(self.lake, TableName.parse(table), reason)

    def _spec(self, table: TableName, text: str) -> Spec:
        """A partition as a person writes it, checked against the table's columns."""
        spec = Spec.parse(text)
        contract = self.lake.log(table).state().contract or self.project.contract(table)
        columns = contract.partition_columns
        if spec.columns != columns[: len(spec.columns)]:
            wanted = "/".join(f"{c}=…" for c in columns) or "nothing: it is not partitioned"
            raise ProjectError(f"{text!r} is no partition of {table}", fix=f"write {wanted}")
        return spec

    # ------------------------------------------------------------------ data in, answers out

    def land(self, domain: str, source: Path, *, hourly: bool = False) -> Iterator[Landed]:
        from runner import land as landing

        return landing.real(self.lake, domain, source, hourly=hourly)

    def land_generated(
        self, domain: str, start: str, end: str, *,
        seed: int = 1, rate: float | None = None, hourly: bool = False,
    ) -> Iterator[Landed]:  # fmt: skip
        from runner import land as landing

        return landing.generated(self.lake, domain, start, end, seed=seed, rate=rate, hourly=hourly)

    def query(self, sql: str, *, limit: int | None = None, as_of: str | None = None) -> Rows:
        from runner.querying import query

        return query(self.lake, sql, limit=limit, as_of=as_of)

    def query_athena(self, sql: str, *, limit: int | None = None) -> Answer:
        """The same question asked of Athena, in its SQL: rows, bytes read, and what they cost."""
        from runner.querying import athena

        return athena(self.lake, sql, limit)

    def vacuum(
        self,
        terms: Sequence[str] = (),
        exclude: Sequence[str] = (),
        *,
        retain_days: float = 30.0,
        grace_hours: float = 24.0,
        apply: bool = False,
    ) -> Iterator[Vacuumed]:
        """Condemn and delete directories that nothing needs; yields them. Without ``apply`` only says so.

        Without selectors: of all tables that ever were, dropped ones too, and records of runs.
        """
        from runner.vacuum import vacuum

        only = set(self.tables(terms, exclude)) if terms or exclude else None
        return vacuum(self.lake, only, retain_days=retain_days, grace_hours=grace_hours, apply=apply)

    # ------------------------------------------------------------------ the lake and the embedded metastore

    def lake_create(self) -> list[str]:
        """Make the target's directory or bucket; what was done. Doing it again changes nothing."""
        from runner.bucket import create

        return create(self.lake.store)

    def metastore_start(self) -> str:
        """Where the target's metastore answers; an embedded one is started if it does not run."""
        return self.lake.metastore_uri

    def metastore_status(self) -> str | None:
        """Where the embedded metastore answers, or None when it does not run."""
        from runner.metastores import embedded

        running = embedded.status(self.lake.state_directory / "metastore")
        return running.uri if running else None

    def metastore_stop(self) -> bool:
        """Stop the embedded metastore; False when it did not run."""
        from runner.metastores import embedded

        return embedded.stop(self.lake.state_directory / "metastore")

    def doctor(self) -> Iterator[Finding]:
        """What a run needs on this machine: looked at one by one, Spark last."""
        from runner.doctor import examine

        return examine(self.lake)
