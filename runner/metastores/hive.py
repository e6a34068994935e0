"""A Hive metastore over Thrift: Hive 2.3 and 3, the embedded one, and whatever speaks the same."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import Any, TypeVar

from pymetastore.hive_metastore.ttypes import (
    AddPartitionsRequest,
    AlreadyExistsException,
    DropPartitionsRequest,
    EnvironmentContext,
    NoSuchObjectException,
    RequestPartsSpec,
)

from runner.metastores import Database, Partition, PartitionFailure, Table
from runner.metastores import hive_convert as convert
from runner.metastores.thrift_client import REFUSALS, Connections, said
from warehouse.errors import ConflictError, OutsideError
from warehouse.names import Spec, TableName

T = TypeVar("T")

CHUNK = 1000
"""Partitions per call, where several calls do no harm."""

DROP_CHUNK = 200
"""Hive drops by one long OR of names, which databases refuse at a thousand."""

_EXACT = re.compile(r"[A-Za-z0-9_-]+\Z")


class HiveMetastore:
    """See :class:`runner.metastores.Metastore`. Timeouts in seconds; usable from many threads.

    ``user`` is in whose name the metastore acts (None: the login name, as Hive's clients do; "": its own).
    """

    transactional = True

    def __init__(
        self,
        uri: str,
        *,
        name: str | None = None,
        user: str | None = None,
        connect_timeout: float = 10.0,
        timeout: float = 600.0,
    ) -> None:
        self.name = name or uri
        self._connections = Connections(uri, user=user, connect_timeout=connect_timeout, timeout=timeout)

    def databases(self) -> list[str]:
        return sorted(self._read("list databases", "get_all_databases"))

    def database(self, name: str) -> Database | None:
        try:
            found = self._read(f"read database {name}", "get_database", name, expected=NoSuchObjectException)
        except NoSuchObjectException:
            return None
        return convert.from_database(found)

    def create_database(self, database: Database) -> None:
        doing, wanted = f"create database {database.name}", convert.to_database(database)
        try:
            self._write(doing, "create_database", wanted, expected=AlreadyExistsException)
        except AlreadyExistsException:
            return

    def tables(self, db: str) -> list[str]:
        return sorted(self._read(f"list tables of {db}", "get_all_tables", db))

    def table(self, name: TableName) -> Table | None:
        doing = f"read table {name}"
        try:
            found = self._read(doing, "get_table", name.db, name.table, expected=NoSuchObjectException)
        except NoSuchObjectException:
            return None
        return convert.from_table(found)

    def create_table(self, table: Table) -> None:
        doing, wanted = f"create table {table.name}", convert.to_table(table)
        try:
            method = "create_table_with_environment_context"
            self._write(doing, method, wanted, _without_statistics(), expected=AlreadyExistsException)
        except AlreadyExistsException as error:
            raise ConflictError(f"table {table.name} exists already", why=said(error)) from error

    def alter_table(self, table: Table) -> None:
        name, method = table.name, "alter_table_with_environment_context"
        self._write(
            f"alter table {name}", method, name.db, name.table, convert.to_table(table), _without_statistics()
        )

    def drop_table(self, name: TableName) -> None:
        doing, delete_data = f"drop table {name}", False
        try:
            self._write(doing, "drop_table", name.db, name.table, delete_data, expected=NoSuchObjectException)
        except NoSuchObjectException:
            return

    def partitions(
        self,
        of: TableName | Table,
        prefix: Sequence[str] | None = None,
        names: Sequence[Sequence[str]] | None = None,
    ) -> list[Partition]:
        name = of.name if isinstance(of, Table) else of
        try:
            if names is not None:
                return self._named(of, [tuple(values) for values in names])
            if prefix:
                return self._under(name, tuple(prefix))
            return convert.from_partitions(self._list(name, "get_partitions", -1))
        except NoSuchObjectException:
            return []  # no such table

    def add_partitions(self, table: Table, partitions: Sequence[Partition]) -> list[PartitionFailure]:
        return [failure for chunk in _chunks(partitions) for failure in self._add(table, chunk)]

    def alter_partitions(self, table: Table, partitions: Sequence[Partition]) -> list[PartitionFailure]:
        """In one call however many they are: Hive makes it one transaction."""
        if not partitions:
            return []
        name, method = table.name, "alter_partitions_with_environment_context"
        doing = f"alter {len(partitions)} partitions of {name}"
        wanted = [convert.to_partition(name, p) for p in partitions]
        try:
            self._write(doing, method, name.db, name.table, wanted, _without_statistics(), expected=REFUSALS)
        except REFUSALS as error:
            return self._none_done(table, partitions, error)
        return []

    def drop_partitions(self, table: Table, values: Sequence[tuple[str, ...]]) -> list[PartitionFailure]:
        failures = []
        for chunk in _chunks(values, DROP_CHUNK):
            request = DropPartitionsRequest(
                dbName=table.name.db,
                tblName=table.name.table,
                parts=RequestPartsSpec(names=[_path(table, v) for v in chunk]),
                deleteData=False,
                ifExists=True,
                needResult=False,
            )
            doing = f"drop {len(chunk)} partitions of {table.name}"
            try:
                self._write(doing, "drop_partitions_req", request, expected=REFUSALS)
            except NoSuchObjectException:
                continue  # no such table
            except REFUSALS as error:
                failures += [PartitionFailure(v, said(error)) for v in chunk]
        return failures

    def close(self) -> None:
        self._connections.close()

    def _under(self, name: TableName, prefix: tuple[str, ...]) -> list[Partition]:
        if all(_EXACT.match(value) for value in prefix):
            found = convert.from_partitions(self._list(name, "get_partitions_ps", list(prefix), -1))
            return [p for p in found if p.values[: len(prefix)] == prefix]
        # Hive matches a prefix as a pattern over escaped names; with other characters it may miss some.
        paths = self._list(name, "get_partition_names", -1)
        return self._by_path(name, [path for path in paths if _starts(Spec.parse(path), prefix)])

    def _named(self, of: TableName | Table, names: Sequence[tuple[str, ...]]) -> list[Partition]:
        table = of if isinstance(of, Table) or not names else self.table(of)
        if not isinstance(table, Table):
            return []
        wanted = dict.fromkeys(names)
        found = self._by_path(table.name, [_path(table, values) for values in wanted])
        return [p for p in found if p.values in wanted]  # a database may compare names less strictly

    def _by_path(self, name: TableName, paths: Sequence[str]) -> list[Partition]:
        return [
            partition
            for chunk in _chunks(paths)
            for partition in convert.from_partitions(self._list(name, "get_partitions_by_names", chunk))
        ]

    def _list(self, name: TableName, method: str, *rest: Any) -> Any:
        doing = f"read partitions of {name}"
        return self._read(doing, method, name.db, name.table, *rest, expected=NoSuchObjectException)

    def _add(self, table: Table, partitions: Sequence[Partition]) -> list[PartitionFailure]:
        """One call, one transaction. Where some exist, they are told apart and the others are added."""
        failures: list[PartitionFailure] = []
        left = list(partitions)
        while left:
            request = AddPartitionsRequest(
                dbName=table.name.db,
                tblName=table.name.table,
                parts=[convert.to_partition(table.name, p) for p in left],
                ifNotExists=False,
                needResult=False,
            )
            doing = f"add {len(left)} partitions to {table.name}"
            try:
                self._write(doing, "add_partitions_req", request, expected=AlreadyExistsException)
                return failures
            except AlreadyExistsException as error:
                there = {p.values for p in self.partitions(table.name, names=[p.values for p in left])}
                if not there:  # gone again meanwhile
                    return failures + [PartitionFailure(p.values, said(error)) for p in left]
                failures += [PartitionFailure(p.values, "exists already") for p in left if p.values in there]
                left = [p for p in left if p.values not in there]
        return failures

    def _none_done(
        self, table: Table, partitions: Sequence[Partition], error: BaseException
    ) -> list[PartitionFailure]:
        there = {p.values for p in self.partitions(table.name, names=[p.values for p in partitions])}
        if not there and self.table(table.name) is None:
            raise OutsideError(f"table {table.name} is not in the metastore {self.name}") from error
        why = f"not done, since a call is done whole or not at all: {said(error)}"
        return [
            PartitionFailure(p.values, why if p.values in there else "does not exist") for p in partitions
        ]

    def _read(self, doing: str, method: str, *arguments: Any, expected: Any = ()) -> Any:
        try:
            return self._connections.read(doing, method, *arguments)
        except expected:
            raise
        except REFUSALS as error:
            raise self._refused(doing, error) from error

    def _write(self, doing: str, method: str, *arguments: Any, expected: Any = ()) -> None:
        try:
            self._connections.write(doing, method, *arguments)
        except expected:
            raise
        except REFUSALS as error:
            raise self._refused(doing, error) from error

    def _refused(self, doing: str, error: BaseException) -> OutsideError:
        return OutsideError(f"the metastore {self.name} refused to {doing}", why=said(error))


def _without_statistics() -> Any:
    # Else the server lists the new directory to count its files; the figures are in the parameters already.
    return EnvironmentContext(properties={"DO_NOT_UPDATE_STATS": "true"})


def _path(table: Table, values: Sequence[str]) -> str:
    return Spec.of((c.name for c in table.partitions), values).path


def _starts(spec: Spec, prefix: tuple[str, ...]) -> bool:
    return spec.values[: len(prefix)] == prefix


def _chunks(items: Sequence[T], size: int = CHUNK) -> Iterator[list[T]]:
    for start in range(0, len(items), size):
        yield list(items[start : start + size])
