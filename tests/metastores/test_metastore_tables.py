"""What every metastore does with databases and tables."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from metastores.examples import COLUMNS, DT, TEXT, by_values, partition, table
from runner.metastores import Database, Metastore
from warehouse.contract import Column
from warehouse.errors import ConflictError, OutsideError
from warehouse.names import TableName

TYPES = (
    *("boolean", "tinyint", "smallint", "int", "bigint", "float", "double", "string", "binary", "date"),
    *("timestamp", "decimal(9,2)", "decimal(38,18)", "varchar(20)", "char(3)", "array<string>"),
    *("map<string,array<int>>", "struct<a:int,b:struct<c:date,d:array<decimal(10,2)>>>"),
)
AWKWARD = (
    *("it's", '"quoted"', "back\\slash", "100 %", "a=b;c,d", "<tag> & more", "Ünïcödé 日本語 😀", "`tick`"),
    *("{{ ds }}", "two\nlines", "tab\there", " spaces around ", "${x}", "--", "/* */"),
)


def test_a_database_reads_back_and_creating_it_again_changes_nothing(
    metastore: Metastore, tmp_path: Path
) -> None:
    name = tmp_path.name.replace("-", "_").lower()[:60]
    database = Database(name, (tmp_path / "x y").as_uri().replace("%20", " "), "it's 日本語")
    metastore.create_database(database)
    metastore.create_database(Database(name, "file:///elsewhere", "other"))
    assert metastore.database(name) == database
    assert name in metastore.databases()
    assert metastore.tables(name) == []


def test_a_database_without_a_location_gets_one(metastore: Metastore, db: str) -> None:
    metastore.create_database(Database(f"{db}_free"))
    found = metastore.database(f"{db}_free")
    assert found is not None
    assert found.location or metastore.name.startswith("glue:")


def test_what_is_not_there_is_none(metastore: Metastore, db: str) -> None:
    assert metastore.database("no_such_db") is None
    assert metastore.table(TableName(db, "no_such")) is None
    assert metastore.table(TableName("no_such_db", "no_such")) is None
    assert metastore.tables("no_such_db") == []
    assert metastore.partitions(TableName(db, "no_such")) == []
    assert metastore.partitions(TableName(db, "no_such"), prefix=("x",)) == []
    assert metastore.partitions(TableName(db, "no_such"), names=[("x",)]) == []
    metastore.drop_table(TableName(db, "no_such"))


def test_a_table_reads_back_as_written(metastore: Metastore, db: str, tmp_path: Path) -> None:
    written = table(db, tmp_path)
    metastore.create_table(written)
    assert metastore.table(written.name) == written
    assert metastore.tables(db) == ["t"]


def test_every_type_reads_back(metastore: Metastore, db: str, tmp_path: Path) -> None:
    columns = tuple(Column(f"c{i}", text, f"a {text}") for i, text in enumerate(TYPES))
    written = table(db, tmp_path, columns=columns, partitions=(Column("dt", "date"), Column("n", "int")))
    metastore.create_table(written)
    assert metastore.table(written.name) == written


@pytest.mark.parametrize("text", AWKWARD)
def test_awkward_text_reads_back(metastore: Metastore, db: str, tmp_path: Path, text: str) -> None:
    of_column = text.replace("\n", " ") if metastore.name.startswith("glue:") else text
    written = table(
        db,
        tmp_path,
        columns=(Column("a", "int", of_column),),
        partitions=(Column("dt", "string", of_column),),
        comment=text,
        parameters={"note": text},
        storage=TEXT,
    )
    metastore.create_table(written)
    assert metastore.table(written.name) == written


def test_a_table_of_four_hundred_columns(metastore: Metastore, db: str, tmp_path: Path) -> None:
    columns = tuple(Column(f"column_{i}", "struct<a:int,b:string>", f"number {i}") for i in range(400))
    written = table(db, tmp_path, columns=columns)
    metastore.create_table(written)
    assert metastore.table(written.name) == written


def test_creating_a_table_twice_is_a_conflict(metastore: Metastore, db: str, tmp_path: Path) -> None:
    written = table(db, tmp_path)
    metastore.create_table(written)
    with pytest.raises(ConflictError, match="exists already"):
        metastore.create_table(replace(written, comment="another"))
    assert metastore.table(written.name) == written


def test_a_table_of_a_database_that_is_missing_is_refused(metastore: Metastore, tmp_path: Path) -> None:
    with pytest.raises(OutsideError):
        metastore.create_table(table("no_such_db", tmp_path))


def test_altering_replaces_the_definition_and_leaves_partitions(
    metastore: Metastore, db: str, tmp_path: Path
) -> None:
    before = table(db, tmp_path)
    metastore.create_table(before)
    old = partition(before, "2018-11-01")
    assert metastore.add_partitions(before, [old]) == []
    after = replace(
        before,
        columns=(Column("id", "string", "was a number"), *COLUMNS[1:], Column("extra", "array<int>", "new")),
        comment="another",
        parameters={"only": "this"},
        location=f"{before.location}/elsewhere",
        owner="grace",
    )
    metastore.alter_table(after)
    assert metastore.table(before.name) == after
    assert by_values(metastore.partitions(before.name)) == {old.values: old}


def test_a_snapshots_location_moves_with_its_columns(metastore: Metastore, db: str, tmp_path: Path) -> None:
    before = table(db, tmp_path, partitions=())
    metastore.create_table(before)
    after = replace(before, location=f"{before.location}/run2", columns=(*COLUMNS, Column("more", "int")))
    metastore.alter_table(after)
    assert metastore.table(before.name) == after


def test_altering_what_is_not_there_is_refused(metastore: Metastore, db: str, tmp_path: Path) -> None:
    with pytest.raises(OutsideError):
        metastore.alter_table(table(db, tmp_path, name="missing"))
    assert metastore.tables(db) == []


@pytest.mark.parametrize("kind", ["EXTERNAL_TABLE", "MANAGED_TABLE"])
def test_dropping_keeps_the_data(metastore: Metastore, db: str, tmp_path: Path, kind: str) -> None:
    dropped = table(db, tmp_path, kind=kind)
    metastore.create_table(dropped)
    part = partition(dropped, "2018-11-01")
    metastore.add_partitions(dropped, [part])
    for location in (dropped.location, part.location):
        directory = Path(location.removeprefix("file://"))
        directory.mkdir(parents=True, exist_ok=True)
        (directory / "part-0.parquet").write_text("rows")
    metastore.drop_table(dropped.name)
    assert metastore.table(dropped.name) is None
    assert metastore.partitions(dropped.name) == []
    assert len(list(tmp_path.rglob("part-0.parquet"))) == 2


def test_a_table_made_again_has_no_old_partitions(metastore: Metastore, db: str, tmp_path: Path) -> None:
    made = table(db, tmp_path)
    metastore.create_table(made)
    metastore.add_partitions(made, [partition(made, "2018-11-01")])
    metastore.drop_table(made.name)
    metastore.create_table(made)
    assert metastore.partitions(made.name) == []


def test_locations_of_a_disk_compare_equal_however_they_are_written(
    metastore: Metastore, db: str, tmp_path: Path
) -> None:
    metastore.create_table(table(db, tmp_path, location=f"file:{tmp_path}/short/"))
    found = metastore.table(TableName(db, "t"))
    assert found is not None
    assert found.location == f"file://{tmp_path}/short"


def test_partition_columns_are_told_from_columns(metastore: Metastore, db: str, tmp_path: Path) -> None:
    metastore.create_table(table(db, tmp_path))
    found = metastore.table(TableName(db, "t"))
    assert found is not None
    assert (found.columns, found.partitions) == (COLUMNS, DT)
