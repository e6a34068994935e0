"""What a landing holds in memory does not grow with what it lands.

Pieces and buffers are a thousandth of what they are (docs/performance.md), so that small files fill many.
"""

from __future__ import annotations

import gc
import tracemalloc
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import pytest

from landing import chamber, music, music_app, retail_generator, retail_spool, weblogs, weblogs_generator
from runner.api import Warehouse
from runner.land import Landed
from tests.landings.sources import MADE

KB = 1024
PIECE = 64 * KB
START = date(2018, 1, 1)
SIZES = {
    "music": (date(2018, 1, 2), 1000),
    "retail": (date(2018, 1, 2), 250),
    "weblogs": (date(2018, 1, 2), 2000),
    "chamber": (date(2018, 1, 31), 60),
}
"""Last day and records a day, which make about a megabyte."""

Land = Callable[[Warehouse, Path, float], Iterator[Landed]]


def real(domain: str) -> Land:
    def land(warehouse: Warehouse, source: Path, rate: float) -> Iterator[Landed]:
        MADE[domain](source, START, SIZES[domain][0], rate)
        tracemalloc.reset_peak()
        return warehouse.land(domain, source)

    return land


def generated(domain: str) -> Land:
    end = str(SIZES[domain][0])
    return lambda warehouse, _, rate: warehouse.land_generated(domain, str(START), end, rate=rate)


@pytest.fixture(autouse=True)
def small_pieces(monkeypatch: pytest.MonkeyPatch) -> None:
    for module, name in (
        (music, "LARGEST"),
        (chamber, "PIECE_BYTES"),
        (weblogs, "PIECE_BYTES"),
        (weblogs, "BUFFER_BYTES"),
        (weblogs_generator, "PIECE_BYTES"),
        (retail_spool, "PIECE_BYTES"),
        (retail_spool, "BUFFER_CHARACTERS"),
        (retail_spool, "BLOCK_CHARACTERS"),
    ):
        monkeypatch.setattr(module, name, PIECE)
    monkeypatch.setattr(music_app, "SHARD", 200)
    # Orders of ninety days before the first are made up, too, for nothing that is measured here.
    monkeypatch.setattr(retail_generator, "LONGEST", 2)


@dataclass(frozen=True)
class Measured:
    peak: int
    bytes: int
    largest: int


def measured(warehouse: Warehouse, land: Land, rate: float) -> Measured:
    """Of a landing into an empty lake."""
    source = warehouse.project.root / "source"
    source.mkdir()
    sizes: list[int] = []
    gc.collect()
    tracemalloc.start()
    try:
        before = tracemalloc.get_traced_memory()[0]
        sizes.extend(one.bytes for one in land(warehouse, source, rate))
        peak = tracemalloc.get_traced_memory()[1] - before
    finally:
        tracemalloc.stop()
    return Measured(peak, sum(sizes), max(sizes))


@pytest.mark.parametrize("kind", [real, generated], ids=lambda kind: kind.__name__)
@pytest.mark.parametrize("domain", MADE)
def test_four_times_the_records_take_no_more_memory(
    domain: str, kind: Callable[[str], Land], open_lake: Callable[[str], Warehouse]
) -> None:
    land, rate = kind(domain), SIZES[domain][1]
    measured(open_lake("first"), land, 4 * rate)  # fills what is cached once and for all
    one = measured(open_lake("one"), land, rate)
    four = measured(open_lake("four"), land, 4 * rate)
    if grown(one, four):  # something else in this process may have taken memory just then
        four = measured(open_lake("again"), land, 4 * rate)
    assert four.bytes > one.bytes * 1.5 and four.largest < 2 * PIECE
    assert not grown(one, four), (one, four)


def grown(one: Measured, four: Measured) -> bool:
    return four.peak - one.peak >= (four.bytes - one.bytes) / 8
