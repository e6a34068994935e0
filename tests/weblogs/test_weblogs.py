"""The weblogs warehouse through the real tool, against plain Python over the same raw files."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.domain_session import DATA, Session
from tests.weblogs.compare import everything

REAL = DATA / "weblogs"
pytestmark = [pytest.mark.spark, pytest.mark.metastore]


@pytest.fixture(scope="module")
def session(open_session: Callable[..., Session]) -> Iterator[Session]:
    with open_session("weblogs") as opened:
        yield opened


@pytest.fixture(scope="module")
def real(session: Session) -> Path:
    """The real file, landed and carried through all tables."""
    if not REAL.is_dir():
        pytest.skip(f"the real log is not there: {REAL}")
    session.land(REAL)
    outcomes = session.backfill("2015-05-17", "2015-05-20")
    assert {o["status"] for o in outcomes.values()} == {"published"}
    assert len(outcomes) == 3 * 96 + 4
    assert not {name: o["warnings"] for name, o in outcomes.items() if o["warnings"]}
    return next(REAL.iterdir())


@pytest.mark.data
def test_the_real_log_equals_the_oracle(session: Session, real: Path) -> None:
    everything(session.query, real, "2015-05-17", "2015-05-20")


@pytest.mark.data
def test_landing_and_running_again_changes_nothing(session: Session, real: Path) -> None:
    assert session.land(real.parent) == []
    assert session.backfill("2015-05-17", "2015-05-20") == {}


@pytest.mark.data
def test_browsers_and_bots_of_the_real_log(session: Session, real: Path) -> None:
    rows = session.query(
        "SELECT count_if(browser IS NOT NULL AND bot IS NOT NULL), "
        "count_if(agent IS NOT NULL AND browser IS NULL AND bot IS NULL), "
        "count_if(agent LIKE '%Googlebot%' AND NOT bot <=> 'search'), "
        "count_if(agent LIKE '%Firefox/2%' AND bot IS NULL AND browser <> 'firefox') FROM weblogs.requests"
    )
    assert rows == [[0, 0, 0, 0]]


def line(rest: str, stamp: str = "28/Feb/2016:10:00:00 +0000") -> str:
    return f"10.0.0.1 - - [{stamp}] {rest}"


GOOD = '"GET / HTTP/1.1" 200 5 "-" "-"'
FAULTS: dict[str, str] = {
    "": "empty",
    "   ": "empty",
    r"\N": "malformed",
    "not a log line": "malformed",
    line('"GET / HTTP/1.1" 200 5 "-" "cut'): "cut",
    line('"GET / HTTP/1.1" 200 5'): "cut",
    line('"GET / HTTP/1.1" 200 5 "-" "a quote "inside" it"'): "malformed",
    line('"GET / HTTP/1.1" 200 5 "-" "-" more'): "cut",
    line("no request at all"): "cut",
    line(GOOD, "31/Feb/2016:10:00:00 +0000"): "bad_time",
    line(GOOD, "28/Foo/2016:10:00:00 +0000"): "bad_time",
    line(GOOD, "28/FEB/2016:10:00:00 +0000"): "bad_time",
    line(GOOD, "28/Feb/2016:24:00:00 +0000"): "bad_time",
    line(GOOD, "28/Feb/2016:10:00:00 +2500"): "bad_time",
    line(GOOD, "28/Feb/2016:10:00 +0000"): "bad_time",
    line('"-" 408 - "-" "-"'): "bad_request",
    line(r'"\x16\x03\x01" 400 226 "-" "-"'): "bad_request",
    line('"get / HTTP/1.1" 501 5 "-" "-"'): "bad_request",
    line('"GET / HTTP/1.1" 999 5 "-" "-"'): "bad_status",
    line('"GET / HTTP/1.1" 200 1234567890123456 "-" "-"'): "bad_bytes",
    line('"GET / HTTP/1.1" 200 -5 "-" "-"'): "malformed",
}
ODD = (
    line(GOOD),
    line(GOOD),
    line(GOOD, "28/Feb/2016:23:30:00 -0330"),
    line(GOOD, "29/Feb/2016:01:15:00 +0545"),
    line('"GET /a b c HTTP/1.1" 200 5 "-" "-"'),
    line('"GET /old" 200 5 "-" "-"'),
    line('"GET /q?a=1?b=2 HTTP/2" 200 5 "" ""'),
    line('"GET /q? HTTP/1.0" 304 - "-" "-"'),
    line('"OPTIONS * HTTP/1.1" 200 0 "-" "-"'),
    line(r'"GET /\"quoted\" HTTP/1.1" 200 5 "http://\xe4\xe5/" "a \"b\" c"'),
    line('"GET /é/😀 HTTP/1.1" 200 5 "-" "ünï"'),
    line('"GET /tab HTTP/1.1" 200 5 "-" "a\tb"') + "  ",
    line('"GET /long HTTP/1.1" 200 5 "-" "' + r"\x41" * 50_000 + '"'),
    line('"GET /frank HTTP/1.1" 100 5 "-" "-"').replace("- -", "id frank"),
)


def test_faulty_lines_are_kept_with_their_reason(session: Session, tmp_path: Path) -> None:
    path = tmp_path / "faulty.log"
    binary = line('"GET /\udce1 HTTP/1.1" 200 5 "-" "a\rb"')
    text = "\n".join([ODD[0], *FAULTS, *ODD[1:], binary, *list(FAULTS)[:3], line(GOOD)])
    path.write_bytes(text.encode("utf-8", "surrogateescape"))
    session.land(tmp_path)
    outcomes = session.backfill("2016-02-28", "2016-02-29")
    assert {o["status"] for o in outcomes.values()} == {"published"}, outcomes
    everything(session.query, path, "2016-02-28", "2016-02-29")
    rows = session.query("SELECT line, reason FROM weblogs.rejected_lines WHERE dt = '2016-02-28'")
    assert dict(rows) == FAULTS
    assert len(rows) == len(FAULTS) + 3


def test_a_control_character_between_fields_is_no_field(session: Session, tmp_path: Path) -> None:
    (tmp_path / "control.log").write_text(
        line('"GET /\x01 HTTP/1.1" 200 5 "-" "-"', "01/Mar/2016:10:00:00 +0000")
    )
    session.land(tmp_path)
    session.backfill("2016-03-01", "2016-03-01")
    rows = session.query(
        "SELECT reason, line LIKE '%/\x01 HTTP%' FROM weblogs.rejected_lines WHERE dt = '2016-03-01'"
    )
    assert rows == [["malformed", True]]


def test_late_lines_run_exactly_the_hours_they_touch(session: Session, tmp_path: Path) -> None:
    day, late = tmp_path / "day", tmp_path / "late"
    day.mkdir()
    late.mkdir()
    stamps = [f"05/Mar/2016:{hour:02}:00:00 +0000" for hour in range(24)]
    (day / "access.log").write_text("\n".join(line(GOOD, stamp) for stamp in stamps))
    (late / "late.log").write_text(line(GOOD, stamps[3]) + "\n" + line('"-" 408 - "-" "-"', stamps[7]))
    session.land(day)
    assert len(session.backfill("2016-03-05", "2016-03-05")) == 3 * 24 + 1

    session.land(late)
    outcomes = session.backfill("2016-03-05", "2016-03-05")
    assert set(outcomes) == {
        "weblogs.requests dt=2016-03-05/hour=03",
        "weblogs.requests dt=2016-03-05/hour=07",
        "weblogs.rejected_lines dt=2016-03-05/hour=03",
        "weblogs.rejected_lines dt=2016-03-05/hour=07",
        "weblogs.traffic_hourly dt=2016-03-05/hour=03",
        "weblogs.traffic_daily dt=2016-03-05",
    }
    rows = session.query(
        "SELECT hour, hits FROM weblogs.traffic_hourly WHERE dt = '2016-03-05' AND hits <> 1"
    )
    assert rows == [["03", 2]]


def test_one_hour_at_a_time_equals_a_batch(session: Session, tmp_path: Path) -> None:
    stamps = [f"07/Mar/2016:{hour:02}:{minute:02}:00 +0000" for hour in (0, 1) for minute in range(3)]
    lines = [line(GOOD, stamp) for stamp in stamps * 2]
    (tmp_path / "access.log").write_text("\n".join(lines))
    session.land(tmp_path)
    session.backfill("2016-03-07T00", "2016-03-07T00", "weblogs.requests")
    session.backfill("2016-03-07T01", "2016-03-07T01", "weblogs.requests")
    everything = "SELECT * FROM weblogs.requests WHERE dt = '2016-03-07'"
    singles = session.query(everything)
    assert len(singles) == 12
    session.backfill("2016-03-07", "2016-03-07", "weblogs.requests", force=True)
    assert sorted(map(str, session.query(everything))) == sorted(map(str, singles))
