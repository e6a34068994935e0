"""One partition, warm: publishing by pointer against a bare in-place INSERT OVERWRITE of the same SELECT.

``python -m benchmarks.publish [--rounds 15] [--heavy 2000000]`` runs both in turn in one Spark session on one
metastore, in a temporary lake, and prints medians and their ratio. The heavy job hashes ``--heavy`` rows
many times, to last about ten seconds on two cores.
"""

from __future__ import annotations

import argparse
import statistics
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from runner.api import Warehouse
from runner.engines.local import LocalEngine
from runner.request import Options

SETTINGS = """[tool.warehouse]
[tool.warehouse.targets.local]
lake = "lake"
"""
DDL = """CREATE EXTERNAL TABLE bench.{name} (id BIGINT, label STRING, amount DOUBLE)
PARTITIONED BY (dt STRING) STORED AS PARQUET;
"""
SMALL = "SELECT id, label, amount FROM bench.input WHERE dt = '{dt}'"
HEAVY = (
    "SELECT id, {hash} AS label, amount FROM (SELECT explode(sequence(1, {rows})) AS id, 1.5D AS amount "
    "FROM bench.input WHERE dt = '{dt}' LIMIT 1)"
)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=15)
    parser.add_argument("--heavy", type=int, default=1_500_000)
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
            for kind, rounds in (("small", options.rounds), ("heavy", 3)):
                _compare(warehouse, spark, kind, rounds, options.heavy)
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
        "sql/bench/heavy.sql": "INSERT OVERWRITE TABLE bench.heavy PARTITION (dt = '{{ ds }}')\n"
        + _heavy(rows).replace("{dt}", "{{ ds }}"),
    }
    for name in ("input", "small", "heavy", "small_in_place", "heavy_in_place"):
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


def _compare(warehouse: Warehouse, spark: object, kind: str, rounds: int, rows: int) -> None:
    select = SMALL if kind == "small" else _heavy(rows)
    select = select.replace("{dt}", "2024-01-01")

    def in_place() -> None:
        spark.sql(  # type: ignore[attr-defined]
            f"INSERT OVERWRITE TABLE bench.{kind}_in_place PARTITION (dt = '2024-01-01') {select}"
        )

    def ours() -> None:
        report = warehouse.run([f"bench.{kind}"], "2024-01-01", options=Options(force=True))
        assert report.exit_code == 0, report.outcomes

    unsafe, safe = [], []
    for n in range(rounds + 2):
        first, second = _timed(in_place), _timed(ours)
        if n >= 2:  # the first rounds compile
            unsafe.append(first)
            safe.append(second)
    ratio = statistics.median(s / u for s, u in zip(safe, unsafe, strict=True))
    print(
        f"{kind}: in place {statistics.median(unsafe):.3f} s, by pointer {statistics.median(safe):.3f} s, "
        f"ratio {ratio:.2f} ({rounds} rounds)"
    )


def _timed(work: Callable[[], None]) -> float:
    began = time.monotonic()
    work()
    return time.monotonic() - began


if __name__ == "__main__":
    main()
