"""A first unit test of a table, from real rows: some that belong together, and what comes of them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

from runner.inputs import Inputs
from runner.lake import Lake
from runner.unit import bench, exact, plain
from warehouse.cells import show, sql_text, yaml_text
from warehouse.contract import Contract
from warehouse.errors import Location, ProjectError
from warehouse.intervals import Interval
from warehouse.model import Model
from warehouse.names import Spec, TableName, quote
from warehouse.plan import Reader
from warehouse.types import parse_type
from warehouse.unittest_file import Case, Rows

MOST_PARTITIONS = 7
"""Of an input, the latest ones that the date reads: a snapshot of all days is not searched through."""
_LONGEST = 20


def generate(lake: Lake, table: TableName, interval: Interval, rows: int = 3) -> Path:
    """Write ``tests/sql/<db>/<table>/<interval>.yaml``: for some published rows, of each input the rows that
    have the most in common with them.

    :class:`ProjectError` where nothing is published, or the file is there.
    """
    model, spec = lake.project.model(table), lake.project.model(table).spec(interval)
    path = lake.root / "tests" / "sql" / table.db / table.table / f"{interval}.yaml"
    if path.exists():
        raise ProjectError(f"{lake.project.relative(path)} is there already", fix="give it another name")
    if not any(s.partitions for s in lake.log(table).state().overlapping(spec)):
        raise ProjectError(
            f"{table} {spec} is not published: there are no rows to begin with",
            fix=f"run it: warehouse run --select {table} --date {interval}",
        )
    results = _read(lake, model.contract, _where([spec]), "", rows)
    given = _inputs(lake, model, interval, results)
    lake.engine.close()  # a process has one Spark at a time
    case = Case("", Location(lake.project.relative(path)), interval, interval, given)
    with bench(lake) as at, at.staged(model, case) as (job, checks, error):
        if error is not None:
            raise error
        names = tuple(c.name for c in model.contract.all_columns)
        expected = at.rows(job, names)
        fails = [c.name for c in checks if not c.passed]
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("\n".join(_file(table, interval, given, expected, fails)) + "\n", encoding="utf-8")
    return path


def _inputs(lake: Lake, model: Model, interval: Interval, results: Rows) -> dict[TableName, Rows]:
    """Of each input two rows for each result. What was chosen of one input helps to find what joins it."""
    known = Inputs(lake).look(model.inputs)
    windows = Reader(model, known).windows(interval)
    read = dict.fromkeys(ref.table for ref in model.statement.inputs)
    found: dict[TableName, dict[tuple[str, ...], tuple[object, ...]]] = {name: {} for name in read}
    wheres = {}
    for name, source in known.items():
        window = windows[name]
        paths = [
            p
            for p in source.state.partitions()
            if window.everything or window.matches(Spec.parse(p).as_dict())
        ]
        wheres[name] = _where(Spec.parse(p) for p in sorted(paths)[-MOST_PARTITIONS:]) if paths else "false"
    for result in results.rows:
        values = set(_texts(result))
        for name in read:
            contract = lake.project.contract(name)
            for row in _read(lake, contract, wheres[name], _score(contract, values), 2).rows:
                found[name][tuple(map(show, row))] = row
                values |= set(_texts(row))
    return {
        name: Rows(tuple(c.name for c in lake.project.contract(name).all_columns), tuple(rows.values()))
        for name, rows in found.items()
    }


def _read(lake: Lake, contract: Contract, where: str, score: str, rows: int) -> Rows:
    """Rows as readers see them; the same ones each time."""
    columns = contract.all_columns
    select = ", ".join(exact(quote(c.name), parse_type(c.type)) for c in columns)
    order = f"{score} DESC, " if score else ""
    answer = lake.engine.query(
        f"SELECT {select} FROM {contract.name.quoted} WHERE {where} "
        f"ORDER BY {order}xxhash64({_text(contract)}) LIMIT {rows}"
    )
    return Rows(tuple(c.name for c in columns), tuple(tuple(map(plain, row)) for row in answer.rows))


def _text(contract: Contract) -> str:
    """A row as one text, whatever its columns are."""
    return f"concat_ws('|', {', '.join(f'CAST({quote(c.name)} AS STRING)' for c in contract.all_columns)})"


def _score(contract: Contract, values: Iterable[str]) -> str:
    """How much a row has in common with values: long ones are keys and names, which tell more than others."""
    text = _text(contract)
    terms = [f"IF(contains({text}, {sql_text(v)}), {min(len(v), _LONGEST)}, 0)" for v in sorted(values)]
    return f"({' + '.join(terms) or '0'})"


def _texts(row: Sequence[object]) -> Iterator[str]:
    for value in row:
        text = show(value)
        if value is not None and 2 < len(text) <= 200:
            yield text


def _where(specs: Iterable[Spec]) -> str:
    """In no parentheses where it is one word: Spark reads ``t WHERE (true)`` as an alias with its column."""
    parts = [" AND ".join(f"CAST({quote(c)} AS STRING) = {sql_text(v)}" for c, v in s.pairs) for s in specs]
    return " OR ".join(f"({part})" for part in parts) if all(parts) else "true"


def _file(
    table: TableName, interval: Interval, given: dict[TableName, Rows], expected: Rows, fails: Sequence[str]
) -> Iterator[str]:
    yield f"# From the rows of {interval}. What is expected is what the SQL gave: look whether it is right."
    yield f"{table.table} as of {interval}:"
    yield f"  date: {interval}"
    yield "  given:"
    for name, rows in given.items():
        yield f"    {name}:" + (" []" if not rows.rows else "")
        yield from (f"      - {_row(rows.columns, row, skip=True)}" for row in rows.rows)
    yield "  expect:" + (" []" if not expected.rows else "")
    yield from (f"    - {_row(expected.columns, row, skip=False)}" for row in expected.rows)
    if fails:
        yield "  fails:"
        yield from (f"    - {yaml_text(name)}" for name in fails)


def _row(columns: Sequence[str], row: Sequence[object], *, skip: bool) -> str:
    """``skip`` leaves out what is NULL."""
    pairs = [f"{c}: {yaml_text(v)}" for c, v in zip(columns, row, strict=True) if not (skip and v is None)]
    return "{" + ", ".join(pairs) + "}"
