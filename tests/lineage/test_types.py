"""Types of expressions: what Spark itself says, and laws that need no Spark."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from spark_says import ask

from warehouse.contract import Column
from warehouse.expression_types import common, fields, inner, is_number, narrows, storable
from warehouse.names import TableName
from warehouse.query_analysis import analyse
from warehouse.sqltext import SqlText

COLUMNS = {
    "b": "boolean",
    "t": "tinyint",
    "sh": "smallint",
    "i": "int",
    "l": "bigint",
    "f": "float",
    "d": "double",
    "n": "decimal(10,2)",
    "m": "decimal(38,6)",
    "z": "decimal(5,0)",
    "s": "string",
    "bin": "binary",
    "day": "date",
    "ts": "timestamp",
    "xs": "array<int>",
    "ss": "array<string>",
    "mp": "map<string,int>",
    "st": "struct<a:int,b:string,c:struct<d:double>>",
    "rs": "array<struct<k:string,v:bigint>>",
}

LIST = Path(__file__).with_name("expressions.txt").read_text().splitlines()


def our_type(expression: str) -> str | None:
    text = f"SELECT {expression} AS c FROM d.a"
    sql = SqlText(text, "x.sql")
    columns = tuple(Column(name, kind) for name, kind in COLUMNS.items())
    found = analyse(
        text, sql.parse(sql.tokens()), lambda name: columns if name == TableName("d", "a") else None
    )
    return found.output.values[0][0]


@pytest.mark.spark
def test_never_another_type_than_spark() -> None:
    """Unknown is allowed, for a quarter at most."""
    table = ", ".join(f"{name} {kind}" for name, kind in COLUMNS.items())
    answers = ask({"d.a": table}, [f"SELECT {e} AS c FROM d.a" for e in LIST])
    refused, wrong, unknown, compared = [], [], [], 0
    for expression, answer in zip(LIST, answers, strict=True):
        if "error" in answer:
            refused.append((expression, answer["error"].splitlines()[0]))
            continue
        compared += 1
        ours, theirs = our_type(expression), answer["schema"][0][1]
        if ours is None:
            unknown.append(expression)
        elif ours.lower() != theirs.lower():
            wrong.append((expression, ours, theirs))
    assert not wrong
    assert compared >= 150, refused
    assert len(unknown) <= compared / 4, unknown
    assert len(refused) <= 15, refused


NUMBERS = st.one_of(
    st.sampled_from(["tinyint", "smallint", "int", "bigint", "float", "double"]),
    st.integers(1, 38).flatmap(lambda p: st.integers(0, p).map(lambda s: f"decimal({p},{s})")),
)
TYPES = st.recursive(
    st.one_of(NUMBERS, st.sampled_from(["string", "boolean", "date", "timestamp", "binary", "void"])),
    lambda inside: st.one_of(
        inside.map(lambda t: f"array<{t}>"),
        inside.map(lambda t: f"map<string,{t}>"),
        st.tuples(inside, inside).map(lambda p: f"struct<a:{p[0]},b:{p[1]}>"),
    ),
    max_leaves=4,
)


@given(TYPES, TYPES)
def test_common_is_symmetric(a: str, b: str) -> None:
    assert common(a, b) == common(b, a)


@given(TYPES)
def test_common_of_itself_and_null(a: str) -> None:
    assert common(a, a) == a
    assert common(a, "void") == a


@given(NUMBERS, NUMBERS)
def test_numbers_meet_in_a_number(a: str, b: str) -> None:
    assert is_number(common(a, b))


@given(TYPES)
def test_nested_types_are_read_back(a: str) -> None:
    assert inner(f"array<{a}>") == (a,)
    assert inner(f"map<string,{a}>") == ("string", a)
    assert fields(f"struct<x:{a},y:int>") == {"x": a, "y": "int"}


@given(TYPES)
def test_a_type_is_written_into_itself_and_into_nothing_narrower(a: str) -> None:
    assert storable(a, a)
    assert narrows(a, a) is None


@pytest.mark.parametrize(
    ("source", "target", "expected"),
    [
        ("string", "int", False),
        ("int", "string", True),
        ("bigint", "int", True),
        ("boolean", "int", False),
        ("date", "timestamp", True),
        ("timestamp", "date", True),
        ("int", "timestamp", False),
        ("void", "int", True),
        ("array<int>", "array<string>", True),
        ("array<string>", "array<int>", False),
        ("int", "varchar(3)", True),
        ("struct<a:int>", "struct<b:bigint>", True),
        ("struct<a:int>", "struct<a:int,b:int>", False),
        ("string", "date", False),
        ("date", "int", False),
        ("binary", "string", True),
        ("string", "binary", False),
        ("array<int>", "string", False),
        ("map<string,int>", "map<string,string>", True),
    ],
)
def test_what_spark_writes(source: str, target: str, expected: bool) -> None:
    assert storable(source, target) is expected


@pytest.mark.spark
def test_spark_writes_what_we_say_it_writes() -> None:
    """Every pair of plain types, and some nested ones."""
    kinds = [
        "boolean",
        "tinyint",
        "int",
        "bigint",
        "double",
        "decimal(10,2)",
        "string",
        "binary",
        "date",
        "timestamp",
        "array<int>",
        "array<string>",
        "struct<a:int>",
        "struct<b:string>",
        "map<string,int>",
    ]
    tables = {f"d.t{n}": f"c {kind}" for n, kind in enumerate(kinds)}
    pairs = [(a, b) for a in range(len(kinds)) for b in range(len(kinds))]
    answers = ask(tables, [f"INSERT INTO d.t{b} SELECT c FROM d.t{a}" for a, b in pairs])
    assert {
        (kinds[a], kinds[b], "error" not in answer) for (a, b), answer in zip(pairs, answers, strict=True)
    } == {(a, b, storable(a, b)) for a in kinds for b in kinds}
