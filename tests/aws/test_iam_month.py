"""The month of music on EMR and Glue, each role with nothing but its own policy, read by the reader's Trino.

What it must hold is computed by plain Python from the landed files.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from fixtures_aws import Cloud
from tiny import Tiny

from tests.aws.amazon import copy_music
from tests.aws.test_iam_roles import KEYS, SECRETS, configure, logs_came, nothing_was_refused, world
from tests.music.oracle import Expected, expected
from tests.readers import trino as trinos
from tests.readers.trino import Trino

pytestmark = [pytest.mark.spark, pytest.mark.metastore, pytest.mark.s3, pytest.mark.trino]
MONTH = ("--start", "2018-11-01", "--end", "2018-11-30")


def music(directory: Path, url: str) -> Tiny:
    copy_music(directory)
    return configure(Tiny(directory, "music", "glue", {}), url)


def test_a_month_of_music(cloud: Cloud, trino: Trino, tmp_path: Path) -> None:
    here = tmp_path / "here"
    copy_music(here)
    local = Tiny(here, "music", "embedded", {})
    local.configure({}, '[tool.warehouse.landing]\nmusic = "landing.music"\n')
    local.ok("land", "music", "--generate", *MONTH)
    with world(cloud, tmp_path, music) as made:
        made.project.ok("land", "music", "--generate", *MONTH)  # by the source's own owner
        made.command("runner", "ddl", "apply")
        made.command("runner", "emr", "create")
        made.command("runner", "backfill", *MONTH)
        assert "nothing to do" in made.command("runner", "backfill", *MONTH)
        assert "drift" not in made.command("runner", "status")
        url = made.gate.url
        settings = {**trinos.glue_settings(url), **trinos.s3_settings(url)}
        for service in ("hive.metastore.glue", "s3"):
            settings[f"{service}.aws-access-key"] = KEYS["reader"]
            settings[f"{service}.aws-secret-key"] = SECRETS["reader"]
        trino.catalog("month", settings)
        as_the_raw_files_say(trino, expected(local.lake))
        logs_came(made)
        made.command("runner", "emr", "terminate")
        # There are none, and Trino does without.
        made.gate.refused = [r for r in made.gate.refused if "GetColumnStatistics" not in r[1]]
        nothing_was_refused(made)


def as_the_raw_files_say(trino: Trino, raw: Expected) -> None:
    assert len(raw.days) == 30

    def by_day(sql: str) -> dict[str, list[Any]]:
        return {row[0]: row[1:] for row in trino.rows(f"SELECT dt, {sql} GROUP BY dt")}

    assert by_day("count(*), count(user_id) FROM month.music.events") == {
        day: [len(found.events), sum(event.user_id is not None for event in found.events)]
        for day, found in raw.days.items()
    }
    assert by_day(
        "count(*), count(DISTINCT songplay_id), count_if(level = 'paid'), count(song_id) "
        "FROM month.music.songplays"
    ) == {
        day: [
            len(found.plays),
            len(found.plays),
            sum(p.level == "paid" for p in found.plays),
            found.matched.total(),
        ]
        for day, found in raw.days.items()
    }
    assert by_day("count(*) FROM month.music.times") == {
        day: [len(found.times)] for day, found in raw.days.items()
    }
    users = {row[0]: row[1] for row in trino.rows("SELECT user_id, level FROM month.music.users")}
    assert users == {user: event.level for user, (event, _) in raw.users("2018-11-30").items()}
    assert trino.rows("SELECT count(*) FROM month.music.songs") == [[len(raw.songs)]]
    assert trino.rows("SELECT count(*) FROM month.music.artists") == [[len(raw.artists)]]
