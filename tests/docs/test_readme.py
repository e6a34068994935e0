"""The README is true: its commands run, in its order, on a copy of the project."""

from __future__ import annotations

import re
import shlex
import shutil
from pathlib import Path

import pytest

from runner.cli import COMMANDS, run

ROOT = Path(__file__).resolve().parents[2]
README = (ROOT / "README.md").read_text(encoding="utf-8")
BLOCKS = re.compile(r"^```(console|sql)\n(.*?)^```", re.MULTILINE | re.DOTALL)
FILES = {
    "CREATE EXTERNAL TABLE music.plays_by_level": "ddl/music/plays_by_level/V001__create.sql",
    "/* ---": "sql/music/plays_by_level.sql",
    "-- ddl/music/plays_by_level/V002": "ddl/music/plays_by_level/V002__add_users.sql",
}


def test_it_is_short() -> None:
    assert len(README.splitlines()) < 200


def test_it_names_make_targets_that_exist() -> None:
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    for target in re.findall(r"make ([a-z]+)`|\$ make ([a-z]+)", README):
        assert re.search(rf"^{''.join(target)}:", makefile, re.MULTILINE), target


def test_every_command_is_documented() -> None:
    docs = README + "".join(p.read_text(encoding="utf-8") for p in (ROOT / "docs").rglob("*.md"))
    missing = [name for name in COMMANDS if not re.search(rf"warehouse {name}\b|`{name}\b", docs)]
    assert not missing, f"no document mentions {missing}"


@pytest.mark.spark
@pytest.mark.metastore
def test_its_commands_run(
    tmp_path: Path, one_spark: None, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    project = tmp_path / "project"
    project.mkdir()
    for name in ("ddl", "sql", "landing", "tests/sql"):
        shutil.copytree(ROOT / name, project / name)
    shutil.copy(ROOT / "pyproject.toml", project / "pyproject.toml")
    monkeypatch.chdir(project)
    done = 0
    try:
        for kind, text in BLOCKS.findall(README):
            if kind == "sql":
                path = next(path for start, path in FILES.items() if text.startswith(start))
                (project / path).write_text(text, encoding="utf-8")
                continue
            for line in text.splitlines():
                words = shlex.split(line.removeprefix("$ "))
                if words[0] != "warehouse":
                    continue
                code = run(words[1:])
                told = capsys.readouterr()
                assert code == 0, f"{line}\n{told.out}{told.err}"
                done += 1
    finally:
        run(["metastore", "stop"])
    assert done >= 21
