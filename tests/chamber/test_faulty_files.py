"""The chamber warehouse on made-up yearly files: broken lines, other layouts, months that vanish."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.chamber.expected import masked
from tests.domain_session import Session

pytestmark = [pytest.mark.spark, pytest.mark.metastore]


@pytest.fixture(scope="module")
def session(open_session: Callable[..., Session]) -> Iterator[Session]:
    with open_session("chamber") as opened:
        yield opened


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
