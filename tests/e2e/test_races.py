"""Several runners at once: the same work is done once, different work side by side."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from text_engine import TextEngine
from tiny import Answer, Tiny

from runner.claims import Claims, identity
from runner.stores.local import LocalStore
from warehouse.log import Publish
from warehouse.manifest import Manifest

pytestmark = pytest.mark.metastore

HERE = Path(__file__).parent
DAY = "2024-01-01"


def start_together(project: Tiny, count: int, *words: str) -> list[Answer]:
    """``count`` processes through a barrier."""
    barrier = project.root / "barrier"
    barrier.mkdir()
    words = tuple(word.replace("{db}", project.db) for word in words)
    racers = [
        subprocess.Popen(
            [sys.executable, str(HERE / "racer.py"), str(project.root), str(barrier), str(n), *words],
            cwd=HERE.parents[1],
            env={**os.environ, "PYTHONPATH": str(HERE.parents[1])},
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        for n in range(count)
    ]
    deadline = time.monotonic() + 120
    while len(list(barrier.iterdir())) < count:
        assert time.monotonic() < deadline
        time.sleep(0.01)
    (barrier / "go").touch()
    answers = []
    for racer in racers:
        out, err = racer.communicate(timeout=300)
        answers.append(Answer(racer.returncode, out, err))
    return answers


@pytest.mark.spark
def test_eight_runners_on_one_slice_are_one_job(tiny: Tiny) -> None:
    tiny.source()
    tiny.create("daily")
    tiny.daily()
    tiny.land(f"dt={DAY}", ["a,1"])
    tiny.ok("ddl", "apply")
    answers = start_together(tiny, 8, "run", "-s", "{db}.daily", "--date", DAY)
    codes = sorted(a.code for a in answers)
    assert codes == [0, 3, 3, 3, 3, 3, 3, 3], "\n".join(a.text for a in answers)
    for loser in (a for a in answers if a.code == 3):
        assert "is being worked on" in loser.err
        assert f"{identity()} (pid " in loser.err
        assert "holds it since" in loser.err
        assert "--steal" in loser.err
        assert "starting Spark" not in loser.err, "who loses has lost before Spark starts"
    assert tiny.jobs() == 1
    with tiny.warehouse() as warehouse:
        for table, entries in (("daily", 1), ("raw", 1)):
            log = warehouse.lake.log(tiny.name(table)).entries(0)
            assert sum(isinstance(e.body, Publish) for e in log) == entries
    assert tiny.rows("daily") == [["a", "1", DAY]]
    assert tiny.staging_tables() == []


# ------------------------------------------------------------------ without Spark


@pytest.fixture
def shop(make_tiny: Callable[..., Tiny], text_engine: None) -> Tiny:
    project = make_tiny(engine="text")
    project.source()
    project.create("daily", stored="STORED AS TEXTFILE")
    project.daily()
    project.create("hours", partitions="dt STRING, hour STRING", stored="STORED AS TEXTFILE")
    project.sql(
        "hours",
        "INSERT OVERWRITE TABLE {db}.hours PARTITION (dt = '{{ ds }}', hour = '{{ hour }}')\n"
        "SELECT line AS k, 1 AS v FROM {db}.raw WHERE dt = '{{ ds }}'\n",
    )
    for day in (DAY, "2024-01-02"):
        project.land(f"dt={day}", ["whatever"])
    project.write("rows.txt", "a,1")
    project.ok("ddl", "apply")
    return project


@pytest.fixture
def before(monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[[Callable[[Manifest], None]], None]]:
    """Sets what happens in the engine before rows are written."""

    def use(action: Callable[[Manifest], None]) -> None:
        monkeypatch.setattr(TextEngine, "before", staticmethod(action))

    yield use


def test_different_slices_of_one_table_run_side_by_side(
    shop: Tiny, before: Callable[[Callable[[Manifest], None]], None]
) -> None:
    both = threading.Barrier(2, timeout=60)
    before(lambda manifest: both.wait() and None)
    codes: dict[str, int] = {}

    def run(day: str) -> None:
        with shop.warehouse() as warehouse:
            codes[day] = warehouse.run([f"{shop.db}.daily"], day).exit_code

    threads = [threading.Thread(target=run, args=(day,)) for day in (DAY, "2024-01-02")]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert codes == {DAY: 0, "2024-01-02": 0}, "each waited in its job for the other"
    assert set(shop.partitions("daily")) == {DAY, "2024-01-02"}


@pytest.mark.parametrize(
    ("held", "asked"),
    [(f"dt={DAY}/hour=07", "day"), (f"dt={DAY}", "hour"), ("", "hour"), (f"dt={DAY}/hour=07", "hour")],
)
def test_an_hour_inside_a_day_is_the_same_work(shop: Tiny, held: str, asked: str) -> None:
    if asked == "day":
        shop.sql(
            "hours",
            "INSERT OVERWRITE TABLE {db}.hours PARTITION (dt = '{{ ds }}', hour)\n"
            "SELECT line AS k, 1 AS v, '07' AS hour FROM {db}.raw WHERE dt = '{{ ds }}'\n",
        )
    words = ("run", "-s", "{db}.hours", "--date", DAY if asked == "day" else f"{DAY}T07")
    claims = Claims(LocalStore(shop.lake), shop.name("hours"))
    with claims.take("somebody-else", [held]):
        answer = shop(*words)
        assert answer.code == 3, answer.text
        assert "run somebody-else" in answer.err
        assert shop.jobs() == 0
        other = shop("run", "-s", "{db}.daily", "--date", DAY)
        assert other.code == 0, "another table is other work"
    if asked == "hour":
        shop.ok(*words)


def test_who_appends_first_wins_though_the_claim_was_broken(
    shop: Tiny, before: Callable[[Callable[[Manifest], None]], None]
) -> None:
    """The other one learns it from the log: claims save work, the log decides."""
    words = ("run", "-s", "{db}.daily", "--date", DAY)
    inner: list[Answer] = []

    def steal(manifest: Manifest) -> None:
        before(lambda manifest: None)
        inner.append(shop(*words, "--steal"))

    before(steal)
    outer = shop(*words)
    assert inner[0].code == 0, inner[0].text
    assert outer.code == 3, outer.text
    assert "came first" in outer.err
    assert sum(p.rows for p in shop.slice("daily", f"dt={DAY}").partitions) == 1
    assert shop.staging_tables() == []


def test_a_hold_that_comes_during_the_job_wins(
    shop: Tiny, before: Callable[[Callable[[Manifest], None]], None]
) -> None:
    words = ("run", "-s", "{db}.daily", "--date", DAY)
    shop.ok(*words)
    rows = shop.slice("daily", f"dt={DAY}")
    before(lambda manifest: shop.ok("hold", "{db}.daily", f"dt={DAY}", "--reason", "look first") and None)
    answer = shop(*words, "--force")
    assert answer.code == 3, answer.text
    assert shop.slice("daily", f"dt={DAY}") == rows
