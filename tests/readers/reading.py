"""The rows of a table as each engine reads them, in the form of ``values``."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from tests.readers import values
from tests.readers.hive import Hive
from tests.readers.lakes import Lake
from tests.readers.trino import Trino
from tests.readers.values import Value
from warehouse.types import HiveType, parse_type

Rows = dict[Value, dict[str, Value]]
"""Values by column's name, by the row's ``id``."""


@dataclass(frozen=True)
class Table:
    """``columns`` are names with Hive's types; one is ``id``. ``where`` is SQL of all engines."""

    name: str
    columns: Mapping[str, str]
    where: str = "1 = 1"

    @property
    def kinds(self) -> dict[str, HiveType]:
        return {name: parse_type(text.lower()) for name, text in self.columns.items()}

    def select(self, expressions: str = "", catalog: str = "") -> str:
        return f"SELECT {expressions or ', '.join(self.columns)} FROM {catalog}{self.name} WHERE {self.where}"

    def rows(self, found: list[list[Value]]) -> Rows:
        by_name = [dict(zip(self.columns, row, strict=True)) for row in found]
        rows = {row["id"]: row for row in by_name}
        assert len(rows) == len(found), f"{self.name}: an id is there twice"
        return rows


def by_spark(lake: Lake, table: Table, sql: str = "") -> Rows:
    """``sql`` instead of the table: another SELECT of the same columns."""
    kinds = list(table.kinds.values())
    found = lake.query(sql or table.select())
    return table.rows([[values.of_spark(k, v) for k, v in zip(kinds, row, strict=True)] for row in found])


def by_trino(trino: Trino, catalog: str, table: Table) -> Rows:
    kinds = list(table.kinds.values())
    found = trino.rows(table.select(catalog=f"{catalog}."))
    return table.rows([[values.of_trino(k, v) for k, v in zip(kinds, row, strict=True)] for row in found])


def by_hive(hive: Hive, tables: Mapping[str, Table]) -> dict[str, Rows | str]:
    """By the names given; the error's text where Hive cannot read one. All in one process."""
    answers = hive.ask({name: table.select(_as_json(table)) for name, table in tables.items()})
    return {name: _rows_of_hive(table, answers[name]) for name, table in tables.items()}


def _as_json(table: Table) -> str:
    """One column of JSON, so that no value is taken for a separator; BINARY by its digits."""
    parts = [f"'{n}', {f'hex({n})' if k.name == 'binary' else n}" for n, k in table.kinds.items()]
    return f"named_struct({', '.join(parts)})"


def _rows_of_hive(table: Table, answer: list[str] | str) -> Rows | str:
    if isinstance(answer, str):
        return answer
    kinds = table.kinds
    shown = tuple(HiveType("string") if kind.name == "binary" else kind for kind in kinds.values())
    row = HiveType("struct", (), shown, tuple(kinds))
    rows = table.rows([list(values.of_hive(row, line)) for line in answer])
    for name, kind in kinds.items():
        if kind.name == "binary":
            for one in rows.values():
                one[name] = None if one[name] is None else one[name].lower()
    return rows
