"""Readers never see a partition half written.

One partition is overwritten again and again, while readers in processes of their own (``plain_reader``)
read it all the time. Every generation has a count and a sum that no other has, in twelve files. A read is
torn when what it found, or the error it met, is no generation.

What is counted: *overwrites* are published entries of the table's log: 475 through append and converge with
rows staged beforehand, 25 through the whole of ``run`` with a Spark job each. *Reads* are those of the plain
reader, at least 2,000. A read *overlaps* an overwrite when their times do: from the append to the end of
converge, for a ``run`` from its start to its end. Spark reads as well, as often as it gets to; it is asked
for the same exactness. The same plain reader against Spark's own INSERT OVERWRITE in place must see torn
reads, so that the test can fail.
"""

from __future__ import annotations

import bisect
import json
import secrets
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import pytest
from text_engine import stage
from tiny import Tiny

from runner.job import disk
from runner.lake import Lake
from runner.publish import append, converge
from warehouse.log import PartitionState, Publish, SliceState

pytestmark = [pytest.mark.metastore, pytest.mark.spark, pytest.mark.timeout(1800)]
# Most of it is waiting for the metastore: a busy machine takes many times as long as an idle one.

HERE = Path(__file__).parent
DAY = "2024-01-01"
SLICE = f"dt={DAY}"
OVERWRITES, READS = 500, 2000
FILES = 12
"""Of a generation, so that there is much to see half done."""
Answer = tuple[float, float, int | None, int | str]


def generation(number: int) -> list[str]:
    """Rows of generation ``number``; count and sum are its own."""
    return [f"g{number},{number * 1000 + i}" for i in range(FILES * 2 + number % 5)]


def figures(number: int) -> tuple[int, int]:
    rows = generation(number)
    return len(rows), sum(int(row.rpartition(",")[2]) for row in rows)


class Readers:
    """The answers of readers, by kind."""

    def __init__(self, project: Tiny, kinds: Sequence[str], table: str) -> None:
        self.stop = project.root / f"stop-{table}"
        self.outs = {kind: project.root / f"reads-{table}-{kind}" for kind in kinds}
        self.errors = {kind: project.root / f"reads-{table}-{kind}.err" for kind in kinds}
        self.processes = [self._start(project, kind, table) for kind in kinds]

    def _start(self, project: Tiny, kind: str, table: str) -> subprocess.Popen[bytes]:
        reader = str(HERE / "plain_reader.py")
        words = [kind, project.metastore_uri, project.db, table, DAY, str(self.outs[kind]), str(self.stop)]
        with self.errors[kind].open("w") as errors:
            return subprocess.Popen(
                [sys.executable, reader, *words],
                cwd=HERE.parents[1],
                stdout=subprocess.DEVNULL,
                stderr=errors,
            )

    def count(self, kind: str) -> int:
        out = self.outs[kind]
        return out.read_bytes().count(b"\n") if out.exists() else 0

    def wait(self, kind: str, count: int) -> None:
        deadline = time.monotonic() + 600
        while self.count(kind) < count:
            assert all(p.poll() is None for p in self.processes), "a reader has ended"
            assert time.monotonic() < deadline, f"{kind} does not read: {self.errors[kind].read_text()}"
            time.sleep(0.02)

    def answers(self, kind: str) -> list[Answer]:
        return [tuple(json.loads(line)) for line in self.outs[kind].read_text().splitlines()]


@contextmanager
def readers(project: Tiny, kinds: Sequence[str], table: str) -> Iterator[Readers]:
    reading = Readers(project, kinds, table)
    try:
        for kind in kinds:
            reading.wait(kind, 5)
        yield reading
    finally:
        reading.stop.touch()
        for process in reading.processes:
            try:
                process.wait(30)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()


@pytest.fixture
def shop(tiny: Tiny) -> Tiny:
    tiny.source()
    tiny.create("daily", stored="ROW FORMAT DELIMITED FIELDS TERMINATED BY ',' STORED AS TEXTFILE")
    tiny.daily()
    tiny.land(SLICE, generation(0))
    tiny.ok("ddl", "apply")
    tiny.ok("run", "-s", "{db}.daily", "--date", DAY)
    return tiny


def publish(lake: Lake, project: Tiny, number: int) -> None:
    """Append and converge, as ``run`` does after its job."""
    table, run_id = project.name("daily"), f"g{number}-{secrets.token_hex(4)}"
    location = f"{project.db}/daily/{run_id}/{SLICE}"
    stage(lake.uri(location), generation(number), files=FILES)
    count, total = figures(number)
    log = lake.log(table)
    state = log.state()
    slice_ = SliceState(
        SLICE, run_id, (PartitionState(SLICE, location, str(total), count, FILES, 100),), code="x"
    )
    done = append(log, Publish((slice_,), state.slices[SLICE].contract), state.head, run_id)
    assert done.entry is not None
    converge(lake, table, [SLICE])


def test_every_read_is_one_generation(shop: Tiny) -> None:
    spans: list[tuple[float, float]] = []
    first = shop.entries("daily")
    with shop.warehouse() as warehouse, readers(shop, ["plain", "spark"], "daily") as reading:
        warehouse.lake.metastore  # noqa: B018 (opened before the clock runs)
        number = 0
        enough = reading.count("plain") + READS + 20  # of those that are read while it overwrites
        while number < OVERWRITES or reading.count("plain") < enough:
            number += 1
            if number % 20 == 0:
                shop.land(SLICE, generation(number))
                began = time.monotonic()
                shop.ok("run", "-s", "{db}.daily", "--date", DAY, "--force")
            else:
                began = time.monotonic()
                publish(warehouse.lake, shop, number)
            spans.append((began, time.monotonic()))
    overwrites = shop.entries("daily") - first
    assert overwrites == len(spans) >= OVERWRITES
    known = {figures(n): n for n in range(number + 1)}
    assert len(known) == number + 1, "count and sum tell generations apart"
    for kind, at_least in (("plain", READS), ("spark", 10)):
        answers = [a for a in reading.answers(kind) if spans[0][0] <= a[0] <= spans[-1][1]]
        torn = [a for a in answers if a[2:] not in known]
        assert not torn, f"{len(torn)} of {len(answers)} reads are torn, as {torn[:3]}"
        assert len(answers) >= at_least
        generations = [known[a[2:]] for a in answers]  # type: ignore[index]
        assert generations == sorted(generations), "nobody goes back to what was replaced"
        overlapping = sum(overlaps(a, spans) for a in answers)
        assert overlapping >= 0.8 * len(answers), f"only {overlapping} of {len(answers)} overlap"
        print(f"{kind}: {len(answers)} reads, {overlapping} overlapping, during {overwrites} overwrites")


def overlaps(answer: Answer, spans: Sequence[tuple[float, float]]) -> bool:
    after = bisect.bisect_left(spans, answer[0], key=lambda span: span[1])
    return after < len(spans) and spans[after][0] <= answer[1]


def test_the_same_reader_sees_overwriting_in_place_torn(shop: Tiny) -> None:
    """The counter-proof: what competitors do."""
    with shop.warehouse() as warehouse, readers(shop, ["plain"], "daily") as reading:
        session = warehouse.lake.engine.session()  # type: ignore[attr-defined]
        disk.give_up(session)  # Spark as it comes
        torn, known, number = 0, {figures(0)}, 0
        while not torn and number < 200:
            number += 1
            known.add(figures(number))
            rows = ", ".join(f"('g', {row.rpartition(',')[2]})" for row in generation(number))
            session.sql(
                f"INSERT OVERWRITE TABLE {shop.db}.daily PARTITION (dt = '{DAY}') "
                f"SELECT /*+ REPARTITION({FILES}) */ k, v FROM VALUES {rows} AS t (k, v)"
            )
            torn = sum(answer[2:] not in known for answer in reading.answers("plain"))
        disk.use(session)
    assert torn
