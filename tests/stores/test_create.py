"""``lake create``: the directory, or the bucket as it should be."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import boto3
import pytest
from fixtures_s3 import s3_server

from runner.cli import run


@pytest.fixture
def server() -> Iterator[str]:
    with s3_server() as url:
        yield url


def project(root: Path, lake: str, **more: str) -> list[str]:
    settings = "".join(f'{key} = "{value}"\n' for key, value in {"lake": lake, **more}.items())
    (root / "pyproject.toml").write_text(f"[tool.warehouse.targets.local]\n{settings}")
    return ["--project", str(root), "lake", "create"]


def test_a_directory_is_made_once(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    words = project(tmp_path, "deep/lake")
    assert run(words) == 0
    assert (tmp_path / "deep/lake").is_dir()
    assert run(words) == 0
    assert "is there" in "".join(capsys.readouterr())


def test_a_bucket_is_private_encrypted_and_versioned(tmp_path: Path, server: str) -> None:
    s3: Any = boto3.client("s3", endpoint_url=server)
    words = project(tmp_path, "s3://my-lake/warehouse", endpoint=server, region="eu-west-1")
    assert run(words) == 0
    assert s3.get_bucket_location(Bucket="my-lake")["LocationConstraint"] == "eu-west-1"
    block = s3.get_public_access_block(Bucket="my-lake")["PublicAccessBlockConfiguration"]
    assert len(block) == 4
    assert all(block.values())
    (rule,) = s3.get_bucket_encryption(Bucket="my-lake")["ServerSideEncryptionConfiguration"]["Rules"]
    assert rule["ApplyServerSideEncryptionByDefault"]["SSEAlgorithm"] == "AES256"
    assert s3.get_bucket_versioning(Bucket="my-lake")["Status"] == "Enabled"
    rules = s3.get_bucket_lifecycle_configuration(Bucket="my-lake")["Rules"]
    assert {tuple(sorted(set(r) - {"ID", "Filter", "Status"})) for r in rules} == {
        ("AbortIncompleteMultipartUpload",),
        ("NoncurrentVersionExpiration",),
    }
    assert not any("Expiration" in r for r in rules), "what is current never expires"


def test_what_somebody_else_set_up_stays(tmp_path: Path, server: str) -> None:
    s3: Any = boto3.client("s3", endpoint_url=server)
    theirs = {"ID": "theirs", "Filter": {"Prefix": "x/"}, "Status": "Enabled", "Expiration": {"Days": 3}}
    s3.create_bucket(Bucket="shared")
    s3.put_bucket_lifecycle_configuration(Bucket="shared", LifecycleConfiguration={"Rules": [theirs]})
    kms = {"ApplyServerSideEncryptionByDefault": {"SSEAlgorithm": "aws:kms", "KMSMasterKeyID": "k"}}
    s3.put_bucket_encryption(Bucket="shared", ServerSideEncryptionConfiguration={"Rules": [kms]})
    words = project(tmp_path, "s3://shared/a", endpoint=server, region="us-east-1")
    for _ in range(2):
        assert run(words) == 0
        rules = s3.get_bucket_lifecycle_configuration(Bucket="shared")["Rules"]
        assert [r["ID"] for r in rules] == ["theirs", "warehouse-uploads-a", "warehouse-versions-a"]
    (rule,) = s3.get_bucket_encryption(Bucket="shared")["ServerSideEncryptionConfiguration"]["Rules"]
    assert rule["ApplyServerSideEncryptionByDefault"]["SSEAlgorithm"] == "aws:kms"


def test_a_name_that_cannot_be_is_told(
    tmp_path: Path, server: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(project(tmp_path, "s3://no bucket/a", endpoint=server, region="us-east-1")) == 4
    said = "".join(capsys.readouterr())
    assert "no bucket" in said
    assert "Traceback" not in said
