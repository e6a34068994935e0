"""What front matter and options make of a plan: frozen slices, policies for inputs, force, sizes of batches,
and what is told of what would be read and replaced."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta, tzinfo
from typing import Any

import pytest
from tiny import Tiny

import runner.inputs

pytestmark = pytest.mark.metastore

RANGE = ("--start", "2024-01-01", "--end", "2024-01-03")
Decided = tuple[str, str, str]


@pytest.fixture
def shop(make_tiny: Callable[..., Tiny], text_engine: None) -> Tiny:
    """Three days of a source and a snapshot of rates; ``daily`` reads both, ``later`` reads ``daily``."""
    project = make_tiny(engine="text")
    project.write("rows.txt", "a,1\nb,2")
    project.source()
    project.source(name="rates", partitions="")
    for table in ("daily", "later"):
        project.create(table, stored="STORED AS TEXTFILE")
    daily(project)
    later(project)
    project.land("", ["a,7"], table="rates")
    for day in ("2024-01-01", "2024-01-02", "2024-01-03"):
        project.land(f"dt={day}", ["x"])
    project.ok("ddl", "apply")
    return project


def daily(project: Tiny, front: str = "", constant: int = 1) -> None:
    project.daily(
        front=front,
        select=f"SELECT concat(line, (SELECT max(line) FROM {{db}}.rates)) AS k, {constant} AS v\n",
    )


def later(project: Tiny, front: str = "") -> None:
    project.sql(
        "later",
        (f"/* ---\n{front}\n--- */\n" if front else "")
        + "INSERT OVERWRITE TABLE {db}.later PARTITION (dt = '{{ ds }}')\n"
        "SELECT k, v FROM {db}.daily WHERE dt = '{{ ds }}'\n",
    )


def steps(project: Tiny, *words: str) -> list[dict[str, Any]]:
    """Of what is not fresh, or has something to say."""
    made = json.loads(project.ok("plan", *RANGE, "--json", *words).out)
    return [s for s in made["steps"] if s["decision"]["reason"] != "fresh" or s["decision"]["notes"]]


def decided(project: Tiny, *words: str) -> list[Decided]:
    """Table, slice and reason."""
    found = [step["decision"] for step in steps(project, *words)]
    return [(d["table"].partition(".")[2], d["spec"], d["reason"]) for d in found]


def days(table: str, reason: str, *numbers: int) -> list[Decided]:
    return [(table, f"dt=2024-01-0{n}", reason) for n in numbers or (1, 2, 3)]


# ------------------------------------------------------------------ freeze_after


@pytest.fixture
def frozen(shop: Tiny, monkeypatch: pytest.MonkeyPatch) -> Tiny:
    """A built shop at noon of April 2nd, 2024: January 2nd ended more than 90 days ago, the 3rd did not."""

    class Clock(datetime):
        @classmethod
        def now(cls, tz: tzinfo | None = None) -> datetime:  # type: ignore[override]
            return datetime(2024, 4, 2, 12, tzinfo=UTC)

    shop.ok("backfill", *RANGE)
    monkeypatch.setattr(runner.inputs, "datetime", Clock)
    return shop


def test_old_slices_are_frozen_whatever_changes(frozen: Tiny) -> None:
    daily(frozen, "freeze_after: 90 days", constant=2)
    of_daily = ("-s", "{db}.daily")
    assert decided(frozen, *of_daily) == [
        *days("daily", "frozen", 1, 2),
        *days("daily", "code changed", 3),
    ]
    assert "code changed, but it is frozen since 2024-04-01, …" in frozen.ok("plan", *RANGE, *of_daily).out
    daily(frozen, "freeze_after: 90 days")
    frozen.land("dt=2024-01-01", ["late"], name="more")
    assert decided(frozen, *of_daily) == days("daily", "frozen", 1)
    (step,) = steps(frozen, *of_daily)
    assert step["decision"]["detail"] == "inputs changed, but it is frozen since 2024-04-01"


def test_what_is_frozen_does_not_run_after_its_inputs(frozen: Tiny) -> None:
    daily(frozen, constant=2)
    later(frozen, "freeze_after: 90 days")
    assert decided(frozen) == [
        *days("daily", "code changed"),
        *days("later", "frozen", 1, 2),
        *days("later", "inputs run", 3),
    ]


def test_what_is_missing_or_forced_is_not_frozen(frozen: Tiny) -> None:
    daily(frozen, "freeze_after: 90 days", constant=2)
    assert decided(frozen, "-s", "{db}.daily", "--force") == days("daily", "forced")
    frozen.create("new", stored="STORED AS TEXTFILE")
    frozen.daily("new", front="freeze_after: 90 days")
    frozen.ok("ddl", "apply")
    assert decided(frozen, "-s", "{db}.new") == days("new", "missing")


# ------------------------------------------------------------------ inputs: rerun | ignore


def test_a_newer_snapshot_is_noted_unless_the_table_says_otherwise(shop: Tiny) -> None:
    shop.ok("backfill", *RANGE)
    shop.land("", ["b,8"], table="rates", name="more")
    of_daily = ("-s", "{db}.daily")
    assert decided(shop, *of_daily) == days("daily", "fresh")
    for step in steps(shop, *of_daily):
        assert step["decision"]["notes"] == [
            f"{shop.db}.rates is newer; facts are not rebuilt for a snapshot"
        ]
    assert f"{shop.db}.rates is newer" in shop.ok("plan", *RANGE, *of_daily).out
    daily(shop, "inputs: {{db}.rates: ignore}")
    assert steps(shop, *of_daily) == []
    daily(shop, "inputs: {{db}.rates: rerun}")
    assert decided(shop) == [*days("daily", "inputs changed"), *days("later", "inputs run")]
    shop.ok("backfill", *RANGE)
    assert steps(shop) == []


def test_late_days_of_an_ignored_input_make_nothing_stale(shop: Tiny) -> None:
    shop.ok("backfill", *RANGE)
    daily(shop, "inputs: {{db}.raw: ignore}")
    shop.land("dt=2024-01-02", ["late"], name="more")
    assert steps(shop) == []
    daily(shop)
    assert decided(shop) == [*days("daily", "inputs changed", 2), *days("later", "inputs run", 2)]


def test_an_ignored_input_may_run_before(shop: Tiny) -> None:
    shop.ok("backfill", *RANGE)
    later(shop, "inputs: {{db}.daily: ignore}")
    daily(shop, constant=2)
    assert decided(shop) == days("daily", "code changed")


# ------------------------------------------------------------------ forced


def test_force_runs_what_is_fresh_and_what_is_held(shop: Tiny) -> None:
    shop.ok("backfill", *RANGE)
    shop.ok("hold", "{db}.daily", "dt=2024-01-02", "--reason", "looked at")
    assert decided(shop) == days("daily", "held", 2)
    assert decided(shop, "--force", "-s", "{db}.daily") == days("daily", "forced")
    told = shop("plan", *RANGE, "--force", "--exit-code")
    assert told.code == 10
    assert "6 to run in 6 Spark jobs" in told.out


# ------------------------------------------------------------------ what is read and replaced


def test_reads_and_replaced_partitions_are_told_with_rows_and_bytes(shop: Tiny) -> None:
    shop.land("dt=2024-01-02", ["y" * 9], name="more")
    shop.ok("backfill", *RANGE)
    daily(shop, constant=2)
    found = {(s["decision"]["table"], s["decision"]["spec"]): s for s in steps(shop)}
    changed, perhaps = (found[f"{shop.db}.{table}", "dt=2024-01-02"] for table in ("daily", "later"))
    assert changed["replaces"] == perhaps["replaces"] == ["dt=2024-01-02"]
    assert changed["reads"] == [
        {
            "table": f"{shop.db}.rates", "window": ["*"], "partitions": 1, "rows": -1, "bytes": 4,
            "widened": [],
        },
        {
            "table": f"{shop.db}.raw", "window": ["dt = '2024-01-02'"], "partitions": 1, "rows": -1,
            "bytes": 12, "widened": [],
        },
    ]  # fmt: skip
    assert perhaps["reads"] == [
        {
            "table": f"{shop.db}.daily", "window": ["dt = '2024-01-02'"], "partitions": 1, "rows": 2,
            "bytes": 8, "widened": [],
        }
    ]  # fmt: skip
    one = shop.ok("plan", "--start", "2024-01-02").out
    of_daily, of_later = [line for line in one.splitlines() if line.startswith(f"{shop.db}.")][:2]
    assert f"{shop.db}.raw dt = '2024-01-02'" in of_daily and "16 B" in of_daily
    assert of_daily.endswith("dt=2024-01-02")
    assert f"{shop.db}.daily dt = '2024-01-02', 2 rows" in of_later and "8 B" in of_later
    assert "1 to run in 1 Spark jobs, 1 perhaps, 16 B read, 0 fresh" in one
    three = shop.ok("plan", *RANGE).out
    assert f"{shop.db}.daily 3 partitions, 6 rows" in three and "3 partitions\n" in three


def test_what_was_never_published_replaces_nothing(shop: Tiny) -> None:
    assert all(step["replaces"] == [] for step in steps(shop))


# ------------------------------------------------------------------ batches


@pytest.fixture
def ranged(make_tiny: Callable[..., Tiny], text_engine: None) -> Tiny:
    project = make_tiny(engine="text")
    project.source()
    project.create("ranged")
    project.ranged()
    project.ok("ddl", "apply")
    return project


def landed(project: Tiny, count: int, size: int = 2) -> tuple[str, ...]:
    """So many days of so many bytes, which lie on no disk; the options that ask for them."""
    first = date(2024, 1, 1)
    for n in range(count):
        path = project.land(f"dt={first + timedelta(n)}", ["x"])
        with path.open("r+b") as file:
            file.truncate(size)
    return ("--start", str(first), "--end", str(first + timedelta(count - 1)), "--json")


def jobs(project: Tiny, *words: str) -> int:
    return int(json.loads(project.ok("plan", *words).out)["jobs"])


def test_a_job_takes_as_many_slices_as_are_asked_for(ranged: Tiny) -> None:
    asked = landed(ranged, 10)
    assert jobs(ranged, *asked) == 1
    assert [jobs(ranged, *asked, "--batch", str(n)) for n in (1, 3, 4, 5, 10, 1000)] == [10, 4, 3, 2, 1, 1]


def test_a_job_takes_at_most_128_slices_unless_more_are_asked_for(ranged: Tiny) -> None:
    asked = landed(ranged, 129)
    assert jobs(ranged, *asked) == 2
    assert jobs(ranged, *asked, "--batch", "129") == 1


@pytest.mark.parametrize(
    ("size", "count"), [(2**28, 2), (2**28 + 1, 3), (2**29, 4), (2**29 + 1, 8), (2**31, 8)]
)
def test_a_job_takes_as_many_slices_as_read_a_gigabyte(ranged: Tiny, size: int, count: int) -> None:
    """One that alone reads more is a job all the same."""
    asked = landed(ranged, 8, size)
    assert jobs(ranged, *asked) == count
    assert jobs(ranged, *asked, "--batch", "8") == 1


def test_a_snapshot_does_not_count_for_the_size_of_a_job(ranged: Tiny) -> None:
    """It is read once, however many slices the job has."""
    ranged.source(name="rates", partitions="")
    with ranged.land("", ["x"], table="rates").open("r+b") as file:
        file.truncate(2**31)
    text = (ranged.root / "sql" / ranged.db / "ranged.sql").read_text()
    ranged.sql("ranged", text.replace(" AS v", " + (SELECT count(*) FROM {db}.rates) AS v"))
    ranged.ok("ddl", "apply")
    assert jobs(ranged, *landed(ranged, 8)) == 1


def test_days_that_do_not_lie_side_by_side_are_jobs_of_their_own(ranged: Tiny) -> None:
    asked = landed(ranged, 6)
    (ranged.lake / ranged.db / "raw" / "dt=2024-01-03" / "lines").unlink()
    assert jobs(ranged, *asked) == 2


# ------------------------------------------------------------------ --json


def test_json_says_what_is_read_and_nothing_of_the_inside(shop: Tiny) -> None:
    text = shop.ok("plan", "--start", "2024-01-02", "--json", "-s", "{db}.daily").out
    (step,) = json.loads(text)["steps"]
    assert step["decision"]["windows"] == [
        [f"{shop.db}.rates", {"text": ["*"], "widened": []}],
        [f"{shop.db}.raw", {"text": ["dt = '2024-01-02'"], "widened": []}],
    ]
    assert '"_' not in text
