"""Each domain from generated files to its report and its notebook, with the tool and a real browser."""

from __future__ import annotations

import contextlib
import io
import re
import shutil
from collections.abc import Iterator
from pathlib import Path

import nbformat
import pytest
from nbclient import NotebookClient

from report.browser import open_page
from runner.cli import run

ROOT = Path(__file__).resolve().parents[2]
SETTINGS = """
[tool.warehouse.landing]
{landing}
[tool.warehouse.reports]
{reports}
[tool.warehouse.targets.local]
lake = ".lake"
[tool.warehouse.targets.local.spark]
"spark.master" = "local[2]"
"spark.driver.memory" = "1g"
"spark.sql.shuffle.partitions" = "2"
"""
DAYS = {
    "chamber": ("2017-01-01", "2017-02-28", "60"),
    "music": ("2018-11-01", "2018-11-03", "400"),
    "retail": ("2017-11-01", "2017-11-03", "40"),
    "weblogs": ("2026-11-10", "2026-11-11", "600"),
}

pytestmark = [pytest.mark.spark, pytest.mark.metastore]


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory, one_spark: None) -> Iterator[Path]:
    """This project's domains on a lake and a metastore of their own."""
    root = tmp_path_factory.mktemp("reports")
    for part in ("ddl", "sql"):
        shutil.copytree(ROOT / part, root / part)
    for part in ("landing", "reports"):
        (root / part).symlink_to(ROOT / part)
    named = {"landing": "", "reports": ""}
    for kind in named:
        named[kind] = "\n".join(f'{domain} = "{kind}.{domain}"' for domain in DAYS)
    (root / "pyproject.toml").write_text(SETTINGS.format(**named))
    yield root
    warehouse(root, "metastore", "stop")


def warehouse(root: Path, *words: str) -> str:
    """A command line that ends well; what it printed."""
    out, err = io.StringIO(), io.StringIO()
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
        code = run(["--project", str(root), *words])
    assert code == 0, out.getvalue() + err.getvalue()
    return out.getvalue()


@pytest.fixture(scope="module", params=sorted(DAYS))
def built(request: pytest.FixtureRequest, project: Path) -> tuple[str, Path]:
    """A domain whose tables are published."""
    domain: str = request.param
    start, end, rate = DAYS[domain]
    days = ("--start", start, "--end", end)
    warehouse(project, "land", domain, "--generate", *days, "--rate", rate)
    warehouse(project, "ddl", "apply", "--select", domain)
    owned = ("--start", start[:4], "--end", end[:4]) if domain == "chamber" else days
    warehouse(project, "backfill", "--select", domain, *owned)
    return domain, project


@pytest.mark.browser
def test_the_report_is_drawn(built: tuple[str, Path], tmp_path: Path) -> None:
    domain, project = built
    start, end, _ = DAYS[domain]
    file = tmp_path / f"{domain}.html"
    told = warehouse(project, "report", domain, "--start", start, "--end", end, "--output", str(file))
    assert told.strip() == str(file)
    opened = open_page(file)
    assert opened.console == []
    figures = re.findall(r"<div class=plot data-figure", file.read_text(encoding="utf-8"))
    assert len(figures) >= 8
    assert opened.attribute("data-drawn") == str(len(figures))
    assert opened.attribute("data-failed") == "0"
    # Every figure has marks, not axes alone.
    drawn = opened.dom.split("data-figure=")[1:]
    assert [
        n for n, figure in enumerate(drawn) if not re.search(r"mark-(rect|symbol|line|area)", figure)
    ] == []


def test_the_notebook_runs(built: tuple[str, Path], monkeypatch: pytest.MonkeyPatch) -> None:
    domain, project = built
    start, end, _ = DAYS[domain]
    monkeypatch.setenv("REPORT_START", start)
    monkeypatch.setenv("REPORT_END", end)
    monkeypatch.setenv("PYTHONPATH", str(ROOT))
    notebook = nbformat.read(ROOT / "docs" / "notebooks" / f"{domain}.ipynb", as_version=4)
    assert not any(cell.get("outputs") for cell in notebook.cells)
    done = NotebookClient(notebook, timeout=300, resources={"metadata": {"path": str(project)}}).execute()
    shown = [out.get("data", {}) for cell in done.cells for out in cell.get("outputs", [])]
    charts = [data for data in shown if "vegaEmbed" in data.get("text/html", "")]
    assert len(charts) >= 2
