"""What readers see: databases, tables, partitions. One protocol; a new kind of metastore is one file."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Protocol

from warehouse.contract import Column, Storage
from warehouse.names import TableName


@dataclass(frozen=True)
class Database:
    """A database. ``location`` is a URI or None for the metastore's own choice."""

    name: str
    location: str | None = None
    comment: str = ""


@dataclass(frozen=True)
class Table:
    """A table as a metastore holds it. ``kind`` is Hive's: EXTERNAL_TABLE, MANAGED_TABLE, VIRTUAL_VIEW."""

    name: TableName
    columns: tuple[Column, ...]
    partitions: tuple[Column, ...]
    storage: Storage
    location: str
    comment: str = ""
    parameters: dict[str, str] = field(default_factory=dict)
    owner: str = ""
    kind: str = "EXTERNAL_TABLE"


@dataclass(frozen=True)
class Partition:
    """A partition as a metastore holds it: ``values`` in the order of the table's partition columns."""

    values: tuple[str, ...]
    columns: tuple[Column, ...]
    storage: Storage
    location: str
    parameters: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class PartitionFailure:
    """One entry of a batch that was not done, and what the metastore said."""

    values: tuple[str, ...]
    why: str


class Metastore(Protocol):
    """Tables and partitions by name.

    Every method raises :class:`warehouse.errors.OutsideError` when the metastore cannot be reached or
    refuses. Writes of partitions answer the entries that failed; an empty list means all are done.
    """

    name: str
    """For people and for the log: ``thrift://host:9083``, ``glue:eu-west-1``, ``embedded``."""

    transactional: bool
    """Whether one :meth:`alter_partitions` of many is a single transaction."""

    def databases(self) -> list[str]: ...

    def database(self, name: str) -> Database | None: ...

    def create_database(self, database: Database) -> None:
        """Make it; nothing happens if it is there."""

    def tables(self, db: str) -> list[str]: ...

    def table(self, name: TableName) -> Table | None: ...

    def create_table(self, table: Table) -> None:
        """Raise :class:`warehouse.errors.ConflictError` if it is there."""

    def alter_table(self, table: Table) -> None:
        """Replace the definition whole; partitions are left as they are."""

    def drop_table(self, name: TableName) -> None:
        """Drop the table and its partitions from the metastore, no data; nothing if it is not there."""

    def partitions(
        self,
        of: TableName | Table,
        prefix: Sequence[str] | None = None,
        names: Sequence[Sequence[str]] | None = None,
    ) -> list[Partition]:
        """All partitions, or those whose values start with ``prefix``, or those of ``names`` that exist.

        With the table as it was just read, finding some by name needs no other look at it.
        """

    def add_partitions(self, table: Table, partitions: Sequence[Partition]) -> list[PartitionFailure]: ...

    def alter_partitions(self, table: Table, partitions: Sequence[Partition]) -> list[PartitionFailure]: ...

    def drop_partitions(self, table: Table, values: Sequence[tuple[str, ...]]) -> list[PartitionFailure]:
        """Drop from the metastore, no data; those that are gone already count as done."""

    def close(self) -> None: ...
