"""The executed contract: steps as EMR received them, run by a real spark-submit, with Glue as metastore.

What is published is read by Trino through Glue, and is row for row what the local engine's Spark reads.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import boto3
import pytest
from fixtures_aws import Cloud
from fixtures_s3 import BUCKET

from runner.engines.spark_submit import find_program
from tests.aws.amazon import (
    ACCOUNT,
    DEFAULTS,
    Amazon,
    amazon,
    clusters,
    copy_music,
    job_runs,
    project,
    wait_for,
    warehouse,
)
from tests.readers import trino as trinos
from tests.readers import values
from tests.readers.lakes import Lake
from tests.readers.trino import Trino
from tests.readers.values import Value
from warehouse.contract import Contract
from warehouse.types import HiveType, parse_type

pytestmark = [pytest.mark.spark, pytest.mark.metastore, pytest.mark.s3, pytest.mark.trino]
START, END = "2018-11-01", "2018-11-02"
EMR = f"""[tool.warehouse.targets.aws.emr]
cluster = "analytics"
log_uri = "s3://{BUCKET}/logs/"
"""
SERVERLESS = f"""[tool.warehouse.targets.aws.emr_serverless]
role = "${{JOB_ROLE_ARN}}"
log_uri = "s3://{BUCKET}/logs/"
"""
Tables = dict[str, list[tuple[Value, ...]]]
"""Rows by table, in an order of their own."""


class Reader:
    """A Trino whose catalog is Glue. ``columns`` are those of each table, with their types."""

    def __init__(self, trino: Trino, url: str, columns: dict[str, dict[str, HiveType]]) -> None:
        self.columns = columns
        self._trino = trino
        settings = {**trinos.glue_settings(url), **trinos.s3_settings(url)}
        trino.catalog("contract", {**settings, "hive.timestamp-precision": "MICROSECONDS"})

    def read(self) -> Tables:
        found = {}
        for table, columns in self.columns.items():
            rows = self._trino.rows(f"SELECT {', '.join(columns)} FROM contract.{table}")
            kinds = columns.values()
            found[table] = in_order(
                tuple(values.of_trino(kind, v) for kind, v in zip(kinds, row, strict=True)) for row in rows
            )
        return found


def in_order(rows: Iterator[tuple[Value, ...]]) -> list[tuple[Value, ...]]:
    return sorted(rows, key=repr)


def columns_of(contract: Contract) -> dict[str, HiveType]:
    return {column.name: parse_type(column.type) for column in contract.all_columns}


@pytest.fixture(scope="module")
def here(cloud: Cloud, trino: Trino, tmp_path_factory: pytest.TempPathFactory) -> tuple[Tables, Reader]:
    """The rows as an engine on this machine publishes and reads them, and who reads those of others."""
    directory = tmp_path_factory.mktemp("here") / "music"
    copy_music(directory)
    found = {}
    with cloud.used(), Lake(directory, cloud.url, cloud.hive()) as lake:
        lake.generate("music", START, END, None)
        lake.apply("music")
        lake.backfill(START, END, "music")
        columns = {contract.table: columns_of(contract) for contract in lake.show_in_glue()}
        for table, kinds in columns.items():
            rows = lake.query(f"SELECT {', '.join(kinds)} FROM {table}")
            found[table] = in_order(
                tuple(values.of_spark(kind, v) for kind, v in zip(kinds.values(), row, strict=True))
                for row in rows
            )
    assert len(found["music.songplays"]) > 10 and len([t for t in found if found[t]]) >= 7
    return found, Reader(trino, cloud.url, columns)


def test_music_on_emr_is_music_here(here: tuple[Tables, Reader], cloud: Cloud, tmp_path: Path) -> None:
    rows, reader = here
    copy_music(tmp_path / "music")
    with amazon(cloud, tmp_path, staging="warehouse_staging") as aws:
        project(tmp_path / "music", aws, "emr", EMR)
        assert "made analytics" in warehouse(tmp_path / "music", "emr", "create")
        publish(tmp_path / "music", aws)
        assert reader.read() == rows
        (cluster,) = clusters().values()
        (step,) = cluster.steps
        wait_for(lambda: step.state == "COMPLETED")  # one served all tables, and was told to end
        wait_for(lambda: cluster.state == "WAITING")
        assert "WAITING" in warehouse(tmp_path / "music", "emr", "list")
        warehouse(tmp_path / "music", "emr", "terminate")
        assert cluster.state == "TERMINATED"


def test_music_on_emr_serverless_is_music_here(
    here: tuple[Tables, Reader], cloud: Cloud, tmp_path: Path
) -> None:
    rows, reader = here
    copy_music(tmp_path / "music")
    with amazon(cloud, tmp_path, staging="warehouse_staging") as aws:
        project(tmp_path / "music", aws, "emr-serverless", SERVERLESS)
        assert "made warehouse-aws" in warehouse(tmp_path / "music", "emr", "create")
        publish(tmp_path / "music", aws)
        assert reader.read() == rows
        (run,) = job_runs()
        wait_for(lambda: run.state == "SUCCESS")
        assert run.execution_role_arn == os.environ["JOB_ROLE_ARN"]
        records = [text for key, text in objects(aws) if "/_warehouse/" in key]
        assert len(records) > 50
        assert not [text for text in records if ACCOUNT in text], "no record tells of the account"


def test_music_by_spark_submit_is_music_here(
    here: tuple[Tables, Reader], cloud: Cloud, tmp_path: Path
) -> None:
    """A Spark of somebody's own, on S3 and Glue."""
    rows, reader = here
    copy_music(tmp_path / "music")
    with amazon(cloud, tmp_path, staging="warehouse_staging") as aws:
        program = tmp_path / "spark-submit"
        pyspark, environment, _ = find_program("")
        chosen = {**aws.environment, **{k: environment[k] for k in ("PYSPARK_PYTHON", "JAVA_HOME")}}
        program.write_text(
            f"#!/bin/sh\nexport {' '.join(f'{k}={v}' for k, v in chosen.items())}\n"
            f'exec {pyspark[0]} --properties-file {tmp_path / DEFAULTS} "$@"\n'
        )
        program.chmod(0o755)
        project(tmp_path / "music", aws, "spark-submit", f'spark_submit = "{program}"')
        publish(tmp_path / "music", aws)
        assert reader.read() == rows


def objects(aws: Amazon) -> Iterator[tuple[str, str]]:
    client = boto3.client("s3", endpoint_url=aws.url)
    for page in client.get_paginator("list_objects_v2").paginate(Bucket=BUCKET, Prefix="lakes/"):
        for found in page["Contents"]:
            body = client.get_object(Bucket=BUCKET, Key=found["Key"])["Body"].read()
            yield found["Key"], body.decode("utf-8", "replace")


def publish(directory: Path, aws: Amazon) -> None:
    """Land, apply and backfill."""
    warehouse(directory, "land", "music", "--generate", "--start", START, "--end", END)
    warehouse(directory, "ddl", "apply")
    try:
        warehouse(directory, "backfill", "--start", START, "--end", END)
    except AssertionError:
        print(aws.said())
        raise
    assert "nothing to do" in warehouse(directory, "backfill", "--start", START, "--end", END)
    assert "drift" not in warehouse(directory, "status")
