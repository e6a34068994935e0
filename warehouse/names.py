"""Names of tables, and of partitions by Hive's rules."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property

import msgspec

from warehouse.errors import ProjectError

_IDENTIFIER = re.compile(r"[a-z][a-z0-9_]{0,127}\Z")
# Hive's FileUtils.charToEscape: what a partition directory's name may not carry as it is.
_ESCAPED = frozenset("\"#%'*/:=?\\\x7f{[]^") | frozenset(map(chr, range(1, 32)))
HIVE_DEFAULT_PARTITION = "__HIVE_DEFAULT_PARTITION__"
"""What Hive calls the partition of a NULL or empty value."""


def check_identifier(name: str, what: str) -> str:
    """``name`` if all engines can read it bare (lower_snake_case), else :class:`ProjectError`."""
    if not _IDENTIFIER.match(name):
        raise ProjectError(
            f"{what} {name!r} is not a name that all engines read alike",
            why="Hive, Glue and Athena fold names to lower case",
            fix="use lower_snake_case: a letter, then letters, digits and underscores",
        )
    return name


def quote(identifier: str) -> str:
    """An identifier in Spark's backticks."""
    return "`" + identifier.replace("`", "``") + "`"


class TableName(msgspec.Struct, frozen=True, order=True):
    """``db.table``, both lower_snake_case."""

    db: str
    table: str

    @staticmethod
    def parse(text: str) -> TableName:
        """From ``db.table`` (backticks allowed); :class:`ProjectError` for anything else."""
        parts = [part.strip().strip("`") for part in text.split(".")]
        if len(parts) != 2:
            raise ProjectError(f"{text!r} is not a table name", fix="write it as database.table")
        return TableName(check_identifier(parts[0], "database"), check_identifier(parts[1], "table"))

    def __str__(self) -> str:
        return f"{self.db}.{self.table}"

    @property
    def quoted(self) -> str:
        """For a statement of ours: ```db`.`table```."""
        return f"{quote(self.db)}.{quote(self.table)}"


def escape_value(value: str) -> str:
    """A partition value as Hive writes it into a directory's name."""
    if _ESCAPED.isdisjoint(value):
        return value
    return "".join(f"%{ord(c):02X}" if c in _ESCAPED else c for c in value)


def unescape_value(text: str) -> str:
    """The inverse of :func:`escape_value`."""
    return re.sub(r"%([0-9A-Fa-f]{2})", lambda m: chr(int(m[1], 16)), text) if "%" in text else text


@dataclass(frozen=True, order=True)
class Spec:
    """A Hive partition spec: column=value pairs in the table's order, possibly only the first few.

    The empty spec is the whole of an unpartitioned table. A slice is known by the static part of its
    PARTITION clause, which is a ``Spec``; a partition's full name is one too.
    """

    pairs: tuple[tuple[str, str], ...] = ()

    @staticmethod
    def of(columns: Iterable[str], values: Iterable[str]) -> Spec:
        """From columns and as many values."""
        return Spec(tuple(zip(columns, values, strict=True)))

    @staticmethod
    def parse(path: str) -> Spec:
        """From Hive's path form, ``dt=2018-11-15/hour=07``; :class:`ProjectError` otherwise."""
        pairs = []
        for part in path.strip("/").split("/") if path.strip("/") else ():
            column, equals, value = part.partition("=")
            if not equals or not column or not value:
                raise ProjectError(f"{path!r} is not a partition", fix="write it as dt=2018-11-15[/hour=07]")
            pairs.append((column.lower(), unescape_value(value)))
        return Spec(tuple(pairs))

    @cached_property
    def path(self) -> str:
        """Hive's path form, values escaped; empty for the empty spec."""
        return "/".join(f"{column}={escape_value(value)}" for column, value in self.pairs)

    def __str__(self) -> str:
        return "/".join(f"{column}={value}" for column, value in self.pairs) or "(whole table)"

    @property
    def columns(self) -> tuple[str, ...]:
        return tuple(column for column, _ in self.pairs)

    @property
    def values(self) -> tuple[str, ...]:
        return tuple(value for _, value in self.pairs)

    def as_dict(self) -> dict[str, str]:
        return dict(self.pairs)

    def get(self, column: str) -> str | None:
        return next((value for key, value in self.pairs if key == column), None)

    def overlaps(self, other: Spec) -> bool:
        """True unless a column that both name has different values: an hour overlaps its day."""
        return self.overlaps_map(other.as_dict())

    def overlaps_map(self, other: Mapping[str, str]) -> bool:
        return all(other.get(column, value) == value for column, value in self.pairs)

    def contains(self, partition: Spec) -> bool:
        """Whether ``partition`` lies in this slice: every pair of this spec is in it."""
        theirs = partition.as_dict()
        return all(theirs.get(column) == value for column, value in self.pairs)
