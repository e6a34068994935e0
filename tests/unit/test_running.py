"""``warehouse test`` on Spark: what passes, what a failure shows, and that nothing but the SQL decides."""

from __future__ import annotations

import json
import textwrap
from pathlib import Path

import pytest
from tiny import Answer, Tiny

pytestmark = pytest.mark.spark


@pytest.fixture
def shop(tmp_path: Path, one_spark: None) -> Tiny:
    """``sales`` by day from ``lines`` and ``prices``, on a metastore that does not answer."""
    made = Tiny(tmp_path, "shop", "thrift://127.0.0.1:9", {})
    made.source(name="lines")
    made.create("prices", columns="item STRING, price DECIMAL(8,2)", partitions="")
    made.sql("prices", "INSERT OVERWRITE TABLE {db}.prices SELECT 'tea', 1.50")
    made.create("sales", columns="item STRING, amount DECIMAL(8,2), sold_at TIMESTAMP, tags ARRAY<STRING>")
    made.sql(
        "sales",
        """\
        /* ---
        checks:
          - not_null: [amount]
          - unique: [item]
          - relationships: {column: item, to: shop.prices, field: item, severity: warn}
        --- */
        INSERT OVERWRITE TABLE {db}.sales PARTITION (dt)
        SELECT
          lines.line AS item,
          price,
          -- The contract's type is TIMESTAMP: the INSERT casts the date.
          to_date(lines.dt) AS sold_at,
          array('sold', lines.line) AS tags,
          lines.dt
        FROM {db}.lines
        LEFT JOIN {db}.prices AS p ON lines.line = p.item
        WHERE lines.dt BETWEEN '{{ start_ds }}' AND '{{ end_ds }}'
        """.replace("price,\n", "price AS amount,\n")
        .replace("        ", "")
        .replace("{db}", "shop"),
    )
    return made


def run(project: Tiny, text: str, *words: str) -> Answer:
    project.write("tests/sql/shop/sales/cases.yaml", textwrap.dedent(text))
    return project("test", *words)


def test_rows_are_compared_with_the_columns_that_are_named(shop: Tiny) -> None:
    answer = run(
        shop,
        """\
        defaults:
          given:
            shop.prices: [{item: tea, price: 1.5}, {item: milk, price: 0.99}]
            shop.lines:
              - {dt: 2018-11-15, line: tea}
              - {dt: 2018-11-15, line: milk}
              - {dt: 2018-11-16, line: tea}
        one day:
          date: 2018-11-15
          expect:
            - {item: milk, amount: 0.99}
            - {item: tea, amount: 1.50}
        a batch:
          start: 2018-11-15
          end: 2018-11-16
          expect: [{dt: 2018-11-15}, {dt: 2018-11-15}, {dt: 2018-11-16}]
          contains: [{item: tea, dt: 2018-11-16, sold_at: "2018-11-16 00:00:00", tags: [sold, tea]}]
        a day without sales:
          date: 2018-11-17
          expect: []
          rows: 0
        """,
    )
    assert answer.code == 0, answer.text
    assert answer.out.count("ok  ") == 3 and "3 passed, 0 failed" in answer.err
    assert not shop.lake.joinpath("shop").exists(), "nothing of the lake is touched"


def test_a_wrong_expectation_shows_what_differs(shop: Tiny) -> None:
    answer = run(
        shop,
        """\
        wrong:
          date: 2018-11-15
          given:
            shop.prices: [{item: tea, price: 1.5}]
            shop.lines: [{dt: 2018-11-15, line: tea}, {dt: 2018-11-15, line: ale}]
          fails: [not_null: [amount], "relationships: item to shop.prices.item"]
          expect:
            - {item: tea, amount: 1.51, dt: 2018-11-15}
            - {item: wine, amount: 7, dt: 2018-11-14}
        """,
    )
    assert answer.code == 1
    shown = [line.split() for line in answer.out.splitlines()]
    assert shown[0][:3] == ["FAIL", "shop.sales:", "wrong"]
    assert shown[1] == ["tests/sql/shop/sales/cases.yaml:1"]
    assert "2 rows, the SQL gives 2: 1 differ, 1 missing, 1 unexpected" in answer.out
    assert shown[3:] == [
        ["line", "item", "amount", "dt"],
        ["-", "8", "tea", "1.51", "2018-11-15"],
        ["+", "tea", "[1.50]", "2018-11-15"],
        ["-", "9", "wine", "7.00", "2018-11-14"],
        ["+", "ale", "NULL", "2018-11-15"],
    ]


def test_checks_that_fail_must_be_expected(shop: Tiny) -> None:
    twice = """\
        {name}:
          date: 2018-11-15
          given:
            shop.prices: [{{item: tea, price: 1.5}}]
            shop.lines: [{{dt: 2018-11-15, line: tea}}, {{dt: 2018-11-15, line: tea}}]
          rows: 2
          {more}
        """
    answer = run(shop, twice.format(name="not said", more=""))
    assert answer.code == 1 and "check 'unique: item' failed, which was not expected: found 1" in answer.out
    assert run(shop, twice.format(name="said", more="fails: [unique: [item]]")).code == 0
    answer = run(shop, twice.format(name="another", more="fails: [unique: [item], not_null: [amount]]"))
    assert answer.code == 1 and "check 'not_null: amount' was expected to fail, but it holds" in answer.out
    answer = run(shop, twice.format(name="none", more="fails: []"))
    assert answer.code == 1 and "'unique: item' failed" in answer.out


def test_a_check_looks_into_the_given_rows(shop: Tiny) -> None:
    answer = run(
        shop,
        """\
        a price is missing:
          date: 2018-11-15
          given:
            shop.prices: []
            shop.lines: [{dt: 2018-11-15, line: ale}]
          fails:
            - not_null: amount
            - "relationships: item to shop.prices.item"
        """,
    )
    assert answer.code == 0, answer.text


def test_what_spark_refuses_is_told_at_its_line_or_expected(shop: Tiny) -> None:
    case = """\
        too much:
          date: 2018-11-15
          given:
            shop.prices: []
            shop.lines: [{dt: 2018-11-15, line: tea}]
          {expected}
        """
    sql = (shop.root / "sql/shop/sales.sql").read_text()
    shop.write("sql/shop/sales.sql", sql.replace("price AS amount", "CAST(1 / 0 AS DECIMAL(8,2)) AS amount"))
    answer = run(shop, case.replace("{expected}", "rows: 1"))
    assert answer.code == 1 and "sql/shop/sales.sql:" in answer.out and "ivision by zero" in answer.out
    assert run(shop, case.replace("{expected}", "error: ivision by zero")).code == 0
    answer = run(shop, case.replace("{expected}", "error: another one"))
    assert answer.code == 1 and "says 'another one', but it was:" in answer.out


def test_cases_are_chosen_and_told_as_json(shop: Tiny) -> None:
    text = """\
        first: {date: 2018-11-15, given: {shop.prices: [], shop.lines: []}, rows: 0}
        second: {date: 2018-11-15, given: {shop.prices: [], shop.lines: []}, rows: 1}
        """
    told = json.loads(run(shop, text, "--json", "--case", "second").out)
    assert [(t["case"], t["passed"], t["where"]) for t in told] == [
        ("second", False, "tests/sql/shop/sales/cases.yaml:2:1")
    ]
    assert told[0]["told"] == ["expected 1 rows, got 0"]
    answer = run(shop, text, "--select", "shop.prices")
    assert answer.code == 0 and "no unit tests" in answer.err


def test_wrong_yaml_is_told_before_spark_starts(shop: Tiny) -> None:
    answer = run(shop, "one:\n  date: 2018-11-15\n  given: {shop.linse: []}\n  rows: 0\n")
    assert answer.code == 2 and "tests/sql/shop/sales/cases.yaml:3:11" in answer.err
    assert "did you mean shop.lines?" in answer.err
