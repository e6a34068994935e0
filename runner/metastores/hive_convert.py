"""Our values as Hive's Thrift structs, and back: what is written compares equal to what is read."""

from __future__ import annotations

import time
from collections.abc import Iterable, Sequence
from typing import Any

from pymetastore.hive_metastore import ttypes

from runner.metastores import Database, Partition, Table, normal
from warehouse.contract import Column, Storage
from warehouse.names import TableName


def to_database(database: Database) -> Any:
    return ttypes.Database(
        name=database.name,
        description=database.comment or None,
        locationUri=normal.location(database.location) if database.location else None,
        parameters={},
    )


def from_database(found: Any) -> Database:
    return Database(
        name=found.name,
        location=normal.location(found.locationUri) if found.locationUri else None,
        comment=found.description or "",
    )


def to_table(table: Table) -> Any:
    parameters = normal.parameters(table.parameters)
    if table.kind == "EXTERNAL_TABLE":
        parameters["EXTERNAL"] = "TRUE"  # what Hive goes by; the kind alone is ignored
    if table.comment:
        parameters["comment"] = table.comment
    return ttypes.Table(
        tableName=table.name.table,
        dbName=table.name.db,
        owner=table.owner,
        createTime=int(time.time()),
        lastAccessTime=0,
        retention=0,
        sd=_descriptor(table.columns, table.storage, table.location, table.name.table),
        partitionKeys=_fields(table.partitions),
        parameters=parameters,
        tableType=table.kind,
    )


def from_table(found: Any) -> Table:
    return Table(
        name=TableName(found.dbName, found.tableName),
        columns=_columns(found.sd.cols),
        partitions=_columns(found.partitionKeys),
        storage=_storage(found.sd),
        location=normal.location(found.sd.location or ""),
        comment=(found.parameters or {}).get("comment", ""),
        parameters=normal.parameters(found.parameters),
        owner=found.owner or "",
        kind=found.tableType or "MANAGED_TABLE",
    )


def to_partition(name: TableName, partition: Partition) -> Any:
    return ttypes.Partition(
        values=list(partition.values),
        dbName=name.db,
        tableName=name.table,
        createTime=int(time.time()),
        lastAccessTime=0,
        sd=_descriptor(partition.columns, partition.storage, partition.location, name.table),
        parameters=normal.parameters(partition.parameters),
    )


def from_partitions(found: Iterable[Any]) -> list[Partition]:
    """Partitions of one table. Equal columns and storages are one object: a table has thousands."""
    columns: dict[tuple[tuple[str, str, str | None], ...], tuple[Column, ...]] = {}
    storages: dict[tuple[Any, ...], Storage] = {}
    partitions = []
    for one in found:
        sd, serde = one.sd, one.sd.serdeInfo
        shape = tuple([(c.name, c.type, c.comment) for c in sd.cols])
        stored = (
            sd.inputFormat,
            sd.outputFormat,
            serde.serializationLib,
            tuple((serde.parameters or {}).items()),
        )
        if shape not in columns:
            columns[shape] = _columns(sd.cols)
        if stored not in storages:
            storages[stored] = _storage(sd)
        partitions.append(
            Partition(
                values=tuple(one.values),
                columns=columns[shape],
                storage=storages[stored],
                location=normal.location(sd.location or ""),
                parameters=normal.parameters(one.parameters),
            )
        )
    return partitions


def _descriptor(columns: Sequence[Column], storage: Storage, location: str, name: str) -> Any:
    return ttypes.StorageDescriptor(
        cols=_fields(columns),
        location=normal.location(location) if location else None,
        inputFormat=storage.input_format,
        outputFormat=storage.output_format,
        compressed=False,
        numBuckets=-1,
        serdeInfo=ttypes.SerDeInfo(
            name=name, serializationLib=storage.serde, parameters=dict(storage.serde_properties)
        ),
        bucketCols=[],
        sortCols=[],
        parameters={},
        storedAsSubDirectories=False,
    )


def _fields(columns: Iterable[Column]) -> list[Any]:
    return [ttypes.FieldSchema(name=c.name, type=c.type, comment=c.comment or None) for c in columns]


def _columns(fields: Iterable[Any] | None) -> tuple[Column, ...]:
    return tuple(normal.column(f.name, f.type, f.comment) for f in fields or ())


def _storage(sd: Any) -> Storage:
    serde = sd.serdeInfo
    return normal.storage(
        sd.inputFormat or "", sd.outputFormat or "", serde.serializationLib or "", serde.parameters or {}
    )
