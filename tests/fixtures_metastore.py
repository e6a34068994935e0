"""Hive's metastore server for tests: one for the session, started when a test first asks for it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from runner.java import java_home
from runner.metastores import embedded
from warehouse.errors import OutsideError


@pytest.fixture(scope="session")
def metastore_state(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """The state directory of a server that runs until the session ends."""
    try:
        java_home()
    except OutsideError as error:
        pytest.skip(str(error))
    state = tmp_path_factory.mktemp("metastore") / "state"
    forgetful(state)
    embedded.ensure(state)
    yield state
    embedded.stop(state)


def forgetful(state: Path) -> None:
    """A server of ``state`` will not wait for the disk: a test's tables need not outlive the machine."""
    state.mkdir(mode=0o700, parents=True)
    (state / "derby.properties").write_text("derby.system.durability=test\n")


@pytest.fixture(scope="session")
def metastore_uri(metastore_state: Path) -> str:
    """Its ``thrift://127.0.0.1:PORT``."""
    running = embedded.status(metastore_state)
    assert running is not None
    return running.uri
