"""What tests of several areas share: one metastore server, one Spark session, and tiny projects on them."""

from __future__ import annotations

import itertools
import os
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from domain_session import Session
from fixtures_aws import cloud, hurried, trino
from fixtures_metastore import metastore_state, metastore_uri
from hypothesis import HealthCheck, settings
from text_engine import TextEngine
from tiny import Tiny

from runner import archive
from runner import lake as lakes
from runner.engines.local import LocalEngine

__all__ = ["cloud", "hurried", "metastore_state", "metastore_uri", "trino"]

_numbers = itertools.count(1)
_SOCKETS = "ignore:Exception ignored in. <socket:pytest.PytestUnraisableExceptionWarning"


_INTERPRETED = ("-Dspark.sql.codegen.wholeStage=false", "-Dspark.sql.codegen.factoryMode=NO_CODEGEN")
# Spark describes each plan for its pages, in whose long form a tenth of planning goes.
_SHORT = "-Dspark.sql.ui.explainMode=simple"
# A Spark that lives for minutes is compiled quickly rather than well; its start-up is most of many tests. And
# compiling statements for a handful of rows is a fifth of all; those of the chamber's real year are compiled.
os.environ.setdefault(
    "SPARK_SUBMIT_OPTS",
    " ".join(
        [
            "-XX:TieredStopAtLevel=1 -XX:ReservedCodeCacheSize=240m -XX:+UseSerialGC",
            *_INTERPRETED,
            _SHORT,
            *archive.options(),
        ]
    ),
)

# A busy machine is no error: generated examples may take their time.
settings.register_profile("patient", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("patient")

_LONGEST = (
    "e2e/test_readers", "planning/test_batches", "retail/", "chamber/", "music/", "weblogs/",
    "report/test_domains", "unit/", "docs/", "e2e/",
)  # fmt: skip
"""Files of tests that begin first, so that none of them is left over alone at the end."""
_OF_AWS = (
    "aws/test_emr.py", "readers/test_types", "aws/test_iam_month", "readers/test_no_torn", "readers/",
    "aws/test_spark_faults", "aws/test_iam_roles", "e2e/test_s3", "aws/test_spark_", "aws/test_faults",
    "aws/test_emr_ends",
)  # fmt: skip
"""Files of tests that ``make test`` leaves to ``make test-aws``: after all others, in this order."""


_UNTIL = float(os.environ.get("TESTS_BEGIN_UNTIL", "inf"))
"""Seconds since 1970: none of them begins later. For who has to be done at a certain time."""


def _place(item: pytest.Item, files: tuple[str, ...]) -> int | None:
    path = item.nodeid.removeprefix("tests/")
    return next((n for n, start in enumerate(files) if path.startswith(start)), None)


def _rank(item: pytest.Item) -> tuple[int, int]:
    of_aws, longest = _place(item, _OF_AWS), _place(item, _LONGEST)
    if of_aws is not None:
        return 1, of_aws
    return 0, len(_LONGEST) if longest is None else longest


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    items.sort(key=_rank)
    # pyspark leaves the sockets that it fetches rows through to the garbage collector.
    for item in items:
        if _place(item, _OF_AWS) is not None:
            item.add_marker("aws")
        if item.get_closest_marker("spark"):
            item.add_marker(pytest.mark.filterwarnings(_SOCKETS, "ignore:unclosed <socket:ResourceWarning"))


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_setup(item: pytest.Item) -> None:
    if time.time() > _UNTIL and item.get_closest_marker("aws"):
        pytest.skip(f"NOT RUN, no time is left for {item.nodeid}: make test-aws takes what it needs")


@pytest.fixture(scope="session")
def one_spark() -> Iterator[None]:
    """One Spark for the whole session: engines that close leave it running, the next one takes it over.

    A process has one Spark at a time, so that an engine with another metastore, or one that compiles, ends
    the one before.
    """
    kept: dict[str, Any] = {}
    start, close = LocalEngine._start, LocalEngine.close

    def take_over(engine: LocalEngine) -> Any:
        kind = engine._uri, [v for k, v in sorted(engine._settings.items()) if "codegen" in k]
        if kept and kept["kind"] != kind:
            kept.pop("session").stop()
            kept.clear()
        if not kept:
            kept.update(kind=kind, session=start(engine))
        return kept["session"]

    def leave_running(engine: LocalEngine) -> None:
        engine._session = None

    patch = pytest.MonkeyPatch()
    patch.setattr(LocalEngine, "_start", take_over)
    patch.setattr(LocalEngine, "close", leave_running)
    yield
    patch.undo()
    if kept:
        last = LocalEngine("", {}, Path(os.devnull), print)
        last._session = kept["session"]
        close(last)


@pytest.fixture
def make_tiny(metastore_uri: str, one_spark: None, tmp_path: Path) -> Callable[..., Tiny]:
    """A factory of empty projects, each with a database of its own on the shared metastore."""

    def make(name: str = "project", **target: Any) -> Tiny:
        number = next(_numbers)
        return Tiny(tmp_path / name, f"tiny_{os.getpid()}_{number}", metastore_uri, target)

    return make


@pytest.fixture(scope="session")
def open_session(
    metastore_uri: str, one_spark: None, tmp_path_factory: pytest.TempPathFactory
) -> Callable[..., Session]:
    """A factory of projects of a domain, each in a new directory; one at a time, for databases have names."""

    def open_new(domain: str, **settings: Any) -> Session:
        return Session(tmp_path_factory.mktemp(domain), domain, metastore=metastore_uri, **settings)

    return open_new


@pytest.fixture
def tiny(make_tiny: Callable[..., Tiny]) -> Tiny:
    """An empty project whose statements Spark runs."""
    return make_tiny()


@pytest.fixture
def text_engine(monkeypatch: pytest.MonkeyPatch) -> None:
    """``engine = "text"`` in a target: rows from a file, without Spark."""
    monkeypatch.setitem(lakes._ENGINES, "text", TextEngine)
