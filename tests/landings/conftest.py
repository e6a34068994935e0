"""Lakes of files alone, into which a domain lands as ``warehouse land`` does it: nothing starts."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from runner.api import Warehouse


@pytest.fixture
def open_lake(tmp_path: Path) -> Iterator[Callable[[str], Warehouse]]:
    """A factory of projects with an empty lake, by name."""
    with ExitStack() as stack:

        def opened(name: str) -> Warehouse:
            root = tmp_path / name
            root.mkdir()
            known = "".join(f'{d} = "landing.{d}"\n' for d in ("music", "retail", "weblogs", "chamber"))
            (root / "pyproject.toml").write_text(
                f'[tool.warehouse.landing]\n{known}[tool.warehouse.targets.local]\nlake = ".lake"\n'
            )
            return stack.enter_context(Warehouse.open(root))

        yield opened
