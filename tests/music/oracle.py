"""What the music warehouse must hold, by plain Python over the raw files. No Spark, no word of its SQL.

::

    found = expected(Path("../shared/data/sparkify"))
    found.days["2018-11-15"].plays, found.days["2018-11-15"].rejected, found.songs, found.users("2018-11-30")
"""

from __future__ import annotations

import gzip
import json
import math
import re
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import Any

_NUMBER = re.compile(r"\s*[-+]?(\d+\.?\d*|\.\d+)([eE][-+]?\d+)?\s*\Z")
_DAY = re.compile(r"(?:dt=)?(\d{4}-\d{2}-\d{2})")
_LAST_MILLISECOND = 253402300799999  # of the year 9999
Recording = tuple[str | None, str | None, float | None]
"""A title, an artist's name and a length."""


class BadFieldError(Exception):
    """A line is JSON, but a field of it is missing or not of its type; its text is the field's name."""


@dataclass(frozen=True)
class Event:
    """A line of a log that could be read. Times are milliseconds since 1970."""

    day: str
    ts: int
    user_id: str | None
    session: int
    item: int
    page: str
    auth: str | None
    method: str | None
    level: str | None
    song: str | None
    artist: str | None
    length: float | None
    status: int | None
    first_name: str | None
    last_name: str | None
    gender: str | None
    registration: int | None
    location: str | None
    user_agent: str | None


@dataclass(frozen=True)
class Song:
    song_id: str
    title: str | None
    artist_id: str
    artist_name: str | None
    location: str | None
    latitude: float | None
    longitude: float | None
    duration: float
    year: int | None


@dataclass
class Day:
    """One day's figures. ``lines`` are ``events`` and ``rejected`` together; ``plays`` has none twice."""

    lines: int = 0
    events: list[Event] = field(default_factory=list)
    rejected: Counter[str] = field(default_factory=Counter)
    plays: list[Event] = field(default_factory=list)
    matched: Counter[str] = field(default_factory=Counter)
    """Plays by the song that they are known to be."""

    @property
    def times(self) -> set[int]:
        return {play.ts for play in self.plays}


@dataclass
class Expected:
    days: dict[str, Day]
    songs: dict[str, Song]
    artists: set[str]
    unread_songs: Counter[str]
    recordings: dict[Recording, str] = field(default_factory=dict)
    """Songs by what plays tell of them."""

    def song(self, play: Event) -> Song | None:
        """The song that a play is known to be."""
        song_id = self.recordings.get((play.song, play.artist, play.length))
        return None if song_id is None else self.songs[song_id]

    def users(self, last_day: str) -> dict[str, tuple[Event, int]]:
        """By user: the latest event up to ``last_day``, and since when the level has been that."""
        by_user: dict[str, list[Event]] = {}
        for day, found in self.days.items():
            if day <= last_day:
                for event in found.events:
                    if event.user_id is not None:
                        by_user.setdefault(event.user_id, []).append(event)
        users = {}
        for user_id, events in by_user.items():
            events.sort(key=_in_time)
            since = events[-1].ts
            for event in reversed(events):
                if event.level != events[-1].level:
                    break
                since = event.ts
            users[user_id] = (events[-1], since)
        return users


def expected(source: Path) -> Expected:
    """From a directory of raw files: as the source has them, or as they lie in the lake."""
    songs, unread = _songs(line for path in _song_files(source) for line in _lines(path))
    matches = _recordings(songs)
    days: dict[str, Day] = {}
    for path in sorted(source.rglob("*events*.json*")):
        named = _DAY.match(path.parent.name) or _DAY.match(path.name)
        assert named, path
        day = days.setdefault(named[1], Day())
        for line in _lines(path):
            day.lines += 1
            try:
                day.events.append(_event(named[1], record_of(line)))
            except BadFieldError as error:
                day.rejected[str(error)] += 1
    for day in days.values():
        day.plays = _once(event for event in day.events if event.page == "NextSong")
        day.matched = Counter(
            matches[key] for p in day.plays if (key := (p.song, p.artist, p.length)) in matches
        )
    one_each = {song_id: min(them, key=_fullest) for song_id, them in songs.items()}
    artists = {song.artist_id for them in songs.values() for song in them}
    return Expected(dict(sorted(days.items())), one_each, artists, unread, matches)


def text_of(milliseconds: int) -> str:
    """As Spark shows a time: without trailing zeros."""
    moment = datetime(1970, 1, 1, tzinfo=UTC) + timedelta(milliseconds=milliseconds)
    whole = moment.strftime("%Y-%m-%d %H:%M:%S")
    thousandths = f"{milliseconds % 1000:03}".rstrip("0")
    return f"{whole}.{thousandths}" if thousandths else whole


def record_of(line: bytes) -> dict[str, Any]:
    """The object in a line; :class:`BadFieldError` says why there is none."""
    if not line.strip(b" "):
        raise BadFieldError("empty")
    try:
        text = line.decode()
    except UnicodeDecodeError:
        raise BadFieldError("not_utf8") from None
    try:
        value = json.loads(text, parse_constant=_no_constant)
    except (ValueError, RecursionError):
        inner = text.strip(" ")
        cut = inner.startswith("{") and not inner.endswith("}")
        raise BadFieldError("cut" if cut else "not_json") from None
    if not isinstance(value, dict):
        raise BadFieldError("not_an_object")
    return value


def _no_constant(name: str) -> float:
    raise ValueError(name)


def _lines(path: Path) -> Iterator[bytes]:
    """Lines as Hadoop and Trino see them: a line ends at LF, CR or CR LF, or with the file."""
    data = path.read_bytes()
    if path.suffix == ".gz":
        data = gzip.decompress(data)
    yield from data.removeprefix(b"\xef\xbb\xbf").splitlines()


def _song_files(source: Path) -> Iterator[Path]:
    for path in sorted(source.rglob("*.json*")):
        if "events" not in path.name and {"song_data", "raw_songs"} & set(path.parts):
            yield path


def _event(day: str, record: dict[str, Any]) -> Event:
    ts = _millis(record, "ts")
    if ts is None:
        raise BadFieldError("bad_ts")
    session = _integer(record, "sessionId", 63)
    if session is None:
        raise BadFieldError("bad_sessionId")
    item = _integer(record, "itemInSession", 31)
    if item is None:
        raise BadFieldError("bad_itemInSession")
    page = _text(record, "page")
    if not page:
        raise BadFieldError("bad_page")
    return Event(
        day=day,
        ts=ts,
        user_id=_text(record, "userId") or None,
        session=session,
        item=item,
        page=page,
        auth=_text(record, "auth"),
        method=_text(record, "method"),
        level=_text(record, "level"),
        song=_text(record, "song"),
        artist=_text(record, "artist"),
        status=_integer(record, "status", 31),
        length=_real(record, "length"),
        registration=_millis(record, "registration"),
        first_name=_text(record, "firstName"),
        last_name=_text(record, "lastName"),
        gender=_text(record, "gender"),
        location=_text(record, "location"),
        user_agent=_text(record, "userAgent"),
    )


def _songs(lines: Iterable[bytes]) -> tuple[dict[str, list[Song]], Counter[str]]:
    """All descriptions by song, and why the other lines are none."""
    found: dict[str, list[Song]] = {}
    unread: Counter[str] = Counter()
    for line in lines:
        try:
            record = record_of(line)
            song_id, artist_id = _text(record, "song_id"), _text(record, "artist_id")
            if not song_id or not artist_id:
                raise BadFieldError("bad_artist_id" if song_id else "bad_song_id")
            year = _integer(record, "year", 31)
            duration = _real(record, "duration")
            if duration is None:
                raise BadFieldError("bad_duration")
            song = Song(
                song_id=song_id,
                title=_text(record, "title"),
                artist_id=artist_id,
                artist_name=_text(record, "artist_name"),
                location=_text(record, "artist_location") or None,
                latitude=_real(record, "artist_latitude"),
                longitude=_real(record, "artist_longitude"),
                duration=duration,
                year=year or None,
            )
        except BadFieldError as error:
            unread[str(error)] += 1
        else:
            found.setdefault(song_id, []).append(song)
    return found, unread


def _recordings(songs: dict[str, list[Song]]) -> dict[Recording, str]:
    """The song of a title, an artist's name and a length: the first by id, where there are several."""
    found: dict[Recording, str] = {}
    for song_id in sorted(songs, reverse=True):
        song = min(songs[song_id], key=_fullest)
        if song.title is not None and song.artist_name is not None:
            found[song.title, song.artist_name, song.duration] = song_id
    return found


def _fullest(song: Song) -> tuple[Any, ...]:
    return (
        -(song.year if song.year is not None else -math.inf),
        *_ordered(song.title, song.artist_id, song.artist_name, song.duration),
    )


def _once(plays: Iterable[Event]) -> list[Event]:
    """One event of each session, number in it and user."""
    first: dict[tuple[int, int, str | None], Event] = {}
    for play in plays:
        key = play.session, play.item, play.user_id
        if key not in first or _delivered(play) < _delivered(first[key]):
            first[key] = play
    return list(first.values())


def _delivered(play: Event) -> tuple[Any, ...]:
    return _ordered(play.ts, play.song, play.artist, play.length, play.level, play.location, play.user_agent)


def _in_time(event: Event) -> tuple[Any, ...]:
    return _ordered(
        event.ts,
        event.session,
        event.item,
        event.level,
        event.location,
        event.first_name,
        event.last_name,
        event.gender,
        event.registration,
    )


def _ordered(*values: Any) -> tuple[Any, ...]:
    """Values that sort together, None before all others."""
    return tuple((value is not None, value if value is not None else 0) for value in values)


def _text(record: dict[str, Any], name: str) -> str | None:
    value = record.get(name)
    if value is None or isinstance(value, str):
        return value
    return json.dumps(value, separators=(",", ":"))


def _real(record: dict[str, Any], name: str) -> float | None:
    number = _number(record, name)
    return None if number is None else float(number)


def _integer(record: dict[str, Any], name: str, bits: int) -> int | None:
    number = _number(record, name)
    if number is None:
        return None
    if number != int(number) or not -(2**bits) <= number < 2**bits:
        raise BadFieldError(f"bad_{name}")
    return int(number)


def _millis(record: dict[str, Any], name: str) -> int | None:
    value = _integer(record, name, 63)
    if value is not None and not 0 <= value <= _LAST_MILLISECOND:
        raise BadFieldError(f"bad_{name}")
    return value


def _number(record: dict[str, Any], name: str) -> Decimal | None:
    """A number, or a text that is one; None where there is nothing."""
    value = record.get(name)
    if value is None or value == "":
        return None
    try:
        if isinstance(value, bool) or (isinstance(value, str) and not _NUMBER.match(value)):
            raise InvalidOperation
        number = Decimal(str(value))
        if not math.isfinite(float(number)):
            raise InvalidOperation
    except (InvalidOperation, OverflowError):
        raise BadFieldError(f"bad_{name}") from None
    return number
