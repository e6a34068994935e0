"""The questions of docs/warehouses: SQL that Athena, Trino and Spark take and understand alike."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
import sqlglot
from sqlglot import exp

from warehouse.project import Context, Project

ROOT = Path(__file__).resolve().parents[2]
PAGES = sorted((ROOT / "docs" / "warehouses").glob("*.md"))
WHOLE = ("tinyint", "smallint", "int", "bigint")


def questions() -> list[tuple[str, str]]:
    return [
        (page.stem, sql)
        for page in PAGES
        for sql in re.findall(r"```sql\n(.*?)```", page.read_text(encoding="utf-8"), re.DOTALL)
    ]


def faults(sql: str, whole_numbers: frozenset[str]) -> list[str]:
    """What one of the engines refuses, or answers otherwise than the other."""
    found = []
    for dialect in ("trino", "spark"):
        try:
            sqlglot.parse_one(sql, dialect=dialect)
        except sqlglot.errors.SqlglotError as error:
            found.append(f"{dialect}: {error}")
    if found:
        return found
    tree = sqlglot.parse_one(sql, dialect="spark")
    for count in tree.find_all(exp.Count):
        if isinstance(count.this, exp.Distinct) and len(count.this.expressions) > 1:
            found.append("Trino counts distinct values of one expression only")
    if re.search(r"\bINTERVAL\s+[^\s']", sql, re.IGNORECASE) or re.search(
        r"\bINTERVAL\s+'[^']*'\s+\w+S\b", sql, re.IGNORECASE
    ):
        found.append("Trino writes INTERVAL '7' DAY")
    for division in tree.find_all(exp.Div):
        if all(_is_whole(side, whole_numbers) for side in (division.left, division.right)):
            found.append("Trino divides whole numbers without the rest")
    return found


def _is_whole(side: exp.Expression, whole_numbers: frozenset[str]) -> bool:
    if isinstance(side, exp.Cast):
        return side.to.sql().lower() in WHOLE
    if isinstance(side, exp.Count | exp.CountIf):
        return True
    if isinstance(side, exp.Literal):
        return side.is_int
    if isinstance(side, exp.Column):
        return side.name in whole_numbers
    return isinstance(side, exp.Sum | exp.Min | exp.Max | exp.Paren) and _is_whole(side.this, whole_numbers)


@pytest.fixture(scope="module")
def whole_numbers() -> dict[str, frozenset[str]]:
    """Names of columns of whole numbers, by database."""
    root, config = Project.find(Path(__file__))
    project = Project(root, config, Context("local", "file:/lake", {}))
    found: dict[str, set[str]] = {}
    for name in project.tables:
        columns = project.contract(name).columns
        found.setdefault(name.db, set()).update(c.name for c in columns if c.type in WHOLE)
    return {db: frozenset(columns) for db, columns in found.items()}


@pytest.mark.parametrize(("domain", "sql"), questions())
def test_a_question_is_sql_of_both(domain: str, sql: str, whole_numbers: dict[str, frozenset[str]]) -> None:
    assert faults(sql, whole_numbers[domain]) == []


def test_most_pages_ask_questions() -> None:
    asked = [domain for domain, _ in questions()]
    assert {domain for domain in asked if asked.count(domain) >= 3} >= {"music", "weblogs", "chamber"}


@pytest.mark.parametrize(
    ("sql", "fault"),
    [
        ("SELECT count(DISTINCT deputy_id, month) FROM t", "one expression"),
        ("SELECT a + INTERVAL 7 DAYS FROM t", "INTERVAL '7' DAY"),
        ("SELECT a + INTERVAL '7' DAYS FROM t", "INTERVAL '7' DAY"),
        ("SELECT bot_hits / hits FROM t", "without the rest"),
        ("SELECT sum(t.hits) / count(*) FROM t", "without the rest"),
        ("SELECT `a` FROM t", "trino"),
    ],
)
def test_what_one_of_them_lacks_is_found(sql: str, fault: str) -> None:
    assert any(fault in told for told in faults(sql, frozenset({"hits", "bot_hits"})))
