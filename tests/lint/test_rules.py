"""Each rule on its fixtures: ``<rule>.bad.sql`` and ``<rule>.good.sql``.

A fixture has cases. In a bad one, the lines with ``-- here`` are those where the rule finds something, and
it finds nothing elsewhere. A case without an INSERT (or front matter) writes d.t.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from warehouse.lint import RULES
from warehouse.lint.rule import Finding
from warehouse.lint.run import lint
from warehouse.names import TableName
from warehouse.project import Context, Project

FIXTURES = Path(__file__).with_name("fixtures")
TABLES = {
    "a": "k STRING, v INT, w BIGINT, n DECIMAL(10,2), day DATE, ts TIMESTAMP, b BOOLEAN, xs ARRAY<INT>, "
    "st STRUCT<name: STRING, size: INT>",
    "b": "k STRING, v INT, w BIGINT",
    "narrow": "k STRING, v INT",
    "daily": "k STRING, v INT",
    "t": "k STRING, v INT",
}
DAILY = """/* ---
checks:
  - unique: [k]
--- */
INSERT OVERWRITE TABLE d.daily PARTITION (dt = '{{ ds }}')
SELECT k, v FROM d.b WHERE dt = '{{ ds }}'
"""
DIM = """/* ---
checks:
  - unique: [k]
--- */
INSERT OVERWRITE TABLE d.dim
SELECT k, max(k) AS name FROM d.b WHERE dt <= '{{ ds }}' GROUP BY k
"""


def cases(rule: str, kind: str) -> Iterator[tuple[str, str]]:
    text = (FIXTURES / f"{rule}.{kind}.sql").read_text()
    for part in re.split(r"^-- case: ", text, flags=re.MULTILINE)[1:]:
        name, _, sql = part.partition("\n")
        yield name, sql.strip() + "\n"


def project(root: Path, sql: str) -> tuple[Project, TableName, str]:
    """A project with ``sql`` in it; the table that it is of, and its text."""
    write(root / "pyproject.toml", '[tool.warehouse.targets.local]\nlake = "lake"\n')
    for name, columns in TABLES.items():
        create(root, name, columns, "PARTITIONED BY (dt STRING COMMENT 'c')")
    create(root, "hourly", TABLES["b"], "PARTITIONED BY (dt STRING COMMENT 'c', hour STRING COMMENT 'c')")
    create(root, "dim", "k STRING, name STRING", "")
    create(root, "words", TABLES["t"], "PARTITIONED BY (dt STRING COMMENT 'c')", "TEXTFILE")
    write(root / "sql/d/daily.sql", DAILY)
    write(root / "sql/d/dim.sql", DIM)
    db = "d"
    if created := re.match(r"CREATE EXTERNAL TABLE (\w+)\.(\w+)", sql):
        db, name = created.groups()
        write(root / f"ddl/{db}/{name}/V001__create.sql", sql)
    else:
        name = "words" if "TABLE d.words" in sql else "t"
        if not sql.startswith(("INSERT", "/* ---")):
            sql = "INSERT OVERWRITE TABLE d.t PARTITION (dt = '{{ ds }}')\n" + sql
        write(root / f"sql/d/{name}.sql", sql)
    found, config = Project.find(root)
    return Project(found, config, Context("local", "file:/lake", {})), TableName(db, name), sql


def create(root: Path, name: str, columns: str, partitioned: str, stored: str = "PARQUET") -> None:
    text = f"CREATE EXTERNAL TABLE d.{name} ({columns}) {partitioned} STORED AS {stored};"
    write(root / f"ddl/d/{name}/V001__create.sql", text)


def write(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)


def found_in(root: Path, sql: str) -> tuple[list[Finding], str]:
    """Findings in the case's own file, its table's DDL left out."""
    made, name, text = project(root, sql)
    findings = lint(made, [name])
    return [f for f in findings if f.rule != "missing_comment" or name.table == "x"], text


ALL = [(rule.name, name) for rule in RULES for name, _ in cases(rule.name, "bad")]
GOOD = [(rule.name, name) for rule in RULES for name, _ in cases(rule.name, "good")]


@pytest.mark.parametrize(("rule", "case"), ALL)
def test_bad(tmp_path: Path, rule: str, case: str) -> None:
    findings, text = found_in(tmp_path, dict(cases(rule, "bad"))[case])
    marked = [n for n, line in enumerate(text.splitlines(), 1) if "-- here" in line]
    if rule == "noqa" and not marked:
        marked = [n for n, line in enumerate(text.splitlines(), 1) if "-- noqa" in line]
    assert marked
    assert sorted({f.where.line for f in findings if f.rule == rule}) == marked, findings
    if rule != "unreadable":
        assert [f for f in findings if f.rule == "unreadable"] == []


@pytest.mark.parametrize(("rule", "case"), GOOD)
def test_good(tmp_path: Path, rule: str, case: str) -> None:
    findings, _ = found_in(tmp_path, dict(cases(rule, "good"))[case])
    assert [f for f in findings if f.rule in (rule, "unreadable")] == []


def test_codes_and_fixtures_are_complete() -> None:
    codes = [rule.code for rule in RULES]
    assert codes == sorted(set(codes))
    names = {rule.name for rule in RULES}
    assert {path.name for path in FIXTURES.iterdir()} == {
        f"{n}.{k}.sql" for n in names for k in ("bad", "good")
    }
    for rule in RULES:
        assert len(rule.doc.splitlines()) >= 3, rule.name
        assert len(rule.doc.splitlines()[0]) <= 100
