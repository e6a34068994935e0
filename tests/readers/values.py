"""What each engine gives for a value of one of Hive's types, in one form, so that equal values are equal.

NULL is None. Floats are their exact bits as text (NaN equals itself, -0.0 is not 0.0), a FLOAT as the 32 bits
it is; DECIMAL keeps its scale; DATE and TIMESTAMP are text, the latter without trailing zeros; BINARY is hex
digits; an array is a tuple, a struct the tuple of its fields, a map the tuple of its sorted entries.
"""

from __future__ import annotations

import base64
import math
import re
import struct
from collections.abc import Callable
from datetime import date, datetime
from decimal import Context, Decimal
from typing import Any

from warehouse.types import INTEGERS, HiveType

Value = Any
_WIDE = Context(prec=40)


def of_spark(kind: HiveType, value: Any) -> Value:
    """From what Spark's Python collects, with a process whose time zone is UTC."""
    if value is None:
        return None
    if kind.nested:
        return _nested(kind, value, of_spark)
    match value:
        case datetime():
            return _moment(value.isoformat(" "))
        case date():
            return value.isoformat()
        case bytes() | bytearray():
            return value.hex()
        case float():
            return _float(kind, value)
    return value


def of_trino(kind: HiveType, value: Any) -> Value:
    """From Trino's protocol: keys of maps are text there."""
    if value is None:
        return None
    if kind.nested:
        return _nested(kind, value, of_trino)
    match kind.name:
        case "binary":
            return base64.b64decode(value).hex()
    return _of_text(kind, str(value))


def of_text(kind: HiveType, text: str) -> Value:
    """From a column that Hive's CLI prints by itself; the text of a NULL is ``NULL``."""
    return None if text == "NULL" else _of_text(kind, text)


def of_hive(kind: HiveType, text: str) -> Value:
    """From the JSON that Hive's CLI prints of a nested value. A BINARY's bytes stand there as they are, so
    that only those can be told that are text."""
    value, end = _Json(text).value(kind, 0)
    assert end == len(text), f"{text[end:]!r} is left over"
    return value


def _nested(kind: HiveType, value: Any, one: Callable[[HiveType, Any], Value]) -> Value:
    if kind.name == "array":
        return tuple(one(kind.items[0], item) for item in value)
    if kind.name == "map":
        return _entries((one(kind.items[0], k), one(kind.items[1], v)) for k, v in value.items())
    return tuple(one(item, field) for item, field in zip(kind.items, value, strict=True))


def _entries(found: Any) -> Value:
    return tuple(sorted(found, key=repr))


def _of_text(kind: HiveType, text: str) -> Value:
    if kind.name in INTEGERS:
        return int(text)
    match kind.name:
        case "boolean":
            return {"true": True, "false": False}[text.lower()]
        case "decimal":
            return Decimal(text).quantize(Decimal(1).scaleb(-kind.args[1]), context=_WIDE)
        case "float" | "double":
            return _float(kind, float(text.replace("Infinity", "inf")))
        case "timestamp":
            return _moment(text)
        case "binary":
            return text.encode().hex()
    return text


def _float(kind: HiveType, value: float) -> str:
    if kind.name == "float" and math.isfinite(value):
        value = struct.unpack("f", struct.pack("f", value))[0]
    return value.hex()


def _moment(text: str) -> str:
    return re.sub(r"\.?0*$", "", text) if "." in text else text


class _Json:
    """Hive's JSON: as usual, but keys of maps that are numbers stand without quotes."""

    _PLAIN = re.compile(r"[^,:\]}]*")
    _QUOTED = re.compile(r'"((?:[^"\\]|\\.)*)"', re.DOTALL)

    def __init__(self, text: str) -> None:
        self._text = text

    def value(self, kind: HiveType, at: int) -> tuple[Value, int]:
        if self._text.startswith("null", at):
            return None, at + 4
        match kind.name:
            case "array":
                items, at = self._list(at, "]", lambda at: self.value(kind.items[0], at))
                return tuple(items), at
            case "map":
                items, at = self._list(at, "}", lambda at: self._entry(kind.items[0], kind.items[1], at))
                return _entries(items), at
            case "struct":
                fields = iter(kind.items)
                items, at = self._list(at, "}", lambda at: self._entry(HiveType("string"), next(fields), at))
                assert len(items) == len(kind.items)
                return tuple(value for _, value in items), at
        found = self._QUOTED.match(self._text, at)
        if found:
            return _of_text(
                kind, re.sub(r"\\(u[0-9a-f]{4}|.)", _unescaped, found[1], flags=re.S)
            ), found.end()
        found = self._PLAIN.match(self._text, at)
        assert found is not None
        return _of_text(kind, found[0]), found.end()

    def _entry(self, key: HiveType, item: HiveType, at: int) -> tuple[tuple[Value, Value], int]:
        name, at = self.value(key, at)
        assert self._text[at] == ":", self._text[at:]
        value, at = self.value(item, at + 1)
        return (name, value), at

    def _list(self, at: int, end: str, one: Callable[[int], tuple[Value, int]]) -> tuple[list[Value], int]:
        items: list[Value] = []
        at += 1
        while self._text[at] != end:
            item, at = one(at + (self._text[at] == ","))
            items.append(item)
        return items, at + 1


def _unescaped(found: re.Match[str]) -> str:
    escape = found[1]
    if escape[0] == "u" and len(escape) == 5:
        return chr(int(escape[1:], 16))
    return {"n": "\n", "t": "\t", "r": "\r", "b": "\b", "f": "\f"}.get(escape, escape)
