from __future__ import annotations

import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from warehouse.contract import Column, Format
from warehouse.ddl import parse_ddl
from warehouse.ddl_parse import (
    AddColumns,
    ChangeColumn,
    CommentOnTable,
    CreateDatabase,
    CreateTable,
    DropTable,
    SetProperties,
    UnsetProperties,
)
from warehouse.errors import ProjectError
from warehouse.names import TableName

SONGPLAYS = TableName("music", "songplays")

FULL = r"""
-- what was played
create external table if not exists music.songplays (
  songplay_id STRING COMMENT 'sha2, it\'s a key',
  `user_id`   BIGINT,
  date        DATE,
  amount DECIMAL(9, 2) COMMENT "double",
  s STRUCT<a: INT, b: ARRAY<STRUCT<c: MAP<STRING, BIGINT>>>>
)
COMMENT 'One row per song'
PARTITIONED BY (dt STRING COMMENT 'day', hour INT)
STORED AS PARQUET
LOCATION 's3://lake/music/songplays/'
TBLPROPERTIES ('source.path' = 'x', "b"='1', c.d = TRUE, e = 7);
"""


def test_create_table() -> None:
    statement = parse_ddl(FULL, "f.sql")
    assert isinstance(statement, CreateTable)
    assert statement.table == SONGPLAYS
    assert statement.columns == (
        Column("songplay_id", "string", "sha2, it's a key"),
        Column("user_id", "bigint"),
        Column("date", "date"),
        Column("amount", "decimal(9,2)", "double"),
        Column("s", "struct<a:int,b:array<struct<c:map<string,bigint>>>>"),
    )
    assert statement.partitions == (Column("dt", "string", "day"), Column("hour", "int"))
    assert statement.storage.format is Format.PARQUET
    assert statement.location == "s3://lake/music/songplays"
    assert statement.comment == "One row per song"
    assert statement.properties == {"source.path": "x", "b": "1", "c.d": "true", "e": "7"}


def test_clauses_come_in_any_order() -> None:
    head = "CREATE EXTERNAL TABLE a.b (x INT)"
    clauses = [
        "COMMENT 'c'",
        "PARTITIONED BY (dt STRING)",
        "STORED AS ORC",
        "LOCATION 's3://l/x'",
        "TBLPROPERTIES ('k'='v')",
    ]
    forth, back = (parse_ddl(" ".join([head, *order]), "f.sql") for order in (clauses, clauses[::-1]))
    assert forth == back


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("CREATE DATABASE music", CreateDatabase("music")),
        (
            "create schema if not exists music comment 'c' location 's3://l/m/';",
            CreateDatabase("music", "c", "s3://l/m"),
        ),
        (
            "ALTER TABLE music.songplays ADD COLUMNS (a INT COMMENT 'x', b STRING)",
            AddColumns(SONGPLAYS, (Column("a", "int", "x"), Column("b", "string"))),
        ),
        (
            "ALTER TABLE music.songplays ADD COLUMN (a INT) CASCADE",
            AddColumns(SONGPLAYS, (Column("a", "int"),)),
        ),
        ("ALTER TABLE music.songplays CHANGE a a INT", ChangeColumn(SONGPLAYS, "a", "int", None)),
        (
            "ALTER TABLE music.songplays CHANGE COLUMN a `a` STRUCT<x: INT> COMMENT '' CASCADE",
            ChangeColumn(SONGPLAYS, "a", "struct<x:int>", ""),
        ),
        ("ALTER TABLE music.songplays CHANGE COLUMN a TYPE INT", ChangeColumn(SONGPLAYS, "a", "int", None)),
        ("ALTER TABLE music.songplays ALTER COLUMN a TYPE INT", ChangeColumn(SONGPLAYS, "a", "int", None)),
        ("ALTER TABLE music.songplays ALTER COLUMN a COMMENT 'c'", ChangeColumn(SONGPLAYS, "a", None, "c")),
        ("ALTER TABLE music.songplays CHANGE COLUMN a COMMENT 'c'", ChangeColumn(SONGPLAYS, "a", None, "c")),
        ("ALTER TABLE music.songplays SET TBLPROPERTIES ('a'='b')", SetProperties(SONGPLAYS, {"a": "b"})),
        (
            "ALTER TABLE music.songplays UNSET TBLPROPERTIES IF EXISTS ('a', b.c)",
            UnsetProperties(SONGPLAYS, ("a", "b.c"), True),
        ),
        ("COMMENT ON TABLE music.songplays IS 'c'", CommentOnTable(SONGPLAYS, "c")),
        ("COMMENT ON TABLE music.songplays IS NULL", CommentOnTable(SONGPLAYS, "")),
        ("DROP TABLE IF EXISTS music.songplays ; -- gone", DropTable(SONGPLAYS)),
    ],
)  # fmt: skip
def test_statements(text: str, wanted: object) -> None:
    assert parse_ddl(text, "f.sql") == wanted


def table(rest: str, columns: str = "x STRING") -> CreateTable:
    statement = parse_ddl(f"CREATE EXTERNAL TABLE a.b ({columns}) {rest}", "f.sql")
    assert isinstance(statement, CreateTable)
    return statement


@pytest.mark.parametrize(
    ("rest", "kind", "serde", "properties"),
    [
        ("", Format.TEXTFILE, "LazySimpleSerDe", {}),
        ("STORED AS TEXTFILE", Format.TEXTFILE, "LazySimpleSerDe", {}),
        ("STORED AS orc", Format.ORC, "OrcSerde", {}),
        (
            r"ROW FORMAT DELIMITED FIELDS TERMINATED BY '\t' ESCAPED BY '\\' "
            r"COLLECTION ITEMS TERMINATED BY ',' MAP KEYS TERMINATED BY ':' LINES TERMINATED BY '\n'",
            Format.TEXTFILE,
            "LazySimpleSerDe",
            {
                "field.delim": "\t",
                "serialization.format": "\t",
                "escape.delim": "\\",
                "colelction.delim": ",",
                "mapkey.delim": ":",
                "line.delim": "\n",
            },
        ),
        (
            "ROW FORMAT SERDE 'org.apache.hadoop.hive.serde2.OpenCSVSerde' "
            "WITH SERDEPROPERTIES ('separatorChar'=';')",
            Format.TEXTFILE,
            "OpenCSVSerde",
            {"separatorChar": ";"},
        ),
        (
            "ROW FORMAT SERDE 'org.apache.hive.hcatalog.data.JsonSerDe' STORED AS TEXTFILE",
            Format.TEXTFILE,
            "JsonSerDe",
            {},
        ),
        (
            "STORED AS INPUTFORMAT 'x.In' OUTPUTFORMAT 'x.Out' ROW FORMAT SERDE 'x.Serde'",
            Format.CUSTOM,
            "Serde",
            {},
        ),
    ],
)
def test_storage(rest: str, kind: Format, serde: str, properties: dict[str, str]) -> None:
    storage = table(rest).storage
    assert storage.format is kind
    assert storage.serde.rpartition(".")[2] == serde
    assert storage.serde_properties == {"serialization.format": "1", **properties}


C = "CREATE EXTERNAL TABLE a.b (x INT) "
REFUSED = [
    ("CREATE TABLE a.b (x INT)", 8, "managed"),
    ("CREATE OR REPLACE TABLE a.b (x INT)", 8, "OR REPLACE"),
    ("CREATE VIEW a.b AS SELECT 1", 8, "CREATE VIEW"),
    ("CREATE TEMPORARY TABLE a.b (x INT)", 8, "CREATE TEMPORARY"),
    ("CREATE EXTERNAL TABLE a.b LIKE c.d", 27, "LIKE"),
    ("CREATE EXTERNAL TABLE b (x INT)", 23, "does not say its database"),
    ("CREATE EXTERNAL TABLE c.a.b (x INT)", 23, "two parts"),
    ("CREATE EXTERNAL TABLE a.B (x INT)", 25, "'B' is not a name"),
    ("CREATE EXTERNAL TABLE a.`b c` (x INT)", 25, "'b c' is not a name"),
    ("CREATE EXTERNAL TABLE a.b (X INT)", 28, "'X' is not a name"),
    ("CREATE EXTERNAL TABLE a.b (x STRUCT<aB: INT>)", 37, "field 'aB'"),
    ("CREATE EXTERNAL TABLE a.b (x STRUCT<a: INT COMMENT 'c'>)", 44, "no COMMENT"),
    ("CREATE EXTERNAL TABLE a.b (x INT, y INT, x STRING)", 42, "'x' is there twice"),
    ("CREATE EXTERNAL TABLE a.b (x)", 28, "'x' has no type"),
    ("CREATE EXTERNAL TABLE a.b ()", 27, "no columns"),
    ("CREATE EXTERNAL TABLE a.b PARTITIONED BY (dt STRING)", 27, "no columns"),
    ("CREATE EXTERNAL TABLE a.b (x INT NOT NULL)", 34, "NOT is not allowed"),
    ("CREATE EXTERNAL TABLE a.b (x INT, PRIMARY KEY (x))", 35, "constraints"),
    ("CREATE EXTERNAL TABLE a.b (x INT, CONSTRAINT k UNIQUE (x))", 35, "constraints"),
    ("CREATE EXTERNAL TABLE a.b (x TIMESTAMP_NTZ)", 30, "TIMESTAMP_NTZ"),
    ("CREATE EXTERNAL TABLE a.b (x INT COMMENT 'it''s')", 46, "two literals"),
    ("CREATE EXTERNAL TABLE a.b (x INT COMMENT '" + "c" * 256 + "')", 42, "256 characters"),
    (C + "PARTITIONED BY (x INT)", 51, "also a column"),
    (C + "PARTITIONED BY (dt)", 51, "has no type"),
    (C + "PARTITIONED BY (dt DOUBLE)", 54, "not partitioned by DOUBLE"),
    (C + "USING parquet", 35, "USING"),
    (C + "CLUSTERED BY (x) INTO 4 BUCKETS", 35, "CLUSTERED"),
    (C + "AS SELECT 1", 35, "AS is not allowed"),
    (C + "STORED AS AVRO", 45, "AVRO"),
    (C + "STORED BY 'x'", 42, "STORED BY"),
    (C + "STORED AS PARQUET STORED AS ORC", 53, "twice"),
    (C + "ROW FORMAT DELIMITED NULL DEFINED AS 'NA'", 56, "NULL DEFINED AS"),
    (C + "ROW FORMAT DELIMITED LINES TERMINATED BY ';'", 76, "line feed"),
    (C + "ROW FORMAT DELIMITED STORED AS PARQUET", 39, "does not go with"),
    (C + "ROW FORMAT SERDE 'org.apache.hadoop.hive.serde2.JsonSerDe'", 52, "Hive 3 only"),
    (C + "ROW FORMAT SERDE 'org.apache.hadoop.hive.serde2.OpenCSVSerde'", 28, "CSV table is INT"),
    (C + "ROW FORMAT SERDE 'org.apache.hadoop.hive.ql.io.orc.OrcSerde'", 39, "ORC files only"),
    (C + "STORED AS INPUTFORMAT 'org.apache.hadoop.hive.ql.io.orc.OrcInputFormat' OUTPUTFORMAT "
     "'org.apache.hadoop.hive.ql.io.orc.OrcOutputFormat'", 170, "without a serde"),
    (C + "LOCATION 's3a://b/c'", 44, "s3a://"),
    (C + "LOCATION 's3://b/../c'", 44, "not a location"),
    (C + "TBLPROPERTIES ('projection.enabled'='true')", 50, "projection"),
    (C + "TBLPROPERTIES ('a'='1', 'storage.location.template'='x')", 59, "projection"),
    (C + "TBLPROPERTIES ('transactional'='true')", 50, "transactional"),
    (C + "TBLPROPERTIES ('external.table.purge'='true')", 50, "purge"),
    (C + "TBLPROPERTIES ('EXTERNAL'='FALSE')", 50, "'EXTERNAL'"),
    (C + "TBLPROPERTIES ('spark.sql.sources.provider'='parquet')", 50, "spark.sql"),
    (C + "TBLPROPERTIES ('a'='1', 'a'='2')", 59, "twice"),
    (C + "TBLPROPERTIES ('a')", 53, "expected ="),
    ("ALTER TABLE a.b RENAME TO a.c", 17, "RENAME"),
    ("ALTER TABLE a.b RENAME COLUMN x TO y", 17, "RENAME COLUMN"),
    ("ALTER TABLE a.b CHANGE x y INT", 26, "cannot be renamed"),
    ("ALTER TABLE a.b CHANGE x x INT FIRST", 32, "moved"),
    ("ALTER TABLE a.b DROP COLUMN x", 17, "DROP COLUMN"),
    ("ALTER TABLE a.b REPLACE COLUMNS (x INT)", 17, "REPLACE COLUMNS"),
    ("ALTER TABLE a.b ADD PARTITION (dt='x')", 17, "ADD"),
    ("ALTER TABLE a.b PARTITION (dt='x') SET LOCATION 'x'", 17, "PARTITION"),
    ("ALTER TABLE a.b SET LOCATION 'x'", 17, "SET LOCATION"),
    ("ALTER TABLE a.b ADD COLUMNS (x INT) RESTRICT", 37, "expected ;"),
    ("ALTER TABLE a.b SET TBLPROPERTIES ('projection.enabled'='true')", 36, "projection"),
    ("ALTER VIEW a.b AS SELECT 1", 1, "ALTER"),
    ("MSCK REPAIR TABLE a.b", 1, "MSCK"),
    ("INSERT OVERWRITE TABLE a.b SELECT 1", 1, "INSERT"),
    ("DROP TABLE a.b PURGE", 16, "PURGE"),
    ("DROP DATABASE a", 1, "DROP"),
    ("DROP TABLE a.b; DROP TABLE a.c", 17, "second statement"),
    ("DROP TABLE a.b DROP", 16, "expected ;"),
    ("CREATE DATABASE a WITH DBPROPERTIES ('a'='b')", 19, "WITH"),
    ("CREATE DATABASE a MANAGEDLOCATION 'x'", 19, "MANAGEDLOCATION"),
    ("", 1, "no statement"),
    ("  -- nothing\n;", 1, "no statement"),
    ("CREATE EXTERNAL TABLE a.b (x INT", 33, "end of the file"),
    ("CREATE EXTERNAL TABLE a.b (x INT,)", 34, "found ')'"),
    ("CREATE EXTERNAL TABLE a.b (x 'INT')", 30, "expected a type"),
    ("CREATE EXTERNAL TABLE a.b (x INT) COMMENT c", 43, "expected the comment"),
    ("CREATE EXTERNAL TABLE a.b (x INT) COMMENT 'c", 43, "does not end"),
]  # fmt: skip


@pytest.mark.parametrize(("text", "column", "what"), REFUSED, ids=[what for _, _, what in REFUSED])
def test_refused_with_its_place(text: str, column: int, what: str) -> None:
    with pytest.raises(ProjectError) as caught:
        parse_ddl(text, "ddl/a/b/V001__x.sql")
    error = caught.value
    assert what in error.what
    assert error.where is not None
    assert (error.where.path, error.where.line, error.where.column) == ("ddl/a/b/V001__x.sql", 1, column)


@pytest.mark.parametrize(
    ("text", "why", "fix"),
    [
        ("CREATE TABLE a.b (x INT)", "delete", "CREATE EXTERNAL TABLE"),
        (C + "USING parquet", "delete", "STORED AS PARQUET"),
        ("MSCK REPAIR TABLE a.b", "half-written", "adopt"),
        ("ALTER TABLE a.b RENAME COLUMN x TO y", "NULL", "new name"),
        (C + "TBLPROPERTIES ('projection.enabled'='true')", "ignore", "leave it out"),
        ("CREATE EXTERNAL TABLE a.B (x INT)", "lower case", "lower_snake_case"),
    ],
)
def test_refusals_say_why_and_what_works(text: str, why: str, fix: str) -> None:
    with pytest.raises(ProjectError) as caught:
        parse_ddl(text, "f.sql")
    assert why in (caught.value.why or "") and fix in (caught.value.fix or "")


PARTS = [
    part
    for text in (FULL, *(text for text, _, _ in REFUSED))
    for part in re.findall(r"\w+|\s+|'[^']*'|.", text)
]


@st.composite
def damaged(draw: st.DrawFn) -> str:
    """A statement with a few of its parts taken out, doubled, or replaced by others."""
    parts = re.findall(r"\w+|\s+|'[^']*'|.", draw(st.sampled_from([FULL, *(text for text, _, _ in REFUSED)])))
    for _ in range(draw(st.integers(0, 3))):
        at = draw(st.integers(0, len(parts)))
        parts[at : at + draw(st.integers(0, 2))] = draw(
            st.lists(st.sampled_from(PARTS) | st.text(max_size=3), max_size=2)
        )
    return "".join(parts)


@settings(max_examples=500)
@given(damaged())
def test_damaged_text_is_read_or_told_with_its_place(text: str) -> None:
    try:
        parse_ddl(text, "f.sql")
    except ProjectError as error:
        assert error.where is not None and error.where.line is not None
        assert str(error)
