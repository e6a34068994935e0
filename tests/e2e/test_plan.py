"""``warehouse plan``: which runs, why, and what would not run; with everything real but Spark."""

from __future__ import annotations

import json
import re
from collections.abc import Callable

import pytest
from text_engine import TextEngine
from tiny import Tiny

from runner.cli.plan import describe
from runner.planning import Plan, Step
from warehouse.intervals import Grain, Interval
from warehouse.manifest import JobError, Manifest, Result
from warehouse.names import Spec, TableName
from warehouse.plan import Decision, Reason

pytestmark = pytest.mark.metastore

RANGE = ("--start", "2024-01-01", "--end", "2024-01-03")


@pytest.fixture
def shop(make_tiny: Callable[..., Tiny], text_engine: None) -> Tiny:
    """Three days of a source; ``daily`` reads it, ``later`` reads ``daily``."""
    project = make_tiny(engine="text")
    project.daily_as_text(("2024-01-01", "2024-01-02", "2024-01-03"))
    project.create("later", stored="STORED AS TEXTFILE")
    project.sql(
        "later",
        "INSERT OVERWRITE TABLE {db}.later PARTITION (dt = '{{ ds }}')\n"
        "SELECT k, v FROM {db}.daily WHERE dt = '{{ ds }}'\n",
    )
    project.ok("ddl", "apply")
    return project


def runs(project: Tiny, *words: str) -> list[tuple[str, str, str]]:
    """(table, slice, reason) of what is not fresh."""
    made = json.loads(project.ok("plan", *RANGE, "--json", *words).out)
    decisions = [step["decision"] for step in made["steps"]]
    return [
        (d["table"].partition(".")[2], d["spec"], d["reason"]) for d in decisions if d["reason"] != "fresh"
    ]


def days(table: str, reason: str, *numbers: int) -> list[tuple[str, str, str]]:
    return [(table, f"dt=2024-01-0{n}", reason) for n in numbers or (1, 2, 3)]


def test_what_is_missing_runs_in_the_order_of_what_reads_what(shop: Tiny) -> None:
    before = shop.everything()
    assert runs(shop) == days("daily", "missing") + days("later", "missing")
    assert shop.everything() == before, "a plan changes nothing"
    answer = shop("plan", *RANGE, "--exit-code")
    assert answer.code == 10
    assert "6 to run in 6 Spark jobs" in answer.out


def test_nothing_to_do_is_one_line(shop: Tiny) -> None:
    shop.ok("backfill", *RANGE)
    answer = shop.ok("plan", *RANGE, "--exit-code")
    assert answer.out.strip() == "nothing to do: 6 slices are fresh"


def test_without_dates_it_is_of_what_is_published(shop: Tiny) -> None:
    """As state:stale looks: the gap between two days was never asked for, nor a table's first day."""
    for day in ("2024-01-01", "2024-01-03"):
        shop.ok("run", "-s", "{db}.daily", "--date", day)
    told = shop.ok("plan", "--exit-code").out.splitlines()
    assert told == [
        "asked for: what is published, from 2024-01-01 to 2024-01-03; give --start and --end for others",
        f"of {shop.db}.later nothing is published: give --start and --end",
        "",
        "nothing to do: 2 slices are fresh",
    ]
    shop.land("dt=2024-01-03", ["late"], name="more")
    answer = shop("plan", "--exit-code", "--json")
    assert answer.code == 10
    steps = [step["decision"] for step in json.loads(answer.out)["steps"]]
    assert [(d["spec"], d["reason"]) for d in steps] == [
        ("dt=2024-01-01", "fresh"),
        ("dt=2024-01-03", "inputs changed"),
    ]
    stale = shop.ok("ls", "-s", "state:stale").out
    assert "daily" in stale
    only = shop.ok("plan", "-s", "{db}.later").out.splitlines()
    assert only[0] == f"of {shop.db}.later nothing is published: give --start and --end"
    assert "asked for" not in shop.ok("plan", *RANGE).out
    refused = shop("plan", "--end", "2024-01-03")
    assert refused.code == 2 and "--end without --start" in refused.err
    assert shop("backfill", "--end", "2024-01-03").code == 2, "what runs is named"


def test_comments_and_white_space_change_nothing_an_expression_does(shop: Tiny) -> None:
    shop.ok("backfill", *RANGE)
    path = shop.root / "sql" / shop.db / "daily.sql"
    text = path.read_text()
    path.write_text("-- a remark\n" + text.replace("\nFROM", "\n\n  FROM"))
    assert runs(shop) == []
    path.write_text(text.replace("[0] AS k", "[2] AS k"))
    assert runs(shop) == days("daily", "code changed") + days("later", "inputs run")
    told = shop.ok("plan", *RANGE).out
    assert "+  split(line, ',')[2] AS k," in told
    assert "-  split(line, ',')[0] AS k," in told


def test_the_same_rows_again_ripple_nowhere(shop: Tiny) -> None:
    shop.ok("backfill", *RANGE)
    built = shop.entries("later")
    shop.daily(where=" AND true")
    assert "3 published, 3 skipped" in shop.ok("backfill", *RANGE).err
    assert shop.entries("later") == built, "built once"
    assert runs(shop) == []


def test_late_data_reruns_the_day_that_it_belongs_to(shop: Tiny) -> None:
    shop.ok("backfill", *RANGE)
    shop.land("dt=2024-01-02", ["late"], name="more")
    assert runs(shop) == days("daily", "inputs changed", 2) + days("later", "inputs run", 2)
    assert f"{shop.db}.raw: dt=2024-01-02" in shop.ok("plan", *RANGE).out


def test_a_line_is_of_neighbours_and_names_all_that_changed(shop: Tiny) -> None:
    """With the 4th fresh between, the 3rd and the 5th are two lines; the 2nd and the 3rd are one."""
    for day in ("2024-01-04", "2024-01-05"):
        shop.land(f"dt={day}", ["x"])
    days = ("--start", "2024-01-01", "--end", "2024-01-05")
    only = ("-s", "{db}.daily")
    shop.ok("backfill", *only, *days)
    for day in ("2024-01-02", "2024-01-03", "2024-01-05"):
        shop.land(f"dt={day}", ["late"], name="more")
    raw = f"{shop.db}.raw"
    told = [re.split("  +", line)[:3] for line in shop.ok("plan", *only, *days).out.splitlines()]
    assert told[1:3] == [
        [f"{shop.db}.daily", "dt=2024-01-02 to dt=2024-01-03 (2)",
         f"inputs changed: {raw}: dt=2024-01-02, dt=2024-01-03"],
        [f"{shop.db}.daily", "dt=2024-01-05", f"inputs changed: {raw}: dt=2024-01-05"],
    ]  # fmt: skip
    markdown = shop.ok("plan", *only, *days, "--markdown").out.splitlines()
    assert [line.split(" | ")[1] for line in markdown[2:4]] == [told[1][1], told[2][1]]
    everything = shop.ok("plan", *only, *days, "--all").out.splitlines()
    assert [re.split("  +", line)[1] for line in everything[1:5]] == [
        "dt=2024-01-01", told[1][1], "dt=2024-01-04", "dt=2024-01-05",
    ]  # fmt: skip


def test_a_line_names_some_and_counts_the_others() -> None:
    raw = TableName("shop", "raw")
    first = Interval.parse("2024-01-01", Grain.DAILY)
    steps = []
    for n in range(10):
        detail = f"{raw}: dt={first.ds}" if n < 9 else "shop.other is read now"
        steps.append(Step(Decision(raw, first, Spec.parse(f"dt={first.ds}"), Reason.INPUTS, detail)))
        first = first.next()
    named = ", ".join(f"dt=2024-01-0{n}" for n in range(1, 9))
    told = describe(Plan(tuple(steps), 1, {}), False).splitlines()
    assert f"inputs changed: shop.raw: {named} and 1 more; shop.other is read now" in told[1]


def test_a_day_whose_source_is_not_there_waits(shop: Tiny) -> None:
    made = runs(shop, "--end", "2024-01-04")
    assert ("daily", "dt=2024-01-04", "waiting") in made
    assert ("later", "dt=2024-01-04", "waiting") in made
    assert f"{shop.db}.raw no files at dt=2024-01-04" in shop.ok("plan", *RANGE, "--end", "2024-01-04").out


def test_a_held_slice_is_not_run_and_says_why(shop: Tiny) -> None:
    shop.ok("backfill", *RANGE)
    shop.ok("hold", "{db}.daily", "dt=2024-01-02", "--reason", "the accountants look at it")
    shop.daily(where=" AND 1 = 1")
    assert runs(shop, "-s", f"{shop.db}.daily") == [
        ("daily", "dt=2024-01-01", "code changed"),
        ("daily", "dt=2024-01-02", "held"),
        ("daily", "dt=2024-01-03", "code changed"),
    ]
    assert "the accountants look at it" in shop.ok("plan", *RANGE).out


def test_accepted_code_is_forward_only(shop: Tiny) -> None:
    shop.ok("backfill", *RANGE)
    shop.daily(where=" AND 1 = 1")
    shop.ok("accept", "{db}.daily", "--reason", "the old days were right")
    assert runs(shop) == []
    assert "the old days were right" in shop.ok("history", "{db}.daily").out


def test_what_failed_last_time_is_remembered_until_it_is_published(
    shop: Tiny, monkeypatch: pytest.MonkeyPatch
) -> None:
    shop.create("short", columns="k STRING, v INT", stored="STORED AS TEXTFILE")
    shop.daily("short")
    shop.ok("ddl", "apply")

    def failing(self: TextEngine, manifests: object, *, jobs: int = 1) -> object:
        for manifest in manifests:  # type: ignore[attr-defined]
            yield Result(manifest.run_id, error=JobError("no such luck"))

    with monkeypatch.context() as patch:
        patch.setattr(TextEngine, "run", failing)
        assert shop("run", "-s", "{db}.short", "--date", "2024-01-01").code == 1
    assert "no such luck" in shop.ok("plan", "-s", "{db}.short", *RANGE).out
    shop.ok("run", "-s", "{db}.short", "--date", "2024-01-01")
    assert "no such luck" not in shop.ok("plan", "-s", "{db}.short", *RANGE).out


def test_the_same_rows_ripple_nowhere_where_only_a_macro_reads_them(
    shop: Tiny, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Rows of a table without checks are digested for the sake of its readers."""
    digested: dict[str, bool] = {}

    def asked(manifest: Manifest) -> None:
        digested[manifest.table.partition(".")[2]] = bool(manifest.digest)

    monkeypatch.setattr(TextEngine, "before", staticmethod(asked))
    shop.write(
        "sql/macros/shop.sql",
        f"{{% macro days() %}}(SELECT k, v, dt FROM {shop.db}.daily) AS d{{% endmacro %}}\n",
    )
    shop.sql(
        "later",
        "INSERT OVERWRITE TABLE {db}.later PARTITION (dt = '{{ ds }}')\n"
        "SELECT k, v FROM {{ days() }} WHERE dt = '{{ ds }}'\n",
    )
    shop.ok("backfill", *RANGE)
    assert digested == {"daily": True, "later": False}
    shop.daily(where=" AND true")
    assert "3 published, 3 skipped" in shop.ok("backfill", *RANGE).err
