"""One partition, warm: publishing by pointer against a bare in-place INSERT OVERWRITE of the same SELECT.

``python -m benchmarks.publish [--rounds 15] [--heavy 6000000]`` runs both in turn in one Spark, on one
metastore, in a temporary lake, and prints medians and their ratio. In place is Spark as it comes; by pointer
is the whole of ``warehouse run``. ``checked`` has checks, which in place are queried after the INSERT;
``heavy`` hashes ``--heavy`` rows many times, to last about ten seconds on two cores.
"""

from __future__ import annotations

import argparse
import statistics
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from runner.api import Warehouse
from runner.engines.local import LocalEngine
from runner.job import disk
from runner.request import Options

SETTINGS = """[tool.warehouse]
[tool.warehouse.targets.local]
lake = "lake"
"""
KINDS = ("small", "checked", "heavy")
DDL = """CREATE EXTERNAL TABLE bench.{name} (id BIGINT, label STRING, amount DOUBLE)
PARTITIONED BY (dt STRING) STORED AS PARQUET;
"""
SMALL = "SELECT id, label, amount FROM bench.input WHERE dt = '{dt}'"
CHECKS = """/* ---
checks:
  - not_null: [id, label]
  - unique: [id]
--- */
"""
QUERIED = (
    "SELECT count(*), count_if(id IS NULL), count_if(label IS NULL), count(*) - count(DISTINCT id) "
    "FROM {table} WHERE dt = '2024-01-01'"
)
HEAVY = "SELECT id, {hash} AS label, 1.5D AS amount FROM range({rows})"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=15)
    parser.add_argument("--heavy", type=int, default=6_000_000)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as directory:
        root = Path(directory)
        _project(root, options.heavy)
        with Warehouse.open(root) as warehouse:
            began = time.monotonic()
            warehouse.metastore_start()
            metastore = time.monotonic() - began
            list(warehouse.ddl_apply())
            engine = warehouse.lake.engine
            assert isinstance(engine, LocalEngine)
            began = time.monotonic()
            spark = engine.session()
            print(f"metastore start {metastore:.1f} s, Spark start {time.monotonic() - began:.1f} s")
            warehouse.run(["bench.input"], "2024-01-01")
            for kind in KINDS:
                _compare(warehouse, spark, kind, 3 if kind == "heavy" else options.rounds, options.heavy)
        warehouse.metastore_stop()


def _project(root: Path, rows: int) -> None:
    files = {
        "pyproject.toml": SETTINGS,
        "ddl/bench/database.sql": "CREATE DATABASE bench;\n",
        "sql/bench/input.sql": (
            "INSERT OVERWRITE TABLE bench.input PARTITION (dt = '{{ ds }}')\n"
            "SELECT id, concat('label ', id) AS label, id * 1.5D AS amount FROM range(300)\n"
        ),
        "sql/bench/small.sql": "INSERT OVERWRITE TABLE bench.small PARTITION (dt = '{{ ds }}')\n"
        + SMALL.replace("{dt}", "{{ ds }}"),
        "sql/bench/checked.sql": CHECKS
        + "INSERT OVERWRITE TABLE bench.checked PARTITION (dt = '{{ ds }}')\n"
        + SMALL.replace("{dt}", "{{ ds }}"),
        "sql/bench/heavy.sql": "INSERT OVERWRITE TABLE bench.heavy PARTITION (dt = '{{ ds }}')\n"
        + _heavy(rows).replace("{dt}", "{{ ds }}"),
    }
    for name in ("input", *KINDS, *(f"{kind}_in_place" for kind in KINDS)):
        files[f"ddl/bench/{name}/V001__create.sql"] = DDL.format(name=name)
    for name, text in files.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")


def _heavy(rows: int) -> str:
    expression = "CAST(id AS STRING)"
    for _ in range(8):
        expression = f"sha2({expression}, 256)"
    return HEAVY.replace("{hash}", expression).replace("{rows}", str(rows))


def _compare(warehouse: Warehouse, spark: Any, kind: str, rounds: int, rows: int) -> None:
    select = _heavy(rows) if kind == "heavy" else SMALL
    select = select.replace("{dt}", "2024-01-01")
    session = bare(spark)

    def in_place() -> None:
        session.sql(f"INSERT OVERWRITE TABLE bench.{kind}_in_place PARTITION (dt = '2024-01-01') {select}")
        if kind == "checked":
            session.sql(QUERIED.format(table=f"bench.{kind}_in_place")).collect()

    def ours() -> None:
        report = warehouse.run([f"bench.{kind}"], "2024-01-01", options=Options(force=True))
        assert report.exit_code == 0, report.outcomes

    unsafe, safe = [], []
    for n in range(rounds + 2):
        disk.give_up(spark)
        first = timed(in_place)
        disk.use(spark)
        second = timed(ours)
        warehouse.lake.settle()
        if n >= 2:  # the first rounds compile
            unsafe.append(first)
            safe.append(second)
    ratio = statistics.median(s / u for s, u in zip(safe, unsafe, strict=True))
    print(
        f"{kind}: in place {statistics.median(unsafe):.3f} s, by pointer {statistics.median(safe):.3f} s, "
        f"ratio {ratio:.2f} ({rounds} rounds)"
    )


def bare(spark: Any) -> Any:
    """A session as Spark has it without this tool, whose settings are safe for fresh directories only."""
    session = spark.newSession()
    session.conf.set("mapreduce.fileoutputcommitter.algorithm.version", "1")
    session.conf.set("mapreduce.fileoutputcommitter.marksuccessfuljobs", "true")
    return session


def timed(work: Callable[[], None]) -> float:
    began = time.monotonic()
    work()
    return time.monotonic() - began


if __name__ == "__main__":
    main()
