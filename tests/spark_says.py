"""What Spark's analyser says of statements, none of which is run: in a process of its own.

Reads JSON from stdin: ``{"tables": {name: columns}, "statements": […]}``. Answers a list of
``{"schema": [[name, type], …]}`` or ``{"error": …}``.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Mapping, Sequence
from typing import Any


def ask(tables: Mapping[str, str], statements: Sequence[str]) -> list[dict[str, Any]]:
    """One Spark, all statements. ``tables``: ``db.name`` to columns as DDL."""
    from runner import java

    with tempfile.TemporaryDirectory() as directory:
        done = subprocess.run(
            [sys.executable, __file__],
            input=json.dumps({"tables": dict(tables), "statements": list(statements)}),
            capture_output=True,
            text=True,
            cwd=directory,
            env={**os.environ, **java.environment()},
            timeout=500,
        )
    assert done.returncode == 0, done.stderr[-3000:]
    answers: list[dict[str, Any]] = json.loads(done.stdout.splitlines()[-1])
    return answers


def main() -> None:
    from pyspark.sql import SparkSession

    request = json.load(sys.stdin)
    settings = {
        "spark.master": "local[1]",
        "spark.driver.memory": "768m",
        "spark.ui.enabled": "false",
        "spark.driver.host": "127.0.0.1",
        "spark.driver.bindAddress": "127.0.0.1",
        "spark.sql.ansi.enabled": "true",
        "spark.sql.session.timeZone": "UTC",
        "spark.sql.warehouse.dir": str(os.path.realpath("warehouse")),
    }
    builder: Any = SparkSession.builder
    for key, value in settings.items():
        builder = builder.config(key, value)
    session = builder.getOrCreate()
    for name, columns in request["tables"].items():
        session.sql(f"CREATE DATABASE IF NOT EXISTS {name.partition('.')[0]}")
        session.sql(f"CREATE TABLE {name} ({columns}) USING parquet")
    answers = []
    for statement in request["statements"]:
        try:
            if statement.lstrip().upper().startswith("INSERT"):
                # sql() would run it.
                state = session._jsparkSession.sessionState()
                skip = session._jvm.org.apache.spark.sql.execution.CommandExecutionMode.SKIP()
                state.executePlan(state.sqlParser().parsePlan(statement), skip).assertAnalyzed()
                answers.append({"schema": []})
                continue
            schema = session.sql(statement).schema
            answers.append({"schema": [[f.name, f.dataType.simpleString()] for f in schema]})
        except Exception as error:
            answers.append({"error": str(error)[:300]})
    session.stop()
    print(json.dumps(answers))


if __name__ == "__main__":
    main()
