"""The DDL that a table's contract is written in: one statement a file, parsed by hand and strictly."""

from __future__ import annotations

from dataclasses import dataclass, field

from warehouse.contract import Column, Storage
from warehouse.ddl_clauses import (
    COMMENT_LENGTH,
    literal_value,
    location_value,
    qualified_name,
    read_columns,
    simple_name,
)
from warehouse.ddl_plain import read_plain
from warehouse.ddl_properties import properties_list, property_key
from warehouse.ddl_storage import check_serde_columns, read_row_format, read_stored, storage_of
from warehouse.errors import ProjectError
from warehouse.names import TableName
from warehouse.tokens import Cursor
from warehouse.types import read_type

TABLE_COMMENT_LENGTH = 2000
"""In characters: Glue keeps 2,048 of a description's."""


@dataclass(frozen=True)
class Statement:
    """``places`` are the offsets of what may turn out wrong: ``""`` the statement, else a column, a key."""

    places: dict[str, int] = field(default_factory=dict, compare=False, kw_only=True)


@dataclass(frozen=True)
class CreateDatabase(Statement):
    name: str
    comment: str = ""
    location: str | None = None


@dataclass(frozen=True)
class OfTable(Statement):
    table: TableName


@dataclass(frozen=True)
class CreateTable(OfTable):
    columns: tuple[Column, ...]
    partitions: tuple[Column, ...]
    storage: Storage
    location: str | None = None
    comment: str = ""
    properties: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class AddColumns(OfTable):
    columns: tuple[Column, ...]


@dataclass(frozen=True)
class ChangeColumn(OfTable):
    """``type`` or ``comment`` None: stays as it is."""

    column: str
    type: str | None
    comment: str | None


@dataclass(frozen=True)
class SetProperties(OfTable):
    properties: dict[str, str]


@dataclass(frozen=True)
class UnsetProperties(OfTable):
    keys: tuple[str, ...]
    if_exists: bool


@dataclass(frozen=True)
class CommentOnTable(OfTable):
    comment: str


@dataclass(frozen=True)
class DropTable(OfTable):
    pass


DdlStatement = (
    CreateDatabase
    | CreateTable
    | AddColumns
    | ChangeColumn
    | SetProperties
    | UnsetProperties
    | CommentOnTable
    | DropTable
)


def parse_ddl(text: str, path: str) -> DdlStatement:
    """The one statement of a rendered DDL file; :class:`ProjectError` with its place for anything else."""
    plain = read_plain(text, TABLE_COMMENT_LENGTH)
    if plain is not None:
        return CreateTable(
            plain.table,
            plain.columns,
            plain.partitions,
            plain.storage,
            None,
            plain.comment,
            places=plain.places,
        )
    return parse_tokens(text, path)


def parse_tokens(text: str, path: str) -> DdlStatement:
    """:func:`parse_ddl` of any statement, token by token."""
    cursor = Cursor(text, path)
    while cursor.take(";"):
        pass
    if cursor.next.kind == "end":
        raise cursor.error("there is no statement in this file", 0, fix="write one DDL statement")
    statement = _statement(cursor)
    if cursor.next.kind != "end":
        cursor.expect(";")
    while cursor.take(";"):
        pass
    if cursor.next.kind != "end":
        raise cursor.error(
            "a second statement",
            why="a file is one step, applied as a whole or not at all",
            fix="put it into the next file",
        )
    return statement


def _statement(cursor: Cursor) -> DdlStatement:
    start = cursor.next
    if cursor.take("CREATE"):
        if cursor.take("DATABASE") or cursor.take("SCHEMA"):
            return _create_database(cursor, start.offset)
        if cursor.take("EXTERNAL"):
            cursor.expect("TABLE")
            return _create_table(cursor, start.offset)
        raise _refuse_create(cursor)
    if cursor.take("ALTER", "TABLE"):
        return _alter(cursor, start.offset)
    if cursor.take("COMMENT", "ON", "TABLE"):
        name = qualified_name(cursor)
        cursor.expect("IS")
        comment = "" if cursor.take("NULL") else literal_value(cursor, "the comment")
        return CommentOnTable(name, comment, places={"": start.offset})
    if cursor.take("DROP", "TABLE"):
        cursor.take("IF", "EXISTS")
        name = qualified_name(cursor)
        if cursor.looks("PURGE"):
            raise cursor.error("PURGE deletes data", fix="leave it out: vacuum deletes what nothing needs")
        return DropTable(name, places={"": start.offset})
    why, fix = _REFUSED.get(start.text.upper(), (None, None))
    raise cursor.error(
        f"{start.text.upper()!r} does not begin a DDL statement that is allowed here",
        start,
        why=why,
        fix=fix or "use CREATE DATABASE, CREATE EXTERNAL TABLE, ALTER TABLE, COMMENT ON TABLE or DROP TABLE",
    )


_QUERY = ("a DDL file says what a table is, not what is in it", "put the query under sql/<database>/")
_REFUSED = {
    "MSCK": (
        "it registers whatever directories lie about, half-written ones too",
        "runs publish partitions; `warehouse ddl adopt` takes over those that exist",
    ),
    "INSERT": _QUERY,
    "SELECT": _QUERY,
    "WITH": _QUERY,
    "TRUNCATE": ("published rows change only by publishing", "publish the partitions anew"),
    "USE": (None, "write the table's name as database.table"),
    "SET": (None, "put settings into the SQL file's front matter"),
}


def _create_database(cursor: Cursor, start: int) -> CreateDatabase:
    cursor.take("IF", "NOT", "EXISTS")
    name = simple_name(cursor, "database")
    if cursor.looks("."):
        raise cursor.error("a database's name has one part")
    comment, location = "", None
    seen: set[str] = set()
    while cursor.next.kind == "word":
        match _clause(cursor, seen):
            case "COMMENT":
                comment = literal_value(cursor, "the comment", most=TABLE_COMMENT_LENGTH)
            case "LOCATION":
                location = location_value(cursor)
            case clause:
                cursor.index -= 1
                raise cursor.error(
                    f"{clause} is not allowed in CREATE DATABASE", fix="COMMENT and LOCATION are"
                )
    return CreateDatabase(name, comment, location, places={"": start})


def _create_table(cursor: Cursor, start: int) -> CreateTable:
    cursor.take("IF", "NOT", "EXISTS")
    name = qualified_name(cursor)
    if cursor.looks("LIKE"):
        raise cursor.error("CREATE TABLE LIKE copies what may change later", fix="write the columns out")
    if not cursor.looks("("):
        raise cursor.error("the table has no columns", fix="write them in brackets after its name")
    places = {"": start}
    columns = read_columns(cursor, places)
    partitions: tuple[Column, ...] = ()
    comment, location = "", None
    properties: dict[str, str] = {}
    row, stored = None, None
    seen: set[str] = set()
    while cursor.next.kind == "word":
        match _clause(cursor, seen):
            case "COMMENT":
                comment = literal_value(cursor, "the comment", most=TABLE_COMMENT_LENGTH)
            case "PARTITIONED":
                cursor.expect("BY")
                partitions = read_columns(cursor, places, partition=True)
            case "ROW":
                row = read_row_format(cursor)
            case "STORED":
                stored = read_stored(cursor)
            case "LOCATION":
                places["location"] = cursor.next.offset
                location = location_value(cursor)
            case "TBLPROPERTIES":
                properties = properties_list(cursor, places)
            case clause:
                cursor.index -= 1
                why, fix = _REFUSED_CLAUSES.get(clause, (None, None))
                raise cursor.error(f"{clause} is not allowed in CREATE EXTERNAL TABLE", why=why, fix=fix)
    storage = storage_of(cursor, row, stored)
    check_serde_columns(cursor, storage, columns, places)
    return CreateTable(name, columns, partitions, storage, location, comment, properties, places=places)


_REFUSED_CLAUSES = {
    "USING": ("an INSERT OVERWRITE into it can delete the whole table", "write STORED AS PARQUET"),
    "OPTIONS": (None, "write STORED AS and TBLPROPERTIES"),
    "CLUSTERED": ("Spark, Hive and Trino bucket rows differently", "sort the rows inside the SQL instead"),
    "SKEWED": ("only Hive knows it", "leave it out"),
    "AS": _QUERY,
    "WITH": (None, "SERDEPROPERTIES stand after ROW FORMAT SERDE '…'"),
}


def _clause(cursor: Cursor, seen: set[str]) -> str:
    """The next clause's first word, stepped over; each may come once, in any order."""
    token = cursor.step()
    clause = token.text.upper()
    if clause in seen:
        raise cursor.error(f"{clause} is there twice", token)
    seen.add(clause)
    return clause


def _refuse_create(cursor: Cursor) -> ProjectError:
    if cursor.looks("TABLE"):
        return cursor.error(
            "a managed table is not allowed",
            why="dropping it would delete its rows, and Hive would keep it elsewhere",
            fix="write CREATE EXTERNAL TABLE",
        )
    if cursor.looks("OR", "REPLACE"):
        return cursor.error("OR REPLACE is not allowed", fix="write ALTER TABLE in the next file")
    what = cursor.next.text.upper()
    return cursor.error(f"CREATE {what} is not allowed", fix="use CREATE DATABASE or CREATE EXTERNAL TABLE")


def _alter(cursor: Cursor, start: int) -> DdlStatement:
    name = qualified_name(cursor)
    places = {"": start}
    at = cursor.next
    if cursor.take("ADD", "COLUMNS") or cursor.take("ADD", "COLUMN"):
        columns = read_columns(cursor, places)
        cursor.take("CASCADE")
        return AddColumns(name, columns, places=places)
    if cursor.take("CHANGE") or cursor.take("ALTER"):
        cursor.take("COLUMN")
        return _change(cursor, name, places, hive=at.text.upper() == "CHANGE")
    if cursor.take("SET", "TBLPROPERTIES"):
        return SetProperties(name, properties_list(cursor, places), places=places)
    if cursor.take("UNSET", "TBLPROPERTIES"):
        if_exists = cursor.take("IF", "EXISTS")
        return UnsetProperties(name, _keys(cursor, places), if_exists, places=places)
    words = " ".join(t.text.upper() for t in cursor.tokens[cursor.index : cursor.index + 2])
    for begin, (why, fix) in _REFUSED_ALTER.items():
        if words.startswith(begin):
            raise cursor.error(f"ALTER TABLE … {begin} is not allowed", at, why=why, fix=fix)
    raise cursor.error(
        f"ALTER TABLE … {words} is not allowed",
        at,
        fix="use ADD COLUMNS, CHANGE COLUMN, SET TBLPROPERTIES or UNSET TBLPROPERTIES",
    )


_RENAMED = (
    "Parquet columns are found by name: old files would read as NULL",
    "add a column of the new name, or make a new table and rebuild",
)
_PUBLISHED = ("partitions are published by runs", "use run, backfill, rollback or ddl adopt")
_REFUSED_ALTER = {
    "RENAME COLUMN": _RENAMED,
    "RENAME": ("its log and its readers know it by its name", "make a new table and drop this one later"),
    "DROP COLUMN": ("readers may use it and old files hold it", "stop filling it, or make a new table"),
    "DROP": _PUBLISHED,
    "REPLACE COLUMNS": (
        "it drops and renames columns without saying so",
        "use ADD COLUMNS and CHANGE COLUMN",
    ),
    "ADD": _PUBLISHED,
    "PARTITION": _PUBLISHED,
    "RECOVER": _PUBLISHED,
    "EXCHANGE": _PUBLISHED,
    "SET LOCATION": ("published rows do not move with it", "make a new table"),
    "SET FILEFORMAT": ("old files keep the old format", "make a new table and rebuild"),
    "SET SERDE": ("old files keep the old format", "make a new table and rebuild"),
    "SET SERDEPROPERTIES": ("old partitions would read differently", "make a new table and rebuild"),
    "CLUSTERED": _REFUSED_CLAUSES["CLUSTERED"],
}


def _change(cursor: Cursor, name: TableName, places: dict[str, int], *, hive: bool) -> ChangeColumn:
    """Hive's ``CHANGE a a type [COMMENT '…']`` and Spark's ``ALTER COLUMN a TYPE type | COMMENT '…'``."""
    at = cursor.next
    column = simple_name(cursor, "column")
    places[column] = at.offset
    kind: str | None = None
    spark = cursor.take("TYPE") or (not hive and cursor.looks("COMMENT"))
    if hive and not spark and not cursor.looks("COMMENT"):
        again = cursor.next
        if simple_name(cursor, "column") != column:
            why, fix = _RENAMED
            raise cursor.error(f"column {column!r} cannot be renamed", again, why=why, fix=fix)
    if not cursor.looks("COMMENT"):
        places["type"] = cursor.next.offset
        kind = str(read_type(cursor, strict=True))
    comment = None
    if cursor.take("COMMENT"):
        comment = literal_value(cursor, f"the comment of {column}", most=COMMENT_LENGTH)
    if cursor.looks("FIRST") or cursor.looks("AFTER"):
        raise cursor.error(
            "columns cannot be moved",
            why="text and ORC files are read by position",
            fix="leave the order as it is",
        )
    cursor.take("CASCADE")
    return ChangeColumn(name, column, kind, comment, places=places)


def _keys(cursor: Cursor, places: dict[str, int]) -> tuple[str, ...]:
    keys: list[str] = []
    cursor.expect("(")
    while True:
        at = cursor.next
        keys.append(property_key(cursor))
        places[f"property {keys[-1]}"] = at.offset
        if not cursor.take(","):
            break
    cursor.expect(")")
    return tuple(keys)
