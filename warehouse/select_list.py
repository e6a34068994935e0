"""The columns that a query gives, with the span of each expression, read from tokens and tree together."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec
from sqlglot import TokenType, exp

from warehouse.sqltext import SqlText, Token, Tree

_END = frozenset(
    {
        "FROM",
        "WHERE",
        "LATERAL",
        "GROUP",
        "HAVING",
        "WINDOW",
        "ORDER",
        "SORT",
        "CLUSTER",
        "DISTRIBUTE",
        "LIMIT",
        "OFFSET",
        "UNION",
        "EXCEPT",
        "INTERSECT",
        "MINUS",
    }
)
_OPENING = frozenset("([{")
_CLOSING = frozenset(")]}")
_MANY = (exp.Explode, exp.Inline, exp.Stack, exp.QueryTransform)
_MANY_NAMES = frozenset({"json_tuple", "inline_outer"})


class OutputColumn(msgspec.Struct, frozen=True):
    """One item of the select list. ``name`` is None where Spark makes one up, or for several columns.

    ``many`` is true for ``*`` and for generators without names: how many columns come is not known here.
    """

    name: str | None
    start: int
    end: int
    many: bool = False


def output_columns(
    sql: SqlText, body: Sequence[Token], words: Sequence[str], tree: Tree
) -> tuple[OutputColumn, ...]:
    """Of the query's first SELECT; a union's columns are named by its first branch.

    ``words`` are those of the tokens in ``body``.
    """
    select = first_select(tree)
    if select is None:
        return ()
    items = _items(body, words)
    for index, item in enumerate(items):
        if not item:
            before = items[index - 1] if index else ()
            offset = int(before[-1].end) + 1 if before else int(body[0].start)
            sql.fail(offset, "a column is missing beside this comma of the SELECT list")
    if len(items) != len(select.expressions):
        # A form that is not known here: the columns, all at the place where the list begins.
        start = int(body[0].start)
        spans = [(start, start)] * len(select.expressions)
    else:
        spans = [(int(item[0].start), int(item[-1].end) + 1) for item in items]
    found: list[OutputColumn] = []
    for node, (start, end) in zip(select.expressions, spans, strict=True):
        if isinstance(node, exp.Aliases):
            found.extend(OutputColumn(name.name, start, end) for name in node.expressions)
        elif node.is_star or isinstance(node, _MANY) or node.name.lower() in _MANY_NAMES:
            found.append(OutputColumn(None, start, end, many=True))
        else:
            found.append(OutputColumn(_name(node), start, end))
    return tuple(found)


def first_select(tree: Tree) -> Tree | None:
    """The SELECT that names the columns of a query."""
    while tree is not None and not isinstance(tree, exp.Select):
        tree = tree.this if isinstance(tree, exp.SetOperation | exp.Subquery) else None
    return tree


def _name(node: Tree) -> str | None:
    if isinstance(node, exp.Alias | exp.Column):
        return str(node.alias or node.name) or None
    # A field of a struct is named after the field.
    if isinstance(node, exp.Dot) and isinstance(node.expression, exp.Identifier):
        return str(node.expression.name)
    return None


def _items(body: Sequence[Token], words: Sequence[str]) -> list[list[Token]]:
    """The token lists between the commas of the first select list."""
    base = 0
    while base < len(body) and words[base] == "(":
        base += 1
    depth = base
    at = base
    while at < len(body) and not (words[at] == "SELECT" and depth <= base):
        depth += (words[at] == "(") - (words[at] == ")")
        at += 1
    items: list[list[Token]] = [[]]
    depth = 0
    for index in range(at + 1, len(body)):
        token = body[index]
        text = words[index]
        if depth == 0:
            # sqlglot has one token for ORDER BY
            ends = text in _END or (" " in text and text.partition(" ")[0] in _END)
            if ends and not (text == "FROM" and words[index - 1] == "DISTINCT"):
                break
            if text == ")":
                break
            if text == ",":
                items.append([])
                continue
            if (
                not items[-1]
                and len(items) == 1
                and (token.token_type == TokenType.HINT or text in ("DISTINCT", "ALL"))
            ):
                continue
        if text in _OPENING:
            depth += 1
        elif text in _CLOSING:
            depth -= 1
        items[-1].append(token)
    return items
