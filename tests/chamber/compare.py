"""Published tables of one year's file against the oracle. ``query`` gives rows as lists, dates as text."""

from __future__ import annotations

import re
from collections.abc import Callable
from decimal import Decimal
from typing import Any

from tests.chamber import oracle

Query = Callable[[str], list[list[Any]]]
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


def texts(query: Query, rows: list[oracle.Row]) -> None:
    found = query(
        "SELECT CAST(issue_date AS STRING), document_id, deputy_name, register_id, party, state, category, "
        "passenger, route, batch_id, installment, document_type, specification, CAST(net_value AS STRING) "
        "FROM chamber.expenses"
    )
    expected = [
        [
            row["datEmissao"][:10] or None,
            int(row["ideDocumento"]) or None,
            row["txNomeParlamentar"],
            int(row["idecadastro"]) if row["idecadastro"] else None,
            row["sgPartido"] or None,
            row["sgUF"] or None,
            row["txtDescricao"],
            row["txtPassageiro"].strip(" ") or None,
            row["txtTrecho"] or None,
            int(row["numLote"]) or None,
            int(row["numParcela"]),
            int(row["indTipoDocumento"]),
            row["txtDescricaoEspecificacao"] or None,
            f"{oracle.amount(row['vlrLiquido']) + Decimal('0.00'):.2f}",
        ]
        for row in rows
    ]
    assert sorted(map(str, found)) == sorted(map(str, expected))


def summary(query: Query, rows: list[oracle.Row]) -> None:
    found = query(
        "SELECT month, deputy_id, party, state, category_id, expenses, document_value, disallowed_value, "
        "net_value, refund_value FROM chamber.monthly_summary WHERE year = '2017'"
    )
    assert sums(found, 5) == oracle.by(rows, "numMes", "nuDeputadoId", "sgPartido", "sgUF", "numSubCota")


def dimensions(query: Query, rows: list[oracle.Row]) -> None:
    deputies = query("SELECT deputy_id, name, is_leadership, state, party FROM chamber.deputies")
    assert {tuple(map(str, d)) for d in deputies} == {
        (
            r["nuDeputadoId"],
            r["txNomeParlamentar"],
            str(not r["idecadastro"]),
            r["sgUF"] or "None",
            r["sgPartido"] or "None",
        )
        for r in rows
    }
    categories = query("SELECT category_id, name FROM chamber.categories")
    assert {(str(number), name) for number, name in categories} == {
        (r["numSubCota"], r["txtDescricao"]) for r in rows
    }
    members = query("SELECT party, deputies FROM chamber.parties")
    spenders = {(r["sgPartido"], r["nuDeputadoId"]) for r in rows if r["sgPartido"]}
    assert {party: int(number) for party, number in members} == {
        party: sum(p == party for p, _ in spenders) for party, _ in spenders
    }


def suppliers(query: Query, rows: list[oracle.Row]) -> None:
    expected = oracle.suppliers(rows)
    found = query("SELECT supplier_id, kind, document, name FROM chamber.suppliers")
    assert len(found) == len(expected)
    companies = {document: name for _, kind, document, name in found if kind == "company"}
    for (kind, number), names in expected.items():
        if kind == "company":
            most = max(names.values())
            usual = {masked(name) for name, count in names.items() if count == most}
            assert companies[number] in usual or len({masked(n) for n in names}) < len(names)


def masked(text: str) -> str:
    return re.sub(r"(?<![0-9])[0-9]{3}\.?([0-9]{3})\.?([0-9]{3})-?[0-9]{2}(?![0-9])", r"***.\1.\2-**", text)


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


ALL = (months, companies, texts, summary, dimensions, suppliers, no_cpf)
