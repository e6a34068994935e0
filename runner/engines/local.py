"""Spark in this process: ``local[*]``, with the target's metastore over Thrift."""

from __future__ import annotations

import contextlib
import os
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import FIRST_COMPLETED, ThreadPoolExecutor, wait
from pathlib import Path
from typing import Any

import msgspec

from runner import archive, java
from runner.engines import Progress, Rows
from runner.job.redaction import redacted
from warehouse.errors import OutsideError, RunFailedError
from warehouse.manifest import Manifest, Result
from warehouse.settings import PINNED, in_utc

DEFAULTS: dict[str, str] = {
    "spark.master": "local[*]",
    "spark.app.name": "warehouse",
    "spark.ui.enabled": "false",
    "spark.ui.showConsoleProgress": "false",
    # Plans as text are for the UI, which is off; the short form costs least.
    "spark.sql.ui.explainMode": "simple",
    # So is what Spark remembers of statements that have ended, a third of a megabyte each.
    "spark.sql.ui.retainedExecutions": "20",
    "spark.ui.retainedJobs": "50",
    "spark.ui.retainedStages": "50",
    "spark.driver.memory": "2g",
    "spark.driver.host": "127.0.0.1",
    "spark.driver.bindAddress": "127.0.0.1",
    "spark.sql.shuffle.partitions": str(2 * (os.cpu_count() or 2)),
    "spark.sql.sources.parallelPartitionDiscovery.threshold": "400",
    # A hundred classes are those of a dozen statements: the same ones would be compiled again for each date.
    "spark.sql.codegen.cache.maxEntries": "2000",
    "spark.sql.catalogImplementation": "hive",
    "spark.scheduler.mode": "FAIR",
}
"""Of a session on one machine; a target's ``spark`` settings come after them."""


class LocalEngine:
    """Starts Spark when it is first needed and keeps it. ``log`` is where Spark's own log goes.

    ``make`` makes a run's directory, by its URI, with fewer requests than Spark's file system, if it can.
    """

    def __init__(
        self,
        metastore_uri: str,
        settings: Mapping[str, str],
        log: Path,
        progress: Progress,
        make: Callable[[str], bool] | None = None,
    ) -> None:
        self._uri = metastore_uri
        self._settings = settings
        self._log = log
        self._progress = progress
        self._make = make
        self._session: Any = None
        self._lock = threading.Lock()

    def run(self, manifests: Sequence[Manifest], *, jobs: int = 1) -> Iterator[Result]:
        from runner import job

        session = self.session()

        def one(manifest: Manifest) -> Result:
            made = bool(manifest.statement and self._make and self._make(manifest.staging.directory))
            answer = job.execute(session, msgspec.to_builtins(manifest), made=made)
            return msgspec.convert(answer, Result)

        if jobs <= 1 or len(manifests) == 1:
            for manifest in manifests:
                with _alive():
                    yield one(manifest)
            return
        with ThreadPoolExecutor(max_workers=jobs, thread_name_prefix="run") as pool:
            waiting = {pool.submit(one, manifest) for manifest in manifests}
            try:
                while waiting:
                    done, waiting = wait(waiting, return_when=FIRST_COMPLETED)
                    for future in done:
                        with _alive():
                            yield future.result()
            finally:
                for future in waiting:
                    future.cancel()
                if waiting:
                    session.sparkContext.cancelAllJobs()

    def query(self, sql: str, limit: int | None = None) -> Rows:
        from pyspark.errors import PySparkException

        from runner.job.errors import explain

        session = self.session().newSession()
        for key, value in PINNED.items():
            session.conf.set(key, value)
        try:
            frame = session.sql(sql)
            if limit is not None:
                frame = frame.limit(limit)
            rows = [tuple(row) for row in frame.collect()]
        except PySparkException as error:
            raise RunFailedError(f"the query failed: {explain(error)[0]}") from None
        except Exception as error:
            raise RunFailedError(f"the query failed: {explain(error)[0]}") from None
        return Rows(tuple(frame.columns), rows)

    def session(self) -> Any:
        """The Spark session, started on first use."""
        with self._lock:
            if self._session is None:
                self._session = self._start()
            return self._session

    def _start(self) -> Any:
        self._progress("starting Spark")
        os.environ.update(java.environment())
        from pyspark.sql import SparkSession

        from runner.job import disk

        self._log.parent.mkdir(parents=True, exist_ok=True)
        here = Path(__file__).resolve().parent.parent
        options = (
            f"-Dlog4j2.configurationFile={(here / 'log4j2.properties').as_uri()}"
            f' -Dwarehouse.spark.log="{self._log}" -Dderby.stream.error.file=/dev/null'
        )
        settings = {
            **DEFAULTS,
            **PINNED,
            "spark.hadoop.hive.metastore.uris": self._uri,
            "spark.hadoop.hive.exec.dynamic.partition.mode": "nonstrict",
            "spark.sql.warehouse.dir": (self._log.parent / "spark-warehouse").as_uri(),
            **self._settings,
        }
        given = settings.get("spark.driver.extraJavaOptions", "")
        options = " ".join([options, *(f'"{option}"' for option in archive.options()), given])
        settings = in_utc({**settings, "spark.driver.extraJavaOptions": options})
        builder = SparkSession.builder
        for key, value in settings.items():
            if key.startswith("spark."):
                builder = builder.config(key, value)
        try:
            with _quiet_start(self._log):
                session = builder.getOrCreate()
        except Exception as error:
            raise OutsideError(
                f"Spark did not start: {redacted(str(error).strip().splitlines()[0])}",
                why=f"its log is {self._log}",
                fix="`warehouse doctor` says what is missing on this machine",
            ) from None
        for key, value in PINNED.items():
            session.conf.set(key, value)
        disk.use(session)
        return session

    def close(self) -> None:
        with self._lock:
            if self._session is not None:
                with contextlib.suppress(Exception):
                    self._session.stop()
                self._session = None
                archive.later()


@contextlib.contextmanager
def _alive() -> Iterator[None]:
    """An engine whose JVM is gone fails as the outside world, not with a traceback."""
    from py4j.protocol import Py4JError, Py4JNetworkError

    try:
        yield
    except (Py4JNetworkError, Py4JError, ConnectionError) as error:
        raise OutsideError(f"Spark is gone: {redacted(str(error))}", fix="run the command again") from None


@contextlib.contextmanager
def _quiet_start(log: Path) -> Iterator[None]:
    """While the JVM starts, what it writes to stderr goes to the log: Spark's launcher has no switch."""
    saved = os.dup(2)
    with log.open("ab") as file:
        os.dup2(file.fileno(), 2)
    try:
        yield
    finally:
        os.dup2(saved, 2)
        os.close(saved)
