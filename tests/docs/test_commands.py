"""docs/commands.md has every reason and selector; links of documents lead somewhere."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from warehouse.plan import Reason

ROOT = Path(__file__).resolve().parents[2]
COMMANDS = (ROOT / "docs/commands.md").read_text(encoding="utf-8")
LINK = re.compile(r"\[([^\]]+)\]\(([^)\s:#]+)(?:#[^)]*)?\)")
DECISION = re.compile(r"decision \d{4}")
DOCUMENTS = [ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md"))]


def test_every_reason_is_explained() -> None:
    tables = COMMANDS.partition("## Staleness")[2].partition("\n## ")[0]
    rows = re.findall(r"^\| ([a-z ]+) \| .+ \|$", tables, re.MULTILINE)
    told = {
        kind: set(re.findall(r"^\| ([a-z ]+) \| \S", part, re.MULTILINE))
        for kind, part in zip(
            ("runs", "not"), tables.split("| a slice does not run because | |"), strict=True
        )
    }
    assert told["runs"] - {"a slice runs because"} == {r.value for r in Reason if r.runs} | {Reason.PERHAPS}
    assert told["not"] == {r.value for r in Reason if not r.runs} - {Reason.PERHAPS}
    assert len(rows) == len(Reason), "each once"


@pytest.mark.parametrize("selector", ["tag:", "owner:", "source:", "state:stale"])
def test_every_selector_is_there(selector: str) -> None:
    part = COMMANDS.partition("## Selecting tables")[2].partition("## ")[0]
    assert f"`{selector}" in part


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: path.name)
def test_links_lead_somewhere(document: Path) -> None:
    """One to a decision leads to it, not to all of them."""
    links = LINK.findall(document.read_text(encoding="utf-8"))
    assert [link for _, link in links if not (document.parent / link).exists()] == []
    decisions = [(text.split()[1], Path(link).name) for text, link in links if DECISION.fullmatch(text)]
    assert [name for number, name in decisions if not name.startswith(f"{number}-")] == []
