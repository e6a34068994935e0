"""Runs as an application somewhere else: spark-submit, an EMR step, an EMR Serverless job.

One application serves a whole command. It is submitted with the first runs and asked for more through files
in the lake (see ``runner/job/main.py``), so that tables which wait for each other pay for one start of Spark.
"""

from __future__ import annotations

import contextlib
import io
import secrets
import time
import zipfile
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Protocol

import msgspec

from runner.engines import Engine, Progress, Rows
from runner.job.redaction import redacted
from runner.stores import Store
from warehouse.errors import OutsideError
from warehouse.manifest import Manifest, Result

RUNS = "_warehouse/runs"
_SHORTEST, _LONGEST, _GROWTH = 0.2, 5.0, 1.3
"""Seconds between two looks for results: a wait is at most a third longer than the work."""


@dataclass(frozen=True)
class Application:
    """What is submitted: URIs of the program, of its modules, and of the directory it is asked through."""

    name: str
    main: str
    modules: str
    inbox: str


@dataclass(frozen=True)
class Ended:
    """An application is over: by itself, or ``why`` finds out what happened, which may take minutes."""

    why: Callable[[], OutsideError] | None = None


class Submitted(Protocol):
    """An application that was submitted."""

    def ended(self) -> Ended | None:
        """None while it waits or works."""

    def cancel(self) -> None:
        """End it; nothing happens if it has ended."""


class Submitter(Protocol):
    """A place that takes applications."""

    def submit(self, application: Application) -> Submitted: ...

    def close(self) -> None:
        """End what was started for the command."""


class SubmittedEngine:
    """See :class:`runner.engines.Engine`. ``reader`` makes the engine that answers queries."""

    def __init__(
        self,
        store: Store,
        submitter: Submitter,
        reader: Callable[[], Engine],
        progress: Progress,
        pause: Callable[[float], None] = time.sleep,
    ) -> None:
        self._store = store
        self._submitter = submitter
        self._make_reader = reader
        self._progress = progress
        self._pause = pause
        self._reader: Engine | None = None
        self._submitted: Submitted | None = None
        self._inbox = ""
        self._requests = 0

    def run(self, manifests: Sequence[Manifest], *, jobs: int = 1) -> Iterator[Result]:
        waiting = {m.run_id: m for m in manifests}
        if not waiting:
            return
        self._ask(manifests, jobs)
        again, pause = True, _SHORTEST
        try:
            while waiting:
                # Looked at first: what it wrote before its end is found below.
                ended = self._submitted.ended() if self._submitted else Ended()
                found = list(self._results(waiting))
                for result in found:
                    del waiting[result.run_id]
                    yield result
                if not waiting:
                    break
                if ended and (ended.why or not again):
                    self._submitted = None
                    raise ended.why() if ended.why else _silent(len(waiting))
                if ended:  # it had given up waiting just before it was asked, and has taken none of these
                    self._submitted, again = None, False
                    self._ask(list(waiting.values()), jobs)
                pause = _SHORTEST if found else min(pause * _GROWTH, _LONGEST)
                self._pause(pause)
        finally:
            if waiting:
                self._cancel()

    def query(self, sql: str, limit: int | None = None) -> Rows:
        if self._reader is None:
            self._reader = self._make_reader()
        return self._reader.query(sql, limit)

    def close(self) -> None:
        try:
            if self._reader is not None:
                self._reader.close()
            submitted, self._submitted = self._submitted, None
            if submitted is not None:
                with contextlib.suppress(OutsideError):  # it ends when it has been idle for some time
                    self._put({"end": True})
        finally:  # also where somebody has no patience: what was started costs until it ends
            self._submitter.close()

    # ------------------------------------------------------------------ the application

    def _ask(self, manifests: Sequence[Manifest], jobs: int) -> None:
        if self._submitted is None:
            batch = f"{datetime.now(UTC):%Y%m%dT%H%M%S}-batch-{secrets.token_hex(4)}"
            self._inbox, self._requests = f"{RUNS}/{batch}", 0
            program = upload(self._store, self._inbox)
            self._put_request(manifests, jobs)
            try:
                self._submitted = self._submitter.submit(program)
            except BaseException:
                with contextlib.suppress(OutsideError):
                    self._put({"end": True})  # for the case that it was submitted all the same
                raise
        else:
            self._put_request(manifests, jobs)

    def _put_request(self, manifests: Sequence[Manifest], jobs: int) -> None:
        self._put({"jobs": max(1, jobs), "runs": self._store.uri(RUNS), "manifests": list(manifests)})

    def _put(self, request: dict[str, object]) -> None:
        self._requests += 1
        self._store.write(f"{self._inbox}/{self._requests:05}.json", msgspec.json.encode(request))

    def _cancel(self) -> None:
        submitted, self._submitted = self._submitted, None
        if submitted is not None:
            try:
                submitted.cancel()
                self._put({"end": True})  # the only way to one whose driver is in the cluster
            except OutsideError as error:
                self._progress(f"{error.what}: what was submitted ends by itself in a few minutes")

    def _results(self, waiting: dict[str, Manifest]) -> Iterator[Result]:
        """Results that are there by now. Run ids sort by time: one listing finds them."""
        first = f"{RUNS}/{min(waiting)}/"
        for info in self._store.list(f"{RUNS}/", after=first):
            run_id, _, name = info.key.removeprefix(f"{RUNS}/").partition("/")
            if name == "result.json" and run_id in waiting:
                data = self._store.read(info.key)
                with contextlib.suppress(msgspec.DecodeError):  # it is being written, on a disk
                    yield _redacted(msgspec.json.decode(data or b"", type=Result))


def _redacted(result: Result) -> Result:
    """Again what :func:`runner.job.errors.explain` does: here the credentials of this machine are known."""
    error, replace = result.error, msgspec.structs.replace
    if error is not None:
        error = replace(error, message=redacted(error.message, data=True))
    checks = tuple(replace(c, error=redacted(c.error, data=True)) if c.error else c for c in result.checks)
    return replace(result, error=error, checks=checks)


def upload(store: Store, prefix: str) -> Application:
    """Put the program into the lake, below ``prefix``, which is also its inbox."""
    store.write(f"{prefix}/main.py", (_JOB / "main.py").read_bytes())
    store.write(f"{prefix}/job.zip", modules())
    return Application(
        f"warehouse {prefix.rpartition('/')[2]}",
        store.uri(f"{prefix}/main.py"),
        store.uri(f"{prefix}/job.zip"),
        store.uri(prefix),
    )


_JOB = Path(__file__).resolve().parent.parent / "job"


def modules() -> bytes:
    """The package ``runner.job`` as a zip; the same bytes for the same files."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr(zipfile.ZipInfo("runner/__init__.py"), "")
        for path in sorted(_JOB.glob("*.py")):
            archive.writestr(zipfile.ZipInfo(f"runner/job/{path.name}"), path.read_bytes())
    return buffer.getvalue()


def _silent(runs: int) -> OutsideError:
    return OutsideError(
        f"the application ended without an answer to {runs} runs",
        fix="run the command again; what was published before is untouched",
    )
