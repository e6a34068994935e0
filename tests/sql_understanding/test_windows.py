"""Read windows: what each form of condition comes to, written out."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from warehouse.contract import Column
from warehouse.names import HIVE_DEFAULT_PARTITION, TableName
from warehouse.statement import parse_statement
from warehouse.windows import Window, parse_window, read_windows

E, U, H, NUMBERS, D, N = (TableName("m", name) for name in "euhidn")
PARTITIONS = {
    E: (Column("dt", "string"),),
    U: (Column("dt", "string"),),
    H: (Column("dt", "string"), Column("hour", "string")),
    NUMBERS: (Column("year", "int"), Column("month", "int")),
    D: (Column("day", "date"),),
    N: (),
}
WHOLE = ("*",)


def windows(query: str) -> dict[TableName, Window]:
    return read_windows(parse_statement(f"INSERT OVERWRITE TABLE a.b {query}", "a.sql"), PARTITIONS)


def window(query: str) -> Window:
    (found,) = windows(query).values()
    return found


def on_e(condition: str) -> Window:
    return window(f"SELECT * FROM m.e WHERE {condition}")


@pytest.mark.parametrize(
    ("condition", "text", "inside", "outside"),
    [
        ("dt = '2018-11-15'", "dt = '2018-11-15'", "2018-11-15", "2018-11-16"),
        ("'2018-11-15' >= dt", "'2018-11-15' >= dt", "2018-11-15", "2018-11-16"),
        ("dt <> '2018-11-15'", "dt <> '2018-11-15'", "2018-11-16", "2018-11-15"),
        ("NOT dt = '2018-11-15'", "dt <> '2018-11-15'", "2018-11-16", "2018-11-15"),
        ("NOT (dt < 'b' OR dt > 'd')", "dt BETWEEN 'b' AND 'd'", "c", "a"),
        ("dt BETWEEN '2018' AND '2019'", "dt BETWEEN '2018' AND '2019'", "2018-11-15", "2019-01-01"),
        ("dt IN ('a', 'b')", "dt IN ('a', 'b')", "b", "c"),
        ("dt NOT IN ('a', 'b')", "NOT (dt IN ('a', 'b'))", "c", "b"),
        ("dt LIKE '2018-1_-%'", "dt LIKE '2018-1_-%'", "2018-11-15", "2018-01-15"),
        ("dt IS NULL", "dt IS NULL", HIVE_DEFAULT_PARTITION, "x"),
        ("dt IS NOT NULL", "NOT (dt IS NULL)", "x", HIVE_DEFAULT_PARTITION),
        ("dt <=> 'x'", "dt <=> 'x'", "x", HIVE_DEFAULT_PARTITION),
        ("dt = date_sub('2018-11-15', 1)", "dt = DATE '2018-11-14'", "2018-11-14", "2018-11-15"),
        ("dt = CAST(date_add('2018-02-28', 1) AS STRING)", "dt = '2018-03-01'", "2018-03-01", "2018-02-29"),
        ("dt = date_format(DATE '2018-11-15', 'yyyyMMdd')", "dt = '20181115'", "20181115", "2018-11-15"),
        ("dt >= add_months('2018-03-31', -1)", "dt >= DATE '2018-02-28'", "2018-02-28", "2018-02-27"),
        ("to_date(dt) = '2018-11-15'", "CAST(dt AS DATE) = '2018-11-15'", "2018-11-15", "2018-11-16"),
        ("to_date(dt, 'yyyyMMdd') > '2018'", "to_date(dt, 'yyyyMMdd') > '2018'", "20180102", "20180101"),
        ("dt >= trunc('2018-11-15', 'MM')", "dt >= DATE '2018-11-01'", "2018-11-01", "2018-10-31"),
        (
            "dt = CAST(date_trunc('week', DATE '2018-11-15') AS DATE)",
            "dt = DATE '2018-11-12'",
            "2018-11-12",
            "2018-11-15",
        ),
        ("dt = DATE '2018-11-15' - INTERVAL 1 MONTH", "dt = DATE '2018-10-15'", "2018-10-15", "2018-11-15"),
        ("dt > DATE '2018-11-15' + INTERVAL '2' DAYS", "dt > DATE '2018-11-17'", "2018-11-18", "2018-11-17"),
        ("substr(dt, 1, 7) = '2018-11'", "substring(dt, 1, 7) = '2018-11'", "2018-11-15", "2018-12-15"),
        ("substring(dt FROM 6 FOR 2) = '11'", "substring(dt, 6, 2) = '11'", "2018-11-15", "2018-12-11"),
        ("left(dt, 4) = '2018'", "left(dt, 4) = '2018'", "2018-11-15", "2019-11-15"),
        ("right(dt, 2) = '15'", "right(dt, 2) = '15'", "2018-11-15", "2018-11-16"),
        ("concat(dt, 'x') = 'ax'", "concat(dt, 'x') = 'ax'", "a", "ax"),
        ("dt || 'x' = 'ax'", "concat(dt, 'x') = 'ax'", "a", "ax"),
        ("year(dt) = 2018", "year(dt) = 2018", "2018-11-15", "2019-11-15"),
        ("month(dt) = 11", "month(dt) = 11", "2018-11-15", "2018-12-15"),
        ("day(dt) = 15", "day(dt) = 15", "2018-11-15", "2018-11-16"),
        ("lpad(dt, 3, '0') = '007'", "lpad(dt, 3, '0') = '007'", "7", "8"),
        ("CAST(dt AS INT) * 2 + 1 = 7", "((CAST(dt AS INT) * 2) + 1) = 7", "3", "4"),
        ("coalesce(dt, 'x') = 'x'", "coalesce(dt, 'x') = 'x'", HIVE_DEFAULT_PARTITION, "y"),
        ("CASE WHEN dt > 'b' THEN 1 ELSE 2 END = 1", "CASE WHEN dt > 'b' THEN 1 ELSE 2 END = 1", "c", "a"),
        ("if(dt > 'b', true, false)", "CASE WHEN dt > 'b' THEN TRUE ELSE FALSE END", "c", "a"),
        ("dt = 'a' OR dt = 'b'", "(dt = 'a' OR dt = 'b')", "a", "c"),
        ("(dt = 'a' AND x = 1) OR (dt = 'b' AND y = 2)", "(dt = 'a' OR dt = 'b')", "b", "c"),
        ("dt = 'it\\'s'", "dt = 'it\\'s'", "it's", "its"),
        ("datediff('2018-11-15', dt) < 3", "datediff('2018-11-15', dt) < 3", "2018-11-13", "2018-11-12"),
        ("split(dt, '-')[1] = '11'", "split(dt, '-')[1] = '11'", "2018-11-15", "2018-12-11"),
    ],
)
def test_conditions(condition: str, text: str, inside: str, outside: str) -> None:
    found = on_e(condition)
    assert found.text == (text,)
    assert not found.everything and found.widened == ()
    assert found.matches({"dt": inside})
    assert not found.matches({"dt": outside})


@pytest.mark.parametrize(
    ("condition", "note"),
    [
        ("k = 1", "no condition on dt"),
        ("upper(k) = dt", "not evaluated: upper(k) = dt (it speaks of other columns, too)"),
        ("my_udf(dt) = 3", "not evaluated: <my_udf() is not understood> = 3 (my_udf() is not understood)"),
        ("dt RLIKE 'x'", "not evaluated: <regexplike() is not understood> (regexplike() is not understood)"),
        ("dt = 'a' OR k = 1", "not evaluated: (dt = 'a' OR k = 1) (it speaks of other columns, too)"),
        ("dt = (SELECT 'x')", "not evaluated: dt = <a subquery> (a subquery)"),
    ],
)
def test_what_cannot_be_evaluated_widens_and_says_so(condition: str, note: str) -> None:
    found = on_e(condition)
    assert (found.text, found.widened) == (WHOLE, (note,))
    assert found.everything and found.matches({"dt": "anything"})


def test_a_column_that_is_bound_needs_no_note() -> None:
    assert on_e("dt = 'a' AND my_udf(dt) = 1").widened == ()


def test_false_is_nothing() -> None:
    assert on_e("1 = 0").text == ()
    assert not on_e("1 = 0").matches({})


@pytest.mark.parametrize(
    ("condition", "values", "expected"),
    [
        ("dt = 'x' AND hour = 7", {"dt": "x", "hour": "07"}, True),
        ("dt = 'x' AND hour = 7", {"dt": "x", "hour": "7"}, True),
        ("dt = 'x' AND hour = '7'", {"dt": "x", "hour": "07"}, False),
        ("dt = 'x' AND hour = 7", {"dt": "x", "hour": "8"}, False),
        ("dt = 'x' AND hour = 7", {"dt": "x"}, True),
        ("dt = 'x' AND hour = 7", {"hour": "7"}, True),
        ("dt = 'x' AND hour = 7", {"hour": "8"}, False),
        ("dt = 'x' OR hour = '7'", {"dt": "y"}, True),
        ("concat(dt, 'T', hour) >= '2018-11-15T07'", {"dt": "2018-11-15", "hour": "06"}, False),
        ("concat(dt, 'T', hour) >= '2018-11-15T07'", {"dt": "2018-11-16", "hour": "06"}, True),
        ("hour = 7", {"dt": "x", "hour": "not a number"}, True),
        ("NOT hour = 7", {"dt": "x", "hour": "not a number"}, True),
        ("hour = 7", {"dt": "x", "hour": HIVE_DEFAULT_PARTITION}, False),
        ("NOT hour = 7", {"dt": "x", "hour": HIVE_DEFAULT_PARTITION}, False),
    ],
)
def test_several_columns_known_in_part(condition: str, values: dict[str, str], expected: bool) -> None:
    assert window(f"SELECT * FROM m.h WHERE {condition}").matches(values) is expected


@pytest.mark.parametrize(
    ("condition", "values", "expected"),
    [
        ("year = 2018 AND month = '07'", {"year": "2018", "month": "7"}, True),
        ("year * 100 + month >= 201811", {"year": "2018", "month": "10"}, False),
        ("year * 100 + month >= 201811", {"year": "2018", "month": "11"}, True),
        ("lpad(month, 2, '0') = '07'", {"year": "2018", "month": "7"}, True),
        ("make_date(year, month, 1) = '2018-11'", {"year": "2018", "month": "11"}, True),
        ("make_date(year, month, 1) = '2018-11'", {"year": "2018", "month": "12"}, False),
        ("month % 2 = 0 AND month / 4 = 1.5", {"year": "2018", "month": "7"}, False),
        ("month IN (1, '2')", {"year": "2018", "month": "2"}, True),
    ],
)
def test_numbers(condition: str, values: dict[str, str], expected: bool) -> None:
    assert window(f"SELECT * FROM m.i WHERE {condition}").matches(values) is expected


def test_dates_compare_as_dates() -> None:
    found = window("SELECT * FROM m.d WHERE day >= '2018-05' AND day < '2018-11-15'")
    days = ("2018-04-30", "2018-05-01", "2018-11-14", "2018-11-15")
    assert [found.matches({"day": day}) for day in days] == [False, True, True, False]


X = ("dt = 'x'",)
SHAPES = 44


def shapes() -> list[tuple[str, tuple[str, ...], tuple[str, ...]]]:
    """Of shapes.sql: query, windows of m.e, windows of m.u."""
    text = (Path(__file__).parent / "shapes.sql").read_text(encoding="utf-8")
    cases = re.findall(r"^((?:SELECT|WITH).*?);\n((?:-- [eu]: [^\n]*\n)*)", text, re.DOTALL | re.MULTILINE)
    return [
        (query, tuple(re.findall(r"-- e: (.*)", found)), tuple(re.findall(r"-- u: (.*)", found)))
        for query, found in cases
    ]


@pytest.mark.parametrize(("query", "e", "u"), shapes())
def test_shapes_of_queries(query: str, e: tuple[str, ...], u: tuple[str, ...]) -> None:
    found = windows(query)
    assert (found[E].text, found[U].text) == (e, u)


def test_all_shapes_were_read() -> None:
    assert len(shapes()) == SHAPES


def test_a_self_read_of_yesterday() -> None:
    found = window(
        "SELECT * FROM m.e AS today LEFT JOIN m.e AS before ON before.k = today.k "
        "AND before.dt = date_sub('2018-11-15', 1) WHERE today.dt = '2018-11-15'"
    )
    assert found.text == ("dt = '2018-11-15'", "dt = DATE '2018-11-14'")
    assert [found.matches({"dt": f"2018-11-{day}"}) for day in (13, 14, 15, 16)] == [False, True, True, False]


def test_all_columns_known_makes_names_sure() -> None:
    columns = {
        E: (Column("k", "int"), Column("dt", "string")),
        U: (Column("j", "int"), Column("ds", "string")),
    }
    query = "SELECT * FROM m.e, m.u WHERE ds = e.dt AND ds = 'x'"
    statement = parse_statement(f"INSERT OVERWRITE TABLE a.b {query}", "a.sql")
    partitions = {E: PARTITIONS[E], U: ()}
    assert read_windows(statement, partitions)[E].text == WHOLE
    assert read_windows(statement, partitions, columns)[E].text == X


def test_unpartitioned_and_unknown_tables_are_read_whole() -> None:
    assert window("SELECT * FROM m.n WHERE k = 1") == Window(WHOLE)
    assert window("SELECT * FROM other.table WHERE dt = 'x'").everything


def test_notes_tell_what_stands_in_the_way() -> None:
    found = window("SELECT * FROM (SELECT * FROM m.e LIMIT 3) WHERE dt = 'x'")
    assert found.widened == ("LIMIT stops dt = 'x'",)


def test_ctes_that_unfold_without_end_are_read_whole() -> None:
    ctes = ", ".join(
        f"q{n} AS (SELECT a.dt FROM q{n - 1} a JOIN q{n - 1} b ON a.dt = b.dt WHERE a.dt = 'x')"
        for n in range(1, 30)
    )
    found = window(f"WITH q0 AS (SELECT dt FROM m.e), {ctes} SELECT * FROM q29")
    assert found.everything and "too large" in found.widened[0]


def test_a_thousand_conditions() -> None:
    either = " OR ".join(f"dt = '{n:04d}'" for n in range(1000))
    found = on_e(either)
    assert found.matches({"dt": "0999"}) and not found.matches({"dt": "1000"})


@pytest.mark.parametrize(
    "text",
    [
        ("dt = 'x'",),
        ("dt = 'a \\\\ b\\'s' AND hour BETWEEN '00' AND '07'", "dt IN ('a', 'b AND c') AND hour <> 7"),
        ("dt >= DATE '2018-11-15'",),
        ("hour = -1",),
        ("*",),
        (),
        ("substring(dt, 1, 7) = '2018-11' AND (hour = 7 OR NOT (hour LIKE '1%'))",),
    ],
)
def test_a_window_is_read_back_from_its_text(text: tuple[str, ...]) -> None:
    assert parse_window(text, PARTITIONS[H]).text == text
