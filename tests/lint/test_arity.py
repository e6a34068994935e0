"""Functions with too few arguments, too many, or others than they take: findings, never a traceback."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.lint.test_fuzz import found_in
from warehouse.functions import FUNCTIONS

NAMES = sorted(
    FUNCTIONS.keys()
    | {"aggregate", "array_sort", "cast", "coalesce", "date_part", "exists", "explode", "extract", "filter"}
    | {"first_value", "from_json", "if", "lag", "named_struct", "nullif", "percentile", "round", "stack"}
    | {"to_date", "transform", "trunc", "year", "zip_with"}
)
ARGUMENTS = ("", "k", "k, k", "k, x -> x", "x -> x", "k, k, k", "*")


@pytest.mark.parametrize("name", NAMES)
def test_it_is_read_or_found_wrong(tmp_path: Path, name: str) -> None:
    for number, arguments in enumerate(ARGUMENTS):
        (tmp_path / str(number)).mkdir()
        found_in(tmp_path / str(number), f"SELECT k, {name}({arguments}) AS v FROM d.a\n")
