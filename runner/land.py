"""Landing: raw files from a source system's module into the lake."""

from __future__ import annotations

import importlib
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

from runner.lake import Lake
from warehouse.errors import Location, ProjectError
from warehouse.intervals import Moment


@dataclass(frozen=True)
class Landed:
    """One raw file: its key below the lake, its size, and whether it was written or was there already."""

    key: str
    bytes: int
    written: bool


def module(lake: Lake, domain: str) -> Any:
    """The landing module of a domain, from ``[tool.warehouse.landing]``."""
    known = lake.config.landing
    if domain not in known:
        raise ProjectError(
            f"there is no landing {domain!r}",
            where=Location("pyproject.toml"),
            fix=f"[tool.warehouse.landing] has: {', '.join(sorted(known)) or 'none'}",
        )
    import sys

    root = str(lake.root)
    if root not in sys.path:
        sys.path.insert(0, root)
    try:
        return importlib.import_module(known[domain])
    except ImportError as error:
        raise ProjectError(
            f"the landing {domain!r} cannot be imported: {error}",
            where=Location("pyproject.toml"),
            why=f"[tool.warehouse.landing] says {known[domain]!r}",
        ) from None


def real(lake: Lake, domain: str, source: Path, *, hourly: bool = False) -> Iterator[Landed]:
    """Land real files; those that are there with the same bytes are left alone."""
    landing = module(lake, domain)
    _check_hourly(landing, domain, hourly)
    yield from _write(lake, landing.real(source, hourly=hourly))


def generated(
    lake: Lake, domain: str, start: str, end: str, *, seed: int, rate: float | None, hourly: bool = False
) -> Iterator[Landed]:
    """Land made-up files of the same kind for the days from ``start`` to ``end``, both inclusive."""
    landing = module(lake, domain)
    _check_hourly(landing, domain, hourly)
    first, last = _day(start), _day(end)
    if last < first:
        raise ProjectError(f"the range ends ({end}) before it starts ({start})", fix="swap --start and --end")
    if rate is not None and rate <= 0:
        raise ProjectError(f"a rate of {rate:g} records a day gives nothing", fix="use a positive --rate")
    options = {} if rate is None else {"rate": rate}
    yield from _write(lake, landing.generated(first, last, seed=seed, hourly=hourly, **options))


def _check_hourly(landing: Any, domain: str, hourly: bool) -> None:
    if hourly and not landing.HOURLY:
        raise ProjectError(f"{domain} does not come by the hour", fix="leave --hourly out")


def _day(text: str) -> date:
    return Moment.parse(text).start.date()


def _write(lake: Lake, pieces: Any) -> Iterator[Landed]:
    for piece in pieces:
        here = lake.store.read(piece.key)
        written = here != piece.data
        if written:
            lake.store.write(piece.key, piece.data)
        yield Landed(piece.key, len(piece.data), written)
