"""One target, opened: its project, store, logs, metastore and engine, each when it is first needed."""

from __future__ import annotations

import contextlib
import functools
import threading
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from runner.stores import Store
from runner.stores.local import LocalStore
from warehouse.config import Config, Target, expand
from warehouse.errors import ConflictError, Location, ProjectError, WarehouseError
from warehouse.names import TableName
from warehouse.project import Context, Project

if TYPE_CHECKING:
    # What only reads the project's files (lint, lineage, ls) pays for none of these.
    from concurrent.futures import ThreadPoolExecutor

    from runner.engines import Engine, Progress
    from runner.metastores import Database, Metastore
    from runner.tablelog import TableLog


def silent(_: str) -> None:
    """A progress that tells nobody."""


class Lake:
    """The effects behind one target. Close it when done: it stops what it started, but not the metastore."""

    def __init__(
        self,
        root: Path,
        config: Config,
        target_name: str,
        variables: Mapping[str, str | int | float | bool] | None = None,
        progress: Progress = silent,
    ) -> None:
        self.root = root
        self.config = config
        self.target_name = target_name
        self.target: Target = config.target(target_name)
        self.progress = progress
        self._engine_kind()  # a target that cannot work is told before anything is begun
        self.store: Store = self._open_store(expand(self.target.lake))
        context = Context(target_name, self.store.root, {**config.vars, **(variables or {})})
        self.project = Project(root, config, context)
        self._logs: dict[TableName, TableLog] = {}
        self._lock = threading.RLock()
        self._metastore: Metastore | None = None
        self._engine: Engine | None = None
        self._housekeeper: ThreadPoolExecutor | None = None
        self._staging_made = False

    def share(self, other: Lake) -> None:
        """Use what another lake on the same metastore has opened already; closing stays its business."""
        self._metastore, self._engine = other.metastore, other.engine
        self.metastore_uri = other.metastore_uri

    # ------------------------------------------------------------------ places

    def _open_store(self, location: str) -> Store:
        scheme, separator, path = location.partition("://")
        if separator and scheme in ("s3", "s3a", "s3n"):
            from runner.stores.s3 import S3Store

            region, endpoint = self.aws()
            return S3Store(f"s3://{path}", region=region, endpoint=endpoint)
        if separator and scheme != "file":
            raise ProjectError(
                f"the lake {location!r} is of a kind that this target cannot open",
                where=Location("pyproject.toml"),
                fix="use a directory, or s3://bucket/prefix",
            )
        directory = Path(location.removeprefix("file://"))
        return LocalStore(directory if directory.is_absolute() else self.root / directory)

    def aws(self) -> tuple[str, str]:
        """Region and endpoint of the target; empty is AWS's own default."""
        return expand(self.target.region), expand(self.target.endpoint)

    @property
    def on_s3(self) -> bool:
        return self.store.root.startswith("s3://")

    @property
    def state_directory(self) -> Path:
        """Where this machine keeps what belongs to the lake: Spark's log, the embedded metastore."""
        if isinstance(self.store, LocalStore):
            return self.store.path / "_warehouse"
        return self.root / ".warehouse" / self.target_name

    def uri(self, location: str) -> str:
        """A location of the log as a URI: those below the lake are relative to it."""
        return location if "://" in location or location.startswith("file:/") else self.store.uri(location)

    def location(self, uri: str) -> str:
        """The inverse of :meth:`uri`."""
        key = self.store.key(uri)
        return uri.rstrip("/") if key is None else key

    def place(self, location: str) -> tuple[Store, str]:
        """The store that holds a location, and the key there."""
        if self.uri(location) == location:
            return self._open_store(location), ""
        return self.store, location

    # ------------------------------------------------------------------ parts

    def log(self, table: TableName) -> TableLog:
        with self._lock:
            if table not in self._logs:
                from runner.tablelog import TableLog

                self._logs[table] = TableLog(self.store, table)
            return self._logs[table]

    def logged_tables(self) -> list[TableName]:
        from runner.tablelog import tables_with_logs

        return tables_with_logs(self.store)

    @property
    def metastore(self) -> Metastore:
        with self._lock:
            if self._metastore is None:
                self._metastore = self._open_metastore()
            return self._metastore

    @functools.cached_property
    def metastore_uri(self) -> str:
        """Where Spark finds the metastore."""
        where = expand(self.target.metastore)
        if where == "embedded":
            from runner.metastores import embedded

            settings: dict[str, str] = {}
            jars: list[Path] = []
            if self.on_s3:  # it makes directories where tables get their locations
                from runner import s3a

                settings, jars = s3a.hadoop_settings(*self.aws()), s3a.jars(self.progress)
            return embedded.ensure(
                self.state_directory / "metastore",
                progress=self.progress,
                settings=settings,
                jars=jars,
                port=self.target.metastore_port,
                idle=self.target.idle_minutes * 60,
            )
        if not where.startswith("thrift://"):
            raise ProjectError(
                f"metastore = {where!r} is not known",
                where=Location("pyproject.toml"),
                fix='use "embedded", "thrift://host:9083" or "glue" (with an engine that runs on AWS)',
            )
        return where

    def _open_metastore(self) -> Metastore:
        if expand(self.target.metastore) == "glue":
            from runner.metastores.glue import GlueMetastore

            region, endpoint = self.aws()
            return GlueMetastore(region or None, endpoint=endpoint or None)
        from runner.metastores.hive import HiveMetastore

        return HiveMetastore(self.metastore_uri)

    @property
    def engine(self) -> Engine:
        with self._lock:
            if self._engine is None:
                self._engine = _ENGINES[self._engine_kind()](self)
            return self._engine

    def require_answers(self) -> None:
        """:class:`ProjectError` where the engine cannot answer queries: before anything is done for one."""
        if self.target.engine != "local" and expand(self.target.metastore) == "glue":
            raise ProjectError(
                f"target {self.target_name!r} answers no questions in Spark's SQL",
                why="the Spark of this machine cannot read Glue's catalog",
                fix="ask Athena: warehouse query --engine athena; or use a metastore of Hive's",
            )

    def _engine_kind(self) -> str:
        if self.target.engine not in _ENGINES:
            raise ProjectError(
                f"engine = {self.target.engine!r} is not known",
                where=Location("pyproject.toml"),
                fix=f"use one of: {', '.join(_ENGINES)}",
            )
        return self.target.engine

    def database(self, name: str) -> Database:
        """A database as ``ddl/<db>/database.sql`` says, or one below the lake."""
        from runner.metastores import Database
        from warehouse import ddl

        found = self.project.database_text(name)
        default = Database(name, self.store.uri(name))
        if found is None:
            return default
        statement = ddl.parse_database(found[1], found[0])
        return Database(name, statement.location or default.location, statement.comment)

    def staging_database(self) -> str:
        """The database of runs' staging tables, made if it is not there."""
        from runner.metastores import Database

        name = self.target.staging_database
        with self._lock:
            if not self._staging_made:
                with contextlib.suppress(ConflictError):
                    if self.metastore.database(name) is None:
                        where = self.store.uri("_warehouse/staging")
                        self.metastore.create_database(Database(name, where, "tables of runs at work"))
                self._staging_made = True
        return name

    def later(self, work: Callable[..., None], *arguments: Any) -> None:
        """Housekeeping beside what comes next, done at the latest when the lake is closed. ``work`` answers
        for its own errors."""
        from concurrent.futures import ThreadPoolExecutor

        with self._lock:
            if self._housekeeper is None:
                self._housekeeper = ThreadPoolExecutor(1, thread_name_prefix="housekeeping")
            self._housekeeper.submit(work, *arguments)

    def settle(self) -> None:
        """Wait for the housekeeping."""
        with self._lock:
            housekeeper, self._housekeeper = self._housekeeper, None
        if housekeeper is not None:
            housekeeper.shutdown()

    def close(self) -> None:
        try:
            self.settle()
        finally:  # also where somebody has no patience: an engine may cost money until it is closed
            with self._lock:
                try:
                    if self._engine is not None:
                        self._engine.close()
                    self._engine = None
                finally:
                    if self._metastore is not None:
                        self._metastore.close()
                    self._metastore = None
                    self._staging_made = False


def _local(lake: Lake, settings: Mapping[str, str] | None = None) -> Engine:
    from runner.engines.local import LocalEngine

    settings = lake.target.spark if settings is None else settings
    log = lake.state_directory / "logs" / "spark.log"
    if not lake.on_s3:
        return LocalEngine(lake.metastore_uri, settings, log, lake.progress)
    import shutil
    import tempfile
    import weakref

    from runner import s3a

    region, endpoint = lake.aws()
    ours = s3a.spark_settings(region, endpoint, s3a.jars(lake.progress))
    notes = None
    if settings.get("spark.master", "local").startswith("local"):
        notes = Path(tempfile.mkdtemp(prefix="warehouse-s3a-"))
        ours |= s3a.one_machine_settings(notes)
    make = functools.partial(_mark, lake)
    engine = LocalEngine(lake.metastore_uri, {**ours, **settings}, log, lake.progress, make)
    if notes is not None:
        weakref.finalize(engine, shutil.rmtree, notes, ignore_errors=True)
    return engine


def _mark(lake: Lake, uri: str) -> bool:
    """A run's directory by one request, where S3A makes seven, for it looks at those above. False where the
    job has to make it, and tells why it cannot."""
    key = lake.store.key(uri)
    if key is None:
        return False
    with contextlib.suppress(WarehouseError):
        lake.store.make_directory(key, marked=True)
        return True
    return False


def _elsewhere(lake: Lake) -> Engine:
    from runner.engines import elsewhere

    return elsewhere.engine(lake, functools.partial(_reading, lake))


def _reading(lake: Lake) -> Engine:
    """A Spark on this machine that answers questions, where the runs are made by another."""
    lake.require_answers()
    kept = ("spark.hadoop.", "spark.sql.")  # the rest sizes a cluster
    return _local(lake, {k: v for k, v in lake.target.spark.items() if k.startswith(kept)})


_ENGINES: Mapping[str, Callable[[Lake], Engine]] = {
    "local": _local,
    "spark-submit": _elsewhere,
    "emr": _elsewhere,
    "emr-serverless": _elsewhere,
}
