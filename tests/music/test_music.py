"""The music warehouse, run by the tool on real files and on faulty ones, against plain Python."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from tests.domain_session import ROOT, Session
from tests.music import compare
from tests.music.faults import LINES, event
from tests.music.oracle import Expected, expected
from tests.music.test_oracle import DATA

pytestmark = [pytest.mark.spark, pytest.mark.metastore, pytest.mark.data]

FAULTY_DAY = "2018-12-01"
SONG = (
    b'{"song_id": "SX%d", "title": "T", "artist_id": "AX", "artist_name": "N", "duration": 100.5, "year": 0,'
    b' "artist_location": "", "artist_latitude": null, "artist_longitude": 1.5}'
)


@pytest.fixture(scope="module")
def music(open_session: Callable[..., Session]) -> Iterator[Session]:
    """November 2018 from the real files: two days one by one, the others in one batch."""
    if not DATA.is_dir():
        pytest.skip(f"no real files at {DATA}")
    with open_session("music") as session:
        assert len(session.land(DATA)) == 101
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


def test_every_day_equals_plain_python(music: Session, real: Expected) -> None:
    compare.days(music.query, real)


def test_users_are_as_they_were_last_seen(music: Session, real: Expected, faulty: Expected) -> None:
    merged = Expected({**real.days, **faulty.days}, {}, set(), Counter())
    compare.users(music.query, merged, FAULTY_DAY)


def test_songs_and_artists_are_those_of_the_files(music: Session, real: Expected, faulty: Expected) -> None:
    compare.songs(music.query, {**real.songs, **faulty.songs})


def test_each_faulty_line_is_an_event_or_rejected_with_its_reason(music: Session, faulty: Expected) -> None:
    day = faulty.days[FAULTY_DAY]
    reasons = music.query(
        f"SELECT reason, count(*) FROM music.rejected_events WHERE dt = '{FAULTY_DAY}' GROUP BY reason"
    )
    assert dict(reasons) == day.rejected
    where = f"WHERE dt = '{FAULTY_DAY}'"
    compare.events(music.query, faulty, where)
    compare.plays(music.query, faulty, where)
    compare.times(music.query, faulty, where)
    assert list(day.matched) == ["SX1"]


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
