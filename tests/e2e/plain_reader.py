"""Readers in a process of their own, which know nothing of the tool.

``plain``: as Hive's fetch task reads: asks the metastore for the partition, lists its directory, reads file
by file. ``spark``: one SELECT after the other in a Spark session.

Started as ``plain_reader.py KIND METASTORE DB TABLE DT OUT STOP``; writes a line of JSON per read to OUT:
``[began, ended, rows, sum]`` with times of the monotonic clock (one for all processes of a machine), or
``[began, ended, null, error]``; ends when STOP is there. Whatever goes wrong in a read is what that reader
would have seen, and counts as a torn read.
"""

from __future__ import annotations

import json
import os
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))


PAUSES = {"plain": 0.003, "spark": 1.0}
"""Seconds between reads: the writers want the processors, too."""


def plain(metastore: str, db: str, table: str, dt: str) -> Callable[[], tuple[int, int]]:
    from text_engine import path_of

    from runner.metastores.hive import HiveMetastore
    from warehouse.names import TableName

    client = HiveMetastore(metastore)

    def read() -> tuple[int, int]:
        (partition,) = client.partitions(TableName(db, table), names=[(dt,)])
        rows = total = 0
        for path in sorted(path_of(partition.location).iterdir()):
            if not path.name.startswith((".", "_")):
                for line in path.read_text().splitlines():
                    rows += 1
                    total += int(line.rpartition(",")[2])
        return rows, total

    return read


def spark(metastore: str, db: str, table: str, dt: str) -> Callable[[], tuple[int, int]]:
    from runner import java

    os.environ.update(java.environment())
    from pyspark.sql import SparkSession

    builder = SparkSession.builder.master("local[1]").enableHiveSupport()
    for key, value in {
        "spark.hadoop.hive.metastore.uris": metastore,
        "spark.ui.enabled": "false",
        "spark.driver.memory": "768m",
        "spark.driver.host": "127.0.0.1",
        "spark.sql.shuffle.partitions": "1",
    }.items():
        builder = builder.config(key, value)
    session: Any = builder.getOrCreate()

    def read() -> tuple[int, int]:
        (row,) = session.sql(f"SELECT count(*), sum(v) FROM {db}.{table} WHERE dt = '{dt}'").collect()
        return int(row[0]), int(row[1] or 0)

    return read


def main(kind: str, metastore: str, db: str, table: str, dt: str, out: str, stop: str) -> None:
    read = {"plain": plain, "spark": spark}[kind](metastore, db, table, dt)
    read()
    with Path(out).open("w", buffering=1) as file:
        while not Path(stop).exists():
            began = time.monotonic()
            try:
                answer: tuple[Any, Any] = read()
            except Exception as error:
                answer = (None, f"{type(error).__name__}: {error}"[:300])
            file.write(json.dumps([began, time.monotonic(), *answer]) + "\n")
            time.sleep(PAUSES[kind])


if __name__ == "__main__":
    main(*sys.argv[1:])
