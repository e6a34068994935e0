"""Landing the Chamber's yearly files: one record a line, whatever the file's layout."""

from __future__ import annotations

import csv
import gzip
import io
import zipfile
from datetime import date
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from landing import Piece, chamber, files
from landing.chamber_csv import FIELDS, landed, written
from warehouse.errors import ProjectError

HEADER = ";".join(FIELDS).encode() + b"\n"


def record(name: str = "ANA", **values: str) -> list[str]:
    return [values.get(field, name if field == "txNomeParlamentar" else "1") for field in FIELDS]


def real(source: Path) -> dict[str, bytes]:
    return {piece.key: piece.data for piece in chamber.real(source, hourly=False)}


def fields(line: bytes) -> list[str]:
    return next(csv.reader(io.StringIO(line.decode(), newline=""), delimiter=";"))


def test_a_file_in_the_known_layout_lands_as_it_is(tmp_path: Path) -> None:
    text = HEADER + written(record()) + b"cut;record\n\n" + "BÁRBARA;\xad".encode() + b"\xff\n"
    (tmp_path / "Ano-2017.csv").write_bytes(text)
    pieces = real(tmp_path)
    assert b"".join(pieces.values()) == text
    assert set(pieces) == {f"chamber/raw_expenses/year=2017/Ano-2017.0{n}.csv" for n in (1, 2, 3, 4)}


def test_a_zip_is_its_csv(tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "Ano-2017.zip", "w") as archive:
        archive.writestr("Ano-2017.csv", b"\xef\xbb\xbf" + HEADER + written(record()))
    assert b"".join(real(tmp_path).values()) == HEADER + written(record())


def test_a_year_that_gets_shorter_leaves_no_tail(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(chamber, "PIECE_BYTES", 200)
    path = tmp_path / "Ano-2017.csv"
    path.write_bytes(HEADER + written(record()) * 6)
    lake = real(tmp_path)
    assert sum(1 for data in lake.values() if data) > 1
    path.write_bytes(HEADER + written(record()))
    lake.update(real(tmp_path))
    assert b"".join(lake.values()) == HEADER + written(record())


def test_a_year_of_more_files_than_slots_leaves_those_beyond(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As the docs say: landing cannot delete."""
    monkeypatch.setattr(chamber, "PIECE_BYTES", 1)
    path = tmp_path / "Ano-2017.csv"
    path.write_bytes(HEADER + written(record()) * 5)
    lake = real(tmp_path)
    path.write_bytes(HEADER + written(record()))
    lake.update(real(tmp_path))
    left = [key.rpartition("/")[2] for key, data in lake.items() if data]
    assert left == ["Ano-2017.01.csv", "Ano-2017.02.csv", "Ano-2017.05.csv", "Ano-2017.06.csv"]


def test_other_layouts_are_rewritten_by_name() -> None:
    names = ["cpf", *reversed(FIELDS[:-1]), "urlDocumento"]
    values = ["12345678901", *reversed(record(txtFornecedor='POSTO "A"; B')[:-1]), "http://x"]
    lines = list(landed([b'"' + b'";"'.join(n.encode() for n in names) + b'"\n', written(values)], Path("x")))
    assert lines[0] == HEADER
    assert fields(lines[1]) == [*record(txtFornecedor='POSTO "A"; B')[:-1], ""]
    assert b"12345678901" not in lines[1]


def test_a_broken_record_of_another_layout_never_looks_whole() -> None:
    header = ";".join(FIELDS[:-1]).encode() + b"\n"
    one_too_many = ";".join(record()).encode() + b"\n"
    assert len(fields(list(landed([header, one_too_many], Path("x")))[1])) == 1


def test_line_ends_inside_quotes_become_spaces() -> None:
    broken = written(record(txtFornecedor="PADARIA\r\nDO ZÉ"))
    lines = list(landed([HEADER, *broken.splitlines(keepends=True), written(record())], Path("x")))
    assert [fields(line) for line in lines[1:]] == [record(txtFornecedor="PADARIA DO ZÉ"), record()]


def test_a_quote_that_is_never_closed_spoils_its_own_line_only() -> None:
    stray = b'"ANA;' + b";".join([b"1"] * 28) + b"\n"
    lines = list(landed([HEADER, stray, *[written(record())] * 100], Path("x")))
    assert lines == [HEADER, stray, *[written(record())] * 100]


def test_latin1_becomes_utf8(tmp_path: Path) -> None:
    other = record("JOSÉ", txtFornecedor="PANIFICADORA PÃO")
    (tmp_path / "Ano-2010.csv").write_bytes(HEADER + written(record("JOSÉ")).decode().encode("cp1252"))
    (tmp_path / "Ano-2011.csv.gz").write_bytes(gzip.compress(HEADER + written(other)))
    assert b"".join(real(tmp_path).values()) == HEADER + written(record("JOSÉ")) + HEADER + written(other)


def test_a_line_longer_than_memory_is_several_of_which_none_is_whole(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(files, "LONGEST", 1000)
    (tmp_path / "Ano-2017.csv").write_bytes(HEADER + b"x" * 2500 + b"\n" + written(record()))
    found = b"".join(real(tmp_path).values()).splitlines(keepends=True)
    assert [len(line) for line in found[1:]] == [1001, 1001, 501, len(written(record()))]


@given(
    st.lists(
        st.lists(st.text(st.characters(exclude_categories=["Cs"]), max_size=5), min_size=29, max_size=29)
    )
)
def test_no_record_is_lost(rows: list[list[str]]) -> None:
    text = io.StringIO(newline="")
    csv.writer(text, delimiter=";", lineterminator="\n", quoting=csv.QUOTE_ALL).writerows([FIELDS, *rows])
    lines = list(landed(io.BytesIO(text.getvalue().encode()), Path("x")))[1:]
    flat = [
        [value.replace("\r\n", " ").replace("\n", " ").replace("\r", " ") for value in row] for row in rows
    ]
    assert [fields(line) for line in lines] == flat
    assert all(line.count(b"\n") == 1 and b"\r" not in line for line in lines)


@pytest.mark.parametrize(
    ("name", "data", "told"),
    [
        ("deputies.csv", HEADER, "Ano-2017.csv"),
        ("Ano-2017.csv", b"a;b\n1;2\n", "does not name"),
        ("Ano-2017.csv", b"", "does not name"),
        ("Ano-2017.zip", b"no zip", "cannot be read"),
        ("Ano-2017.csv.gz", gzip.compress(HEADER * 99, mtime=0)[:-9], "cannot be read"),
        ("Ano-2017.csv", HEADER.decode().encode("utf-16"), "is UTF-16"),
        ("Ano-2017.csv", HEADER.replace(b"\n", b"\r") * 2, "carriage returns alone"),
        ("Ano-2017.csv", HEADER.replace(b"vlrGlosa", b"vlrLiquido"), "names vlrliquido twice"),
        ("Ano-2017.csv", b"\n\nANA;1\n", "Ano-2017.csv:3"),
    ],
)
def test_what_is_no_yearly_file_is_told(tmp_path: Path, name: str, data: bytes, told: str) -> None:
    (tmp_path / name).write_bytes(data)
    with pytest.raises(ProjectError) as error:
        real(tmp_path)
    assert told in str(error.value)


def test_two_files_of_one_year_are_told(tmp_path: Path) -> None:
    (tmp_path / "Ano-2017.csv").write_bytes(HEADER)
    (tmp_path / "Ano-2017.zip").write_bytes(b"")
    with pytest.raises(ProjectError, match="two files of the year 2017"):
        real(tmp_path)


def generated(start: str, end: str, *, seed: int = 1, rate: float = 20.5) -> list[Piece]:
    first, last = date.fromisoformat(start), date.fromisoformat(end)
    return list(chamber.generated(first, last, seed=seed, rate=rate, hourly=False))


def test_generated_years_grow_as_published_again() -> None:
    spring, summer = generated("2017-01-01", "2017-04-10"), generated("2017-02-01", "2017-07-31")
    assert summer[0].data.startswith(spring[0].data)
    assert generated("2016-01-01", "2017-04-10")[4:] == spring
    assert generated("2017-01-01", "2017-04-10", seed=2) != spring
    assert 1900 < spring[0].data.count(b"\n") < 2200


def test_generated_records_are_in_the_known_layout() -> None:
    lines = generated("2017-01-01", "2017-03-31")[0].data.splitlines(keepends=True)
    assert list(landed(lines, Path("x"))) == lines
    rows = [fields(line) for line in lines[1:]]
    assert sum(len(row) == 29 for row in rows) > 0.99 * len(rows)
    whole = [dict(zip(FIELDS, row, strict=True)) for row in rows if len(row) == 29]
    assert {len(row["txtCNPJCPF"]) for row in whole} == {0, 11, 14}
    assert any(row["vlrLiquido"].startswith("-") for row in whole)
    assert any(row["idecadastro"] == "" for row in whole)
    assert any(row["txtCNPJCPF"].startswith("0") for row in whole)
