"""Slicing access logs into hours: nothing lost, nothing twice, every line in its own hour."""

from __future__ import annotations

import gzip
from collections import defaultdict
from collections.abc import Iterable
from datetime import date, datetime
from pathlib import Path

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from landing import Piece, weblogs
from warehouse.errors import ProjectError


def line(stamp: str, rest: str = '"GET / HTTP/1.1" 200 1 "-" "-"') -> bytes:
    return f"10.0.0.1 - - [{stamp}] {rest}\n".encode()


def landed(source: Path) -> list[Piece]:
    return list(weblogs.real(source, hourly=True))


def by_hour(pieces: Iterable[Piece]) -> dict[str, bytes]:
    """``2015-05-17T10`` to what its files hold together."""
    found: dict[str, bytes] = defaultdict(bytes)
    for piece in pieces:
        _, table, day, hour, name = piece.key.split("/")
        assert table == "raw_lines"
        assert name != "_SUCCESS" or not piece.data
        found[f"{day.removeprefix('dt=')}T{hour.removeprefix('hour=')}"] += piece.data
    return found


def write(directory: Path, name: str, *lines: bytes) -> Path:
    (directory / name).write_bytes(b"".join(lines))
    return directory


def test_lines_go_to_their_own_hour_in_utc(tmp_path: Path) -> None:
    first = line("17/May/2015:10:59:59 +0000")
    late = line("17/May/2015:09:00:00 +0000")
    west = line("17/May/2015:23:30:00 -0330")
    east = line("18/May/2015:05:15:00 +0545")
    hours = by_hour(landed(write(tmp_path, "access.log", first, late, west, east)))
    filled = {hour: data for hour, data in hours.items() if data}
    assert filled == {
        "2015-05-17T10": first,
        "2015-05-17T09": late,
        "2015-05-18T03": west,
        "2015-05-17T23": east,
    }


def test_a_late_log_writes_its_own_hours_only(tmp_path: Path) -> None:
    lake = {
        piece.key: piece.data
        for piece in landed(write(tmp_path, "a.log", line("17/May/2015:10:00:00 +0000")))
    }
    late = tmp_path / "late"
    late.mkdir()
    pieces = landed(write(late, "late.log", line("17/May/2015:09:00:00 +0000")))
    new = [piece.key for piece in pieces if lake.get(piece.key) != piece.data]
    assert new == ["weblogs/raw_lines/dt=2015-05-17/hour=09/late.log"]


def test_a_log_that_became_shorter_replaces_the_hours_that_it_has(tmp_path: Path) -> None:
    """As the docs say: landing cannot delete, so hours that the log lost keep their lines."""
    nine, ten = line("17/May/2015:09:00:00 +0000"), line("17/May/2015:10:00:00 +0000")
    lake = {piece.key: piece for piece in landed(write(tmp_path, "a.log", nine, ten, ten))}
    lake |= {piece.key: piece for piece in landed(write(tmp_path, "a.log", ten))}
    filled = {hour: data for hour, data in by_hour(lake.values()).items() if data}
    assert filled == {"2015-05-17T09": nine, "2015-05-17T10": ten}


def test_every_hour_of_a_day_with_lines_is_marked(tmp_path: Path) -> None:
    write(tmp_path, "a.log", line("17/May/2015:10:00:00 +0000"), line("19/May/2015:01:00:00 +0000"))
    keys = [piece.key for piece in landed(tmp_path) if piece.key.endswith("/_SUCCESS")]
    assert keys == [
        f"weblogs/raw_lines/dt=2015-05-{day}/hour={hour:02}/_SUCCESS"
        for day in (17, 18, 19)
        for hour in range(24)
    ]


def test_a_clock_gone_wrong_is_no_century_of_empty_hours(tmp_path: Path) -> None:
    write(tmp_path, "a.log", line("17/May/2015:10:00:00 +0000"), line("17/May/1915:10:00:00 +0000"))
    assert len(by_hour(landed(tmp_path))) == 48


def test_lines_without_a_time_go_with_their_neighbours(tmp_path: Path) -> None:
    lines = [
        b"started\n",
        b"\n",
        line("17/May/2015:10:00:00 +0000"),
        line("31/Feb/2015:10:00:00 +0000"),
        line("17/May/2015:24:00:00 +0000"),
        line("17/May/2015:11:00:00 +0000"),
        b"10.0.0.1 - - [17/May/20",
    ]
    hours = by_hour(landed(write(tmp_path, "a.log", *lines)))
    assert hours["2015-05-17T10"] == b"".join(lines[:5])
    assert hours["2015-05-17T11"] == lines[5] + lines[6] + b"\n"


def test_carriage_returns_do_not_cut_lines(tmp_path: Path) -> None:
    write(tmp_path, "a.log", line("17/May/2015:10:00:00 +0000", "a\rb")[:-1] + b"\r\n")
    assert by_hour(landed(tmp_path))["2015-05-17T10"].endswith(rb"a\x0db" + b"\r\n")


def test_logs_of_several_servers_lie_side_by_side(tmp_path: Path) -> None:
    (tmp_path / "www1").mkdir()
    (tmp_path / "www2").mkdir()
    write(tmp_path / "www1", "access.log", line("17/May/2015:10:00:00 +0000"))
    packed = gzip.compress(line("17/May/2015:10:00:01 +0000"))
    write(tmp_path / "www2", "access.log.1.gz", packed)
    write(tmp_path / "www2", "error.log", b"[17/May/2015:10:00:01 +0000] no access log")
    keys = [piece.key for piece in landed(tmp_path) if piece.data]
    prefix = "weblogs/raw_lines/dt=2015-05-17/hour=10"
    assert keys == [f"{prefix}/www1-access.log", f"{prefix}/www2-access.log.1.log"]


def test_landing_again_gives_the_same_pieces(tmp_path: Path) -> None:
    write(tmp_path, "a.log", line("17/May/2015:10:00:00 +0000"), line("17/May/2015:12:00:00 +0000"))
    assert landed(tmp_path) == landed(tmp_path)


def test_large_hours_are_split_between_lines(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(weblogs, "PIECE_BYTES", 1000)
    monkeypatch.setattr(weblogs, "BUFFER_BYTES", 500)
    lines = [line(f"17/May/2015:10:{n:02}:00 +0000") for n in range(60)]
    pieces = [piece for piece in landed(write(tmp_path, "a.log", *lines)) if piece.data]
    assert len(pieces) > 3
    assert len({piece.key for piece in pieces}) == len(pieces)
    assert all(piece.data.endswith(b"\n") for piece in pieces)
    assert b"".join(piece.data for piece in pieces) == b"".join(lines)


@pytest.mark.parametrize(
    ("name", "data", "told"),
    [
        ("notes.txt", b"x", "notes.txt"),
        ("access.log", b"no time in here\n", "no line with a time"),
        ("access.log", b"", "no line in any"),
        ("access.log", line("17/May/2015:10:00:00 +0000").decode().encode("utf-16"), "is UTF-16"),
        ("access.log.gz", gzip.compress(line("17/May/2015:10:00:00 +0000"), mtime=0)[:-9], "cannot be read"),
    ],
)
def test_what_is_no_log_is_told(tmp_path: Path, name: str, data: bytes, told: str) -> None:
    with pytest.raises(ProjectError, match=told):
        landed(write(tmp_path, name, data))


def test_an_empty_log_beside_others_and_a_byte_order_mark_cost_nothing(tmp_path: Path) -> None:
    plain = line("17/May/2015:10:00:00 +0000")
    write(tmp_path, "access.log", b"")
    assert landed(write(tmp_path, "access.log.1", b"\xef\xbb\xbf" + plain)) == landed(
        write(tmp_path, "access.log.1", plain)
    )


def test_a_gzipped_log_need_not_be_called_so(tmp_path: Path) -> None:
    plain = line("17/May/2015:10:00:00 +0000")
    (tmp_path / "a").mkdir()
    assert landed(write(tmp_path, "access.log", gzip.compress(plain))) == landed(
        write(tmp_path / "a", "access.log", plain)
    )


def test_a_missing_directory_is_told(tmp_path: Path) -> None:
    with pytest.raises(ProjectError, match="no such directory"):
        landed(tmp_path / "nowhere")


def test_names_that_would_collide_are_told(tmp_path: Path) -> None:
    write(tmp_path, "a.log", line("17/May/2015:10:00:00 +0000"))
    write(tmp_path, "a.log.gz", gzip.compress(line("17/May/2015:10:00:00 +0000")))
    with pytest.raises(ProjectError, match="same name"):
        landed(tmp_path)


@given(
    st.lists(st.one_of(st.binary(max_size=30), st.datetimes(datetime(2015, 5, 17), datetime(2015, 5, 19))))
)
def test_every_line_lands_exactly_once(tmp_path_factory: pytest.TempPathFactory, given: list[object]) -> None:
    directory = tmp_path_factory.mktemp("logs")
    lines = [
        line(f"{item:%d/May/%Y:%H:%M:%S} +0000")
        if isinstance(item, datetime)
        else bytes(item).replace(b"\n", b"").replace(b"\r", b"") + b"\n"  # type: ignore[call-overload]
        for item in given
    ]
    assume(not b"".join(lines).startswith((b"\xef\xbb\xbf", b"\xfe\xff", b"\xff\xfe")))  # marks of encodings
    write(directory, "a.log", *lines, line("18/May/2015:12:00:00 +0000"))
    got = b"".join(piece.data for piece in landed(directory))
    assert sorted(got.split(b"\n")) == sorted(
        b"".join([*lines, line("18/May/2015:12:00:00 +0000")]).split(b"\n")
    )


def generated(start: str, end: str, *, seed: int = 1, rate: float = 5000.0) -> list[Piece]:
    first, last = date.fromisoformat(start), date.fromisoformat(end)
    return list(weblogs.generated(first, last, seed=seed, rate=rate, hourly=True))


def test_generated_hours_do_not_depend_on_the_range() -> None:
    assert generated("2015-05-16", "2015-05-18")[24:48] == generated("2015-05-17", "2015-05-17")


def test_generated_bytes_follow_seed_and_rate() -> None:
    day = generated("2015-05-17", "2015-05-17")
    assert day == generated("2015-05-17", "2015-05-17")
    assert day != generated("2015-05-17", "2015-05-17", seed=2)
    count = sum(piece.data.count(b"\n") for piece in day)
    assert 4000 < count < 7000


def test_generated_lines_have_the_faults_of_real_ones(tmp_path: Path) -> None:
    lines = b"".join(piece.data for piece in generated("2015-05-17", "2015-05-20")).split(b"\n")[:-1]
    hours = [weblogs.hour_of(line) for line in lines]
    assert b"" in lines
    assert any(b"\xe1" in line for line in lines)
    assert any(rb"\x16" in line for line in lines)
    assert any(not line.endswith(b'"') for line in lines if line)
    assert any(hour is None for hour in hours)
    assert len(set(lines)) < len(lines)
    assert any(b"bot" in line for line in lines)
