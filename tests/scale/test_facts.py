"""Facts that are kept are those that would be found out again, whatever changed, whatever the file holds."""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Callable, Sequence
from pathlib import Path

import pytest

import warehouse
from benchmarks.generated import write_ours
from runner import analysis
from runner.api import Warehouse
from warehouse.facts import TableFacts
from warehouse.lint.run import examine
from warehouse.names import TableName
from warehouse.project import Project

COUNT = 30
MACRO = "{% macro plus(x) %}{{ x }} + 1{% endmacro %}\n"


@pytest.fixture
def root(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The tool stays the same, even where somebody is working on it meanwhile."""
    monkeypatch.setattr(analysis, "tool_digest", lambda: b"the tool")
    write_ours(tmp_path, COUNT)
    write(tmp_path / "sql/macros/m.sql", MACRO)
    change(tmp_path / "sql/gen/m0012.sql", "  b.id,", "  CAST({{ plus('b.id') }} AS BIGINT) AS id,")
    return tmp_path


def write(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)


def change(path: Path, old: str, new: str) -> None:
    text = path.read_text()
    assert old in text
    path.write_text(text.replace(old, new))


def kept(root: Path) -> dict[str, TableFacts]:
    with Warehouse.open(root) as opened:
        return {one.table: one for one in opened.facts(opened.tables())}


def anew(root: Path) -> dict[str, TableFacts]:
    """Without keys: as found out from the files now."""
    with Warehouse.open(root) as opened:
        project = opened.project
        return {one.table: one for one in examine(project, project.tables)}


def same(one: TableFacts, other: TableFacts) -> bool:
    fields = [f for f in one.__struct_fields__ if f != "key"]
    return [getattr(one, f) for f in fields] == [getattr(other, f) for f in fields]


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Which tables were found out about."""
    names: list[str] = []

    def noted(project: Project, tables: Sequence[TableName]) -> list[TableFacts]:
        names.extend(map(str, tables))
        return examine(project, tables)

    monkeypatch.setattr("warehouse.lint.run.examine", noted)
    return names


def test_facts_are_what_the_files_say(root: Path) -> None:
    facts = kept(root)["gen.m0020"]
    assert set(facts.inputs) == {"gen.m0019", "gen.m0010", "gen.m0006"}
    assert {window.text for window in facts.windows.values()} == {("dt = '2037-11-28'",)}
    assert facts.lineage["val"] == ("gen.m0019.val", "gen.m0010.val")
    assert facts.lineage["dt"] == ()
    assert facts.columns["val"] == "double"
    assert facts.readable


CHANGES: dict[str, tuple[Callable[[Path], None], set[str]]] = {
    "a statement": (lambda r: change(r / "sql/gen/m0025.sql", "val > 4", "val > 5"), {"m0025", "m0026"}),
    "a contract": (
        lambda r: change(r / "ddl/gen/m0027/V001__create.sql", "place INT", "place BIGINT"),
        {"m0027", "m0028"},
    ),
    "a file of checks": (lambda r: write(r / "sql/gen/m0029.checks.sql", "SELECT 1"), {"m0029"}),
    "a macro": (lambda r: write(r / "sql/macros/m.sql", MACRO.replace("1", "2")), {"m0012"}),
    "a macro's place": (lambda r: write(r / "sql/macros/n.sql", "{% macro b() %}{% endmacro %}"), {"every"}),
    "a target": (lambda r: change(r / "pyproject.toml", 'lake = ".lake"', 'lake = ".other"'), {"every"}),
    "a variable": (
        lambda r: change(r / "pyproject.toml", "[tool.warehouse]\n", "[tool.warehouse]\nvars = {a = 1}\n"),
        {"every"},
    ),
    "a new step of DDL": (
        lambda r: write(
            r / "ddl/gen/m0028/V002__more.sql", "ALTER TABLE gen.m0028 ADD COLUMNS (x INT COMMENT 'x');"
        ),
        {"m0028", "m0029"},
    ),
    "nothing": (lambda r: os.utime(r / "sql/gen/m0025.sql"), set()),
}


@pytest.mark.parametrize("what", CHANGES)
def test_what_changed_is_found_out_again_and_nothing_else(root: Path, asked: list[str], what: str) -> None:
    kept(root)
    act, expected = CHANGES[what]
    act(root)
    asked.clear()
    now = kept(root)
    fresh = anew(root)
    assert all(same(now[name], fresh[name]) for name in fresh)
    if "every" in expected:
        assert len(asked) == COUNT
    else:
        assert set(asked) == {f"gen.{name}" for name in expected}


def test_a_table_that_nothing_defines_is_looked_for_again(root: Path) -> None:
    change(root / "sql/gen/m0025.sql", "gen.m0024", "gen.m0030")
    assert [f.code for f in kept(root)["gen.m0025"].findings] == ["W501"]
    ddl = (root / "ddl/gen/m0029/V001__create.sql").read_text()
    write(root / "ddl/gen/m0030/V001__create.sql", ddl.replace("m0029", "m0030"))
    assert kept(root)["gen.m0025"].findings == ()
    (root / "ddl/gen/m0030/V001__create.sql").unlink()
    (root / "ddl/gen/m0030").rmdir()
    assert [f.code for f in kept(root)["gen.m0025"].findings] == ["W501"]


def test_what_cannot_be_read_is_never_kept(root: Path, asked: list[str]) -> None:
    change(root / "sql/gen/m0025.sql", "SELECT", "SELEKT")
    assert not kept(root)["gen.m0025"].readable
    asked.clear()
    assert not kept(root)["gen.m0025"].readable
    assert asked == ["gen.m0025"]


@pytest.mark.parametrize("damage", ["cut", "empty", "other", "flipped", "missing", "directory"])
def test_a_broken_file_costs_time_only(root: Path, damage: str) -> None:
    wanted = kept(root)
    file = root / ".warehouse/facts-local.msgpack"
    data = file.read_bytes()
    match damage:
        case "cut":
            file.write_bytes(data[: len(data) // 2])
        case "empty":
            file.write_bytes(b"")
        case "other":
            file.write_bytes(b"\x93\x01\x02\x03")
        case "flipped":
            place = data.index(b"gen.m0019.val")
            file.write_bytes(data[:place] + b"x" + data[place + 1 :])
        case "missing":
            file.unlink()
        case "directory":
            file.unlink()
            file.mkdir()
    assert kept(root) == wanted


def test_the_tool_itself_is_part_of_the_key(
    root: Path, asked: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    kept(root)
    asked.clear()
    monkeypatch.setattr(analysis, "tool_digest", lambda: b"another version")
    kept(root)
    assert len(asked) == COUNT


def test_any_change_of_the_tool_s_code_is_another_tool(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(warehouse, "__path__", [str(tmp_path)])
    seen = [analysis.tool_digest()]
    write(tmp_path / "lint/rule.py", "a = 1\n")
    seen.append(analysis.tool_digest())
    write(tmp_path / "lint/rule.py", "a = 10\n")
    seen.append(analysis.tool_digest())
    (tmp_path / "lint/rule.py").rename(tmp_path / "lint/rules.py")
    seen.append(analysis.tool_digest())
    assert len(set(seen)) == 4
    assert analysis.tool_digest() == seen[-1]


@pytest.mark.filterwarnings("ignore:.*multi-threaded:DeprecationWarning")
def test_several_processes_find_what_one_finds(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    change(root / "sql/gen/m0025.sql", "gen.m0024", "gen.nope")
    change(root / "sql/gen/m0027.sql", "SELECT", "SELEKT")
    monkeypatch.setattr(analysis, "WORTH_A_PROCESS", 5)
    monkeypatch.setattr(analysis, "PORTION", 2)
    # Those of who runs tests side by side do not look at what a child does.
    monkeypatch.setattr(threading, "active_count", lambda: 1)
    monkeypatch.setattr(os, "cpu_count", lambda: 3)
    several = kept(root)
    (root / ".warehouse/facts-local.msgpack").unlink()
    monkeypatch.setattr(analysis, "WORTH_A_PROCESS", 1000)
    assert kept(root) == several
    assert not several["gen.m0027"].readable


@pytest.mark.filterwarnings("ignore:.*multi-threaded:DeprecationWarning")
def test_a_process_that_dies_costs_time_only(
    root: Path, monkeypatch: pytest.MonkeyPatch, asked: list[str]
) -> None:
    wanted = kept(root)
    (root / ".warehouse/facts-local.msgpack").unlink()
    monkeypatch.setattr(analysis, "WORTH_A_PROCESS", 5)
    monkeypatch.setattr(analysis, "PORTION", 2)
    # Those of who runs tests side by side do not look at what a child does.
    monkeypatch.setattr(threading, "active_count", lambda: 1)
    monkeypatch.setattr(os, "cpu_count", lambda: 2)
    here, died = os.getpid(), root / "died"

    def dies(project: Project, tables: Sequence[TableName]) -> list[TableFacts]:
        if os.getpid() != here:
            died.touch()
            os._exit(9)
        until = time.monotonic() + 60
        while not died.exists() and time.monotonic() < until:
            time.sleep(0.01)
        return examine(project, tables)

    monkeypatch.setattr("warehouse.lint.run.examine", dies)
    assert kept(root) == wanted
    assert died.exists()


def test_selectors_and_lint_ask_the_same_facts(root: Path, asked: list[str]) -> None:
    with Warehouse.open(root) as opened:
        assert opened.lint(opened.tables()) == []
    asked.clear()
    with Warehouse.open(root) as opened:
        assert [str(n) for n in opened.tables(["1+gen.m0020"])] == [
            "gen.m0006",
            "gen.m0010",
            "gen.m0019",
            "gen.m0020",
        ]
    assert asked == []


def test_owners_and_tags_are_told_by_front_matter_alone(root: Path, asked: list[str]) -> None:
    change(root / "sql/gen/m0012.sql", "INSERT", "INSRT")
    with Warehouse.open(root) as opened:
        assert [str(n) for n in opened.tables(["owner:team2"])][:3] == ["gen.m0002", "gen.m0007", "gen.m0012"]
        assert len(opened.tables(["tag:daily"])) == COUNT
    assert asked == []


def test_circles_among_the_linted_tables(root: Path) -> None:
    change(root / "sql/gen/m0012.sql", "gen.m0011", "gen.m0013")
    with Warehouse.open(root) as opened:
        found = opened.lint(opened.tables())
        assert [f.what for f in found if "circle" in f.what] == [
            "tables read each other in a circle: gen.m0012 -> gen.m0013 -> gen.m0012"
        ]
        assert opened.lint(opened.tables(["gen.m0012"])) == []


def test_a_module_that_goes_while_it_is_looked_at(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Somebody installs another version meanwhile: the digest is another one, and nothing breaks."""
    (tmp_path / "here.py").write_text("")
    (tmp_path / "gone.py").symlink_to(tmp_path / "nowhere.py")
    monkeypatch.setattr(warehouse, "__path__", [str(tmp_path), str(tmp_path / "no directory")])
    before = analysis.tool_digest()
    assert before == analysis.tool_digest()
    (tmp_path / "gone.py").unlink()
    assert before != analysis.tool_digest()
