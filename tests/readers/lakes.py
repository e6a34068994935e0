"""A project whose lake is on S3, worked by the tool in a process of its own, and shown by two metastores."""

from __future__ import annotations

import json
import multiprocessing
import os
import time
from collections.abc import Callable, Mapping
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path
from types import TracebackType
from typing import Any, Self, TypeVar

from fixtures_s3 import BUCKET

from runner.api import Warehouse
from runner.publish import converge
from warehouse.contract import Contract
from warehouse.errors import WarehouseError

T = TypeVar("T")
_HERE: dict[str, Warehouse] = {}
"""In the process that works: the warehouse."""


class Lake:
    """A project in ``root``: write its files there, then enter. ``zone`` is the machine's time zone, ``more``
    are settings of Spark's."""

    def __init__(
        self, root: Path, url: str, hive_uri: str, zone: str = "UTC", more: Mapping[str, str] | None = None
    ) -> None:
        self.root = root
        self._zone = zone
        common = {
            "lake": f"s3://{BUCKET}/{root.name}", "endpoint": url, "region": "us-east-1",
            "staging_database": f"staging_{root.name}",
        }  # fmt: skip
        spark = {
            "spark.master": "local[2]", "spark.driver.memory": "1g", "spark.sql.shuffle.partitions": "2",
            "spark.ui.enabled": "false", **(more or {}),
        }  # fmt: skip
        text = "[tool.warehouse]\n[tool.warehouse.landing]\n"
        text += "".join(f'{d} = "landing.{d}"\n' for d in ("music", "retail", "weblogs", "chamber"))
        text += _section("local", {**common, "engine": "local", "metastore": hive_uri})
        text += _section("local.spark", spark)
        text += _section("glue", {**common, "engine": "spark-submit", "metastore": "glue"})
        self.write("pyproject.toml", text)

    def write(self, path: str, text: str) -> None:
        file = self.root / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text, encoding="utf-8")

    def write_ddl(self, table: str, columns: Mapping[str, str], by: str, stored: str) -> None:
        """The first file of ``db.table``; ``columns`` are names with Hive's types."""
        body = ",\n  ".join(f"{name} {kind}" for name, kind in columns.items())
        self.write(
            f"ddl/{table.replace('.', '/')}/V001__create.sql",
            f"CREATE EXTERNAL TABLE {table} (\n  {body}\n)\nPARTITIONED BY ({by})\nSTORED AS {stored};\n",
        )

    def write_sql(self, table: str, select: str, by: str = "dt = '{{ ds }}'") -> None:
        self.write(
            f"sql/{table.replace('.', '/')}.sql",
            f"INSERT OVERWRITE TABLE {table} PARTITION ({by})\n{select}\n",
        )

    def __enter__(self) -> Self:
        self._pool = ProcessPoolExecutor(
            1,
            multiprocessing.get_context("spawn"),
            initializer=_open,
            initargs=(str(self.root), self._zone),
        )
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._pool.submit(_close).result()
        self._pool.shutdown()

    def do(self, work: Callable[..., T], *arguments: Any) -> T:
        """``work(warehouse, *arguments)`` in the process that has Spark."""
        return self._pool.submit(_do, work, arguments).result()

    def apply(self, *terms: str) -> None:
        """Apply DDL; from here on the files are as they are now."""
        self.do(_apply, terms)

    def backfill(self, start: str, end: str, *terms: str) -> None:
        """Every slice is published, or the first that is not is told."""
        failed = self.do(_backfill, terms, start, end)
        assert not failed, failed

    def generate(self, domain: str, start: str, end: str, rate: float | None) -> None:
        self.do(_generate, domain, start, end, rate)

    def query(self, sql: str) -> list[tuple[Any, ...]]:
        """Rows as Spark's Python has them."""
        return self.do(_query, sql)

    def show_in_glue(self) -> list[Contract]:
        """Let Glue follow the logs; the tables that it shows now."""
        with Warehouse.open(self.root, target="glue") as warehouse:
            lake = warehouse.lake
            tables = lake.logged_tables()
            for table in tables:
                converge(lake, table)
            shown = [lake.log(table).state().contract for table in tables]
        return [contract for contract in shown if contract is not None]


def _section(name: str, values: Mapping[str, str]) -> str:
    lines = "".join(f"{json.dumps(key)} = {json.dumps(value)}\n" for key, value in values.items())
    return f"[tool.warehouse.targets.{name}]\n{lines}"


# ---------------------------------------------------------------- in the other process


def _open(root: str, zone: str) -> None:
    _HERE["warehouse"] = warehouse = Warehouse.open(Path(root))
    os.environ["TZ"] = zone
    warehouse.query("SELECT 1")
    os.environ["TZ"] = "UTC"  # of this side: what Python makes of Spark's timestamps depends on it
    time.tzset()


def _do(work: Callable[..., T], arguments: tuple[Any, ...]) -> T:
    try:
        return work(_HERE["warehouse"], *arguments)
    except WarehouseError as error:
        raise AssertionError(str(error)) from None


def _close() -> None:
    _HERE.pop("warehouse").close()


def _apply(before: Warehouse, terms: tuple[str, ...]) -> None:
    # Files may have been written since: a warehouse reads each once.
    _HERE["warehouse"] = warehouse = Warehouse.open(before.project.root)
    warehouse.lake.share(before.lake)
    list(warehouse.ddl_apply(terms))


def _backfill(warehouse: Warehouse, terms: tuple[str, ...], start: str, end: str) -> str:
    report = warehouse.backfill(terms, start, end)
    bad = [o for o in report.outcomes if o.status not in ("published", "skipped")]
    return f"{bad[0].table} {bad[0].slice}: {bad[0].status}: {bad[0].error or bad[0].failures}" if bad else ""


def _generate(warehouse: Warehouse, domain: str, start: str, end: str, rate: float | None) -> None:
    list(warehouse.land_generated(domain, start, end, rate=rate))


def _query(warehouse: Warehouse, sql: str) -> list[tuple[Any, ...]]:
    return list(warehouse.query(sql).rows)
