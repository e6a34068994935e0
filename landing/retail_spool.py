"""Records put into the day they arrive in, through temporary files, so that memory holds a part of them."""

from __future__ import annotations

import heapq
import json
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from contextlib import ExitStack
from datetime import date, timedelta
from itertools import groupby
from pathlib import Path

from landing import Piece

PIECE_BYTES = 32 * 1024 * 1024
BUFFER_CHARACTERS = 16 * 1024 * 1024
BLOCK_CHARACTERS = 16 * 1024 * 1024
"""What is sorted at once, so that a busy day takes no more memory than a quiet one."""
DAILY = {
    "raw_orders": "orders",
    "raw_items": "items",
    "raw_payments": "payments",
    "raw_customers": "customers",
    "raw_reviews": "reviews",
}
"""Source tables by day, and what their files are called."""

GAP_DAYS = 366
"""Longer than this without a record, days are not landed: a wrong year is no century of empty files."""


def line(record: Mapping[str, str]) -> str:
    """A record as one line of JSON; empty fields are left out."""
    return json.dumps({k: v for k, v in record.items() if v}, ensure_ascii=False, separators=(",", ":"))


class Spool:
    """``put`` in any order, then ``pieces`` day by day."""

    def __init__(self, directory: Path, *, hourly: bool) -> None:
        self._directory = directory
        self._hourly = hourly
        self._buffers: dict[tuple[str, str], list[str]] = defaultdict(list)
        self._held = 0
        self._days: set[str] = set()

    def put(self, table: str, time: str, text: str) -> None:
        """``text``, a line, arrives in ``table`` at ``time`` (``2017-10-02 10:56:33``)."""
        self._buffers[table, time[:10]].append(f"{time}\t{text}\n")
        self._days.add(time[:10])
        self._held += len(text) + 100
        if self._held > BUFFER_CHARACTERS:
            self._flush()

    def _flush(self) -> None:
        for (table, day), lines in self._buffers.items():
            with self._path(table, day).open("a", encoding="utf-8", newline="") as file:
                file.writelines(lines)
        self._buffers.clear()
        self._held = 0

    def _path(self, table: str, day: str) -> Path:
        return self._directory / f"{table}-{day}"

    def days(self) -> Iterator[date]:
        """From the first day with a record to the last."""
        known = sorted(map(date.fromisoformat, self._days))
        for i, day in enumerate(known):
            yield day
            following = known[i + 1] if i + 1 < len(known) else day
            if (following - day).days <= GAP_DAYS:
                for n in range(1, (following - day).days):
                    yield day + timedelta(days=n)

    def pieces(self, day: date) -> Iterator[Piece]:
        """The files of a day, each table at least one, in the order of time and text. A day is given once."""
        for table, name in DAILY.items():
            prefix = f"retail/{table}/dt={day}/{name}"
            lines = self._take(table, str(day))
            if not self._hourly:
                yield from cut(prefix, (text[20:] for text in lines))
                continue
            hour = None
            for hour, of_hour in groupby(lines, key=lambda text: text[11:13]):
                yield from cut(f"{prefix}-{hour}", (text[20:] for text in of_hour))
            if hour is None:
                yield from cut(prefix, ())

    def _take(self, table: str, day: str) -> Iterator[str]:
        """The lines of a day in order, sorted in blocks that are merged where there are many."""
        lines = self._buffers.pop((table, day), [])
        self._held -= sum(len(text) + 79 for text in lines)
        self._days.discard(day)
        path, blocks = self._path(table, day), list[Path]()
        if path.exists():
            with path.open(encoding="utf-8", newline="\n") as file:
                if path.stat().st_size < BLOCK_CHARACTERS:
                    lines.extend(file)
                while block := file.readlines(BLOCK_CHARACTERS):
                    blocks.append(path.with_name(f"{path.name}.{len(blocks)}"))
                    with blocks[-1].open("w", encoding="utf-8", newline="") as sorted_block:
                        sorted_block.writelines(sorted(block))
            path.unlink()
        lines.sort()
        with ExitStack() as stack:
            opened = [stack.enter_context(b.open(encoding="utf-8", newline="\n")) for b in blocks]
            yield from heapq.merge(lines, *opened)
        for sorted_already in blocks:
            sorted_already.unlink()


def cut(prefix: str, lines: Iterable[str]) -> Iterator[Piece]:
    """Lines (with their ends) as files ``prefix.jsonl``, ``prefix.2.jsonl`` …; one at least."""
    number, held, size = 1, list[bytes](), 0
    for text in lines:
        data = text.encode()
        if size + len(data) > PIECE_BYTES and held:
            yield _piece(prefix, number, held)
            number, held, size = number + 1, [], 0
        held.append(data)
        size += len(data)
    if held or number == 1:
        yield _piece(prefix, number, held)


def _piece(prefix: str, number: int, lines: list[bytes]) -> Piece:
    return Piece(f"{prefix}.jsonl" if number == 1 else f"{prefix}.{number}.jsonl", b"".join(lines))
