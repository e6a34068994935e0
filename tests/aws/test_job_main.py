"""The program on a cluster: requests in order, several at a time, until its end; driven without Spark."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable
from typing import Any

import pytest

from runner.job import main

INBOX, RUNS = "s3://lake/inbox", "s3://lake/runs"


class Context:
    """What a session is to the program, and the files it reaches."""

    def __init__(self, *requests: dict[str, Any]) -> None:
        self.files = {f"{INBOX}/{n:05}.json": json.dumps(r) for n, r in enumerate(requests, 1)}
        self.sparkContext = self
        self.cancelled = threading.Event()

    def cancelAllJobs(self) -> None:  # noqa: N802
        self.cancelled.set()

    def find(self, uri: str) -> str | None:
        return self.files.get(uri)

    def write(self, uri: str, text: str) -> None:
        self.files[uri] = text

    def answers(self) -> set[str]:
        return {uri.split("/")[-2] for uri in self.files if uri.endswith("/result.json")}


def request(*run_ids: str, jobs: int = 1) -> dict[str, Any]:
    return {"jobs": jobs, "runs": RUNS, "manifests": [{"run_id": r} for r in run_ids]}


END = {"end": True}


@pytest.fixture
def serve(monkeypatch: pytest.MonkeyPatch) -> Callable[..., None]:
    """The program, with ``work(session, manifest)`` in the place of Spark's."""

    def serve(
        session: Context,
        idle: float = 1e9,
        work: Callable[[Any, dict[str, Any]], dict[str, Any]] = lambda session, manifest: manifest,
    ) -> None:
        monkeypatch.setattr(main, "PAUSE", 0.001)
        monkeypatch.setattr(main, "Files", lambda session: session)
        monkeypatch.setattr(main, "execute", work)
        main.serve(session, INBOX, idle)

    return serve


def test_it_answers_each_run_where_it_is_looked_for_and_ends_when_it_is_idle(
    serve: Callable[..., None],
) -> None:
    session = Context(request("a", "b"), request("c"))
    serve(session, idle=0.01)
    assert session.answers() == {"a", "b", "c"}
    assert json.loads(session.files[f"{RUNS}/a/result.json"]) == {"run_id": "a"}


def test_it_is_not_idle_while_it_works(serve: Callable[..., None]) -> None:
    session = Context(request("a"))

    def work(_: Any, manifest: dict[str, Any]) -> dict[str, Any]:
        session.files.setdefault(f"{INBOX}/00002.json", json.dumps(request("b")))
        threading.Event().wait(0.1)
        return manifest

    serve(session, idle=0.02, work=work)
    assert session.answers() == {"a", "b"}


def test_runs_of_a_request_go_side_by_side_as_asked(serve: Callable[..., None]) -> None:
    together = threading.Barrier(3, timeout=30)

    def work(_: Any, manifest: dict[str, Any]) -> dict[str, Any]:
        together.wait()
        return manifest

    session = Context(request("a", "b", "c", jobs=3))
    serve(session, idle=0.01, work=work)
    assert session.answers() == {"a", "b", "c"}


def test_the_end_cancels_what_is_at_work(serve: Callable[..., None]) -> None:
    session = Context(request("a", "b"), END, request("never"))

    def work(theirs: Context, manifest: dict[str, Any]) -> dict[str, Any]:
        assert theirs.cancelled.wait(30)
        return manifest

    serve(session, work=work)
    assert session.cancelled.is_set()
    assert "never" not in session.answers()


def test_a_driver_that_is_broken_gives_no_answer_and_fails(serve: Callable[..., None]) -> None:
    def work(_: Any, manifest: dict[str, Any]) -> dict[str, Any]:
        raise ConnectionError("the JVM is gone")

    session = Context(request("a"))
    with pytest.raises(ConnectionError, match="JVM"):
        serve(session, work=work)
    assert session.answers() == set()
