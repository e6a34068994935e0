"""The real tool on a project of its own, in a process of its own: no test shares its Spark or metastore."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from pathlib import Path
from types import TracebackType
from typing import Any, Self

ROOT = Path(__file__).resolve().parents[2]
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
"""


class Session:
    """A project with one domain's files. ``call`` runs a step of the tool and answers what it told."""

    def __init__(self, directory: Path, domain: str) -> None:
        self.domain = domain
        for kind in ("ddl", "sql"):
            shutil.copytree(ROOT / kind / domain, directory / kind / domain)
        (directory / "sql" / "macros").mkdir()
        shutil.copy(ROOT / "sql" / "macros" / f"{domain}.sql", directory / "sql" / "macros")
        (directory / "pyproject.toml").write_text(_SETTINGS.format(domain=domain))
        self._process = subprocess.Popen(
            [sys.executable, "-W", "ignore", str(Path(__file__)), str(directory)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            cwd=ROOT,
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        # The end of its input is the worker's end; it stops its metastore before it leaves.
        self._process.stdin.close()
        self._process.wait()
        self._process.stdout.close()

    def call(self, step: str, **arguments: Any) -> Any:
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(json.dumps({"step": step, **arguments}) + "\n")
        self._process.stdin.flush()
        answer = json.loads(self._process.stdout.readline() or '{"error": "the worker is gone"}')
        if "error" in answer:
            raise AssertionError(answer["error"])
        return answer["value"]

    def land(self, source: Path) -> list[str]:
        """Keys of the files that were written, not of those that lay there already."""
        return [str(key) for key in self.call("land", domain=self.domain, source=str(source))]

    def backfill(self, start: str, end: str, *terms: str) -> dict[str, dict[str, Any]]:
        """``table slice`` to how it ended, for what was not skipped."""
        found: dict[str, dict[str, Any]] = self.call(
            "backfill", terms=list(terms) or [self.domain], start=start, end=end
        )
        return found

    def query(self, sql: str) -> list[list[Any]]:
        """Rows; decimals and times as text."""
        rows: list[list[Any]] = self.call("query", sql=sql)
        return rows


def _worker(directory: str) -> None:
    sys.path.insert(0, str(ROOT))
    from runner.api import Warehouse

    with Warehouse.open(Path(directory)) as warehouse:
        try:
            for line in sys.stdin:
                print(_answer(warehouse, json.loads(line)), flush=True)
        finally:
            warehouse.metastore_stop()


def _answer(warehouse: Any, asked: dict[str, Any]) -> str:
    from warehouse.errors import WarehouseError

    try:
        value: Any = None
        match asked.pop("step"):
            case "land":
                landed = warehouse.land(asked["domain"], Path(asked["source"]))
                value = [piece.key for piece in landed if piece.written]
            case "ddl_apply":
                list(warehouse.ddl_apply())
            case "backfill":
                from runner.execute import Options

                options = Options(force=asked.get("force", False))
                report = warehouse.backfill(asked["terms"], asked["start"], asked["end"], options=options)
                value = {
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
            case "query":
                value = [list(row) for row in warehouse.query(asked["sql"]).rows]
        return json.dumps({"value": value}, default=str)
    except WarehouseError as error:
        return json.dumps({"error": str(error)})


if __name__ == "__main__":
    _worker(sys.argv[1])
