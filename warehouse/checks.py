"""Checks as SQL: declared ones from the front matter, free ones from ``<table>.checks.sql``."""

from __future__ import annotations

import re
from collections.abc import Sequence

import msgspec

from warehouse.contract import Contract
from warehouse.errors import Location, ProjectError
from warehouse.frontmatter import (
    AcceptedValues,
    DeclaredCheck,
    Expression,
    NotNull,
    Relationships,
    RowCount,
    Unique,
)
from warehouse.manifest import Check
from warehouse.names import quote

_HEADER = re.compile(r"^[ \t]*--[ \t]*check:[ \t]*(.*?)[ \t]*$", re.MULTILINE | re.IGNORECASE)
_SEVERITY = re.compile(r"\((warn|error)\)\Z")


class FreeCheck(msgspec.Struct, frozen=True):
    """A SELECT of offending rows, as a template. ``line`` is where its SQL begins."""

    name: str
    severity: str
    sql: str
    line: int


def split_checks(text: str, path: str) -> tuple[FreeCheck, ...]:
    """The checks of a file: each begins with ``-- check: its name (warn)``; error is the default."""
    headers = list(_HEADER.finditer(text))
    before = text[: headers[0].start()] if headers else text
    if re.sub(r"--[^\n]*|/\*.*?\*/", "", before, flags=re.DOTALL).strip():
        where = Location.at(path, text, len(before) - len(before.lstrip()))
        raise ProjectError(
            "SQL before the first check", where=where, fix="begin each with: -- check: what must hold (warn)"
        )
    found: list[FreeCheck] = []
    for i, header in enumerate(headers):
        end = headers[i + 1].start() if i + 1 < len(headers) else len(text)
        name, severity = header[1], "error"
        suffix = _SEVERITY.search(name)
        if suffix:
            name, severity = name[: suffix.start()].rstrip(), suffix[1]
        sql = text[header.end() : end].strip().rstrip(";").rstrip()
        where = Location.at(path, text, header.start())
        if not name:
            raise ProjectError("a check without a name", where=where, fix="-- check: what must hold")
        if not sql:
            raise ProjectError(f"check {name!r} has no SQL", where=where)
        if any(c.name == name for c in found):
            raise ProjectError(f"two checks are called {name!r}", where=where)
        first = text.index(sql[0], header.end())
        found.append(FreeCheck(name, severity, sql, text.count("\n", 0, first) + 1))
    return tuple(found)


def declared_check(check: DeclaredCheck, contract: Contract, view: str, path: str) -> Check:
    """A declared check on the staged rows in ``view``; :class:`ProjectError` for unknown columns."""
    args = check.args
    where = Location(path, check.line)
    this = quote(view)
    measure, query = "", ""
    low: float | None = None
    high: float | None = 0.0
    match args:
        case NotNull():
            _known(args.columns, contract, where)
            bad = " OR ".join(f"{quote(c)} IS NULL" for c in args.columns)
            name = f"not_null: {', '.join(args.columns)}"
            measure, query = f"count_if({bad})", f"SELECT * FROM {this} WHERE {bad}"
        case Unique():
            _known(args.columns, contract, where)
            keys = ", ".join(quote(c) for c in args.columns)
            # As in dbt, rows with a NULL in the key are not_null's business.
            whole = " AND ".join(f"{quote(c)} IS NOT NULL" for c in args.columns)
            name = f"unique: {', '.join(args.columns)}"
            measure = f"count_if({whole}) - count(DISTINCT {keys})"
            query = (
                f"SELECT * FROM (SELECT *, count(*) OVER (PARTITION BY {_slice_keys(contract, keys)}) "
                f"AS rows_with_this_key FROM {this} WHERE {whole}) WHERE rows_with_this_key > 1"
            )
        case AcceptedValues():
            _known((args.column,), contract, where)
            values = ", ".join(_literal(v) for v in args.values)
            bad = f"{quote(args.column)} NOT IN ({values})"
            name = f"accepted_values: {args.column}"
            measure, query = f"count_if({bad})", f"SELECT * FROM {this} WHERE {bad}"
        case Relationships():
            _known((args.column,), contract, where)
            name = f"relationships: {args.column} to {args.to}.{args.field}"
            query = (
                f"SELECT * FROM {this} AS staged "
                f"WHERE staged.{quote(args.column)} IS NOT NULL AND NOT EXISTS "
                f"(SELECT 1 FROM {args.to.quoted} AS parent "
                f"WHERE parent.{quote(args.field)} = staged.{quote(args.column)})"
            )
        case RowCount():
            name, measure = "row_count", "count(*)"
            low = None if args.minimum is None else float(args.minimum)
            high = None if args.maximum is None else float(args.maximum)
            return Check(name, str(check.severity), measure, "", low, high, path, check.line)
        case Expression():
            # NULL is not true: an expression that cannot be decided does not hold.
            bad = f"NOT coalesce(({args.sql}), false)"
            name = f"expression: {' '.join(args.sql.split())}"
            measure, query = f"count_if({bad})", f"SELECT * FROM {this} WHERE {bad}"
    return Check(name, str(check.severity), measure, query, low, high, path, check.line)


def relationship_tables(checks: Sequence[DeclaredCheck]) -> tuple[str, ...]:
    """Tables that declared checks look into."""
    return tuple(str(c.args.to) for c in checks if isinstance(c.args, Relationships))


def row_digest(contract: Contract, keys: Sequence[str]) -> str:
    """An SQL expression that hashes a row to a BIGINT; empty where a type cannot be hashed.

    xxhash64 skips NULLs, so that (NULL, 1) and (1, NULL) collide: each column brings its NULL flag.
    ``keys`` are dynamic partition columns, which the rows carry besides the table's columns.
    """
    if any("map<" in c.type for c in contract.columns):
        return ""
    names = [c.name for c in contract.columns] + list(keys)
    return f"xxhash64({', '.join(f'{quote(n)}, {quote(n)} IS NULL' for n in names)})"


def _known(columns: Sequence[str], contract: Contract, where: Location) -> None:
    known = [c.name for c in contract.all_columns]
    for column in columns:
        if column not in known:
            raise ProjectError(
                f"a check names column {column!r}, which {contract.table} does not have",
                where=where,
                fix=f"its columns are: {', '.join(known)}",
            )


def _slice_keys(contract: Contract, keys: str) -> str:
    return ", ".join([*(quote(c) for c in contract.partition_columns), keys])


def _literal(value: str | int | float | bool) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, str):
        return "'" + value.replace("\\", "\\\\").replace("'", "\\'") + "'"
    return repr(value)
