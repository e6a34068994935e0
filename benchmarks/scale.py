"""N times the real data of a warehouse, on two cores with 4 GiB for Spark: time, and memory at its peak.

``python -m benchmarks.scale [--only music …] [--factor 1 10 100]``. The files are generated: as many records
as the real files have, times the factor, in as many days. Retail has a tenth of its days, ten times the
orders a day, and one catalogue of products, sellers and zip prefixes whatever the factor
(``landing/retail_catalogue.py``). Each size has a process, a lake and a Spark of its own. Memory is what the
kernel says was resident at most (``VmHWM`` in ``/proc``), of the Python process and of Spark's JVM, for each
step by itself; ``cpu`` are the seconds of processors that the two took, which other work on the machine
changes least. ``--keep`` works in a directory that stays, and goes on where an earlier call was ended.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from benchmarks.domains import ROOT, backfill, cpu_seconds, jvm, opened
from runner.request import Options


@dataclass(frozen=True)
class Size:
    """Generated days and records a day of factor 1; ``owned`` are the intervals that tables own."""

    start: str
    end: str
    rate: float
    owned: tuple[str, str]


SIZES = {
    "music": Size("2018-11-01", "2018-11-30", 270, ("2018-11-01", "2018-11-30")),
    "weblogs": Size("2015-05-17", "2015-05-20", 2500, ("2015-05-17", "2015-05-20")),
    "chamber": Size("2017-01-01", "2017-08-01", 740, ("2017", "2017")),
    "retail": Size("2017-09-01", "2017-11-02", 1570, ("2017-09-01", "2017-11-02")),
}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--only", nargs="*", choices=list(SIZES), help="these warehouses")
    parser.add_argument("--factor", nargs="*", type=int, default=[1, 10], help="times the real data")
    parser.add_argument("--keep", type=Path, metavar="DIRECTORY", help="where lakes stay")
    parser.add_argument("--worker", nargs=2, metavar=("NAME", "DIRECTORY"), help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.worker:
        _work(options.worker[0], options.factor[0], Path(options.worker[1]))
        return
    print(
        "| warehouse | times | raw MB | step | s | cpu | Python MB | JVM MB | load |\n" + "|---" * 9 + "|",
        flush=True,
    )
    for name in options.only or SIZES:
        for factor in options.factor:
            with tempfile.TemporaryDirectory(prefix=f"scale-{name}-") as scratch:
                directory = options.keep.resolve() / f"{name}-{factor}" if options.keep else scratch
                words = ["--factor", str(factor), "--worker", name, str(directory)]
                subprocess.run(
                    [sys.executable, "-W", "ignore", "-m", "benchmarks.scale", *words], cwd=ROOT, check=True
                )


def _work(name: str, factor: int, directory: Path) -> None:
    size = SIZES[name]
    landed_before = directory / "landed.json"
    with opened(directory, name, {"spark.driver.memory": "4g"}) as warehouse:
        row = _Row(name, factor)
        if landed_before.exists():
            row.landed = json.loads(landed_before.read_text())
        else:
            with row.step("land"):
                for piece in warehouse.land_generated(name, size.start, size.end, rate=size.rate * factor):
                    row.landed += piece.bytes
            landed_before.write_text(json.dumps(row.landed))
        row.jvm = jvm(warehouse)
        list(warehouse.ddl_apply())
        # What an earlier call has published is not measured again.
        began = any(
            path.stem != "00000001" for path in directory.glob(".lake/_warehouse/tables/*/log/*.json")
        )
        with row.step("the rest of the backfill" if began else "backfill"):
            clock, _ = backfill(warehouse, name, *size.owned, Options())
        slowest = sorted(clock.by_table.items(), key=lambda item: -item[1])[:4]
        print(
            json.dumps({table: round(seconds, 1) for table, seconds in slowest}), file=sys.stderr, flush=True
        )


class _Row:
    """Prints a line of the table for each step."""

    def __init__(self, name: str, factor: int) -> None:
        self._named = f"| {name} | {factor} |"
        self.landed = 0
        self.jvm = 0

    @contextmanager
    def step(self, what: str) -> Iterator[None]:
        processes = [os.getpid(), self.jvm]
        for process in filter(None, processes):
            # 5 makes the peak what is resident now (proc(5)).
            Path(f"/proc/{process}/clear_refs").write_text("5")
        began, worked = time.monotonic(), cpu_seconds(*filter(None, processes))
        yield
        seconds, cpu = time.monotonic() - began, cpu_seconds(*filter(None, processes)) - worked
        memory = " | ".join(str(_peak(process)) if process else "" for process in processes)
        figures = (f"{self.landed / 1e6:.1f}", what, f"{seconds:.1f}", f"{cpu:.1f}", memory)
        print(f"{self._named} {' | '.join(figures)} | {os.getloadavg()[0]:.1f} |", flush=True)


def _peak(process: int) -> int:
    """MB that were resident at most since the peak was last set back."""
    for line in Path(f"/proc/{process}/status").read_text().splitlines():
        if line.startswith("VmHWM:"):
            return int(line.split()[1]) // 1000
    return 0


if __name__ == "__main__":
    main()
