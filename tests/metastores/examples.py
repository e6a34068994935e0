"""Tables and partitions to write into metastores."""

from __future__ import annotations

from pathlib import Path

from runner.metastores import Partition, Table
from warehouse.contract import Column, Format, Storage
from warehouse.names import Spec, TableName

PARQUET = Storage(
    format=Format.PARQUET,
    input_format="org.apache.hadoop.hive.ql.io.parquet.MapredParquetInputFormat",
    output_format="org.apache.hadoop.hive.ql.io.parquet.MapredParquetOutputFormat",
    serde="org.apache.hadoop.hive.ql.io.parquet.serde.ParquetHiveSerDe",
    serde_properties={"serialization.format": "1"},
)
TEXT = Storage(
    format=Format.TEXTFILE,
    input_format="org.apache.hadoop.mapred.TextInputFormat",
    output_format="org.apache.hadoop.hive.ql.io.HiveIgnoreKeyTextOutputFormat",
    serde="org.apache.hadoop.hive.serde2.OpenCSVSerde",
    serde_properties={"separatorChar": ";", "quoteChar": '"', "escapeChar": "\\"},
)
COLUMNS = (Column("id", "bigint"), Column("name", "string", "who"))
DT = (Column("dt", "string", "UTC day"),)
DT_HOUR = (*DT, Column("hour", "string"))


def table(
    db: str, root: Path, name: str = "t", partitions: tuple[Column, ...] = DT, **fields: object
) -> Table:
    made = {
        "name": TableName(db, name),
        "columns": COLUMNS,
        "partitions": partitions,
        "storage": PARQUET,
        "location": (root / db / name).as_uri(),
        "comment": "one row per thing",
        "parameters": {"source.path": "{dt}"},
        "owner": "ada",
    }
    return Table(**{**made, **fields})  # type: ignore[arg-type]


def partition(
    of: Table, *values: str, run: str = "run1", columns: tuple[Column, ...] | None = None
) -> Partition:
    path = Spec.of((c.name for c in of.partitions), values).path
    return Partition(
        values=values,
        columns=of.columns if columns is None else columns,
        storage=of.storage,
        location=f"{of.location}/{run}/{path}",
        parameters={"warehouse.run_id": run, "numRows": "3"},
    )


def by_values(partitions: list[Partition]) -> dict[tuple[str, ...], Partition]:
    found = {p.values: p for p in partitions}
    assert len(found) == len(partitions), "a partition came twice"
    return found
