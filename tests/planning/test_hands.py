"""What is not there yet, comes late, or was changed by another hand: told, and never taken for right."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace

import pytest
from text_engine import path_of
from tiny import Tiny

from runner.metastores import Partition
from runner.metastores.hive import HiveMetastore

pytestmark = pytest.mark.metastore

RANGE = ("--start", "2024-01-01", "--end", "2024-01-03")
DAYS = ("2024-01-01", "2024-01-02", "2024-01-03")


@pytest.fixture
def shop(make_tiny: Callable[..., Tiny], text_engine: None) -> Tiny:
    project = make_tiny(engine="text")
    project.daily_as_text(DAYS, rows="a,1\nb,2\nc,3")
    project.ok("ddl", "apply")
    return project


@contextmanager
def by_hand(project: Tiny, day: str) -> Iterator[Callable[[Partition], None]]:
    """Write a partition of ``daily`` into the metastore past the tool."""
    metastore = HiveMetastore(project.metastore_uri)
    table = metastore.table(project.name("daily"))
    assert table is not None
    try:
        yield lambda partition: _none(metastore.alter_partitions(table, [partition]))
    finally:
        metastore.close()


def _none(failures: list[object]) -> None:
    assert not failures


def status(project: Tiny) -> str:
    return project.ok("status", "-s", "{db}.daily").out


def test_a_window_over_partitions_that_do_not_exist_waits_and_names_them(shop: Tiny) -> None:
    shop.create("weekly", stored="STORED AS TEXTFILE")
    shop.daily(
        "weekly",
        select="SELECT 'a' AS k, CAST(count(*) AS INT) AS v\n",
    )
    text = shop.root / "sql" / shop.db / "weekly.sql"
    text.write_text(
        text.read_text().replace(
            "dt = '{{ ds }}'\n", "dt BETWEEN '{{ macros.ds_add(ds, -3) }}' AND '{{ macros.ds_add(ds, 1) }}'\n"
        )
    )
    shop.ok("ddl", "apply")
    told = shop("run", "-s", "{db}.weekly", "--date", "2024-01-02")
    assert told.code == 1
    for day in ("2023-12-30", "2023-12-31"):
        assert f"{shop.db}.raw no files at dt={day}" in told.err
    assert "dt=2024-01-01" not in told.err, "that one is there"
    assert shop.jobs() == 0
    text.write_text(text.read_text().replace("dt BETWEEN", "1 = 0 AND dt BETWEEN"))
    shop.ok("run", "-s", "{db}.weekly", "--date", "2024-01-02")
    (read,) = shop.slice("weekly", "dt=2024-01-02").inputs
    assert (read.window, read.partitions) == ((), 0), "a window that nothing can be in needs nothing"


def test_a_late_landing_is_waited_for_then_run_and_what_comes_after_it_runs_again(shop: Tiny) -> None:
    shop.source(name="marked", properties="'source.complete' = '_SUCCESS'")
    shop.create("later", stored="STORED AS TEXTFILE")
    shop.sql(
        "later",
        "INSERT OVERWRITE TABLE {db}.later PARTITION (dt = '{{ ds }}')\n"
        "SELECT line AS k, 1 AS v FROM {db}.marked WHERE dt = '{{ ds }}'\n",
    )
    shop.ok("ddl", "apply")
    run = ("run", "-s", "{db}.later", "--date", "2024-01-01")
    assert "marked no files at dt=2024-01-01" in shop(*run).err
    shop.land("dt=2024-01-01", ["half"], "marked")
    waits = shop(*run)
    assert waits.code == 1
    assert "marked dt=2024-01-01: _SUCCESS has not arrived" in waits.err
    assert shop.jobs() == 0
    shop.land("dt=2024-01-01", [], "marked", "_SUCCESS")
    assert "1 published" in shop.ok(*run).err
    assert "all fresh" in shop.ok(*run).err
    shop.land("dt=2024-01-01", ["too late"], "marked", "more")
    assert "inputs changed" in shop.ok(*run).err


def test_parameters_of_partitions_are_nobodys_word(shop: Tiny) -> None:
    shop.ok("backfill", *RANGE)
    partition = shop.partitions("daily")[DAYS[1]]
    wrong = {"warehouse.run_id": "20990101T000000-ffffffff", "numRows": "7", "COLUMN_STATS_ACCURATE": "true"}
    with by_hand(shop, DAYS[1]) as write:
        write(replace(partition, parameters=wrong))
    assert "drift" not in status(shop)
    assert "nothing to do: 3 slices are fresh" in shop.ok("plan", *RANGE).out
    shop.ok("run", "-s", "{db}.daily", "--date", DAYS[1], "--force")
    after = shop.partitions("daily")[DAYS[1]].parameters
    assert after["numRows"] == "3" and after["warehouse.run_id"] != wrong["warehouse.run_id"]
    assert "COLUMN_STATS_ACCURATE" not in after, "a publish writes parameters whole"


def test_a_pointer_that_somebody_moved_is_noticed_and_set_right_by_the_next_run(shop: Tiny) -> None:
    shop.ok("backfill", *RANGE)
    partitions = shop.partitions("daily")
    with by_hand(shop, DAYS[1]) as write:
        write(replace(partitions[DAYS[1]], location=partitions[DAYS[0]].location))
    assert f"drift: {shop.db}.daily: dt={DAYS[1]}: points elsewhere than the log says" in status(shop)
    shop.ok("backfill", *RANGE)
    assert "drift" not in status(shop)
    assert shop.partitions("daily")[DAYS[1]].location == partitions[DAYS[1]].location


def test_a_partition_overwritten_in_place_is_noticed(shop: Tiny) -> None:
    shop.ok("backfill", *RANGE)
    assert "drift" not in status(shop)
    directory = path_of(shop.partitions("daily")[DAYS[1]].location)
    (directory / "_SUCCESS").write_text("")
    (directory / ".part-0.crc").write_text("crc")
    assert "drift" not in status(shop), "what readers do not read"
    for file in directory.glob("part-*"):
        file.unlink()
    (directory / "part-0").write_text("somebody else,9\n")
    told = status(shop)
    assert f"drift: {shop.db}.daily: dt={DAYS[1]}: written into by somebody else: 1 files of 16 bytes" in told
    shop.ok("run", "-s", "{db}.daily", "--date", DAYS[1], "--force")
    assert "drift" not in status(shop)
