"""Spark's values (ANSI on) in Python: casts, dates, texts. :class:`SqlError` where Spark would fail.

Sources: Spark 3.5 UTF8String, SparkDateTimeUtils (stringToDate, stringToTimestamp), Cast, DateTimeUtils.
"""

from __future__ import annotations

import calendar
import re
from collections.abc import Callable
from datetime import date, datetime, timedelta
from decimal import Decimal, InvalidOperation

from warehouse.expressions import Value


class SqlError(Exception):
    """Spark would fail here, or does something that is not known here: nothing can be said."""


_BLANK = "".join(map(chr, range(33)))
_DATE = re.compile(r"([0-9]{4})(?:-([0-9]{1,2})(?:-([0-9]{1,2})(?:[ T].*)?)?)?\Z", re.DOTALL)
_TIMESTAMP = re.compile(
    r"([0-9]{4}(?:-[0-9]{1,2}(?:-[0-9]{1,2})?)?)"
    r"(?:[ T]([0-9]{1,2}):([0-9]{1,2}):([0-9]{1,2})(?:\.([0-9]{1,6}))?(Z|\+00:00| UTC)?)?\Z"
)
_NUMBER = re.compile(r"[-+]?([0-9]+(\.[0-9]*)?|\.[0-9]+)([eE][-+]?[0-9]+)?\Z")
_TRUE, _FALSE = ("t", "true", "y", "yes", "1"), ("f", "false", "n", "no", "0")
_RANGES = {"tinyint": 7, "smallint": 15, "int": 31, "integer": 31, "bigint": 63}


def to_date(text: str) -> date:
    match = _DATE.match(text.strip(_BLANK))
    if match is None:
        raise SqlError(f"{text!r} is not a date")
    return _date(int(match[1]), int(match[2] or 1), int(match[3] or 1))


def _date(year: int, month: int, day: int) -> date:
    try:
        return date(year, month, day)
    except ValueError as error:
        raise SqlError(str(error)) from None


def to_timestamp(text: str) -> datetime:
    match = _TIMESTAMP.match(text.strip(_BLANK))
    if match is None:
        raise SqlError(f"{text!r} is not a timestamp")
    day = to_date(match[1])
    micros = int((match[5] or "").ljust(6, "0"))
    try:
        return datetime(
            day.year, day.month, day.day, int(match[2] or 0), int(match[3] or 0), int(match[4] or 0), micros
        )
    except ValueError as error:
        raise SqlError(str(error)) from None


def to_text(value: Value) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, datetime):
        fraction = f".{value.microsecond:06d}".rstrip("0") if value.microsecond else ""
        return value.isoformat(" ", "seconds")[:19] + fraction
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, float | Decimal):
        raise SqlError("how this number is written is not known here")
    return str(value)


def cast(value: Value, to: str, raw: str = "") -> Value:
    """``value`` as type ``to`` (of ``expressions.TYPES``); ``raw`` is the type's full name."""
    if value is None or to == "null":
        return None
    if to == "string":
        length = re.fullmatch(r"(?:var)?char\((\d+)\)", raw)
        if length:
            raise SqlError("texts of limited length are not known here")
        return to_text(value)
    if to == "int":
        return _to_int(value, raw)
    if to in ("double", "decimal"):
        return _to_number(value, to, raw)
    if to == "boolean":
        return _to_boolean(value)
    if to == "date":
        if isinstance(value, datetime):
            return value.date()
        if isinstance(value, date):
            return value
        if isinstance(value, str):
            return to_date(value)
    if to == "timestamp":
        if isinstance(value, datetime):
            return value
        if isinstance(value, date):
            return datetime(value.year, value.month, value.day)
        if isinstance(value, str):
            return to_timestamp(value)
    raise SqlError(f"no cast to {to} is known here")


def _to_int(value: Value, raw: str) -> int:
    if isinstance(value, int | float | Decimal):
        number = int(value)
    elif isinstance(value, str) and re.fullmatch(r"[-+]?[0-9]{1,19}", value.strip(_BLANK)):
        number = int(value.strip(_BLANK))
    else:
        raise SqlError(f"{value!r} is not a whole number")
    bits = _RANGES.get(raw, 63)
    if not -(1 << bits) <= number < 1 << bits:
        raise SqlError(f"{number} is too large")
    return number


def _to_number(value: Value, to: str, raw: str) -> float | Decimal:
    if to == "decimal" and raw not in ("", "decimal"):
        raise SqlError("decimals of limited length are not known here")
    try:
        if isinstance(value, str):
            if not _NUMBER.match(value.strip(_BLANK)):
                raise SqlError(f"{value!r} is not a number")
            return float(value) if to == "double" else Decimal(value.strip(_BLANK))
        if isinstance(value, bool) or not isinstance(value, int | float | Decimal):
            raise SqlError("this is not a number")
        return float(value) if to == "double" else Decimal(value)
    except (InvalidOperation, OverflowError) as error:
        raise SqlError(str(error)) from None


def _to_boolean(value: Value) -> bool:
    if isinstance(value, bool):
        return value
    if isinstance(value, str):
        word = value.strip(_BLANK).lower()
        if word in _TRUE:
            return True
        if word in _FALSE:
            return False
    if isinstance(value, int):
        return value != 0
    raise SqlError(f"{value!r} is not a truth value")


def add_days(value: date, days: int) -> date:
    try:
        return value + timedelta(days=days)
    except OverflowError as error:
        raise SqlError(str(error)) from None


def add_months(value: date, months: int) -> date:
    """The same day, or the month's last. Of a timestamp, the time is kept."""
    index = value.year * 12 + value.month - 1 + months
    year, month = divmod(index, 12)
    if not 1 <= year <= 9999:
        raise SqlError("this date is out of range")
    return value.replace(year=year, month=month + 1, day=min(value.day, days_in(year, month + 1)))


def days_in(year: int, month: int) -> int:
    return calendar.monthrange(year, month)[1]


_UNITS = {
    "YEAR": "year",
    "YYYY": "year",
    "YY": "year",
    "QUARTER": "quarter",
    "MONTH": "month",
    "MON": "month",
    "MM": "month",
    "WEEK": "week",
    "DAY": "day",
    "DD": "day",
    "HOUR": "hour",
    "MINUTE": "minute",
    "SECOND": "second",
}


def truncate(value: datetime, unit: str, smallest: tuple[str, ...] = ()) -> datetime:
    """The start of the unit that holds ``value``. ``smallest`` are units that are not allowed."""
    name = _UNITS.get(unit.upper())
    if name is None or name in smallest:
        raise SqlError(f"{unit!r} is no unit that is known here")
    if name == "second":
        return value.replace(microsecond=0)
    if name == "minute":
        return value.replace(second=0, microsecond=0)
    if name == "hour":
        return value.replace(minute=0, second=0, microsecond=0)
    day = value.replace(hour=0, minute=0, second=0, microsecond=0)
    if name == "week":
        return day - timedelta(days=day.weekday())
    if name == "month":
        return day.replace(day=1)
    if name == "quarter":
        return day.replace(month=(day.month - 1) // 3 * 3 + 1, day=1)
    return day.replace(month=1, day=1) if name == "year" else day


_LEAST = {"yyyy": 1, "MM": 1, "dd": 1, "HH": 0, "mm": 0, "ss": 0}
_FIELDS = {"yyyy": "%Y", "MM": "%m", "dd": "%d", "HH": "%H", "mm": "%M", "ss": "%S"}


def pattern_parts(pattern: str) -> list[str]:
    """A date pattern cut into its fields and the texts between; SqlError for other fields."""
    parts = re.findall(r"([A-Za-z])(\1*)|([^A-Za-z']+)|(')", pattern)
    found: list[str] = []
    for first, rest, text, quoted in parts:
        if quoted or (first and first + rest not in _FIELDS):
            raise SqlError(f"the pattern {pattern!r} is not known here")
        found.append(first + rest or text)
    return found


def format_moment(value: datetime, pattern: str) -> str:
    if value.year < 1000:
        raise SqlError("this year is not known here")
    return "".join(value.strftime(_FIELDS[p]) if p in _FIELDS else p for p in pattern_parts(pattern))


def parse_moment(text: str, pattern: str) -> datetime:
    """As strict as Spark: every field has all its digits."""
    parts = pattern_parts(pattern)
    if parts.count("yyyy") != 1 or len(set(parts) & set(_FIELDS)) != sum(p in _FIELDS for p in parts):
        raise SqlError(f"the pattern {pattern!r} is not known here")
    expression = "".join(f"(?P<{p}>[0-9]{{{len(p)}}})" if p in _FIELDS else re.escape(p) for p in parts)
    match = re.fullmatch(expression, text)
    if match is None:
        raise SqlError(f"{text!r} does not fit {pattern!r}")
    got = {name: int(number) for name, number in match.groupdict().items()}
    try:
        year, month, day, *clock = (got.get(field, least) for field, least in _LEAST.items())
        return datetime(year, month, day, clock[0], clock[1], clock[2])
    except ValueError as error:
        raise SqlError(str(error)) from None


def substring(text: str, position: int, length: int | None = None) -> str:
    """Spark's: from 1; negative positions count from the end, and may reach before the beginning."""
    start = position - 1 if position > 0 else (len(text) + position if position < 0 else 0)
    end = len(text) if length is None else start + length
    return text[max(start, 0) : max(end, 0)]


def pad(text: str, length: int, filler: str, left: bool) -> str:
    if length > 100_000:
        raise SqlError("this text is too long")
    if length <= len(text) or not filler:
        return text[: max(length, 0)]
    more = (filler * (length // len(filler) + 1))[: length - len(text)]
    return more + text if left else text + more


def like(pattern: str) -> Callable[[str], bool]:
    """A LIKE pattern as a test. Patterns with an escape are not known here."""
    if "\\" in pattern:
        raise SqlError("escapes in patterns are not known here")
    expression = "".join(".*" if c == "%" else "." if c == "_" else re.escape(c) for c in pattern)
    compiled = re.compile(expression + r"\Z", re.DOTALL)
    return lambda text: compiled.match(text) is not None
