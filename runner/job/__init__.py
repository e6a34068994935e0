"""What Spark runs: a run's manifest is executed, and answered with a result.

Standard library and pyspark only, Python 3.9: the package goes to clusters as it is (``main.py`` is what is
submitted there). Published partitions are never touched from here: it fills a staging table whose directory
nothing points at, and reads it back.
"""

from __future__ import annotations

import time
from threading import Lock
from typing import Any
from weakref import WeakKeyDictionary

from runner.job.checking import run_checks
from runner.job.errors import RefusedError, explain, of_statement
from runner.job.files import files_of
from runner.job.layout import rewrite
from runner.job.names import HIVE_DEFAULT_PARTITION, escape, predicate
from runner.job.staged import inventory, measure, rows_written

Json = dict[str, Any]

FORMAT = 1
SESSIONS = 32
"""Kept for runs to come: settings may name a run's own directory, and then no other has them."""


def execute(session: Any, manifest: Json, *, made: bool = False) -> Json:
    """Run one manifest; the answer is a result, also when it failed. ``made``: its directory is there."""
    if manifest["format"] > FORMAT:
        return _failed(manifest, {}, "the manifest was written by a newer version of this tool", "version")
    seconds: dict[str, float] = {}
    try:
        spark = _session(session, manifest["settings"])
        try:
            if manifest["statement"]:
                partitions, checks = _stage(spark, manifest, seconds, made)
            else:
                partitions, checks = _audit(spark, manifest, seconds)
        finally:
            spark.catalog.dropTempView(manifest["view"])
            if manifest["staging"]["view"]:
                spark.catalog.dropTempView(manifest["staging"]["table"].strip("`"))
    except RefusedError as error:
        return _failed(manifest, seconds, str(error), "refused")
    except Exception as error:
        if _gone(session):
            raise  # no answer about the statement
        return _failed(manifest, seconds, *explain(error), refused=of_statement(error))
    return {
        "format": FORMAT,
        "run_id": manifest["run_id"],
        "partitions": partitions,
        "checks": checks,
        "seconds": seconds,
    }


def _stage(
    spark: Any, manifest: Json, seconds: dict[str, float], made: bool
) -> tuple[list[Json], list[Json]]:
    """Fill the staging table: its partitions, and the outcomes of the checks."""
    staging = manifest["staging"]
    files = files_of(spark, staging["directory"])
    with _Timed(seconds, "stage"):
        if not made:  # Glue makes none for a table, and Spark refuses to write where there is none
            files.make(staging["directory"])
        if staging["view"]:
            _make_view(spark, files, staging)
        written = rows_written(spark.sql(manifest["statement"]))
    with _Timed(seconds, "list"):
        found = inventory(files, manifest)
    if manifest["file_bytes"]:
        with _Timed(seconds, "rewrite"):
            if rewrite(spark, files, staging, found, manifest["file_bytes"]):
                found = inventory(files, manifest)
    with _Timed(seconds, "check"):
        partitions, measured = measure(spark, manifest, found, written)
        return partitions, run_checks(spark, manifest, measured)


def _make_view(spark: Any, files: Any, staging: Json) -> None:
    """Make the view that stands for the staging table. What it is partitioned by Spark takes from the
    directories of its files: that of an empty file, of a value without a type, shows it and goes again."""
    keys = [escape(column["name"]) for column in staging["dynamic"]]
    if not keys:
        spark.sql(staging["view"])
        return
    top = f"{staging['directory'].rstrip('/')}/{keys[0]}={HIVE_DEFAULT_PARTITION}"
    files.create(
        "/".join([top, *(f"{key}={HIVE_DEFAULT_PARTITION}" for key in keys[1:]), "shows-the-columns"])
    )
    spark.sql(staging["view"])
    files.remove(top)


def _audit(spark: Any, manifest: Json, seconds: dict[str, float]) -> tuple[list[Json], list[Json]]:
    """Checks on published rows: a manifest without a statement, whose table is the published one."""
    with _Timed(seconds, "check"):
        wanted = " OR ".join(f"({predicate(asked)})" for asked in manifest["slices"])
        spark.table(manifest["staging"]["table"]).where(wanted).createOrReplaceTempView(manifest["view"])
        return [], run_checks(spark, manifest)


_configured: WeakKeyDictionary[Any, dict[tuple[Any, ...], Any]] = WeakKeyDictionary()
"""By Spark session, which may end and be followed by another; by settings."""
_configuring = Lock()


def _session(session: Any, settings: dict[str, str]) -> Any:
    """The session of all runs with these settings. A session for each run would cost more than a small job;
    they can share one since statements change no setting, views are named by run, and none keeps what
    another has seen of tables' files."""
    key = tuple(sorted(settings.items()))
    with _configuring:
        made = _configured.setdefault(session, {})
        if key not in made:
            fresh = session.newSession()
            for name, value in settings.items():
                fresh.conf.set(name, value)
            if len(made) >= SESSIONS:
                del made[next(iter(made))]
            made[key] = fresh
        found = made[key]
    found._jsparkSession.sessionState().catalog().invalidateAllCachedTables()
    return found


def _gone(session: Any) -> bool:
    """Whether Spark itself has ended: killed, or told to end by somebody."""
    try:
        return bool(session.sparkContext._jsc.sc().isStopped())
    except Exception:
        return True


class _Timed:
    def __init__(self, seconds: dict[str, float], name: str) -> None:
        self.seconds, self.name = seconds, name

    def __enter__(self) -> None:
        self.began = time.monotonic()

    def __exit__(self, *_: object) -> None:
        self.seconds[self.name] = round(time.monotonic() - self.began, 4)


def _failed(
    manifest: Json,
    seconds: dict[str, float],
    message: str,
    kind: str,
    line: int = 0,
    column: int = 0,
    *,
    refused: bool = False,
) -> Json:
    return {
        "format": FORMAT,
        "run_id": manifest["run_id"],
        "error": {
            "message": message,
            "kind": kind,
            "path": manifest["path"] if line else "",
            "line": line,
            "column": column,
            "refused": refused,
        },
        "seconds": seconds,
    }
