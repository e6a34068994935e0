"""What ``widening`` allows, Spark reads right from files written before the change; what it refuses, not."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from warehouse.contract import Format
from warehouse.types import widening

from .conftest import Spark, SparkError
from .test_types import ALLOWED

pytestmark = [pytest.mark.spark, pytest.mark.metastore]

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


ROWS = 4


def written(kind: str, new: str) -> tuple[list[str], list[str]]:
    """Expressions for values of the old type, and for what they are in the new one; NULL at the end."""
    values = [f"CAST({value} AS {kind})" for value in VALUES[kind]] if kind in VALUES else [NESTED[kind]]
    widened = [f"CAST({value} AS {new})" for value in values] if kind in VALUES else [WIDENED[new]]
    padding = ["NULL"] * (ROWS - len(values))
    return values + padding, widened + padding


def make(
    spark: Spark, root: Path, label: str, storage: Format, pairs: list[tuple[str, str]]
) -> tuple[str, str]:
    """A table with the new types over files of the old ones, and one that was written with the new."""
    rows = [written(old, new) for old, new in pairs]
    tables = {kind: f"widening.{label}_{kind}" for kind in ("old", "new", "fresh")}
    for kind, folder in (("old", "old"), ("new", "old"), ("fresh", "fresh")):
        columns = ", ".join(f"c{n} {old if kind == 'old' else new}" for n, (old, new) in enumerate(pairs))
        place = (root / f"{label}_{folder}").as_uri()
        rest = f"(id INT, {columns}) STORED AS {storage.value} LOCATION '{place}'"
        spark(f"CREATE EXTERNAL TABLE {tables[kind]} {rest}")
    for side, kind in enumerate(("old", "fresh")):
        selects = (", ".join([str(n), *(row[side][n] for row in rows)]) for n in range(ROWS))
        union = " UNION ALL ".join(f"SELECT {select}" for select in selects)
        spark(f"INSERT INTO {tables[kind]} SELECT /*+ COALESCE(1) */ * FROM ({union})")
    return tables["new"], tables["fresh"]


def answers(spark: Spark, table: str, column: str, values: list[str]) -> list[list[Any]]:
    first, last = values[0], next(value for value in reversed(values) if value != "NULL")
    conditions = ["true", f"{column} IS NULL", f"{column} IS NOT NULL"]
    if first.startswith("CAST"):
        conditions += [
            f"{column} = {first}",
            f"{column} > {first}",
            f"{column} <= {last}",
            f"{column} IN ({first})",
        ]
    queries = (f"SELECT {n} AS n, id, {column} FROM {table} WHERE {c}" for n, c in enumerate(conditions))
    return sorted(spark(" UNION ALL ".join(queries)), key=lambda row: row[:2])


@pytest.fixture(scope="module")
def root(spark: Spark, tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("widening")
    spark(f"CREATE DATABASE widening LOCATION '{root.as_uri()}'")
    return root


PAIRS = {storage: [(old, new) for kind, old, new in ALLOWED if kind is storage] for storage, _, _ in ALLOWED}


@pytest.fixture(scope="module")
def tables(spark: Spark, root: Path) -> dict[Format, tuple[str, str]]:
    return {storage: make(spark, root, storage.value, storage, pairs) for storage, pairs in PAIRS.items()}


@pytest.mark.parametrize(("storage", "old", "new"), ALLOWED)
def test_what_is_allowed_reads_right(
    spark: Spark, tables: dict[Format, tuple[str, str]], storage: Format, old: str, new: str
) -> None:
    assert widening(old, new, storage) is None
    over_old, fresh = tables[storage]
    column, values = f"c{PAIRS[storage].index((old, new))}", written(old, new)[1]
    wanted = answers(spark, fresh, column, values)
    assert len(wanted) > ROWS
    key = f"spark.sql.{storage.value}.enableVectorizedReader"
    for vectorized in ("true", "false") if storage is not Format.TEXTFILE else ("true",):
        spark(f"SET {key}={vectorized}")
        try:
            assert answers(spark, over_old, column, values) == wanted
        finally:
            spark(f"RESET {key}")


REFUSED = [("int", "bigint"), ("float", "double"), ("int", "string"), ("date", "timestamp")]


def test_what_is_refused_fails_in_spark(spark: Spark, root: Path) -> None:
    """Should Spark learn to read one of these, the rule can be relaxed."""
    over_old, _ = make(spark, root, "refused", Format.PARQUET, REFUSED)
    for number, (old, new) in enumerate(REFUSED):
        assert widening(old, new, Format.PARQUET)
        with pytest.raises(SparkError):
            spark(f"SELECT c{number} FROM {over_old}")
