"""``warehouse diff``: what the files as they are now would change in what readers see; it only looks."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest
from tiny import Tiny

pytestmark = [pytest.mark.spark, pytest.mark.metastore]

LINES = ["a,1", "b,2", "c,3", "d,4"]


@pytest.fixture
def shop(tiny: Tiny) -> Tiny:
    """``daily`` and ``ranged``, published for two days."""
    tiny.source()
    for day in ("dt=2018-11-15", "dt=2018-11-16"):
        tiny.land(day, LINES)
    tiny.create("daily")
    tiny.daily(front="checks:\n  - unique: [k]")
    tiny.create("ranged")
    tiny.ranged()
    tiny.ok("ddl", "apply")
    tiny.ok("backfill", "--start", "2018-11-15", "--end", "2018-11-16")
    return tiny


def told(project: Tiny, table: str, *words: str) -> dict[str, Any]:
    answer = project.ok("diff", f"{{db}}.{table}", "--date", "2018-11-15", "--json", *words)
    found: dict[str, Any] = json.loads(answer.out)
    return found


def test_rows_that_come_go_and_change_are_told_and_nothing_is_published(shop: Tiny) -> None:
    before = shop.everything()
    assert "nothing differs, 4 rows" in shop.ok("diff", "{db}.daily", "--date", "2018-11-15").out
    # b goes, c changes, and e comes.
    shop.daily(
        front="checks:\n  - unique: [k]\n  - expression: v < 30",
        select="SELECT\n  translate(split(line, ',')[0], 'd', 'e') AS k,\n"
        "  CAST(split(line, ',')[1] AS INT) * IF(line LIKE 'c%', 10, 1) AS v\n",
        where=" AND line NOT LIKE 'b%'",
    )
    found = told(shop, "daily")
    assert (found["rows_before"], found["rows_after"]) == (4, 3)
    assert (found["added"], found["removed"], found["changed"]) == (1, 2, 1)
    assert found["key"] == ["k"] and found["columns"] == {"v": 1}
    day = {"dt": "2018-11-15"}
    assert found["samples"] == [
        {"old": {"k": "c", "v": "3", **day}, "new": {"k": "c", "v": "30", **day}},
        {"old": {"k": "b", "v": "2", **day}, "new": None},
        {"old": {"k": "d", "v": "4", **day}, "new": None},
        {"old": None, "new": {"k": "e", "v": "4", **day}},
    ]
    assert [c["name"] for c in found["failed"]] == ["expression: v < 30"]
    assert len(told(shop, "daily", "--samples", "1")["samples"]) == 3
    text = shop.ok("diff", "{db}.daily", "--date", "2018-11-15").out
    assert "4 rows published, 3 as the files are now; 1 added, 2 removed, 1 changed (by k)" in text
    assert "~  c  3 → 30" in text and "check expression: v < 30 would fail: found 1" in text
    assert "+WHERE dt = '{{ ds }}' AND line NOT LIKE 'b%'" in text
    marked = shop.ok("diff", "{db}.daily", "--date", "2018-11-15", "--markdown").out
    assert "| ~ | c | 3 → 30 | 2018-11-15 |" in marked and "```diff" in marked
    assert shop.everything() == before, "a diff leaves nothing behind"


def test_without_a_key_rows_are_compared_as_they_are(shop: Tiny) -> None:
    """A row that is there twice counts twice; the range form is compared in the one partition asked for."""
    shop.sql(
        "ranged",
        "INSERT OVERWRITE TABLE {db}.ranged PARTITION (dt)\n"
        "SELECT split(line, ',')[0] AS k, int(split(line, ',')[1]) + IF(line = 'a,1', 1, 0) AS v, dt\n"
        "FROM {db}.raw LATERAL VIEW explode(array(1, 2)) AS copy\n"
        "WHERE dt BETWEEN '{{ start_ds }}' AND '{{ end_ds }}'\n",
    )
    found = told(shop, "ranged")
    assert (found["rows_before"], found["rows_after"]) == (4, 8)
    assert (found["added"], found["removed"], found["changed"], found["key"]) == (5, 1, 0, [])
    assert [s["new"]["k"] for s in found["samples"] if s["new"]] == ["a", "a", "b", "c", "d"]


def test_a_new_column_is_told_and_the_others_are_compared(shop: Tiny) -> None:
    before = shop.everything()
    shop.ddl("daily", "ALTER TABLE {db}.daily ADD COLUMNS (n BIGINT);\n", version=2)
    shop.daily(
        front="checks:\n  - unique: [k]",
        select="SELECT\n  split(line, ',')[0] AS k, CAST(split(line, ',')[1] AS INT) AS v, 7 AS n\n",
    )
    found = told(shop, "daily")
    assert found["columns_added"] == ["n"] and found["columns_removed"] == []
    assert (found["added"], found["removed"], found["changed"]) == (0, 0, 0)
    assert "columns new: n" in shop.ok("diff", "{db}.daily", "--date", "2018-11-15").out
    assert shop.everything() == before


def test_what_cannot_be_compared_is_told(shop: Tiny) -> None:
    before = shop.everything()
    answer = shop("diff", "{db}.daily", "--date", "2018-11-17")
    assert answer.code == 2 and "is not published: there is nothing to compare with" in answer.err
    shop.daily(where=" AND nosuch = 1")
    answer = shop("diff", "{db}.daily", "--date", "2018-11-15")
    assert answer.code == 1 and "daily.sql:" in answer.err and "nosuch" in answer.err
    assert shop.everything() == before


def test_a_snapshot_is_compared_as_a_whole(make_tiny: Callable[..., Tiny]) -> None:
    shop = make_tiny()
    shop.create("items", columns="k STRING, m MAP<STRING,INT>, x DOUBLE", partitions="")
    shop.sql("items", "INSERT OVERWRITE TABLE {db}.items SELECT 'a', map('n', 1), double('NaN')")
    shop.ok("ddl", "apply")
    shop.ok("run", "--date", "2018-11-15")
    assert "nothing differs, 1 rows" in shop.ok("diff", "{db}.items", "--date", "2018-11-15").out
    shop.sql("items", "INSERT OVERWRITE TABLE {db}.items SELECT 'a', map('n', 2), double('NaN')")
    found = told(shop, "items")
    assert (found["added"], found["removed"]) == (1, 1)
    assert found["samples"][0]["old"]["m"] == '{"n":1}'


def test_a_plan_for_a_pull_request(shop: Tiny) -> None:
    shop.daily(front="checks:\n  - unique: [k]", where=" AND line NOT LIKE 'b%'")
    answer = shop.ok("plan", "--start", "2018-11-15", "--end", "2018-11-16", "--markdown")
    lines = answer.out.splitlines()
    assert lines[0] == "| table | slices | why | reads | bytes | replaces |"
    assert lines[1] == "|---|---|---|---|---:|---|"
    assert lines[2].startswith(f"| {shop.db}.daily | dt=2018-11-15 to dt=2018-11-16 (2) | code changed")
    assert "```diff" in lines and "+WHERE dt = '{{ ds }}' AND line NOT LIKE 'b%'" in lines
    assert lines[-1] == "2 to run in 2 Spark jobs, 32 B read, 2 fresh"
