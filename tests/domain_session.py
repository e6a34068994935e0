"""The real tool on a project of one domain, on the Spark and the metastore that tests share."""

from __future__ import annotations

import json
import shutil
from collections.abc import Mapping
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from runner.api import Warehouse
from runner.request import Options
from tests.tiny import SPARK

ROOT = Path(__file__).resolve().parents[1]
DATA = ROOT.parent / "shared" / "data"

COMPILED = {"spark.sql.codegen.wholeStage": "true", "spark.sql.codegen.factoryMode": "FALLBACK"}
"""Spark's own default, which tests are without."""
Ended = dict[str, dict[str, Any]]


class Session:
    """A project in ``directory`` with a domain's files; its tables leave the metastore when it ends."""

    def __init__(
        self, directory: Path, domain: str, *, metastore: str, spark: Mapping[str, str] | None = None
    ) -> None:
        self.domain = domain
        self.lake = directory / ".lake"
        configure(directory, domain, metastore, {**SPARK, **(spark or {})})
        self._warehouse = Warehouse.open(directory)

    def __enter__(self) -> Self:
        list(self._warehouse.ddl_apply())
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for name in self._warehouse.project.tables:
            self._warehouse.lake.metastore.drop_table(name)
        self._warehouse.close()

    def land(self, source: Path) -> list[str]:
        """Keys of the files that were written, not of those that lay there already."""
        return [f.key for f in self._warehouse.land(self.domain, source) if f.written]

    def generate(self, start: str, end: str, rate: float, *, hourly: bool = False) -> None:
        list(self._warehouse.land_generated(self.domain, start, end, rate=rate, hourly=hourly))

    def backfill(self, start: str, end: str, *terms: str, force: bool = False) -> Ended:
        """``table slice`` to how it ended, for what was not skipped; ``terms`` select tables, else all."""
        options = Options(force=force)
        report = self._warehouse.backfill(list(terms) or [self.domain], start, end, options=options)
        return {
            f"{o.table} {o.slice}".strip(): {
                "status": str(o.status),
                "rows": o.rows,
                "error": str(o.error or ""),
                "warnings": [c.name for c in o.warnings],
                "failures": [c.name for c in o.failures],
            }
            for o in report.outcomes
            if o.status != "skipped"
        }

    def query(self, sql: str) -> list[list[Any]]:
        """Rows; decimals, dates and times as text."""
        rows = [list(row) for row in self._warehouse.query(sql).rows]
        told: list[list[Any]] = json.loads(json.dumps(rows, default=str))
        return told


def configure(directory: Path, domain: str, metastore: str, settings: Mapping[str, str] = SPARK) -> None:
    """A project of one domain: its files, copied, and a lake and a staging database of its own."""
    for kind in ("ddl", "sql"):
        shutil.copytree(ROOT / kind / domain, directory / kind / domain)
    (directory / "sql" / "macros").mkdir()
    shutil.copy(ROOT / "sql" / "macros" / f"{domain}.sql", directory / "sql" / "macros")
    spark = "".join(f'"{key}" = "{value}"\n' for key, value in settings.items())
    (directory / "pyproject.toml").write_text(
        f'[tool.warehouse.landing]\n{domain} = "landing.{domain}"\n'
        f'[tool.warehouse.targets.local]\nlake = ".lake"\n'
        f'metastore = "{metastore}"\nstaging_database = "{domain}_staging"\n'
        f"[tool.warehouse.targets.local.spark]\n{spark}"
    )


def published(outcomes: Ended) -> Ended:
    """The outcomes; :class:`AssertionError` with the first that is not published."""
    bad = {name: outcome for name, outcome in outcomes.items() if outcome["status"] != "published"}
    assert not bad, next(iter(bad.items()))
    return outcomes
