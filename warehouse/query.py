"""A question: one SELECT over tables, read as the statements of the project are."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from warehouse.errors import ProjectError
from warehouse.names import TableName
from warehouse.splice import splice
from warehouse.statement import Statement, TableRef, parse_statement

_HEADER = "INSERT OVERWRITE TABLE query.answer\n"
_ASKING = ("select", "with", "values", "from", "table")
_LOOKING = ("show", "describe", "desc", "explain")


@dataclass(frozen=True)
class Query:
    """``inputs`` are its table references; there are none where it only looks (SHOW, DESCRIBE)."""

    text: str
    inputs: tuple[TableRef, ...] = ()
    _statement: Statement | None = field(default=None, repr=False)

    def spliced(self, redirects: Mapping[TableName, str]) -> str:
        """The text with other tables in the place of some."""
        if self._statement is None:
            return self.text
        return splice(self._statement, "", redirects).strip()


def parse_query(sql: str) -> Query:
    """One SELECT (or SHOW, DESCRIBE, EXPLAIN); :class:`ProjectError` for anything that would write."""
    text = sql.strip().rstrip(";").rstrip()
    if not text:
        raise ProjectError("the query is empty", fix='warehouse query "SELECT …"')
    if text.split(None, 1)[0].lower() in _LOOKING:
        if ";" in text:
            raise ProjectError("a query is one statement")
        return Query(text)
    if not text.startswith("(") and text.split(None, 1)[0].lower() not in _ASKING:
        raise ProjectError(
            f"{text.split(None, 1)[0]!r} is not how a question begins",
            why="a query only reads",
            fix="write SELECT …, WITH …, SHOW … or DESCRIBE …",
        )
    statement = parse_statement(_HEADER + text, "query", lambda line: max(1, line - 1))
    return Query(text, statement.inputs, statement)
