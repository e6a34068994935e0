"""A music streaming service: the event logs of its app, a file a day, and descriptions of songs.

Files come through as they are, gzip too. Only one larger than a piece may be is cut, between lines.
"""

from __future__ import annotations

import gzip
import re
import zlib
from collections.abc import Iterable, Iterator
from datetime import date, timedelta
from pathlib import Path

from landing import Piece, wrong_source
from landing.files import LONGEST, unpacked
from landing.music_app import day_log, song_files
from warehouse.errors import Location, ProjectError

DESCRIPTION = "A music streaming service: event logs of its app and descriptions of songs"
HOURLY = False

LARGEST = 64 * 1024 * 1024
"""Bytes that a piece may have."""

_LOG = re.compile(r"(\d{4}-\d{2}-\d{2})-events(?:-\d+)?\.json(?:\.gz)?\Z")
_SONG = re.compile(r"TR[A-Z0-9]{16}\.json(?:\.gz)?\Z")
_JSON = re.compile(r".+\.json(?:\.gz)?\Z")


def real(source: Path, *, hourly: bool = False) -> Iterator[Piece]:
    """Logs and songs anywhere below ``source``, each by the name of its file.

    A log is ``YYYY-MM-DD-events.json``, with ``.gz`` or not; a song is ``TR….json`` or any other JSON file
    below a directory ``song_data``. :class:`ProjectError` where there is neither.
    """
    logs: list[tuple[str, Path]] = []
    songs: list[tuple[str, Path]] = []
    for path in sorted(source.rglob("*")) if source.is_dir() else ():
        if path.name.startswith((".", "_")) or not path.is_file():
            continue
        if log := _LOG.match(path.name):
            logs.append((f"music/raw_events/dt={_day(log[1], path)}", path))
        elif _SONG.match(path.name) or (_JSON.match(path.name) and "song_data" in path.parts):
            songs.append(("music/raw_songs", path))
    if not logs and not songs:
        raise wrong_source(source, "YYYY-MM-DD-events.json[.gz] and song_data/**/*.json[.gz]")
    for key, path in _named(songs, source):
        yield from _pieces(key, path)
    for key, path in _named(logs, source):
        yield from _pieces(key, path)


def generated(
    start: date, end: date, *, seed: int = 0, rate: float = 270, hourly: bool = False
) -> Iterator[Piece]:
    """All songs, then a log for each day from ``start`` to ``end``, about ``rate`` events in each."""
    for name, data in song_files(seed):
        yield Piece(f"music/raw_songs/{name}", data)
    for n in range((end - start).days + 1):
        day = start + timedelta(days=n)
        for name, data in day_log(day, seed, rate):
            yield Piece(f"music/raw_events/dt={day}/{name}", data)


def _day(text: str, path: Path) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise ProjectError(
            f"{text} is no date", where=Location(str(path)), fix="rename the file to the day of its events"
        ) from None


def _named(found: Iterable[tuple[str, Path]], source: Path) -> Iterator[tuple[str, Path]]:
    """A key for every file. One that several share gets their folders' names in front of the file's."""
    by_key: dict[str, list[Path]] = {}
    for directory, path in found:
        by_key.setdefault(f"{directory}/{path.name}", []).append(path)
    for key, paths in by_key.items():
        if len(paths) == 1 or all(_same(paths[0], path) for path in paths[1:]):
            yield key, paths[0]
            continue
        for path in paths:
            folders = "-".join(path.relative_to(source).parts)
            yield f"{key.rpartition('/')[0]}/{folders}", path


def _same(one: Path, other: Path) -> bool:
    """Whether two files hold the same bytes, without holding them whole."""
    if one.stat().st_size != other.stat().st_size:
        return False
    with one.open("rb") as left, other.open("rb") as right:
        while block := left.read(1 << 20):
            if block != right.read(1 << 20):
                return False
    return True


def _pieces(key: str, path: Path) -> Iterator[Piece]:
    is_gzip = _check_gzip(path)
    if path.stat().st_size <= LARGEST:
        yield Piece(key, path.read_bytes())
        return
    # A gzip file cannot be cut between lines as it is: its pieces are plain text.
    stem = key.removesuffix(".gz").removesuffix(".json")
    with gzip.open(path) if is_gzip else path.open("rb") as file:
        for n, data in enumerate(_cut(file), 1):
            yield Piece(f"{stem}-part{n:04}.json", data)


def _check_gzip(path: Path) -> bool:
    """Whether it is gzipped. :class:`ProjectError` unless it is as its name says, and whole: else Spark
    fails, and with it all days that it reads together."""
    is_named = path.suffix == ".gz"
    with unpacked(path) as file:
        is_gzip = isinstance(file, gzip.GzipFile)
        if is_gzip != is_named:
            raise ProjectError(
                f"{path.name} is {'' if is_gzip else 'not '}gzipped",
                where=Location(str(path)),
                why="its name says otherwise, and engines go by that",
                fix=f"rename it to {path.name + '.gz' if is_gzip else path.stem}",
            )
        try:
            while is_gzip and file.read(LONGEST):
                pass
        except (OSError, EOFError, zlib.error) as error:
            raise ProjectError(
                f"{path.name} is not a whole gzip file", where=Location(str(path)), why=str(error)
            ) from None
    return is_gzip


def _cut(lines: Iterable[bytes]) -> Iterator[bytes]:
    """Runs of whole lines, each as long as a piece may be; one line that is longer stays whole."""
    held: list[bytes] = []
    size = 0
    for line in lines:
        if held and size + len(line) > LARGEST:
            yield b"".join(held)
            held, size = [], 0
        held.append(line)
        size += len(line)
    if held:
        yield b"".join(held)
