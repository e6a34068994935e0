"""The Chamber's CSV, one record a line, in the layout of the file of 2017."""

from __future__ import annotations

import csv
import io
import re
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from itertools import islice
from pathlib import Path

from landing.files import text
from warehouse.errors import Location, ProjectError

LONGEST_RECORD = 50
"""Lines that one record may have: an opening quote without its closing one is no reason to read on."""

_HEADER = (
    "txNomeParlamentar;idecadastro;nuCarteiraParlamentar;nuLegislatura;sgUF;sgPartido;codLegislatura;"
    "numSubCota;txtDescricao;numEspecificacaoSubCota;txtDescricaoEspecificacao;txtFornecedor;txtCNPJCPF;"
    "txtNumero;indTipoDocumento;datEmissao;vlrDocumento;vlrGlosa;vlrLiquido;numMes;numAno;numParcela;"
    "txtPassageiro;txtTrecho;numLote;numRessarcimento;vlrRestituicao;nuDeputadoId;ideDocumento"
)
FIELDS = tuple(_HEADER.split(";"))
"""The fields of the file of 2017, in its order."""
_NAMES = [name.lower() for name in FIELDS]
_NEEDED = {
    "txnomeparlamentar",
    "numsubcota",
    "vlrdocumento",
    "vlrliquido",
    "nummes",
    "numano",
    "nudeputadoid",
}
_LINE_END = re.compile(r"\r\n|\r|\n")
_LONE_RETURN = re.compile(r"\r(?!\n)")


def written(values: Iterable[str]) -> bytes:
    """A record as a line, quoted where need be."""
    line = io.StringIO()
    csv.writer(line, delimiter=";", lineterminator="\n").writerow(values)
    return line.getvalue().encode("utf-8", "surrogateescape")


def landed(lines: Iterable[bytes], path: Path) -> Iterator[bytes]:
    """The lines of a year's file as they land, the one that names the fields first.

    :class:`ProjectError` where the first line that is not empty names no fields, or not those that an expense
    needs, or one of them twice.
    """
    rest = iter(lines)
    number, first = next(((n, line) for n, line in enumerate(rest, 1) if line.strip()), (1, b""))
    names = [name.strip().lower() for name in _values(first) or ()]
    if why := _no_header(first, names):
        raise ProjectError(
            f"{path.name} is not one of the Chamber's yearly files",
            where=Location(str(path), number, None, first[:200].decode("utf-8", "replace").rstrip()),
            why=why,
        )
    if names == _NAMES:
        yield _flat(first)
        yield from (_flat(record) for record in _whole(rest, len(names)))
        return
    yield written(FIELDS)
    rewrite = _rewriter(names)
    yield from (rewrite(record) for record in _whole(rest, len(names)))


def _no_header(line: bytes, names: list[str]) -> str | None:
    """Why a line does not name the fields of expenses; None where it does."""
    if _LONE_RETURN.search(line.decode("latin-1").rstrip("\r\n")):
        return "its lines end in carriage returns alone"
    if missing := _NEEDED.difference(names):
        return f"its first line does not name {', '.join(sorted(missing))}"
    twice = sorted({name for name in names if name in _NAMES and names.count(name) > 1})
    return f"its first line names {', '.join(twice)} twice" if twice else None


def _rewriter(names: list[str]) -> Callable[[bytes], bytes]:
    places = [names.index(name) if name in names else None for name in _NAMES]

    def rewrite(record: bytes) -> bytes:
        values = _values(record)
        if values is None or len(values) != len(names):
            return written([_text(_flat(record))])
        return written("" if place is None else _LINE_END.sub(" ", values[place]) for place in places)

    return rewrite


def _whole(lines: Iterator[bytes], width: int) -> Iterator[bytes]:
    """Records, where one may go over several lines inside quotes. What does not fit stays line by line."""
    ahead: deque[bytes] = deque()
    while line := ahead.popleft() if ahead else next(lines, b""):
        if b'"' not in line or _values(line) is not None:
            yield line
            continue
        ahead.extend(islice(lines, max(0, LONGEST_RECORD - 1 - len(ahead))))
        for count in range(1, len(ahead) + 1):
            values = _values(record := line + b"".join(islice(ahead, count)))
            if values is not None and len(values) == width:
                for _ in range(count):
                    ahead.popleft()
                line = record
                break
        yield line


def _values(record: bytes) -> list[str] | None:
    """The fields of a record; None where its quotes do not match."""
    try:
        # A carriage return of its own ends no line here, but csv thinks it does.
        return next(csv.reader([_LONE_RETURN.sub(" ", _text(record))], delimiter=";", strict=True), [])
    except csv.Error:
        return None


def _text(record: bytes) -> str:
    # Single bytes that are not UTF-8 come out as they went in.
    return text(record.removesuffix(b"\n").removesuffix(b"\r"), "surrogateescape")


def _flat(record: bytes) -> bytes:
    """The record on one line, with its line end."""
    return _LINE_END.sub(" ", _text(record)).encode("utf-8", "surrogateescape") + b"\n"
