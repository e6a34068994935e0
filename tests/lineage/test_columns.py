"""What a column derives from, for each way that SQL passes columns on."""

from __future__ import annotations

import pytest

from warehouse.origins import Origin

from .conftest import Made

A = "k STRING, v INT, w BIGINT, s STRUCT<x: INT, y: STRING>, xs ARRAY<INT>, m MAP<STRING, DOUBLE>"
B = "k STRING, v INT, z STRING"

CASES = {
    "plain": ("SELECT a.v FROM d.a AS a", {"a.v"}),
    "renamed": ("SELECT w AS v FROM d.a", {"a.w"}),
    "expression": ("SELECT v + w AS v FROM d.a", {"a.v", "a.w"}),
    "constant": ("SELECT 1 AS v FROM d.a", set()),
    "rows counted": ("SELECT count(*) AS v FROM d.a", set()),
    "case": ("SELECT CASE WHEN k = 'x' THEN v ELSE w END AS v FROM d.a", {"a.k", "a.v", "a.w"}),
    "filter is not counted": ("SELECT v FROM d.a WHERE w > 1", {"a.v"}),
    "cte": ("WITH c AS (SELECT w AS q FROM d.a) SELECT q AS v FROM c", {"a.w"}),
    "cte in cte": (
        "WITH c AS (WITH a AS (SELECT w AS q FROM d.a) SELECT q FROM a) SELECT q AS v FROM c",
        {"a.w"},
    ),
    "cte that shadows": (
        "WITH c AS (SELECT v FROM d.a), e AS (WITH c AS (SELECT w AS v FROM d.a) SELECT v FROM c) "
        "SELECT c.v + e.v AS v FROM c CROSS JOIN e",
        {"a.v", "a.w"},
    ),
    "cte's columns named": ("WITH c (p, q) AS (SELECT v, w FROM d.a) SELECT q AS v FROM c", {"a.w"}),
    "subquery": ("SELECT v FROM (SELECT w AS v FROM d.a)", {"a.w"}),
    "subquery's columns named": ("SELECT q AS v FROM (SELECT v, w FROM d.a) AS t (p, q)", {"a.w"}),
    "scalar subquery": ("SELECT (SELECT max(w) FROM d.a) AS v FROM d.b", {"a.w"}),
    "correlated": (
        "SELECT (SELECT max(a.w + b.v) FROM d.a AS a WHERE a.k = b.k) AS v FROM d.b AS b",
        {"a.w", "b.v"},
    ),
    "union": ("SELECT v FROM d.a UNION ALL SELECT v FROM d.b", {"a.v", "b.v"}),
    "three unions": (
        "SELECT v FROM d.a UNION ALL SELECT v FROM d.b UNION SELECT w FROM d.a",
        {"a.v", "a.w", "b.v"},
    ),
    "except": ("SELECT v FROM d.a EXCEPT SELECT v FROM d.b", {"a.v"}),
    "join": ("SELECT coalesce(b.v, a.v) AS v FROM d.a AS a LEFT JOIN d.b AS b ON a.k = b.k", {"a.v", "b.v"}),
    "using, left": ("SELECT cast(k AS INT) AS v FROM d.a LEFT JOIN d.b USING (k)", {"a.k"}),
    "using, full": ("SELECT cast(k AS INT) AS v FROM d.a FULL JOIN d.b USING (k)", {"a.k", "b.k"}),
    "star": ("SELECT v FROM (SELECT * FROM d.a)", {"a.v"}),
    "star of one": ("SELECT v FROM (SELECT b.* FROM d.a AS a JOIN d.b AS b ON a.k = b.k)", {"b.v"}),
    "struct": ("SELECT s.x AS v FROM d.a", {"a.s"}),
    "struct of an alias": ("SELECT t.s.x AS v FROM d.a AS t", {"a.s"}),
    "lateral view": ("SELECT item AS v FROM d.a LATERAL VIEW explode(xs) t AS item", {"a.xs"}),
    "lateral view without a table's name": (
        "SELECT item AS v FROM d.a LATERAL VIEW explode(xs) AS item",
        {"a.xs"},
    ),
    "lateral view of a map": (
        "SELECT cast(q AS INT) AS v FROM d.a LATERAL VIEW explode(m) t AS p, q",
        {"a.m"},
    ),
    "json_tuple": ("SELECT int(q) AS v FROM d.a LATERAL VIEW json_tuple(k, 'p', 'q') j AS p, q", {"a.k"}),
    "explode in SELECT": ("SELECT explode(xs) AS v FROM d.a", {"a.xs"}),
    "lambda": ("SELECT size(transform(xs, x -> x + v)) AS v FROM d.a", {"a.xs", "a.v"}),
    "window": (
        "SELECT row_number() OVER (PARTITION BY k ORDER BY w) AS v FROM d.a",
        {"a.k", "a.w"},
    ),
    "named window": (
        "SELECT sum(v) OVER p AS v FROM d.a WINDOW p AS (PARTITION BY k)",
        {"a.k", "a.v"},
    ),
    "filtered aggregate": ("SELECT sum(v) FILTER (WHERE k = 'x') AS v FROM d.a", {"a.k", "a.v"}),
    "column of the list used again": ("SELECT p + 1 AS v FROM (SELECT w AS p, p + 1 AS q FROM d.a)", {"a.w"}),
    "values": ("SELECT v FROM VALUES (1), (2) AS t (v)", set()),
    "own past": ("SELECT v FROM d.t WHERE dt = '{{ prev_ds }}'", {"t.v"}),
    "table without a contract": ("SELECT v FROM d.nobody", {"nobody.v"}),
}  # fmt: skip


@pytest.mark.parametrize("name", CASES)
def test_origins(make: Made, name: str) -> None:
    sql, expected = CASES[name]
    lineage = make({"a": (A, ""), "b": (B, ""), "t": ("v INT", sql)})
    found = lineage.origins(lineage.thing("d.t.v"))
    assert {str(origin) for origin in found} == {f"d.{name}" for name in expected}


@pytest.mark.parametrize(
    ("sql", "why"),
    [
        ("SELECT * FROM d.nobody", "the columns of d.nobody"),
        ("SELECT v FROM d.nobody CROSS JOIN d.noone", "whose column v is"),
        ("SELECT * FROM d.a PIVOT (max(v) FOR k IN ('x' AS p))", "a PIVOT's columns"),
        ("SELECT nope AS v FROM d.a", "nope is not there"),
    ],
)
def test_what_is_not_known_is_said(make: Made, sql: str, why: str) -> None:
    lineage = make({"a": (A, ""), "t": ("v INT", sql)})
    assert lineage.origins(lineage.thing("d.t.v")) == (Origin(None, why),) or why in {
        origin.column for origin in lineage.origins(lineage.thing("d.t.v")) if origin.table is None
    }
