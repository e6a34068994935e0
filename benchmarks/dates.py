"""A year of dates, per date and warm, beside a loop in place: ``python -m benchmarks.dates``.

One Spark, one metastore, a temporary lake, 300 rows a date. ``by_range`` is SQL that takes a range of dates,
``by_date`` runs once for each of them, several side by side (``--jobs``); both are the whole of ``warehouse
backfill``, and no table reads them. In place is the same SELECT in a session of Spark as it comes, a date at
a time.
"""

from __future__ import annotations

import argparse
import statistics
import tempfile
from datetime import date, timedelta
from pathlib import Path

from benchmarks.publish import bare, timed
from runner.api import Warehouse
from runner.engines.local import LocalEngine
from runner.request import Options

FIRST = date(2023, 1, 1)
WARM = 10
"""Dates that are made before any is timed."""
SETTINGS = '[tool.warehouse]\n[tool.warehouse.targets.local]\nlake = "lake"\n'
DDL = """CREATE EXTERNAL TABLE bench.{name} (id BIGINT, label STRING, amount DOUBLE)
PARTITIONED BY (dt STRING) STORED AS PARQUET;
"""
SQL = {
    "input": "PARTITION (dt)\nSELECT id, concat('label ', id) AS label, id * 1.5D AS amount, "
    "date_format(day, 'yyyy-MM-dd') AS dt\nFROM range(300)\n"
    "LATERAL VIEW explode(sequence(DATE '{{ start_ds }}', DATE '{{ end_ds }}')) days AS day",
    "by_range": "PARTITION (dt)\nSELECT id, label, amount, dt FROM bench.input\n"
    "WHERE dt BETWEEN '{{ start_ds }}' AND '{{ end_ds }}'",
    "by_date": "PARTITION (dt = '{{ ds }}')\nSELECT id, label, amount FROM bench.input WHERE dt = '{{ ds }}'",
}
IN_PLACE = (
    "INSERT OVERWRITE TABLE bench.in_place PARTITION (dt = '{dt}') "
    "SELECT id, label, amount FROM bench.input WHERE dt = '{dt}'"
)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--dates", type=int, default=365)
    parser.add_argument("--loop", type=int, default=60, help="dates of the loop in place")
    parser.add_argument("--jobs", type=int, default=4)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as directory:
        root = Path(directory)
        _project(root)
        with Warehouse.open(root) as warehouse:
            warehouse.metastore_start()
            try:
                _measure(warehouse, options.dates, options.loop, options.jobs)
            finally:
                warehouse.metastore_stop()


def _measure(warehouse: Warehouse, dates: int, loop: int, jobs: int) -> None:
    list(warehouse.ddl_apply())
    engine = warehouse.lake.engine
    assert isinstance(engine, LocalEngine)
    session = bare(engine.session())
    everything = WARM + dates

    def backfill(table: str, first: int, end: int) -> None:
        report = warehouse.backfill(
            [f"bench.{table}"], _day(first), _day(end - 1), options=Options(jobs=jobs, force=True)
        )
        assert report.exit_code == 0, report.outcomes

    def in_place(n: int) -> None:
        session.sql(IN_PLACE.format(dt=_day(n)))

    backfill("input", 0, everything)
    for n in range(WARM):
        in_place(n)
    for table in ("by_range", "by_date"):
        backfill(table, 0, WARM)
    half = WARM + min(loop, dates) // 2
    before = [timed(lambda n=n: in_place(n)) for n in range(WARM, half)]  # type: ignore[misc]
    forms = ("by_range", "by_date")
    ours = {table: timed(lambda t=table: backfill(t, WARM, everything)) for table in forms}  # type: ignore[misc]
    after = [timed(lambda n=n: in_place(n)) for n in range(half, WARM + min(loop, dates))]  # type: ignore[misc]
    peer = statistics.mean([*before, *after])
    print(f"in place, a loop: {peer:.3f} s a date ({len(before) + len(after)} dates)")
    for table, took in ours.items():
        side = f", {jobs} jobs at a time" if table == "by_date" else ""
        form = table.removeprefix("by_")
        print(f"{form} form: {took / dates:.3f} s a date, {took / dates / peer:.2f} of that ({dates}{side})")


def _project(root: Path) -> None:
    files = {"pyproject.toml": SETTINGS, "ddl/bench/database.sql": "CREATE DATABASE bench;\n"}
    for name in (*SQL, "in_place"):
        files[f"ddl/bench/{name}/V001__create.sql"] = DDL.format(name=name)
    for name, text in SQL.items():
        files[f"sql/bench/{name}.sql"] = f"INSERT OVERWRITE TABLE bench.{name} {text}\n"
    for path, text in files.items():
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        (root / path).write_text(text, encoding="utf-8")


def _day(number: int) -> str:
    return str(FIRST + timedelta(days=number))


if __name__ == "__main__":
    main()
