"""What a step costs beyond spark-submit itself: manifests, inbox, polling, publishing.

``python -m benchmarks.steps [--rounds 3] [--tables 3]`` publishes one partition, and then one of each of some
tables, by ``engine = "spark-submit"``, whose program and whose requests are those of a step of EMR; and runs
the same SELECTs as bare INSERT OVERWRITEs by spark-submit, one program for each of them. Prints medians by
the clock, and in brackets of processors.
"""

from __future__ import annotations

import argparse
import functools
import os
import resource
import statistics
import subprocess
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from runner.api import Warehouse
from runner.engines.elsewhere import COMMON
from runner.engines.spark_submit import find_program
from runner.request import Options
from warehouse.settings import PINNED

SPARK = {
    "spark.driver.memory": "1g",
    "spark.ui.enabled": "false",
    "spark.sql.shuffle.partitions": "2",
}
SETTINGS = """[tool.warehouse.targets.local]
engine = "spark-submit"
master = "local[2]"
lake = "lake"
[tool.warehouse.targets.local.spark]
""" + "".join(f'"{key}" = "{value}"\n' for key, value in SPARK.items())
DDL = "CREATE EXTERNAL TABLE bench.{} (id BIGINT, v STRING) PARTITIONED BY (dt STRING) STORED AS PARQUET;\n"
SELECT = "SELECT id, sha2(CAST(id AS STRING), 256) AS v FROM range(100000)"
PLAIN = f"""import sys
from pyspark.sql import SparkSession
session = SparkSession.builder.enableHiveSupport().getOrCreate()
session.sql(f"INSERT OVERWRITE TABLE bench.{{sys.argv[1]}} PARTITION (dt = '2024-01-01') {SELECT}")
session.stop()
"""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--tables", type=int, default=3)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as directory:
        root = Path(directory)
        names = [f"t{n}" for n in range(options.tables)]
        _write(root, names)
        with Warehouse.open(root) as warehouse:
            warehouse.metastore_start()
            list(warehouse.ddl_apply())
            uri = warehouse.lake.metastore_uri
        try:
            for count in sorted({1, options.tables}):
                some = names[:count]
                ours, plain = [], []
                for _ in range(options.rounds):
                    plain.append(timed(functools.partial(_plain, root, uri, some)))
                    ours.append(timed(functools.partial(_ours, root, some)))
                print(f"{count} tables: spark-submit {shown(plain)}, by steps {shown(ours)}", flush=True)
        finally:
            with Warehouse.open(root) as warehouse:
                warehouse.metastore_stop()


def _write(root: Path, names: list[str]) -> None:
    files = {"pyproject.toml": SETTINGS, "plain.py": PLAIN}
    for name in names:
        files[f"ddl/bench/{name}/V001__create.sql"] = DDL.format(name)
        files[f"ddl/bench/plain_{name}/V001__create.sql"] = DDL.format(f"plain_{name}")
        files[f"sql/bench/{name}.sql"] = (
            f"INSERT OVERWRITE TABLE bench.{name} PARTITION (dt = '{{{{ ds }}}}')\n{SELECT}\n"
        )
    for path, text in files.items():
        file = root / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text, encoding="utf-8")


def _plain(root: Path, uri: str, names: list[str]) -> None:
    program, environment, _ = find_program("")
    settings = {**COMMON, **PINNED, **SPARK, "spark.hadoop.hive.metastore.uris": uri}
    words = [word for key, value in settings.items() for word in ("--conf", f"{key}={value}")]
    for name in names:
        command = [*program, "--master", "local[2]", *words, str(root / "plain.py"), f"plain_{name}"]
        subprocess.run(command, env=environment, check=True, capture_output=True, cwd=root)


def _ours(root: Path, names: list[str]) -> None:
    with Warehouse.open(root) as warehouse:
        tables = [f"bench.{name}" for name in names]
        report = warehouse.run(tables, "2024-01-01", options=Options(force=True))
        assert report.exit_code == 0, report.outcomes


def timed(work: Callable[[], None]) -> tuple[float, float]:
    """Seconds by the clock, and of processors in programs that ended (the metastore has not)."""
    began, before = time.monotonic(), _used()
    work()
    return time.monotonic() - began, _used() - before


def _used() -> float:
    own, ended = os.times(), resource.getrusage(resource.RUSAGE_CHILDREN)
    return own.user + own.system + ended.ru_utime + ended.ru_stime


def shown(times: list[tuple[float, float]]) -> str:
    clock, processors = (statistics.median(column) for column in zip(*times, strict=True))
    return f"{clock:.1f} s ({processors:.1f})"


if __name__ == "__main__":
    main()
