"""``warehouse lint``: what it prints, and how it ends."""

from __future__ import annotations

import contextlib
import io
import json
from pathlib import Path

import pytest

from runner.cli import run
from warehouse.lint import RULES
from warehouse.lint.run import lint
from warehouse.lint.show import documentation, sarif
from warehouse.project import Context, Project

from .test_rules import project, write

ROOT = Path(__file__).parents[2]
CLEAN = "SELECT k, v FROM d.a WHERE dt = '{{ ds }}'\n"
WARNED = "SELECT k, v\nFROM d.a\n"
WRONG = "SELECT k, k AS v\nFROM d.a WHERE dt = '{{ ds }}'\n"


def command(root: Path, *words: str) -> tuple[int, str]:
    out = io.StringIO()
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(io.StringIO()):
        code = run(["--project", str(root), "lint", *words])
    return code, out.getvalue()


@pytest.mark.parametrize(
    ("sql", "words", "code"),
    [
        (CLEAN, ["--rule", "W1", "--strict"], 0),
        (WARNED, ["--rule", "W1"], 0),
        (WARNED, ["--rule", "W1", "--strict"], 1),
        (WRONG, [], 1),
        (WRONG, ["--rule", "partition_predicate"], 0),
        (WRONG, ["--rule", "W999"], 2),
        (WRONG, ["--select", "d.dim"], 0),
        (WRONG, ["--select", "nope"], 2),
    ],
)
def test_exit_codes(tmp_path: Path, sql: str, words: list[str], code: int) -> None:
    project(tmp_path, sql)
    assert command(tmp_path, *words)[0] == code


def test_a_finding_as_people_see_it(tmp_path: Path) -> None:
    project(tmp_path, WARNED)
    _, out = command(tmp_path, "--rule", "W101")
    assert out.splitlines() == [
        "sql/d/t.sql:3:6: warning W101 all partitions of d.a are read",
        "    FROM d.a",
        "         ^",
        "  why: nothing says which dt a run needs",
        "  fix: add a condition, like dt = '{{ ds }}'",
    ]


def test_json(tmp_path: Path) -> None:
    project(tmp_path, WRONG)
    _, out = command(tmp_path, "--json", "--rule", "W2")
    (found,) = json.loads(out)
    assert (found["code"], found["path"], found["line"], found["severity"]) == (
        "W203",
        "sql/d/t.sql",
        2,
        "error",
    )


def test_sarif(tmp_path: Path) -> None:
    project(tmp_path, WRONG)
    _, out = command(tmp_path, "--sarif", "--rule", "W2")
    (only,) = json.loads(out)["runs"]
    assert [rule["id"] for rule in only["tool"]["driver"]["rules"]] == [rule.code for rule in RULES]
    (result,) = only["results"]
    assert result["ruleId"] == "W203"
    assert only["tool"]["driver"]["rules"][result["ruleIndex"]]["id"] == "W203"
    place = result["locations"][0]["physicalLocation"]
    assert place["artifactLocation"]["uri"] == "sql/d/t.sql"
    assert place["region"]["startLine"] == 2
    assert json.loads(sarif([]))["runs"][0]["results"] == []


def test_files(tmp_path: Path) -> None:
    """As pre-commit calls it."""
    project(tmp_path, WRONG)
    file = str(tmp_path / "sql/d/t.sql")
    assert command(tmp_path, file)[0] == 1
    assert command(tmp_path, str(tmp_path / "sql/d/dim.sql"))[0] == 0
    assert command(tmp_path, str(tmp_path / "ddl/d/t/V001__create.sql"))[0] == 1


def test_a_macro_s_line_is_excused_where_it_is_written(tmp_path: Path) -> None:
    made, name, _ = project(tmp_path, "SELECT k, v FROM {{ whole() }}\n")
    write(tmp_path / "sql/macros/m.sql", "{% macro whole() %}\nd.a -- noqa: W101 a test\n{% endmacro %}\n")
    assert [f for f in lint(made, [name]) if f.code == "W101"] == []
    write(tmp_path / "sql/macros/m.sql", "{% macro whole() %}\nd.a\n{% endmacro %}\n")
    made = Project(tmp_path, made.config, Context("local", "file:/lake", {}))
    (found,) = [f for f in lint(made, [name]) if f.code == "W101"]
    assert (found.where.path, found.where.line) == ("sql/d/t.sql", 2)


def test_circles_are_found(tmp_path: Path) -> None:
    made, _, _ = project(tmp_path, "SELECT k, v FROM d.daily WHERE dt = '{{ ds }}'\n")
    header = "INSERT OVERWRITE TABLE d.daily PARTITION (dt = '{{ ds }}')\n"
    write(tmp_path / "sql/d/daily.sql", header + CLEAN.replace("d.a", "d.t"))
    found = [f for f in lint(made, made.tables) if f.code == "W001"]
    assert ["circle" in f.what for f in found] == [True]


def test_the_documentation_is_what_the_rules_say() -> None:
    """Mend with: warehouse lint --docs > docs/lint.md"""
    assert (ROOT / "docs/lint.md").read_text() == documentation()


def test_this_project_is_clean() -> None:
    root, config = Project.find(ROOT)
    made = Project(root, config, Context("local", "file:/lake", {}))
    assert [str(f) for f in lint(made, made.tables)] == []
