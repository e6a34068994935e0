"""Splicing: the header and the names of redirected tables change, every other byte stays."""

from __future__ import annotations

import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from warehouse.errors import ProjectError
from warehouse.names import TableName
from warehouse.splice import splice
from warehouse.statement import parse_statement

HEADER = "INSERT INTO `s`.`t`"
EVENTS, SONGS = TableName("m", "events"), TableName("m", "songs")
TO = {EVENTS: "`s`.`e1`", SONGS: "`s`.`s1`"}


def spliced(query: str, header: str = "INSERT OVERWRITE TABLE a.b") -> str:
    result = splice(parse_statement(f"{header} {query}", "a.sql"), HEADER, TO)
    assert result.startswith(f"{HEADER} ")
    return result.removeprefix(f"{HEADER} ")


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("SELECT 'm.events' FROM m.events -- m.events", "SELECT 'm.events' FROM `s`.`e1` -- m.events"),
        ("SELECT e.x FROM m.events AS e", "SELECT e.x FROM `s`.`e1` AS e"),
        ("SELECT x FROM m.other, `m`.`events`", "SELECT x FROM m.other, `s`.`e1`"),
        ("SELECT events.x FROM m.events", "SELECT events.x FROM `s`.`e1` AS `events`"),
        ("SELECT events.* FROM m.events", "SELECT events.* FROM `s`.`e1` AS `events`"),
        ("SELECT EVENTS.x FROM m.events", "SELECT EVENTS.x FROM `s`.`e1` AS `events`"),
        ("SELECT m.events.x FROM m.events", "SELECT events.x FROM `s`.`e1` AS `events`"),
        ("SELECT m.events.* FROM m.events", "SELECT events.* FROM `s`.`e1` AS `events`"),
        ("SELECT m . /* c */ events.x.y FROM m.events", "SELECT events.x.y FROM `s`.`e1` AS `events`"),
        ("SELECT events.x.y FROM m.events", "SELECT events.x.y FROM `s`.`e1` AS `events`"),
        (
            "SELECT /*+ BROADCAST(events), COALESCE(1) */ x FROM m.events",
            "SELECT /*+ BROADCAST(events), COALESCE(1) */ x FROM `s`.`e1` AS `events`",
        ),
        (
            "SELECT /*+ BROADCAST(m.events) */ x FROM m.events",
            "SELECT /*+ BROADCAST(events) */ x FROM `s`.`e1` AS `events`",
        ),
        (
            "SELECT events.x FROM m.events TABLESAMPLE (5 PERCENT) WHERE true",
            "SELECT events.x FROM `s`.`e1` TABLESAMPLE (5 PERCENT) AS `events` WHERE true",
        ),
        (
            "SELECT x FROM m.songs WHERE x IN (SELECT 1 FROM m.events WHERE events.k = songs.k)",
            "SELECT x FROM `s`.`s1` AS `songs` "
            "WHERE x IN (SELECT 1 FROM `s`.`e1` AS `events` WHERE events.k = songs.k)",
        ),
        (
            "WITH events AS (SELECT 1) SELECT * FROM events, m.events e",
            "WITH events AS (SELECT 1) SELECT * FROM events, `s`.`e1` e",
        ),
        (
            "SELECT * FROM m.events JOIN m.other ON other.k = 1",
            "SELECT * FROM `s`.`e1` JOIN m.other ON other.k = 1",
        ),
    ],
)
def test_what_changes(query: str, expected: str) -> None:
    assert spliced(query) == expected


def test_lines_keep_their_numbers() -> None:
    text = "-- x\nINSERT OVERWRITE TABLE\n a.b\nPARTITION (dt = 'x')\nSELECT *\nFROM m\n.\nevents\nWHERE true"
    result = splice(parse_statement(text, "a.sql"), HEADER, TO)
    assert result.count("\n") == text.count("\n")
    assert result.split("\n")[4] == "SELECT *" and result.split("\n")[8] == "WHERE true"


def test_cte_before_the_header_stays_before_it() -> None:
    text = "WITH q AS (SELECT * FROM m.events) INSERT OVERWRITE TABLE a.b PARTITION (dt) SELECT * FROM q"
    assert (
        splice(parse_statement(text, "a.sql"), HEADER, TO)
        == f"WITH q AS (SELECT * FROM `s`.`e1`) {HEADER} SELECT * FROM q"
    )


@pytest.mark.parametrize(
    "query",
    [
        "SELECT spark_catalog.m.events.x FROM m.events",
        "SELECT m.events.x FROM m.events, n.events",
        "SELECT m.events.x FROM m.events, n.other AS m",
    ],
)
def test_meanings_that_cannot_be_kept_are_refused(query: str) -> None:
    with pytest.raises(ProjectError, match=r"alias|names its table"):
        spliced(query)


def test_without_redirects_only_the_header_changes() -> None:
    text = "/* a */ INSERT OVERWRITE TABLE m.events SELECT events.x FROM m.events -- é"
    statement = parse_statement(text, "a.sql")
    assert splice(statement, "INSERT OVERWRITE TABLE m.events") == text


# The law, over generated statements: put back what was put in, and the text is the author's again.

_space = st.sampled_from([" ", "\n", "  ", " /* m.events */ ", " -- m.songs 'é\n", "\t/* 日本 ` */ "])
_dot = st.sampled_from([".", " . ", "/* x */.", ".\n", " ./*é*/"])
_literal = st.sampled_from(
    ["'m.events'", '"m.songs"', "'it\\'s m.events'", "'日本 -- /*'", "1", "DATE '2018-11-15'"]
)
_marks = {"events": "\ue001", "songs": "\ue002"}


@st.composite
def _table(draw: st.DrawFn) -> str:
    db, name = draw(st.sampled_from([("m", "events"), ("m", "songs"), ("n", "events"), ("m", "events2")]))
    quoted = draw(st.booleans())
    return (f"`{db}`" if quoted else db) + draw(_dot) + (f"`{name}`" if draw(st.booleans()) else name)


@st.composite
def _query(draw: st.DrawFn, depth: int = 0) -> str:
    space = draw(_space)
    column = st.one_of(_literal, st.just("a.x"), st.just("`é m.events`"))
    columns = draw(st.lists(column, min_size=1, max_size=3))
    hint = draw(st.sampled_from(["", "/*+ BROADCAST(a) */ ", "/*+ REPARTITION(3) */ "]))
    inner = depth < 2 and draw(st.booleans())
    source = f"({draw(_query(depth + 1))})" if inner else draw(_table())
    text = (
        f"SELECT{space}{hint}{', '.join(columns)}{draw(_space)}FROM{draw(_space)}{source}{draw(_space)}AS a"
    )
    if draw(st.booleans()):
        text += f"{draw(_space)}LEFT JOIN{draw(_space)}{draw(_table())} b ON a.k{draw(_space)}= b.k"
    if draw(st.booleans()):
        text += f" WHERE a.v IN (SELECT{draw(_space)}{draw(_literal)} FROM {draw(_table())})"
    if depth < 2 and draw(st.integers(0, 4)) == 0:
        text += f"{draw(_space)}UNION ALL{draw(_space)}{draw(_query(depth + 1))}"
    return text


@st.composite
def _statement(draw: st.DrawFn) -> tuple[str, str, str]:
    """What stands before the header, the header, what stands behind."""
    before, query = draw(st.sampled_from(["", "-- m.events\n", "/* é */ "])), draw(_query())
    if draw(st.booleans()):
        before += f"WITH{draw(_space)}q AS ({draw(_query(1))}){draw(_space)}"
    partition = draw(st.sampled_from(["", " PARTITION (dt = 'm.events')", "\nPARTITION (dt, /* x */ hour)"]))
    header = f"INSERT OVERWRITE{draw(_space)}TABLE m{draw(_dot)}events{partition}"
    return before, header, f"{draw(_space)}{query}{draw(st.sampled_from(['', ';', ' -- end', chr(10)]))}"


_NAME = re.compile(r"(?s)`?m`?(?:\s|/\*.*?\*/)*\.(?:\s|/\*.*?\*/)*`?(events|songs)`?\Z")


@settings(max_examples=300, deadline=None)
@given(_statement())
def test_every_other_byte_stays(parts: tuple[str, str, str]) -> None:
    before, header, after = parts
    text = before + header + after
    statement = parse_statement(text, "a.sql")
    assert text[statement.header_start : statement.header_end] == header
    result = splice(statement, "\ue000", {EVENTS: _marks["events"], SONGS: _marks["songs"]})
    # Undo it with the spans that the statement tells.
    moved = [r for r in statement.inputs if r.table in (EVENTS, SONGS)]
    pieces = re.split("(\ue000|\ue001|\ue002)\n*", result)
    originals = [(statement.header_start, statement.header_end)] + [(r.start, r.end) for r in moved]
    originals.sort()
    assert len(pieces) == 2 * len(originals) + 1
    position = 0
    for index, (start, end) in enumerate(originals):
        kept, mark = pieces[2 * index], pieces[2 * index + 1]
        # What was split off besides the mark are the line breaks of the name itself, put behind it.
        assert text[position:start].lstrip("\n") == kept.lstrip("\n")
        if mark != "\ue000":
            named = _NAME.match(text[start:end])
            assert named is not None and _marks[named[1]] == mark
        position = end
    assert text[position:].lstrip("\n") == pieces[-1].lstrip("\n")
    assert result.count("\n") == text.count("\n")
    # Nothing of ours is left out: the redirected tables are not read any more.
    again = parse_statement(splice(statement, header, {EVENTS: "s.e1", SONGS: "s.s1"}), "a.sql")
    assert not {EVENTS, SONGS} & set(again.input_tables)
    assert len(again.inputs) == len(statement.inputs)
