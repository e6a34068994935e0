"""What is sent to clusters runs on the Python 3.9 there: nothing in it is newer, and that would be seen."""

from __future__ import annotations

import ast
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
SENT = [ROOT / "runner" / "__init__.py", *sorted((ROOT / "runner" / "job").glob("*.py"))]
LOOK = re.search(r"^\t\$\(BIN\)/vermin (.*)$", (ROOT / "Makefile").read_text(), re.MULTILINE)
"""What `make check` calls."""
TYPES = {"None", "bool", "bytes", "dict", "float", "int", "list", "object", "set", "str", "tuple"}


def newer(*paths: Path) -> str:
    """What vermin finds in them that 3.9 has not; empty where there is nothing."""
    pytest.importorskip("vermin")
    assert LOOK is not None
    words = [word for word in LOOK[1].split() if word.startswith("--")]
    done = subprocess.run(
        [sys.executable, "-c", "from vermin import main; main()", *words, *map(str, paths)],
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode in (0, 1), done.stderr
    assert bool(done.returncode) == ("3.1" in done.stdout)
    return done.stdout if done.returncode else ""


def unions(text: str) -> list[int]:
    """Lines of ``int | None`` where it is computed, which vermin does not look at: in annotations it is
    but text."""
    tree = ast.parse(text)
    annotations = {id(part) for one in _annotations(tree) for part in ast.walk(one)}
    return sorted(
        node.lineno
        for node in ast.walk(tree)
        if isinstance(node, ast.BinOp) and isinstance(node.op, ast.BitOr) and id(node) not in annotations
        if {_name(node.left), _name(node.right)} & TYPES
    )


def _annotations(tree: ast.AST) -> Iterator[ast.AST]:
    for node in ast.walk(tree):
        for name in ("annotation", "returns"):
            if isinstance(found := getattr(node, name, None), ast.AST):
                yield found


def _name(node: ast.AST) -> str:
    if isinstance(node, ast.Subscript):
        return _name(node.value)
    if isinstance(node, ast.Constant) and node.value is None:
        return "None"
    return node.id if isinstance(node, ast.Name) else ""


def test_what_is_sent_is_old_enough() -> None:
    assert newer(*SENT) == ""
    assert {path.name: found for path in SENT if (found := unions(path.read_text()))} == {}


@pytest.mark.parametrize(
    "text",
    [
        "import tomllib",
        "from datetime import UTC",
        "from typing import TypeAlias",
        "import itertools\nitertools.pairwise([])",
        "for one in zip([1], [2], strict=True): pass",
        "from dataclasses import dataclass\n@dataclass(slots=True)\nclass A: pass",
        "import sys\nsys.orig_argv",
        "n = 3\nn.bit_count()",
        "match 1:\n  case 1: pass",
    ],
)
def test_what_is_newer_is_seen(text: str, tmp_path: Path) -> None:
    file = tmp_path / "sent.py"
    file.write_text(f"{text}\n")
    assert "sent.py" in newer(file)
    file.write_text("with open('a') as a:\n    print(a.read().removeprefix('b'))\n")
    assert newer(file) == ""


def test_a_union_that_is_computed_is_seen() -> None:
    assert unions("X = int | None\n\nisinstance(1, str | bytes)\nlist[int] | A\n") == [1, 3, 4]
    assert unions("def f(x: int | None) -> str | None:\n    y: dict[str, int | None] = {}\n    x | 2\n") == []
