"""A metastore in memory: what the others do, without a server. For tests and for models of the protocol."""

from __future__ import annotations

import copy
import threading
from collections.abc import Sequence
from dataclasses import replace

from runner.metastores import Database, Partition, PartitionFailure, Table, normal
from warehouse.errors import ConflictError, OutsideError
from warehouse.names import TableName


class MemoryMetastore:
    """See :class:`runner.metastores.Metastore`. Not ``transactional``: a batch is done entry by entry."""

    def __init__(self, name: str = "memory", *, transactional: bool = True) -> None:
        self.name = name
        self.transactional = transactional
        self._databases: dict[str, Database] = {"default": Database("default", "file:///default")}
        self._tables: dict[TableName, Table] = {}
        self._partitions: dict[TableName, dict[tuple[str, ...], Partition]] = {}
        self._lock = threading.RLock()

    def databases(self) -> list[str]:
        with self._lock:
            return sorted(self._databases)

    def database(self, name: str) -> Database | None:
        with self._lock:
            return self._databases.get(name)

    def create_database(self, database: Database) -> None:
        location = normal.location(database.location or f"file:///{database.name}.db")
        with self._lock:
            self._databases.setdefault(database.name, replace(database, location=location))

    def tables(self, db: str) -> list[str]:
        with self._lock:
            return sorted(name.table for name in self._tables if name.db == db)

    def table(self, name: TableName) -> Table | None:
        with self._lock:
            return copy.deepcopy(self._tables.get(name))

    def create_table(self, table: Table) -> None:
        with self._lock:
            if table.name.db not in self._databases:
                raise OutsideError(f"database {table.name.db} is not in the metastore {self.name}")
            if table.name in self._tables:
                raise ConflictError(f"table {table.name} exists already")
            self._tables[table.name] = _stored_table(table)
            self._partitions[table.name] = {}

    def alter_table(self, table: Table) -> None:
        with self._lock:
            self._known(table)
            self._tables[table.name] = _stored_table(table)

    def drop_table(self, name: TableName) -> None:
        with self._lock:
            self._tables.pop(name, None)
            self._partitions.pop(name, None)

    def partitions(
        self,
        of: TableName | Table,
        prefix: Sequence[str] | None = None,
        names: Sequence[Sequence[str]] | None = None,
    ) -> list[Partition]:
        name = of.name if isinstance(of, Table) else of
        with self._lock:
            held = self._partitions.get(name, {})
            if names is not None:
                chosen = [held[key] for key in dict.fromkeys(map(tuple, names)) if key in held]
            else:
                start = tuple(prefix or ())
                chosen = [p for p in held.values() if p.values[: len(start)] == start]
            return copy.deepcopy(chosen)

    def add_partitions(self, table: Table, partitions: Sequence[Partition]) -> list[PartitionFailure]:
        failures = []
        with self._lock:
            held = self._known(table)
            for partition in partitions:
                if partition.values in held:
                    failures.append(PartitionFailure(partition.values, "exists already"))
                else:
                    held[partition.values] = _stored_partition(partition)
        return failures

    def alter_partitions(self, table: Table, partitions: Sequence[Partition]) -> list[PartitionFailure]:
        with self._lock:
            held = self._known(table)
            missing = {p.values for p in partitions if p.values not in held}
            whole = bool(missing) and self.transactional
            for partition in partitions:
                if not whole and partition.values not in missing:
                    held[partition.values] = _stored_partition(partition)
        return [
            PartitionFailure(p.values, "does not exist" if p.values in missing else "not done: all or none")
            for p in partitions
            if whole or p.values in missing
        ]

    def drop_partitions(self, table: Table, values: Sequence[tuple[str, ...]]) -> list[PartitionFailure]:
        with self._lock:
            for key in values:
                self._partitions.get(table.name, {}).pop(key, None)
        return []

    def close(self) -> None:
        pass

    def _known(self, table: Table) -> dict[tuple[str, ...], Partition]:
        if table.name not in self._tables:
            raise OutsideError(f"table {table.name} is not in the metastore {self.name}")
        return self._partitions[table.name]


def _stored_table(table: Table) -> Table:
    stored = copy.deepcopy(table)
    return replace(
        stored, location=normal.location(table.location), parameters=normal.parameters(table.parameters)
    )


def _stored_partition(partition: Partition) -> Partition:
    stored = copy.deepcopy(partition)
    return replace(
        stored,
        location=normal.location(partition.location),
        parameters=normal.parameters(partition.parameters),
    )
