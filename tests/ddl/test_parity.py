"""A table that we make equals the one that Spark's own CREATE makes from the same text."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from runner.metastores.hive import HiveMetastore
from runner.metastores.thrift_client import Connections
from runner.staging import table_of
from warehouse.contract import Contract
from warehouse.ddl import DdlFile, replay
from warehouse.ddl_text import compare, contract_text, own_properties

from .conftest import Spark, SparkError

pytestmark = [pytest.mark.spark, pytest.mark.metastore]

COLUMNS = "a INT COMMENT 'it\\'s \"a\" – é', b STRING, c DECIMAL(9,2)"
DAY = "PARTITIONED BY (dt STRING COMMENT 'day', hour INT)"
LAZY = "org.apache.hadoop.hive.serde2.lazy.LazySimpleSerDe"
TABLES = {
    "parquet": (
        f"({COLUMNS}) COMMENT 'it\\'s' {DAY} STORED AS PARQUET TBLPROPERTIES ('k'='v w', 'source.path'='x')"
    ),
    "types": (
        "(a TINYINT, b SMALLINT, c INTEGER, d BIGINT, e FLOAT, f DOUBLE, g DECIMAL, h DEC(12),"
        " i NUMERIC(9, 2), j DATE, k TIMESTAMP, l BOOLEAN, m BINARY, n VARCHAR(9), o CHAR(3),"
        " p ARRAY<INTEGER>, q MAP<STRING, DECIMAL(9, 2)>, r STRUCT<a: INT, b: STRUCT<c: VARCHAR(3), "
        "d: ARRAY<MAP<INT, DATE>>>>) STORED AS PARQUET"
    ),
    "orc": f"({COLUMNS}) {DAY} STORED AS ORC",
    "text": f"({COLUMNS}) {DAY} STORED AS TEXTFILE",
    "bare": "(line STRING)",
    "delimited": (
        f"({COLUMNS}) ROW FORMAT DELIMITED FIELDS TERMINATED BY '\\t' ESCAPED BY '\\\\' "
        "COLLECTION ITEMS TERMINATED BY ',' MAP KEYS TERMINATED BY ':' LINES TERMINATED BY '\\n' "
        "STORED AS TEXTFILE"
    ),
    "octal": "(a INT) ROW FORMAT DELIMITED FIELDS TERMINATED BY '\\001'",
    "raw": (
        f"(line STRING) {DAY} ROW FORMAT SERDE '{LAZY}' "
        "WITH SERDEPROPERTIES ('serialization.last.column.takes.rest'='true') STORED AS TEXTFILE"
    ),
    "csv": (
        "(a STRING, b STRING) ROW FORMAT SERDE 'org.apache.hadoop.hive.serde2.OpenCSVSerde' "
        "WITH SERDEPROPERTIES ('separatorChar'=';', 'quoteChar'='\"', 'escapeChar'='\\\\') STORED AS TEXTFILE"
    ),
    "json": (
        f"({COLUMNS}) {DAY} ROW FORMAT SERDE 'org.apache.hive.hcatalog.data.JsonSerDe' STORED AS TEXTFILE"
    ),
    "classes": (
        "(a INT) ROW FORMAT SERDE 'org.apache.hadoop.hive.ql.io.parquet.serde.ParquetHiveSerDe' "
        "WITH SERDEPROPERTIES ('x'='y') STORED AS "
        "INPUTFORMAT 'org.apache.hadoop.hive.ql.io.parquet.MapredParquetInputFormat' "
        "OUTPUTFORMAT 'org.apache.hadoop.hive.ql.io.parquet.MapredParquetOutputFormat'"
    ),
    "any_order": (
        f"({COLUMNS}) STORED AS ORC TBLPROPERTIES (orc.compress='ZLIB', n=1, t=TRUE) COMMENT 'c' {DAY}"
    ),
}


def shape(raw: Any) -> dict[str, Any]:
    """What readers go by, of a table as Thrift gives it."""
    sd = raw.sd
    return {
        "kind": raw.tableType,
        "columns": [(c.name, c.type, c.comment or "") for c in sd.cols],
        "partitions": [(c.name, c.type, c.comment or "") for c in raw.partitionKeys],
        "classes": (sd.inputFormat, sd.outputFormat, sd.serdeInfo.serializationLib),
        "serde properties": sd.serdeInfo.parameters,
        "buckets": (sd.numBuckets, sd.bucketCols, sd.sortCols, sd.compressed, sd.storedAsSubDirectories),
        "skew": (sd.skewedInfo.skewedColNames, sd.skewedInfo.skewedColValues) if sd.skewedInfo else ([], []),
        "comment": raw.parameters.get("comment"),
        "external": raw.parameters.get("EXTERNAL"),
        "properties": own_properties(raw.parameters),
        "location": (sd.location or "").rpartition("/")[0].replace("file:///", "file:/"),
    }


@pytest.fixture(scope="module")
def lake(metastore_uri: str, spark: Spark, tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("lake")
    for database in ("theirs", "ours"):
        spark(f"CREATE DATABASE {database} LOCATION '{(root / database).as_uri()}'")
    return root


def contract_from(name: str, text: str, lake: Path) -> Contract:
    file = DdlFile.named(f"ddl/ours/{name}/V001__create.sql", text)
    contract = replay([file], lambda text, path: text, lake.as_uri())
    assert contract is not None
    return contract


@pytest.mark.parametrize("name", TABLES)
def test_ours_equals_sparks(name: str, lake: Path, spark: Spark, metastore_uri: str) -> None:
    place = (lake / "tables" / name).as_uri()
    try:
        spark(f"CREATE EXTERNAL TABLE theirs.{name} {TABLES[name]} LOCATION '{place}'")
    except SparkError as error:
        if name == "json" and "ClassNotFoundException" in str(error):
            pytest.skip("the jar of Hive's JSON serde cannot be had")
        raise
    contract = contract_from(
        name, f"CREATE EXTERNAL TABLE ours.{name} {TABLES[name]} LOCATION '{place}'", lake
    )
    metastore = HiveMetastore(metastore_uri)
    metastore.create_table(table_of(contract, place))
    connections = Connections(metastore_uri, user=None, connect_timeout=5, timeout=30)
    try:
        theirs, ours = (
            shape(connections.read("reading", "get_table", db, name)) for db in ("theirs", "ours")
        )
        assert ours == theirs
        read = metastore.table(contract.name)
        assert read is not None
        back = Contract(
            str(read.name),
            read.columns,
            read.partitions,
            read.storage,
            contract.location,
            read.comment,
            read.parameters,
        )
        assert compare(contract, back) == []
        assert back.storage == contract.storage
    finally:
        connections.close()
        metastore.close()
    described = [[row[:2] for row in spark(f"DESCRIBE {db}.{name}")] for db in ("ours", "theirs")]
    assert described[0] == described[1]


@pytest.mark.parametrize("name", TABLES)
def test_spark_takes_the_text_that_we_write(name: str, lake: Path, spark: Spark) -> None:
    """What ``ddl show`` and ``ddl import`` write is Spark's language too."""
    contract = contract_from(
        name, f"CREATE EXTERNAL TABLE ours.{name} {TABLES[name]} LOCATION 's3://b/x'", lake
    )
    text = (
        contract_text(contract)
        .replace("ours.", "theirs.again_")
        .replace("s3://b/x", (lake / "again").as_uri())
    )
    try:
        spark(text.rstrip(";\n"))
    except SparkError as error:
        if name == "json" and "ClassNotFoundException" in str(error):
            pytest.skip("the jar of Hive's JSON serde cannot be had")
        raise
