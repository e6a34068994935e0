"""The unit tests of the four warehouses' SQL hold, every table has some, and they notice a mistake."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from runner.api import Warehouse
from runner.cli.test import describe
from runner.unit import cases_of

ROOT = Path(__file__).resolve().parents[2]
DOMAINS = ("music", "weblogs", "retail", "chamber")


def test_every_table_with_sql_has_unit_tests_and_every_domain_a_check_that_fails() -> None:
    with Warehouse.open(ROOT) as warehouse:
        names = warehouse.tables(with_sql=True)
        found = cases_of(warehouse.lake, names)
    assert {model.name for model, _ in found} == set(names)
    assert all(len(cases) >= 1 for _, cases in found)
    errors = {
        model.name.db
        for model, cases in found
        for case in cases
        if set(case.fails or ())
        & {c.name for c in model.checks("v", case.first, case.first, case.last) if c.severity == "error"}
    }
    assert errors == set(DOMAINS)


@pytest.mark.spark
@pytest.mark.parametrize("domain", DOMAINS)
def test_the_unit_tests_hold(domain: str, one_spark: None) -> None:
    with Warehouse.open(ROOT) as warehouse:
        verdicts = list(warehouse.test([domain]))
    failed = ["\n".join(describe(v)) for v in verdicts if not v.passed]
    assert verdicts and not failed, "\n".join(failed)


MISTAKES = [
    ("music.songplays", "WHERE p.copy = 1", "WHERE p.copy >= 1"),
    ("weblogs.traffic_daily", "count(DISTINCT host)", "count(host)"),
    ("retail.orders", "changed_at DESC, change_number DESC", "changed_at DESC, change_number"),
    ("retail.delivery_features", "AND 1 PRECEDING", "AND CURRENT ROW"),
    ("chamber.suppliers", "max(struct(expenses, supplier_name))", "min(struct(expenses, supplier_name))"),
]


@pytest.mark.spark
def test_a_mistake_in_the_sql_is_noticed(one_spark: None, tmp_path: Path) -> None:
    """Each of these mistakes in a copy of the project fails a case."""
    for name in ("ddl", "sql", "landing", "reports"):
        shutil.copytree(ROOT / name, tmp_path / name)
    shutil.copytree(ROOT / "tests/sql", tmp_path / "tests/sql")
    shutil.copy(ROOT / "pyproject.toml", tmp_path / "pyproject.toml")
    for table, old, new in MISTAKES:
        path = tmp_path / "sql" / f"{table.replace('.', '/')}.sql"
        text = path.read_text(encoding="utf-8")
        assert old in text, (table, old)
        path.write_text(text.replace(old, new), encoding="utf-8")
    with Warehouse.open(tmp_path) as warehouse:
        verdicts = list(warehouse.test([table for table, _, _ in MISTAKES]))
    assert {str(v.table) for v in verdicts if not v.passed} == {table for table, _, _ in MISTAKES}
