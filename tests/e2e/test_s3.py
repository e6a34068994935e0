"""The music warehouse on S3: Spark's S3A, Hive's metastore and our own calls against one S3 server."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import boto3
import pytest
from fixtures_s3 import BUCKET, s3_server

from runner import s3a
from runner.api import Warehouse
from runner.engines.local import LocalEngine
from warehouse.errors import OutsideError

ROOT = Path(__file__).resolve().parents[2]
pytestmark = [pytest.mark.spark, pytest.mark.metastore, pytest.mark.s3]
DAYS = ("--start", "2018-11-01", "--end", "2018-11-02")
PLAYS = "SELECT * FROM music.songplays ORDER BY songplay_id"

TARGETS = """[tool.warehouse]
default_target = "s3"
[tool.warehouse.landing]
music = "landing.music"
[tool.warehouse.targets.s3]
lake = "s3://{bucket}/deep/lake"
endpoint = "{url}"
region = "us-east-1"
[tool.warehouse.targets.s3.spark]
"spark.sql.shuffle.partitions" = "2"
[tool.warehouse.targets.local]
lake = "lake"
[tool.warehouse.targets.local.spark]
"spark.sql.shuffle.partitions" = "2"
"""


@pytest.fixture(scope="module", autouse=True)
def s3_jars() -> None:
    try:
        s3a.jars(print)
    except OutsideError as error:
        pytest.skip(f"S3A's jars cannot be had here: {error.what}: {error.why}")


def test_uploads_are_noted_on_this_disk_where_all_tasks_run_on_it(tmp_path: Path) -> None:
    def committer(master: str) -> str:
        settings = "[tool.warehouse.targets.s3.spark]\n"
        chosen = f'metastore = "thrift://127.0.0.1:9"\n{settings}{master}\n'
        text = TARGETS.format(bucket=BUCKET, url="http://127.0.0.1:9").replace(settings, chosen)
        (tmp_path / "pyproject.toml").write_text(text)
        with Warehouse.open(tmp_path, target="s3") as opened:
            engine = opened.lake.engine
            assert isinstance(engine, LocalEngine)
            return engine._settings["spark.hadoop.fs.s3a.committer.name"]

    assert committer("") == committer('"spark.master" = "local[3]"') == "directory"
    assert committer('"spark.master" = "spark://elsewhere:7077"') == "magic"


def warehouse(project: Path, target: str, *words: str) -> str:
    """A command line in a process of its own: a process has one Spark, whose jars are chosen at its start."""
    main = "from runner.cli import main; main()"
    command = [sys.executable, "-W", "ignore", "-c", main, "--target", target, *words]
    done = subprocess.run(
        command, cwd=project, capture_output=True, text=True, env={**os.environ, "PYTHONPATH": str(ROOT)}
    )
    assert done.returncode == 0, f"{words}\n{done.stdout}{done.stderr}"
    return done.stdout + done.stderr


def test_a_warehouse_on_s3_is_that_on_a_disk(tmp_path: Path) -> None:
    for name in ("ddl/music", "sql/music", "sql/macros", "landing"):
        shutil.copytree(ROOT / name, tmp_path / name)
    with s3_server() as url:
        (tmp_path / "pyproject.toml").write_text(TARGETS.format(bucket=BUCKET, url=url))
        plays = {}
        for target in ("local", "s3"):
            try:
                warehouse(tmp_path, target, "land", "music", "--generate", *DAYS)
                warehouse(tmp_path, target, "ddl", "apply")
                warehouse(tmp_path, target, "backfill", *DAYS)
                plays[target] = warehouse(tmp_path, target, "query", "--format", "csv", PLAYS)
                assert "nothing to do" in warehouse(tmp_path, target, "backfill", *DAYS)
                assert "drift" not in warehouse(tmp_path, target, "status")
            finally:
                warehouse(tmp_path, target, "metastore", "stop")
        assert plays["s3"] == plays["local"]
        assert len(plays["s3"].splitlines()) > 10
        pages = boto3.client("s3", endpoint_url=url).get_paginator("list_objects_v2").paginate(Bucket=BUCKET)
        keys = [found["Key"] for page in pages for found in page["Contents"]]
    assert [key for key in keys if not key.startswith("deep/lake/")] == []
    left = [k for k in keys if "_temporary" in k or "__magic" in k or "_SUCCESS" in k or "$folder$" in k]
    assert left == [], "nothing is left of the work"
