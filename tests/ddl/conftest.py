from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest

from runner import java
from warehouse.settings import PINNED

WORKER = Path(__file__).with_name("spark_worker.py")
JSON_SERDE = "org.apache.hive.hcatalog:hive-hcatalog-core:2.3.9"
"""Hive's JSON serde is in no jar that pyspark brings along; what it needs is."""
EXCLUDED = ",".join(
    [
        *(f"org.apache.hive:hive-{part}" for part in ("cli", "common", "metastore", "exec")),
        *(f"org.apache.hadoop:hadoop-{part}" for part in ("annotations", "archives", "common", "hdfs")),
        "org.apache.hadoop:hadoop-mapreduce-client-core",
        "org.codehaus.jackson:jackson-mapper-asl",
        "com.google.guava:guava",
        "org.slf4j:slf4j-api",
    ]
)


class SparkError(Exception):
    """What Spark said of a statement."""


class Spark:
    """A Spark session in another process."""

    def __init__(self, settings: Mapping[str, str], log: Path) -> None:
        self._log = log.open("wb")
        self._process = subprocess.Popen(
            [sys.executable, str(WORKER), json.dumps(settings)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self._log,
            text=True,
            cwd=log.parent,
            env={**os.environ, **java.environment()},
        )

    def __call__(self, *statements: str) -> list[list[Any]]:
        """The rows of the last statement; :class:`SparkError` when one fails."""
        assert self._process.stdin is not None and self._process.stdout is not None
        try:
            self._process.stdin.write(json.dumps(statements) + "\n")
            self._process.stdin.flush()
        except BrokenPipeError:
            raise SparkError("Spark has ended") from None
        line = self._process.stdout.readline()
        if not line:
            raise SparkError("Spark has ended")
        answer = json.loads(line)
        if "error" in answer:
            raise SparkError(answer["error"])
        rows: list[list[Any]] = answer["rows"]
        return rows

    def close(self) -> None:
        assert self._process.stdin is not None and self._process.stdout is not None
        self._process.stdin.close()
        self._process.stdout.close()
        self._process.wait(60)
        self._log.close()


def start(directory: Path, metastore: str, more: Mapping[str, str]) -> Spark:
    """A session as the tool's own: the pinned settings, and the metastore over Thrift."""
    settings = {
        **{key: value for key, value in PINNED.items() if key.startswith("spark.")},
        "spark.hadoop.hive.metastore.uris": metastore,
        "spark.sql.warehouse.dir": (directory / "warehouse").as_uri(),
        "spark.ui.enabled": "false",
        "spark.driver.memory": "768m",
        "spark.driver.host": "127.0.0.1",
        "spark.driver.bindAddress": "127.0.0.1",
        "spark.sql.shuffle.partitions": "2",
        **more,
    }
    return Spark(settings, directory / "spark.log")


@pytest.fixture(scope="session")
def spark(metastore_uri: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Spark]:
    """Spark, with Hive's JSON serde where its jar can be had."""
    directory = tmp_path_factory.mktemp("spark")
    session = start(
        directory, metastore_uri, {"spark.jars.packages": JSON_SERDE, "spark.jars.excludes": EXCLUDED}
    )
    try:
        session("SELECT 1")
    except SparkError:
        session.close()
        session = start(directory, metastore_uri, {})
    yield session
    session.close()
