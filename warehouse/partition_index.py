"""The partitions of one table by their values: what a window holds is found without looking at each."""

from __future__ import annotations

import hashlib
from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property, lru_cache
from typing import Any

from warehouse.contract import Column
from warehouse.errors import ProjectError
from warehouse.expressions import type_of
from warehouse.names import Spec
from warehouse.rowvalues import UNKNOWN, column_reader
from warehouse.windows import Bound, Window, parse_window


@dataclass(frozen=True)
class _Sorted:
    """One column's distinct values in order, and the partitions of each; ``loose`` have no known value."""

    kind: str
    values: list[Any]
    paths: dict[Any, list[str]]
    loose: list[str]

    def near(self, bounds: Sequence[Bound]) -> list[Any] | range:
        """Values that all bounds allow, or their positions where they are a range."""
        among = [bound.among for bound in bounds if bound.among is not None]
        if among:
            return sorted(frozenset(among[0]).intersection(*among[1:], self.paths))
        lows = [bound.low for bound in bounds if bound.low is not None]
        highs = [bound.high for bound in bounds if bound.high is not None]
        low = bisect_left(self.values, max(lows)) if lows else 0
        return range(low, bisect_right(self.values, min(highs)) if highs else len(self.values))


@dataclass(frozen=True)
class PartitionIndex:
    """``versions`` by path of a table partitioned by ``columns``."""

    versions: Mapping[str, str]
    columns: tuple[Column, ...]
    _digests: dict[tuple[str, ...], str] = field(default_factory=dict, repr=False, compare=False)
    _sorted: dict[str, _Sorted | None] = field(default_factory=dict, repr=False, compare=False)

    @cached_property
    def rows(self) -> dict[str, dict[str, str]]:
        """Each partition's values."""
        return {path: Spec.parse(path).as_dict() for path in self.versions}

    def inside(self, window: Window) -> list[str]:
        """The partitions in the window, in order."""
        if window.everything:
            return sorted(self.versions)
        found: set[str] = set()
        for number, bounds in enumerate(window.bounds):
            near = self._candidates(bounds)
            found.update(path for path in near if window.alternative_matches(number, self.rows[path]))
        return sorted(found)

    def find(self, text: tuple[str, ...]) -> list[str] | None:
        """:meth:`inside` of the window of this text; None where it is not understood any more."""
        try:
            return self.inside(_parsed(text, self.columns))
        except (KeyError, ProjectError):  # the table is partitioned in another way now
            return None

    def digest(self, text: tuple[str, ...]) -> str:
        """Of what is inside the window of this text now; empty where it is not understood any more."""
        digest = self._digests.get(text)
        if digest is None:
            found = self.find(text)
            digest = "" if found is None else digest_of((path, self.versions[path]) for path in found)
            self._digests[text] = digest
        return digest

    def _candidates(self, bounds: Sequence[Bound]) -> Iterable[str]:
        """Partitions that may be inside, by the column that leaves the fewest."""
        fewest: tuple[int, _Sorted, list[Any] | range] | None = None
        for column in {bound.column for bound in bounds}:
            index = self._by(column)
            own = [b for b in bounds if index is not None and b.column == column and b.kind == index.kind]
            if index is not None and own:
                near = index.near(own)
                count = len(near) * len(self.versions) // max(1, len(index.values))
                if fewest is None or count < fewest[0]:
                    fewest = count, index, near
        if fewest is None:
            return self.versions
        _, index, near = fewest
        values = (index.values[n] for n in near) if isinstance(near, range) else near
        return [*index.loose, *(path for value in values for path in index.paths[value])]

    def _by(self, name: str) -> _Sorted | None:
        if name not in self._sorted:
            self._sorted[name] = self._sort(name)
        return self._sorted[name]

    def _sort(self, name: str) -> _Sorted | None:
        column = next((c for c in self.columns if c.name == name), None)
        kind = type_of(column.type) if column is not None else None
        if column is None or kind is None:
            return None
        value_of = column_reader(name, column.type)
        paths: dict[Any, list[str]] = {}
        loose: list[str] = []
        for path, row in self.rows.items():
            value = value_of(row)
            (loose if value is None or value is UNKNOWN else paths.setdefault(value, [])).append(path)
        return _Sorted(kind, sorted(paths), paths, loose)


def digest_of(pairs: Iterable[tuple[str, str]]) -> str:
    """Of (partition, version) pairs, in their order."""
    digest = hashlib.blake2b(digest_size=12)
    for path, version in pairs:
        digest.update(f"{path}\0{version}\n".encode())
    return digest.hexdigest()


@lru_cache(20_000)
def _parsed(text: tuple[str, ...], columns: tuple[Column, ...]) -> Window:
    """Tables that are built together read windows of the same texts."""
    return parse_window(text, columns)
