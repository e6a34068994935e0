"""When anything inside a window last changed: what has not changed since it was read needs no digest."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Mapping, Sequence
from functools import cached_property

from warehouse.contract import Column
from warehouse.expressions import type_of
from warehouse.names import HIVE_DEFAULT_PARTITION, unescape_value
from warehouse.partition_index import PartitionIndex

_FEW = 16


class LastChanges:
    """``changed`` are a log's: of every partition that ever was, the entry that last changed its version."""

    def __init__(self, changed: Mapping[str, int], columns: tuple[Column, ...]) -> None:
        self.changed = changed
        self.columns = columns

    def inside(self, window: tuple[str, ...]) -> int | None:
        """The last entry that changed a partition in the window of this text; 0 where none is in it, None
        where the text is not understood any more."""
        found = self._found.get(window, -1)
        if found == -1:
            found = self._plain(window[0]) if len(window) == 1 else None
            if found is None:
                paths = self._index.find(window)
                found = None if paths is None else max((self.changed[path] for path in paths), default=0)
            self._found[window] = found
        return found

    @cached_property
    def _found(self) -> dict[tuple[str, ...], int | None]:
        """By window. Those of one value, which are nearly all, are there before anybody asks."""
        if self._begins is None:
            return {}
        values = ((v, e) for v, e in self._by_value.items() if "'" not in v and "\\" not in v)
        return {(f"{self._begins[0]}'{value}'",): entry for value, entry in values}

    def _plain(self, text: str) -> int | None:
        """Of one column's value that is in no partition, or of those between two, as
        :mod:`warehouse.windows` writes most windows; None of any other."""
        parts = text.split("'")
        begins = self._begins
        if begins is None or "\\" in text:
            return None
        if len(parts) == 3 and parts[0] == begins[0] and not parts[2]:
            return 0
        if len(parts) == 5 and parts[0] == begins[1] and parts[2] == " AND " and not parts[4]:
            return self._between(parts[1], parts[3])
        return None

    def _between(self, low: str, high: str) -> int:
        if low == high:
            return self._by_value.get(low, 0)
        first, end = bisect_left(self._values, low), bisect_right(self._values, high)
        if end - first <= _FEW:
            return max(self._entries[first:end], default=0)
        level = (end - first).bit_length() - 1
        return max(self._levels[level][first], self._levels[level][end - (1 << level)])

    @cached_property
    def _begins(self) -> tuple[str, str] | None:
        """How texts of windows begin, of a table with one partition column, a text one that is nowhere NULL;
        None of any other."""
        if len(self.columns) != 1 or type_of(self.columns[0].type) != "string":
            return None
        name = self.columns[0].name
        begin = f"{name}="
        plain = all(path.startswith(begin) and "/" not in path for path in self.changed)
        if not plain or HIVE_DEFAULT_PARTITION in self._by_value:
            return None
        return f"{name} = ", f"{name} BETWEEN "

    @cached_property
    def _by_value(self) -> dict[str, int]:
        begin = len(self.columns[0].name) + 1
        return {unescape_value(path[begin:]): entry for path, entry in self.changed.items()}

    @cached_property
    def _values(self) -> Sequence[str]:
        return sorted(self._by_value)

    @cached_property
    def _entries(self) -> list[int]:
        """Of each value."""
        return [self._by_value[value] for value in self._values]

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
