"""The rows that the chamber's tables should have, computed from a year's records in plain Python."""

from __future__ import annotations

import hashlib
import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from tests.chamber import oracle

SALT = "chamber of deputies"
"""Of the project's settings, where there is none of one's own."""


@dataclass(frozen=True)
class Expense:
    """A row of ``expenses``: the columns but year and month, as published; amounts and dates as text."""

    expense_id: str
    document_id: int | None
    deputy_id: int
    deputy_name: str
    register_id: int | None
    card_number: str | None
    legislature: int | None
    state: str | None
    party: str | None
    category_id: int
    category: str | None
    specification: str | None
    supplier_id: str
    supplier_name: str | None
    supplier_kind: str
    supplier_document: str | None
    document_number: str | None
    document_type: int
    issue_date: str | None
    document_value: str
    disallowed_value: str
    net_value: str
    refund_value: str
    installment: int
    passenger: str | None
    route: str | None
    batch_id: int | None
    reimbursement_id: str | None
    repeat_number: int


Month = str
"""``2017-01``."""


def masked(text: str) -> str:
    return re.sub(r"(?<![0-9])[0-9]{3}\.?([0-9]{3})\.?([0-9]{3})-?[0-9]{2}(?![0-9])", r"***.\1.\2-**", text)


def expenses(rows: Iterable[oracle.Row]) -> Iterator[tuple[Month, Expense]]:
    """Of equal lines the numbers follow the order of the lines as they are, CPFs and all."""
    seen: Counter[str] = Counter()
    for row in sorted(rows, key=lambda row: row["line"].encode()):
        line = masked(row["line"])
        seen[line] += 1
        yield f"{row['numAno']}-{int(row['numMes']):02}", _expense(row, line, seen[line])


def _expense(row: oracle.Row, line: str, repeat: int) -> Expense:
    kind, supplier, document = _supplier(row)
    return Expense(
        expense_id=f"{_digest(row['numAno'] + line, 32)}-{repeat}",
        document_id=int(row["ideDocumento"]) or None,
        deputy_id=int(row["nuDeputadoId"]),
        deputy_name=row["txNomeParlamentar"].strip(" "),
        register_id=int(row["idecadastro"] or 0) or None,
        card_number=row["nuCarteiraParlamentar"] or None,
        legislature=int(row["nuLegislatura"] or 0) or None,
        state=row["sgUF"] or None,
        party=row["sgPartido"] or None,
        category_id=int(row["numSubCota"]),
        category=row["txtDescricao"] or None,
        specification=row["txtDescricaoEspecificacao"] or None,
        supplier_id=supplier,
        supplier_name=masked(row["txtFornecedor"]) or None,
        supplier_kind=kind,
        supplier_document=document,
        document_number=masked(row["txtNumero"]) or None,
        document_type=int(row["indTipoDocumento"]),
        issue_date=row["datEmissao"][:10] or None,
        document_value=_money(row["vlrDocumento"]),
        disallowed_value=_money(row["vlrGlosa"]),
        net_value=_money(row["vlrLiquido"]),
        refund_value=_money(row["vlrRestituicao"]),
        installment=int(row["numParcela"]),
        passenger=masked(row["txtPassageiro"].strip(" ")) or None,
        route=masked(row["txtTrecho"]) or None,
        batch_id=int(row["numLote"]) or None,
        reimbursement_id=row["numRessarcimento"] if row["numRessarcimento"] not in ("", "0") else None,
        repeat_number=repeat,
    )


def _money(text: str) -> str:
    """The source has amounts of ``-0``, which are 0."""
    return f"{oracle.amount(text) + 0:.2f}"


def _supplier(row: oracle.Row) -> tuple[str, str, str | None]:
    """Kind, id and document: a company's is its CNPJ; no CPF is shown, nor a name hashed with one in it."""
    number = row["txtCNPJCPF"]
    match len(number):
        case 14:
            return "company", number, number
        case 11:
            return "person", f"cpf-{_digest(SALT + number, 24)}", masked(number)
        case 0:
            name = masked(row["txtFornecedor"]).strip(" ").upper()
            return "unregistered", f"name-{_digest(name, 24)}", None
        case _:
            return "other", f"other-{_digest(SALT + number, 24)}", None


def _digest(text: str, digits: int) -> str:
    return hashlib.sha256(text.encode()).hexdigest()[:digits]


Spent = list[tuple[Month, Expense]]
Rows = list[tuple[object, ...]]


def _by(spent: Spent, *columns: str) -> dict[tuple[object, ...], Spent]:
    groups: dict[tuple[object, ...], Spent] = defaultdict(list)
    for month, expense in spent:
        groups[tuple(getattr(expense, column) for column in columns)].append((month, expense))
    return groups


def _months(group: Spent) -> tuple[Month, Month]:
    return min(month for month, _ in group), max(month for month, _ in group)


def deputies(spent: Spent) -> Rows:
    rows: Rows = []
    for (deputy,), group in _by(spent, "deputy_id").items():
        e = max(group, key=lambda one: (one[0], one[1].issue_date or "", one[1].expense_id))[1]
        attributes = e.register_id, e.card_number, e.legislature, e.state, e.party
        rows.append((deputy, e.deputy_name, e.register_id is None, *attributes, *_months(group)))
    return rows


def categories(spent: Spent) -> Rows:
    return [
        (category, max((month, e.category or "") for month, e in group)[1], *_months(group))
        for (category,), group in _by(spent, "category_id").items()
    ]


def parties(spent: Spent) -> Rows:
    return [
        (
            party,
            len({e.deputy_id for _, e in group}),
            len({e.state for _, e in group} - {None}),
            *_months(group),
        )
        for (party,), group in _by(spent, "party").items()
        if party is not None
    ]


def suppliers(spent: Spent) -> Rows:
    """Each under its most usual name, of equally usual ones the greatest."""
    rows: Rows = []
    for key, group in _by(spent, "supplier_id", "supplier_kind", "supplier_document").items():
        names = Counter(e.supplier_name for _, e in group)
        usual = max(names, key=lambda name: (names[name], (name or "").encode()))
        rows.append((key[0], usual, *key[1:], *_months(group)))
    return rows
