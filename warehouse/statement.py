"""One rendered statement, parsed: what it writes, what it reads, what it gives.

sqlglot's tree is walked once, by :mod:`warehouse.census`. Spans are code points of the text, checked
against it.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from enum import Enum
from functools import cached_property

from sqlglot import TokenType, exp

from warehouse.census import Census, census
from warehouse.header import PartitionItem, read_header, table_name
from warehouse.names import TableName
from warehouse.select_list import OutputColumn, output_columns
from warehouse.sqltext import SqlText, Token, Tree, word

__all__ = ["OutputColumn", "PartitionItem", "Qualifier", "Statement", "TableRef", "parse_statement"]

_FILE_FORMATS = frozenset({"parquet", "orc", "json", "csv", "text", "avro", "delta", "binaryfile", "xml"})
_NAME_PARTS = ("catalog", "db", "table", "this")
_TREE_ONLY = (exp.Command, exp.Insert, exp.Create, exp.MultitableInserts)


@dataclass(frozen=True)
class TableRef:
    """A table read. ``start``/``end`` span its name, ``alias_at`` is where an alias would stand."""

    table: TableName
    start: int
    end: int
    alias: str | None
    alias_at: int
    node: Tree = field(repr=False, compare=False)


_NUMBERED = re.compile(r"(COALESCE|REPARTITION|REPARTITION_BY_RANGE|REBALANCE)\(\d", re.IGNORECASE)


@dataclass(frozen=True)
class Qualifier:
    """The dotted words that a column begins with, lower case: ``("music", "events", "dt")``.

    ``start`` is where the first stands, ``second`` the second.
    """

    parts: tuple[str, ...]
    start: int
    second: int


@dataclass(frozen=True)
class Statement:
    """``INSERT OVERWRITE target PARTITION (partition) (columns) query``.

    ``outputs`` are the query's columns in order. ``inputs`` are all tables read, self reads included, one
    for each reference. ``hints`` are spans of hint comments. ``tree`` is sqlglot's, of the query, ``nodes``
    its nodes by type: large, so let the statement go when it is no longer needed.
    """

    sql: SqlText = field(repr=False, compare=False)
    text: str
    path: str
    target: TableName
    partition: tuple[PartitionItem, ...]
    columns: tuple[str, ...]
    header_start: int
    header_end: int
    inputs: tuple[TableRef, ...]
    outputs: tuple[OutputColumn, ...]
    hints: tuple[tuple[int, int], ...] = field(repr=False)
    tree: Tree = field(repr=False, compare=False)
    nodes: Census = field(repr=False, compare=False)

    @property
    def input_tables(self) -> tuple[TableName, ...]:
        """The tables read, each once, in order of appearance."""
        return tuple(dict.fromkeys(ref.table for ref in self.inputs))

    @cached_property
    def ctes(self) -> tuple[str, ...]:
        """The names that WITHs give, by their places."""
        found = [alias.this for cte in self.nodes.get(exp.CTE, ()) if (alias := cte.args.get("alias"))]
        return tuple(name.name for name in sorted(found, key=lambda name: name.meta.get("start") or 0))

    @cached_property
    def aliases(self) -> frozenset[str]:
        """All names that are given to tables and subqueries, lower case."""
        return frozenset(alias.name.lower() for alias in self.nodes.get(exp.TableAlias, ()))

    @cached_property
    def qualifiers(self) -> tuple[Qualifier, ...]:
        """Of every column that is written with its table."""
        found = []
        for node in self.nodes.get(exp.Column, ()):
            names = [n for part in _NAME_PARTS if (n := node.args.get(part)) is not None]
            if len(names) > 1:
                first, second = (_span(self.text, name) for name in names[:2])
                words = tuple(n.name.lower() if isinstance(n, exp.Identifier) else "*" for n in names)
                found.append(Qualifier(words, first[0] if first else -1, second[0] if second else -1))
        return tuple(found)

    @property
    def says_how_many_files(self) -> bool:
        """Whether a hint of the outermost SELECT has the number of tasks that write (``REPARTITION(4)``).

        ``REBALANCE`` and ``REPARTITION`` by columns alone leave the number to Spark.
        """
        hint = self.tree.args.get("hint")
        return hint is not None and any(_NUMBERED.match(e.sql("spark")) for e in hint.expressions)

    @property
    def static_partition(self) -> tuple[PartitionItem, ...]:
        return tuple(item for item in self.partition if item.value is not None)


def parse_statement(text: str, path: str, source_line: Callable[[int], int] | None = None) -> Statement:
    """Parse ``text``, rendered from ``path``. ``source_line`` leads from its lines to the file's.

    :class:`ProjectError` with the file's place for anything but one INSERT OVERWRITE of a query over
    tables named ``db.table``.
    """
    sql = SqlText(text, path, source_line)
    header = read_header(sql)
    tree = sql.parse(header.query)
    if not isinstance(tree, exp.Query) or isinstance(tree, exp.Values | exp.Table):
        sql.fail(int(header.query[0].start), "what is inserted is not a SELECT")
    nodes = census(tree)
    reader = _Reader(sql, header.query, nodes)
    return Statement(
        sql=sql,
        text=text,
        path=path,
        target=header.target,
        partition=header.partition,
        columns=header.columns,
        header_start=header.start,
        header_end=header.end,
        inputs=tuple(sorted(reader.refs, key=lambda r: r.start)),
        outputs=output_columns(sql, header.body, tree),
        hints=_hints(sql, header.query),
        tree=tree,
        nodes=nodes,
    )


def _hints(sql: SqlText, tokens: Sequence[Token]) -> tuple[tuple[int, int], ...]:
    if "/*+" not in sql.text:
        return ()
    return tuple((int(t.start), int(t.end) + 1) for t in tokens if t.token_type == TokenType.HINT)


class _Reader:
    """Looks through the tree's nodes: for tables, and for what is refused."""

    def __init__(self, sql: SqlText, tokens: Sequence[Token], nodes: Census) -> None:
        self.sql = sql
        self.tokens = tokens
        self.refs: list[TableRef] = []
        for kind, found in nodes.items():
            role = _ROLES[kind]
            if role is _Role.TABLE:
                for node in found:
                    self.table(node)
            elif role is _Role.REFUSED:
                self.sql.fail(self.near(found[0]), "this is not a query that can be understood")
            elif role is _Role.LOOKED_AT:
                for node in found:
                    self.refuse(node)

    def refuse(self, node: Tree) -> None:
        """What sqlglot reads and Spark 3.5 does not."""
        what = None
        if isinstance(node, exp.With) and node.args.get("recursive"):
            what = "WITH RECURSIVE"
        elif isinstance(node, exp.Qualify):
            what = "QUALIFY"
        elif isinstance(node, exp.Star) and (node.args.get("except_") or node.args.get("replace")):
            what = "* EXCEPT"
        elif isinstance(node, exp.SetOperation) and node.args.get("by_name"):
            what = "BY NAME in a set operation"
        if what:
            self.sql.fail(self.near(node), f"Spark 3.5 does not know {what}")

    def table(self, node: Tree) -> None:
        name, db = node.this, node.args.get("db")
        if isinstance(name, exp.Func):
            if name.name.upper() == "IDENTIFIER":
                self.sql.fail(
                    self.near(node), "IDENTIFIER(…) hides which table is read", fix="write the table's name"
                )
            return
        parts: list[Tree] = [part for part in (node.args.get("catalog"), db, name) if part is not None]
        if any(not isinstance(part, exp.Identifier) for part in parts):
            self.sql.fail(self.near(node), "this table's name cannot be read", fix="write db.table")
        if db is None and _is_cte(node, name.name.lower()):
            return
        spans = [_span(self.sql.text, part) for part in parts]
        first, last = spans[0], spans[-1]
        if first is None or last is None:
            self.sql.fail(
                self.near(node),
                f"the place of `{'.'.join(part.name for part in parts)}` in the text is not known",
                fix="write the name plainly",
            )
        if db is None:
            self.sql.fail(
                first[0],
                f"`{name.name}` names no database",
                fix=f"write db.{name.name}; there is no current database, and no WITH names it here",
            )
        if db.name.lower() in _FILE_FORMATS and ("/" in name.name or ":" in name.name):
            self.sql.fail(
                first[0],
                "a statement reads tables, not files",
                fix="make the files a source: a table with DDL and no SQL",
            )
        if node.args.get("version") is not None or node.args.get("when") is not None:
            self.sql.fail(first[0], "Hive tables have no versions to read", fix="leave the clause out")
        table = table_name(self.sql, [part.name for part in parts], first[0])
        alias = node.args.get("alias")
        alias_name = alias.name if alias is not None and alias.name else None
        self.refs.append(TableRef(table, first[0], last[1], alias_name, self.alias_at(node, last[1]), node))

    def alias_at(self, node: Tree, end: int) -> int:
        """Behind the name, and behind TABLESAMPLE (…) where there is one."""
        if node.args.get("sample") is None:
            return end
        depth = 0
        for index, token in enumerate(self.tokens):
            if token.start < end:
                continue
            depth += (word(token) == "(") - (word(token) == ")")
            following = self.tokens[index + 1 : index + 2]
            if word(token) == ")" and depth == 0 and not (following and word(following[0]) == "REPEATABLE"):
                return int(token.end) + 1
        return end

    def near(self, node: Tree) -> int:
        """Where ``node`` roughly is: at the first name in it or, failing that, where the query begins."""
        for found in node.find_all(exp.Identifier):
            span = _span(self.sql.text, found)
            if span is not None:
                return span[0]
        return int(self.tokens[0].start)


def _span(text: str, identifier: Tree) -> tuple[int, int] | None:
    """Start and end (exclusive) of an identifier; None unless the text there says the same."""
    start, end = identifier.meta.get("start"), identifier.meta.get("end")
    if start is None or end is None:
        return None
    written = text[start : end + 1]
    if written.startswith("`") and written.endswith("`") and len(written) > 1:
        written = written[1:-1].replace("``", "`")
    return (int(start), int(end) + 1) if written == identifier.name else None


def _is_cte(table: Tree, name: str) -> bool:
    """Whether a WITH around ``table``, or before it in the same one, gives something this name."""
    inside, node = table, table.parent
    while node is not None:
        if isinstance(node, exp.With):
            before = node.expressions[: next(n for n, cte in enumerate(node.expressions) if cte is inside)]
            node = node.parent
        else:
            before = node.ctes if isinstance(node, exp.Query) else []
        if any(cte.alias.lower() == name for cte in before):
            return True
        inside, node = node, node.parent
    return False


class _Role(Enum):
    """What a node is to the reader."""

    PLAIN = 1
    TABLE = 2
    REFUSED = 3
    LOOKED_AT = 4


class _Roles(dict[type, _Role]):
    """By type, found once for each."""

    def __missing__(self, kind: type) -> _Role:
        role = _Role.PLAIN
        for classes, one in _SPECIAL:
            if issubclass(kind, classes):
                role = one
                break
        self[kind] = role
        return role


_SPECIAL: tuple[tuple[type | tuple[type, ...], _Role], ...] = (
    (exp.Table, _Role.TABLE),
    (_TREE_ONLY, _Role.REFUSED),
    ((exp.SetOperation, exp.Qualify, exp.Star, exp.With), _Role.LOOKED_AT),
)
_ROLES = _Roles()
