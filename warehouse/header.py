"""The header of a statement, read from its tokens: INSERT OVERWRITE, the table, PARTITION, columns.

By hand, because its span must be exact and sqlglot refuses a part of what Spark reads.
"""

from __future__ import annotations

from itertools import pairwise
from typing import NoReturn

import msgspec
from sqlglot import Token as SqlToken
from sqlglot import TokenType

from warehouse.errors import ProjectError
from warehouse.names import TableName, check_identifier
from warehouse.sqltext import SqlText, Token, is_name, word, words_of

_QUERY_WORDS = ("SELECT", "WITH", "FROM", "(", "VALUES", "TABLE", "MAP", "REDUCE")
_SHAPE = "INSERT OVERWRITE TABLE db.table PARTITION (…) SELECT …"


class PartitionItem(msgspec.Struct, frozen=True):
    """One column of the PARTITION clause. ``value`` is the literal's text, None where it is dynamic."""

    column: str
    value: str | None


class Header(msgspec.Struct, frozen=True):
    """``start`` and ``end`` (exclusive) span it in the text. ``body`` are the tokens after it, ``query``
    the same with what stands before it (``WITH``): the query to parse.
    """

    target: TableName
    partition: tuple[PartitionItem, ...]
    columns: tuple[str, ...]
    start: int
    end: int
    query: list[Token]
    body: list[Token]


class _Cursor:
    def __init__(self, sql: SqlText, tokens: list[Token], index: int) -> None:
        self.sql = sql
        self.tokens = tokens
        self.index = index

    @property
    def word(self) -> str:
        return self.peek()

    def peek(self, ahead: int = 0) -> str:
        at = self.index + ahead
        return word(self.tokens[at]) if at < len(self.tokens) else ""

    @property
    def offset(self) -> int:
        if self.index < len(self.tokens):
            return int(self.tokens[self.index].start)
        return int(self.tokens[-1].end)

    def take(self, *words: str) -> bool:
        """Step over ``words`` if they come next."""
        if all(self.peek(n) == w for n, w in enumerate(words)):
            self.index += len(words)
            return True
        return False

    def need(self, text: str) -> None:
        if not self.take(text):
            self.sql.fail(self.offset, f"`{text}` is missing in the header", fix=f"write {_SHAPE}")

    def name(self, what: str) -> Token:
        if self.index >= len(self.tokens) or not is_name(self.tokens[self.index]):
            self.sql.fail(self.offset, f"{what} is missing in the header", fix=f"write {_SHAPE}")
        self.index += 1
        return self.tokens[self.index - 1]


def read_header(sql: SqlText) -> Header:
    """The header of the one statement in ``sql``; :class:`ProjectError` for any other kind of text."""
    tokens = _one_statement(sql)
    at = _find_insert(sql, tokens)
    cursor = _Cursor(sql, tokens, at + 1)
    if not cursor.take("OVERWRITE"):
        sql.fail(
            cursor.offset,
            "the statement must be an INSERT OVERWRITE",
            why="only a partition that is replaced as a whole can be run twice",
            fix=f"write {_SHAPE}",
        )
    if cursor.word in ("DIRECTORY", "LOCAL") and cursor.peek(1) != ".":
        sql.fail(cursor.offset, "the statement must write a table, not a directory", fix=f"write {_SHAPE}")
    if not (cursor.word == "TABLE" and cursor.peek(1) == "."):
        cursor.take("TABLE")
    target = _table(sql, cursor)
    partition = _partition(sql, cursor)
    if cursor.word == "IF" and cursor.peek(1) == "NOT":
        sql.fail(
            cursor.offset,
            "IF NOT EXISTS would keep the old rows",
            why="a run replaces its partition",
            fix="leave it out",
        )
    if cursor.word == "BY" and cursor.peek(1) == "NAME":
        sql.fail(cursor.offset, "BY NAME is not supported", fix="leave it out: columns go by their order")
    if cursor.word == "REPLACE" and cursor.peek(1) == "WHERE":
        sql.fail(cursor.offset, "REPLACE WHERE is not for Hive tables", fix=f"write {_SHAPE}")
    columns = _columns(sql, cursor)
    end = int(tokens[cursor.index - 1].end) + 1
    body = tokens[cursor.index :]
    _check_body(sql, cursor, body, end)
    leading = tokens[:at]
    query = [*leading, *body] if leading else body
    if leading and word(body[0]) == "WITH":
        # WITH a AS (…) INSERT … WITH b AS (…) SELECT: the same as one list, as sqlglot wants it.
        second = body[0]
        comma = SqlToken(TokenType.COMMA, ",", second.line, second.col, second.start, second.end)
        query = [*leading, comma, *body[1:]]
    return Header(target, partition, columns, int(tokens[at].start), end, query, body)


def _one_statement(sql: SqlText) -> list[Token]:
    tokens = sql.tokens()
    while tokens and tokens[-1].token_type == TokenType.SEMICOLON:
        tokens.pop()
    if not tokens:
        sql.fail(0, "the file holds no statement", fix=f"write {_SHAPE}")
    semicolon = TokenType.SEMICOLON
    for index, token in enumerate(tokens) if ";" in sql.text else ():
        if token.token_type == semicolon:
            following = tokens[index + 1]
            what = "a file holds one statement, this is a second"
            sql.fail(int(following.start), what, fix="give it a file of its own")
    return tokens


def _find_insert(sql: SqlText, tokens: list[Token]) -> int:
    """The index of the INSERT: the first token, or the first after common table expressions."""
    first = word(tokens[0])
    if first == "INSERT":
        return 0
    depth = 0
    for index, text in enumerate(words_of(tokens)):
        depth += (text == "(") - (text == ")")
        if depth == 0 and text == "INSERT":
            if first == "FROM":
                _fail_multi(sql, int(tokens[index].start))
            if first == "WITH":
                return index
    return sql.fail(
        int(tokens[0].start),
        "the statement must be an INSERT OVERWRITE",
        why=f"it begins with {tokens[0].text[:40]}",
        fix=f"write {_SHAPE}",
    )


def _fail_multi(sql: SqlText, offset: int) -> NoReturn:
    sql.fail(offset, "one statement fills one table", fix="give every INSERT a file of its own")


def _table(sql: SqlText, cursor: _Cursor) -> TableName:
    parts = [cursor.name("the table's name")]
    while cursor.take("."):
        parts.append(cursor.name("the table's name"))
    return table_name(sql, [str(p.text) for p in parts], int(parts[0].start))


def table_name(sql: SqlText, parts: list[str], offset: int) -> TableName:
    """``db.table`` of its parts, which stand at ``offset``; :class:`ProjectError` for any other name."""
    text = ".".join(parts)
    if len(parts) == 1:
        sql.fail(offset, f"`{text}` names no database", fix=f"write db.{text}; there is no current database")
    if len(parts) > 2:
        sql.fail(offset, f"`{text}` has more than two parts", fix=f"write {'.'.join(parts[-2:])}")
    try:
        return TableName(check_identifier(parts[0], "database"), check_identifier(parts[1], "table"))
    except ProjectError as error:
        sql.fail(offset, error.what, why=error.why, fix=error.fix)


def _partition(sql: SqlText, cursor: _Cursor) -> tuple[PartitionItem, ...]:
    if cursor.word != "PARTITION" or cursor.peek(1) != "(":
        return ()
    cursor.index += 2
    items: list[PartitionItem] = []
    while True:
        token = cursor.name("a partition column")
        column = _column(sql, token)
        if any(item.column == column for item in items):
            sql.fail(int(token.start), f"`{column}` stands twice in PARTITION")
        value = _literal(sql, cursor) if cursor.take("=") else None
        if value is not None and items and items[-1].value is None:
            sql.fail(
                int(token.start),
                f"`{column}` has a value, but the column before it has none",
                why="Spark takes fixed partition columns first",
                fix="put columns with a value before those without",
            )
        items.append(PartitionItem(column, value))
        if not cursor.take(","):
            break
    cursor.need(")")
    return tuple(items)


def _column(sql: SqlText, token: Token) -> str:
    try:
        return check_identifier(str(token.text), "column")
    except ProjectError as error:
        sql.fail(int(token.start), error.what, why=error.why, fix=error.fix)


def _literal(sql: SqlText, cursor: _Cursor) -> str:
    """The text of a literal: ``'2018'``, ``7``, ``-1``, ``DATE '2018-11-15'``."""
    offset = cursor.offset
    sign = "-" if cursor.take("-") else ""
    if cursor.word in ("DATE", "TIMESTAMP"):
        cursor.index += 1
    token = cursor.tokens[cursor.index] if cursor.index < len(cursor.tokens) else None
    kind = token.token_type.name if token is not None else ""
    if token is not None and not sign and kind in ("STRING", "RAW_STRING"):
        value = str(token.text)
    elif token is not None and kind == "NUMBER" and str(token.text).isdigit():
        value = sign + str(int(token.text))
        value = "0" if value == "-0" else value
    else:
        sql.fail(
            offset,
            "a partition's value must be a literal",
            why="which partitions a run writes must be known before it runs",
            fix="write a text or a whole number, made by the template where it changes: dt = '{{ ds }}'",
        )
    cursor.index += 1
    if cursor.word not in (",", ")"):
        sql.fail(cursor.offset, "a partition's value must be one literal", fix="let the template make it")
    if value == "":
        sql.fail(offset, "a partition's value cannot be empty", why="Hive reads an empty value as NULL")
    return value


def _columns(sql: SqlText, cursor: _Cursor) -> tuple[str, ...]:
    """The column list, if one comes next. ``(SELECT …)`` is none."""
    if cursor.word != "(" or (cursor.peek(1) in _QUERY_WORDS and cursor.peek(2) not in (",", ")")):
        return ()
    cursor.index += 1
    names: list[str] = []
    while True:
        token = cursor.name("a column")
        names.append(_column(sql, token))
        if names.count(names[-1]) > 1:
            sql.fail(int(token.start), f"`{names[-1]}` stands twice in the column list")
        if not cursor.take(","):
            break
    cursor.need(")")
    return tuple(names)


def _check_body(sql: SqlText, cursor: _Cursor, body: list[Token], start: int) -> None:
    """``start`` is where the text of the body begins."""
    if not body:
        sql.fail(cursor.offset, "the statement selects nothing", fix=f"write {_SHAPE}")
    if word(body[0]) not in ("SELECT", "WITH", "FROM", "("):
        sql.fail(
            int(body[0].start),
            f"after the header a SELECT is expected, not {str(body[0].text)[:40]!r}",
            fix=f"write {_SHAPE}",
        )
    if "INSERT" not in sql.text[start:].upper():
        return
    depth = 0
    for index, (text, after) in enumerate(pairwise(words_of(body))):
        depth += (text == "(") - (text == ")")
        if text == "INSERT" and depth == 0 and after in ("INTO", "OVERWRITE"):
            _fail_multi(sql, int(body[index].start))
