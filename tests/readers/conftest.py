"""Readers that know nothing of the tool: a Trino for the session, an S3 and a metastore for each file."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from pathlib import Path

import pytest
from fixtures_s3 import s3_server

from runner import s3a
from runner.metastores import embedded
from tests.readers import downloads
from tests.readers import trino as trinos
from tests.readers.hive import Hive
from tests.readers.trino import Trino
from warehouse.errors import OutsideError


@pytest.fixture(scope="session", autouse=True)
def quiet() -> None:
    """Thousands of requests are not kept with a failing test."""
    logging.getLogger("werkzeug").setLevel(logging.WARNING)


@pytest.fixture(scope="session")
def trino(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Trino]:
    try:
        with trinos.server(tmp_path_factory.mktemp("trino")) as running:
            yield running
    except downloads.UnobtainableError as error:
        pytest.skip(f"no Trino can be had here: {error}")


@pytest.fixture(scope="module")
def s3_jars() -> list[Path]:
    try:
        return s3a.jars(print)
    except OutsideError as error:
        pytest.skip(f"S3A's jars cannot be had here: {error.what}: {error.why}")


@pytest.fixture(scope="module")
def s3() -> Iterator[str]:
    """The URL of a server of S3 and Glue, of which credentials in the environment are good."""
    with s3_server() as url:
        yield url


@pytest.fixture(scope="module")
def hive_uri(s3: str, s3_jars: list[Path], tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A metastore whose tables lie on that S3."""
    state = tmp_path_factory.mktemp("metastore") / "state"
    yield embedded.ensure(state, settings=s3a.hadoop_settings("us-east-1", s3), jars=s3_jars)
    embedded.stop(state)


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
