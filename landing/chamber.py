"""Expenses of Brazilian deputies: the Chamber's yearly files, published anew as the year goes on.

``raw_expenses`` gets each year's records as they are, one a line, with the line that names the fields. Where
the landed lines differ from the source: a byte order mark is left out; line ends inside quotes become spaces;
a record in Latin-1 becomes UTF-8; a line longer than a megabyte becomes several, none of them a record;
a file with other fields, or in another order, than the file of 2017 is rewritten to that one's 29 fields
(missing ones empty, others, such as the deputy's own CPF, left out), and a record of such a file that has not
as many fields as its first line names becomes one single field, so that nobody takes it for a whole one.
"""

from __future__ import annotations

import re
import zipfile
from collections.abc import Iterable, Iterator
from contextlib import ExitStack
from datetime import date
from itertools import chain
from pathlib import Path
from typing import BinaryIO, cast

from landing import Piece, wrong_source
from landing.chamber_csv import FIELDS, landed, written
from landing.chamber_generator import records
from landing.files import lines, unpacked
from warehouse.errors import Location, ProjectError

DESCRIPTION = "Expenses of Brazilian deputies (Ano-2017.csv), by year"
HOURLY = False
RATE = 740.0
"""Records a day: what the real file has, and what is generated where no rate is asked for."""

PIECE_BYTES = 48 * 1024 * 1024
SLOTS = 4
"""Files of a year at least, the last ones empty: landing cannot delete, and a year's file may get shorter."""

_NAME = re.compile(r"Ano-(\d{4})(\.csv|\.zip|\.csv\.zip|\.csv\.gz)", re.IGNORECASE)


def real(source: Path, *, hourly: bool) -> Iterator[Piece]:
    """The years in ``source``: files ``Ano-2017.csv``, gzipped or zipped (``.csv.gz``, ``.zip``)."""
    for year, path in _years(source).items():
        try:
            with ExitStack() as stack:
                yield from _pieces(year, landed(lines(_opened(path, stack), path), path))
        except (OSError, RuntimeError, zipfile.BadZipFile) as error:
            raise ProjectError(f"{path.name} cannot be read: {error}", where=Location(str(path))) from None


def generated(start: date, end: date, *, seed: int, rate: float = RATE, hourly: bool) -> Iterator[Piece]:
    """The files of the years from ``start`` to ``end``, each from its January on, the last as of ``end``."""
    for year in range(start.year, end.year + 1):
        last = min(end, date(year, 12, 31))
        rows = map(written, records(last, seed=seed, rate=rate))
        yield from _pieces(str(year), chain([written(FIELDS)], rows))


def _years(source: Path) -> dict[str, Path]:
    years: dict[str, Path] = {}
    for path in [source] if source.is_file() else sorted(source.rglob("*")):
        match = _NAME.fullmatch(path.name)
        if match is None or not path.is_file():
            continue
        if match[1] in years:
            raise ProjectError(
                f"two files of the year {match[1]}: {years[match[1]]} and {path}",
                why="a year's file holds the whole year, so only one of them can be right",
                fix="move the older one out of the source's directory",
            )
        years[match[1]] = path
    if not years:
        raise wrong_source(source, "the Chamber's yearly files: Ano-2017.csv or Ano-2017.zip")
    return dict(sorted(years.items()))


def _opened(path: Path, stack: ExitStack) -> BinaryIO:
    if path.suffix.lower() != ".zip":
        return stack.enter_context(unpacked(path))
    archive = stack.enter_context(zipfile.ZipFile(path))
    members = [name for name in archive.namelist() if name.lower().endswith(".csv")]
    if len(members) != 1:
        raise ProjectError(
            f"{path.name} does not hold one CSV file",
            where=Location(str(path)),
            why=f"it holds: {', '.join(archive.namelist()[:5]) or 'nothing'}",
        )
    return cast(BinaryIO, stack.enter_context(archive.open(members[0])))


def _pieces(year: str, landing: Iterable[bytes]) -> Iterator[Piece]:
    held: list[bytes] = []
    size, number = 0, 1
    for line in landing:
        held.append(line)
        size += len(line)
        if size > PIECE_BYTES:
            yield _piece(year, number, held)
            held, size, number = [], 0, number + 1
    yield _piece(year, number, held)
    for empty in range(number + 1, SLOTS + 1):
        yield _piece(year, empty, [])


def _piece(year: str, number: int, held: list[bytes]) -> Piece:
    return Piece(f"chamber/raw_expenses/year={year}/Ano-{year}.{number:02}.csv", b"".join(held))
