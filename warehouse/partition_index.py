"""The partitions of one table by their values: what a window holds is found without looking at each."""

from __future__ import annotations

import hashlib
from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Mapping
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

    def near(self, bound: Bound) -> list[Any]:
        """The values that the bound allows."""
        if bound.among is not None:
            return [value for value in bound.among if value in self.paths]
        low = 0 if bound.low is None else bisect_left(self.values, bound.low)
        return self.values[low : None if bound.high is None else bisect_right(self.values, bound.high)]


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
        found: list[str] = []
        for number, bounds in enumerate(window.bounds):
            found += self._inside(window, number, bounds)
        return found if len(found) == 1 else sorted(set(found))

    def _inside(self, window: Window, number: int, bounds: tuple[Bound, ...]) -> Iterable[str]:
        """Of one alternative, with the column that leaves the fewest to look at."""
        fewest: tuple[int, _Sorted, list[Any], bool] | None = None
        for bound in bounds:
            index = self._by(bound.column)
            if index is not None and index.kind == bound.kind:
                near = index.near(bound)
                count = len(near) * len(self.versions) // max(1, len(index.values))
                if fewest is None or count < fewest[0]:
                    fewest = count, index, near, bound.exact
        if fewest is None:
            return self._that_match(window, number, self.versions)
        _, index, near, exact = fewest
        loose = self._that_match(window, number, index.loose) if index.loose else []
        paths = [path for value in near for path in index.paths[value]]
        return loose + (paths if exact else self._that_match(window, number, paths))

    def _that_match(self, window: Window, number: int, paths: Iterable[str]) -> list[str]:
        return [path for path in paths if window.alternative_matches(number, self.rows[path])]

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
            digest = "" if found is None else digest_of([(path, self.versions[path]) for path in found])
            self._digests[text] = digest
        return digest

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
    text = "".join([f"{path}\0{version}\n" for path, version in pairs])
    return hashlib.blake2b(text.encode(), digest_size=12).hexdigest()


@lru_cache(20_000)
def _parsed(text: tuple[str, ...], columns: tuple[Column, ...]) -> Window:
    """Tables that are built together read windows of the same texts."""
    return parse_window(text, columns)
