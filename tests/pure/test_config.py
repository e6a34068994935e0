"""pyproject.toml: typed, and what is wrong has a line."""

from __future__ import annotations

from pathlib import Path

import pytest

from warehouse.config import expand, find_root, load_config
from warehouse.errors import ProjectError

GOOD = '[tool.warehouse]\ndefault_target = "a"\n[tool.warehouse.targets.a]\nlake = "lake"\n'


def load(tmp_path: Path, text: str) -> object:
    (tmp_path / "pyproject.toml").write_text(text)
    return load_config(tmp_path)


def test_what_is_written_and_what_is_not(tmp_path: Path) -> None:
    config = load(tmp_path, GOOD)
    assert config.target(None).lake == "lake"  # type: ignore[attr-defined]
    assert config.target("a").metastore == "embedded"  # type: ignore[attr-defined]
    with pytest.raises(ProjectError, match="no target 'b'"):
        config.target("b")  # type: ignore[attr-defined]


@pytest.mark.parametrize(
    ("text", "line", "says"),
    [
        (GOOD + "lakee = 1\n", 5, "lakee"),
        (GOOD + "lake = 1\n", 5, "not TOML"),
        (GOOD.replace('"lake"', "7"), 4, "Expected `str`"),
        (GOOD.replace("default_target", "defualt_target"), 2, "defualt_target"),
        ("[tool.warehouse\n", 1, "not TOML"),
    ],
)
def test_what_is_wrong_has_a_line(tmp_path: Path, text: str, line: int, says: str) -> None:
    with pytest.raises(ProjectError) as caught:
        load(tmp_path, text)
    assert says in str(caught.value)
    assert caught.value.where is not None
    assert caught.value.where.line == line


def test_the_project_is_found_from_below(tmp_path: Path) -> None:
    (tmp_path / "pyproject.toml").write_text(GOOD)
    below = tmp_path / "sql" / "db"
    below.mkdir(parents=True)
    (below / "pyproject.toml").write_text("[tool.other]\n")
    assert find_root(below) == tmp_path


def test_the_environment_is_asked_by_name() -> None:
    assert expand("s3://${B}/x/${B}", {"B": "b"}) == "s3://b/x/b"
    with pytest.raises(ProjectError, match="B is not set"):
        expand("${B}", {})
