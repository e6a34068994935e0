"""The files of unit tests: what may stand in them, and where each mistake is told."""

from __future__ import annotations

import functools
import tempfile
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tiny import Tiny

from runner.api import Warehouse
from runner.unit import cases_of, subject_of
from warehouse.errors import ProjectError
from warehouse.unittest_file import Case, Subject, read_cases

GOOD = """\
defaults:
  date: 2018-11-15
  given:
    {db}.raw:
      - {dt: 2018-11-15, line: "a,1"}
first:
  expect:
    - {k: a, v: 1}
second:
  start: 2018-11-01
  end: 2018-11-02
  given:
    {db}.raw: []
  rows: 0
  fails:
    - row_count
    - unique: [k]
"""


def shop(root: Path) -> Tiny:
    made = Tiny(root, "shop", "thrift://127.0.0.1:9", {})
    made.source()
    made.create("ranged")
    made.ranged(front="checks:\n  - unique: [k]\n  - row_count: {min: 1}")
    return made


@pytest.fixture
def project(tmp_path: Path) -> Tiny:
    return shop(tmp_path)


def read(project: Tiny, text: str) -> list[Case]:
    project.write("tests/sql/shop/ranged/cases.yaml", text.replace("{db}", "shop"))
    with Warehouse.open(project.root) as warehouse:
        return [case for _, cases in cases_of(warehouse.lake, warehouse.tables()) for case in cases]


def test_cases_take_what_their_file_shares(project: Tiny) -> None:
    first, second = read(project, GOOD)
    assert first.name == "first" and str(first.where) == "tests/sql/shop/ranged/cases.yaml:6:1"
    assert str(first.first) == str(first.last) == "2018-11-15"
    ((table, rows),) = first.given.items()
    assert (
        str(table) == "shop.raw" and rows.columns == ("line", "dt") and rows.rows == (("a,1", "2018-11-15"),)
    )
    assert (
        first.expect is not None and first.expect.columns == ("k", "v") and first.expect.rows == (("a", 1),)
    )
    assert str(second.first) == "2018-11-01" and str(second.last) == "2018-11-02"
    assert second.given[table].rows == () and second.count == 0 and second.expect is None
    assert second.fails == ("row_count", "unique: k")


def test_a_column_that_is_left_out_is_null(project: Tiny) -> None:
    (case,) = read(
        project,
        "one:\n  date: 2018-11-15\n  given: {shop.raw: [{line: x}]}\n  expect: [{k: a}, {v: 2}, {dt: d}]\n",
    )
    assert [rows.rows for rows in case.given.values()] == [(("x", None),)]
    assert case.expect is not None and case.expect.rows == (
        ("a", None, None),
        (None, 2, None),
        (None, None, "d"),
    )


@pytest.mark.parametrize(
    ("old", "new", "place", "what"),
    [
        ("  expect:", "  expct:", "7:3", "unknown key `expct`"),
        ("  expect:\n    - {k: a, v: 1}", "  ordered: true", "6:1", "expects nothing"),
        ("v: 1}", "v: one}", "8:17", "'one' is no value of it"),
        ("v: 1}", "w: 1}", "8:14", "unknown key `w`"),
        ("{db}.raw: []", "{db}.row: []", "13:5", "reads no table shop.row"),
        ("end: 2018-11-02", "end: 2018-10-02", "11:8", "`end` lies before `start`"),
        ("  end: 2018-11-02\n", "", "9:1", "has no date"),
        ("date: 2018-11-15\n  given", "date: 2018-11\n  given", "2:9", "is not one daily interval"),
        ("date: 2018-11-15\n  given", "date: 2018-11-31\n  given", "2:9", "no date of the calendar"),
        ("rows: 0", "ordered: very\n  rows: 0", "14:12", "`ordered` is true or false"),
        ("rows: 0", "rows: some", "14:9", "must be a number of rows"),
        ("unique: [k]", "unique: [j]", "17:7", "there is no check 'unique: j'"),
        ("first:", "first: &a", "6:8", "anchors"),
        ("first:", "first", "7:9", "not YAML"),
    ],
)
def test_a_mistake_is_told_with_its_place(project: Tiny, old: str, new: str, place: str, what: str) -> None:
    assert old in GOOD
    with pytest.raises(ProjectError) as told:
        read(project, GOOD.replace(old, new, 1))
    assert str(told.value.where) == f"tests/sql/shop/ranged/cases.yaml:{place}", told.value
    assert what in str(told.value)


def test_an_input_that_is_not_given_is_told(project: Tiny) -> None:
    with pytest.raises(ProjectError, match=r"gives no rows of shop\.raw") as told:
        read(project, "one:\n  date: 2018-11-15\n  rows: 0\n")
    assert told.value.fix == "add to given: shop.raw: []"


def test_a_directory_without_its_sql_is_told(project: Tiny) -> None:
    project.write("tests/sql/shop/range/cases.yaml", "one: {}\n")
    with pytest.raises(ProjectError, match=r"no SQL of shop\.range to test \(did you mean shop\.ranged"):
        read(project, GOOD)


WORDS = st.sampled_from(
    [*GOOD.split(), "null", "[]", "{", "}", "- ", "\n", "\n  ", ": ", "&x", "!!int", "'", "\t"]
)


@given(st.lists(WORDS, max_size=30), st.integers(0, len(GOOD)))
def test_any_text_is_read_or_refused(words: list[str], cut: int) -> None:
    """No other exception than ours, whatever stands in the file."""
    subject = _subject()
    for text in (GOOD[:cut] + " ".join(words), "".join(words) + GOOD[cut:]):
        try:
            read_cases(text.replace("{db}", "shop"), "f.yaml", subject)
        except ProjectError as error:
            assert error.where is not None


@functools.cache
def _subject() -> Subject:
    with tempfile.TemporaryDirectory() as directory:
        made = shop(Path(directory))
        with Warehouse.open(made.root) as warehouse:
            subject = subject_of(warehouse.lake, warehouse.project.model(made.name("ranged")))
            assert subject.model.inputs == (made.name("raw"),) and subject.contract_of(made.name("raw"))
            return subject
