"""Types of expressions by the rules of Spark 3.5 with ANSI on; None where they are not known for sure.

A type is Spark's simple text, lower case: ``decimal(10,2)``, ``struct<a:int,b:array<string>>``, ``void`` for
NULL. Source: Spark's AnsiTypeCoercion, DecimalPrecision and Cast.canANSIStoreAssign.
"""

from __future__ import annotations

from collections.abc import Iterable
from functools import lru_cache
from typing import Any

Type = str | None

INTEGERS = ("tinyint", "smallint", "int", "bigint")
_DIGITS = {"tinyint": 3, "smallint": 5, "int": 10, "bigint": 20}
_ORDER = {name: n for n, name in enumerate((*INTEGERS, "decimal", "float", "double"))}
MOST_DIGITS = 38
_KINDS = {
    "TEXT": "string",
    "VARCHAR": "string",
    "NVARCHAR": "string",
    "CHAR": "string",
    "NCHAR": "string",
    "TINYINT": "tinyint",
    "SMALLINT": "smallint",
    "INT": "int",
    "BIGINT": "bigint",
    "FLOAT": "float",
    "DOUBLE": "double",
    "BOOLEAN": "boolean",
    "DATE": "date",
    "TIMESTAMP": "timestamp",
    "TIMESTAMPTZ": "timestamp",
    "TIMESTAMPLTZ": "timestamp",
    "TIMESTAMPNTZ": "timestamp_ntz",
    "BINARY": "binary",
    "VARBINARY": "binary",
    "NULL": "void",
}


def is_number(kind: Type) -> bool:
    return kind is not None and kind.partition("(")[0] in _ORDER


def is_plain(kind: Type) -> bool:
    """Known, and neither nested nor an interval."""
    return kind is not None and "<" not in kind and not kind.startswith("interval")


# Nested types, as text.


@lru_cache(4096)
def inner(kind: str) -> tuple[str, ...]:
    """What stands between the brackets of a nested type; fields keep their names: ``a:int``."""
    start = kind.find("<")
    if start < 0 or not kind.endswith(">"):
        return ()
    found, depth, begin = [], 0, start + 1
    for index in range(start + 1, len(kind) - 1):
        char = kind[index]
        depth += (char in "<(") - (char in ">)")
        if char == "," and depth == 0:
            found.append(kind[begin:index])
            begin = index + 1
    last = kind[begin:-1]
    return (*found, last) if last else tuple(found)


def fields(kind: str) -> dict[str, str]:
    """A struct's fields, names in lower case."""
    pairs = (part.partition(":") for part in inner(kind))
    return {name.lower(): type_ for name, _, type_ in pairs}


def field(kind: Type, name: str) -> Type:
    """The type of ``.name``: of a struct, of each struct in an array, of a map's value."""
    if kind is None:
        return None
    if kind.startswith("struct<"):
        return fields(kind).get(name.lower())
    if kind.startswith("array<struct<"):
        found = fields(inner(kind)[0]).get(name.lower())
        return f"array<{found}>" if found else None
    return inner(kind)[1] if kind.startswith("map<") else None


def element(kind: Type) -> Type:
    """What an index gives: an array's element, a map's value."""
    if kind is None or not kind.startswith(("array<", "map<")):
        return None
    return inner(kind)[-1]


def written(node: Any) -> Type:
    """sqlglot's DataType as Spark's text. A CAST to VARCHAR gives STRING."""
    name = node.this.name if hasattr(node.this, "name") else ""
    items = node.args.get("expressions") or ()
    if name == "DECIMAL":
        if not all(item.name.isdecimal() for item in items):
            return None
        numbers = [int(item.name) for item in items]
        return f"decimal({numbers[0] if numbers else 10},{numbers[1] if len(numbers) > 1 else 0})"
    if name in ("ARRAY", "MAP"):
        parts = [written(item) for item in items]
        if None in parts or len(parts) != 1 + (name == "MAP"):
            return None
        return f"{name.lower()}<{','.join(map(str, parts))}>"
    if name == "STRUCT":
        found = []
        for item in items:
            kind = item.args.get("kind")
            type_ = written(kind) if kind is not None else None
            if type_ is None:
                return None
            found.append(f"{item.name}:{type_}")
        return f"struct<{','.join(found)}>"
    return _KINDS.get(name)


@lru_cache(256)
def schema(text: str) -> Type:
    """Of the schema that from_json and from_csv take: ``a INT, b STRUCT<c: STRING>``, or a whole type."""
    from sqlglot import exp
    from sqlglot.errors import SqlglotError

    whole = text.strip().lower().startswith(("struct<", "array<", "map<"))
    try:
        return written(exp.DataType.build(text if whole else f"STRUCT<{text}>", dialect="spark"))
    except (SqlglotError, ValueError, AttributeError):
        return None


# Decimals.


@lru_cache(1024)
def digits(kind: str) -> tuple[int, int] | None:
    """Precision and scale of a decimal, or of an integer as one."""
    if kind in _DIGITS:
        return _DIGITS[kind], 0
    if kind.startswith("decimal("):
        precision, _, scale = kind[8:-1].partition(",")
        return int(precision), int(scale)
    return None


def decimal(precision: int, scale: int) -> str:
    return f"decimal({min(precision, MOST_DIGITS)},{min(scale, MOST_DIGITS)})"


def _adjusted(precision: int, scale: int) -> str:
    """With digits after the point given up for those before it, down to six."""
    if precision <= MOST_DIGITS:
        return f"decimal({precision},{scale})"
    return f"decimal(38,{max(MOST_DIGITS - (precision - scale), min(scale, 6))})"


def literal(text: str) -> str:
    """Of a number as it is written."""
    if text.isdigit():
        value = int(text)
        if value < 2**31:
            return "int"
        return "bigint" if value < 2**63 else decimal(len(str(value)), 0)
    if "e" in text.lower():
        return "double"
    whole, _, fraction = text.partition(".")
    count = len((whole + fraction).lstrip("0"))
    return decimal(max(count, len(fraction), 1), len(fraction))


def as_decimal_literal(text: str) -> str:
    """What a whole number is when it meets a decimal: no more digits than it has."""
    return decimal(max(1, len(text.lstrip("0"))), 0)


# Two types that meet.


def common(a: Type, b: Type) -> Type:
    """The type that two branches of a CASE, two arguments of coalesce or two sides of a UNION meet in."""
    if a is None or b is None or a == b:
        return a if a == b else None
    if a == "void" or b == "void":
        return b if a == "void" else a
    if is_number(a) and is_number(b):
        return _common_number(a, b)
    if a == "string" or b == "string":
        other = b if a == "string" else a
        if other in INTEGERS:
            return "bigint"
        if is_number(other):
            return "double"
        return other if other in ("date", "timestamp", "timestamp_ntz", "boolean", "binary") else None
    if {a, b} == {"date", "timestamp"}:
        return "timestamp"
    if "<" in a and "<" in b and a.partition("<")[0] == b.partition("<")[0]:
        return _common_nested(a, b)
    return None


def comparable_kinds(a: Type, b: Type) -> bool:
    """Whether both are known well enough to say of them that they do not meet."""
    if a is None or b is None or a.startswith(_UNSURE) or b.startswith(_UNSURE):
        return False
    return "<" not in a or "<" not in b


_UNSURE = ("timestamp_ntz", "interval", "void", "map")


def common_of(kinds: Iterable[Type]) -> Type:
    """Of several types."""
    result: Type = "void"
    for kind in kinds:
        result = common(result, kind)
    return result


def _common_number(a: str, b: str) -> str:
    names = {a.partition("(")[0], b.partition("(")[0]}
    if "double" in names or "float" in names:
        return "double"
    x, y = digits(a), digits(b)
    if "decimal" in names and x and y:
        scale = max(x[1], y[1])
        return decimal(max(x[0] - x[1], y[0] - y[1]) + scale, scale)
    return a if _ORDER[a] >= _ORDER[b] else b


def _common_nested(a: str, b: str) -> Type:
    left, right = inner(a), inner(b)
    if len(left) != len(right):
        return None
    parts = []
    for x, y in zip(left, right, strict=True):
        name_x, _, type_x = x.partition(":") if a.startswith("struct<") else ("", "", x)
        name_y, _, type_y = y.partition(":") if a.startswith("struct<") else ("", "", y)
        kind = common(type_x, type_y)
        if kind is None or name_x.lower() != name_y.lower():
            return None
        parts.append(f"{name_x}:{kind}" if name_x else kind)
    return f"{a.partition('<')[0]}<{','.join(parts)}>"


def arithmetic(op: str, a: Type, b: Type) -> Type:
    """``+ - * / % div`` of two types."""
    if a is None or b is None:
        return None
    if op == "div":
        return "bigint" if (is_number(a) and is_number(b)) else None
    moments = ("date", "timestamp")
    if a in moments or b in moments or a.startswith("interval") or b.startswith("interval"):
        return _moments(op, a, b)
    if not (is_number(a) and is_number(b)):
        if not {a, b} <= {"string", "void"} and (is_number(a) or is_number(b)):
            other = b if is_number(a) else a
            if other == "string":
                met = common(a, b)
                return "double" if op == "/" else met
            if other == "void":
                return arithmetic(op, a if is_number(a) else b, a if is_number(a) else b)
        return None
    x, y = digits(a), digits(b)
    if (a.startswith("decimal") or b.startswith("decimal")) and x and y:
        return _decimals(op, x, y)
    return "double" if op == "/" else common(a, b)


def _moments(op: str, a: str, b: str) -> Type:
    if op == "+" and b in ("date", "timestamp"):
        a, b = b, a
    if a == "date":
        if op in "+-" and b in ("tinyint", "smallint", "int", "interval year", "interval month"):
            return "date"
        if op in "+-" and b == "interval day":
            return "date"
        if op in "+-" and b.startswith("interval "):
            return "timestamp"
        if op == "-" and b == "date":
            return "interval day"
        return "interval day to second" if op == "-" and b == "timestamp" else None
    if a == "timestamp":
        if op in "+-" and b.startswith("interval "):
            return "timestamp"
        return "interval day to second" if op == "-" and b in ("date", "timestamp") else None
    return None


def _decimals(op: str, x: tuple[int, int], y: tuple[int, int]) -> Type:
    (p1, s1), (p2, s2) = x, y
    scale = max(s1, s2)
    match op:
        case "+" | "-":
            return _adjusted(max(p1 - s1, p2 - s2) + scale + 1, scale)
        case "*":
            return _adjusted(p1 + p2 + 1, s1 + s2)
        case "/":
            after = max(6, s1 + p2 + 1)
            return _adjusted(p1 - s1 + s2 + after, after)
        case "%":
            return _adjusted(min(p1 - s1, p2 - s2) + scale, scale)
    return None


# Writing into a column.


def storable(source: Type, target: str) -> bool:
    """Whether Spark writes ``source`` into a column of ``target`` (storeAssignmentPolicy=ANSI)."""
    if source is None or source in (target, "void"):
        return True
    a, b = source.partition("(")[0], target.partition("(")[0]
    b = "string" if b in ("varchar", "char") else b
    if a == b or (a in _ORDER and b in _ORDER):
        return True
    if "<" in source or "<" in target:
        left, right = inner(source), inner(target)
        if source.partition("<")[0] != target.partition("<")[0] or len(left) != len(right):
            return False
        if source.startswith("struct<"):
            left = tuple(item.partition(":")[2] for item in left)
            right = tuple(item.partition(":")[2] for item in right)
        return all(storable(x, y) for x, y in zip(left, right, strict=True))
    if b == "string":
        return True
    moments = ("date", "timestamp", "timestamp_ntz")
    return a in moments and b in moments


def narrows(source: Type, target: str) -> str | None:
    """What can go wrong or be lost when a storable value is written; None where nothing can."""
    if source is None or source == target or source == "void" or "<" in target:
        return None
    a, b = source.partition("(")[0], target.partition("(")[0]
    if a in ("float", "double") and b not in ("float", "double", "string"):
        return "digits are cut off, and a large value fails the job"
    if (a, b) == ("double", "float"):
        return "digits are lost"
    if a in _ORDER and b in ("float", "double"):
        exact = {"float": 7, "double": 15}[b]
        found = digits(source)
        return "not every value has its like" if found and found[0] > exact and a == "decimal" else None
    x, y = digits(source), digits("int" if target == "integer" else target)
    if x and y:
        if x[1] > y[1]:
            return "digits after the point are rounded away"
        if a in INTEGERS and b in INTEGERS:
            return "a large value fails the job" if _ORDER[a] > _ORDER[b] else None
        return "a large value fails the job" if x[0] - x[1] > y[0] - y[1] else None
    return "the time of day is lost" if (a, b) == ("timestamp", "date") else None
