"""The oracle is believed by others, so it is tested by itself."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.music.faults import DAY, LINES, TS, event
from tests.music.oracle import expected, text_of

DATA = Path(__file__).resolve().parents[3] / "shared" / "data" / "sparkify"


def write_log(source: Path, lines: bytes, day: str = DAY) -> None:
    source.mkdir(parents=True, exist_ok=True)
    (source / f"{day}-events.json").write_bytes(lines)


@pytest.mark.parametrize(("line", "reason"), LINES, ids=lambda value: repr(value)[:40])
def test_each_line_is_an_event_or_has_a_reason(tmp_path: Path, line: bytes, reason: str | None) -> None:
    write_log(tmp_path, line + b"\n")
    day = expected(tmp_path).days[DAY]
    assert day.lines == 1
    assert len(day.events) == (reason is None)
    assert list(day.rejected) == ([reason] if reason else [])


def test_lines_end_at_any_line_end_and_with_the_file(tmp_path: Path) -> None:
    write_log(tmp_path, event() + b"\r\n" + event(sessionId=1) + b"\r" + b"\n\n" + event(sessionId=2))
    day = expected(tmp_path).days[DAY]
    assert (day.lines, len(day.events), day.rejected["empty"]) == (4, 3, 1)


def test_a_play_delivered_twice_counts_once_and_users_have_their_latest_level(tmp_path: Path) -> None:
    lines = [
        event(),
        event(),
        event(sessionId=1, level="paid", ts=TS + 1000),
        event(sessionId=2, level="paid", ts=TS + 2000),
    ]
    write_log(tmp_path, b"\n".join(lines))
    found = expected(tmp_path)
    assert [len(found.days[DAY].events), len(found.days[DAY].plays)] == [4, 3]
    latest, since = found.users(DAY)["26"]
    assert (latest.level, latest.ts, since) == ("paid", TS + 2000, TS + 1000)
    assert found.users("2018-11-14") == {}


def test_times_are_shown_as_spark_shows_them() -> None:
    assert [text_of(TS), text_of(0), text_of(1500)] == [
        "2018-11-15 00:30:26.796",
        "1970-01-01 00:00:00",
        "1970-01-01 00:00:01.5",
    ]


@pytest.mark.data
def test_the_real_files_are_as_they_were_counted_by_hand() -> None:
    if not DATA.is_dir():
        pytest.skip(f"no real files at {DATA}")
    found = expected(DATA)
    assert len(found.days) == 30
    assert sum(day.lines for day in found.days.values()) == 8056
    assert sum(len(day.plays) for day in found.days.values()) == 6820
    assert sum(day.matched.total() for day in found.days.values()) == 1
    assert (len(found.songs), len(found.artists), len(found.users("2018-11-30"))) == (71, 69, 97)
