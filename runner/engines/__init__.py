"""What executes a run manifest. One small protocol; a new engine is one file."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from warehouse.manifest import Manifest, Result


@dataclass(frozen=True)
class Rows:
    """A query's answer: column names and rows of plain Python values."""

    columns: tuple[str, ...]
    rows: list[tuple[Any, ...]]


class Engine(Protocol):
    """Runs manifests. A failed job is a Result with an error; an engine that fails raises OutsideError."""

    def run(self, manifests: Sequence[Manifest], *, jobs: int = 1) -> Iterator[Result]:
        """Execute, at most ``jobs`` at a time; results come as they are ready, in any order."""

    def query(self, sql: str, limit: int | None = None) -> Rows:
        """Answer a SELECT over the published tables."""

    def close(self) -> None: ...


Progress = Callable[[str], None]
"""Told one line when something slow begins (starting Spark, fetching jars)."""
