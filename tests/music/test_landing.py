"""Music lands as it is, and is made up the same way every time."""

from __future__ import annotations

import gzip
import json
import re
from collections import Counter
from collections.abc import Iterable
from datetime import date, timedelta
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from landing import Piece, music
from landing.music_app import SHARD
from tests.music.faults import event
from tests.music.oracle import expected
from tests.music.test_oracle import DATA
from warehouse.errors import ProjectError

SONG = b'{"song_id": "S1", "artist_id": "A1", "duration": 1.5}'


def generate(start: date, end: date, seed: int = 1, rate: float = 40) -> dict[str, bytes]:
    return by_key(music.generated(start, end, seed=seed, rate=rate, hourly=False))


def by_key(pieces: Iterable[Piece]) -> dict[str, bytes]:
    found: dict[str, bytes] = {}
    for piece in pieces:
        assert piece.key not in found
        found[piece.key] = piece.data
    return found


def write(directory: Path, files: dict[str, bytes]) -> Path:
    for name, data in files.items():
        path = directory / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)
    return directory


def session_ids(log: bytes) -> set[bytes]:
    return set(re.findall(rb'"sessionId":(\d+),', log))


def real(source: Path) -> dict[str, bytes]:
    return by_key(music.real(source, hourly=False))


def test_files_come_through_as_they_are(tmp_path: Path) -> None:
    zipped = gzip.compress(event())
    source = write(
        tmp_path / "source",
        {
            "logs/2019/2019-02-28-events.json": event() + b"\r\n\xff",
            "elsewhere/2019-03-01-events.json.gz": zipped,
            "song_data/A/B/anything.json": SONG,
            "songs/TRAAAAW128F429D538.json.gz": gzip.compress(SONG),
            "song_data/.DS_Store": b"x",
            "song_data/._TRAAAAW128F429D538.json": b"x",
            "song_data/_SUCCESS": b"",
            "README.json": b"{}",
        },
    )
    assert real(source) == {
        "music/raw_songs/anything.json": SONG,
        "music/raw_songs/TRAAAAW128F429D538.json.gz": gzip.compress(SONG),
        "music/raw_events/dt=2019-02-28/2019-02-28-events.json": event() + b"\r\n\xff",
        "music/raw_events/dt=2019-03-01/2019-03-01-events.json.gz": zipped,
    }


def test_a_name_in_two_folders_is_two_files_unless_the_bytes_are_the_same(tmp_path: Path) -> None:
    same = {f"{d}/2019-03-02-events.json": event() for d in ("a", "b")}
    other = {"a/2019-03-01-events.json": event(), "b/2019-03-01-events.json": event(sessionId=2)}
    assert real(write(tmp_path, same | other)) == {
        "music/raw_events/dt=2019-03-01/a-2019-03-01-events.json": event(),
        "music/raw_events/dt=2019-03-01/b-2019-03-01-events.json": event(sessionId=2),
        "music/raw_events/dt=2019-03-02/2019-03-02-events.json": event(),
    }


@pytest.mark.parametrize(
    ("name", "data", "told"),
    [
        ("2019-03-01-events.json.gz", gzip.compress(event(), mtime=0)[:-9], "not a whole gzip file"),
        ("2019-03-01-events.json.gz", event(), "is not gzipped"),
        ("2019-03-01-events.json", gzip.compress(event(), mtime=0), "is gzipped"),
    ],
)
def test_a_file_that_is_not_what_its_name_says_is_told(
    tmp_path: Path, name: str, data: bytes, told: str
) -> None:
    with pytest.raises(ProjectError, match=told):
        real(write(tmp_path, {name: data}))


@pytest.mark.parametrize("suffix", ["", ".gz"])
def test_a_file_larger_than_a_piece_is_cut_between_lines(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, suffix: str
) -> None:
    monkeypatch.setattr(music, "LARGEST", 2000)
    lines = [event(sessionId=n, song="x" * (n % 7) * 300, length=n * 1.1) for n in range(60)]
    whole = b"\n".join(lines)
    data = gzip.compress(whole, compresslevel=0) if suffix else whole
    found = real(write(tmp_path, {f"2019-03-01-events.json{suffix}": data}))
    assert len(found) > 10
    assert b"".join(found[key] for key in sorted(found)) == whole
    assert all(len(data) <= 2000 or data.count(b"\n") <= 1 for data in found.values())
    assert all(key.startswith("music/raw_events/dt=2019-03-01/2019-03-01-events-part") for key in found)


def test_a_large_gzip_file_that_is_cut_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(music, "LARGEST", 100)
    zipped = gzip.compress(event() * 50, compresslevel=0)[:-200]
    with pytest.raises(ProjectError, match="not a whole gzip file"):
        real(write(tmp_path, {"2019-03-01-events.json.gz": zipped}))


@pytest.mark.parametrize(
    ("files", "told"),
    [
        ({"olist_orders.csv": b"x", "data/y.txt": b"y"}, "found: data/, olist_orders.csv"),
        ({}, "found: nothing"),
    ],
)
def test_a_wrong_directory_says_what_it_lacks_and_what_it_has(
    tmp_path: Path, files: dict[str, bytes], told: str
) -> None:
    with pytest.raises(ProjectError) as caught:
        real(write(tmp_path, files))
    assert "looked for YYYY-MM-DD-events.json[.gz] and song_data/" in str(caught.value)
    assert told in str(caught.value)


def test_a_source_that_is_no_directory_is_told(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("x")
    with pytest.raises(ProjectError, match="it is a file"):
        real(tmp_path / "file")
    with pytest.raises(ProjectError, match="no such directory"):
        real(tmp_path / "absent")


def test_a_name_with_an_impossible_date_is_told(tmp_path: Path) -> None:
    with pytest.raises(ProjectError, match="2019-02-30 is no date"):
        real(write(tmp_path, {"2019-02-30-events.json": b""}))


@pytest.mark.data
def test_the_real_files_land_byte_for_byte() -> None:
    if not DATA.is_dir():
        pytest.skip(f"no real files at {DATA}")
    found = real(DATA)
    assert Counter(key.split("/")[1] for key in found) == {"raw_events": 30, "raw_songs": 71}
    assert sorted(found.values()) == sorted(path.read_bytes() for path in DATA.rglob("*.json"))


@settings(max_examples=15, deadline=None)
@given(
    start=st.dates(date(2010, 1, 1), date(2030, 1, 1)),
    before=st.integers(0, 3),
    after=st.integers(0, 3),
    seed=st.integers(0, 5),
    rate=st.sampled_from([1, 40.5, 300]),
)
def test_a_day_is_the_same_in_every_range(
    start: date, before: int, after: int, seed: int, rate: float
) -> None:
    alone = generate(start, start, seed, rate)
    within = generate(start - timedelta(days=before), start + timedelta(days=after), seed, rate)
    assert alone.items() <= within.items()
    days = {key.split("/")[2] for key in within if "raw_events" in key}
    assert len(days) == before + after + 1


def test_another_seed_gives_other_songs_and_days() -> None:
    day = date(2018, 11, 1)
    one, other = generate(day, day, seed=1), generate(day, day, seed=2)
    assert not set(one.values()) & set(other.values())


def test_a_generated_month_looks_like_the_real_one(tmp_path: Path) -> None:
    pieces = generate(date(2018, 11, 1), date(2018, 11, 30), rate=270)
    found = expected(write(tmp_path, pieces))
    assert len(found.days) == 30
    lines = sum(day.lines for day in found.days.values())
    assert 0.85 < lines / (270 * 30) < 1.15
    events = [e for day in found.days.values() for e in day.events]
    plays = [play for day in found.days.values() for play in day.plays]
    assert 0.7 < len(plays) / len(events) < 0.95
    keys = Counter((e.session, e.item, e.user_id) for e in events)
    assert max(keys.values()) == 1
    # Some songs are known by title, artist and length, many are not.
    matched = sum(day.matched.total() for day in found.days.values())
    assert 0.2 < matched / len(plays) < 0.8
    assert not found.unread_songs
    assert {e.level for e in events} == {"free", "paid"}
    levels: dict[str, set[str | None]] = {}
    for each in events:
        if each.user_id:
            levels.setdefault(each.user_id, set()).add(each.level)
    assert sum(len(seen) == 2 for seen in levels.values()) > 5
    assert {"Home", "Login", "Logout", "Submit Upgrade", "Submit Downgrade"} <= {e.page for e in events}
    assert any(e.user_id is None for e in events)
    # Faults are rare, but of every kind.
    rejected: Counter[str] = sum((day.rejected for day in found.days.values()), Counter())
    assert set(rejected) == {"empty", "not_utf8", "cut", "not_json"}
    assert 0 < rejected.total() / lines < 0.01


def test_lines_are_in_the_order_of_time_and_within_their_day() -> None:
    for key, data in generate(date(2020, 2, 28), date(2020, 3, 1), rate=400).items():
        if "raw_events" not in key:
            continue
        times = []
        for line in data.splitlines():
            try:
                times.append(json.loads(line)["ts"])
            except ValueError:
                continue
        assert times == sorted(times)
        midnight = 1000 * int((date.fromisoformat(key.split("/")[2][3:]) - date(1970, 1, 1)).total_seconds())
        assert midnight <= times[0] <= times[-1] < midnight + 86_400_000


def test_a_busy_day_comes_in_several_files_with_sessions_of_their_own() -> None:
    day = date(2018, 11, 1)
    found = generate(day, day, rate=2.2 * SHARD)
    logs = [data for key, data in found.items() if "raw_events" in key]
    assert len(logs) > 1
    assert all(data.count(b"\n") < 1.01 * SHARD for data in logs)
    sessions = [session_ids(data) for data in logs]
    assert sum(map(len, sessions)) == len(set[bytes]().union(*sessions))
    tomorrow = generate(day + timedelta(days=1), day + timedelta(days=1), rate=2.2 * SHARD)
    later = b"".join(data for key, data in tomorrow.items() if "raw_events" in key)
    assert session_ids(later).isdisjoint(set[bytes]().union(*sessions))
    # What was generated is found again as a real source would be.
    assert all(music._LOG.match(key.split("/")[-1]) for key in found if "raw_events" in key)


def test_a_day_on_which_nothing_happens_still_has_its_file() -> None:
    day = date(2018, 11, 4)
    assert generate(day, day, rate=0.1)[f"music/raw_events/dt={day}/{day}-events.json"] == b""
