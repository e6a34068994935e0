"""Hive's types: parsed, in their canonical text, and which changes of a column old files survive."""

from __future__ import annotations

import re
from functools import lru_cache

import msgspec

from warehouse.contract import Format
from warehouse.errors import ProjectError
from warehouse.tokens import Cursor, unquote

_SYNONYMS = {
    "integer": "int",
    "long": "bigint",
    "short": "smallint",
    "byte": "tinyint",
    "dec": "decimal",
    "numeric": "decimal",
}
MOST_NESTED = 32
INTEGERS = ("tinyint", "smallint", "int", "bigint")
PLAIN = frozenset((*INTEGERS, "boolean", "float", "double", "string", "binary", "date", "timestamp"))
_DIGITS = {"tinyint": 3, "smallint": 5, "int": 10, "bigint": 19}
PARTITIONING = frozenset(("string", "varchar", "date", *INTEGERS))
_REFUSED = {
    "uniontype": ("Spark and Athena cannot read it", "use a STRUCT with one field for each case"),
    "void": ("Hive's files cannot hold it", "cast NULL to the type that is meant"),
    "interval": ("Hive's files cannot hold it", "store a number, with its unit in the name"),
    "timestamp_ntz": ("Spark refuses it for Hive tables", "use TIMESTAMP, which is UTC here"),
    "timestamp_ltz": ("Hive does not know the name", "use TIMESTAMP, which is UTC here"),
    "real": ("it is FLOAT to Spark and DOUBLE to Hive", "say FLOAT or DOUBLE"),
    "variant": ("only Spark 4 knows it", "use STRING, or a STRUCT"),
    "text": ("it is not a type of Hive", "use STRING"),
    "json": ("it is not a type of Hive", "use STRING, or a STRUCT"),
    "uuid": ("it is not a type of Hive", "use STRING"),
    "time": ("it is not a type of Hive", "use STRING, or INT seconds"),
    "datetime": ("it is not a type of Hive", "use TIMESTAMP"),
    "timestamptz": ("it is not a type of Hive", "use TIMESTAMP, which is UTC here"),
    "bool": ("it is not a type of Hive", "use BOOLEAN"),
}


class HiveType(msgspec.Struct, frozen=True):
    """A type. ``args`` are lengths, or precision and scale; ``items`` an array's element, a map's key and
    value, a struct's fields, whose names are ``fields``."""

    name: str
    args: tuple[int, ...] = ()
    items: tuple[HiveType, ...] = ()
    fields: tuple[str, ...] = ()

    def __str__(self) -> str:
        if self.name == "struct":
            inner = ",".join(f"{f}:{t}" for f, t in zip(self.fields, self.items, strict=True))
            return f"struct<{inner}>"
        if self.items:
            return f"{self.name}<{','.join(map(str, self.items))}>"
        return f"{self.name}({','.join(map(str, self.args))})" if self.args else self.name

    @property
    def nested(self) -> bool:
        return bool(self.items)


def parse_type(text: str) -> HiveType:
    """From Hive's or Spark's text; :class:`ProjectError` for what is no type that all engines read."""
    cursor = Cursor(text, "")
    parsed = read_type(cursor)
    if cursor.next.kind != "end":
        raise cursor.unexpected("the end of the type")
    return parsed


@lru_cache(4096)
def canonical(text: str) -> str:
    """Lower case, no spaces, no synonyms: what a metastore holds. What is no known type stays as it is."""
    if text in PLAIN:
        return text
    try:
        return str(parse_type(text))
    except ProjectError:
        return re.sub(r"\s", "", text.lower())


def supported(text: str) -> str | None:
    """Why Spark, Trino, Athena and Hive do not all read a column of this type; None if they do."""
    try:
        parse_type(text)
    except ProjectError as error:
        return f"{error.what}: {error.why}" if error.why else error.what
    return None


def partitioning(kind: HiveType) -> str | None:
    """Why tables are not partitioned by this type; None if they may be."""
    if kind.name in PARTITIONING:
        return None
    return f"engines write and compare {kind.name.upper()} values in paths differently"


def read_type(cursor: Cursor, *, strict: bool = False, depth: int = 0) -> HiveType:
    """The type that begins at the cursor. ``strict`` refuses struct fields that are not in lower case."""
    start = cursor.step()
    if start.kind != "word":
        raise cursor.error(f"expected a type, found {start.text or 'nothing'!r}", start)
    name = _SYNONYMS.get(start.text.lower(), start.text.lower())
    if name in PLAIN:
        if name == "double" and cursor.take("PRECISION"):
            raise cursor.error("DOUBLE PRECISION is not a type of Spark", start, fix="write DOUBLE")
        if name == "timestamp" and cursor.looks("WITH"):
            raise cursor.error("TIMESTAMP WITH … is not a type of Spark", start, fix="use TIMESTAMP, in UTC")
        return HiveType(name)
    if name == "decimal":
        return _decimal(cursor, start.offset)
    if name in {"varchar", "char"}:
        (length,) = _numbers(cursor, 1, f"{name.upper()} needs its length, as in {name.upper()}(20)")
        most = 65535 if name == "varchar" else 255
        if not 1 <= length <= most:
            raise cursor.error(f"a {name.upper()} is 1 to {most} characters long", start)
        return HiveType(name, (length,))
    if name in {"array", "map", "struct"}:
        return _nested(cursor, name, start.offset, strict, depth + 1)
    why, fix = _REFUSED.get(name, (None, "types are " + ", ".join(sorted(n.upper() for n in PLAIN)) + _MORE))
    raise cursor.error(f"{start.text!r} is not a type that all engines read", start, why=why, fix=fix)


_MORE = ", DECIMAL(p,s), VARCHAR(n), CHAR(n), ARRAY<…>, MAP<…,…> and STRUCT<name:…>"


def _decimal(cursor: Cursor, start: int) -> HiveType:
    given = _numbers(cursor, 2, "write DECIMAL(precision, scale)") if cursor.looks("(") else [10]
    precision, scale = given[0], given[1] if len(given) > 1 else 0
    if not 1 <= precision <= 38 or scale > precision:
        raise cursor.error("a DECIMAL has 1 to 38 digits, of which at most all are after the point", start)
    return HiveType("decimal", (precision, scale))


def _numbers(cursor: Cursor, most: int, fix: str) -> list[int]:
    numbers: list[int] = []
    if not cursor.take("("):
        raise cursor.error("the type's length is missing", fix=fix)
    while True:
        token = cursor.step()
        if token.kind != "number" or not token.text.isdecimal():
            raise cursor.error(f"expected a number, found {token.text!r}", token, fix=fix)
        numbers.append(int(token.text[:9]))
        if len(numbers) == most or not cursor.take(","):
            break
    cursor.expect(")")
    return numbers


def _nested(cursor: Cursor, name: str, start: int, strict: bool, depth: int) -> HiveType:
    if depth > MOST_NESTED:
        raise cursor.error(f"a type nested more than {MOST_NESTED} deep", start, fix="nest it less")
    cursor.expect("<")
    items: list[HiveType] = []
    fields: list[str] = []
    while True:
        if name == "struct":
            field = cursor.step()
            if field.kind not in {"word", "quoted"}:
                raise cursor.error(f"expected a field's name, found {field.text!r}", field)
            called = unquote(field.text) if field.kind == "quoted" else field.text
            if not re.fullmatch(r"[a-z][a-z0-9_]*" if strict else r"[^`:,<>]+", called):
                raise cursor.error(
                    f"field {called!r} is not a name that all engines read alike",
                    field,
                    why="Hive, Glue and Athena fold names to lower case",
                    fix="use lower_snake_case",
                )
            if called.lower() in fields:
                raise cursor.error(f"field {called!r} is there twice", field)
            fields.append(called.lower())
            cursor.expect(":")
        items.append(read_type(cursor, strict=strict, depth=depth))
        if strict and cursor.looks("COMMENT"):
            raise cursor.error(
                "a struct's field takes no COMMENT",
                why="Hive's metastore has no place for it, so it would be lost",
                fix="describe the fields in the column's COMMENT",
            )
        if not cursor.take(","):
            break
    cursor.expect(">")
    wanted = {"array": 1, "map": 2}.get(name, len(items))
    if len(items) != wanted:
        raise cursor.error(f"{name.upper()} takes {wanted} type{'s' * (wanted > 1)}, not {len(items)}", start)
    if name == "map" and items[0].nested:
        raise cursor.error("a MAP's key is a plain type", start, why="Hive's DDL knows no other")
    return HiveType(name, (), tuple(items), tuple(fields))


def widening(old: str, new: str, storage: Format | str) -> str | None:
    """Why files written with ``old`` cannot be read as ``new``; None if all engines read them right.

    Measured on files of each format with Spark 3.5, Trino 476 and Hive 2.3.9, values and filters
    (tests/readers/test_types.py).
    """
    before, after = parse_type(old), parse_type(new)
    return None if before == after else _widening(before, after, Format(storage))


def _widening(old: HiveType, new: HiveType, storage: Format) -> str | None:
    if old == new:
        return None
    if storage is Format.CUSTOM:
        return f"{old} to {new}: how this table's format reads old files is not known; {_WAYS}"
    if old.nested and old.name == new.name:
        if new.fields[: len(old.fields)] != old.fields:
            return f"{old} to {new}: a struct's fields can only be added to, at the end; {_WAYS}"
        changed = [(a, b) for a, b in zip(old.items, new.items, strict=False) if a != b]
        plain = next(((a, b) for a, b in changed if not (a.nested and b.nested)), None)
        if plain is not None:
            return (
                f"{plain[0]} to {plain[1]}: inside a nested type engines read old files differently; {_WAYS}"
            )
        return next((why for a, b in changed if (why := _widening(a, b, storage))), None)
    if _reads(old, new, storage):
        return None
    return f"{old} to {new}: {_why(old, new, storage)}; {_WAYS}"


def _reads(old: HiveType, new: HiveType, storage: Format) -> bool:
    a, b = old.name, new.name
    if a == b == "varchar":
        return new.args > old.args
    if (a, b) == ("varchar", "string"):
        return storage is not Format.ORC
    if a in INTEGERS and b in INTEGERS:
        most = "int" if storage is Format.PARQUET else "bigint"
        return INTEGERS.index(a) < INTEGERS.index(b) <= INTEGERS.index(most)
    if storage is Format.PARQUET:
        return False
    if (a, b) == ("float", "double"):
        return True
    if a == b == "decimal":
        more = new.args[0] - new.args[1] >= old.args[0] - old.args[1]
        same = new.args[1] == old.args[1] if storage is Format.ORC else new.args[1] >= old.args[1]
        return more and same
    if storage is Format.TEXTFILE:
        if b == "decimal" and a in INTEGERS:
            return new.args[0] - new.args[1] >= _DIGITS[a]
        return b == "string" and a in {*INTEGERS, "date"}
    return False


_WAYS = "add a new column beside it, or make a new table and rebuild"


def _why(old: HiveType, new: HiveType, storage: Format) -> str:
    if old.name == new.name and old.args > new.args:
        return "a narrower type loses values that are there"
    if old.name == new.name == "decimal" and storage is Format.PARQUET:
        return "Spark's filters on it fail on old Parquet files"
    if old.name in INTEGERS and new.name in INTEGERS and INTEGERS.index(old.name) > INTEGERS.index(new.name):
        return "a narrower type loses values that are there"
    if storage is Format.PARQUET:
        return (
            "Spark or Hive fails on old Parquet files; what all engines read there is TINYINT or SMALLINT to "
            "INT, a longer VARCHAR, VARCHAR to STRING, and struct fields added at the end"
        )
    return f"not all engines read old {storage.value} files so"
