"""The chamber warehouse through the real tool, against plain Python over the same yearly file."""

from __future__ import annotations

import re
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path

import pytest
from weblogs.session import DATA, Session

from chamber import oracle

REAL = DATA / "deputies"
SUMS = (
    "count(*), CAST(sum(document_value) AS DECIMAL(28,2)), CAST(sum(disallowed_value) AS DECIMAL(28,2)), "
    "CAST(sum(net_value) AS DECIMAL(28,2)), CAST(sum(refund_value) AS DECIMAL(28,2))"
)
pytestmark = [pytest.mark.spark, pytest.mark.metastore]


@pytest.fixture(scope="module")
def session(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Session]:
    with Session(tmp_path_factory.mktemp("project"), "chamber") as opened:
        opened.call("ddl_apply")
        yield opened


@pytest.fixture(scope="module")
def rows(session: Session) -> list[oracle.Row]:
    """The real records, after they were landed and carried through all tables."""
    if not REAL.is_dir():
        pytest.skip(f"the real file is not there: {REAL}")
    session.land(REAL)
    outcomes = session.backfill("2017", "2017")
    assert {o["status"] for o in outcomes.values()} == {"published"}, outcomes
    assert outcomes["chamber.expenses year=2017"]["warnings"] == [
        "net value is the document's less what was disallowed"
    ]
    return list(oracle.records(next(REAL.iterdir())))


def sums(found: list[list[str]], keys: int) -> dict[tuple[str, ...], oracle.Sums]:
    made = {
        tuple("" if key is None else str(key) for key in row[:keys]): oracle.Sums(
            int(row[keys]), *(Decimal(value) for value in row[keys + 1 :])
        )
        for row in found
    }
    assert len(made) == len(found)
    return made


@pytest.mark.data
def test_expenses_of_every_month_equal_the_oracle(session: Session, rows: list[oracle.Row]) -> None:
    found = session.query(f"SELECT month, {SUMS} FROM chamber.expenses WHERE year = '2017' GROUP BY month")
    assert sums(found, 1) == oracle.by(rows, "numMes")
    assert session.query("SELECT count(*) FROM chamber.rejected_lines") == [[0]]


@pytest.mark.data
def test_expenses_of_every_supplier_equal_the_oracle(session: Session, rows: list[oracle.Row]) -> None:
    found = session.query(
        f"SELECT supplier_document, {SUMS} FROM chamber.expenses WHERE supplier_kind = 'company' GROUP BY 1"
    )
    companies = [row for row in rows if len(row["txtCNPJCPF"]) == 14]
    assert sums(found, 1) == oracle.by(companies, "txtCNPJCPF")


@pytest.mark.data
def test_texts_and_dates_come_through(session: Session, rows: list[oracle.Row]) -> None:
    found = session.query(
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


@pytest.mark.data
def test_the_summary_equals_the_oracle(session: Session, rows: list[oracle.Row]) -> None:
    found = session.query(
        "SELECT month, deputy_id, party, state, category_id, expenses, document_value, disallowed_value, "
        "net_value, refund_value FROM chamber.monthly_summary WHERE year = '2017'"
    )
    assert sums(found, 5) == oracle.by(rows, "numMes", "nuDeputadoId", "sgPartido", "sgUF", "numSubCota")


@pytest.mark.data
def test_the_dimensions_equal_the_oracle(session: Session, rows: list[oracle.Row]) -> None:
    deputies = session.query("SELECT deputy_id, name, is_leadership, state, party FROM chamber.deputies")
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
    categories = session.query("SELECT category_id, name FROM chamber.categories")
    assert {(str(number), name) for number, name in categories} == {
        (r["numSubCota"], r["txtDescricao"]) for r in rows
    }
    members = session.query("SELECT party, deputies FROM chamber.parties")
    spenders = {(r["sgPartido"], r["nuDeputadoId"]) for r in rows if r["sgPartido"]}
    assert dict(members) == {party: sum(p == party for p, _ in spenders) for party, _ in spenders}


@pytest.mark.data
def test_suppliers_equal_the_oracle(session: Session, rows: list[oracle.Row]) -> None:
    expected = oracle.suppliers(rows)
    found = session.query("SELECT supplier_id, kind, document, name FROM chamber.suppliers")
    assert len(found) == len(expected)
    companies = {document: name for _, kind, document, name in found if kind == "company"}
    for (kind, number), names in expected.items():
        if kind == "company":
            most = max(names.values())
            usual = {masked(name) for name, count in names.items() if count == most}
            assert companies[number] in usual or len({masked(n) for n in names}) < len(names)


def masked(text: str) -> str:
    return re.sub(r"(?<![0-9])[0-9]{3}\.?([0-9]{3})\.?([0-9]{3})-?[0-9]{2}(?![0-9])", r"***.\1.\2-**", text)


@pytest.mark.data
def test_no_cpf_is_published(session: Session, rows: list[oracle.Row]) -> None:
    known = oracle.cpfs(rows)
    assert len(known) > 300
    texts: set[str] = set()
    for table in ("expenses", "suppliers", "deputies", "parties", "categories", "rejected_lines"):
        for row in session.query(f"SELECT * FROM chamber.{table}"):
            texts.update(value for value in row if isinstance(value, str))
    digits = re.compile(r"(?<![0-9a-f])[0-9]{11}(?![0-9a-f])")
    assert not [text for text in texts if known.intersection(digits.findall(text))]
    assert not [text for text in texts if re.search(r"[0-9]{3}\.[0-9]{3}\.[0-9]{3}-[0-9]{2}", text)]


HEADER = (
    "txNomeParlamentar;idecadastro;nuCarteiraParlamentar;nuLegislatura;sgUF;sgPartido;codLegislatura;numSubCota;"
    "txtDescricao;numEspecificacaoSubCota;txtDescricaoEspecificacao;txtFornecedor;txtCNPJCPF;txtNumero;"
    "indTipoDocumento;datEmissao;vlrDocumento;vlrGlosa;vlrLiquido;numMes;numAno;numParcela;txtPassageiro;"
    "txtTrecho;numLote;numRessarcimento;vlrRestituicao;nuDeputadoId;ideDocumento"
)
RECORD = {
    "txNomeParlamentar": "ANA", "idecadastro": "7", "nuCarteiraParlamentar": "8", "nuLegislatura": "2015",
    "sgUF": "SP", "sgPartido": "PX", "codLegislatura": "55", "numSubCota": "3", "txtDescricao": "TÁXI",
    "numEspecificacaoSubCota": "0", "txtFornecedor": "POSTO", "txtCNPJCPF": "00000000000191",
    "txtNumero": "1", "indTipoDocumento": "0", "datEmissao": "2018-01-31 00:00:00",
    "vlrDocumento": "10,5", "vlrGlosa": "0", "vlrLiquido": "10,5", "numMes": "1", "numAno": "2018",
    "numParcela": "0", "numLote": "1", "numRessarcimento": "1",
    "vlrRestituicao": "0", "nuDeputadoId": "1", "ideDocumento": "1",
}  # fmt: skip


def record(**values: str) -> str:
    return ";".join((RECORD | values).get(name, "") for name in HEADER.split(";"))


def publish(session: Session, directory: Path, year: int, *lines: str) -> None:
    directory.mkdir()
    (directory / f"Ano-{year}.csv").write_text("\ufeff" + "\n".join([HEADER, *lines]) + "\n")
    session.land(directory)
    outcomes = session.backfill(str(year), str(year))
    assert {o["status"] for o in outcomes.values()} <= {"published"}, outcomes


def test_broken_lines_are_kept_with_their_reason(session: Session, tmp_path: Path) -> None:
    good = [
        record(),
        record(),
        record(vlrLiquido="1.234,50", vlrDocumento="1234.50"),
        record(vlrLiquido="-0", vlrDocumento="-0,5", vlrGlosa="", vlrRestituicao=""),
        record(txtFornecedor='"POSTO ""A""; B"', txtCNPJCPF="00.000.000/0001-91"),
        record(txtFornecedor="JOSÉ 123.456.789-09", txtCNPJCPF="01234567890", txtNumero="01234567890"),
        record(datEmissao="31/02/2018", idecadastro="", sgUF="", sgPartido="", ideDocumento="0"),
    ]
    bad = {
        "": "empty",
        "cut;record": "field_count",
        record() + ";one more": "field_count",
        record(numAno="2017"): "bad_year",
        record(numMes="13"): "bad_month",
        record(numMes=""): "bad_month",
        record(nuDeputadoId="x"): "bad_deputy",
        record(numSubCota=""): "bad_category",
        record(vlrLiquido="1.234"): "bad_amount",
        record(vlrLiquido="1,234"): "bad_amount",
        record(vlrLiquido=""): "bad_amount",
        record(vlrDocumento="R$ 5"): "bad_amount",
        record(vlrGlosa="1e5", txtCNPJCPF="01234567890"): "bad_amount",
    }
    publish(session, tmp_path / "a", 2018, *good, *bad)
    rejected = dict(session.query("SELECT line, reason FROM chamber.rejected_lines WHERE year = '2018'"))
    assert rejected == {masked(line): reason for line, reason in bad.items()}
    found = session.query(
        "SELECT CAST(net_value AS STRING), CAST(document_value AS STRING), supplier_document, supplier_name, "
        "document_number, repeat_number, CAST(issue_date AS STRING), party "
        "FROM chamber.expenses WHERE year = '2018'"
    )
    cnpj, usual = "00000000000191", ["1", 1, "2018-01-31", "PX"]
    assert sorted(found, key=str) == sorted(
        [
            ["10.50", "10.50", cnpj, "POSTO", *usual],
            ["10.50", "10.50", cnpj, "POSTO", "1", 2, "2018-01-31", "PX"],
            ["1234.50", "1234.50", cnpj, "POSTO", *usual],
            ["0.00", "-0.50", cnpj, "POSTO", *usual],
            ["10.50", "10.50", cnpj, 'POSTO "A"; B', *usual],
            ["10.50", "10.50", "***.345.678-**", "JOSÉ ***.456.789-**", "***.345.678-**", *usual[1:]],
            ["10.50", "10.50", cnpj, "POSTO", "1", 1, None, None],
        ],
        key=str,
    )


def test_months_that_vanish_from_a_year_vanish(session: Session, tmp_path: Path) -> None:
    january, march = record(numAno="2019"), record(numAno="2019", numMes="3")
    publish(session, tmp_path / "a", 2019, january, march, march)
    count = "SELECT month, count(*) FROM chamber.{} WHERE year = '2019' GROUP BY month ORDER BY month"
    assert session.query(count.format("expenses")) == [["01", 1], ["03", 2]]

    publish(session, tmp_path / "b", 2019, january)
    assert session.query(count.format("expenses")) == [["01", 1]]
    assert session.query(count.format("monthly_summary")) == [["01", 1]]


def test_other_layouts_land_the_same_expenses(session: Session, tmp_path: Path) -> None:
    lines = [record(numAno="2020"), record(numAno="2020", numMes="2", txtFornecedor="CASA")]
    publish(session, tmp_path / "a", 2020, *lines)
    content = (
        "SELECT deputy_id, supplier_id, supplier_name, month, CAST(net_value AS STRING), expense_id "
        "FROM chamber.expenses WHERE year = '2020' ORDER BY month"
    )
    before = session.query(content)

    names = [*reversed(HEADER.split(";")), "urlDocumento"]
    values = [dict(zip(HEADER.split(";"), line.split(";"), strict=True)) for line in lines]
    text = ['"' + '";"'.join(names) + '"']
    text += ['"' + '";"'.join(row.get(name, "http://x") for name in names) + '"' for row in values]
    other = tmp_path / "b"
    other.mkdir()
    (other / "Ano-2020.csv").write_text("\n".join(text) + "\n")
    session.land(other)
    session.backfill("2020", "2020")
    assert session.query(content) == before
    assert len(before) == 2
