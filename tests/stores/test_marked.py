"""The directory that the runner makes for a run on S3, and where it leaves that to the job."""

from __future__ import annotations

from pathlib import Path

import boto3
from fixtures_s3 import BUCKET, s3_server

from runner import lake as lakes
from runner.lake import Lake
from warehouse.config import load_config

SETTINGS = """[tool.warehouse.targets.local]
lake = "s3://{bucket}/deep/lake"
endpoint = "{url}"
region = "us-east-1"
"""


def lake(root: Path, url: str, bucket: str = BUCKET) -> Lake:
    (root / "pyproject.toml").write_text(SETTINGS.format(bucket=bucket, url=url))
    return Lake(root, load_config(root), "local")


def test_a_run_s_directory_is_one_object_without_bytes(tmp_path: Path) -> None:
    with s3_server() as url:
        made = lake(tmp_path, url)
        assert lakes._mark(made, f"s3://{BUCKET}/deep/lake/db/t/run/k=a%3Ab c")
        (found,) = boto3.client("s3", endpoint_url=url).list_objects_v2(Bucket=BUCKET)["Contents"]
        assert (found["Key"], found["Size"]) == ("deep/lake/db/t/run/k=a%3Ab c/", 0)
        assert list(made.store.list("db/")) == []


def test_what_lies_elsewhere_or_cannot_be_written_is_the_job_s(tmp_path: Path, hurried: None) -> None:
    with s3_server() as url:
        assert not lakes._mark(lake(tmp_path, url), "s3://other/t/run")
        assert not lakes._mark(lake(tmp_path, url, "no-such-bucket"), "s3://no-such-bucket/deep/lake/t/run")
    assert not lakes._mark(lake(tmp_path, "http://127.0.0.1:9"), f"s3://{BUCKET}/deep/lake/t/run")
