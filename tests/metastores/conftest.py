"""Every metastore there is, under one fixture."""

from __future__ import annotations

import itertools
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from runner.metastores import Database, Metastore
from runner.metastores.memory import MemoryMetastore

KINDS = ("memory", "memory-loop", "glue", "glue-busy", pytest.param("hive", marks=pytest.mark.metastore))

_numbers = itertools.count(1)


@pytest.fixture
def no_aws(monkeypatch: pytest.MonkeyPatch) -> None:
    """As on a machine that knows no region and no credentials."""
    for name in [name for name in os.environ if name.startswith("AWS_")]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("AWS_CONFIG_FILE", "/nonexistent")
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", "/nonexistent")
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")


@pytest.fixture
def aws(no_aws: None) -> Iterator[Any]:
    """A boto3 session on moto's services."""
    import boto3
    from fixtures_s3 import share_descriptions
    from moto import mock_aws

    share_descriptions()
    with mock_aws():
        yield boto3.Session(region_name="eu-west-1")


@pytest.fixture(params=KINDS)
def metastore(request: pytest.FixtureRequest) -> Iterator[Metastore]:
    """Each kind in turn; its contents are whatever earlier tests left."""
    made: Metastore
    if request.param == "hive":
        from runner.metastores.hive import HiveMetastore

        made = HiveMetastore(request.getfixturevalue("metastore_uri"), user="")
    elif request.param.startswith("glue"):
        from metastores.glue_faults import GlueFaults
        from runner.metastores.glue import GlueMetastore

        request.getfixturevalue("hurried")
        session = request.getfixturevalue("aws")
        GlueFaults(session, rate=0.15 if request.param == "glue-busy" else 0.0)
        made = GlueMetastore(session=session, pause=lambda seconds: None)
    else:
        made = MemoryMetastore(transactional=request.param == "memory")
    yield made
    made.close()


@pytest.fixture
def db(metastore: Metastore, tmp_path: Path) -> str:
    """A database of the test's own, below its temporary directory."""
    name = f"db{next(_numbers)}"
    metastore.create_database(Database(name, (tmp_path / name).as_uri()))
    return name
