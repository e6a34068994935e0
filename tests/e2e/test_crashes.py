"""kill -9 at every boundary of staging, append and converge: what the next command finds and leaves.

The commands run in a process of their own, with everything real but Spark (see ``text_engine``); one test
kills a real Spark job.
"""

from __future__ import annotations

import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from text_engine import read_rows
from tiny import Tiny

from runner.drift import differences
from warehouse.log import Publish

pytestmark = pytest.mark.metastore

HERE = Path(__file__).parent
DAY = "2024-01-01"
SLICE = f"dt={DAY}"
OLD = ["a,1", "b,2", "b,3"]
NEW = ["b,20", "b,30", "c,40", "c,50"]


def killed(project: Tiny, point: str, when: str, count: int, *words: str) -> None:
    """A command that must have been killed at that point."""
    words = tuple(word.replace("{db}", project.db) for word in words)
    done = subprocess.run(
        [sys.executable, str(HERE / "killed.py"), str(project.root), point, when, str(count), *words],
        cwd=HERE.parents[1],
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert done.returncode == -signal.SIGKILL, f"it went by: {done.returncode}\n{done.stdout}{done.stderr}"


def drift(project: Tiny, table: str) -> list[str]:
    with project.warehouse() as warehouse:
        name = project.name(table)
        return list(differences(warehouse.lake, name, warehouse.lake.log(name).state()))


def seen(project: Tiny, table: str = "daily") -> list[str]:
    """The rows of the slice as a plain reader finds them: through the metastore, then in files."""
    found = []
    for values, partition in project.partitions(table).items():
        if values.startswith(DAY):
            found += read_rows(partition.location)
    return sorted(found)


def publishes(project: Tiny, table: str = "daily") -> int:
    with project.warehouse() as warehouse:
        entries = warehouse.lake.log(project.name(table)).entries(0)
    return sum(isinstance(e.body, Publish) for e in entries)


@pytest.fixture
def shop(make_tiny: Callable[..., Tiny], text_engine: None) -> Tiny:
    """A source, a daily table and one with dynamic partitions, created, on the engine without Spark."""
    project = make_tiny(engine="text")
    project.source()
    project.create("daily", stored="STORED AS TEXTFILE")
    project.daily()
    project.create(
        "parts", columns="row STRING", partitions="dt STRING, k STRING", stored="STORED AS TEXTFILE"
    )
    project.sql(
        "parts",
        "INSERT OVERWRITE TABLE {db}.parts PARTITION (dt = '{{ ds }}', k)\n"
        "SELECT line AS row, split(line, ',')[0] AS k FROM {db}.raw WHERE dt = '{{ ds }}'\n",
    )
    project.land(SLICE, ["whatever"])
    project.ok("ddl", "apply")
    return project


RUN = ("run", "-s", "{db}.daily", "--date", DAY)
BOUNDARIES = [
    ("claim", "after", 1),
    ("record", "before", 1),
    ("record", "after", 1),
    ("create table", "before", 1),
    ("create table", "after", 1),
    ("file", "after", 1),
    ("file", "after", 3),
    ("record", "before", 2),
    ("record", "after", 2),
    ("put", "before", 1),
    ("link", "before", 1),
    ("link", "after", 1),
    ("put", "after", 1),
    ("move", "before", 1),
    ("move", "after", 1),
    ("drop table", "before", 1),
    ("drop table", "after", 1),
    ("unclaim", "before", 1),
    ("unclaim", "after", 1),
]
APPENDED = BOUNDARIES.index(("link", "after", 1))


@pytest.mark.parametrize(("point", "when", "count"), BOUNDARIES, ids=lambda p: str(p).replace(" ", "-"))
def test_the_next_run_finds_all_or_nothing_and_finishes_it(
    shop: Tiny, point: str, when: str, count: int
) -> None:
    shop.write("rows.txt", "\n".join(OLD))
    shop.ok(*RUN)
    shop.daily(where=" AND true")
    shop.write("rows.txt", "\n".join(NEW))
    appended = BOUNDARIES.index((point, when, count)) >= APPENDED
    killed(shop, point, when, count, *RUN)
    assert seen(shop) in (OLD, NEW), "readers see one or the other, also right after the crash"
    assert publishes(shop) == (2 if appended else 1)

    shop.ok(*RUN)
    assert seen(shop) == NEW
    assert publishes(shop) == 2, "nothing is published twice"
    assert shop.slice("daily", SLICE).partitions[0].rows == len(NEW)
    assert drift(shop, "daily") == []
    shop.ok(*RUN, "--force")
    assert seen(shop) == NEW
    # The table is dropped beside the end of a run, which may have let go of its slices before.
    if point not in ("drop table", "unclaim"):
        assert shop.staging_tables() == [], "the next job on a slice clears what dead ones left"


@pytest.mark.parametrize(
    ("point", "when", "count"),
    [
        ("put", "after", 1),
        ("add", "before", 1),
        ("add", "after", 1),
        ("move", "before", 1),
        ("move", "after", 1),
    ],
)
def test_new_replaced_and_surplus_partitions_change_together(
    shop: Tiny, point: str, when: str, count: int
) -> None:
    words = ("run", "-s", "{db}.parts", "--date", DAY)
    shop.write("rows.txt", "\n".join(OLD))
    shop.ok(*words)
    shop.sql("parts", (shop.root / f"sql/{shop.db}/parts.sql").read_text() + " AND true\n")
    shop.write("rows.txt", "\n".join(NEW))
    killed(shop, point, when, count, *words)
    assert seen(shop, "parts") in (OLD, NEW), "never some partitions of the one and some of the other"
    shop.ok(*words)
    assert seen(shop, "parts") == NEW
    assert publishes(shop, "parts") == 2
    assert drift(shop, "parts") == []


@pytest.mark.parametrize(("point", "when"), [("put", "after"), ("move", "before"), ("move", "after")])
@pytest.mark.parametrize(
    "mends",
    [
        ("ddl", "apply"),
        ("run", "-s", "{db}.daily", "--date", "2024-01-02"),
        ("rollback", "{db}.daily", SLICE, "--reason", "back"),
    ],
    ids=["ddl apply", "a run of another day", "rollback"],
)
def test_any_command_on_the_table_finishes_what_a_dead_one_appended(
    shop: Tiny, point: str, when: str, mends: tuple[str, ...]
) -> None:
    shop.land("dt=2024-01-02", ["whatever"])
    shop.write("rows.txt", "\n".join(OLD))
    shop.ok(*RUN)
    shop.daily(where=" AND true")
    shop.write("rows.txt", "\n".join(NEW))
    killed(shop, point, when, 1, *RUN)
    if when != "after" or point == "put":
        assert drift(shop, "daily"), "status shows it"
        assert "drift" in shop("ddl", "status").text
    shop.ok(*mends)
    assert drift(shop, "daily") == []
    assert seen(shop) == (OLD if mends[0] == "rollback" else NEW)


@pytest.mark.parametrize(
    ("point", "when", "count"),
    [
        ("put", "before", 1), ("put", "after", 1), ("create database", "before", 1),
        ("create table", "before", 1), ("create table", "after", 1),
        ("put", "after", 2), ("create table", "after", 2),
    ],
)  # fmt: skip
def test_ddl_that_dies_is_finished_by_the_next(
    make_tiny: Callable[..., Tiny], text_engine: None, point: str, when: str, count: int
) -> None:
    project = make_tiny(engine="text")
    for table in ("one", "two"):
        project.create(table, stored="STORED AS TEXTFILE")
    killed(project, point, when, count, "ddl", "apply")
    project.ok("ddl", "apply")
    for table in ("one", "two"):
        assert project.entries(table) == 1
        assert drift(project, table) == []
    assert "nothing to apply" in project.ok("ddl", "apply").err


@pytest.mark.parametrize(("point", "when"), [("put", "after"), ("alter table", "after"), ("move", "before")])
def test_a_column_that_was_added_half_way_reaches_all(shop: Tiny, point: str, when: str) -> None:
    shop.write("rows.txt", "\n".join(OLD))
    shop.ok(*RUN)
    shop.ddl("daily", "ALTER TABLE {db}.daily ADD COLUMNS (w STRING COMMENT 'more');\n", 2)
    killed(shop, point, when, 1, "ddl", "apply")
    shop.ok("ddl", "apply")
    assert drift(shop, "daily") == []
    assert [c.name for p in shop.partitions("daily").values() for c in p.columns] == ["k", "v", "w"]
    assert seen(shop) == OLD


def test_a_claim_of_a_dead_runner_blocks_nobody(shop: Tiny) -> None:
    shop.write("rows.txt", "\n".join(OLD))
    killed(shop, "claim", "after", 1, *RUN)
    assert (shop.lake / f"_warehouse/tables/{shop.db}.daily/claims.json").read_bytes().count(b"run_id") == 1
    shop.ok(*RUN)
    assert seen(shop) == OLD


@pytest.mark.spark
@pytest.mark.parametrize(("stored", "left"), [("PARQUET", 0), ("TEXTFILE", 1)])
def test_a_real_job_that_is_killed_leaves_the_old_rows(tiny: Tiny, stored: str, left: int) -> None:
    """The process dies between Spark's job and the append, its JVM with it; a staging table, where one was
    needed, goes with the next run."""
    tiny.source()
    tiny.create("daily", stored=f"STORED AS {stored}")
    tiny.daily()
    tiny.land(SLICE, ["a,1"])
    tiny.ok("ddl", "apply")
    tiny.ok(*RUN)
    tiny.land(SLICE, ["a,2"])
    killed(tiny, "record", "before", 2, *RUN)
    assert tiny.rows("daily") == [["a", "1", DAY]]
    assert len(tiny.staging_tables()) == left
    tiny.ok(*RUN)
    assert tiny.rows("daily") == [["a", "2", DAY]]
    assert tiny.staging_tables() == []
    assert drift(tiny, "daily") == []
