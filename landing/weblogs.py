"""Access logs of a web server, in Apache's combined format, landed by the hour that each line tells.

``raw_lines`` gets the lines as they are, in files named after the log they came from, so that several
servers and rotations lie side by side in one hour and landing a log again replaces its own lines only.
A line whose time cannot be read goes with the line before it (at the start of a file: after it). Times are
turned to UTC. Every hour of a day that has lines gets an empty ``_SUCCESS`` beside them, so that a quiet
hour can be told from a missing one.

Where the landed lines differ from the source: a carriage return inside a line, at which every engine would
cut it, is written ``\\x0d`` as Apache itself does; a missing line end at the end of a file is added, a byte
order mark at its beginning left out.
"""

from __future__ import annotations

import functools
import re
from collections import defaultdict
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory

from landing import Piece, wrong_source
from landing.files import LONGEST, lines, unpacked
from landing.weblogs_generator import hour_pieces
from warehouse.errors import Location, ProjectError

DESCRIPTION = "Apache access logs (combined format), by hour"
HOURLY = True
"""The table's partitions are hours: the slices are the same with and without ``--hourly``."""
RATE = 2857.0
"""Lines a day: what the real log has, and what is generated where no rate is asked for."""

PIECE_BYTES = 48 * 1024 * 1024
BUFFER_BYTES = 32 * 1024 * 1024
GAP_DAYS = 31
"""Days without a line between two days that have some are landed empty up to this many: longer silence
means that one of the two days is a clock gone wrong, or another log."""

_TIME = re.compile(
    rb"\[(\d\d)/(Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec)/(\d{4}):(\d\d):([0-5]\d):[0-5]\d "
    rb"([+-]\d\d[0-5]\d)\]"
)
_MONTHS = b"JanFebMarAprMayJunJulAugSepOctNovDec"
_FARTHEST = timedelta(hours=18)
"""Zones farther from UTC do not exist, for Spark neither."""


def real(source: Path, *, hourly: bool) -> Iterator[Piece]:
    """The logs in ``source``: files, also below it and gzipped, with ``log`` in their names, or one file."""
    logs = _logs(source)
    with TemporaryDirectory(prefix="weblogs-") as directory:
        spool = _Spool(Path(directory))
        # An empty log was rotated a moment ago.
        if not [label for label, path in logs.items() if spool.read(label, path)]:
            raise ProjectError(f"{', '.join(map(str, logs.values()))}: there is no line in any of them")
        yield from spool.pieces()


def generated(start: date, end: date, *, seed: int, rate: float = RATE, hourly: bool) -> Iterator[Piece]:
    """Every hour from ``start`` to ``end``, both inclusive, ``rate`` lines a day on average."""
    day = start
    while day <= end:
        for hour in range(24):
            yield from hour_pieces(day, hour, seed=seed, rate=rate)
        day += timedelta(days=1)


def hour_of(line: bytes) -> str | None:
    """The UTC hour that a line tells, ``2015-05-17T10``; None where it tells none that exists."""
    match = _TIME.search(line)
    if match is None:
        return None
    day, month, year, hour, minute, zone = match.groups()
    # Most zones are whole hours: then the minute does not matter, and one answer serves the whole hour.
    return _utc_hour(day, month, year, hour, b"00" if zone.endswith(b"00") else minute, zone)


@functools.lru_cache(maxsize=10_000)
def _utc_hour(day: bytes, month: bytes, year: bytes, hour: bytes, minute: bytes, zone: bytes) -> str | None:
    ahead = timedelta(hours=int(zone[1:3]), minutes=int(zone[3:5]))
    if ahead > _FARTHEST:
        return None
    try:
        local = datetime(
            int(year), _MONTHS.index(month) // 3 + 1, int(day), int(hour), int(minute), tzinfo=UTC
        )
        return f"{local - ahead if zone.startswith(b'+') else local + ahead:%Y-%m-%dT%H}"
    except (ValueError, OverflowError):
        return None


def _logs(source: Path) -> dict[str, Path]:
    """Label to path, in the order of the labels. A label is what the log's landed files are called."""
    if source.is_file():
        found = [source]
    else:
        found = [
            path
            for path in sorted(source.rglob("*"))
            if path.is_file()
            and "log" in path.name.lower()
            and "error" not in path.name.lower()
            and not any(part.startswith(".") for part in path.relative_to(source).parts)
        ]
    if not found:
        raise wrong_source(source, "access logs: files with `log` in their names, plain or .gz")
    labels: dict[str, Path] = {}
    for path in found:
        name = path.name if source.is_file() else "-".join(path.relative_to(source).parts)
        label = re.sub(r"[^A-Za-z0-9._-]", "-", name.removesuffix(".gz").removesuffix(".log")).lstrip("._-")
        if label in labels:
            raise ProjectError(
                f"{labels[label]} and {path} would land under the same name, {label}.log",
                fix="rename one of them, or land them from directories of their own",
            )
        labels[label] = path
    return labels


class _Spool:
    """Lines put into the hour they belong to, through temporary files: memory holds a buffer at most."""

    def __init__(self, directory: Path) -> None:
        self._directory = directory
        self._buffers: dict[tuple[str, str], list[bytes]] = defaultdict(list)
        self._held = 0
        self._files: dict[str, set[str]] = defaultdict(set)
        self._numbers: dict[str, int] = {}

    def read(self, label: str, path: Path) -> bool:
        """Put the lines of one log into their hours; whether it has any. :class:`ProjectError` where it is no
        log."""
        self._numbers[label] = len(self._numbers)
        # What comes before the first line with a time waits under this name.
        current = ""
        first: str | None = None
        whole = is_empty = True
        with unpacked(path) as file:
            for line in lines(file, path):
                # A read may end inside a very long line: what follows belongs to the same one.
                if whole:
                    current = hour_of(line) or current
                    first = first or current or None
                whole = line.endswith(b"\n")
                is_empty = False
                self._put(label, current, _one_record(line))
        if is_empty:
            return False
        if not whole:
            self._put(label, current, b"\n")
        if first is None:
            raise ProjectError(
                f"{path.name} has no line with a time",
                where=Location(str(path)),
                why="an access log tells it as [17/May/2015:10:05:03 +0000]",
                fix="move the file out of the source's directory if it is no access log",
            )
        self._lead(label, first)
        return True

    def _put(self, label: str, hour: str, line: bytes) -> None:
        self._buffers[hour, label].append(line)
        self._held += len(line) + 64
        if self._held > BUFFER_BYTES:
            self._flush()

    def _flush(self) -> None:
        for (hour, label), held in self._buffers.items():
            self._files[hour].add(label)
            with self._path(hour, label).open("ab") as file:
                file.writelines(held)
        self._buffers.clear()
        self._held = 0

    def _path(self, hour: str, label: str) -> Path:
        return self._directory / f"{hour or 'before'}.{self._numbers[label]}"

    def _lead(self, label: str, first: str) -> None:
        """Put the lines before the first with a time in front of that one's hour."""
        self._flush()
        before = self._path("", label)
        if before.exists():
            own = self._path(first, label)
            with before.open("ab") as into, own.open("rb") as rest:
                while block := rest.read(LONGEST):
                    into.write(block)
            before.replace(own)
        self._files.pop("", None)

    def pieces(self) -> Iterator[Piece]:
        """Hour by hour, in the order of time and label; every hour of a day once it has a line.

        Readers do not see the file that marks an hour as landed, so it makes no hour stale: a log that
        brings two late lines changes their hours only.
        """
        self._flush()
        days = sorted({hour[:10] for hour in self._files})
        for day in _with_gaps([date.fromisoformat(day) for day in days]):
            for number in range(24):
                hour = f"{day}T{number:02}"
                prefix = f"weblogs/raw_lines/dt={day}/hour={number:02}"
                for label in sorted(self._files.get(hour, ())):
                    path = self._path(hour, label)
                    yield from _cut(path, f"{prefix}/{label}")
                    path.unlink()
                yield Piece(f"{prefix}/_SUCCESS", b"")


def _one_record(line: bytes) -> bytes:
    """The line without carriage returns inside it. One before the line end belongs to the line end."""
    if b"\r" not in line:
        return line
    end = b"\r\n" if line.endswith(b"\r\n") else b"\n" if line.endswith(b"\n") else b""
    return line[: len(line) - len(end)].replace(b"\r", rb"\x0d") + end


def _with_gaps(days: list[date]) -> Iterator[date]:
    for i, day in enumerate(days):
        yield day
        missing = (days[i + 1] - day).days - 1 if i + 1 < len(days) else 0
        if missing <= GAP_DAYS:
            yield from (day + timedelta(days=n + 1) for n in range(missing))


def _cut(path: Path, prefix: str) -> Iterator[Piece]:
    """A file as pieces that end with a line's end."""
    with path.open("rb") as file:
        number = 1
        while data := file.read(PIECE_BYTES):
            data += file.readline(LONGEST) if not data.endswith(b"\n") else b""
            yield Piece(f"{prefix}.log" if number == 1 else f"{prefix}.{number:03}.log", data)
            number += 1
