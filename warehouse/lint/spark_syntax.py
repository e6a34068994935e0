"""Something that other engines (and newer Sparks) read, and Spark 3.5 does not.

``x::int``, ``DISTINCT ON``, ``AT TIME ZONE``, ``FETCH FIRST``, ``UNNEST``, CAST to a type that Spark has not,
aggregates inside aggregates: they would fail when the statement is parsed or analysed, after the cluster has
started.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from sqlglot import exp

from warehouse.lint.rule import Hit, Rule, Severity, Sql
from warehouse.query_functions import AGGREGATES
from warehouse.sqltext import Tree, word

_NODES = {
    "AtTimeZone": ("AT TIME ZONE", "from_utc_timestamp(t, zone), to_utc_timestamp(t, zone)"),
    "Collate": ("COLLATE", "lower(…) on both sides"),
    "SimilarTo": ("SIMILAR TO", "RLIKE"),
    "Glob": ("GLOB", "LIKE"),
    "Unnest": ("UNNEST", "LATERAL VIEW explode(…)"),
    "Slice": ("a slice in brackets", "slice(array, start, length)"),
    "JSONExtract": ("-> and :path", "get_json_object(json, '$.path')"),
    "JSONExtractScalar": ("->>", "get_json_object(json, '$.path')"),
    "JSONBExtract": ("#>", "get_json_object(json, '$.path')"),
    "JSONBExtractScalar": ("#>>", "get_json_object(json, '$.path')"),
    "Overlaps": ("OVERLAPS", "a.start < b.end AND b.start < a.end"),
    "Parameter": ("parameters like @x", "a name of the template: {{ … }}"),
    "Placeholder": ("parameters like :x and ?", "a name of the template: {{ … }}"),
    "SessionParameter": ("parameters like @@x", "a name of the template: {{ … }}"),
    "MatchRecognize": ("MATCH_RECOGNIZE", "window functions"),
    "RegexpILike": ("case-insensitive ~*", "RLIKE '(?i)…'"),
    "Lock": ("FOR UPDATE", "leaving it out"),
    "Into": ("SELECT INTO", "INSERT OVERWRITE"),
    "Connect": ("CONNECT BY", "a join for each level"),
    "Fetch": ("FETCH FIRST", "LIMIT"),
    "Qualify": ("QUALIFY", "a subquery with the window function, and WHERE around it"),
}
_TYPE_WORDS = """boolean tinyint byte smallint short int integer bigint long float real double date timestamp
    timestamp_ntz timestamp_ltz string character char varchar binary decimal dec numeric void interval array
    map struct"""
_TYPES = frozenset(_TYPE_WORDS.upper().split())
_CAST = re.compile(r"\bCAST\s*\(", re.IGNORECASE)
_AS = re.compile(r"\bAS\s+(\w+)", re.IGNORECASE)


def check(sql: Sql) -> Iterator[Hit]:
    text = sql.statement.text
    for node in _walk(sql.statement.tree):
        found = _NODES.get(type(node).__name__)
        if found is not None:
            yield Hit(sql.offset(node), f"Spark 3.5 does not know {found[0]}", None, f"use {found[1]}")
        elif isinstance(node, exp.Distinct) and node.args.get("on") is not None:
            yield Hit(sql.offset(node), "Spark 3.5 does not know DISTINCT ON", None, "use row_number() = 1")
        elif isinstance(node, exp.Join) and str(node.args.get("method") or "") in ("ASOF", "POSITIONAL"):
            yield Hit(sql.offset(node), f"Spark 3.5 does not know {node.args['method']} joins")
        elif _aggregates(node) and not isinstance(node.parent, exp.Window):
            inner = next((n for n in _below(node) if _aggregates(n)), None)
            if inner is not None:
                yield Hit(
                    sql.offset(inner),
                    "an aggregate inside an aggregate",
                    None,
                    "compute the inner one in a subquery",
                )
    if "::" in text or (_CAST.search(text) and any(_odd(match[1]) for match in _AS.finditer(text))):
        yield from _casts(sql)


def _odd(word: str) -> bool:
    return word.upper() not in _TYPES or word.upper() in ("CHAR", "VARCHAR", "CHARACTER")


def _casts(sql: Sql) -> Iterator[Hit]:
    """The types of casts, as they are written: the tree has Spark's like for TEXT and INT4."""
    tokens = sql.statement.sql.tokens()
    opened: list[bool] = []
    for index, token in enumerate(tokens):
        if token.token_type.name == "DCOLON":
            yield Hit(int(token.start), "Spark 3.5 does not know x::type", None, "write CAST(x AS type)")
        elif word(token) == "(":
            opened.append(index > 0 and word(tokens[index - 1]) in ("CAST", "TRY_CAST"))
        elif word(token) == ")":
            opened = opened[:-1]
        elif word(token) == "AS" and opened and opened[-1] and index + 2 < len(tokens):
            kind, after = tokens[index + 1], word(tokens[index + 2])
            bare = word(kind) in ("CHAR", "VARCHAR", "CHARACTER") and after != "("
            if word(kind) not in _TYPES or bare:
                what = f"{word(kind)} without a length" if bare else f"the type {kind.text}"
                fix = "use STRING, INT, BIGINT, DOUBLE, DECIMAL(p, s), DATE, TIMESTAMP …"
                yield Hit(int(kind.start), f"Spark 3.5 does not know {what}", None, fix)


def _aggregates(node: Tree) -> bool:
    if isinstance(node, exp.AggFunc):
        return not isinstance(node, exp.Lag | exp.Lead | exp.FirstValue | exp.LastValue | exp.NthValue)
    return isinstance(node, exp.Anonymous) and str(node.this).lower() in AGGREGATES


def _below(node: Tree) -> Iterator[Tree]:
    for part in _walk(node, stop=(exp.Query, exp.Window)):
        if part is not node:
            yield part


def _walk(root: Tree, stop: tuple[type[Tree], ...] = ()) -> Iterator[Tree]:
    """Every node but those of hints."""
    stack = [root]
    while stack:
        node = stack.pop()
        if isinstance(node, exp.Hint) or (stop and isinstance(node, stop) and node is not root):
            continue
        yield node
        for value in node.args.values():
            if isinstance(value, exp.Expr):
                stack.append(value)
            elif isinstance(value, list):
                stack += [item for item in value if isinstance(item, exp.Expr)]


RULE = Rule("W601", Severity.ERROR, check)
