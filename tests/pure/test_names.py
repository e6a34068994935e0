"""Names of tables and partitions."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from warehouse.errors import Location, ProjectError, WarehouseError
from warehouse.names import Spec, TableName, escape_value, quote, unescape_value

VALUES = st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=12)
COLUMNS = ("dt", "hour", "k")
SPECS = st.builds(
    lambda columns, values: Spec.of(sorted(columns), values[: len(columns)]),
    st.sets(st.sampled_from(COLUMNS)),
    st.lists(st.sampled_from(["1", "2", "a/b", "ü", "x=y"]), min_size=3, max_size=3),
)


@given(value=VALUES)
def test_a_value_comes_back_from_a_directory_name(value: str) -> None:
    escaped = escape_value(value)
    assert unescape_value(escaped) == value
    assert "/" not in escaped
    assert "=" not in escaped


@given(values=st.lists(VALUES.filter(str.strip), min_size=1, max_size=3))
def test_a_spec_comes_back_from_its_path(values: list[str]) -> None:
    spec = Spec.of(COLUMNS[: len(values)], values)
    assert Spec.parse(spec.path) == spec


@given(a=SPECS, b=SPECS, c=SPECS)
def test_overlap_and_containment(a: Spec, b: Spec, c: Spec) -> None:
    assert a.overlaps(b) == b.overlaps(a)
    assert a.overlaps(a)
    assert Spec().overlaps(a)
    assert Spec().contains(a)
    if a.contains(b):
        assert a.overlaps(b)
    if a.contains(b) and b.contains(c):
        assert a.contains(c)


@pytest.mark.parametrize("text", ["dt", "=1", "dt=", "dt=1//hour=2", "dt=1/2"])
def test_what_is_no_partition(text: str) -> None:
    with pytest.raises(ProjectError):
        Spec.parse(text)


@pytest.mark.parametrize("text", ["a", "a.b.c", "A.b", "a.B", "a.1b", "a.b-c", ".b", "a.", "a.ü", ""])
def test_what_is_no_table(text: str) -> None:
    with pytest.raises(ProjectError):
        TableName.parse(text)


def test_quoting() -> None:
    assert TableName.parse("`a`.`b`").quoted == "`a`.`b`"
    assert quote("a`b") == "`a``b`"


@given(text=st.text(max_size=60), offset=st.integers(-5, 70))
def test_a_place_is_in_its_text(text: str, offset: int) -> None:
    place = Location.at("f", text, offset)
    assert place.line is not None
    assert place.column is not None
    lines = text.split("\n")
    assert 1 <= place.line <= len(lines)
    assert 1 <= place.column <= len(lines[place.line - 1]) + 1
    assert place.text == lines[place.line - 1].rstrip("\r")


def test_an_error_is_a_sentence_with_its_line() -> None:
    error = WarehouseError(
        "it broke", where=Location.at("f.sql", "a\n\tb c", 5), why="because", fix="mend it"
    )
    assert str(error).splitlines() == [
        "f.sql:2:4: it broke", "    \tb c", "    \t  ^", "  why: because", "  fix: mend it",
    ]  # fmt: skip
