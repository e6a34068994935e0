"""The app, made up: users who log in, play songs, upgrade and leave, and logs with the faults of real ones.

Whatever happens on a day follows from the seed, the rate and the day alone, so that any range of days gives
the same bytes for each. Only ``random()`` is drawn, whose values Python keeps from version to version.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from functools import lru_cache
from random import Random
from typing import Any, TypeVar

from landing.music_words import (
    ADJECTIVES,
    CITIES,
    FIRST_NAMES,
    LAST_NAMES,
    NOUNS,
    PLACES,
    USER_AGENTS,
)

SHARD = 50_000
"""Events in one file, at most: a busier day has several."""

FAULTS = 0.002
"""Share of the events whose line is broken, or followed by one that is no event."""

_DESCRIBED = 96  # songs with a file of their own
_SONGS = 420  # songs that are played
_WEEK = (1.15, 1.2, 1.3, 1.1, 1.15, 0.6, 0.5)  # Monday to Sunday; 7 in all
_HOURS = (2, 2, 2, 2, 2, 3, 3, 4, 4, 4, 4, 5, 5, 5, 6, 6, 6, 6, 5, 5, 4, 4, 3, 3)
_EPOCH = date(2000, 1, 3)

T = TypeVar("T")


@dataclass(frozen=True)
class Song:
    track_id: str
    song_id: str
    title: str
    artist_id: str
    artist_name: str
    place: tuple[str, float | None, float | None]
    length: float
    year: int


@dataclass(frozen=True)
class User:
    """``phase`` and ``period`` are days: in the second part of each period the user pays."""

    user_id: str
    first_name: str
    last_name: str
    gender: str
    location: str
    user_agent: str
    registration: int
    phase: int
    period: int
    loyalty: float

    def pays(self, day: int) -> bool:
        return (day + self.phase) % self.period >= self.period * self.loyalty


def song_files(seed: int) -> Iterator[tuple[str, bytes]]:
    """Name and bytes of each file that describes a song."""
    for song in catalogue(seed)[:_DESCRIBED]:
        location, latitude, longitude = song.place
        record = {
            "num_songs": 1,
            "artist_id": song.artist_id,
            "artist_latitude": latitude,
            "artist_longitude": longitude,
            "artist_location": location,
            "artist_name": song.artist_name,
            "song_id": song.song_id,
            "title": song.title,
            "duration": song.length,
            "year": song.year,
        }
        yield f"{song.track_id}.json", json.dumps(record).encode()


def day_log(day: date, seed: int, rate: float) -> Iterator[tuple[str, bytes]]:
    """Name and bytes of a day's log files: one, unless the day is very busy; empty where nothing happens."""
    draw = Random(f"{seed}/{rate}/{day}").random
    events = round(rate * _WEEK[day.weekday()] * (0.6 + 0.8 * draw()))
    shards = max(1, -(-events // SHARD))
    for shard in range(shards):
        share = events // shards + (shard < events % shards)
        name = f"{day}-events.json" if shards == 1 else f"{day}-events-{shard + 1:04}.json"
        yield name, _shard(day, seed, rate, shard, share)


@lru_cache(maxsize=4)
def catalogue(seed: int) -> tuple[Song, ...]:
    """The songs of the world, described ones first."""
    draw = Random(f"{seed}/songs").random
    artists = [(_code("AR", draw), _artist(draw), _pick(PLACES, draw)) for _ in range(_SONGS * 3 // 5)]
    songs = []
    for _ in range(_SONGS):
        artist_id, artist_name, place = _pick(artists, draw)
        songs.append(
            Song(
                _code("TR", draw),
                _code("SO", draw),
                _title(draw),
                artist_id,
                artist_name,
                place,
                round(95 + 310 * (draw() + draw()) / 2, 5),
                0 if draw() < 0.4 else 1960 + int(58 * draw()),
            )
        )
    return tuple(songs)


@lru_cache(maxsize=20_000)
def user(seed: int, number: int) -> User:
    draw = Random(f"{seed}/users/{number}").random
    gender = "F" if draw() < 0.6 else "M"
    return User(
        user_id=str(number + 1),
        first_name=_pick(FIRST_NAMES[gender], draw),
        last_name=_pick(LAST_NAMES, draw),
        gender=gender,
        location=_pick(CITIES, draw),
        user_agent=_pick(USER_AGENTS, draw),
        registration=1_400_000_000_000 + int(140_000_000_000 * draw()),
        phase=int(400 * draw()),
        period=30 + int(200 * draw()),
        loyalty=0.3 + 0.9 * draw(),
    )


def _shard(day: date, seed: int, rate: float, shard: int, events: int) -> bytes:
    """One file: sessions until there are enough events, in the order of time, with faults."""
    draw = Random(f"{seed}/{rate}/{day}/{shard}").random
    people = max(20, round(rate * 0.37))
    # Numbers of sessions go on from day to day, with room for those of the busiest.
    first_session = ((day - _EPOCH).days * (1 + round(2 * rate) // SHARD) + shard) * min(
        SHARD, round(2 * rate) + 40
    )
    records: list[dict[str, Any]] = []
    changed: dict[str, int] = {}
    session = 0
    while len(records) < events:
        # Some listen much more than others.
        who = user(seed, int(people * draw() ** 1.6))
        listening = _session(day, who, first_session + session, catalogue(seed), changed, draw)
        records.extend(record for record, _ in zip(listening, range(events - len(records)), strict=False))
        session += 1
    records.sort(key=lambda record: (record["ts"], record["sessionId"], record["itemInSession"]))
    return b"".join(_line(record, draw) for record in records)


def _session(
    day: date,
    who: User,
    number: int,
    songs: tuple[Song, ...],
    changed: dict[str, int],
    draw: Callable[[], float],
) -> Iterator[dict[str, Any]]:
    """What one user does in one go, on this day: at most until midnight.

    ``changed`` says from when on users are on their next level, where they went there today.
    """
    midnight = int(datetime(day.year, day.month, day.day, tzinfo=UTC).timestamp() * 1000)
    hour = _weighted(_HOURS, draw)
    ts = midnight + int((hour + draw()) * 3_600_000)
    today = (day - _EPOCH).days
    paid, will_pay = who.pays(today), who.pays(today + 1)
    upgrades = paid != will_pay and who.user_id not in changed
    level_now = will_pay if changed.get(who.user_id, ts + 1) <= ts else paid
    for item, page in enumerate(_pages(level_now, upgrades, draw)):
        if ts >= midnight + 86_400_000:
            return
        song = songs[int(len(songs) * draw() ** 2.2)] if page == "NextSong" else None
        pays = will_pay if changed.get(who.user_id, ts + 1) <= ts else paid
        yield _record(who, page, "paid" if pays else "free", number, item, ts, song, draw)
        if page in ("Submit Upgrade", "Submit Downgrade"):
            changed[who.user_id] = ts + 1
        ts += int(song.length) * 1000 if song else 1000 + int(60_000 * draw() ** 3)


def _pages(paid: bool, upgrades: bool, draw: Callable[[], float]) -> Iterator[str]:
    """Pages in the order in which they are seen. ``Out:`` are those before the login."""
    if draw() < 0.1:
        yield "Out:" + ("Help" if draw() < 0.1 else "About" if draw() < 0.1 else "Home")
        yield "Out:Login"
    if draw() < 0.5:
        yield "Home"
    go_on = 0.93 if paid else 0.75
    while True:
        yield "NextSong"
        if draw() > go_on:
            break
        chance = draw()
        if chance < 0.08:
            yield "Home"
        elif chance < 0.14:
            others = (
                "Settings",
                "Help",
                "About",
                "Downgrade" if paid else "Upgrade",
                "Error",
                "Save Settings",
            )
            yield others[_weighted((6, 4, 4, 5, 1, 1), draw)]
        elif upgrades and chance < 0.8:
            yield "Downgrade" if paid else "Upgrade"
            yield "Submit Downgrade" if paid else "Submit Upgrade"
            upgrades = False
    if draw() < 0.25:
        yield "Logout"


def _record(
    who: User,
    page: str,
    level: str,
    session: int,
    item: int,
    ts: int,
    song: Song | None,
    draw: Callable[[], float],
) -> dict[str, Any]:
    known = not page.startswith("Out:")
    page = page.removeprefix("Out:")
    moves = page in ("Login", "Logout", "Submit Upgrade", "Submit Downgrade", "Save Settings")
    length = song.length if song else None
    if song and draw() < 0.05:
        length = round(song.length + 4 * draw(), 5)  # another recording of the same song
    return {
        "artist": song.artist_name if song else None,
        "auth": "Logged In" if known else "Logged Out",
        "firstName": who.first_name if known else None,
        "gender": who.gender if known else None,
        "itemInSession": item,
        "lastName": who.last_name if known else None,
        "length": length,
        "level": level,
        "location": who.location if known else None,
        "method": "PUT" if song or moves else "GET",
        "page": page,
        "registration": float(who.registration) if known else None,
        "sessionId": session,
        "song": song.title if song else None,
        "status": 404 if page == "Error" else 307 if moves else 200,
        "ts": ts,
        "userAgent": who.user_agent if known else None,
        "userId": who.user_id if known else "",
    }


def _line(record: dict[str, Any], draw: Callable[[], float]) -> bytes:
    """One event as the app writes it, slashes escaped, or with one of the faults of real logs."""
    line = json.dumps(record, separators=(",", ":")).replace("/", "\\/").encode()
    if draw() >= FAULTS:
        return line + b"\n"
    fault = int(5 * draw())
    if fault == 0:
        return line[: 1 + int((len(line) - 2) * draw())] + b"\n"  # cut
    if fault == 1:
        return line + b"\n\n"
    if fault == 2:
        return line + b"\nupstream timed out (110: Connection timed out)\n"
    if fault == 3:
        return line.replace(b'"level":"', b'"level":"\xe9', 1) + b"\n"  # Latin-1
    return line + line + b"\n"  # the line feed between two was lost


def _code(prefix: str, draw: Callable[[], float]) -> str:
    letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"
    return prefix + "".join(letters[int(36 * draw())] for _ in range(16))


def _artist(draw: Callable[[], float]) -> str:
    kind = draw()
    if kind < 0.5:
        return f"{_pick(FIRST_NAMES['F' if draw() < 0.5 else 'M'], draw)} {_pick(LAST_NAMES, draw)}"
    if kind < 0.8:
        return f"The {_pick(ADJECTIVES, draw)} {_pick(NOUNS, draw)}s"
    return f"{_pick(NOUNS, draw)} & {_pick(NOUNS, draw)}"


def _title(draw: Callable[[], float]) -> str:
    kind = draw()
    if kind < 0.4:
        return f"{_pick(ADJECTIVES, draw)} {_pick(NOUNS, draw)}"
    if kind < 0.6:
        return f"{_pick(NOUNS, draw)} (In The {_pick(NOUNS, draw)})"
    if kind < 0.7:
        return f'"{_pick(NOUNS, draw)}", She Said / Part {1 + int(3 * draw())}'
    return f"{_pick(NOUNS, draw)} Of {_pick(ADJECTIVES, draw)} {_pick(NOUNS, draw)}s"


def _pick(items: Sequence[T], draw: Callable[[], float]) -> T:
    return items[int(len(items) * draw())]


def _weighted(weights: tuple[int, ...], draw: Callable[[], float]) -> int:
    """An index, as often as its weight says."""
    left = sum(weights) * draw()
    for index, weight in enumerate(weights):
        left -= weight
        if left < 0:
            return index
    return len(weights) - 1
