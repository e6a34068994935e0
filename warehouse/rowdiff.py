"""Two sets of rows compared: which are missing, which are too many, which differ in some columns."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Hashable, Sequence
from dataclasses import dataclass

Row = tuple[Hashable, ...]
MOST_PAIRED = 250_000
"""Comparisons of row with row; beyond, rows are not paired but only missing and too many."""


@dataclass(frozen=True)
class RowDiff:
    """Indexes into the two sequences: ``changed`` are pairs of an expected row and the one most like it."""

    changed: tuple[tuple[int, int], ...] = ()
    missing: tuple[int, ...] = ()
    unexpected: tuple[int, ...] = ()

    def __bool__(self) -> bool:
        return bool(self.changed or self.missing or self.unexpected)


def compare(
    expected: Sequence[Row], got: Sequence[Row], *, ordered: bool = False, some: bool = False
) -> RowDiff:
    """As multisets, or place by place. ``some``: ``got`` may have more rows than are expected.

    Rows are paired as changed when at least half of their columns are equal, the most alike first.
    """
    if ordered:
        return _in_order(expected, got)
    left: dict[Row, list[int]] = defaultdict(list)
    for n in reversed(range(len(got))):
        left[got[n]].append(n)
    missing = [n for n, row in enumerate(expected) if not (left[row] and left[row].pop() >= 0)]
    unexpected = sorted(n for places in left.values() for n in places)
    pairs = _pairs(expected, got, missing, unexpected)
    gone, came = {e for e, _ in pairs}, {g for _, g in pairs}
    return RowDiff(
        tuple(sorted(pairs)),
        tuple(n for n in missing if n not in gone),
        () if some else tuple(n for n in unexpected if n not in came),
    )


def _in_order(expected: Sequence[Row], got: Sequence[Row]) -> RowDiff:
    both = min(len(expected), len(got))
    return RowDiff(
        tuple((n, n) for n in range(both) if expected[n] != got[n]),
        tuple(range(both, len(expected))),
        tuple(range(both, len(got))),
    )


def _pairs(
    expected: Sequence[Row], got: Sequence[Row], missing: Sequence[int], unexpected: Sequence[int]
) -> list[tuple[int, int]]:
    if not missing or not unexpected or len(missing) * len(unexpected) > MOST_PAIRED:
        return []
    alike = sorted(
        (-same, e, g)
        for e in missing
        for g in unexpected
        if 2 * (same := sum(a == b for a, b in zip(expected[e], got[g], strict=True))) >= len(expected[e])
    )
    taken_e: set[int] = set()
    taken_g: set[int] = set()
    found = []
    for _, e, g in alike:
        if e not in taken_e and g not in taken_g:
            taken_e.add(e)
            taken_g.add(g)
            found.append((e, g))
    return found
