"""Spark's functions that read windows understand: argument types, result type, and what they do.

All give NULL for a NULL argument. What is not here is unknown, and widens a window.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import date, datetime, timedelta
from typing import Any

import msgspec

from warehouse import sparkvalues as spark
from warehouse.sparkvalues import SqlError


class Function(msgspec.Struct, frozen=True):
    """``args`` are the types that arguments are cast to; the last repeats where ``many`` is true."""

    args: tuple[str, ...]
    result: str
    run: Callable[..., Any]
    least: int
    many: bool = False

    def arg(self, index: int) -> str | None:
        if index < len(self.args):
            return self.args[index]
        return self.args[-1] if self.many else None


def _of(
    args: str, result: str, run: Callable[..., Any], least: int | None = None, many: bool = False
) -> Function:
    names = tuple(args.split())
    return Function(names, result, run, len(names) if least is None else least, many)


def _ascii(change: Callable[[str], str]) -> Callable[[str], str]:
    def run(text: str) -> str:
        if not text.isascii():
            raise SqlError("letters outside ASCII are not known here")
        return change(text)

    return run


def _trunc(value: date, unit: str) -> date:
    start = spark.truncate(
        datetime(value.year, value.month, value.day), unit, ("day", "hour", "minute", "second")
    )
    return start.date()


def _date_trunc(unit: str, value: datetime) -> datetime:
    return spark.truncate(value, unit)


def _last_day(value: date) -> date:
    return value.replace(day=spark.days_in(value.year, value.month))


def _make_date(year: int, month: int, day: int) -> date:
    try:
        return date(year, month, day)
    except ValueError as error:
        raise SqlError(str(error)) from None


def _replace(text: str, search: str, new: str = "") -> str:
    return text.replace(search, new) if search else text


def _trim(left: bool, right: bool) -> Callable[[str], str]:
    def run(text: str) -> str:
        text = text.lstrip(" ") if left else text
        return text.rstrip(" ") if right else text

    return run


def _split_item(text: str, pattern: str, index: int) -> str:
    if re.escape(pattern) != pattern and pattern not in ("-", "_", " ", "/", ":", ",", "T"):
        raise SqlError("patterns are not known here")
    parts = text.split(pattern) if pattern else []
    if not 0 <= index < len(parts):
        raise SqlError("there is no such part")
    return parts[index]


def _to_date(text: str, pattern: str) -> date:
    return spark.parse_moment(text, pattern).date()


def _modulo(a: int, b: int) -> int:
    return a - b * _divide(a, b)


def _divide(a: int, b: int) -> int:
    if b == 0:
        raise SqlError("division by zero")
    quotient = abs(a) // abs(b)
    return quotient if (a < 0) == (b < 0) else -quotient


def _ratio(a: int, b: int) -> float:
    if b == 0:
        raise SqlError("division by zero")
    return a / b


def _pmod(a: int, b: int) -> int:
    rest = _modulo(a, b)
    return _modulo(rest + b, b) if rest < 0 else rest


def _left(text: str, length: int) -> str:
    return text[: max(length, 0)]


def _right(text: str, length: int) -> str:
    return spark.substring(text, -length) if length > 0 else ""


def _add_seconds(value: datetime, seconds: int) -> datetime:
    try:
        return value + timedelta(seconds=seconds)
    except OverflowError as error:
        raise SqlError(str(error)) from None


FUNCTIONS: dict[str, Function] = {
    "date_add": _of("date int", "date", spark.add_days),
    "add_months": _of("date int", "date", spark.add_months),
    "datediff": _of("date date", "int", lambda a, b: (a - b).days),
    "date_format": _of("timestamp string", "string", spark.format_moment),
    "date_trunc": _of("string timestamp", "timestamp", _date_trunc),
    "trunc": _of("date string", "date", _trunc),
    "last_day": _of("date", "date", _last_day),
    "make_date": _of("int int int", "date", _make_date),
    "to_date": _of("string string", "date", _to_date),
    "to_timestamp": _of("string string", "timestamp", spark.parse_moment),
    "year": _of("date", "int", lambda d: d.year),
    "quarter": _of("date", "int", lambda d: (d.month + 2) // 3),
    "month": _of("date", "int", lambda d: d.month),
    "day": _of("date", "int", lambda d: d.day),
    "dayofweek": _of("date", "int", lambda d: d.isoweekday() % 7 + 1),
    "weekday": _of("date", "int", lambda d: d.weekday()),
    "dayofyear": _of("date", "int", lambda d: d.timetuple().tm_yday),
    "weekofyear": _of("date", "int", lambda d: d.isocalendar()[1]),
    "hour": _of("timestamp", "int", lambda t: t.hour),
    "minute": _of("timestamp", "int", lambda t: t.minute),
    "substring": _of("string int int", "string", spark.substring, 2),
    "left": _of("string int", "string", _left),
    "right": _of("string int", "string", _right),
    "concat": _of("string", "string", lambda *texts: "".join(texts), 1, many=True),
    "lower": _of("string", "string", _ascii(str.lower)),
    "upper": _of("string", "string", _ascii(str.upper)),
    "length": _of("string", "int", len),
    "trim": _of("string", "string", _trim(True, True)),
    "ltrim": _of("string", "string", _trim(True, False)),
    "rtrim": _of("string", "string", _trim(False, True)),
    "lpad": _of("string int string", "string", lambda s, n, p=" ": spark.pad(s, n, p, True), 2),
    "rpad": _of("string int string", "string", lambda s, n, p=" ": spark.pad(s, n, p, False), 2),
    "replace": _of("string string string", "string", _replace, 2),
    "split_item": _of("string string int", "string", _split_item),
    "startswith": _of("string string", "boolean", str.startswith),
    "endswith": _of("string string", "boolean", str.endswith),
    "contains": _of("string string", "boolean", lambda text, part: part in text),
    "pmod": _of("int int", "int", _pmod),
    "div": _of("int int", "int", _divide),
}

ARITHMETIC: dict[tuple[str, str, str], Function] = {
    ("+", "int", "int"): _of("int int", "int", lambda a, b: a + b),
    ("-", "int", "int"): _of("int int", "int", lambda a, b: a - b),
    ("*", "int", "int"): _of("int int", "int", lambda a, b: a * b),
    ("/", "int", "int"): _of("int int", "double", _ratio),
    ("%", "int", "int"): _of("int int", "int", _modulo),
    ("+", "date", "int"): _of("date int", "date", spark.add_days),
    ("+", "int", "date"): _of("int date", "date", lambda n, d: spark.add_days(d, n)),
    ("-", "date", "int"): _of("date int", "date", lambda d, n: spark.add_days(d, -n)),
    ("+", "date", "days"): _of("date days", "date", spark.add_days),
    ("+", "days", "date"): _of("days date", "date", lambda n, d: spark.add_days(d, n)),
    ("-", "date", "days"): _of("date days", "date", lambda d, n: spark.add_days(d, -n)),
    ("+", "date", "months"): _of("date months", "date", spark.add_months),
    ("-", "date", "months"): _of("date months", "date", lambda d, n: spark.add_months(d, -n)),
    ("+", "date", "seconds"): _of("timestamp seconds", "timestamp", _add_seconds),
    ("-", "date", "seconds"): _of("timestamp seconds", "timestamp", lambda t, n: _add_seconds(t, -n)),
    ("+", "timestamp", "months"): _of("timestamp months", "timestamp", spark.add_months),
    ("-", "timestamp", "months"): _of("timestamp months", "timestamp", lambda t, n: spark.add_months(t, -n)),
    ("+", "timestamp", "days"): _of("timestamp days", "timestamp", spark.add_days),
    ("-", "timestamp", "days"): _of("timestamp days", "timestamp", lambda t, n: spark.add_days(t, -n)),
    ("+", "timestamp", "seconds"): _of("timestamp seconds", "timestamp", _add_seconds),
    ("-", "timestamp", "seconds"): _of("timestamp seconds", "timestamp", lambda t, n: _add_seconds(t, -n)),
}
"""By operator and the operands' types."""
