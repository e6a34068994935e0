"""What the chamber warehouse should say, computed from a year's file in plain Python with the csv module."""

from __future__ import annotations

import csv
import io
import re
import zipfile
from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path

Row = dict[str, str]


def records(source: Path) -> Iterator[Row]:
    """The records of ``Ano-….csv`` or its zip, as the header names them, and each on one line in ``line``."""
    if zipfile.is_zipfile(source):
        with zipfile.ZipFile(source) as archive:
            text = archive.read(archive.namelist()[0]).decode("utf-8-sig")
    else:
        text = source.read_text(encoding="utf-8-sig")
    lines = list(io.StringIO(text, newline=""))
    reader = csv.reader(lines, delimiter=";")
    header, at = next(reader), reader.line_num
    for values in reader:
        line = " ".join(part.rstrip("\r\n") for part in lines[at : reader.line_num])
        yield dict(zip(header, values, strict=True)) | {"line": line}
        at = reader.line_num


def amount(text: str) -> Decimal:
    """``4.007,06``, ``4007,06`` and ``4007.06`` are the same money; nothing is none."""
    whole = text.replace(".", "").replace(",", ".") if "," in text else text
    return Decimal(whole or "0")


@dataclass(frozen=True)
class Sums:
    expenses: int
    document_value: Decimal
    disallowed_value: Decimal
    net_value: Decimal
    refund_value: Decimal


def sums(rows: Iterable[Row]) -> Sums:
    listed = list(rows)
    columns = ("vlrDocumento", "vlrGlosa", "vlrLiquido", "vlrRestituicao")
    return Sums(len(listed), *(sum((amount(r[c]) for r in listed), Decimal(0)) for c in columns))


def by(rows: Iterable[Row], *columns: str) -> dict[tuple[str, ...], Sums]:
    """Sums by the values of source columns; months with two digits."""
    groups: dict[tuple[str, ...], list[Row]] = defaultdict(list)
    for row in rows:
        groups[tuple(f"{int(row[c]):02}" if c == "numMes" else row[c] for c in columns)].append(row)
    return {key: sums(group) for key, group in groups.items()}


def cpfs(rows: Iterable[Row]) -> set[str]:
    """Every eleven-digit number that the source gives as one of a supplier's, or hides in a name."""
    found: set[str] = set()
    for row in rows:
        if len(row["txtCNPJCPF"]) == 11:
            found.add(row["txtCNPJCPF"])
        found.update(re.findall(r"(?<![0-9])[0-9]{11}(?![0-9])", row["txtFornecedor"]))
    return found
