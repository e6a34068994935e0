"""Whole backfills of the real files on two cores, compared with plain Python at the end.

``python -m benchmarks.backfills [--only music …] [--batch N] [--rounds 2] [--tables]``. The first round has
a Spark session that has run nothing yet; those after it rebuild all slices by ``--force`` in that session.
The load of the machine is printed beside each figure.
"""

from __future__ import annotations

import argparse
import json
import os
import tempfile
import time
from pathlib import Path
from typing import Any

from benchmarks.domains import DATA, DOMAINS, backfill, cpu_seconds, jvm, opened
from runner.api import Warehouse
from runner.request import Options

WANTED = {"music": 60, "weblogs": 60, "chamber": 60, "retail": 600}
"""Seconds, by issue 6."""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--only", nargs="*", choices=list(DOMAINS), help="these warehouses")
    parser.add_argument(
        "--batch", type=int, help="slices of one Spark job at most; default: by what they read"
    )
    parser.add_argument("--rounds", type=int, default=2)
    parser.add_argument("--tables", action="store_true", help="wall time by table, too")
    options = parser.parse_args()
    for name in options.only or DOMAINS:
        with tempfile.TemporaryDirectory(prefix=f"backfill-{name}-") as directory:
            _measure(Path(directory), name, options)


def _measure(directory: Path, name: str, options: argparse.Namespace) -> None:
    domain = DOMAINS[name]
    with opened(directory, name, {"spark.driver.memory": "2g"}) as warehouse:
        began = time.monotonic()
        landed = sum(1 for _ in warehouse.land(name, DATA / domain.source))
        landing = time.monotonic() - began
        list(warehouse.ddl_apply())
        processes = (os.getpid(), jvm(warehouse))
        print(f"{name}: {landed} files landed in {landing:.1f} s", flush=True)
        for n in range(options.rounds):
            used, began = cpu_seconds(*processes), time.time()
            clock, slices = backfill(
                warehouse, name, domain.start, domain.end, Options(force=n > 0, batch=options.batch)
            )
            print(
                f"{name}: {slices} slices in {clock.seconds:.1f} s, {'warm' if n else 'first'} "
                f"(wanted {WANTED[name]}; {cpu_seconds(*processes) - used:.0f} s of CPU, "
                f"load {os.getloadavg()[0]:.1f})",
                flush=True,
            )
            for table, seconds in clock.by_table.items() if options.tables else ():
                spark = _in_spark(warehouse, table, began)
                print(f"  {table:34} {seconds:7.1f}  in Spark: {spark}", flush=True)
        _compare(warehouse, name, DATA / domain.source)
        print(f"{name}: every table equals plain Python", flush=True)


def _in_spark(warehouse: Warehouse, table: str, since: float) -> str:
    """Seconds that the jobs of a table say they took, and how many jobs there were."""
    total: dict[str, float] = {}
    jobs = 0
    for path in (warehouse.lake.state_directory / "runs").glob("*/result.json"):
        manifest = json.loads(path.with_name("manifest.json").read_bytes())
        if manifest["table"] == table and path.stat().st_mtime >= since:
            jobs += 1
            for step, seconds in json.loads(path.read_bytes())["seconds"].items():
                total[step] = total.get(step, 0) + seconds
    return ", ".join(f"{step} {seconds:.1f}" for step, seconds in total.items()) + f", {jobs} jobs"


def _compare(warehouse: Warehouse, name: str, source: Path) -> None:
    """:class:`AssertionError` where a table is not what the tests' oracles compute from the same files."""

    def query(sql: str) -> list[list[Any]]:
        rows = [list(row) for row in warehouse.query(sql).rows]
        plain: list[list[Any]] = json.loads(json.dumps(rows, default=str))
        return plain

    match name:
        case "music":
            from tests.music import compare as music
            from tests.music.oracle import expected

            music.everything(query, expected(source))
        case "weblogs":
            from tests.weblogs import compare as weblogs

            days = DOMAINS[name]
            weblogs.everything(query, next(source.iterdir()), days.start, days.end)
        case "chamber":
            from tests.chamber import compare as chamber
            from tests.chamber.oracle import records

            chamber.everything(query, list(records(next(source.iterdir()))))
        case "retail":
            from tests.retail import compare as retail
            from tests.retail.oracle import Shop

            retail.everything(Shop(source), query)


if __name__ == "__main__":
    main()
