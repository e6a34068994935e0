"""What ``widening`` allows, Spark reads right from files written before the change; what it refuses, not."""

from __future__ import annotations

from itertools import count
from pathlib import Path
from typing import Any

import pytest

from warehouse.contract import Format
from warehouse.types import widening

from .conftest import Spark, SparkError
from .test_types import ALLOWED

pytestmark = [pytest.mark.spark, pytest.mark.metastore]

_numbers = count(1)

VALUES = {
    "tinyint": ["-128", "0", "127"],
    "smallint": ["-32768", "0", "32767"],
    "int": ["-2147483648", "0", "2147483647"],
    "float": ["CAST(0.5 AS FLOAT)", "CAST(-2.25 AS FLOAT)"],
    "double": ["0.5", "-2.25"],
    "decimal(9,2)": ["-1234567.89", "0.00", "0.01"],
    "decimal(18,2)": ["-1234567.89", "0.00", "0.01"],
    "varchar(3)": ["''", "'abc'", "'é\U0001f600z'"],
    "char(4)": ["'abcd'"],
    "date": ["DATE '1969-07-20'", "DATE '2024-02-29'"],
}
NESTED = {
    "struct<a:int>": "named_struct('a', 7)",
    "struct<a:struct<b:int>,c:int>": "named_struct('a', named_struct('b', 7), 'c', 8)",
    "array<struct<a:int>>": "array(named_struct('a', 7), named_struct('a', 8))",
    "map<string,struct<a:int>>": "map('k', named_struct('a', 7))",
}
WIDENED = {
    "struct<a:int,b:string>": "named_struct('a', 7, 'b', CAST(NULL AS STRING))",
    "struct<a:struct<b:int,d:date>,c:int>": (
        "named_struct('a', named_struct('b', 7, 'd', CAST(NULL AS DATE)), 'c', 8)"
    ),
    "array<struct<a:int,b:string>>": (
        "array(named_struct('a', 7, 'b', CAST(NULL AS STRING)), "
        "named_struct('a', 8, 'b', CAST(NULL AS STRING)))"
    ),
    "map<string,struct<a:int,b:string>>": "map('k', named_struct('a', 7, 'b', CAST(NULL AS STRING)))",
}


def tables(spark: Spark, root: Path, storage: Format, old: str, new: str) -> tuple[str, str, list[str]]:
    """A table of the new type over files of the old one, one that was written with the new, their values."""
    number = next(_numbers)
    values = [f"CAST({value} AS {old})" for value in VALUES[old]] if old in VALUES else [NESTED[old]]
    widened = [f"CAST({value} AS {new})" for value in values] if old in VALUES else [WIDENED[new]]
    names = [f"widening.{kind}_{number}" for kind in ("old", "new", "fresh")]
    for name, kind, folder in zip(names, (old, new, new), ("old", "old", "fresh"), strict=True):
        place = (root / f"{folder}_{number}").as_uri()
        spark(f"CREATE EXTERNAL TABLE {name} (id INT, c {kind}) STORED AS {storage.value} LOCATION '{place}'")
    for name, rows in ((names[0], values), (names[2], widened)):
        spark(f"INSERT INTO {name} SELECT /*+ COALESCE(1) */ * FROM VALUES " + ", ".join(
            f"({i}, {value})" for i, value in enumerate([*rows, "NULL"])
        ))  # fmt: skip
    return names[1], names[2], widened


def answers(spark: Spark, table: str, values: list[str], *, scalar: bool) -> list[list[Any]]:
    conditions = ["true", "c IS NULL", "c IS NOT NULL"]
    if scalar:
        first, last = values[0], values[-1]
        conditions += [f"c = {first}", f"c > {first}", f"c <= {last}", f"c IN ({first}, {last})"]
    queries = [f"SELECT {n} AS n, * FROM {table} WHERE {condition}" for n, condition in enumerate(conditions)]
    return sorted(spark(" UNION ALL ".join(queries)), key=lambda row: row[:2])


@pytest.fixture(scope="module")
def root(spark: Spark, tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("widening")
    spark(f"CREATE DATABASE widening LOCATION '{root.as_uri()}'")
    return root


@pytest.mark.parametrize(("storage", "old", "new"), ALLOWED)
def test_what_is_allowed_reads_right(spark: Spark, root: Path, storage: Format, old: str, new: str) -> None:
    assert widening(old, new, storage) is None
    over_old, fresh, values = tables(spark, root, storage, old, new)
    scalar = old in VALUES
    wanted = answers(spark, fresh, values, scalar=scalar)
    key = f"spark.sql.{storage.value}.enableVectorizedReader"
    for vectorized in ("true", "false") if storage is not Format.TEXTFILE else ("true",):
        spark(f"SET {key}={vectorized}")
        try:
            assert answers(spark, over_old, values, scalar=scalar) == wanted
        finally:
            spark(f"RESET {key}")


@pytest.mark.parametrize(
    ("old", "new"), [("int", "bigint"), ("float", "double"), ("int", "string"), ("date", "timestamp")]
)
def test_what_is_refused_fails_in_spark(spark: Spark, root: Path, old: str, new: str) -> None:
    """Should Spark learn to read one of these, the rule can be relaxed."""
    assert widening(old, new, Format.PARQUET)
    over_old, _, _ = tables(spark, root, Format.PARQUET, old, new)
    with pytest.raises(SparkError):
        spark(f"SELECT * FROM {over_old}")
