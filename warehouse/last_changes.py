"""When anything inside a window last changed: what has not changed since it was read needs no digest."""

from __future__ import annotations

import re
from bisect import bisect_left, bisect_right
from collections.abc import Mapping, Sequence
from functools import cached_property

from warehouse.contract import Column
from warehouse.expressions import type_of
from warehouse.names import HIVE_DEFAULT_PARTITION, unescape_value
from warehouse.partition_index import PartitionIndex

_PLAIN = re.compile(r"([a-z]\w*) (?:= '([^'\\]*)'|BETWEEN '([^'\\]*)' AND '([^'\\]*)')\Z")
"""Texts of windows of one column, as :mod:`warehouse.windows` writes most of them."""
_FEW = 16


class LastChanges:
    """``changed`` are a log's: of every partition that ever was, the entry that last changed its version."""

    def __init__(self, changed: Mapping[str, int], columns: tuple[Column, ...]) -> None:
        self.changed = changed
        self.columns = columns
        self._found: dict[tuple[str, ...], int | None] = {}

    def inside(self, window: tuple[str, ...]) -> int | None:
        """The last entry that changed a partition in the window of this text; 0 where none is in it, None
        where the text is not understood any more."""
        found = self._found.get(window, -1)
        if found == -1:
            plain = _PLAIN.match(window[0]) if len(window) == 1 else None
            if plain is not None and self._by_value is not None and plain[1] == self.columns[0].name:
                found = self._plain(self._by_value, plain[2], plain[3], plain[4])
            else:
                paths = self._index.find(window)
                found = None if paths is None else max((self.changed[path] for path in paths), default=0)
            self._found[window] = found
        return found

    def _plain(self, entries: dict[str, int], value: str | None, low: str, high: str) -> int:
        if value is not None:
            return entries.get(value, 0)
        first, end = bisect_left(self._values, low), bisect_right(self._values, high)
        if end - first <= _FEW:
            return max(self._entries[first:end], default=0)
        level = (end - first).bit_length() - 1
        return max(self._levels[level][first], self._levels[level][end - (1 << level)])

    @cached_property
    def _by_value(self) -> dict[str, int] | None:
        """Of a table with one partition column, a text one that is nowhere NULL; None of any other."""
        if len(self.columns) != 1 or type_of(self.columns[0].type) != "string":
            return None
        begin = f"{self.columns[0].name}="
        found = {unescape_value(path[len(begin) :]): entry for path, entry in self.changed.items()}
        plain = all(path.startswith(begin) and "/" not in path for path in self.changed)
        return found if plain and HIVE_DEFAULT_PARTITION not in found else None

    @cached_property
    def _values(self) -> Sequence[str]:
        return sorted(self._by_value or ())

    @cached_property
    def _entries(self) -> list[int]:
        """Of each value."""
        by_value = self._by_value or {}
        return [by_value[value] for value in self._values]

    @cached_property
    def _levels(self) -> list[list[int]]:
        """Of 1, 2, 4, 8 … values from each on, the last entry that changed one of them."""
        levels, wide = [self._entries], 1
        while len(levels[-1]) > wide:
            last = levels[-1]
            levels.append([max(last[n], last[n + wide]) for n in range(len(last) - wide)])
            wide *= 2
        return levels

    @cached_property
    def _index(self) -> PartitionIndex:
        return PartitionIndex(dict.fromkeys(self.changed, ""), self.columns)
