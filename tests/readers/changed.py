"""Contracts over files of before: changes that DDL lets pass, and, made around it in the metastores, what it
refuses: changes and types, of which each reader's answer tells why."""

from __future__ import annotations

from dataclasses import dataclass

from runner.api import Warehouse
from runner.metastores import Table as MetastoreTable
from tests.ddl.changes import ALLOWED, REFUSED, VALUES, written
from tests.readers import reading
from tests.readers.hive import Hive
from tests.readers.lakes import Lake
from tests.readers.reading import Rows, Table
from tests.readers.trino import Trino, TrinoError
from warehouse.contract import Column, Format, Storage
from warehouse.errors import WarehouseError
from warehouse.names import TableName
from warehouse.types import parse_type

Pair = tuple[str, str]
FORMATS = (Format.PARQUET, Format.ORC, Format.TEXTFILE)
PASSED = {kind: [(old, new) for storage, old, new in ALLOWED if storage is kind] for kind in FORMATS}
STOPPED = {kind: [(old, new) for storage, old, new in REFUSED if storage is kind] for kind in FORMATS}
OLD_DAY, NEW_DAY = "2024-01-01", "2024-01-03"
BEYOND = {
    "smallint": "32767", "int": "2147483647", "bigint": "9223372036854775807", "double": "0.1D",
    "decimal(18,2)": "9999999999999999.99", "decimal(11,4)": "9999999.9999", "decimal(5,2)": "999.99",
    "decimal(12,0)": "999999999999", "decimal(21,2)": "-9999999999999999999.99", "varchar(9)": "'abcdefghi'",
    "string": "'longer than it ever was'",
    "struct<a:int,b:string>": "named_struct('a', 1, 'b', 'new')",
    "struct<a:struct<b:int,d:date>,c:int>":
        "named_struct('a', named_struct('b', 1, 'd', DATE'2024-02-29'), 'c', 2)",
    "array<struct<a:int,b:string>>": "array(named_struct('a', 1, 'b', 'new'))",
    "map<string,struct<a:int,b:string>>": "map('k', named_struct('a', 1, 'b', 'new'))",
}  # fmt: skip
"""Values that only the new types have."""


def columns(pairs: list[Pair], *, new: bool) -> dict[str, str]:
    return {"id": "INT", **{f"c{n}": pair[new] for n, pair in enumerate(pairs)}}


def rows_of(pairs: list[Pair], *, new: bool) -> str:
    """The values of :func:`written` as a relation."""
    cells = [written(*pair)[new] for pair in pairs]
    return _relation([[str(at), *row] for at, row in enumerate(zip(*cells, strict=True))])


def rows_beyond(pairs: list[Pair]) -> str:
    return _relation([["9", *(f"CAST({BEYOND[new]} AS {new})" for _, new in pairs)]])


def _relation(rows: list[list[str]]) -> str:
    names = ", ".join(["id", *(f"c{n}" for n in range(len(rows[0]) - 1))])
    return "VALUES\n  " + ",\n  ".join(f"({', '.join(row)})" for row in rows) + f"\nAS t ({names})"


def before(lake: Lake) -> None:
    """Files with the old types' tables."""
    for kind in FORMATS:
        for table, pairs in ((f"same.grown_{kind}", PASSED[kind]), (f"same.narrow_{kind}", STOPPED[kind])):
            lake.write_ddl(table, columns(pairs, new=False), "dt STRING", kind.upper())
            lake.write_sql(table, f"SELECT *\nFROM {rows_of(pairs, new=False)}")


def change(lake: Lake) -> None:
    """Files of the changes that pass, with another column at the end."""
    for kind in FORMATS:
        table, pairs = f"same.grown_{kind}", PASSED[kind]
        changes = [f"CHANGE COLUMN c{n} c{n} {new}" for n, (_, new) in enumerate(pairs)]
        for version, text in enumerate([*changes, "ADD COLUMNS (added STRING)"], 2):
            lake.write(f"ddl/same/grown_{kind}/V{version:03}__wider.sql", f"ALTER TABLE {table} {text};\n")
        lake.write_sql(table, f"SELECT *, 'new' AS added\nFROM {rows_beyond(pairs)}")


# ---------------------------------------------------------------- what is refused, made around it


@dataclass(frozen=True)
class Wrong:
    """A column of a table that DDL would not let be so."""

    kind: Format
    column: str
    old: str
    new: str

    @property
    def table(self) -> str:
        return f"same.wrong_{self.kind}"


WRONG = {
    f"{kind}: {old} to {new}": Wrong(kind, f"c{n}", old, new)
    for kind in FORMATS
    for n, (old, new) in enumerate(STOPPED[kind])
}


ODD = ("uniontype<int,string>", "timestamp_ntz", "interval_day_time", "void", "int unsigned")
"""Types that DDL refuses, as a metastore would have them."""


def make_wrong(lake: Lake) -> dict[str, str]:
    """In both metastores the tables of :data:`WRONG`, on the files of the old types, and one for each of
    :data:`ODD`; what a metastore says that does not take one, by metastore and type."""
    refusals = lake.do(_make)
    with Warehouse.open(lake.root, target="glue") as warehouse:
        return refusals | _make(warehouse)


def _make(warehouse: Warehouse) -> dict[str, str]:
    metastore, refusals = warehouse.lake.metastore, {}
    for kind in FORMATS:
        state = warehouse.lake.log(TableName("same", f"narrow_{kind}")).state()
        assert state.contract is not None
        storage = state.contract.storage
        place = warehouse.lake.uri(state.partitions()[f"dt={OLD_DAY}"].location)
        changed = columns(STOPPED[kind], new=True)
        _create(warehouse, f"wrong_{kind}", changed, storage, place)
        if kind is Format.PARQUET:
            for number, odd in enumerate(ODD):
                try:
                    _create(warehouse, f"odd_{number}", {"id": "int", "odd": odd}, storage, place)
                except WarehouseError as error:
                    refusals[f"{metastore.name.partition(':')[0]}: {odd}"] = str(error)
    return refusals


def _create(warehouse: Warehouse, name: str, columns: dict[str, str], storage: Storage, place: str) -> None:
    made = tuple(Column(column, kind.lower()) for column, kind in columns.items())
    warehouse.lake.metastore.create_table(MetastoreTable(TableName("same", name), made, (), storage, place))


# ---------------------------------------------------------------- asking


@dataclass(frozen=True)
class Readers:
    """All who are asked, while ``lake`` is open."""

    lake: Lake
    trino: Trino
    catalogs: dict[str, str]
    hive: Hive

    def ask(self, tables: dict[str, Table]) -> dict[tuple[str, str], Rows | str]:
        """Rows, or the error's text, by reader and by the name that ``tables`` gives."""
        answers: dict[tuple[str, str], Rows | str] = {}
        for name, table in tables.items():
            try:
                answers["spark", name] = reading.by_spark(self.lake, table)
            except AssertionError as error:
                answers["spark", name] = str(error)
            for reader, catalog in (("trino, Hive's metastore", "hive"), ("trino, Glue", "glue")):
                try:
                    answers[reader, name] = reading.by_trino(self.trino, self.catalogs[catalog], table)
                except TrinoError as error:
                    answers[reader, name] = str(error)
        for name, rows in reading.by_hive(self.hive, tables).items():
            answers["hive", name] = rows
        return answers


def filtered(table: str, pairs: list[Pair]) -> tuple[dict[str, Table], dict[str, int]]:
    """Questions for the row of one value of each plain column, and its ``id``."""
    questions, expected = {}, {}
    for n, (old, new) in enumerate(pairs):
        if old in VALUES and parse_type(new).name != "timestamp":
            given = VALUES[old]
            name = f"{table}: {old} to {new}, filtered"
            questions[name] = Table(table, {"id": "INT"}, f"c{n} = {_literal(given[-1], new)} AND id < 9")
            expected[name] = len(given) - 1
    return questions, expected


def _literal(value: str, new: str) -> str:
    """SQL of all engines."""
    if parse_type(new).name in ("string", "varchar", "char"):
        return value if value.startswith("'") else f"'{value}'"
    return f"CAST({value} AS {new})"


def questions() -> dict[str, Table]:
    """All that is asked, by its name."""
    asked: dict[str, Table] = {}
    for kind in FORMATS:
        asked[f"same.grown_{kind}"] = grown(kind)
        asked |= filtered(f"same.grown_{kind}", PASSED[kind])[0]
        asked |= filtered(f"same.wrong_{kind}", STOPPED[kind])[0]
    for name, one in WRONG.items():
        asked[name] = Table(one.table, {"id": "INT", one.column: one.new})
    for number, odd in enumerate(ODD):
        asked[odd] = Table(f"same.odd_{number}", {"id": "INT", "odd": "STRING"})
    return asked


def grown(kind: Format) -> Table:
    kinds = {**columns(PASSED[kind], new=True), "added": "STRING"}
    return Table(f"same.grown_{kind}", kinds, f"dt IN ('{OLD_DAY}', '{NEW_DAY}')")


def as_written(lake: Lake, kind: Format) -> Rows:
    """What the statements say that :func:`grown` has."""
    pairs = PASSED[kind]
    old = f"SELECT *, CAST(NULL AS STRING) AS added FROM {rows_of(pairs, new=True)}"
    return reading.by_spark(lake, grown(kind), f"{old} UNION ALL SELECT *, 'new' FROM {rows_beyond(pairs)}")


def meant(lake: Lake, kind: Format) -> dict[str, Rows]:
    """What the tables of :data:`WRONG` would have if their changes lost nothing, by the changes' names."""
    pairs = STOPPED[kind]
    table = Table("", columns(pairs, new=True))
    rows = reading.by_spark(lake, table, f"SELECT * FROM {rows_of(pairs, new=True)}")
    return {
        name: {key: {"id": key, one.column: row[one.column]} for key, row in rows.items()}
        for name, one in WRONG.items()
        if one.kind is kind
    }
