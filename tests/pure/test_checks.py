"""Checks as texts and as SQL."""

from __future__ import annotations

import pytest

from warehouse.checks import declared_check, row_digest, split_checks
from warehouse.contract import Column, Contract, Format, Storage
from warehouse.errors import ProjectError
from warehouse.frontmatter import split

CONTRACT = Contract(
    "d.t",
    (Column("a", "string"), Column("b", "int")),
    (Column("dt", "string"),),
    Storage(Format.PARQUET, "i", "o", "s"),
    "d/t",
)


def test_free_checks_with_their_names_severities_and_lines() -> None:
    text = (
        "-- a remark\n/* more */\n-- check: one thing (warn)\nSELECT 1\n\n"
        "--CHECK: another; thing\n\n-- why\nSELECT 2;\n-- check: third (error)\nSELECT 3"
    )
    found = split_checks(text, "f.sql")
    assert [(c.name, c.severity) for c in found] == [
        ("one thing", "warn"), ("another; thing", "error"), ("third", "error"),
    ]  # fmt: skip
    assert [c.line for c in found] == [4, 8, 11]
    assert found[1].sql == "-- why\nSELECT 2"


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("SELECT 1\n-- check: a\nSELECT 2", 1),
        ("\n-- check:\nSELECT 1", 2),
        ("-- check: a\n-- check: b\nSELECT 1", 1),
        ("-- check: a\nSELECT 1\n-- check: a\nSELECT 2", 3),
    ],
    ids=["SQL before", "no name", "no SQL", "a name twice"],
)
def test_files_that_are_no_checks(text: str, line: int) -> None:
    with pytest.raises(ProjectError) as caught:
        split_checks(text, "f.sql")
    assert caught.value.where is not None
    assert caught.value.where.line == line


def declared(yaml: str) -> object:
    (check,) = split(f"/* ---\nchecks:\n  - {yaml}\n--- */\nSELECT 1", "f.sql").front.checks
    return declared_check(check, CONTRACT, "staged", "f.sql")


@pytest.mark.parametrize(
    "yaml",
    ["not_null: [nope]", "unique: [a, nope]", "accepted_values: {column: nope, values: [1]}",
     "relationships: {column: nope, to: d.u, field: x}"],
)  # fmt: skip
def test_a_column_that_is_not_there_is_told_with_its_line(yaml: str) -> None:
    with pytest.raises(ProjectError, match="nope") as caught:
        declared(yaml)
    assert str(caught.value.where) == "f.sql:3"


def test_text_in_a_check_stays_text() -> None:
    check = declared("accepted_values: {column: a, values: [\"it's\", 'a\\b', 1, true]}")
    assert "'it\\'s', 'a\\\\b', 1, true" in check.measure  # type: ignore[attr-defined]


def test_a_digest_tells_null_from_its_neighbour() -> None:
    assert row_digest(CONTRACT, ["dt"]).count("IS NULL") == 3
    maps = Contract("d.t", (Column("m", "array<map<string,int>>"),), (), CONTRACT.storage, "x")
    assert row_digest(maps, []) == "", "Spark hashes no map"
