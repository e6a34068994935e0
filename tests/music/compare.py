"""Published tables against the oracle. ``query`` gives rows as lists, times as text."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from tests.music.oracle import Event, Expected, Song, text_of

Query = Callable[[str], list[list[Any]]]


def everything(query: Query, real: Expected) -> None:
    """All tables after the real files alone."""
    days(query, real)
    users(query, real, "2018-11-30")
    songs(query, real.songs)


def days(query: Query, real: Expected) -> None:
    """Every row of November 2018 in the tables that have days."""
    november = "WHERE dt < '2018-12-01'"
    events(query, real, november)
    assert query(f"SELECT count(*) FROM music.rejected_events {november}") == [[0]]
    plays(query, real, november)
    times(query, real, november)


def same(found: Iterable[Sequence[Any]], wanted: Iterable[Sequence[Any]]) -> None:
    """The same rows; :class:`AssertionError` with one that is not on both sides."""
    here, there = Counter(map(tuple, found)), Counter(map(tuple, wanted))
    assert not (here - there), f"should not be there: {next(iter(here - there))}"
    assert not (there - here), f"is not there: {next(iter(there - here))}"


def events(query: Query, wanted: Expected, where: str) -> None:
    rows = query(
        "SELECT dt, CAST(event_time AS STRING), user_id, session_id, item_in_session, page, auth, method, "
        "status, level, song, artist, length, first_name, last_name, gender, "
        f"CAST(registered_at AS STRING), location, user_agent FROM music.events {where}"
    )
    same(
        rows,
        (
            (
                *(day, text_of(e.ts), e.user_id, e.session, e.item, e.page, e.auth, e.method, e.status),
                *(e.level, e.song, e.artist, e.length, e.first_name, e.last_name, e.gender),
                *(_known(e.registration), e.location, e.user_agent),
            )
            for day, found in wanted.days.items()
            for e in found.events
        ),
    )


def _known(ts: int | None) -> str | None:
    return None if ts is None else text_of(ts)


def plays(query: Query, wanted: Expected, where: str) -> None:
    rows = query(
        "SELECT dt, songplay_id, CAST(start_time AS STRING), user_id, level, song_id, artist_id, session_id, "
        f"item_in_session, location, user_agent, song, artist, length FROM music.songplays {where}"
    )
    same(rows, (_play(day, play, wanted) for day, found in wanted.days.items() for play in found.plays))


def _play(day: str, play: Event, wanted: Expected) -> tuple[Any, ...]:
    song = wanted.song(play)
    key = f"{play.session}|{play.item}|{play.user_id or ''}"
    return (
        *(day, hashlib.sha256(key.encode()).hexdigest(), text_of(play.ts), play.user_id, play.level),
        *((song.song_id, song.artist_id) if song else (None, None)),
        *(play.session, play.item, play.location, play.user_agent, play.song, play.artist, play.length),
    )


def times(query: Query, wanted: Expected, where: str) -> None:
    rows = query(
        "SELECT dt, CAST(start_time AS STRING), hour, day, week, month, year, weekday "
        f"FROM music.times {where}"
    )
    same(rows, (_time(day, ts) for day, found in wanted.days.items() for ts in found.times))


def _time(day: str, ts: int) -> tuple[Any, ...]:
    moment = datetime.fromtimestamp(ts // 1000, UTC)
    _, week, weekday = moment.isocalendar()
    return day, text_of(ts), moment.hour, moment.day, week, moment.month, moment.year, weekday


def users(query: Query, found: Expected, last_day: str) -> None:
    rows = query(
        "SELECT user_id, first_name, last_name, gender, level, location, "
        "CAST(registered_at AS STRING), CAST(last_seen_at AS STRING), CAST(level_since AS STRING) "
        "FROM music.users"
    )
    same(
        rows,
        (
            (
                *(u, e.first_name, e.last_name, e.gender, e.level, e.location),
                *(_known(e.registration), text_of(e.ts), text_of(since)),
            )
            for u, (e, since) in found.users(last_day).items()
        ),
    )


def songs(query: Query, songs: Mapping[str, Song]) -> None:
    rows = query("SELECT song_id, title, artist_id, artist_name, year, duration FROM music.songs")
    assert sorted(rows) == sorted(
        [s.song_id, s.title, s.artist_id, s.artist_name, s.year, s.duration] for s in songs.values()
    )
    rows = query("SELECT artist_id, name, location, latitude, longitude FROM music.artists")
    assert sorted(rows, key=str) == sorted(
        ([s.artist_id, s.artist_name, s.location, s.latitude, s.longitude] for s in _one_per_artist(songs)),
        key=str,
    )


def _one_per_artist(songs: Mapping[str, Song]) -> list[Song]:
    """The artists of these files are alike on all of their songs."""
    return list({song.artist_id: song for song in songs.values()}.values())
