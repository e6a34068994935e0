"""Front matter: typed values, and complaints with the place of the key."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from warehouse.errors import ProjectError
from warehouse.frontmatter import (
    AcceptedValues,
    Expression,
    FrontMatter,
    InputPolicy,
    NotNull,
    Relationships,
    RowCount,
    Severity,
    Unique,
    split,
)
from warehouse.intervals import Grain
from warehouse.names import TableName

WHOLE = """/* ---
owner: music-analytics
description: One row per song played
tags: [daily, music]
start: 2018-11-01
end: 2018-12
grain: daily
freeze_after: 90 days
inputs: {music.songs: rerun, music.events: ignore}
settings:
  spark.sql.shuffle.partitions: 4
  spark.sql.adaptive.enabled: True
checks:
  - not_null: [songplay_id, start_time]
  - unique: {columns: [songplay_id], severity: warn}
  - accepted_values: {column: level, values: [free, 1, no, true, 2018-11-01]}
    severity: warn
  - relationships: {column: user_id, to: music.users, field: user_id}
  - row_count: {min: 1, max: 10}
  - expression: "start_time < end_time"
--- */
INSERT OVERWRITE"""


LEVELS = ("free", 1, "no", True, "2018-11-01")
USERS = TableName("music", "users")


def test_every_key_becomes_a_typed_value() -> None:
    found = split(WHOLE, "a.sql")
    front = found.front
    assert (front.owner, front.tags, front.grain) == ("music-analytics", ("daily", "music"), Grain.DAILY)
    assert front.start is not None and front.start.start == datetime(2018, 11, 1, tzinfo=UTC)
    assert front.end is not None and front.end.end == datetime(2019, 1, 1, tzinfo=UTC)
    assert front.freeze_after == timedelta(days=90)
    assert front.inputs == {
        TableName("music", "songs"): InputPolicy.RERUN,
        TableName("music", "events"): InputPolicy.IGNORE,
    }
    assert front.settings == {"spark.sql.shuffle.partitions": "4", "spark.sql.adaptive.enabled": "true"}
    assert [(c.kind, c.args, c.severity, c.line) for c in front.checks] == [
        ("not_null", NotNull(("songplay_id", "start_time")), Severity.ERROR, 14),
        ("unique", Unique(("songplay_id",)), Severity.WARN, 15),
        (
            "accepted_values",
            AcceptedValues("level", ("free", 1, "no", True, "2018-11-01")),
            Severity.WARN,
            16,
        ),
        (
            "relationships",
            Relationships("user_id", TableName("music", "users"), "user_id"),
            Severity.ERROR,
            18,
        ),
        ("row_count", RowCount(1, 10), Severity.ERROR, 19),
        ("expression", Expression("start_time < end_time"), Severity.ERROR, 20),
    ]
    assert (found.body, found.first_line) == ("INSERT OVERWRITE", 22)


@pytest.mark.parametrize("text", ["SELECT 1", "/* a comment */ SELECT 1", "-- ---\nSELECT 1", ""])
def test_without_front_matter_every_key_has_its_default(text: str) -> None:
    found = split(text, "a.sql")
    assert (found.front, found.body, found.first_line) == (FrontMatter(), text, 1)


def test_a_byte_order_mark_and_windows_lines_are_fine() -> None:
    found = split("\ufeff/* ---\r\nowner: x\r\n--- */\r\nSELECT 1", "a.sql")
    assert (found.front.owner, found.body, found.first_line) == ("x", "SELECT 1", 4)


@pytest.mark.parametrize(
    ("yaml", "place", "what"),
    [
        ("owne: x", "2:1", "unknown key `owne`"),
        ("a: 1\nowner: x", "2:1", "unknown key `a`"),
        ("owner: x\nowner: y", "3:1", "stands twice"),
        ("owner: [x]", "2:8", "must be a single value, not a list"),
        ("owner: 3", "2:8", "must be text, not a number"),
        ("owner:", "2:7", "not nothing"),
        ("tags: daily", "2:7", "must be a list, not text"),
        ("tags: [a, a]", "2:7", "names something twice"),
        ("start: 2018-13-01", "2:8", "no date of the calendar"),
        ("start: yesterday", "2:8", "is not a date"),
        ("start: 2019\nend: 2018", "3:6", "`end` lies before `start`"),
        ("grain: dayly", "2:8", "cannot be 'dayly'"),
        ("freeze_after: 3 moons", "2:15", "is not a duration"),
        ("inputs: {music.songs: maybe}", "2:23", "cannot be 'maybe'"),
        ("inputs: {songs: rerun}", "2:10", "is not a table name"),
        ("settings: {spark.sql.ansi.enabled: false}", "2:12", "the same for every statement"),
        ("settings: {spark.executor.memory: 4g}", "2:12", "not a setting of one statement"),
        ("checks: [{uniqe: [a]}]", "2:11", "unknown key `uniqe`"),
        ("checks: [{unique: [a], not_null: [a]}]", "2:10", "is one check"),
        ("checks: [{unique: []}]", "2:19", "names no column"),
        ("checks: [{unique: [a], severity: loud}]", "2:34", "cannot be 'loud'"),
        ("checks: [{unique: {columns: [a], severity: warn}, severity: warn}]", "2:34", "stands twice"),
        ("checks: [{row_count: {min: x}}]", "2:28", "must be a number of rows"),
        ("checks: [{row_count: {min: 2, max: 1}}]", "2:22", "more than `max`"),
        ("checks: [{relationships: {column: a}}]", "2:26", "lacks `to`"),
        ("checks: [{accepted_values: {column: a, values: []}}]", "2:48", "is empty"),
        ("- a", "2:1", "must be a mapping"),
        ("owner: &x y", "2:8", "anchors"),
        ("owner: !!python/name:os.system x", "2:8", "tags are not allowed"),
        ("owner: [", "3:1", "is not YAML"),
        ("owner: a\tb\x00", "2:1", "is not YAML"),
    ],
)
def test_complaints_have_the_place(yaml: str, place: str, what: str) -> None:
    with pytest.raises(ProjectError) as caught:
        split(f"/* ---\n{yaml}\n--- */\nSELECT 1", "sql/a.sql")
    assert what in caught.value.what
    assert str(caught.value.where) == f"sql/a.sql:{place}"


@pytest.mark.parametrize("text", ["/* ---\nowner: x\nSELECT 1", "/* --- owner: x --- */ SELECT 1"])
def test_front_matter_that_is_not_closed_or_stands_in_one_line(text: str) -> None:
    with pytest.raises(ProjectError, match="front matter"):
        split(text, "a.sql")


@pytest.mark.parametrize("bomb", ["[" * 30000, "- " * 30000, "{a: " * 15000, "? " * 30000, "a: b\n" * 20000])
def test_bombs_are_refused_before_they_crash_the_parser(bomb: str) -> None:
    with pytest.raises(ProjectError):
        split(f"/* ---\n{bomb}\n--- */\n", "a.sql")


@given(st.text(alphabet=st.sampled_from("abcowner:[]{}-,& *!'\"\n\t #|>%@`0123456789.\\é"), max_size=80))
def test_no_text_makes_a_traceback(yaml: str) -> None:
    try:
        split(f"/* ---\n{yaml}\n--- */\nSELECT 1", "a.sql")
    except ProjectError as error:
        assert error.where is not None
