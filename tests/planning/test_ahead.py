"""What is asked before many runs, which tables are stale, how far a backfill is, and jobs side by side."""

from __future__ import annotations

import importlib
import io
import sys
import threading
from collections.abc import Callable, Sequence
from typing import Any

import pytest
from tiny import Tiny

from runner.console import PROGRESS_EVERY, Told, duration
from runner.engines.local import LocalEngine
from runner.outcome import Outcome, Status
from warehouse.names import TableName

RANGE = ("--start", "2024-01-01", "--end", "2024-01-03")
DAYS = ("2024-01-01", "2024-01-02", "2024-01-03")


@pytest.fixture
def shop(make_tiny: Callable[..., Tiny], text_engine: None) -> Tiny:
    """Three days of a source; ``daily`` and ``other`` read it."""
    project = make_tiny(engine="text")
    project.write("rows.txt", "a,1\nb,2")
    project.source()
    for table in ("daily", "other"):
        project.create(table, stored="STORED AS TEXTFILE")
        project.daily(table)
    for day in DAYS:
        project.land(f"dt={day}", ["x"])
    project.ok("ddl", "apply")
    return project


@pytest.mark.metastore
def test_more_runs_than_allowed_are_refused_where_nobody_can_be_asked(shop: Tiny) -> None:
    refused = shop("backfill", *RANGE, "--max-runs", "5")
    assert refused.code == 2
    assert "6 slices would run, more than --max-runs 5" in refused.err
    assert "--yes" in refused.err
    assert shop.jobs() == 0
    shop.ok("backfill", "-s", "{db}.daily", *RANGE, "--max-runs", "3")
    assert shop.jobs() == 3
    shop.ok("backfill", *RANGE, "--max-runs", "3")
    assert shop.jobs() == 6, "what is fresh does not count"
    assert shop("backfill", *RANGE, "--max-runs", "5", "--force").code == 2
    shop.ok("backfill", *RANGE, "--max-runs", "5", "--force", "--yes")
    assert shop.jobs() == 12


@pytest.mark.metastore
def test_the_project_may_say_how_many_are_too_many(shop: Tiny) -> None:
    shop.configure({"engine": "text"}, more="max_runs = 2")
    assert "more than --max-runs 2" in shop("backfill", *RANGE).err
    shop.ok("backfill", *RANGE, "--max-runs", "6")


@pytest.mark.metastore
@pytest.mark.parametrize(("answer", "code", "jobs"), [("y\n", 0, 6), ("n\n", 130, 0)])
def test_on_a_terminal_it_asks(
    shop: Tiny, monkeypatch: pytest.MonkeyPatch, answer: str, code: int, jobs: int
) -> None:
    commands = importlib.import_module("runner.cli.run")
    monkeypatch.setattr(commands, "_terminal", lambda: True)
    monkeypatch.setattr(sys, "stdin", io.StringIO(answer))
    told = shop("backfill", *RANGE, "--max-runs", "1")
    assert told.code == code, told.text
    assert "6 slices would run, more than --max-runs 1. Run them?" in told.text
    assert shop.jobs() == jobs


@pytest.mark.metastore
def test_stale_tables_are_selected_by_that(shop: Tiny) -> None:
    def stale() -> list[str]:
        lines = shop.ok("ls", "--select", "state:stale").out.splitlines()[1:]
        return [line.split()[0].partition(".")[2] for line in lines]

    assert stale() == ["daily", "other"], "nothing is published"
    shop.ok("backfill", "-s", "{db}.daily", *RANGE)
    assert stale() == ["other"]
    shop.ok("backfill", "-s", "state:stale", *RANGE)
    unknown = shop("ls", "--select", "state:stale")
    assert unknown.code == 2 and "nothing is selected by 'state:stale'" in unknown.err
    shop.daily("daily", where=" AND true")
    assert stale() == ["daily"]
    shop.ok("backfill", "-s", "state:stale", *RANGE)
    shop.land("dt=2024-01-02", ["late"], name="more")
    assert stale() == ["daily", "other"]
    shop.ok("backfill", *RANGE)
    shop.ddl("other", "ALTER TABLE {db}.other ADD COLUMNS (w INT);\n", version=2)
    shop.daily("other", select="SELECT line AS k, 1 AS v, 2 AS w\n")
    assert stale() == ["other"]
    assert "changed" in shop("ls", "--select", "state:changed").err


def progress(statuses: Sequence[Status], capsys: pytest.CaptureFixture[str]) -> list[str]:
    """What is said of how far it is, when all but skipped slices take half of the time between two lines."""
    now = 0.0
    told = Told(total=len(statuses), clock=lambda: now)
    for status in statuses:
        if status is not Status.SKIPPED:
            now += PROGRESS_EVERY / 2
        told(Outcome(TableName("a", "b"), "dt=x", "x", status))
    return [line for line in capsys.readouterr().err.splitlines() if line.startswith("…")]


def test_an_estimate_follows_from_what_is_done(capsys: pytest.CaptureFixture[str]) -> None:
    lines = progress([Status.PUBLISHED] * 40, capsys)
    assert lines[0] == "… 2 of 40 slices, about 3 min left"
    assert lines[-1] == "… 38 of 40 slices, about 10 s left"
    assert len(lines) == 19, "not at every slice, and not at the end"


def test_what_is_skipped_makes_no_estimate_shorter(capsys: pytest.CaptureFixture[str]) -> None:
    """A backfill that is called again: sixty slices of a hundred are there, each other takes five seconds."""
    lines = progress([Status.SKIPPED] * 60 + [Status.PUBLISHED, Status.FAILED] * 20, capsys)
    assert lines[0] == "… 62 of 100 slices, about 3 min left"
    assert lines[-1] == "… 98 of 100 slices, about 10 s left"


def test_there_is_no_estimate_before_anything_is_computed(capsys: pytest.CaptureFixture[str]) -> None:
    statuses = [Status.WAITING, Status.BLOCKED, Status.LOST]
    assert progress(statuses, capsys) == ["… 2 of 3 slices"]


def test_durations_are_for_people() -> None:
    assert [duration(s) for s in (0.1, 59, 61, 3599, 5400)] == ["1 s", "59 s", "1 min", "60 min", "1.5 h"]


@pytest.mark.metastore
def test_date_form_jobs_run_side_by_side(tiny: Tiny, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each job waits for another one: with one at a time, none would ever end."""
    tiny.source()
    tiny.create("daily")
    tiny.daily()
    for day in (*DAYS, "2024-01-04"):
        tiny.land(f"dt={day}", ["a,1"])
    tiny.ok("ddl", "apply")
    both = threading.Barrier(2)

    def execute(session: Any, manifest: dict[str, Any], *, made: bool) -> dict[str, Any]:
        both.wait(60)
        return {"run_id": manifest["run_id"], "error": {"message": "met another"}}

    monkeypatch.setattr("runner.job.execute", execute)
    monkeypatch.setattr(LocalEngine, "session", lambda self: None)
    answer = tiny("backfill", "--start", "2024-01-01", "--end", "2024-01-04", "-j", "2")
    assert answer.text.count("met another") >= 4
    assert answer.code == 1
