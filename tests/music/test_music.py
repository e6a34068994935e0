"""The music warehouse, run by the tool on real files and on faulty ones, against plain Python."""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Iterator
from typing import Any

import pytest

from tests.music.faults import LINES, event
from tests.music.oracle import Expected, expected, text_of
from tests.music.test_oracle import DATA
from tests.weblogs.session import ROOT, Session

pytestmark = [pytest.mark.spark, pytest.mark.metastore, pytest.mark.data]

FAULTY_DAY = "2018-12-01"
SONG = (
    b'{"song_id": "SX%d", "title": "T", "artist_id": "AX", "artist_name": "N", "duration": 100.5, "year": 0,'
    b' "artist_location": "", "artist_latitude": null, "artist_longitude": 1.5}'
)


@pytest.fixture(scope="module")
def music(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Session]:
    """November 2018 from the real files: two days one by one, the others in one batch."""
    if not DATA.is_dir():
        pytest.skip(f"no real files at {DATA}")
    with Session(tmp_path_factory.mktemp("music"), "music") as session:
        assert len(session.land(DATA)) == 101
        session.call("ddl_apply")
        for day in ("2018-11-15", "2018-11-01"):
            assert_done(session.backfill(day, day, "music.events", "music.rejected_events"))
        done = session.backfill("2018-11-01", "2018-11-30")
        assert_done(done)
        assert not any(run["warnings"] for run in done.values()), done
        yield session


@pytest.fixture(scope="module")
def real() -> Expected:
    return expected(DATA)


@pytest.fixture(scope="module")
def faulty(music: Session, real: Expected, tmp_path_factory: pytest.TempPathFactory) -> Expected:
    """A day and songs of faulty lines, landed and run after the real ones."""
    source = tmp_path_factory.mktemp("faulty")
    log = (
        b"\n".join(line for line, _ in LINES)
        + b"\r\n"
        + event(sessionId=50, song="T", artist="N", length=100.5)
    )
    (source / f"{FAULTY_DAY}-events.json").write_bytes(log + b"\r")
    songs = source / "song_data"
    songs.mkdir()
    (songs / "several.json").write_bytes(SONG % 2 + b"\n" + SONG % 1 + b"\n" + SONG % 1)
    (songs / "broken.json").write_bytes(b'oops\n\n{"song_id": 1}\n' + (SONG % 3).replace(b"100.5", b'"long"'))
    assert len(music.land(source)) == 3
    done = music.backfill(FAULTY_DAY, FAULTY_DAY)
    assert_done(done)
    warnings = {name.split()[0]: run["warnings"] for name, run in done.items() if run["warnings"]}
    assert "every line about a song can be read" in warnings["music.songs"]
    assert "events lie inside their day" in warnings["music.events"]
    assert "no event was delivered twice" in warnings["music.events"]
    return expected(source)


def assert_done(runs: dict[str, dict[str, Any]]) -> None:
    assert runs
    assert not {name: run for name, run in runs.items() if run["error"] or run["failures"]}


def by_day(session: Session, sql: str) -> dict[str, tuple[Any, ...]]:
    return {row[0]: tuple(row[1:]) for row in session.query(sql)}


def test_every_day_equals_plain_python(music: Session, real: Expected) -> None:
    months_days = "WHERE dt < '2018-12-01' GROUP BY dt"
    events = by_day(music, f"SELECT dt, count(*), count(user_id) FROM music.events {months_days}")
    assert events == {
        day: (len(found.events), sum(e.user_id is not None for e in found.events))
        for day, found in real.days.items()
    }
    assert not by_day(music, f"SELECT dt, count(*) FROM music.rejected_events {months_days}")
    plays = by_day(
        music,
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
        music,
        "SELECT dt, count(*), count_if(date_format(start_time, 'H d M y') <> concat_ws(' ', hour, day, "
        f"month, year)), min(weekday), max(weekday) FROM music.times {months_days}",
    )
    assert {day: row[:2] for day, row in times.items()} == {
        day: (len(found.times), 0) for day, found in real.days.items()
    }
    assert times["2018-11-15"][2:] == (4, 4)  # a Thursday


def test_users_are_as_they_were_last_seen(music: Session, real: Expected, faulty: Expected) -> None:
    merged = Expected({**real.days, **faulty.days}, {}, set(), Counter())
    rows = music.query(
        "SELECT user_id, first_name, last_name, gender, level, location, CAST(last_seen_at AS STRING), "
        "CAST(level_since AS STRING) FROM music.users"
    )
    assert sorted(rows) == sorted(
        [u, e.first_name, e.last_name, e.gender, e.level, e.location, text_of(e.ts), text_of(since)]
        for u, (e, since) in merged.users(FAULTY_DAY).items()
    )


def test_songs_and_artists_are_those_of_the_files(music: Session, real: Expected, faulty: Expected) -> None:
    rows = music.query("SELECT song_id, title, artist_id, artist_name, year, duration FROM music.songs")
    songs = {**real.songs, **faulty.songs}
    assert sorted(rows) == sorted(
        [s.song_id, s.title, s.artist_id, s.artist_name, s.year, s.duration] for s in songs.values()
    )
    rows = music.query("SELECT artist_id, name, location, latitude, longitude FROM music.artists")
    assert sorted(rows, key=str) == sorted(
        ([s.artist_id, s.artist_name, s.location, s.latitude, s.longitude] for s in _one_per_artist(songs)),
        key=str,
    )


def _one_per_artist(songs: dict[str, Any]) -> list[Any]:
    """The artists of these files are alike on all of their songs."""
    return list({song.artist_id: song for song in songs.values()}.values())


def test_each_faulty_line_is_an_event_or_rejected_with_its_reason(music: Session, faulty: Expected) -> None:
    day = faulty.days[FAULTY_DAY]
    reasons = music.query(
        f"SELECT reason, count(*) FROM music.rejected_events WHERE dt = '{FAULTY_DAY}' GROUP BY reason"
    )
    assert dict(reasons) == day.rejected
    rows = music.query(
        "SELECT user_id, session_id, item_in_session, page, level, song, artist, length, status, first_name, "
        "last_name, gender, location, user_agent, CAST(event_time AS STRING), CAST(registered_at AS STRING) "
        f"FROM music.events WHERE dt = '{FAULTY_DAY}'"
    )
    wanted = [
        (
            *(e.user_id, e.session, e.item, e.page, e.level, e.song, e.artist, e.length, e.status),
            *(e.first_name, e.last_name, e.gender, e.location, e.user_agent, text_of(e.ts)),
            None if e.registration is None else text_of(e.registration),
        )
        for e in day.events
    ]
    assert Counter(map(tuple, rows)) == Counter(wanted)
    plays = music.query(
        f"SELECT session_id, item_in_session, user_id, song_id FROM music.songplays WHERE dt = '{FAULTY_DAY}'"
    )
    assert Counter((p[0], p[1], p[2]) for p in plays) == Counter(
        (p.session, p.item, p.user_id) for p in day.plays
    )
    assert [p[3] for p in plays if p[3]] == list(day.matched) == ["SX1"]


def test_raw_tables_hold_every_line_as_it_came(music: Session, faulty: Expected) -> None:
    rows = music.query(
        f"SELECT hex(CAST(coalesce(line, '') AS BINARY)) FROM music.raw_events WHERE dt = '{FAULTY_DAY}' "
        "AND coalesce(length(line), 0) < 1000000"
    )
    came = [line for line, _ in LINES if len(line) < 1_000_000]
    came.append(event(sessionId=50, song="T", artist="N", length=100.5))
    assert Counter(bytes.fromhex(row[0]) for row in rows) == Counter(came)


def test_nothing_is_left_to_do(music: Session, faulty: Expected) -> None:
    assert music.land(DATA) == []
    assert music.backfill("2018-11-01", "2018-11-30", "music.events", "music.songplays", "music.times") == {}


def test_the_questions_of_its_page_have_answers(music: Session) -> None:
    page = (ROOT / "docs" / "warehouses" / "music.md").read_text(encoding="utf-8")
    questions = re.findall(r"```sql\n(.*?)```", page, re.DOTALL)
    assert len(questions) >= 4
    for sql in questions:
        assert music.query(sql), sql
    top = music.query(questions[0])
    assert top[0][0] == "You're The One"
