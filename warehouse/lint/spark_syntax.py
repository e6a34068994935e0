"""Something that other engines (and newer Sparks) read, and Spark 3.5 does not.

``x::int``, ``DISTINCT ON``, ``AT TIME ZONE``, ``FETCH FIRST``, ``UNNEST``, CAST to a type that Spark has
not: they would fail when the statement is parsed, after the cluster has started.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from sqlglot import exp

from warehouse.lint.rule import Hit, Rule, Severity, Sql
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
_PERHAPS = frozenset((*_NODES, "Distinct"))
_TYPE_WORDS = """boolean tinyint byte smallint short int integer bigint long float real double date timestamp
    timestamp_ntz timestamp_ltz string character char varchar binary decimal dec numeric void interval array
    map struct"""
_TYPES = frozenset(_TYPE_WORDS.upper().split())
_AS = re.compile(r"AS\s+(\w+)\s*([()<])")
_WITH_LENGTH = ("CHAR", "VARCHAR", "CHARACTER")


def check(sql: Sql) -> Iterator[Hit]:
    nodes = sql.statement.nodes
    if not _PERHAPS.isdisjoint([kind.__name__ for kind in nodes]):
        for node in sql.analysis.others:
            found = _NODES.get(type(node).__name__)
            if found is not None:
                yield Hit(sql.offset(node), f"Spark 3.5 does not know {found[0]}", None, f"use {found[1]}")
        for select in sql.analysis.selects:
            yield from _clauses(sql, select.node)
    for join in nodes.get(exp.Join, ()):
        if str(join.args.get("method") or "") in ("ASOF", "POSITIONAL"):
            yield Hit(sql.offset(join), f"Spark 3.5 does not know {join.args['method']} joins")
    text = sql.statement.text
    casts = exp.Cast in nodes or exp.TryCast in nodes
    if "::" in text or (casts and any(_odd(match) for match in _AS.finditer(text.upper()))):
        yield from _casts(sql)


def _clauses(sql: Sql, node: Tree) -> Iterator[Hit]:
    args = node.args
    distinct = args.get("distinct")
    if distinct is not None and distinct.args.get("on") is not None:
        yield Hit(sql.offset(distinct), "Spark 3.5 does not know DISTINCT ON", None, "use row_number() = 1")
    for key in ("locks", "into", "connect", "match", "limit"):
        for part in args[key] if isinstance(args.get(key), list) else [args.get(key)]:
            found = _NODES.get(type(part).__name__)
            if found is not None:
                at = sql.offset(part) if key == "limit" else sql.offset(node)
                yield Hit(at, f"Spark 3.5 does not know {found[0]}", None, f"use {found[1]}")
    for join in args.get("joins") or ():
        if isinstance(join.this, exp.Unnest):
            yield Hit(sql.offset(join), "Spark 3.5 does not know UNNEST", None, "use LATERAL VIEW explode(…)")


def _odd(match: re.Match[str]) -> bool:
    """Whether it may be a type that Spark does not know, in upper case."""
    kind = match[1]
    return kind not in _TYPES or (kind in _WITH_LENGTH and match[2] != "(")


def _casts(sql: Sql) -> Iterator[Hit]:
    """The types of casts, as they are written: the tree has Spark's like for TEXT and INT4."""
    tokens = sql.statement.sql.tokens()
    opened: list[bool] = []
    for index, token in enumerate(tokens):
        # 1.5D comes as a cast, too.
        if token.token_type.name == "DCOLON" and sql.statement.text.startswith("::", token.start):
            yield Hit(int(token.start), "Spark 3.5 does not know x::type", None, "write CAST(x AS type)")
        elif word(token) == "(":
            opened.append(index > 0 and word(tokens[index - 1]) in ("CAST", "TRY_CAST"))
        elif word(token) == ")":
            opened = opened[:-1]
        elif word(token) == "AS" and opened and opened[-1] and index + 2 < len(tokens):
            kind, after = tokens[index + 1], word(tokens[index + 2])
            bare = word(kind) in _WITH_LENGTH and after != "("
            if word(kind) not in _TYPES or bare:
                what = f"{word(kind)} without a length" if bare else f"the type {kind.text}"
                fix = "use STRING, INT, BIGINT, DOUBLE, DECIMAL(p, s), DATE, TIMESTAMP …"
                yield Hit(int(kind.start), f"Spark 3.5 does not know {what}", None, fix)


RULE = Rule("W601", Severity.ERROR, check)
