"""Unit tests of SQL: given rows in, expected rows out, on a Spark of our own without a metastore.

What is between is what a run does: the rendered statement, spliced, executed by ``runner/job`` into a staging
table of the contract's types, and the checks on what it wrote.
"""

from __future__ import annotations

import secrets
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pyspark.errors import PySparkException

from runner.draft import Draft, draft
from runner.engines.local import LocalEngine
from runner.job.errors import explain
from runner.lake import Lake
from warehouse.cells import Value, comparable, sql_literal, sql_text, sql_type
from warehouse.contract import Contract
from warehouse.errors import Location, OutsideError, ProjectError, WarehouseError
from warehouse.manifest import CheckOutcome
from warehouse.model import Model
from warehouse.names import TableName, quote
from warehouse.redirected import check_tables
from warehouse.rowdiff import RowDiff, compare
from warehouse.slicing import PROBE
from warehouse.types import HiveType, parse_type
from warehouse.unittest_file import Case, Rows, Subject, read_cases

SETTINGS = {
    "spark.sql.catalogImplementation": "in-memory",
    # A handful of rows: every task more is time.
    "spark.sql.shuffle.partitions": "1",
    "spark.default.parallelism": "1",
    "spark.sql.leafNodeDefaultParallelism": "1",
    "spark.sql.adaptive.enabled": "false",
    # Compiling Java for a statement that sees five rows takes most of its time; so does optimising the JVM's
    # own code for a minute's work.
    "spark.sql.codegen.wholeStage": "false",
    "spark.sql.codegen.factoryMode": "NO_CODEGEN",
    # For pages that nobody looks at.
    "spark.sql.ui.explainMode": "simple",
}
_JAVA = "-XX:TieredStopAtLevel=1 -XX:+UseSerialGC"
_DATABASE = "unit_tests"


@dataclass(frozen=True)
class Mismatch:
    """Rows that are not as ``expected`` (of the key ``what`` in the file)."""

    what: str
    expected: Rows
    got: Rows
    diff: RowDiff


@dataclass(frozen=True)
class Verdict:
    """How a case ended: nothing in ``problems`` and ``mismatches`` is a pass. ``problems`` are sentences."""

    table: TableName
    name: str
    where: Location
    seconds: float
    problems: tuple[str, ...] = ()
    mismatches: tuple[Mismatch, ...] = ()

    @property
    def passed(self) -> bool:
        return not self.problems and not self.mismatches


# ------------------------------------------------------------------ files


def subject_of(lake: Lake, model: Model) -> Subject:
    """What a table's cases may speak of."""
    checks = model.checks("staged", PROBE, PROBE, PROBE)
    tables = dict.fromkeys(t for check in checks for t in check_tables(check, "staged"))
    return Subject(model, lake.project.contract, tuple(c.name for c in checks), tuple(tables))


def cases_of(lake: Lake, tables: Sequence[TableName]) -> list[tuple[Model, tuple[Case, ...]]]:
    """All cases of some tables, read before any is run; :class:`ProjectError` where a file is wrong."""
    root = lake.root / "tests" / "sql"
    for directory in sorted(root.glob("*/*/")):
        name = TableName.parse(f"{directory.parent.name}.{directory.name}")
        if not lake.project.has_sql(name):
            raise ProjectError(
                f"{lake.project.relative(directory)}: there is no SQL of {name} to test"
                + lake.project.nearest(name)
            )
    found = []
    for table in tables:
        files = sorted((root / table.db / table.table).glob("*.yaml"))
        if files:
            model = lake.project.model(table)
            subject = subject_of(lake, model)
            for file in files:
                cases = read_cases(lake.project.text(file), lake.project.relative(file), subject)
                found.append((model, cases))
    return found


# ------------------------------------------------------------------ running


def test(lake: Lake, tables: Sequence[TableName], name: str = "") -> Iterator[Verdict]:
    """The verdict on each case of some tables whose name holds ``name``, as it ends."""
    asked = [(model, c) for model, cases in cases_of(lake, tables) for c in cases if name in c.name]
    if not asked:
        return
    with bench(lake) as at:
        for model, case in asked:
            yield at.run(model, case)


@contextmanager
def bench(lake: Lake) -> Iterator[Bench]:
    """A Spark for cases, and a place for the files it writes; both are gone afterwards."""
    java = f"{lake.target.spark.get('spark.driver.extraJavaOptions', '')} {_JAVA}".strip()
    settings = {**lake.target.spark, **SETTINGS, "spark.driver.extraJavaOptions": java}
    engine = LocalEngine("", settings, lake.state_directory / "logs" / "spark.log", lake.progress)
    with tempfile.TemporaryDirectory(prefix="warehouse-test-") as directory:
        made = Bench(engine, lake.project.contract, Path(directory))
        try:
            yield made
        finally:
            made.clear()
            engine.close()


class Bench:
    """Runs cases one after the other in one session."""

    def __init__(
        self, engine: LocalEngine, contract_of: Callable[[TableName], Contract], directory: Path
    ) -> None:
        self.engine = engine
        self.contract_of = contract_of
        self.directory = directory
        self.views: dict[str, str] = {}
        session = engine.session()
        self.spark = session
        session.sql(f"CREATE DATABASE IF NOT EXISTS {_DATABASE}")

    def run(self, model: Model, case: Case) -> Verdict:
        began = time.monotonic()
        problems: list[str] = []
        mismatches: list[Mismatch] = []
        try:
            self._judge(model, case, problems, mismatches)
        except OutsideError:
            raise
        except WarehouseError as error:
            problems.append(str(error))
        spent = time.monotonic() - began
        return Verdict(model.name, case.name, case.where, spent, tuple(problems), tuple(mismatches))

    def _judge(self, model: Model, case: Case, problems: list[str], mismatches: list[Mismatch]) -> None:
        with self.staged(model, case) as (job, checks, error):
            if case.error is not None:
                if error is None:
                    problems.append(f"an error was expected that says {case.error!r}, but there was none")
                elif case.error not in error.what:
                    problems.append(f"an error was expected that says {case.error!r}, but it was:\n{error}")
                return
            if error is not None:
                problems.append(str(error))
                return
            problems += _checks(case, checks)
            for what, expected in (("expect", case.expect), ("contains", case.contains)):
                if expected is None:
                    continue
                got = self.rows(job, expected.columns)
                kinds = _kinds(model.contract, expected.columns)
                found = compare(
                    _comparable(expected, kinds),
                    _comparable(got, kinds),
                    ordered=case.ordered and what == "expect",
                    some=what == "contains",
                )
                if found:
                    mismatches.append(Mismatch(what, expected, got, found))
            if case.count is not None:
                count = len(self.rows(job, ()).rows)
                if count != case.count:
                    problems.append(f"expected {case.count} rows, got {count}")

    @contextmanager
    def staged(
        self, model: Model, case: Case
    ) -> Iterator[tuple[Draft, tuple[CheckOutcome, ...], WarehouseError | None]]:
        """The case's statement, run: the job, its checks' outcomes, Spark's complaint if there was one."""
        run_id = f"case-{secrets.token_hex(6)}"
        directory = (self.directory / run_id).as_uri()
        redirects = {table: self.view(table, rows) for table, rows in case.given.items()}
        job = draft(
            model, case.first, case.last,
            contract=model.contract, run_id=run_id, database=_DATABASE, directory=directory,
            redirects=redirects, named=True,
        )  # fmt: skip
        assert job.table is not None
        staging = job.manifest.staging
        columns = ", ".join(
            f"{quote(c.name)} {sql_type(parse_type(c.type))}"
            for c in (*job.table.columns, *job.table.partitions)
        )
        by = (
            f"PARTITIONED BY ({', '.join(quote(c.name) for c in staging.dynamic)}) "
            if staging.dynamic
            else ""
        )
        self.spark.sql(
            f"CREATE TABLE {staging.table} ({columns}) USING parquet {by}LOCATION '{staging.directory}'"
        )
        try:
            (result,) = self.engine.run([job.manifest])
            yield job, result.checks, job.error(result)
        finally:
            self.spark.sql(f"DROP TABLE {staging.table}")

    def rows(self, job: Draft, columns: Sequence[str]) -> Rows:
        """What was staged."""
        staging = job.manifest.staging
        kinds = _kinds(job.model.contract, columns)
        select = [
            exact(sql_text(staging.fixed[c]) if c in staging.fixed else quote(c), kind)
            for c, kind in zip(columns, kinds, strict=True)
        ]
        answer = self.spark.sql(f"SELECT {', '.join(select) or '1'} FROM {staging.table}").collect()
        return Rows(tuple(columns), tuple(tuple(map(plain, row)) for row in answer))

    # ------------------------------------------------------------------ given rows

    def view(self, table: TableName, rows: Rows) -> str:
        """Rows as a relation of the table's types, by a name that every session of this Spark knows."""
        select = _select(self.contract_of(table), rows)
        if select not in self.views:
            name = f"given_{secrets.token_hex(4)}_{table.db}__{table.table}"
            try:
                self.spark.sql(select).createOrReplaceGlobalTempView(name)
            except PySparkException as error:
                raise ProjectError(
                    f"Spark cannot take the given rows of {table}: {explain(error)[0]}"
                ) from None
            self.views[select] = name
        return f"`global_temp`.{quote(self.views[select])}"

    def clear(self) -> None:
        for name in self.views.values():
            self.spark.catalog.dropGlobalTempView(name)
        self.spark.sql(f"DROP DATABASE IF EXISTS {_DATABASE} CASCADE")


def _select(contract: Contract, rows: Rows) -> str:
    kinds = [parse_type(c.type) for c in contract.all_columns]
    names = [c.name for c in contract.all_columns]
    # A column that no row gives is one NULL, not one for each row.
    used = [n for n in range(len(names)) if any(row[n] is not None for row in rows.rows)]
    place = {n: f"c{i}" for i, n in enumerate(used)}
    shown = ", ".join(
        f"CAST({place.get(n, 'NULL')} AS {sql_type(kinds[n])}) AS {quote(name)}"
        for n, name in enumerate(names)
    )
    if not rows.rows:
        return f"SELECT {shown} WHERE false"
    if not used:
        return f"SELECT {shown} FROM range({len(rows.rows)})"
    values = ",\n".join(
        "(" + ", ".join("NULL" if row[n] is None else sql_literal(row[n], kinds[n]) for n in used) + ")"
        for row in rows.rows
    )
    return f"SELECT {shown} FROM VALUES\n{values}\nAS given({', '.join(place.values())})"


def exact(value: str, kind: HiveType) -> str:
    """SQL's value as Python shall get it. Timestamps come without a zone, or they would be moved into the
    machine's."""
    wanted = sql_type(kind).replace("TIMESTAMP", "TIMESTAMP_NTZ").replace("timestamp", "timestamp_ntz")
    return f"CAST({value} AS {wanted})"


def _kinds(contract: Contract, columns: Sequence[str]) -> list[HiveType]:
    types: Mapping[str, str] = {c.name: c.type for c in contract.all_columns}
    return [parse_type(types[c]) for c in columns]


def _comparable(rows: Rows, kinds: Sequence[HiveType]) -> list[tuple[Any, ...]]:
    return [tuple(comparable(v, k) for v, k in zip(row, kinds, strict=True)) for row in rows.rows]


def plain(value: Any) -> Value:
    """Spark's values as those of YAML files."""
    if hasattr(value, "asDict"):
        return {name: plain(v) for name, v in value.asDict().items()}
    if isinstance(value, dict):
        return {plain(k): plain(v) for k, v in value.items()}
    if isinstance(value, list):
        return [plain(v) for v in value]
    return bytes(value) if isinstance(value, bytearray) else value


def _checks(case: Case, outcomes: Sequence[CheckOutcome]) -> Iterator[str]:
    """A check that stops a run must be expected; one that warns may fail, unless the case says which do."""
    failed = {c.name: c for c in outcomes if not c.passed}
    for name, outcome in failed.items():
        if case.fails is not None and name in case.fails:
            continue
        if case.fails is None and outcome.severity != "error":
            continue
        sample = f"; for example {outcome.sample[0]}" if outcome.sample else ""
        said = outcome.error or f"found {outcome.figure:g}"
        yield f"check {name!r} failed, which was not expected: {said}{sample}"
    looked_at = {c.name for c in outcomes}
    for name in case.fails or ():
        if name not in looked_at:
            yield f"check {name!r} was expected to fail, but it reads a table of which no rows are given"
        elif name not in failed:
            yield f"check {name!r} was expected to fail, but it holds"
