"""Source systems: modules that hand over raw files as they would have arrived.

The tool knows no domain. It finds these modules by ``[tool.warehouse.landing]`` in pyproject.toml, and
writes what they yield below the lake, leaving alone what is there already with the same bytes.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Protocol

from warehouse.errors import ProjectError


@dataclass(frozen=True)
class Piece:
    """One raw file, whole and at most 64 MB; a landing splits what is larger.

    ``key`` is relative to the lake: ``music/raw_events/dt=2018-11-01/2018-11-01-events.json``.
    """

    key: str
    data: bytes


class Landing(Protocol):
    """What a module of a source system has. Same source or seed, same pieces, in the same order.

    ``HOURLY`` says whether slices of an hour are understood. Neither iterator holds more than a piece's
    worth of data, however long the range.
    """

    DESCRIPTION: str
    HOURLY: bool

    def real(self, source: Path, *, hourly: bool) -> Iterator[Piece]:
        """The files of ``source``; :class:`ProjectError` where it holds none of the kind."""
        ...

    def generated(
        self, start: date, end: date, *, seed: int, rate: float = ..., hourly: bool
    ) -> Iterator[Piece]:
        """Made-up files of the same kind for ``start`` to ``end``, both inclusive, ``rate`` records a day.

        Every module has a rate of its own for who names none, near that of its real files. A slice's bytes
        depend on the seed, the rate and the slice, not on the range asked for.
        """
        ...


def wrong_source(source: Path, wanted: str) -> ProjectError:
    """For a directory that holds nothing of the kind: what was looked for, and what is there instead."""
    if not source.exists():
        found = "no such directory"
    elif not source.is_dir():
        found = "it is a file"
    else:
        names = sorted(path.name + "/" * path.is_dir() for path in source.iterdir())
        found = ", ".join(names[:8]) + ", …" * (len(names) > 8) or "nothing"
    return ProjectError(
        f"{source} holds no files of this source system", why=f"looked for {wanted}; found: {found}"
    )
