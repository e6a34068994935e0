"""A backfill's last words name every failure, with the file and the line to open."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

import pytest
from text_engine import TextEngine
from tiny import Tiny

from runner.claims import Claims
from runner.stores.local import LocalStore
from warehouse.manifest import CheckOutcome, JobError, Manifest, Result

pytestmark = pytest.mark.metastore

RANGE = ("--start", "2024-01-01", "--end", "2024-01-04")
DAYS = tuple(f"dt=2024-01-0{n}" for n in range(1, 5))


@pytest.fixture
def shop(make_tiny: Callable[..., Tiny], text_engine: None) -> Tiny:
    project = make_tiny(engine="text")
    project.daily_as_text([day.removeprefix("dt=") for day in DAYS], front="checks:\n  - unique: [k]")
    project.ok("ddl", "apply")
    return project


def test_every_failure_is_named_at_the_end(shop: Tiny, monkeypatch: pytest.MonkeyPatch) -> None:
    """Of four days one fails at a line, one nobody knows where, one fails its check, one is taken."""
    whole = TextEngine.run

    def failing(engine: TextEngine, manifests: Sequence[Manifest], *, jobs: int = 1) -> Iterator[Result]:
        for manifest in manifests:
            (day,) = manifest.slices
            if day == DAYS[0]:
                yield Result(manifest.run_id, error=JobError("no such column\nin the plan", line=3))
            elif day == DAYS[1]:
                yield Result(manifest.run_id, error=JobError("a container was lost"))
            else:
                (result,) = whole(engine, [manifest])
                check = manifest.checks[0]
                failed = CheckOutcome(check.name, day, "error", False, 2.0, path=check.path, line=check.line)
                yield Result(result.run_id, result.partitions, checks=(failed,))

    monkeypatch.setattr(TextEngine, "run", failing)
    claims = Claims(LocalStore(shop.lake), shop.name("daily"))
    with claims.take("somebody", [DAYS[3]]):
        answer = shop("backfill", *RANGE)
    assert answer.code == 1
    table, file = f"{shop.db}.daily", f"sql/{shop.db}/daily.sql"
    counts, *tail = answer.err.splitlines()[-5:]
    assert counts.startswith("1 check failed, 2 failed, 1 lost in ")
    assert sorted(tail) == [
        f"  {table} {DAYS[0]}: failed, {file}:7: no such column",
        f"  {table} {DAYS[1]}: failed, {file}:5: a container was lost",
        f"  {table} {DAYS[2]}: check failed, {file}:3: check unique: k failed: found 2",
        f"  {table} {DAYS[3]}: lost, {file}:5: is being worked on",
    ]


def test_nothing_follows_the_counts_where_all_went_well(shop: Tiny) -> None:
    assert shop.ok("backfill", *RANGE).err.splitlines()[-1].startswith("4 published in ")
