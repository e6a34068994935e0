"""The parts that DDL statements are made of: names, literals, columns."""

from __future__ import annotations

from warehouse.contract import Column
from warehouse.errors import ProjectError
from warehouse.names import TableName, check_identifier
from warehouse.tokens import Cursor, unquote
from warehouse.types import partitioning, read_type

COMMENT_LENGTH = 255
"""Of a column's comment, in characters: Glue's limit; Hive's is 256."""


def simple_name(cursor: Cursor, what: str) -> str:
    """An identifier that all engines read alike."""
    token = cursor.step()
    if token.kind not in {"word", "quoted"}:
        raise cursor.error(
            f"expected the {what}'s name, found {token.text or 'the end of the file'!r}", token
        )
    name = unquote(token.text) if token.kind == "quoted" else token.text
    try:
        return check_identifier(name, what)
    except ProjectError as error:
        raise cursor.error(error.what, token, why=error.why, fix=error.fix) from None


def qualified_name(cursor: Cursor) -> TableName:
    """``db.table``."""
    start = cursor.next
    first = simple_name(cursor, "database")
    if not cursor.take("."):
        raise cursor.error(f"{first!r} does not say its database", start, fix=f"write it as database.{first}")
    table = simple_name(cursor, "table")
    if cursor.looks("."):
        raise cursor.error("a table's name has two parts", start, fix="write it as database.table")
    return TableName(first, table)


def literal_value(cursor: Cursor, what: str, *, most: int | None = None) -> str:
    """A string literal's value; one literal, because engines join neighbours differently."""
    token = cursor.step()
    if token.kind != "string":
        raise cursor.error(
            f"expected {what} as a literal, found {token.text or 'the end of the file'!r}", token
        )
    if cursor.next.kind == "string":
        raise cursor.error(
            "two literals side by side",
            why="to Spark 3.5 that is an error here, to others it is one quote",
            fix=r"write a quote inside a literal as \'",
        )
    value = unquote(token.text)
    if most is not None and len(value) > most:
        raise cursor.error(
            f"{what} is {len(value)} characters long", token, why=f"metastores keep {most}", fix="shorten it"
        )
    if "\0" in value:
        raise cursor.error(f"{what} holds a zero character", token)
    return value


def location_value(cursor: Cursor) -> str:
    """A LOCATION as written, without a trailing slash."""
    token = cursor.next
    value = literal_value(cursor, "the location").rstrip("/")
    scheme, separator, _ = value.partition("://")
    if separator and scheme in {"s3a", "s3n"}:
        raise cursor.error(f"Athena does not read {scheme}:// locations", token, fix="write s3://")
    if not value or ".." in value.split("/"):
        raise cursor.error(f"{value!r} is not a location", token, fix="leave LOCATION out, or write a URI")
    return value


def read_columns(cursor: Cursor, places: dict[str, int], *, partition: bool = False) -> tuple[Column, ...]:
    """``(name type [COMMENT '…'], …)``; where each stands goes into ``places``."""
    columns: list[Column] = []
    opening = cursor.next
    cursor.expect("(")
    if cursor.looks(")"):
        raise cursor.error("there are no columns", opening)
    while True:
        start = cursor.next
        columns.append(_column(cursor, partition=partition))
        name = columns[-1].name
        if any(column.name == name for column in columns[:-1]):
            raise cursor.error(f"column {name!r} is there twice", start)
        if name in places:
            raise cursor.error(
                f"partition column {name!r} is also a column",
                start,
                why="its value is in the path, not in the files",
                fix="write it in PARTITIONED BY only",
            )
        places[name] = start.offset
        if not cursor.take(","):
            break
    cursor.expect(")")
    return tuple(columns)


_NOT_ENFORCED = "nothing in a Hive table enforces it"
_DECLARE = "declare it as a check in the SQL file's front matter"


def _named_constraint(cursor: Cursor) -> bool:
    kinds = ("PRIMARY", "FOREIGN", "UNIQUE", "CHECK")
    return cursor.looks("CONSTRAINT") and any(
        token.text.upper() in kinds for token in cursor.tokens[cursor.index + 2 : cursor.index + 3]
    )


def _column(cursor: Cursor, *, partition: bool) -> Column:
    start = cursor.next
    if cursor.looks("PRIMARY", "KEY") or _named_constraint(cursor):
        raise cursor.error("constraints are not allowed", start, why=_NOT_ENFORCED, fix=_DECLARE)
    name = simple_name(cursor, "column")
    if cursor.looks(",") or cursor.looks(")"):
        raise cursor.error(
            f"column {name!r} has no type", start, fix=f"write {name} and its type, as in STRING"
        )
    at = cursor.next
    kind = read_type(cursor, strict=True)
    why = partitioning(kind) if partition else None
    if why:
        raise cursor.error(
            f"a table is not partitioned by {str(kind).upper()}", at, why=why, fix="use STRING, DATE or INT"
        )
    comment = ""
    if cursor.take("COMMENT"):
        comment = literal_value(cursor, f"the comment of {name}", most=COMMENT_LENGTH)
    if cursor.next.kind == "word":
        raise cursor.error(
            f"{cursor.next.text.upper()} is not allowed after a column's type and comment",
            why=_NOT_ENFORCED,
            fix=_DECLARE,
        )
    return Column(name, str(kind), comment)
