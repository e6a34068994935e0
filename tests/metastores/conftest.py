"""Every metastore there is, under one fixture."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from pathlib import Path

import pytest
from fixtures_metastore import metastore_state, metastore_uri

from runner.metastores import Database, Metastore
from runner.metastores.memory import MemoryMetastore

__all__ = ["metastore_state", "metastore_uri"]

_numbers = itertools.count(1)


@pytest.fixture(params=["memory", "memory-loop", pytest.param("hive", marks=pytest.mark.metastore)])
def metastore(request: pytest.FixtureRequest) -> Iterator[Metastore]:
    """Each kind in turn; its contents are whatever earlier tests left."""
    made: Metastore
    if request.param == "hive":
        from runner.metastores.hive import HiveMetastore

        made = HiveMetastore(request.getfixturevalue("metastore_uri"), user="")
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
