"""Values in YAML: read by the column's type, told with their place where they are none of it."""

from __future__ import annotations

import math
from datetime import date, datetime
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from warehouse.cells import comparable, read_cell, show, sql_literal, yaml_text
from warehouse.errors import ProjectError
from warehouse.types import parse_type
from warehouse.yaml_nodes import NodeReader


def read(text: str, kind: str) -> Any:
    reader = NodeReader(text, "case.yaml", 0, "the file")
    return read_cell(reader, reader.compose(text), parse_type(kind), "v")


@pytest.mark.parametrize(
    ("text", "kind", "value"),
    [
        ("null", "int", None),
        ("12", "int", 12),
        ("'12'", "bigint", 12),
        ("007", "string", "007"),
        ("yes", "string", "yes"),
        ("2018-11-15", "string", "2018-11-15"),
        ("2018-11-15", "date", date(2018, 11, 15)),
        ("2018-11-15 07:30:00.5", "timestamp", datetime(2018, 11, 15, 7, 30, 0, 500000)),
        ("2018-11-15T07:30:00+02:00", "timestamp", datetime(2018, 11, 15, 5, 30)),
        ("12.5", "decimal(5,2)", Decimal("12.50")),
        ("true", "boolean", True),
        ("00ff", "binary", b"\x00\xff"),
        ("ab", "char(3)", "ab "),
        ("{a: 1, b: [x, null]}", "struct<a:int,b:array<string>,c:date>",
         {"a": 1, "b": ["x", None], "c": None}),
        ("{1: a}", "map<int,string>", {1: "a"}),
        ('{ts: 1542241826796, userId: "15", n: null, ok: true, x: 2.5}', "string",
         '{"ts": 1542241826796, "userId": "15", "n": null, "ok": true, "x": 2.5}'),
    ],
)  # fmt: skip
def test_a_value_is_read_by_its_columns_type(text: str, kind: str, value: Any) -> None:
    assert read(text, kind) == value


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("abc", "int"),
        ("128", "tinyint"),
        ("1.5", "bigint"),
        ("12.345", "decimal(5,2)"),
        ("1000", "decimal(5,2)"),
        ("nan", "decimal(5,2)"),
        ("2018-11-31", "date"),
        ("15.11.2018", "timestamp"),
        ("yes", "boolean"),
        ("0g", "binary"),
        ("abcd", "varchar(3)"),
        ("[1]", "int"),
        ("1", "array<int>"),
        ("{z: 1}", "struct<a:int>"),
        ("[1]", "map<int,int>"),
    ],
)
def test_a_value_of_another_type_is_told_with_its_place(text: str, kind: str) -> None:
    with pytest.raises(ProjectError) as told:
        read(text, kind)
    assert str(told.value.where).startswith("case.yaml:1:")


@given(st.text(st.characters(blacklist_categories=("Cs",), min_codepoint=32), max_size=20))
def test_text_is_read_back_as_it_was_written(text: str) -> None:
    assert read(f"[{yaml_text(text)}]", "array<string>") == [text]


@given(st.floats(allow_nan=False, allow_infinity=False, width=32))
def test_numbers_that_differ_in_the_last_digits_are_equal(number: float) -> None:
    double, number = parse_type("double"), float(f"{number:.8g}")  # of as many digits as people write
    assert comparable(number, double) == comparable(number * (1 + 1e-15), double)


def test_nan_equals_itself_and_zero_has_no_sign() -> None:
    double = parse_type("double")
    assert comparable(math.nan, double) == comparable(math.nan, double)
    assert str(comparable(-0.0, double)) == "0.0"


def test_literals_have_the_columns_type() -> None:
    assert sql_literal("it's\\", parse_type("string")) == "'it\\'s\\\\'"
    assert sql_literal(Decimal("1.50"), parse_type("decimal(5,2)")) == "CAST('1.50' AS DECIMAL(5,2))"
    assert sql_literal({"a": None}, parse_type("struct<a:int>")) == "named_struct('a', CAST(NULL AS INT))"


def test_values_are_shown_as_they_are_written() -> None:
    assert show(datetime(2018, 11, 15, 7, 30, 0, 123000)) == "2018-11-15 07:30:00.123"
    assert show({"a": [None, True]}) == "{a: [NULL, true]}"
