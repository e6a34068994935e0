"""Readers that know nothing of the tool, and what each file of tests finds on AWS and in the metastore."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from fixtures_aws import Cloud

from tests.readers import downloads
from tests.readers import trino as trinos
from tests.readers.hive import Hive
from tests.readers.trino import Trino


@pytest.fixture(scope="module")
def s3(cloud: Cloud) -> Iterator[str]:
    """The URL of a server of S3 and Glue, of which credentials in the environment are good."""
    with cloud.used():
        yield cloud.url


@pytest.fixture(scope="module")
def hive_uri(s3: str, cloud: Cloud) -> str:
    """A metastore whose tables lie on that S3."""
    return cloud.hive()


@pytest.fixture(scope="module")
def catalogs(trino: Trino, s3: str, hive_uri: str, request: pytest.FixtureRequest) -> dict[str, str]:
    """Trino's names of the metastore's tables (``hive``) and of Glue's (``glue``)."""
    unique = request.path.stem
    files = {**trinos.s3_settings(s3), "hive.timestamp-precision": "MICROSECONDS"}
    trino.catalog(f"{unique}_hive", {**trinos.hive_settings(hive_uri), **files})
    trino.catalog(f"{unique}_glue", {**trinos.glue_settings(s3), **files})
    return {"hive": f"{unique}_hive", "glue": f"{unique}_glue"}


@pytest.fixture(scope="module")
def hive(s3: str, hive_uri: str, tmp_path_factory: pytest.TempPathFactory) -> Hive:
    try:
        return Hive(tmp_path_factory.mktemp("hive"), hive_uri, s3)
    except downloads.UnobtainableError as error:
        pytest.skip(f"Hive's command line cannot be had here: {error}")
