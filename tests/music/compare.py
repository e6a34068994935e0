"""Published tables against the oracle. ``query`` gives rows as lists, times as text."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from typing import Any

from tests.music.oracle import Expected, Song, text_of

Query = Callable[[str], list[list[Any]]]


def everything(query: Query, real: Expected) -> None:
    """All tables after the real files alone."""
    days(query, real)
    users(query, real, "2018-11-30")
    songs(query, real.songs)


def by_day(query: Query, sql: str) -> dict[str, tuple[Any, ...]]:
    return {row[0]: tuple(row[1:]) for row in query(sql)}


def days(query: Query, real: Expected) -> None:
    """Every day of November 2018 in the tables that have days."""
    months_days = "WHERE dt < '2018-12-01' GROUP BY dt"
    events = by_day(query, f"SELECT dt, count(*), count(user_id) FROM music.events {months_days}")
    assert events == {
        day: (len(found.events), sum(e.user_id is not None for e in found.events))
        for day, found in real.days.items()
    }
    assert not by_day(query, f"SELECT dt, count(*) FROM music.rejected_events {months_days}")
    plays = by_day(
        query,
        "SELECT dt, count(*), count(DISTINCT songplay_id), count_if(level = 'paid'), count(song_id), "
        f"sum(length) FROM music.songplays {months_days}",
    )
    assert {day: row[:4] for day, row in plays.items()} == {
        day: (len(found.plays), len(found.plays), found.plays_by_level["paid"], found.matched.total())
        for day, found in real.days.items()
    }
    for day, found in real.days.items():
        assert math.isclose(plays[day][4], found.seconds_played, rel_tol=1e-12)
    times = by_day(
        query,
        "SELECT dt, count(*), count_if(date_format(start_time, 'H d M y') <> concat_ws(' ', hour, day, "
        f"month, year)), min(weekday), max(weekday) FROM music.times {months_days}",
    )
    assert {day: row[:2] for day, row in times.items()} == {
        day: (len(found.times), 0) for day, found in real.days.items()
    }
    assert times["2018-11-15"][2:] == (4, 4)  # a Thursday


def users(query: Query, found: Expected, last_day: str) -> None:
    rows = query(
        "SELECT user_id, first_name, last_name, gender, level, location, CAST(last_seen_at AS STRING), "
        "CAST(level_since AS STRING) FROM music.users"
    )
    assert sorted(rows) == sorted(
        [u, e.first_name, e.last_name, e.gender, e.level, e.location, text_of(e.ts), text_of(since)]
        for u, (e, since) in found.users(last_day).items()
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
