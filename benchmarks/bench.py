"""What techniques are measured with: a Spark, a directory, medians, and counts of what scans read."""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

DAYS = 20
FIRST = "2026-01-01"
BOT = "crawler.example.net"
"""The host of three requests in ten."""


@dataclass(frozen=True)
class Way:
    """One way to do a thing: how long it took, and what else was counted."""

    name: str
    seconds: float
    counts: tuple[str, ...] = ()


@dataclass
class Bench:
    spark: Any
    home: Path
    rows: int
    rounds: int

    def path(self, name: str) -> str:
        return str(self.home / name)

    def timed(self, work: Callable[[], Any]) -> float:
        times = []
        for _ in range(self.rounds):
            began = time.perf_counter()
            work()
            times.append(time.perf_counter() - began)
        return statistics.median(times)

    def ask(self, sql: str) -> tuple[float, dict[str, int]]:
        """Time to answer, and what the scans read (nothing is found under adaptive execution)."""
        answered = self.spark.sql(sql)
        answered.collect()
        return self.timed(lambda: self.spark.sql(sql).collect()), scanned(answered)

    def set(self, **settings: object) -> None:
        for name, value in settings.items():
            self.spark.conf.set("spark.sql." + name.replace("__", "."), str(value))


def scanned(frame: Any) -> dict[str, int]:
    """Files, bytes and rows that the scans of an executed query let through."""
    found = {"files": 0, "bytes": 0, "rows": 0}
    leaves = frame._jdf.queryExecution().executedPlan().collectLeaves()
    for i in range(leaves.size()):
        metrics = leaves.apply(i).metrics()
        for name, key in (("files", "numFiles"), ("bytes", "filesSize"), ("rows", "numOutputRows")):
            if metrics.contains(key):
                found[name] += metrics.apply(key).value()
    return found


def written(directory: str | Path) -> list[int]:
    """Sizes of the data files below a directory."""
    return [
        p.stat().st_size
        for p in Path(directory).rglob("*")
        if p.is_file() and not p.name.startswith((".", "_"))
    ]


def megabytes(count: float) -> str:
    return f"{count / 1e6:.1f}"


def table(title: str, first: str, heads: Sequence[str], ways: Sequence[Way]) -> None:
    """A Markdown table; ratios are to the first way."""
    print(f"\n### {title}\n\n| {first} | s | ratio |{''.join(f' {h} |' for h in heads)}")
    print("|---|---|---|" + "---|" * len(heads))
    for way in ways:
        ratio = way.seconds / ways[0].seconds
        counts = "".join(f" {count} |" for count in way.counts)
        print(f"| {way.name} | {way.seconds:.2f} | {ratio:.2f} |{counts}", flush=True)
