"""Rows compared: what is missing and what is too many add up, and equal sets have no difference."""

from __future__ import annotations

from collections import Counter

from hypothesis import given
from hypothesis import strategies as st

from warehouse.rowdiff import RowDiff, compare

ROWS = st.lists(st.tuples(st.sampled_from("abc"), st.integers(0, 2), st.none() | st.booleans()), max_size=8)


@given(ROWS, st.randoms())
def test_the_order_does_not_matter(rows: list[tuple[object, ...]], random: object) -> None:
    mixed = list(rows)
    random.shuffle(mixed)  # type: ignore[attr-defined]
    assert not compare(rows, mixed)
    assert bool(compare(rows, mixed, ordered=True)) == (rows != mixed)


@given(ROWS, ROWS)
def test_what_differs_is_the_difference_of_the_multisets(
    expected: list[tuple[object, ...]], got: list[tuple[object, ...]]
) -> None:
    diff = compare(expected, got)
    lost = Counter(expected[e] for e, _ in diff.changed) + Counter(expected[n] for n in diff.missing)
    more = Counter(got[g] for _, g in diff.changed) + Counter(got[n] for n in diff.unexpected)
    assert lost == Counter(expected) - Counter(got)
    assert more == Counter(got) - Counter(expected)


@given(ROWS, ROWS)
def test_some_of_the_rows_are_enough(
    expected: list[tuple[object, ...]], more: list[tuple[object, ...]]
) -> None:
    assert not compare(expected, [*more, *expected], some=True)


def test_the_most_alike_rows_are_paired() -> None:
    expected = [("a", 1, 1), ("b", 2, 2), ("c", 3, 3)]
    got = [("b", 2, 9), ("x", 7, 8), ("a", 1, 1)]
    assert compare(expected, got) == RowDiff(((1, 0),), (2,), (1,))


def test_in_order_each_place_is_compared() -> None:
    assert compare([(1,), (2,)], [(2,), (1,), (3,)], ordered=True) == RowDiff(((0, 0), (1, 1)), (), (2,))
