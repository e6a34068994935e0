"""The real tool on a project of one domain, in a process of its own: nobody shares its Spark or metastore."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from types import TracebackType
from typing import Any, Self

ROOT = Path(__file__).resolve().parents[1]
DATA = ROOT.parent / "shared" / "data"

_SETTINGS = """
[tool.warehouse.landing]
{domain} = "landing.{domain}"
[tool.warehouse.targets.local]
lake = ".lake"
[tool.warehouse.targets.local.spark]
"spark.master" = "local[2]"
"spark.driver.memory" = "1g"
"spark.sql.shuffle.partitions" = "2"
"spark.ui.enabled" = "false"
"spark.sql.codegen.wholeStage" = "true"
"spark.sql.codegen.factoryMode" = "FALLBACK"
"""

Ended = dict[str, dict[str, Any]]


class Session:
    """A project in ``directory`` with a domain's files; each method is a command of the tool."""

    def __init__(self, directory: Path, domain: str) -> None:
        self.domain = domain
        self.lake = directory / ".lake"
        for kind in ("ddl", "sql"):
            shutil.copytree(ROOT / kind / domain, directory / kind / domain)
        (directory / "sql" / "macros").mkdir()
        shutil.copy(ROOT / "sql" / "macros" / f"{domain}.sql", directory / "sql" / "macros")
        (directory / "pyproject.toml").write_text(_SETTINGS.format(domain=domain))
        self._process = subprocess.Popen(
            [sys.executable, "-W", "ignore", str(Path(__file__)), str(directory), domain],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            cwd=ROOT,
        )

    def __enter__(self) -> Self:
        self._call("apply")
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        assert self._process.stdin and self._process.stdout
        # The end of its input is the worker's end; it stops its metastore before it leaves.
        self._process.stdin.close()
        self._process.wait()
        self._process.stdout.close()

    def _call(self, step: str, **arguments: Any) -> Any:
        assert self._process.stdin and self._process.stdout
        self._process.stdin.write(json.dumps({"step": step, **arguments}) + "\n")
        self._process.stdin.flush()
        answer = json.loads(self._process.stdout.readline() or '{"error": "the worker is gone"}')
        if "error" in answer:
            raise AssertionError(answer["error"])
        return answer["value"]

    def land(self, source: Path) -> list[str]:
        """Keys of the files that were written, not of those that lay there already."""
        return [str(key) for key in self._call("land", source=str(source))]

    def generate(self, start: str, end: str, rate: float, *, hourly: bool = False) -> None:
        self._call("generate", start=start, end=end, rate=rate, hourly=hourly)

    def backfill(self, start: str, end: str, *terms: str, force: bool = False) -> Ended:
        """``table slice`` to how it ended, for what was not skipped; ``terms`` select tables, else all."""
        found: Ended = self._call(
            "backfill", terms=list(terms) or [self.domain], start=start, end=end, force=force
        )
        return found

    def query(self, sql: str) -> list[list[Any]]:
        """Rows; decimals, dates and times as text."""
        rows: list[list[Any]] = self._call("query", sql=sql)
        return rows


def published(outcomes: Ended) -> Ended:
    """The outcomes; :class:`AssertionError` with the first that is not published."""
    bad = {name: outcome for name, outcome in outcomes.items() if outcome["status"] != "published"}
    assert not bad, next(iter(bad.items()))
    return outcomes


def _worker(directory: str, domain: str) -> None:
    sys.path.insert(0, str(ROOT))
    from runner.api import Warehouse
    from warehouse.errors import WarehouseError

    # What a JVM has to say goes to stderr, so that nothing stands between the answers.
    answers = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)
    with answers, Warehouse.open(Path(directory)) as warehouse:
        try:
            for line in sys.stdin:
                asked = json.loads(line)
                try:
                    answer = {"value": _answer(warehouse, domain, asked.pop("step"), asked)}
                except WarehouseError as error:
                    answer = {"error": str(error)}
                print(json.dumps(answer, default=str), file=answers, flush=True)
        finally:
            warehouse.metastore_stop()


def _answer(warehouse: Any, domain: str, step: str, asked: dict[str, Any]) -> Any:
    match step:
        case "land":
            return [f.key for f in warehouse.land(domain, Path(asked["source"])) if f.written]
        case "generate":
            list(warehouse.land_generated(domain, asked.pop("start"), asked.pop("end"), **asked))
        case "apply":
            list(warehouse.ddl_apply())
        case "query":
            return [list(row) for row in warehouse.query(asked["sql"]).rows]
        case "backfill":
            from runner.request import Options

            options = Options(force=asked["force"])
            report = warehouse.backfill(asked["terms"], asked["start"], asked["end"], options=options)
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
    return None


if __name__ == "__main__":
    _worker(*sys.argv[1:])
