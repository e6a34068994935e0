"""How a command ends on a transient cluster whose steps are real: with it, whatever happens."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import boto3
import pytest
from fixtures_aws import Cloud
from fixtures_s3 import BUCKET

from tests.aws.amazon import ROOT, amazon, clusters, project, wait_for, warehouse

pytestmark = [pytest.mark.spark, pytest.mark.metastore, pytest.mark.s3]
EMR = f"""[tool.warehouse.targets.aws.emr]
cluster = "transient"
log_uri = "s3://{BUCKET}/logs/"
"""
DDL = "CREATE EXTERNAL TABLE d.{name} (k STRING, v INT) PARTITIONED BY (dt STRING) STORED AS PARQUET;\n"
RAW = "CREATE EXTERNAL TABLE d.raw (line STRING) PARTITIONED BY (dt STRING) STORED AS TEXTFILE;\n"
SELECT = {
    "good": "line AS k, 1 AS v",
    "wrong": "\n  line AS k,\n  no_such_column AS v",
    "slow": "string(reflect('java.lang.Thread', 'sleep', 120000L)) AS k, 1 AS v",
}


def write(directory: Path) -> None:
    tables = {"raw": RAW} | {name: DDL.format(name=name) for name in SELECT}
    for name, text in tables.items():
        file = directory / "ddl" / "d" / name / "V001__create.sql"
        file.parent.mkdir(parents=True)
        file.write_text(text)
    (directory / "sql" / "d").mkdir(parents=True)
    for name, columns in SELECT.items():
        (directory / "sql" / "d" / f"{name}.sql").write_text(
            f"INSERT OVERWRITE TABLE d.{name} PARTITION (dt = '{{{{ ds }}}}')\n"
            f"SELECT {columns}\nFROM d.raw\nWHERE dt = '{{{{ ds }}}}'\n"
        )


def begun(directory: Path) -> subprocess.Popen[str]:
    """A run whose driver is in the middle of its statement."""
    main = "from runner.cli import main; main()"
    words = ["--target", "aws", "run", "--select", "d.slow", "--date", "2024-01-01"]
    return subprocess.Popen(
        [sys.executable, "-W", "ignore", "-c", main, *words], cwd=directory, text=True,
        env={**os.environ, "PYTHONPATH": str(ROOT)}, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
    )  # fmt: skip


def test_a_transient_cluster_ends_with_its_command(cloud: Cloud, tmp_path: Path) -> None:
    directory = tmp_path / "project"
    directory.mkdir()
    write(directory)
    with amazon(cloud, tmp_path, staging="warehouse_staging") as aws:
        project(directory, aws, "emr", EMR)
        client = boto3.client("s3", endpoint_url=aws.url)
        client.put_object(Bucket=BUCKET, Key="lakes/project/d/raw/dt=2024-01-01/lines", Body=b"a\nb\n")
        warehouse(directory, "ddl", "apply")
        assert clusters() == {}, "nothing is made where nothing runs"

        words = ("run", "--select", "d.good", "--select", "d.wrong", "--date", "2024-01-01")
        said = warehouse(directory, *words, code=1)
        assert "sql/d/wrong.sql:4" in said and "no_such_column" in said
        assert "d.good dt=2024-01-01: 2 rows" in said
        assert [c.state for c in clusters().values()] == ["TERMINATED"]

        running = begun(directory)
        wait_for(lambda: any("Starting task" in log for log in logs(aws.running)))
        running.send_signal(signal.SIGINT)
        said = running.communicate()[0]
        assert running.returncode == 130, said
        assert [s.state for c in clusters().values() for s in c.steps][1:] == ["CANCELLED"]

        running = begun(directory)
        (last,) = wait_for(lambda: list(aws.running.values())[2:])
        wait_for(lambda: "Starting task" in last.log.read_text(errors="replace"))
        with last.log.open("a") as log:
            log.write("java.lang.OutOfMemoryError: Java heap space\n")
        aws.kill(list(aws.running)[2])
        said = running.communicate()[0]
        assert running.returncode == 4, said
        assert "OutOfMemoryError" in said and "waiting for the log" not in said.splitlines()[-1]
        assert {c.state for c in clusters().values()} == {"TERMINATED"}
        assert "d.slow" in warehouse(directory, "status", "--select", "d.slow")


def logs(running: dict[str, object]) -> list[str]:
    return [one.log.read_text(errors="replace") for one in list(running.values())[1:]]  # type: ignore[attr-defined]
