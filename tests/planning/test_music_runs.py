"""What runs in the music warehouse after a change: the exact list, planned and done.

The tests share one warehouse. Each finds it all fresh, and leaves it so. All are made twice: by an engine
that says what rows follow from, and by Spark.
"""

from __future__ import annotations

import os
from collections.abc import Iterator

import pytest
from tiny import Tiny

from runner import lake as lakes
from runner.engines.local import LocalEngine
from tests.planning.music import (
    RANGE,
    SayingEngine,
    another_event,
    backfilled,
    days,
    die_before_the_append,
    edit,
    heard,
    music,
    planned,
)

pytestmark = pytest.mark.metastore

USERS = [("users", "")]


@pytest.fixture(scope="module", params=["saying", pytest.param("local", marks=pytest.mark.spark)])
def shared(
    request: pytest.FixtureRequest, metastore_uri: str, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Tiny]:
    engine = request.param
    if engine == "local":
        request.getfixturevalue("one_spark")
    with pytest.MonkeyPatch.context() as patch:
        patch.setitem(lakes._ENGINES, "saying", SayingEngine)
        patch.setattr(SayingEngine, "salt", {})
        patch.setattr(LocalEngine, "run", heard(LocalEngine.run))
        project = music(
            tmp_path_factory.mktemp("music"), f"music_{engine}_{os.getpid()}", metastore_uri, engine
        )
        everything = backfilled(project)
        assert sorted(everything) == sorted(
            [
                *(
                    run
                    for table in ("events", "rejected_events", "songplays", "times")
                    for run in days(table)
                ),
                *USERS,
                ("songs", ""),
                ("artists", ""),
            ]
        )
        yield project


@pytest.fixture
def warehouse(shared: Tiny) -> Iterator[Tiny]:
    assert planned(shared) == {}
    yield shared
    assert planned(shared) == {}


def test_a_line_more_in_a_raw_file_runs_its_day(warehouse: Tiny) -> None:
    (path,) = (warehouse.lake / warehouse.db / "raw_events" / "dt=2018-11-10").iterdir()
    path.write_text(path.read_text() + another_event(warehouse, "2018-11-10"))
    assert planned(warehouse) == {
        "inputs changed": days("events", 10) + days("rejected_events", 10),
        "inputs run": USERS + days("songplays", 10) + days("times", 10),
    }
    assert backfilled(warehouse) == [
        *days("events", 10), *days("rejected_events", 10), *USERS, *days("songplays", 10), *days("times", 10)
    ]  # fmt: skip


def test_a_comment_runs_nothing(warehouse: Tiny) -> None:
    edit(warehouse, "events", "\nSELECT\n", "\n-- What the app wrote.\nSELECT\n")
    assert planned(warehouse) == {}
    assert backfilled(warehouse) == []


def test_an_expression_that_changes_no_row_runs_its_table_and_no_reader(warehouse: Tiny) -> None:
    edit(warehouse, "events", "\n  session_id,", "\n  session_id + 0 AS session_id,")
    assert planned(warehouse) == {
        "code changed": days("events"),
        "inputs run": USERS + days("songplays") + days("times"),
    }
    assert backfilled(warehouse) == days("events")


def test_an_expression_that_changes_rows_runs_all_that_read_them(warehouse: Tiny) -> None:
    edit(warehouse, "events", "\n  session_id + 0 AS", "\n  session_id + 1 AS")
    SayingEngine.salt["events"] = "sessions are one more"
    assert planned(warehouse) == {
        "code changed": days("events"),
        "inputs run": USERS + days("songplays") + days("times"),
    }
    assert backfilled(warehouse) == days("events") + USERS + days("songplays") + days("times")


def test_a_new_column_runs_its_table_and_what_reads_it(warehouse: Tiny) -> None:
    warehouse.ddl("songplays", "ALTER TABLE {db}.songplays ADD COLUMNS (copies INT);\n", version=2)
    refused = warehouse("plan", *RANGE)
    assert refused.code == 2
    assert "songplays" in refused.err, "the SQL does not give the new column yet"
    edit(warehouse, "songplays", "\n  p.length,\n", "\n  p.length,\n  p.copy AS copies,\n")
    warehouse.ok("ddl", "apply")
    SayingEngine.salt["songplays"] = "with copies"
    assert planned(warehouse) == {"code changed": days("songplays"), "inputs run": days("times")}
    assert backfilled(warehouse) == days("songplays") + days("times")


def test_songs_built_again_do_not_run_the_facts(warehouse: Tiny) -> None:
    assert backfilled(warehouse, "-s", f"{warehouse.db}.songs", "--force") == [("songs", "")]
    assert planned(warehouse) == {}
    SayingEngine.salt["songs"] = "another title"
    edit(warehouse, "songs", "\nSELECT song_id, title,", "\nSELECT song_id, upper(title) AS title,")
    assert planned(warehouse) == {"code changed": [("songs", "")]}
    assert backfilled(warehouse, "-s", f"{warehouse.db}.songs") == [("songs", "")]
    assert planned(warehouse) == {}
    told = warehouse.ok("plan", *RANGE).out
    assert f"{warehouse.db}.songs is newer; facts are not rebuilt for a snapshot" in told
    assert backfilled(warehouse) == []


def test_a_day_rolled_back_stays_so_and_runs_its_readers_until_it_is_released(warehouse: Tiny) -> None:
    edit(warehouse, "songplays", "p.copy AS copies", "p.copy + 1 AS copies")
    SayingEngine.salt["songplays"] = "with more copies"
    assert backfilled(warehouse) == days("songplays") + days("times")
    day = (f"{warehouse.db}.songplays", "dt=2018-11-10")
    warehouse.ok("rollback", *day, "--reason", "wrong")
    assert planned(warehouse) == {"held": days("songplays", 10), "inputs changed": days("times", 10)}
    assert backfilled(warehouse) == days("times", 10)
    assert planned(warehouse) == {"held": days("songplays", 10)}
    warehouse.ok("release", *day)
    assert planned(warehouse) == {"code changed": days("songplays", 10), "inputs run": days("times", 10)}
    assert backfilled(warehouse) == days("songplays", 10) + days("times", 10)


def test_a_result_that_a_dead_runner_left_is_published_without_computing(warehouse: Tiny) -> None:
    warehouse.land(
        "dt=2018-11-10", [another_event(warehouse, "2018-11-10").strip()], "raw_events", "more.json"
    )
    die_before_the_append(warehouse, "run", "-s", "{db}.events", "--date", "2018-11-10")
    assert planned(warehouse) == {
        "inputs changed": days("events", 10) + days("rejected_events", 10),
        "inputs run": USERS + days("songplays", 10) + days("times", 10),
    }
    assert backfilled(warehouse) == [
        *days("rejected_events", 10), *USERS, *days("songplays", 10), *days("times", 10)
    ]  # fmt: skip
    assert "published" not in warehouse.ok("backfill", *RANGE).err
