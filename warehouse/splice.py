"""Pointing a statement somewhere else: a new header, other names for tables, every other byte as it was."""

from __future__ import annotations

import re
from collections.abc import Mapping

from warehouse.names import TableName, quote
from warehouse.statement import Qualifier, Statement, TableRef

_Edit = tuple[int, int, str]


def splice(statement: Statement, header: str, redirects: Mapping[TableName, str] | None = None) -> str:
    """The statement's text with ``header`` for its own, and redirected tables under their new names (SQL).

    A table without an alias gets its own name as alias where a column or a hint calls it by that name.
    Lines keep their numbers, so that Spark's complaints lead to the file. :class:`ProjectError` where the
    meaning could not be kept.
    """
    edits: list[_Edit] = [(statement.header_start, statement.header_end, header)]
    redirected = {table: sql for table, sql in (redirects or {}).items() if sql != str(table)}
    bare = [ref for ref in statement.inputs if ref.alias is None and ref.table in redirected]
    named: set[str] = set()
    for qualifier in statement.qualifiers:
        _qualifier(statement, qualifier, bare, named, edits)
    for start, end in statement.hints:
        _hint(statement, start, end, bare, named, edits)
    for ref in statement.inputs:
        new = redirected.get(ref.table)
        if new is not None:
            _check(statement, ref)
            edits.append((ref.start, ref.end, new))
            if ref.alias is None and ref.table.table in named:
                edits.append((ref.alias_at, ref.alias_at, f" AS {quote(ref.table.table)}"))
    return _apply(statement.text, edits)


def _qualifier(
    statement: Statement, column: Qualifier, bare: list[TableRef], named: set[str], edits: list[_Edit]
) -> None:
    parts = column.parts
    for table in {ref.table for ref in bare}:
        if parts[0] == table.table:
            named.add(table.table)
        full = len(parts) > 2 and parts[:2] == (table.db, table.table)
        if len(parts) > 3 and parts[0] == "spark_catalog" and parts[1:3] == (table.db, table.table):
            statement.sql.fail(max(column.start, 0), f"give {table} an alias", why=_WHY)
        if not full:
            continue
        short = {r.table for r in statement.inputs if r.alias is None and r.table.table == table.table}
        if table.db in statement.aliases or len(short) > 1 or column.start < 0 or column.second < 0:
            statement.sql.fail(
                max(column.start, 0),
                f"`{'.'.join(parts)}` names its table with the database",
                why=_WHY,
                fix=f"give {table} an alias and use that",
            )
        named.add(table.table)
        edits.append((column.start, column.second, ""))


_WHY = "the table is read under another name in this run"


def _hint(
    statement: Statement, start: int, end: int, bare: list[TableRef], named: set[str], edits: list[_Edit]
) -> None:
    """Hints call tables by name, and are passed over silently when there is none of that name."""
    text = statement.text[start:end]
    for table in {ref.table for ref in bare}:
        db, name = re.escape(table.db), re.escape(table.table)
        for match in re.finditer(rf"(?i)(?<![\w`.])(`?{db}`?\s*\.\s*)?`?{name}`?(?![\w`])", text):
            named.add(table.table)
            if match[1]:
                edits.append((start + match.start(1), start + match.end(1), ""))


def _check(statement: Statement, ref: TableRef) -> None:
    written = re.sub(r"--[^\n]*|/\*.*?\*/|[\s`]", "", statement.text[ref.start : ref.end], flags=re.DOTALL)
    if written != str(ref.table):
        statement.sql.fail(ref.start, f"the name of {ref.table} stands elsewhere than the parser says")


def _apply(text: str, edits: list[_Edit]) -> str:
    parts: list[str] = []
    position = 0
    for start, end, new in sorted(edits):
        if start < position:
            raise AssertionError(f"two edits meet at {start}")
        lost = text.count("\n", start, end) - new.count("\n")
        parts += (text[position:start], new, "\n" * lost)
        position = end
    parts.append(text[position:])
    return "".join(parts)
