"""The columns that a query gives, with the span of each expression, read from tokens and tree together."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec
from sqlglot import TokenType, exp

from warehouse.sqltext import NO_WORDS, SqlText, Token, Tree, word

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
_BRACKETS = frozenset("([{)]}")
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


def output_columns(sql: SqlText, body: Sequence[Token], tree: Tree) -> tuple[OutputColumn, ...]:
    """Of the query's first SELECT; a union's columns are named by its first branch."""
    select = first_select(tree)
    if select is None:
        return ()
    items = _items(body)
    for index, (first, last) in enumerate(items):
        if first > last:
            before = index and items[index - 1][0] <= items[index - 1][1]
            offset = int(body[items[index - 1][1]].end) + 1 if before else int(body[0].start)
            sql.fail(offset, "a column is missing beside this comma of the SELECT list")
    if len(items) != len(select.expressions):
        # A form that is not known here: the columns, all at the place where the list begins.
        start = int(body[0].start)
        spans = [(start, start)] * len(select.expressions)
    else:
        spans = [(int(body[first].start), int(body[last].end) + 1) for first, last in items]
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


def _items(body: Sequence[Token]) -> list[tuple[int, int]]:
    """What stands between the commas of the first select list: the places of its first and last token, or
    of the comma and the token before where there is nothing."""
    at = _first_item(body)
    items: list[tuple[int, int]] = []
    start, depth = at, 0
    for index in range(at, len(body)):
        token = body[index]
        text = token.text
        if text in _BRACKETS:
            if token.token_type in NO_WORDS:
                continue
            if text in _OPENING:
                depth += 1
            elif depth == 0 and text == ")":
                break
            else:
                depth -= 1
        elif depth == 0:
            if text == "," and token.token_type not in NO_WORDS:
                items.append((start, index - 1))
                start = index + 1
            elif _ends(text.upper(), token, body[index - 1]):
                break
            elif (
                start == index
                and not items
                and (token.token_type == TokenType.HINT or word(token) in ("DISTINCT", "ALL"))
            ):
                start = index + 1
    else:
        index = len(body)
    items.append((start, index - 1))
    return items


def _first_item(body: Sequence[Token]) -> int:
    """The place behind the SELECT that names a query's columns."""
    base = 0
    while base < len(body) and word(body[base]) == "(":
        base += 1
    depth = base
    for at in range(base, len(body)):
        text = body[at].text
        if text in ("(", ")"):
            if body[at].token_type not in NO_WORDS:
                depth += 1 if text == "(" else -1
        elif depth <= base and text.upper() == "SELECT" and body[at].token_type not in NO_WORDS:
            return at + 1
    return len(body) + 1


def _ends(text: str, token: Token, before: Token) -> bool:
    """Whether a SELECT list is over; sqlglot has one token for ORDER BY."""
    if text not in _END and not (" " in text and text.partition(" ")[0] in _END):
        return False
    return token.token_type not in NO_WORDS and not (text == "FROM" and word(before) == "DISTINCT")
