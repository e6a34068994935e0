"""Single values of a table, for people: read from YAML by the column's type, written as SQL and as text.

In Python a value is None, bool, int, float, Decimal, str, bytes, date, datetime (UTC, without a zone), a
list, or a dict (of a map's keys or a struct's fields).
"""

from __future__ import annotations

import json
import math
import re
import struct
from collections.abc import Callable, Hashable
from datetime import UTC, date, datetime
from decimal import Decimal, InvalidOperation
from typing import Any

import yaml

from warehouse.types import INTEGERS, HiveType
from warehouse.yaml_nodes import Node, NodeReader, kind_of, tag_of

Value = Any
_BITS = dict(zip(INTEGERS, (7, 15, 31, 63), strict=True))
_DATE = re.compile(r"\d{4}-\d\d-\d\d\Z")
_SAFE = re.compile(r"[A-Za-z_/(][\w ./:@()+-]*(?<! )\Z")


# ------------------------------------------------------------------ from YAML


def read_cell(reader: NodeReader, node: Node, kind: HiveType, what: str) -> Value:
    """The value that a node gives a column; :class:`ProjectError` at the node where it is none of its type.

    A STRING takes what is written, also without quotes; a mapping or a list becomes its JSON text.
    """
    if isinstance(node, yaml.ScalarNode) and tag_of(node) == "null":
        return None
    if kind.nested:
        return _nested(reader, node, kind, what)
    if kind.name in ("string", "varchar", "char"):
        text = str(node.value) if isinstance(node, yaml.ScalarNode) else _json(reader, node)
        if kind.args and len(text) > kind.args[0]:
            reader.fail(node, f"`{what}` is {kind}, but {len(text)} characters are given")
        return text.ljust(kind.args[0]) if kind.name == "char" else text
    if not isinstance(node, yaml.ScalarNode):
        reader.fail(node, f"`{what}` is {kind}, not {kind_of(node)}")
    text = str(node.value).strip()
    try:
        return _plain(text, kind)
    except (ValueError, InvalidOperation, OverflowError):
        reader.fail(node, f"`{what}` is {kind}: {text!r} is no value of it", fix=_EXAMPLES.get(kind.name))


_EXAMPLES = {
    "boolean": "write true or false",
    "date": "write 2018-11-15",
    "timestamp": "write 2018-11-15 07:30:00.123 (UTC)",
    "binary": "write the bytes in hexadecimal: 00ff",
    "decimal": "write a number with no more digits than the type has: 12.50",
}


def _plain(text: str, kind: HiveType) -> Value:
    match kind.name:
        case "boolean":
            return {"true": True, "false": False}[text.lower()] if text.lower() in _BOOLEANS else _no(text)
        case "float" | "double":
            number = float(text)
            return struct.unpack("f", struct.pack("f", number))[0] if kind.name == "float" else number
        case "decimal":
            return _decimal(text, *kind.args)
        case "date":
            return date.fromisoformat(text) if _DATE.match(text) else _no(text)
        case "timestamp":
            moment = datetime.fromisoformat(text)
            return moment if moment.tzinfo is None else moment.astimezone(UTC).replace(tzinfo=None)
        case "binary":
            return bytes.fromhex(text)
        case _:
            number = int(text)
            limit = 2 ** _BITS[kind.name]
            return number if -limit <= number < limit else _no(text)


_BOOLEANS = ("true", "false")


def _no(text: str) -> Value:
    raise ValueError(text)


def _decimal(text: str, precision: int, scale: int) -> Decimal:
    number = Decimal(text)
    if not number.is_finite() or number != round(number, scale) or abs(number) >= 10 ** (precision - scale):
        raise ValueError(text)
    return round(number, scale)


def _nested(reader: NodeReader, node: Node, kind: HiveType, what: str) -> Value:
    if kind.name == "array":
        return [
            read_cell(reader, item, kind.items[0], f"{what}[{n}]")
            for n, item in enumerate(reader.items(node, what))
        ]
    if kind.name == "struct":
        types = dict(zip(kind.fields, kind.items, strict=True))
        given = {k: n for k, (_, n) in reader.mapping(node, f"`{what}`", kind.fields).items()}
        return {
            f: read_cell(reader, given[f], t, f"{what}.{f}") if f in given else None for f, t in types.items()
        }
    if not isinstance(node, yaml.MappingNode):
        reader.fail(node, f"`{what}` is {kind}, not {kind_of(node)}", fix="write {key: value}")
    return {
        read_cell(reader, key, kind.items[0], f"a key of {what}"): read_cell(
            reader, value, kind.items[1], what
        )
        for key, value in node.value
    }


_JSON: dict[str, Callable[[str], Any]] = {"bool": lambda t: t.lower() == "true", "int": int, "float": float}


def _json(reader: NodeReader, node: Node) -> str:
    """A mapping or list as compact JSON, as the systems that write lines of it do."""

    def plain(node: Node) -> Any:
        if isinstance(node, yaml.MappingNode):
            return {str(key.value): plain(value) for key, value in node.value}
        if isinstance(node, yaml.SequenceNode):
            return [plain(item) for item in node.value]
        tag, text = tag_of(node), str(node.value)
        if tag == "null":
            return None
        try:
            return _JSON.get(tag, str)(text)
        except ValueError:
            return text

    return json.dumps(plain(node), ensure_ascii=False)


# ------------------------------------------------------------------ to SQL


def sql_type(kind: HiveType) -> str:
    return str(kind).upper() if not kind.nested else str(kind)


def sql_literal(value: Value, kind: HiveType) -> str:
    """An expression of exactly this type in Spark's SQL."""
    if value is None:
        return f"CAST(NULL AS {sql_type(kind)})"
    match kind.name:
        case "array":
            inner = ", ".join(sql_literal(v, kind.items[0]) for v in value)
            return f"CAST(array({inner}) AS {sql_type(kind)})"
        case "map":
            inner = ", ".join(
                f"{sql_literal(k, kind.items[0])}, {sql_literal(v, kind.items[1])}" for k, v in value.items()
            )
            return f"CAST(map({inner}) AS {sql_type(kind)})"
        case "struct":
            inner = ", ".join(
                f"{sql_text(f)}, {sql_literal(value[f], t)}"
                for f, t in zip(kind.fields, kind.items, strict=True)
            )
            return f"named_struct({inner})"
        case "boolean":
            return "true" if value else "false"
        case "string" | "varchar" | "char":
            return sql_text(value)
        case "date":
            return f"DATE '{value.isoformat()}'"
        case "timestamp":
            return f"TIMESTAMP '{value.isoformat(sep=' ')}'"
        case "binary":
            return f"X'{value.hex()}'"
        case _:
            return f"CAST('{value}' AS {sql_type(kind)})"


def sql_text(text: str) -> str:
    """A string literal."""
    return "'" + text.replace("\\", "\\\\").replace("'", "\\'") + "'"


# ------------------------------------------------------------------ compared and shown


def comparable(value: Value, kind: HiveType) -> Hashable:
    """Equal for values that a test takes as equal: DOUBLE to 12 digits, FLOAT to 6."""
    if value is None:
        return None
    match kind.name:
        case "float" | "double":
            number = float(value)
            return (
                "NaN"
                if math.isnan(number)
                else float(f"{number:.{6 if kind.name == 'float' else 12}g}") + 0.0
            )
        case "array":
            return tuple(comparable(v, kind.items[0]) for v in value)
        case "struct":
            return tuple(comparable(value[f], t) for f, t in zip(kind.fields, kind.items, strict=True))
        case "map":
            return frozenset(
                (comparable(k, kind.items[0]), comparable(v, kind.items[1])) for k, v in value.items()
            )
        case "binary":
            return bytes(value)
        case _:
            return value if isinstance(value, Hashable) else str(value)


def show(value: Value) -> str:
    """For people, and for YAML where it is plain."""
    if value is None:
        return "NULL"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, bytes | bytearray):
        return bytes(value).hex()
    if isinstance(value, datetime):
        return value.isoformat(sep=" ").removesuffix("000" if value.microsecond else "")
    if isinstance(value, dict):
        return "{" + ", ".join(f"{show(k)}: {show(v)}" for k, v in value.items()) + "}"
    if isinstance(value, list | tuple):
        return "[" + ", ".join(map(show, value)) + "]"
    return str(value)


def yaml_text(value: Value) -> str:
    """A value as :func:`read_cell` reads it back, in flow style."""
    if value is None:
        return "null"
    if isinstance(value, str):
        plain = _SAFE.match(value) and ": " not in value and not value.endswith(":")
        loader: Any = yaml.SafeLoader("")
        resolved = loader.resolve(yaml.ScalarNode, value, (True, False)) if plain else ""
        return value if resolved == "tag:yaml.org,2002:str" else _quoted(value)
    if isinstance(value, dict):
        return "{" + ", ".join(f"{yaml_text(k)}: {yaml_text(v)}" for k, v in value.items()) + "}"
    if isinstance(value, list | tuple):
        return "[" + ", ".join(map(yaml_text, value)) + "]"
    if isinstance(value, bytes | bytearray):
        return _quoted(bytes(value).hex())
    return show(value)


def _quoted(text: str) -> str:
    """JSON is YAML, but for characters that YAML wants escaped."""
    written = json.dumps(text, ensure_ascii=False)
    return re.sub("[^\n\x20-\x7e\xa0-\ud7ff\ue000-\ufdff\U00010000-\U0010fffd]", _escaped, written)


def _escaped(match: re.Match[str]) -> str:
    return f"\\u{ord(match[0]):04x}" if ord(match[0]) < 0x10000 else f"\\U{ord(match[0]):08x}"
