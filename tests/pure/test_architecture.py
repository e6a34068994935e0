"""The shape of the code: sizes, imports one way, a start that loads little."""

from __future__ import annotations

import ast
import json
import subprocess
import sys
from pathlib import Path

import pytest

from warehouse.graph import ordered
from warehouse.names import TableName

ROOT = Path(__file__).resolve().parents[2]
PACKAGES = ("warehouse", "runner", "landing")
MODULES = sorted(p for package in PACKAGES for p in (ROOT / package).rglob("*.py"))
SENT = ("runner/__init__.py", *(str(p.relative_to(ROOT)) for p in MODULES if p.parent.name == "job"))


def name_of(path: Path) -> str:
    parts = path.relative_to(ROOT).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


NAMES = {name_of(p): p for p in MODULES}


def imports(path: Path, *, top: bool = False) -> set[str]:
    """Modules that a file imports; only those that importing it loads, where ``top``."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    found: set[str] = set()
    nodes = _loaded(tree) if top else list(ast.walk(tree))
    for node in nodes:
        if isinstance(node, ast.Import):
            found.update(alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert not node.level, f"{path}: a relative import"
            module = node.module or ""
            found.add(module)
            found.update(
                f"{module}.{alias.name}" for alias in node.names if f"{module}.{alias.name}" in NAMES
            )
    return found


def _loaded(tree: ast.Module) -> list[ast.AST]:
    """Nodes outside functions and ``if TYPE_CHECKING``."""
    found: list[ast.AST] = []
    todo: list[ast.AST] = [tree]
    while todo:
        node = todo.pop()
        found.append(node)
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda):
            continue
        if isinstance(node, ast.If) and "TYPE_CHECKING" in ast.dump(node.test):
            continue
        todo.extend(ast.iter_child_nodes(node))
    return found


@pytest.mark.parametrize("path", MODULES, ids=lambda p: str(p.relative_to(ROOT)))
def test_no_module_is_long(path: Path) -> None:
    lines = path.read_text(encoding="utf-8").count("\n")
    assert lines <= 400


def test_no_circle_of_imports() -> None:
    """Counted are imports on loading a module; a package counts as its __init__."""
    names = {name: TableName("m", name.replace(".", "__")) for name in NAMES}
    graph = {
        names[name]: [names[i] for i in imports(path, top=True) if i in NAMES and i != name]
        for name, path in NAMES.items()
    }
    assert len(ordered(graph)) == len(NAMES), "ordered() refuses a circle and shows it"


@pytest.mark.parametrize("path", [p for p in MODULES if "warehouse" in p.parts[len(ROOT.parts)]], ids=name_of)
def test_warehouse_is_pure(path: Path) -> None:
    tops = {name.partition(".")[0] for name in imports(path)}
    assert not tops & {"runner", "pyspark", "py4j", "boto3", "botocore", "thrift", "pymetastore", "click"}
    assert not tops & {"socket", "subprocess", "urllib3", "requests", "threading"}


@pytest.mark.parametrize("name", SENT)
def test_what_is_sent_to_a_cluster_needs_nothing_but_pyspark(name: str) -> None:
    path = ROOT / name
    ours = {i for i in imports(path) if i.partition(".")[0] == "runner" and i in NAMES}
    assert {str(NAMES[i].relative_to(ROOT)) for i in ours} <= set(SENT)
    tops = {i.partition(".")[0] for i in imports(path)}
    assert tops <= sys.stdlib_module_names | {"pyspark", "runner"}
    tree = ast.parse(path.read_text(encoding="utf-8"), feature_version=(3, 9))
    assert not any(isinstance(node, ast.Match) for node in ast.walk(tree))


def loaded(*words: str) -> set[str]:
    """What a command line has imported when it ends."""
    code = (
        "import json, sys\nfrom runner.cli import run\n"
        f"code = run({list(words)!r})\n"
        "print('\\n' + json.dumps([code, sorted(sys.modules)]))"
    )
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    exit_code, modules = json.loads(done.stdout.splitlines()[-1])
    assert exit_code == 0, done.stderr
    return {module.partition(".")[0] for module in modules}


@pytest.mark.parametrize("words", [("--help",), ("run", "--help"), ("ddl", "--help")], ids=" ".join)
def test_help_loads_little(words: tuple[str, ...]) -> None:
    assert not loaded(*words) & {"sqlglot", "pyspark", "boto3", "botocore", "thrift", "pymetastore"}


def test_render_needs_no_spark_and_no_metastore() -> None:
    assert not loaded("render", "music.songplays", "--date", "2018-11-15") & {
        "pyspark", "boto3", "thrift", "pymetastore",
    }  # fmt: skip
