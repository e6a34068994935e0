"""The four warehouses, each in a project and a lake of its own, for what measures them."""

from __future__ import annotations

import os
import shutil
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from runner.api import Warehouse
from runner.engines.local import LocalEngine
from runner.outcome import Outcome, Status
from runner.request import Options

ROOT = Path(__file__).resolve().parent.parent
DATA = ROOT.parent / "shared" / "data"


@dataclass(frozen=True)
class Domain:
    """``source`` are its real files below the data; they fill the intervals ``start`` to ``end``."""

    name: str
    source: str
    start: str
    end: str


DOMAINS: Mapping[str, Domain] = {
    domain.name: domain
    for domain in (
        Domain("music", "sparkify", "2018-11-01", "2018-11-30"),
        Domain("weblogs", "weblogs", "2015-05-17", "2015-05-20"),
        Domain("chamber", "deputies", "2017", "2017"),
        Domain("retail", "olist", "2016-09-04", "2018-10-29"),
    )
}


@contextmanager
def opened(directory: Path, name: str, spark: Mapping[str, str]) -> Iterator[Warehouse]:
    """A project in ``directory`` with one domain's files, on two cores; ends its metastore after it."""
    for kind in ("ddl", "sql"):
        shutil.copytree(ROOT / kind / name, directory / kind / name, dirs_exist_ok=True)
    (directory / "sql" / "macros").mkdir(exist_ok=True)
    shutil.copy(ROOT / "sql" / "macros" / f"{name}.sql", directory / "sql" / "macros")
    lines = [
        "[tool.warehouse.landing]",
        f'{name} = "landing.{name}"',
        "[tool.warehouse.targets.local]",
        'lake = ".lake"',
        "[tool.warehouse.targets.local.spark]",
        '"spark.master" = "local[2]"',
        *(f'"{key}" = "{value}"' for key, value in spark.items()),
    ]
    (directory / "pyproject.toml").write_text("\n".join(lines) + "\n", encoding="utf-8")
    with Warehouse.open(directory) as warehouse:
        try:
            yield warehouse
        finally:
            warehouse.metastore_stop()


def jvm(warehouse: Warehouse) -> int:
    """The process of the warehouse's Spark, which is started if need be."""
    engine = warehouse.lake.engine
    assert isinstance(engine, LocalEngine)
    return int(engine.session()._jvm.java.lang.ProcessHandle.current().pid())


def cpu_seconds(*processes: int) -> float:
    """That these have used so far: on a machine that is shared it says more than a clock."""
    fields = [Path(f"/proc/{p}/stat").read_text().rpartition(")")[2].split() for p in processes]
    return sum(int(f[11]) + int(f[12]) for f in fields) / os.sysconf("SC_CLK_TCK")


@dataclass
class Clock:
    """Wall time by table, taken as a backfill tells of its slices."""

    began: float = field(default_factory=time.monotonic)
    by_table: dict[str, float] = field(default_factory=dict)
    _last: float = 0

    def __call__(self, outcome: Outcome) -> None:
        if outcome.error is not None:
            raise outcome.error
        assert outcome.status in (Status.PUBLISHED, Status.SKIPPED), outcome
        now, name = time.monotonic(), str(outcome.table)
        self.by_table[name] = self.by_table.get(name, 0) + now - (self._last or self.began)
        self._last = now

    @property
    def seconds(self) -> float:
        return time.monotonic() - self.began


def backfill(warehouse: Warehouse, name: str, start: str, end: str, options: Options) -> tuple[Clock, int]:
    """The whole of a domain; its times, and how many slices were published. Raises what a slice failed of."""
    clock = Clock()
    report = warehouse.backfill([name], start, end, options=options, told=clock)
    return clock, report.count(Status.PUBLISHED)
