"""The executed contract: steps as EMR received them, run by a real spark-submit, with Glue as metastore."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import boto3
import pytest
from fixtures_s3 import BUCKET

from runner.engines.spark_submit import find_program
from tests.aws.amazon import (
    ACCOUNT,
    Amazon,
    amazon,
    clusters,
    copy_music,
    job_runs,
    local_project,
    project,
    wait_for,
    warehouse,
)

pytestmark = [pytest.mark.spark, pytest.mark.metastore, pytest.mark.s3]
DAYS = ("--start", "2018-11-01", "--end", "2018-11-02")
EMR = f"""[tool.warehouse.targets.aws.emr]
cluster = "analytics"
log_uri = "s3://{BUCKET}/logs/"
"""
SERVERLESS = f"""[tool.warehouse.targets.aws.emr_serverless]
role = "${{JOB_ROLE_ARN}}"
log_uri = "s3://{BUCKET}/logs/"
"""
TABLES = ("songs", "artists", "users", "times", "events", "rejected_events", "songplays")
ROWS = " UNION ALL ".join(f"SELECT '{t}' AS t, to_json(struct(*)) AS row FROM music.{t}" for t in TABLES)


@pytest.fixture(scope="module")
def here(tmp_path_factory: pytest.TempPathFactory) -> str:
    """The rows as an engine on this machine publishes them."""
    directory = tmp_path_factory.mktemp("here") / "music"
    copy_music(directory)
    local_project(directory)
    try:
        rows = published(directory, "local", "local")
    finally:
        warehouse(directory, "local", "metastore", "stop")
    assert {line.partition(",")[0] for line in rows.splitlines()[1:]} >= {"songs", "users", "songplays"}
    return rows


def test_music_on_emr_is_music_here(here: str, tmp_path: Path) -> None:
    copy_music(tmp_path / "music")
    with amazon(tmp_path, staging="warehouse_staging") as aws:
        project(tmp_path / "music", aws, "emr", EMR)
        assert "made analytics" in warehouse(tmp_path / "music", "aws", "emr", "create")
        assert published(tmp_path / "music", "aws", "reader", aws) == here
        (cluster,) = clusters().values()
        (step,) = cluster.steps
        wait_for(lambda: step.state == "COMPLETED")  # one served all tables, and was told to end
        assert "WAITING" in warehouse(tmp_path / "music", "aws", "emr", "list")
        warehouse(tmp_path / "music", "aws", "emr", "terminate")
        assert cluster.state == "TERMINATED"


def test_music_on_emr_serverless_is_music_here(here: str, tmp_path: Path) -> None:
    copy_music(tmp_path / "music")
    with amazon(tmp_path, staging="warehouse_staging") as aws:
        project(tmp_path / "music", aws, "emr-serverless", SERVERLESS)
        assert "made warehouse-aws" in warehouse(tmp_path / "music", "aws", "emr", "create")
        assert published(tmp_path / "music", "aws", "reader", aws) == here
        (run,) = job_runs()
        wait_for(lambda: run.state == "SUCCESS")
        assert run.execution_role_arn == os.environ["JOB_ROLE_ARN"]
        records = [text for key, text in objects(aws) if "/_warehouse/" in key]
        assert len(records) > 50
        assert not [text for text in records if ACCOUNT in text], "no record tells of the account"


def test_music_by_spark_submit_is_music_here(here: str, tmp_path: Path) -> None:
    """A Spark of somebody's own, on S3 and a metastore of Hive's."""
    copy_music(tmp_path / "music")
    with amazon(tmp_path, staging="warehouse_staging") as aws:
        assert aws.mirror is not None
        program = tmp_path / "spark-submit"
        pyspark, environment, _ = find_program("")
        conf, python, java = tmp_path / "conf", environment["PYSPARK_PYTHON"], environment["JAVA_HOME"]
        program.write_text(
            f"#!/bin/sh\nexport SPARK_CONF_DIR={conf} PYSPARK_PYTHON={python} JAVA_HOME={java}\n"
            f'exec {pyspark[0]} "$@"\n'
        )
        program.chmod(0o755)
        project(tmp_path / "music", aws, "spark-submit", f'spark_submit = "{program}"')
        assert published(tmp_path / "music", "aws", "reader", aws) == here


def objects(aws: Amazon) -> Iterator[tuple[str, str]]:
    client = boto3.client("s3", endpoint_url=aws.url)
    for page in client.get_paginator("list_objects_v2").paginate(Bucket=BUCKET, Prefix="lakes/"):
        for found in page["Contents"]:
            body = client.get_object(Bucket=BUCKET, Key=found["Key"])["Body"].read()
            yield found["Key"], body.decode("utf-8", "replace")


def published(directory: Path, target: str, reader: str, aws: Amazon | None = None) -> str:
    """Land, apply, backfill and read."""
    warehouse(directory, target, "land", "music", "--generate", *DAYS)
    warehouse(directory, target, "ddl", "apply")
    try:
        warehouse(directory, target, "backfill", *DAYS)
    except AssertionError:
        print(aws.said() if aws else "")
        raise
    assert "nothing to do" in warehouse(directory, target, "backfill", *DAYS)
    assert "drift" not in warehouse(directory, target, "status")
    if aws is not None and aws.mirror is not None:
        aws.mirror.follow()
    return warehouse(directory, reader, "query", "--format", "csv", f"{ROWS} ORDER BY ALL")
