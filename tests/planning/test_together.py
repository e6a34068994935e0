"""Runs of one table that end together are published together: one entry, each slice on its own merits."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from text_engine import TextEngine
from tiny import Tiny

from runner import execute
from warehouse.errors import OutsideError
from warehouse.log import Publish
from warehouse.manifest import Manifest

pytestmark = pytest.mark.metastore

DAYS = [f"2024-01-0{n}" for n in range(1, 5)]
BACKFILL = ("backfill", "--start", DAYS[0], "--end", DAYS[-1], "-j", "4")


@pytest.fixture
def shop(make_tiny: Callable[..., Tiny], text_engine: None, monkeypatch: pytest.MonkeyPatch) -> Tiny:
    """Four days of a source; whatever ends in this hour ends together."""
    monkeypatch.setattr(execute, "_TOGETHER", 3600.0)
    project = make_tiny(engine="text")
    project.write("rows.txt", "a,1\nb,2")
    project.source()
    project.create("daily", stored="STORED AS TEXTFILE")
    project.daily()
    for day in DAYS:
        project.land(f"dt={day}", ["x"])
    project.ok("ddl", "apply")
    return project


def published(project: Tiny) -> list[list[str]]:
    """The slices of each publish entry."""
    with project.warehouse() as warehouse:
        entries = warehouse.lake.log(project.name("daily")).entries(0)
    return [sorted(s.spec for s in e.body.slices) for e in entries if isinstance(e.body, Publish)]


def slices(*numbers: int) -> list[str]:
    return [f"dt={DAYS[n - 1]}" for n in numbers]


def test_one_entry_and_all_pointers(shop: Tiny) -> None:
    shop.ok(*BACKFILL)
    assert published(shop) == [slices(1, 2, 3, 4)]
    assert sorted(shop.partitions("daily")) == DAYS


def test_one_after_the_other_each_is_an_entry(shop: Tiny, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(execute, "_TOGETHER", 0.0)
    shop.ok(*BACKFILL)
    assert published(shop) == [slices(n) for n in (1, 2, 3, 4)]


def test_what_is_finished_is_published_where_the_engine_ends(
    shop: Tiny, monkeypatch: pytest.MonkeyPatch
) -> None:
    def end(manifest: Manifest) -> None:
        if manifest.slices == (f"dt={DAYS[2]}",):
            raise OutsideError("Spark is gone")

    monkeypatch.setattr(TextEngine, "before", staticmethod(end))
    assert shop(*BACKFILL).code == 4
    assert published(shop) == [slices(1, 2)]
    monkeypatch.setattr(TextEngine, "before", staticmethod(lambda manifest: None))
    assert "2 published, 2 skipped" in shop.ok(*BACKFILL).err
    assert published(shop) == [slices(1, 2), slices(3, 4)]


def test_a_slice_that_is_held_meanwhile_is_lost_alone(shop: Tiny, monkeypatch: pytest.MonkeyPatch) -> None:
    def hold(manifest: Manifest) -> None:
        if manifest.slices == (f"dt={DAYS[3]}",):
            shop.ok("hold", "{db}.daily", f"dt={DAYS[1]}", "--reason", "the accountants look at it")

    shop.ok(*BACKFILL)
    monkeypatch.setattr(TextEngine, "before", staticmethod(hold))
    done = shop(*BACKFILL, "--force")
    assert done.code == 3, done.text
    assert published(shop) == [slices(1, 2, 3, 4), slices(1, 3, 4)]
    assert sorted(shop.partitions("daily")) == DAYS
