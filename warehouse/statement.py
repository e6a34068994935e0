"""One rendered statement, parsed: what it writes, what it reads, what it gives.

sqlglot's tree is read in one pass by hand. Spans are code points of the text, checked against it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from enum import Enum

from sqlglot import TokenType, exp

from warehouse.header import PartitionItem, read_header, table_name
from warehouse.names import TableName
from warehouse.select_list import OutputColumn, output_columns
from warehouse.sqltext import SqlText, Token, Tree, word

__all__ = ["OutputColumn", "PartitionItem", "Qualifier", "Statement", "TableRef", "parse_statement"]

_FILE_FORMATS = frozenset({"parquet", "orc", "json", "csv", "text", "avro", "delta", "binaryfile", "xml"})
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
    for each reference. ``hints`` are spans of hint comments. ``tree`` is sqlglot's, of the query: large, so
    let the statement go when it is no longer needed.
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
    ctes: tuple[str, ...]
    qualifiers: tuple[Qualifier, ...] = field(repr=False)
    aliases: frozenset[str] = field(repr=False)
    hints: tuple[tuple[int, int], ...] = field(repr=False)
    tree: Tree = field(repr=False, compare=False)

    @property
    def input_tables(self) -> tuple[TableName, ...]:
        """The tables read, each once, in order of appearance."""
        return tuple(dict.fromkeys(ref.table for ref in self.inputs))

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
    walk = _Walk(sql, header.query)
    walk.run(tree)
    return Statement(
        sql=sql,
        text=text,
        path=path,
        target=header.target,
        partition=header.partition,
        columns=header.columns,
        header_start=header.start,
        header_end=header.end,
        inputs=tuple(sorted(walk.refs, key=lambda r: r.start)),
        outputs=output_columns(sql, header.body, header.words, tree),
        ctes=tuple(walk.ctes),
        qualifiers=tuple(walk.qualifiers),
        aliases=frozenset(walk.aliases),
        hints=tuple((int(t.start), int(t.end) + 1) for t in header.query if t.token_type == TokenType.HINT),
        tree=tree,
    )


_Scope = Mapping[str, Tree]
"""Names of the common table expressions that are known, lower case."""


class _Walk:
    """The pass over the tree. A stack of its own: a thousand ORs are a thousand levels."""

    def __init__(self, sql: SqlText, tokens: tuple[Token, ...]) -> None:
        self.sql = sql
        self.tokens = tokens
        self.refs: list[TableRef] = []
        self.ctes: list[str] = []
        self.qualifiers: list[Qualifier] = []
        self.aliases: set[str] = set()

    def run(self, tree: Tree) -> None:
        stack: list[tuple[Tree, _Scope]] = [(tree, {})]
        while stack:
            node, scope = stack.pop()
            kind = _ROLES[type(node)]
            with_ = None
            if kind is _Role.COLUMN:
                self.column(node)
            elif kind is _Role.TABLE:
                self.table(node, scope)
            elif kind is _Role.HINT:
                continue  # The spans inside are relative to the hint.
            elif kind is _Role.QUERY:
                self.refuse(node)
                with_ = node.args.get("with_")
                if with_ is not None:
                    scope = self.with_(with_, scope, stack)
            elif kind is _Role.ALIAS:
                self.aliases.add(node.name.lower())
            elif kind is _Role.REFUSED:
                self.sql.fail(self.near(node), "this is not a query that can be understood")
            elif kind is _Role.LOOKED_AT:
                self.refuse(node)
            for value in node.args.values():
                role = _ROLES[type(value)]
                if role is _Role.LIST:
                    for item in value:
                        if _ROLES[type(item)] is not _Role.LEAF:
                            stack.append((item, scope))
                elif role is not _Role.LEAF and value is not with_:
                    stack.append((value, scope))

    def with_(self, with_: Tree, scope: _Scope, stack: list[tuple[Tree, _Scope]]) -> _Scope:
        """The names that are known after a WITH."""
        self.refuse(with_)
        known = dict(scope)
        for cte in with_.expressions:
            stack.append((cte.this, dict(known)))
            self.ctes.append(cte.alias)
            self.aliases.add(cte.alias.lower())
            known[cte.alias.lower()] = cte
        return known

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

    def column(self, node: Tree) -> None:
        if node.args.get("table") is None:
            return
        names = [node.args.get(part) for part in ("catalog", "db", "table", "this")]
        present = [name for name in names if name is not None]
        if len(present) > 1:
            spans = [self.span(name) for name in present[:2]]
            words = tuple(name.name.lower() if isinstance(name, exp.Identifier) else "*" for name in present)
            first, second = spans
            self.qualifiers.append(Qualifier(words, first[0] if first else -1, second[0] if second else -1))

    def table(self, node: Tree, scope: _Scope) -> None:
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
        spans = [self.span(part) for part in parts]
        first, last = spans[0], spans[-1]
        if first is None or last is None:
            self.sql.fail(
                self.near(node),
                f"the place of `{'.'.join(part.name for part in parts)}` in the text is not known",
                fix="write the name plainly",
            )
        if db is None:
            if name.name.lower() in scope:
                return
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

    def span(self, identifier: Tree) -> tuple[int, int] | None:
        """Start and end (exclusive) of an identifier; None unless the text there says the same."""
        start, end = identifier.meta.get("start"), identifier.meta.get("end")
        if start is None or end is None:
            return None
        written = self.sql.text[start : end + 1]
        if written.startswith("`") and written.endswith("`") and len(written) > 1:
            written = written[1:-1].replace("``", "`")
        return (int(start), int(end) + 1) if written == identifier.name else None

    def near(self, node: Tree) -> int:
        """Where ``node`` roughly is: at the first name in it or, failing that, where the query begins."""
        for found in node.find_all(exp.Identifier):
            span = self.span(found)
            if span is not None:
                return span[0]
        return int(self.tokens[0].start)


class _Role(Enum):
    """What a value in the tree is to the walk."""

    LEAF = 1
    LIST = 2
    PLAIN = 3
    COLUMN = 4
    TABLE = 5
    HINT = 6
    QUERY = 7
    ALIAS = 8
    REFUSED = 9
    LOOKED_AT = 10


class _Roles(dict[type, _Role]):
    """By type, found once for each."""

    def __missing__(self, kind: type) -> _Role:
        role = _Role.PLAIN
        if issubclass(kind, list):
            role = _Role.LIST
        elif not issubclass(kind, exp.Expr) or issubclass(kind, exp.Identifier | exp.Literal):
            role = _Role.LEAF
        else:
            for classes, one in _SPECIAL:
                if issubclass(kind, classes):
                    role = one
                    break
        self[kind] = role
        return role


_SPECIAL: tuple[tuple[type | tuple[type, ...], _Role], ...] = (
    (exp.Column, _Role.COLUMN),
    (exp.Table, _Role.TABLE),
    (exp.Hint, _Role.HINT),
    (_TREE_ONLY, _Role.REFUSED),
    (exp.Query, _Role.QUERY),
    (exp.TableAlias, _Role.ALIAS),
    ((exp.Qualify, exp.Star, exp.With), _Role.LOOKED_AT),
)
_ROLES = _Roles()
