"""AWS for tests, one for the session: the server, a Hive metastore whose tables lie on its S3, a Trino."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from fixtures_metastore import forgetful
from fixtures_s3 import OneAtATime, credentials, empty, make_bucket, serving

from warehouse.errors import OutsideError

if TYPE_CHECKING:
    from tests.readers.trino import Trino

REGION = "us-east-1"


class Cloud:
    """Whoever uses it finds it empty (:meth:`used`); the processes behind it stay."""

    def __init__(self, url: str, app: OneAtATime, state: Path) -> None:
        self.url = url
        self.app = app
        self._state = state
        self._jars: list[Path] = []
        self._uri = ""

    @contextmanager
    def used(self) -> Iterator[None]:
        """Empty but for a bucket, and the environment has credentials."""
        with credentials():
            empty()
            make_bucket(self.url)
            yield
        self.app.before = lambda method, path: None

    @property
    def jars(self) -> list[Path]:
        """S3A's; the test is skipped where they cannot be had."""
        from runner import s3a

        if not self._jars:
            try:
                self._jars = s3a.jars(print)
            except OutsideError as error:
                pytest.skip(f"S3A's jars cannot be had here: {error.what}: {error.why}")
        return self._jars

    def hive(self) -> str:
        """The metastore's URI. It shows nothing that another test has left."""
        from runner import s3a
        from runner.metastores import embedded
        from runner.metastores.hive import HiveMetastore
        from warehouse.names import TableName

        jars = self.jars
        if not self._uri:
            forgetful(self._state)
            hadoop = s3a.hadoop_settings(REGION, self.url)
            # A machine that is busy with other tests takes its time.
            self._uri = embedded.ensure(self._state, settings=hadoop, jars=jars, timeout=600)
        metastore = HiveMetastore(self._uri)
        for db in metastore.databases():
            for table in metastore.tables(db):
                metastore.drop_table(TableName(db, table))
        metastore.close()
        return self._uri

    def stop(self) -> None:
        from runner.metastores import embedded

        if self._state.exists():
            embedded.stop(self._state)


@pytest.fixture(scope="session")
def cloud(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cloud]:
    with serving(lambda method, path: None) as (url, app):
        made = Cloud(url, app, tmp_path_factory.mktemp("cloud") / "metastore")
        yield made
        made.stop()


@pytest.fixture(scope="session")
def trino(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Trino]:
    """A server, the same for all workers of a run. Catalogs have names of their own in each file of tests."""
    from tests.readers import downloads
    from tests.readers import trino as trinos

    try:
        base = tmp_path_factory.getbasetemp()
        shared = base.parent if "PYTEST_XDIST_WORKER" in os.environ else base
        with trinos.server(shared / "trino") as running:
            yield running
    except downloads.UnobtainableError as error:
        pytest.skip(f"no Trino can be had here: {error}")


@pytest.fixture
def hurried(monkeypatch: pytest.MonkeyPatch) -> None:
    """Pauses before another attempt take no time."""
    import botocore.endpoint

    from runner.metastores.glue import GlueMetastore

    class Clockless:
        @staticmethod
        def sleep(seconds: float) -> None:
            pass

    monkeypatch.setattr(botocore.endpoint, "time", Clockless)
    monkeypatch.setattr("botocore.retries.bucket.TokenBucket.acquire", lambda self, *_, **__: True)
    monkeypatch.setitem(GlueMetastore.__init__.__kwdefaults__, "pause", lambda seconds: None)
