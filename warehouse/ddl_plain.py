"""The plainest CREATE EXTERNAL TABLE, read with patterns in a fifth of the time that tokens take.

Plain are: lower-case names, types without parameters, comments without escapes, PARTITIONED BY, STORED AS
PARQUET or ORC, in this order, and no comments between them. Of any other text nothing is said:
:mod:`warehouse.ddl_parse` reads it, and gives the same for a plain one.
"""

from __future__ import annotations

import re

import msgspec

from warehouse.contract import Column, Format, Storage
from warehouse.ddl_clauses import COMMENT_LENGTH
from warehouse.ddl_storage import CLASSES, make_storage
from warehouse.names import TableName
from warehouse.types import PARTITIONING, PLAIN

_SPACE = r"[ \t\r\n]"
_NAME = r"[a-z][a-z0-9_]{0,127}"
_TEXT = r"'([^'\\\0]*)'"
_TYPES = "|".join(sorted(PLAIN, key=len, reverse=True))
_BEGIN = re.compile(
    rf"{_SPACE}*(CREATE){_SPACE}+EXTERNAL{_SPACE}+TABLE{_SPACE}+((?-i:{_NAME}))\.((?-i:{_NAME})){_SPACE}*\(",
    re.IGNORECASE,
)
_COLUMN = re.compile(
    rf"{_SPACE}*((?-i:{_NAME})){_SPACE}+({_TYPES})(?:{_SPACE}+COMMENT{_SPACE}*{_TEXT})?{_SPACE}*([,)])",
    re.IGNORECASE,
)
_COMMENT = re.compile(rf"{_SPACE}*COMMENT{_SPACE}*{_TEXT}(?={_SPACE})", re.IGNORECASE)
_PARTITIONED = re.compile(rf"{_SPACE}*PARTITIONED{_SPACE}+BY{_SPACE}*\(", re.IGNORECASE)
_END = re.compile(rf"{_SPACE}*STORED{_SPACE}+AS{_SPACE}+(PARQUET|ORC)[; \t\r\n]*\Z", re.IGNORECASE)
_STORAGE = {
    kind.value: make_storage(*CLASSES[kind][:2], CLASSES[kind][2]) for kind in (Format.PARQUET, Format.ORC)
}


class Plain(msgspec.Struct, frozen=True):
    """``places`` as in :class:`warehouse.ddl_parse.Statement`."""

    table: TableName
    columns: tuple[Column, ...]
    partitions: tuple[Column, ...]
    storage: Storage
    comment: str
    places: dict[str, int]


def read_plain(text: str, most: int) -> Plain | None:
    """None for anything but a plain statement, or a wrong one. A table's comment has at most ``most``
    characters."""
    begin = _BEGIN.match(text)
    if begin is None:
        return None
    places = {"": begin.start(1)}
    columns: list[Column] = []
    at = _columns(text, begin.end(), columns, places)
    comment = _COMMENT.match(text, at) if at else None
    if comment is not None:
        at = comment.end()
    partitions: list[Column] = []
    partitioned = _PARTITIONED.match(text, at) if at else None
    if partitioned is not None:
        at = _columns(text, partitioned.end(), partitions, places)
    end = _END.match(text, at) if at else None
    if end is None or len(places) != 1 + len(columns) + len(partitions):
        return None
    about = comment[1] if comment is not None else ""
    if len(about) > most or any(column.type not in PARTITIONING for column in partitions):
        return None
    return Plain(
        TableName(begin[2], begin[3]),
        tuple(columns),
        tuple(partitions),
        _STORAGE[end[1].lower()],
        about,
        places,
    )


def _columns(text: str, at: int, columns: list[Column], places: dict[str, int]) -> int:
    """Where the list that begins at ``at`` ends; 0 where it is not plain."""
    while True:
        match = _COLUMN.match(text, at)
        if match is None:
            return 0
        name, kind, comment, end = match.groups()
        if comment is not None and len(comment) > COMMENT_LENGTH:
            return 0
        columns.append(Column(name, kind.lower(), comment or ""))
        places[name] = match.start(1)
        at = match.end()
        if end == ")":
            return at
