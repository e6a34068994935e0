"""``warehouse lineage`` on this project's own files: a column and a table, both ways, in each form."""

from __future__ import annotations

import json
import re
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from runner.cli import run

Lineage = Callable[..., str]
ROOT = Path(__file__).parents[2]
COLUMN = "music.songplays.user_id"
UP = [("music.events.user_id", COLUMN), ("music.raw_events.line", "music.events.user_id")]


@pytest.fixture(scope="module")
def music(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy, whose remembered facts are found out here."""
    root = tmp_path_factory.mktemp("music")
    for name in ("ddl", "sql"):
        shutil.copytree(ROOT / name, root / name)
    shutil.copy(ROOT / "pyproject.toml", root)
    return root


@pytest.fixture
def lineage(music: Path, capsys: pytest.CaptureFixture[str]) -> Lineage:
    def told(*words: str) -> str:
        code = run(["--project", str(music), "lineage", *words])
        out, err = capsys.readouterr()
        assert code == 0, err
        return out

    return told


def edges(text: str) -> list[tuple[str, str]]:
    """Those of JSON, or of a Mermaid flowchart."""
    if text.startswith("{"):
        return [(edge["from"], edge["to"]) for edge in json.loads(text)["edges"]]
    names, table = {}, ""
    for line in text.splitlines():
        if found := re.fullmatch(r'  subgraph t\d+\["(.+)"\]', line):
            table = found[1]
        elif found := re.fullmatch(r'    (n\d+)\["(.+)"\]', line):
            names[found[1]] = f"{table}.{found[2]}"
    return [(names[a], names[b]) for a, b in re.findall(r"^  (n\d+) --> (n\d+)$", text, re.M)]


def test_a_column_as_a_tree(lineage: Lineage) -> None:
    assert lineage(COLUMN).splitlines() == [
        "derives from",
        COLUMN,
        "└─ music.events.user_id",
        "   └─ music.raw_events.line",
        "is read by nothing in this project",
        COLUMN,
    ]


def test_a_column_s_two_directions(lineage: Lineage) -> None:
    assert lineage(COLUMN, "--up").splitlines() == lineage(COLUMN).splitlines()[:4]
    assert lineage(COLUMN, "--down").splitlines() == lineage(COLUMN).splitlines()[4:]
    assert lineage(COLUMN, "--up", "--down") == lineage(COLUMN)


def test_a_column_as_json(lineage: Lineage) -> None:
    both = lineage(COLUMN, "--json")
    assert edges(both) == UP
    found = json.loads(both)
    del found["edges"]
    assert found == {"name": COLUMN, "derives_from": ["music.events.user_id"], "read_by": []}
    assert set(json.loads(lineage(COLUMN, "--json", "--up"))) == {"name", "derives_from", "edges"}
    down = json.loads(lineage(COLUMN, "--json", "--down"))
    assert down == {"name": COLUMN, "read_by": [], "edges": []}


def test_a_column_as_mermaid(lineage: Lineage) -> None:
    text = lineage(COLUMN, "--mermaid")
    assert text.startswith("flowchart LR\n")
    assert edges(text) == UP
    assert edges(lineage(COLUMN, "--mermaid", "--down")) == []


def test_what_a_column_is_read_by(lineage: Lineage) -> None:
    """The same edges whichever way they are asked for, and in each form."""
    source = "music.raw_events.line"
    down = lineage(source, "--json", "--down")
    assert set(UP) <= set(edges(down))
    assert "music.events.user_id" in json.loads(down)["read_by"]
    assert edges(lineage(source, "--mermaid", "--down")) == edges(down)
    assert edges(lineage(source, "--json", "--up")) == []


def test_a_table(lineage: Lineage) -> None:
    assert lineage("music.songplays", "--up").splitlines() == [
        "derives from",
        "music.songplays",
        "├─ music.events",
        "│  └─ music.raw_events",
        "└─ music.songs",
        "   └─ music.raw_songs",
    ]
    assert lineage("music.songplays", "--down").splitlines() == [
        "is read by",
        "music.songplays",
        "└─ music.times",
    ]
    found = json.loads(lineage("music.songplays", "--json"))
    assert (found["derives_from"], found["read_by"]) == (["music.events", "music.songs"], ["music.times"])


def test_a_name_that_is_not_there(music: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["--project", str(music), "lineage", "music.songplays.user"]) == 2
    assert "music.songplays has no column 'user'" in capsys.readouterr().err
