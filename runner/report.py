"""Reports: a domain's figures, drawn from its published tables into one page that needs no network.

A report module is named in pyproject's ``[tool.warehouse.reports]`` and has ``TITLE``, ``ABOUT`` (text) and
``sections(window)``. It declares what to ask and how to draw the answer; asking and drawing are done here.
Every query aggregates in SQL: an answer is what a figure shows, at most ``MOST_ROWS`` rows.
"""

from __future__ import annotations

import importlib
import sys
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

from runner.charts import Field, Spec
from runner.engines import Rows
from runner.lake import Lake
from warehouse.contract import Column, Contract
from warehouse.errors import Location, ProjectError
from warehouse.intervals import Moment
from warehouse.names import TableName, quote
from warehouse.query import parse_query

MOST_ROWS = 5000
LONGEST = 48

Record = dict[str, Any]


@dataclass(frozen=True)
class Window:
    """The days that a report is about, both inclusive, as text ``yyyy-MM-dd``."""

    start: str
    end: str

    @staticmethod
    def of(start: str, end: str) -> Window:
        """From what a person wrote: ``2018``, ``2018-11`` or ``2018-11-15``."""
        first, last = Moment.parse(start), Moment.parse(end)
        if last.end <= first.start:
            raise ProjectError(
                f"the range ends ({end}) before it starts ({start})", fix="swap --start and --end"
            )
        return Window(f"{first.start:%Y-%m-%d}", f"{last.end - timedelta(microseconds=1):%Y-%m-%d}")

    def days(self, column: str = "dt") -> str:
        """The predicate of a table partitioned by days (and hours)."""
        return f"{column} BETWEEN '{self.start}' AND '{self.end}'"

    def months(self) -> str:
        """The predicate of a table partitioned by ``year`` and ``month``; the years prune partitions."""
        return f"{self.years()} AND concat(year, '-', month) BETWEEN '{self.start[:7]}' AND '{self.end[:7]}'"

    def years(self) -> str:
        return f"year BETWEEN '{self.start[:4]}' AND '{self.end[:4]}'"

    def predicate(self, partitions: Sequence[str]) -> str | None:
        """That of a table with these partition columns; None where their names tell no time."""
        match tuple(partitions):
            case (("dt" | "ds" | "day") as column, *_):
                return self.days(column)
            case ("year", "month", *_):
                return self.months()
            case ("year", *_):
                return self.years()
            case _:
                return None


@dataclass(frozen=True)
class Figure:
    """A chart of the rows that ``sql`` answers. ``title`` says what is shown, ``about`` how to read it."""

    title: str
    sql: str
    chart: Spec
    about: str = ""
    wide: bool = False


@dataclass(frozen=True)
class Numbers:
    """The few numbers to begin with: one row, of which each column is shown under its field's title."""

    sql: str
    fields: tuple[Field, ...]


@dataclass(frozen=True)
class Listing:
    """The rows that ``sql`` answers, as a table."""

    title: str
    sql: str
    fields: tuple[Field, ...]
    about: str = ""


@dataclass(frozen=True)
class Quality:
    """What each column of a table holds, from one scan of the window's partitions."""

    table: str


Part = Figure | Numbers | Listing | Quality


@dataclass(frozen=True)
class Section:
    title: str
    parts: tuple[Part, ...]
    about: str = ""


@dataclass(frozen=True)
class Answered:
    """A part, the tables it reads, the query as asked, and its rows."""

    part: Part
    tables: tuple[str, ...]
    sql: str
    records: list[Record]
    columns: tuple[Column, ...] = ()
    cut: bool = False


@dataclass(frozen=True)
class Page:
    """A report, answered: what the page shows."""

    domain: str
    title: str
    about: str
    window: Window
    made: datetime
    sections: list[tuple[Section, list[Answered]]] = field(default_factory=list)


Ask = Callable[[str, int | None], Rows]
"""A query and at most how many rows; :meth:`runner.api.Warehouse.query` is one."""


def make(lake: Lake, domain: str, start: str, end: str) -> Page:
    """Ask everything that a domain's report shows; nothing is written."""
    window = Window.of(start, end)
    module = load(lake.root, lake.config.reports, domain)
    page = Page(domain, module.TITLE, module.ABOUT, window, datetime.now(UTC))

    def ask(sql: str, limit: int | None) -> Rows:
        return lake.engine.query(sql, limit)

    def contract(name: TableName) -> Contract:
        return lake.log(name).state().contract or lake.project.contract(name)

    for section in module.sections(window):
        lake.progress(f"{domain}: {section.title}")
        page.sections.append((section, [answer(part, window, ask, contract) for part in section.parts]))
    return page


def load(root: Path, known: Mapping[str, str], domain: str) -> Any:
    """A domain's report module; :class:`ProjectError` says what there is instead."""
    if domain not in known:
        raise ProjectError(
            f"there is no report {domain!r}",
            where=Location("pyproject.toml"),
            fix=f"[tool.warehouse.reports] has: {', '.join(sorted(known)) or 'none'}",
        )
    if str(root) not in sys.path:
        sys.path.insert(0, str(root))
    try:
        module = importlib.import_module(known[domain])
    except ImportError as error:
        raise ProjectError(
            f"the report {domain!r} cannot be imported: {error}",
            where=Location("pyproject.toml"),
            why=f"[tool.warehouse.reports] says {known[domain]!r}",
        ) from None
    missing = [name for name in ("TITLE", "ABOUT", "sections") if not hasattr(module, name)]
    if missing:
        raise ProjectError(f"the report module {known[domain]} lacks {', '.join(missing)}")
    return module


def answer(part: Part, window: Window, ask: Ask, contract: Callable[[TableName], Contract]) -> Answered:
    """Ask what one part shows."""
    if isinstance(part, Quality):
        known = contract(TableName.parse(part.table))
        sql = scan(known, window.predicate(known.partition_columns))
        rows = ask(sql, None)
        records = unpack(known.all_columns, rows.rows[0])
        return Answered(part, (part.table,), sql, records, known.all_columns)
    sql = "\n".join(line.rstrip() for line in part.sql.strip().splitlines())
    read = sorted({str(reference.table) for reference in parse_query(sql).inputs})
    rows = ask(sql, MOST_ROWS + 1)
    records = [{n: plain(v) for n, v in zip(rows.columns, row, strict=True)} for row in rows.rows]
    return Answered(part, tuple(read), sql, records[:MOST_ROWS], cut=len(records) > MOST_ROWS)


def scan(contract: Contract, where: str | None) -> str:
    """One SELECT of one row: how many rows, and for each column how many filled, distinct, least, most."""
    asked = ["count(*)"]
    for column in contract.all_columns:
        name = quote(column.name)
        asked.append(f"count({name})")
        if simple(column):
            text = f"left(CAST({{}}({name}) AS STRING), {LONGEST + 1})"
            asked += [f"approx_count_distinct({name})", text.format("min"), text.format("max")]
    select = ",\n  ".join(f"{sql} AS c{i}" for i, sql in enumerate(asked))
    condition = f"\nWHERE {where}" if where else ""
    return f"SELECT\n  {select}\nFROM {contract.name.quoted}{condition}"


def simple(column: Column) -> bool:
    """Whether values have an order and a text to show: binary and nested ones have not."""
    return not column.type.startswith(("array", "map", "struct", "uniontype", "binary"))


def unpack(columns: Sequence[Column], row: Sequence[Any]) -> list[Record]:
    """The answer of :func:`scan` as one record per column."""
    values = iter(row)
    rows = next(values)
    records = []
    for column in columns:
        record: Record = {"column": column.name, "type": column.type, "rows": rows, "filled": next(values)}
        if simple(column):
            record |= {"distinct": next(values), "least": next(values), "most": next(values)}
        records.append(record)
    return records


def plain(value: Any) -> Any:
    """A value as JSON and JavaScript know it: money loses nothing that a pixel could show."""
    match value:
        case Decimal():
            return float(value)
        case datetime():
            return (value if value.tzinfo else value.replace(tzinfo=UTC)).isoformat().replace("+00:00", "Z")
        case date():
            return value.isoformat()
        case bytes() | bytearray():
            return bytes(value).hex()
        case float() if value != value or value in (float("inf"), float("-inf")):
            return None
        case None | bool() | int() | float() | str():
            return value
        case list() | tuple():
            return [plain(v) for v in value]
        case dict():
            return {str(k): plain(v) for k, v in value.items()}
        case _:
            return str(value)


def tables(sections: Iterable[Section]) -> set[str]:
    """Every table that a report reads."""
    found: set[str] = set()
    for section in sections:
        for part in section.parts:
            if isinstance(part, Quality):
                found.add(part.table)
            else:
                found |= {str(r.table) for r in parse_query(part.sql).inputs}
    return found
