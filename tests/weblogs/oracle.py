"""What the weblogs warehouse should say, computed from the raw file in plain Python.

Lines are walked character by character: no regular expression, no Spark.
"""

from __future__ import annotations

import hashlib
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from tests.weblogs import agents

MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")


@dataclass(frozen=True)
class Request:
    """A line that is a request; ``hour`` is ``2015-05-17T10`` in UTC, ``time`` ``2015-05-17 10:05:03``."""

    hour: str
    time: str
    host: str
    ident: str | None
    user: str | None
    method: str
    path: str
    query: str | None
    protocol: str | None
    status: int
    bytes: int
    referer: str | None
    agent: str | None
    line: str


@dataclass(frozen=True)
class Reject:
    line: str


def lines(source: Path) -> Iterator[str]:
    """The lines of a file as the warehouse shows them."""
    data = source.read_bytes()
    for raw in data.removesuffix(b"\n").split(b"\n") if data else ():
        yield raw.removesuffix(b"\r").replace(b"\r", rb"\x0d").decode("utf-8", "replace")


def read(line: str) -> Request | Reject:
    """One line, by walking along it."""
    try:
        return _request(line)
    except (ValueError, IndexError, OverflowError):
        return Reject(line)


def _request(line: str) -> Request:
    host, ident, user, rest = line.split(" ", 3)
    if not (host and ident and user and rest.startswith("[")) or _spaced(host + ident + user):
        raise ValueError
    stamp, rest = rest[1:].split("]", 1)
    moment = _utc(stamp)
    request, rest = _quoted(rest.removeprefix(" ")) if rest.startswith(" ") else _fail()
    status, size, rest = rest[1:].split(" ", 2) if rest.startswith(" ") else _fail()
    referer, rest = _quoted(rest)
    agent, rest = _quoted(rest[1:]) if rest.startswith(" ") else _fail()
    if rest.strip(" \t\r\f\v") or len(status) != 3 or not _digits(status) or not 100 <= int(status) <= 599:
        raise ValueError
    if size != "-" and (not _digits(size) or len(size) > 15):
        raise ValueError
    method, target, protocol = _parts(request)
    path, mark, query = target.partition("?")
    return Request(
        f"{moment:%Y-%m-%dT%H}",
        f"{moment:%Y-%m-%d %H:%M:%S}",
        host,
        _known(ident),
        _known(user),
        method,
        path,
        query if mark else None,
        protocol,
        int(status),
        0 if size == "-" else int(size),
        _known(referer),
        _known(agent),
        line,
    )


def _fail() -> tuple[str, ...]:
    raise ValueError


def _digits(text: str) -> bool:
    return bool(text) and all("0" <= c <= "9" for c in text)


def _spaced(text: str) -> bool:
    return any(c in " \t\n\r\f\v" for c in text)


def _known(text: str) -> str | None:
    return None if text in ("-", "") else text


def _quoted(text: str) -> tuple[str, str]:
    """The text between quotes that ``text`` begins with, as logged, and what follows it."""
    if text[0] != '"':
        raise ValueError
    at = 1
    while text[at] != '"':
        at += 2 if text[at] == "\\" else 1
    return text[1:at], text[at + 1 :]


def _utc(stamp: str) -> datetime:
    day_text, zone = stamp.split(" ")
    date, hour, minute, second = day_text.split(":")
    day, month, year = date.split("/")
    widths = ((day, 2), (year, 4), (hour, 2), (minute, 2), (second, 2), (zone[1:], 4))
    if not all(len(part) == width and _digits(part) for part, width in widths) or zone[0] not in "+-":
        raise ValueError
    local = datetime(
        int(year), MONTHS.index(month) + 1, int(day), int(hour), int(minute), int(second), tzinfo=UTC
    )
    ahead = timedelta(hours=int(zone[1:3]), minutes=int(zone[3:]))
    if ahead > timedelta(hours=18) or int(zone[3:]) > 59:
        raise ValueError
    return local - ahead if zone[0] == "+" else local + ahead


def _parts(request: str) -> tuple[str, str, str | None]:
    method, target = request.split(" ", 1)
    if not method[0].isupper() or any(not ("A" <= c <= "Z" or c in "_-") for c in method):
        raise ValueError
    before, _, last = target.rpartition(" ")
    version = last.removeprefix("HTTP/")
    numbers = version.split(".")
    if before and version != last and len(numbers) <= 2 and all(len(n) == 1 and _digits(n) for n in numbers):
        target, protocol = before, last
    else:
        protocol = None
    if not target or _spaced(target[0]):
        raise ValueError
    return method, target, protocol


def requests(source: Path) -> list[Request]:
    return [r for r in map(read, lines(source)) if isinstance(r, Request)]


def rejects(source: Path) -> list[str]:
    return [r.line for r in map(read, lines(source)) if isinstance(r, Reject)]


def keys(places: Iterable[tuple[str, str]]) -> Iterator[tuple[str, int]]:
    """Key and repeat number of each line, given with its hour."""
    seen: Counter[tuple[str, str]] = Counter()
    for hour, line in places:
        seen[hour, line] += 1
        digest = hashlib.sha256((hour.replace("T", "") + line).encode()).hexdigest()[:32]
        yield f"{digest}-{seen[hour, line]}", seen[hour, line]


@dataclass(frozen=True)
class Traffic:
    hits: int
    bytes: int
    hosts: int
    bot_hits: int
    statuses: tuple[int, ...]
    """Answers by class, 1xx to 5xx."""
    top_paths: tuple[tuple[str, int, int], ...]
    """Path, hits, bytes: ten at most."""


def traffic(found: Iterable[Request], width: int) -> dict[str, Traffic]:
    """By hour where ``width`` is 13, by day where it is 10."""
    groups: dict[str, list[Request]] = defaultdict(list)
    for request in found:
        groups[request.hour[:width]].append(request)
    return {key: _sum(group) for key, group in groups.items()}


def _sum(group: list[Request]) -> Traffic:
    hits: Counter[str] = Counter()
    sizes: Counter[str] = Counter()
    for request in group:
        hits[request.path] += 1
        sizes[request.path] += request.bytes
    # Spark compares text by its UTF-8 bytes, which for code points is their order.
    top = sorted(hits, key=lambda path: (-hits[path], path.encode()))[:10]
    return Traffic(
        len(group),
        sum(r.bytes for r in group),
        len({r.host for r in group}),
        sum(agents.bot(r.agent) is not None for r in group),
        tuple(sum(r.status // 100 == n for r in group) for n in range(1, 6)),
        tuple((path, hits[path], sizes[path]) for path in top),
    )
