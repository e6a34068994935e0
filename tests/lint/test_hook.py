"""What pre-commit calls, on each kind of file that the hook's pattern matches."""

from __future__ import annotations

import re
import shlex
from pathlib import Path

import pytest
import yaml

from runner.cli import run

from .test_rules import project, write

ROOT = Path(__file__).parents[2]
(HOOK,) = yaml.safe_load((ROOT / ".pre-commit-hooks.yaml").read_text())
TABLES = "SELECT k, v FROM {{ input() }} WHERE dt = '{{ ds }}'\n"
MACRO = "{% macro input() %}d.a{% endmacro %}\n"
GOOD = {
    "sql/d/t.checks.sql": "-- check: none is negative\nSELECT * FROM {{ this }} WHERE v < 0;\n",
    "sql/macros/inputs.sql": MACRO,
    "ddl/d/database.sql": "CREATE DATABASE d;\n",
}
WRONG = {
    "sql/d/t.sql": ("INSERT OVERWRITE TABLE d.t PARTITION (dt = '{{ ds }}')\nSELECT k,, v FROM d.a\n", 2),
    "sql/d/t.checks.sql": ("-- check: none is negative\nSELECT * FROM {{ that }} WHERE v < 0;\n", 2),
    "sql/macros/inputs.sql": ("\n{% macro input() %}d.a{% endmacr %}\n", 2),
    "ddl/d/t/V002__rename.sql": ("ALTER TABLE d.t RENAME COLUMN k TO key;\n", 1),
    "ddl/d/database.sql": ("-- of all\nCREATE DATABASE e;\n", 2),
}


@pytest.fixture
def root(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    project(tmp_path, TABLES)
    for path, text in GOOD.items():
        write(tmp_path / path, text)
    monkeypatch.chdir(tmp_path)
    return tmp_path


def called(*files: str) -> int:
    command, *words = shlex.split(HOOK["entry"])
    assert command == "warehouse"
    return run([*words, *files])


@pytest.mark.parametrize("path", WRONG)
def test_every_kind_of_file_is_looked_at(root: Path, path: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert re.search(HOOK["files"], path)
    text, line = WRONG[path]
    if (root / path).exists():
        assert called(path) == 0, capsys.readouterr()
        assert "nothing found in 0 tables" not in capsys.readouterr().err
    write(root / path, text)
    assert called(path) == 1
    assert re.search(rf"^{re.escape(path)}:{line}(:\d+)?: error W001 ", capsys.readouterr().out, re.M)


def test_all_at_once(root: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for path, (text, _) in WRONG.items():
        write(root / path, text)
    assert called(*WRONG) == 1
    told = capsys.readouterr().out
    assert {"ddl/d/database.sql", "ddl/d/t/V002__rename.sql"} <= set(re.findall(r"^([^ :]+):", told, re.M))


def test_only_what_it_can_look_at_is_given_to_it() -> None:
    others = ("tests/sql/d/t/case.sql", "README.md", "sql/d/notes.md", "other/sql/d/t.sql")
    assert [path for path in others if re.search(HOOK["files"], path)] == []
    assert HOOK["require_serial"], "several processes would analyse the same tables"


def test_the_document_installs_this_hook() -> None:
    (text,) = re.findall(r"^```yaml\n(.*?)^```", (ROOT / "docs/lint.md").read_text(), re.M | re.S)
    (repo,) = yaml.safe_load(text)["repos"]
    assert set(repo) == {"repo", "rev", "hooks"}
    assert [hook["id"] for hook in repo["hooks"]] == [HOOK["id"]]
