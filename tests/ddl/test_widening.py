"""What ``widening`` allows, Spark reads right from files written before the change; what it refuses, not."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from warehouse.contract import Format
from warehouse.types import widening

from .changes import ALLOWED, ROWS, VALUES, written
from .conftest import Spark, SparkError

pytestmark = [pytest.mark.spark, pytest.mark.metastore]


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
    """Rows by condition. ``values`` are some to compare with."""
    conditions = ["true", f"{column} IS NULL", f"{column} IS NOT NULL"]
    if values:
        first, last = values[0], values[-1]
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
    column = f"c{PAIRS[storage].index((old, new))}"
    values = written(old, new)[1][: len(VALUES.get(old, ()))]
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
