"""The statement writes text, in which a line break or a separator in a value breaks its row.

For every reader alike: what comes after a line break is read as a row of its own, what comes after a
separator as the next column, and nothing fails. PARQUET and ORC hold any value. Tables of text that somebody
else writes are not meant.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from warehouse.contract import Format
from warehouse.lint.rule import Hit, Rule, Severity, Sql

_TEXTS = re.compile(r"\b(string|varchar|char)\b")


def check(sql: Sql) -> Iterator[Hit]:
    contract = sql.contract(sql.model.name)
    if contract is None or contract.storage.format in (Format.PARQUET, Format.ORC):
        return
    first = next((column.name for column in contract.columns if _TEXTS.search(column.type)), None)
    if first is not None:
        yield Hit(
            sql.statement.header_start,
            f"{sql.model.name} is stored as text and has columns of text, as {first}",
            "a line break in a value begins another row, a separator another column",
            "STORED AS PARQUET",
        )


RULE = Rule("W705", Severity.WARNING, check)
