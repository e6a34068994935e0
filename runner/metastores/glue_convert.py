"""Our values as Glue's inputs, and Glue's answers as our values."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from runner.metastores import Database, Partition, Table, normal
from warehouse.contract import Column, Storage
from warehouse.names import TableName

_DESCRIPTION = 2048
"""Characters that Glue takes as a table's description."""


def to_database(database: Database) -> dict[str, Any]:
    made: dict[str, Any] = {"Name": database.name}
    if database.comment:
        made["Description"] = database.comment
    if database.location:
        made["LocationUri"] = normal.location(database.location)
    return made


def from_database(found: Mapping[str, Any]) -> Database:
    location = found.get("LocationUri")
    return Database(
        name=found["Name"],
        location=normal.location(location) if location else None,
        comment=found.get("Description", ""),
    )


def to_table(table: Table) -> dict[str, Any]:
    parameters = normal.parameters(table.parameters)
    if table.kind == "EXTERNAL_TABLE":
        parameters["EXTERNAL"] = "TRUE"
    made: dict[str, Any] = {
        "Name": table.name.table,
        "TableType": table.kind,
        "StorageDescriptor": _descriptor(table.columns, table.storage, table.location),
        "PartitionKeys": _fields(table.partitions),
        "Parameters": parameters,
        "Retention": 0,
    }
    if table.comment:  # Athena shows the one, Spark and Hive the other
        parameters["comment"] = table.comment
        made["Description"] = table.comment[:_DESCRIPTION]
    if table.owner:
        made["Owner"] = table.owner
    return made


def from_table(found: Mapping[str, Any]) -> Table:
    descriptor = found.get("StorageDescriptor", {})
    parameters = found.get("Parameters", {})
    return Table(
        name=TableName(found["DatabaseName"], found["Name"]),
        columns=_columns(descriptor.get("Columns", ())),
        partitions=_columns(found.get("PartitionKeys", ())),
        storage=_storage(descriptor),
        location=normal.location(descriptor.get("Location", "")),
        comment=parameters.get("comment") or found.get("Description", ""),
        parameters=normal.parameters(parameters),
        owner=found.get("Owner", ""),
        kind=found.get("TableType", "EXTERNAL_TABLE"),
    )


def to_partition(partition: Partition) -> dict[str, Any]:
    return {
        "Values": list(partition.values),
        "StorageDescriptor": _descriptor(partition.columns, partition.storage, partition.location),
        "Parameters": normal.parameters(partition.parameters),
    }


def from_partitions(found: Iterable[Mapping[str, Any]]) -> list[Partition]:
    return [
        Partition(
            values=tuple(one["Values"]),
            columns=_columns(one["StorageDescriptor"].get("Columns", ())),
            storage=_storage(one["StorageDescriptor"]),
            location=normal.location(one["StorageDescriptor"].get("Location", "")),
            parameters=normal.parameters(one.get("Parameters")),
        )
        for one in found
    ]


def stored(partition: Partition) -> Partition:
    """A partition as it will be read back."""
    written = to_partition(partition)
    return from_partitions([written])[0]


def _descriptor(columns: Iterable[Column], storage: Storage, location: str) -> dict[str, Any]:
    return {
        "Columns": _fields(columns),
        "Location": _with_slash(location),
        "InputFormat": storage.input_format,
        "OutputFormat": storage.output_format,
        "Compressed": False,
        "NumberOfBuckets": -1,
        "SerdeInfo": {
            "SerializationLibrary": storage.serde,
            "Parameters": dict(storage.serde_properties),
        },
        "BucketColumns": [],
        "SortColumns": [],
        "Parameters": {},
        "StoredAsSubDirectories": False,
    }


def _with_slash(location: str) -> str:
    """Athena asks for a slash at the end of a location on S3: without one a prefix may be meant."""
    location = normal.location(location)
    return f"{location}/" if location.startswith("s3") else location


def _fields(columns: Iterable[Column]) -> list[dict[str, str]]:
    return [
        {"Name": c.name, "Type": c.type, **({"Comment": c.comment} if c.comment else {})} for c in columns
    ]


def _columns(fields: Iterable[Mapping[str, Any]]) -> tuple[Column, ...]:
    return tuple(normal.column(f["Name"], f.get("Type", ""), f.get("Comment")) for f in fields)


def _storage(descriptor: Mapping[str, Any]) -> Storage:
    serde = descriptor.get("SerdeInfo", {})
    return normal.storage(
        descriptor.get("InputFormat", ""),
        descriptor.get("OutputFormat", ""),
        serde.get("SerializationLibrary", ""),
        serde.get("Parameters", {}),
    )
