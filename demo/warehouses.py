"""``make warehouses``: all four warehouses from generated files, then ``status``, then their reports.

Their lake is that of the target ``warehouses``; Spark starts once. A second call finds nothing to do.
"""

from __future__ import annotations

import sys
import time
from dataclasses import dataclass
from pathlib import Path

from demo.show import ByTable, command, stop_on_failure, title
from runner import cli
from runner.api import Warehouse
from runner.console import number, size
from runner.outcome import Status
from runner.report import make
from runner.report_page import write
from warehouse.errors import WarehouseError

TARGET = "warehouses"


@dataclass(frozen=True)
class Domain:
    """``owned`` are the intervals its tables own: chamber's are years, of which a few months are there.
    ``rate`` is records a day, where it is not the landing's own."""

    name: str
    start: str
    end: str
    owned: tuple[str, str]
    rate: float | None = None


DOMAINS = (
    Domain("music", "2018-11-01", "2018-11-14", ("2018-11-01", "2018-11-14")),
    Domain("weblogs", "2026-11-01", "2026-11-02", ("2026-11-01", "2026-11-02")),
    # Long enough for orders to come late: the promised day is two to five weeks off.
    Domain("retail", "2018-01-01", "2018-03-01", ("2018-01-01", "2018-03-01"), 60),
    Domain("chamber", "2017-01-01", "2017-02-28", ("2017", "2017")),
)


def main() -> int:
    root = Path(__file__).resolve().parent.parent
    began = time.monotonic()
    with Warehouse.open(root, target=TARGET, progress=lambda line: print(f"… {line}", flush=True)) as opened:
        changed = [_build(opened, domain) for domain in DOMAINS]
        title("What is published")
        command(TARGET, "status")
        cli.run(["--project", str(root), "--target", TARGET, "status"])
        _reports(opened, anew=any(changed))
    print(f"\n{'built' if any(changed) else 'nothing to do'}; done in {time.monotonic() - began:.0f} s")
    return 0


def _build(warehouse: Warehouse, domain: Domain) -> bool:
    """Whether there was anything to do."""
    title(domain.name)
    rate = () if domain.rate is None else ("--rate", f"{domain.rate:g}")
    command(TARGET, "land", domain.name, "--generate", "--start", domain.start, "--end", domain.end, *rate)
    landed = list(warehouse.land_generated(domain.name, domain.start, domain.end, rate=domain.rate))
    new = sum(piece.written for piece in landed)
    print(f"  {new} files written, {len(landed) - new} there already, {size(sum(p.bytes for p in landed))}")

    command(TARGET, "ddl", "apply", "--select", domain.name)
    applied = [done for done in warehouse.ddl_apply([domain.name]) if done.before != done.after]
    print(f"  {len(applied)} tables changed")

    start, end = domain.owned
    command(TARGET, "backfill", "--select", domain.name, "--start", start, "--end", end)
    told = ByTable()
    report = warehouse.backfill([domain.name], start, end, told=told)
    told.end()
    stop_on_failure(report)
    ran = sum(outcome.status is Status.PUBLISHED for outcome in report.outcomes)
    print(f"  {ran} slices published, {len(report.outcomes) - ran} fresh")
    return bool(new or applied or ran)


def _reports(warehouse: Warehouse, *, anew: bool) -> None:
    title("Reports")
    for domain in DOMAINS:
        path = warehouse.lake.state_directory.parent / "reports" / f"{domain.name}.html"
        if path.exists() and not anew:
            print(f"  {path} is there")
            continue
        command(TARGET, "report", domain.name, "--start", domain.start, "--end", domain.end)
        page = make(warehouse.lake, domain.name, domain.start, domain.end)
        path.parent.mkdir(exist_ok=True)
        print(f"  {path} ({size(write(page, path))}, {number(len(page.sections))} sections)", flush=True)


if __name__ == "__main__":
    try:
        sys.exit(main())
    except WarehouseError as error:
        print(f"error: {error}", file=sys.stderr)
        sys.exit(error.exit_code)
