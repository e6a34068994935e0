"""One statement: what it writes, reads and gives, and what is refused with its place."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from warehouse.errors import ProjectError
from warehouse.statement import PartitionItem, Statement, parse_statement

INTO = "INSERT OVERWRITE TABLE a.b "


def parse(text: str) -> Statement:
    return parse_statement(text, "sql/a.sql")


def reads(statement: Statement) -> list[tuple[str, str, str | None]]:
    text = statement.text
    return [(str(ref.table), text[ref.start : ref.end], ref.alias) for ref in statement.inputs]


def gives(statement: Statement) -> list[tuple[str | None, str]]:
    return [(column.name, statement.text[column.start : column.end]) for column in statement.outputs]


@pytest.mark.parametrize(
    ("header", "target", "partition", "columns"),
    [
        ("INSERT OVERWRITE TABLE a.b", "a.b", [], ()),
        ("insert overwrite a.b", "a.b", [], ()),
        ("INSERT OVERWRITE `a`.`b`", "a.b", [], ()),
        ("INSERT OVERWRITE TABLE a.b (x, `y`)", "a.b", [], ("x", "y")),
        ("INSERT OVERWRITE a.b PARTITION (dt = '2018')", "a.b", [("dt", "2018")], ()),
        ("INSERT OVERWRITE a.b PARTITION (dt='x', hour)", "a.b", [("dt", "x"), ("hour", None)], ()),
        ("INSERT OVERWRITE a.b PARTITION (d = DATE '2018-11-15')", "a.b", [("d", "2018-11-15")], ()),
        (
            "INSERT OVERWRITE a.b PARTITION (y=2018, m=07, n=-1)",
            "a.b",
            [("y", "2018"), ("m", "7"), ("n", "-1")],
            (),
        ),
        ("INSERT OVERWRITE a.b PARTITION (dt = 'it\\'s') (c)", "a.b", [("dt", "it's")], ("c",)),
        ("INSERT OVERWRITE TABLE a . /* x */ b -- y\n PARTITION\n(dt)", "a.b", [("dt", None)], ()),
        ("INSERT OVERWRITE TABLE table.b", "table.b", [], ()),
    ],
)
def test_headers(
    header: str, target: str, partition: list[tuple[str, str | None]], columns: tuple[str]
) -> None:
    found = parse(f"-- é\n{header} SELECT 1 AS c")
    assert (str(found.target), found.columns) == (target, columns)
    assert found.partition == tuple(PartitionItem(*item) for item in partition)
    assert found.text[found.header_start : found.header_end] == header


def test_common_table_expressions_on_either_side_or_both() -> None:
    for text in (
        "WITH q AS (SELECT 1 FROM c.d) INSERT OVERWRITE TABLE a.b SELECT * FROM q",
        "INSERT OVERWRITE TABLE a.b WITH q AS (SELECT 1 FROM c.d) SELECT * FROM q",
    ):
        found = parse(text)
        assert (found.ctes, reads(found)) == (("q",), [("c.d", "c.d", None)])
    both = parse(
        "WITH q AS (SELECT 1) INSERT OVERWRITE TABLE a.b WITH r AS (SELECT 2 FROM q) SELECT * FROM r, q"
    )
    assert both.ctes == ("q", "r")
    assert reads(both) == []


def test_every_reference_is_an_input() -> None:
    text = (
        INTO
        + "SELECT /*+ BROADCAST(c.u) */ (SELECT max(x) FROM c.v) FROM c.u AS z, `c`.`w`, c /* é */ . x y "
        "LEFT JOIN (SELECT 1 FROM a.b) ON EXISTS (SELECT 'c.no' FROM c.t TABLESAMPLE (5 PERCENT)) "
        "LATERAL VIEW explode(q) l AS m UNION ALL SELECT 1 FROM c.u"
    )
    assert reads(parse(text)) == [
        ("c.v", "c.v", None),
        ("c.u", "c.u", "z"),
        ("c.w", "`c`.`w`", None),
        ("c.x", "c /* é */ . x", "y"),
        ("a.b", "a.b", None),
        ("c.t", "c.t", None),
        ("c.u", "c.u", None),
    ]
    assert [str(table) for table in parse(text).input_tables] == ["c.v", "c.u", "c.w", "c.x", "a.b", "c.t"]


def test_a_cte_hides_only_where_it_is_known() -> None:
    text = (
        INTO + "WITH q AS (SELECT 1 FROM c.d), r AS (SELECT 1 FROM q) "
        "SELECT 1 FROM (WITH q AS (SELECT 2) SELECT * FROM q)"
    )
    assert reads(parse(text)) == [("c.d", "c.d", None)]
    with pytest.raises(ProjectError, match="`r` names no database"):
        parse(INTO + "WITH q AS (SELECT 1 FROM r), r AS (SELECT 1) SELECT * FROM q")
    with pytest.raises(ProjectError, match="`q` names no database"):
        parse(INTO + "SELECT * FROM (WITH q AS (SELECT 1) SELECT * FROM q), q")


def test_output_columns_have_names_and_spans() -> None:
    text = (
        INTO + "SELECT /*+ COALESCE(1), x */ DISTINCT a.x, 'x, FROM' AS `é y`, count(*), "
        "a IS DISTINCT FROM b AS c, m['k,'], CASE WHEN a THEN b END z, f(x -> (x, y)).w, e.*, "
        "stack(2, 1, 2) AS (s, t), explode(q) FROM a.b e"
    )
    found = parse(text)
    assert gives(found) == [
        ("x", "a.x"),
        ("é y", "'x, FROM' AS `é y`"),
        (None, "count(*)"),
        ("c", "a IS DISTINCT FROM b AS c"),
        (None, "m['k,']"),
        ("z", "CASE WHEN a THEN b END z"),
        ("w", "f(x -> (x, y)).w"),
        (None, "e.*"),
        ("s", "stack(2, 1, 2) AS (s, t)"),
        ("t", "stack(2, 1, 2) AS (s, t)"),
        (None, "explode(q)"),
    ]
    assert [c.many for c in found.outputs] == [False] * 7 + [True, False, False, True]


@pytest.mark.parametrize(
    "query",
    [
        "(SELECT x AS n FROM c.d)",
        "((SELECT x AS n) UNION (SELECT 2))",
        "(SELECT x AS n) UNION ALL SELECT 2",
        "WITH q AS (SELECT 1 AS no) SELECT x AS n FROM q",
        "(WITH q AS (SELECT 1 AS no) SELECT x AS n FROM q)",
        "FROM c.d SELECT x AS n WHERE true",
        "SELECT x AS n ORDER BY 1 LIMIT 3;",
        "SELECT x AS n GROUP BY x",
        "SELECT x AS n FROM c.d CLUSTER BY x",
    ],
)
def test_the_first_select_names_the_columns(query: str) -> None:
    assert gives(parse(INTO + query)) == [("n", "x AS n")]


@pytest.mark.parametrize(
    ("text", "place", "what"),
    [
        ("", "1:1", "holds no statement"),
        ("-- nothing\n", "1:1", "holds no statement"),
        ("SELECT 1", "1:1", "must be an INSERT OVERWRITE"),
        ("DROP TABLE a.b", "1:1", "must be an INSERT OVERWRITE"),
        ("CACHE TABLE a.b", "1:1", "must be an INSERT OVERWRITE"),
        ("INSERT INTO a.b SELECT 1", "1:8", "must be an INSERT OVERWRITE"),
        ("INSERT a.b SELECT 1", "1:8", "must be an INSERT OVERWRITE"),
        (INTO + "SELECT 1;\n SELECT 2", "2:2", "holds one statement"),
        (
            "FROM c.d INSERT OVERWRITE TABLE a.b SELECT 1 INSERT OVERWRITE a.c SELECT 2",
            "1:10",
            "fills one table",
        ),
        (INTO + "FROM c.d SELECT 1 INSERT OVERWRITE TABLE a.c SELECT 2", "1:46", "fills one table"),
        ("INSERT OVERWRITE DIRECTORY '/x' SELECT 1", "1:18", "not a directory"),
        (INTO + "VALUES (1)", "1:28", "a SELECT is expected"),
        (INTO + "TABLE c.d", "1:28", "a SELECT is expected"),
        (INTO, "1:26", "selects nothing"),
        (INTO + "PARTITION (dt = current_date()) SELECT 1", "1:44", "must be a literal"),
        (INTO + "PARTITION (dt = 'a' || 'b') SELECT 1", "1:48", "must be one literal"),
        (INTO + "PARTITION (dt = NULL) SELECT 1", "1:44", "must be a literal"),
        (INTO + "PARTITION (dt = '') SELECT 1", "1:44", "cannot be empty"),
        (INTO + "PARTITION (dt, hour = 1) SELECT 1", "1:43", "the column before it has none"),
        (INTO + "PARTITION (dt, dt) SELECT 1", "1:43", "stands twice"),
        (INTO + "PARTITION (Dt) SELECT 1", "1:39", "is not a name that all engines read alike"),
        (INTO + "PARTITION (dt='x') IF NOT EXISTS SELECT 1", "1:47", "would keep the old rows"),
        (INTO + "BY NAME SELECT 1", "1:28", "BY NAME is not supported"),
        ("INSERT OVERWRITE b SELECT 1", "1:18", "names no database"),
        ("INSERT OVERWRITE x.a.b SELECT 1", "1:18", "more than two parts"),
        ("INSERT OVERWRITE A.b SELECT 1", "1:18", "is not a name that all engines read alike"),
        (INTO + "SELECT * FROM c", "1:42", "names no database"),
        (INTO + "SELECT * FROM c.d.e", "1:42", "more than two parts"),
        (INTO + "SELECT *\nFROM c.D", "2:6", "is not a name that all engines read alike"),
        (INTO + "SELECT * FROM parquet.`/x`", "1:42", "reads tables, not files"),
        (INTO + "SELECT 1 FROM IDENTIFIER('c.d')", "1:28", "hides which table is read"),
        (INTO + "SELECT a FROM c.d VERSION AS OF 3", "1:42", "no versions"),
        (INTO + "SELECT\n a b c FROM c.d", "2:6", "syntax error near 'c'"),
        (INTO + "SELECT values FROM c.d", "1:35", "syntax error near 'values'"),
        (INTO + "SELECT 'é' 1 +", "1:39", "syntax error"),
        (INTO + "SELECT a, FROM c.d", "1:36", "missing beside this comma"),
        (INTO + "SELECT 'abc", "1:35", "is not closed"),
        (INTO + "SELECT 1 /* abc", "1:37", "is not closed"),
        (INTO + "SELECT `abc", "1:35", "is not closed"),
        (INTO + "SELECT (" * 300, "1:", "nested deeper"),
        (INTO + "SELECT a FROM c.d QUALIFY row_number() OVER (ORDER BY a) = 1", "1:", "QUALIFY"),
        (INTO + "SELECT * EXCEPT (a) FROM c.d", "1:", "* EXCEPT"),
        (INTO + "SELECT 1 UNION BY NAME SELECT 2", "1:", "BY NAME"),
        ("WITH RECURSIVE q AS (SELECT 1) " + INTO + "SELECT * FROM q", "1:", "WITH RECURSIVE"),
    ],
)
def test_what_is_refused_and_where(text: str, place: str, what: str) -> None:
    with pytest.raises(ProjectError) as caught:
        parse(text)
    assert what in caught.value.what
    assert str(caught.value.where).startswith(f"sql/a.sql:{place}")


def test_places_are_of_the_file_that_the_text_came_from() -> None:
    with pytest.raises(ProjectError) as caught:
        parse_statement(INTO + "\nSELECT *\nFROM nowhere", "sql/a.sql", lambda line: line * 10)
    assert str(caught.value.where) == "sql/a.sql:30:6"
    assert caught.value.where is not None and caught.value.where.text == "FROM nowhere"


VOCABULARY = """INSERT OVERWRITE TABLE a.b SELECT FROM WHERE c.d q ( ) , ; * 'x' `y` JOIN ON = WITH AS
PARTITION dt UNION GROUP BY CASE WHEN END -- /* */ 1 . [ ] < > ARRAY INTERVAL NOT IN EXISTS LATERAL VIEW
OVER VALUES é ${x} {"""
WORDS = st.sampled_from(VOCABULARY.split())


@settings(max_examples=400, deadline=None)
@given(st.lists(WORDS, max_size=25), st.booleans())
def test_no_text_makes_a_traceback(words: list[str], whole: bool) -> None:
    try:
        parse((INTO if whole else "") + " ".join(words))
    except ProjectError as error:
        assert error.where is not None


@pytest.mark.parametrize("part", ["NOT ", "- ", "CASE WHEN a THEN ", "CAST(", "x -> ", "INTERVAL "])
def test_deep_nesting_makes_no_traceback(part: str) -> None:
    try:
        parse(INTO + "SELECT " + part * 20000 + "1")
    except ProjectError as error:
        assert error.where is not None


def test_long_statements_are_no_problem() -> None:
    many = " UNION ALL ".join(["SELECT x FROM c.d WHERE " + " OR ".join(["a = 1"] * 50)] * 200)
    assert len(parse(INTO + many).inputs) == 200


@pytest.mark.parametrize(
    ("hint", "said"),
    [
        ("REPARTITION(3)", True),
        ("BROADCAST(x), coalesce( 1 )", True),
        ("REBALANCE(4, dt)", True),
        ("REPARTITION_BY_RANGE(5, dt)", True),
        ("REBALANCE(dt)", False),
        ("REBALANCE", False),
        ("REPARTITION(dt)", False),
        ("BROADCAST(x)", False),
    ],
)
def test_a_number_in_an_outermost_hint_says_how_many_files(hint: str, said: bool) -> None:
    query = "WITH x AS (SELECT /*+ COALESCE(7) */ k, dt FROM a.c)\nSELECT {} k, dt FROM x"
    assert parse(INTO + query.format(f"/*+ {hint} */")).says_how_many_files is said
    assert not parse(INTO + query.format("")).says_how_many_files


@pytest.mark.parametrize(
    ("between", "line"),
    [("", 14), ("CROSS JOIN a.d AS y LEFT JOIN a.e USING (k)", 13), ("JOIN a.f ON true", 13)],
)
@pytest.mark.parametrize("kind", ["JOIN", "LEFT JOIN", "LEFT SEMI JOIN", "join"])
def test_many_joins_without_a_condition_are_refused_at_once(kind: str, between: str, line: int) -> None:
    with pytest.raises(ProjectError, match="joins have no ON and no USING") as refused:
        parse(INTO + "SELECT *\nFROM a.b\n" + f"{kind} a.c AS x {between}\n" * 40)
    assert refused.value.where is not None and refused.value.where.line == line


def test_many_joins_with_conditions_are_read() -> None:
    joins = "JOIN a.c ON true\nCROSS JOIN a.d\nLEFT JOIN (SELECT * FROM a.e JOIN a.f) USING (k)\n" * 40
    assert len(parse(f"{INTO}SELECT *\nFROM a.b\n{joins}").input_tables) == 5
