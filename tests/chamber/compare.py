"""Published tables of one year's file against the oracle. ``query`` gives rows as lists, dates as text."""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Callable
from dataclasses import astuple, fields
from decimal import Decimal
from typing import Any
from zlib import crc32

from tests.chamber import expected, oracle

Query = Callable[[str], list[list[Any]]]
NOTHING = "(null)"
SUMS = (
    "count(*), CAST(sum(document_value) AS DECIMAL(28,2)), CAST(sum(disallowed_value) AS DECIMAL(28,2)), "
    "CAST(sum(net_value) AS DECIMAL(28,2)), CAST(sum(refund_value) AS DECIMAL(28,2))"
)


def everything(query: Query, rows: list[oracle.Row]) -> None:
    """All that is compared below."""
    for part in ALL:
        part(query, rows)


def sums(found: list[list[str]], keys: int) -> dict[tuple[str, ...], oracle.Sums]:
    made = {
        tuple("" if key is None else str(key) for key in row[:keys]): oracle.Sums(
            int(row[keys]), *(Decimal(value) for value in row[keys + 1 :])
        )
        for row in found
    }
    assert len(made) == len(found)
    return made


def months(query: Query, rows: list[oracle.Row]) -> None:
    found = query(f"SELECT month, {SUMS} FROM chamber.expenses WHERE year = '2017' GROUP BY month")
    assert sums(found, 1) == oracle.by(rows, "numMes")
    assert query("SELECT count(*) FROM chamber.rejected_lines") == [[0]]


def companies(query: Query, rows: list[oracle.Row]) -> None:
    found = query(
        f"SELECT supplier_document, {SUMS} FROM chamber.expenses WHERE supplier_kind = 'company' GROUP BY 1"
    )
    companies = [row for row in rows if len(row["txtCNPJCPF"]) == 14]
    assert sums(found, 1) == oracle.by(companies, "txtCNPJCPF")


def columns(query: Query, rows: list[oracle.Row]) -> None:
    """Every column of every row: by month, sums of checksums of each, and of whole rows."""
    names = [field.name for field in fields(expected.Expense)]
    texts = [f"coalesce(CAST({name} AS STRING), '{NOTHING}')" for name in names]
    asked = [*texts, f"concat_ws('|', {', '.join(texts)})"]
    found = query(
        f"SELECT concat(year, '-', month), {', '.join(f'sum(crc32({text}))' for text in asked)} "
        "FROM chamber.expenses WHERE year = '2017' GROUP BY 1"
    )
    wanted: dict[str, Counter[str]] = defaultdict(Counter)
    for month, expense in expected.expenses(rows):
        values = [NOTHING if v is None else str(v) for v in astuple(expense)]
        for name, value in zip([*names, "row"], [*values, "|".join(values)], strict=True):
            wanted[month][name] += crc32(value.encode())
    made = {month: dict(zip([*names, "row"], sums, strict=True)) for month, *sums in found}
    assert made.keys() == wanted.keys()
    differing = [(m, name) for m, sums in made.items() for name in sums if sums[name] != wanted[m][name]]
    assert not differing, differing


def summary(query: Query, rows: list[oracle.Row]) -> None:
    found = query(
        "SELECT month, deputy_id, party, state, category_id, expenses, document_value, disallowed_value, "
        "net_value, refund_value FROM chamber.monthly_summary WHERE year = '2017'"
    )
    assert sums(found, 5) == oracle.by(rows, "numMes", "nuDeputadoId", "sgPartido", "sgUF", "numSubCota")


def dimensions(query: Query, rows: list[oracle.Row]) -> None:
    """Every row of all four."""
    spent = list(expected.expenses(rows))
    for table, wanted in (
        ("deputies", expected.deputies(spent)),
        ("categories", expected.categories(spent)),
        ("parties", expected.parties(spent)),
        ("suppliers", expected.suppliers(spent)),
    ):
        found = Counter(map(tuple, query(f"SELECT * FROM chamber.{table}")))
        assert not found - Counter(wanted), table
        assert not Counter(wanted) - found, table


def no_cpf(query: Query, rows: list[oracle.Row]) -> None:
    known = oracle.cpfs(rows)
    assert len(known) > 300
    texts: set[str] = set()
    for table in ("expenses", "suppliers", "deputies", "parties", "categories", "rejected_lines"):
        for row in query(f"SELECT * FROM chamber.{table}"):
            texts.update(value for value in row if isinstance(value, str))
    digits = re.compile(r"(?<![0-9a-f])[0-9]{11}(?![0-9a-f])")
    assert not [text for text in texts if known.intersection(digits.findall(text))]
    assert not [text for text in texts if re.search(r"[0-9]{3}\.[0-9]{3}\.[0-9]{3}-[0-9]{2}", text)]


ALL = (months, companies, columns, summary, dimensions, no_cpf)
