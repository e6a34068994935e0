"""A table's contract: what its DDL promises to readers."""

from __future__ import annotations

import hashlib
from enum import StrEnum

import msgspec

from warehouse.names import TableName


class Column(msgspec.Struct, frozen=True, omit_defaults=True):
    """One column. ``type`` is Hive's text in lower case without spaces: ``struct<a:int,b:array<string>>``."""

    name: str
    type: str
    comment: str = ""


class Format(StrEnum):
    """How files are stored. ``CUSTOM`` is what an imported or adopted table brought along."""

    PARQUET = "parquet"
    ORC = "orc"
    TEXTFILE = "textfile"
    CUSTOM = "custom"


class Storage(msgspec.Struct, frozen=True, omit_defaults=True):
    """Hive's storage descriptor without columns and location."""

    format: Format
    input_format: str
    output_format: str
    serde: str
    serde_properties: dict[str, str] = {}


class Contract(msgspec.Struct, frozen=True, omit_defaults=True):
    """The schema that replaying a table's DDL files gives.

    ``version`` is the number of the last file replayed (0: taken from a metastore, not from files).
    ``location`` is the table's root as a URI, or relative to the lake where it lies in it.
    """

    table: str
    columns: tuple[Column, ...]
    partitions: tuple[Column, ...]
    storage: Storage
    location: str
    comment: str = ""
    properties: dict[str, str] = {}
    version: int = 0

    @property
    def name(self) -> TableName:
        return TableName.parse(self.table)

    @property
    def partition_columns(self) -> tuple[str, ...]:
        return tuple(column.name for column in self.partitions)

    @property
    def is_snapshot(self) -> bool:
        """Whether the table is not partitioned: its own LOCATION is the pointer."""
        return not self.partitions

    @property
    def all_columns(self) -> tuple[Column, ...]:
        return (*self.columns, *self.partitions)

    @property
    def digest(self) -> str:
        """What makes a slice stale: names, order and types of all columns, and the storage.

        Comments, table properties and the location are no part of it: rewriting rows for them is waste.
        """
        shape = (
            tuple((c.name, c.type) for c in self.columns),
            tuple((c.name, c.type) for c in self.partitions),
            self.storage,
        )
        return hashlib.blake2b(msgspec.json.encode(shape, order="sorted"), digest_size=12).hexdigest()
