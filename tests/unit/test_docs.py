"""docs/unit-tests.md is true: its commands run on a copy of the project, its failure is what comes."""

from __future__ import annotations

import re
import shlex
import shutil
from pathlib import Path

import pytest

from runner.cli import run

ROOT = Path(__file__).resolve().parents[2]
PAGE = (ROOT / "docs/unit-tests.md").read_text(encoding="utf-8")
FILE = "tests/sql/music/songplays/unknown_songs.yaml"


@pytest.mark.spark
@pytest.mark.metastore
def test_its_commands_run_and_its_failure_is_the_one_shown(
    tmp_path: Path,
    one_spark: None,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    project = tmp_path / "project"
    for name in ("ddl", "sql", "landing", "reports"):
        shutil.copytree(ROOT / name, project / name)
    shutil.copytree(ROOT / "tests/sql/music/songplays", project / "tests/sql/music/songplays")
    settings = (ROOT / "pyproject.toml").read_text(encoding="utf-8")
    (project / "pyproject.toml").write_text(settings, encoding="utf-8")
    (text,) = re.findall(r"^```yaml\n(.*?)^```", PAGE, re.MULTILINE | re.DOTALL)
    (project / FILE).write_text(text, encoding="utf-8")
    monkeypatch.chdir(project)

    def call(line: str) -> tuple[int, str]:
        code = run(shlex.split(line)[1:])
        told = capsys.readouterr()
        return code, told.out + told.err

    commands = re.findall(r"^\$ (warehouse .*)$", PAGE, re.MULTILINE)
    assert len(commands) == 4
    try:
        for line in (
            "warehouse land music --generate --start 2018-11-15 --end 2018-11-15",
            "warehouse ddl apply --select music",
            "warehouse backfill --select music --start 2018-11-15 --end 2018-11-15",
            *commands[2:], *commands[:2],
        ):  # fmt: skip
            code, told = call(line)
            assert code == 0, f"{line}\n{told}"
        (project / FILE).write_text(text.replace("song_id: null", "song_id: SO1"), encoding="utf-8")
        code, told = call(commands[0])
    finally:
        run(["metastore", "stop"])
    assert code == 1
    (shown,) = re.findall(r"^```\n(FAIL.*?)^```", PAGE, re.MULTILINE | re.DOTALL)
    assert [line.split() for line in shown.splitlines()[1:]] == [
        line.split() for line in told[told.index("FAIL") :].splitlines()[1:6]
    ]
