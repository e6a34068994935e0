"""CSV files read record by record, so that no fault of one record costs another.

Python's csv reader alone would let one lost quote swallow the records after it. Here a record that does not
close, or has not as many fields as the header names, is handed over as text and reading goes on in its next
line.
"""

from __future__ import annotations

import csv
from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from landing.files import lines, text, unpacked
from warehouse.errors import Location, ProjectError

_LONGEST = 500
"""Lines that one record may have; the longest review of the real file has seven."""

csv.field_size_limit(16 * 1024 * 1024)


@dataclass(frozen=True)
class Broken:
    """A record that cannot be read: its text, without the line's end, and why."""

    text: str
    why: str


def read(path: Path, columns: tuple[str, ...]) -> Iterator[dict[str, str] | Broken]:
    """Records of a CSV file with a header, as the columns' texts. Empty lines are no records.

    A byte order mark is no part of the header. Lines in Latin-1 are read as such; other bytes that are not
    UTF-8 are written ``\\xNN``. Columns may stand in any order; others than ``columns`` are kept.
    :class:`ProjectError` where one is missing, or there twice.
    """
    source = _Lines(path)
    number, first = next(((n, line) for n, line in enumerate(source, 1) if line.strip()), (1, ""))
    header = [name.strip() for name in _fields(first) or ()]
    wrong = [name for name in columns if header.count(name) != 1]
    if wrong:
        raise ProjectError(
            f"{path.name} has {'two columns' if wrong[0] in header else 'no column'} {wrong[0]!r}",
            where=Location(str(path), number, None, first[:200].strip().replace("\r", " ")),
            why="its lines end in carriage returns alone"
            if "\r" in first.strip()
            else f"its columns are: {', '.join(header)[:500] or 'none'}",
        )
    for line in source:
        fields, held = _fields(line), list[str]()
        if fields is None:
            held = _until_closed(source, line)
            fields = _fields(line + "".join(held))
        if fields == []:
            continue
        if fields is not None and len(fields) == len(header):
            yield dict(zip(header, fields, strict=True))
            continue
        # Whatever is wrong began in the first line: the others get their own chance.
        source.back(held)
        why = "a quote that does not close"
        if fields is not None and not held:
            why = f"{len(fields)} fields where the header names {len(header)}"
        yield Broken(line.rstrip("\r\n"), why)


def _until_closed(source: _Lines, line: str) -> list[str]:
    """The lines that follow, up to the one in which the quote that is open closes."""
    held: list[str] = []
    is_open = line.count('"') % 2 == 1
    while is_open and len(held) < _LONGEST and (more := next(source, None)) is not None:
        held.append(more)
        is_open ^= more.count('"') % 2 == 1
    return held


class _Lines:
    """A file's lines with their ends, some of which can be given back."""

    def __init__(self, path: Path) -> None:
        self._lines = _decoded(path)
        self._again: deque[str] = deque()

    def __iter__(self) -> Iterator[str]:
        return self

    def __next__(self) -> str:
        return self._again.popleft() if self._again else next(self._lines)

    def back(self, lines: list[str]) -> None:
        self._again.extendleft(reversed(lines))


def _decoded(path: Path) -> Iterator[str]:
    with unpacked(path) as file:
        for line in lines(file, path):
            yield text(line, "backslashreplace")


def _fields(text: str) -> list[str] | None:
    """One record's fields, none for an empty line; None where a quote does not close."""
    try:
        return next(csv.reader([text.rstrip("\r\n")], strict=True), [])
    except csv.Error:
        return None
