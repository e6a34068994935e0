"""AWS Glue's Data Catalog as a metastore. A batch of it is no transaction: each entry is done or not."""

from __future__ import annotations

import re
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from typing import Any, TypeVar

from runner.metastores import Database, Partition, PartitionFailure, Table
from runner.metastores import glue_convert as convert
from runner.metastores.glue_client import UNSURE, Glue, GlueError
from warehouse.errors import ConflictError, OutsideError
from warehouse.names import TableName

T = TypeVar("T")
Values = tuple[str, ...]

# The service's limits of entries per call, from botocore's model of it.
GET = 1000
CREATE = 100
UPDATE = 100
DELETE = 25
EXPRESSION = 2048

MISSING = "EntityNotFoundException"

ATTEMPTS = 4
"""How often an entry is sent that failed in passing. Each time it is read first, so that nothing is written
twice that was done the first time; about two seconds in all, well below a converge's deadline."""

_PLAIN = re.compile(r"[A-Za-z0-9_.:/ +-]+\Z")
_TEXTS = ("string", "varchar", "char", "date")


class GlueMetastore:
    """See :class:`runner.metastores.Metastore`. Usable from many threads."""

    transactional = False

    def __init__(
        self,
        region: str | None = None,
        *,
        endpoint: str | None = None,
        catalog: str | None = None,
        session: Any | None = None,
        pause: Callable[[float], None] = time.sleep,
    ) -> None:
        self._glue = Glue(region, endpoint=endpoint, catalog=catalog, session=session)
        self.name = f"glue:{self._glue.region}"
        self._pause = pause
        self._keys: dict[TableName, tuple[tuple[str, str], ...]] = {}
        self._thread = threading.local()

    def databases(self) -> list[str]:
        with self._asking("list databases"):
            return sorted(found["Name"] for found in self._glue.pages("get_databases", "DatabaseList"))

    def database(self, name: str) -> Database | None:
        with self._asking(f"read database {name}"):
            try:
                return convert.from_database(self._glue.read("get_database", Name=name)["Database"])
            except GlueError as error:
                if error.code != MISSING:
                    raise
                return None

    def create_database(self, database: Database) -> None:
        with self._asking(f"create database {database.name}"):
            self._repeat(
                lambda: self._glue.write("create_database", DatabaseInput=convert.to_database(database)),
                settled=lambda: self.database(database.name) is not None,
                done="AlreadyExistsException",
            )

    def tables(self, db: str) -> list[str]:
        with self._asking(f"list tables of {db}"):
            try:
                found = self._glue.pages("get_tables", "TableList", DatabaseName=db)
                return sorted(one["Name"] for one in found)
            except GlueError as error:
                if error.code != MISSING:
                    raise
                return []

    def table(self, name: TableName) -> Table | None:
        with self._asking(f"read table {name}"):
            try:
                found = self._glue.read("get_table", DatabaseName=name.db, Name=name.table)["Table"]
            except GlueError as error:
                if error.code != MISSING:
                    raise
                return None
        self._versions[name] = found.get("VersionId")
        table = convert.from_table(found)
        self._keys[name] = tuple((c.name, c.type) for c in table.partitions)
        return table

    def create_table(self, table: Table) -> None:
        name, wanted = table.name, convert.to_table(table)
        self._keys.pop(name, None)
        with self._asking(f"create table {name}"):
            try:
                self._repeat(
                    lambda: self._glue.write("create_table", DatabaseName=name.db, TableInput=wanted),
                    settled=lambda: _same(self.table(name), table),
                )
            except GlueError as error:
                if error.code == "AlreadyExistsException":
                    raise ConflictError(f"table {name} exists already") from error
                raise

    def alter_table(self, table: Table) -> None:
        """Replace the definition; :class:`ConflictError` if it changed since this thread last read it."""
        name = table.name
        version = self._versions.pop(name, None)
        condition = {"VersionId": version} if version is not None else {}
        with self._asking(f"alter table {name}"):
            try:
                self._repeat(
                    lambda: self._glue.write(
                        "update_table",
                        DatabaseName=name.db,
                        TableInput=convert.to_table(table),
                        SkipArchive=True,
                        **condition,
                    ),
                    settled=lambda: _same(self.table(name), table),
                    final="ConcurrentModificationException",
                )
            except GlueError as error:
                if error.code == "ConcurrentModificationException":
                    raise ConflictError(
                        f"table {name} was changed by somebody else meanwhile", why=str(error)
                    ) from error
                raise
            finally:
                self._versions.pop(name, None)

    def drop_table(self, name: TableName) -> None:
        with self._asking(f"drop table {name}"):
            self._repeat(
                lambda: self._glue.write("delete_table", DatabaseName=name.db, Name=name.table),
                settled=lambda: self.table(name) is None,
                done=MISSING,
            )
        self._keys.pop(name, None)

    def partitions(
        self,
        of: TableName | Table,
        prefix: Sequence[str] | None = None,
        names: Sequence[Sequence[str]] | None = None,
    ) -> list[Partition]:
        name = of.name if isinstance(of, Table) else of
        with self._asking(f"read partitions of {name}"):
            try:
                if names is not None:
                    return self._named(name, list(dict.fromkeys(map(tuple, names))))
                return self._listed(name, tuple(prefix or ()))
            except GlueError as error:
                if error.code != MISSING:
                    raise
                return []

    def add_partitions(self, table: Table, partitions: Sequence[Partition]) -> list[PartitionFailure]:
        wanted = {p.values: p for p in partitions}

        def send(values: list[Values]) -> Iterator[tuple[Values, dict[str, str]]]:
            inputs = [convert.to_partition(wanted[v]) for v in values]
            answer = self._glue.write("batch_create_partition", **_of(table), PartitionInputList=inputs)
            for entry in answer.get("Errors", ()):
                yield tuple(entry["PartitionValues"]), entry["ErrorDetail"]

        return self._batches(table, wanted, CREATE, send)

    def alter_partitions(self, table: Table, partitions: Sequence[Partition]) -> list[PartitionFailure]:
        wanted = {p.values: p for p in partitions}

        def send(values: list[Values]) -> Iterator[tuple[Values, dict[str, str]]]:
            entries = [
                {"PartitionValueList": list(v), "PartitionInput": convert.to_partition(wanted[v])}
                for v in values
            ]
            answer = self._glue.write("batch_update_partition", **_of(table), Entries=entries)
            for entry in answer.get("Errors", ()):
                yield tuple(entry["PartitionValueList"]), entry["ErrorDetail"]

        return self._batches(table, wanted, UPDATE, send)

    def drop_partitions(self, table: Table, values: Sequence[Values]) -> list[PartitionFailure]:
        def send(values: list[Values]) -> Iterator[tuple[Values, dict[str, str]]]:
            gone = [{"Values": list(v)} for v in values]
            try:
                answer = self._glue.write("batch_delete_partition", **_of(table), PartitionsToDelete=gone)
            except GlueError as error:
                if error.code != MISSING:
                    raise
                return  # no such table
            for entry in answer.get("Errors", ()):
                if entry["ErrorDetail"]["ErrorCode"] != MISSING:
                    yield tuple(entry["PartitionValues"]), entry["ErrorDetail"]

        return self._batches(table, dict.fromkeys(values), DELETE, send)

    def close(self) -> None:
        self._glue.close()

    @property
    def _versions(self) -> dict[TableName, str | None]:
        """The version of each table that this thread read last."""
        if not hasattr(self._thread, "versions"):
            self._thread.versions = {}
        versions: dict[TableName, str | None] = self._thread.versions
        return versions

    def _named(self, name: TableName, names: list[Values]) -> list[Partition]:
        found: list[Partition] = []
        for chunk in _chunks(names, GET):
            keys: list[dict[str, Any]] = [{"Values": list(v)} for v in chunk]
            while keys:
                answer = self._glue.read(
                    "batch_get_partition",
                    DatabaseName=name.db,
                    TableName=name.table,
                    PartitionsToGet=keys,
                )
                found += convert.from_partitions(answer.get("Partitions", ()))
                keys = answer.get("UnprocessedKeys", [])
        return found

    def _listed(self, name: TableName, prefix: Values) -> list[Partition]:
        expression = self._expression(name, prefix)
        found = self._glue.pages(
            "get_partitions",
            "Partitions",
            DatabaseName=name.db,
            TableName=name.table,
            MaxResults=GET,
            **({"Expression": expression} if expression else {}),
        )
        return [p for p in convert.from_partitions(found) if p.values[: len(prefix)] == prefix]

    def _expression(self, name: TableName, prefix: Values) -> str:
        """A filter that lets all of ``prefix`` through, and as little else as Glue's grammar can say."""
        if not prefix:
            return ""
        if name not in self._keys:
            self.table(name)
        terms: list[str] = []
        for (column, type_), value in zip(self._keys.get(name, ()), prefix, strict=False):
            if type_.startswith(_TEXTS) and _PLAIN.match(value):
                term = f"{column} = '{value}'"
                if len(" AND ".join([*terms, term])) <= EXPRESSION:
                    terms.append(term)
        return " AND ".join(terms)

    def _batches(
        self,
        table: Table,
        wanted: dict[Values, Partition] | dict[Values, None],
        size: int,
        send: Callable[[list[Values]], Iterator[tuple[Values, dict[str, str]]]],
    ) -> list[PartitionFailure]:
        """Bring partitions to what is ``wanted`` (None: gone), in calls of ``size`` entries."""
        failures = []
        for chunk in _chunks(list(wanted), size):
            left = dict.fromkeys(chunk, "")
            for attempt in range(ATTEMPTS):
                if attempt:
                    self._pause(0.2 * 2**attempt)
                    left = self._unsettled(table, wanted, left)
                if not left:
                    break
                with self._asking(f"write {len(left)} partitions of {table.name}"):
                    errors = _sent(list(left), send)
                left = {v: str(e) for v, e in errors.items() if e.passing}
                failures += [PartitionFailure(v, _why(e)) for v, e in errors.items() if not e.passing]
            failures += [PartitionFailure(v, why) for v, why in left.items()]
        return failures

    def _unsettled(
        self,
        table: Table,
        wanted: dict[Values, Partition] | dict[Values, None],
        left: dict[Values, str],
    ) -> dict[Values, str]:
        actual = {p.values: p for p in self.partitions(table.name, names=list(left))}
        kept = {}
        for values, why in left.items():
            goal = wanted[values]
            if actual.get(values) != (convert.stored(goal) if goal else None):
                kept[values] = why
        return kept

    def _repeat(
        self, send: Callable[[], Any], *, settled: Callable[[], bool], done: str = "", final: str = ""
    ) -> None:
        """Send a change of one thing until it is made. ``done`` and ``final`` are codes that end it."""
        unsure = False
        for attempt in range(ATTEMPTS):
            try:
                send()
                return
            except GlueError as error:
                unsure = unsure or error.code in UNSURE
                if error.code == done or (unsure and settled()):
                    return
                if not error.passing or error.code == final or attempt == ATTEMPTS - 1:
                    raise
                self._pause(0.2 * 2**attempt)

    def _asking(self, doing: str) -> _Asking:
        return _Asking(self.name, doing)


class _Asking:
    """Turns what Glue refuses within it into :class:`OutsideError`."""

    def __init__(self, name: str, doing: str) -> None:
        self._name = name
        self._doing = doing

    def __enter__(self) -> None:
        return None

    def __exit__(self, kind: object, error: BaseException | None, trace: object) -> None:
        if isinstance(error, GlueError):
            fix = "what was published stays; give the command again" if error.passing else None
            raise OutsideError(f"{self._name} refused to {self._doing}", why=str(error), fix=fix) from error


def _sent(
    values: list[Values], send: Callable[[list[Values]], Iterator[tuple[Values, dict[str, str]]]]
) -> dict[Values, GlueError]:
    """The entries that failed. A whole call that failed in passing is each of its entries failed."""
    try:
        return {v: GlueError(d["ErrorCode"], d.get("ErrorMessage", "")) for v, d in send(values)}
    except GlueError as error:
        if not error.passing:
            raise
        return dict.fromkeys(values, error)


def _why(error: GlueError) -> str:
    known = {"AlreadyExistsException": "exists already", MISSING: "does not exist"}
    return known.get(error.code, str(error))


def _same(found: Table | None, wanted: Table) -> bool:
    if found is None:
        return False
    return found == convert.from_table({**convert.to_table(wanted), "DatabaseName": wanted.name.db})


def _of(table: Table) -> dict[str, str]:
    return {"DatabaseName": table.name.db, "TableName": table.name.table}


def _chunks(items: Sequence[T], size: int) -> Iterator[list[T]]:
    for start in range(0, len(items), size):
        yield list(items[start : start + size])
