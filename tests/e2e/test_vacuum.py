"""``warehouse vacuum``: what nothing needs goes, in two phases; what anybody can still read stays."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from tiny import Tiny

from runner import vacuum
from runner.claims import Claims
from runner.metastores import embedded
from runner.run import new_run_id
from runner.stores.local import LocalStore

pytestmark = pytest.mark.metastore

DAY = "2024-01-01"
NOW = ("--retain-days", "0", "--apply")
AT_ONCE = (*NOW, "--grace-hours", "0")


@pytest.fixture
def shop(make_tiny: Callable[..., Tiny], text_engine: None, monkeypatch: pytest.MonkeyPatch) -> Tiny:
    """A table of two days, the first of which was published three times."""
    monkeypatch.setattr(vacuum, "LATE", 0.0)
    made = make_tiny(engine="text")
    made.source()
    made.create("daily")
    made.daily()
    for day in (DAY, "2024-01-02"):
        made.land(f"dt={day}", ["a,1"])
    made.ok("ddl", "apply")
    run(made, "a,1", "2024-01-02")
    for number in (1, 2, 3):
        run(made, f"a,{number}")
    return made


def run(made: Tiny, rows: str, day: str = DAY) -> None:
    made.write("rows.txt", f"{rows}\n")
    made.ok("run", "-s", "{db}.daily", "--date", day, "--force")


def directories(made: Tiny) -> set[str]:
    """Runs of which files are there."""
    root = made.lake / made.db / "daily"
    return {path.relative_to(root).parts[0] for path in root.rglob("*") if path.is_file()}


def told(made: Tiny, *words: str) -> dict[str, set[str]]:
    """What happened to which runs."""
    found: dict[str, set[str]] = {}
    for one in json.loads(made.ok("vacuum", *words, "--json").out):
        found.setdefault(one["what"], set()).add(one["location"].rpartition("/")[2])
    return found


def rows_shown(made: Tiny) -> str:
    location = Path(made.partitions("daily")[DAY].location.removeprefix("file:"))
    return "".join(sorted({file.read_text() for file in location.glob("part-*")}))


def test_without_apply_nothing_changes(shop: Tiny) -> None:
    before = shop.everything()
    answer = shop.ok("vacuum", "--retain-days", "0")
    assert "would be condemned: 2 directories" in answer.out
    assert "--apply" in answer.err
    assert shop.everything() == before


def test_young_rows_stay(shop: Tiny) -> None:
    before = directories(shop)
    assert "nothing to do" in shop.ok("vacuum", "--apply").out
    assert directories(shop) == before


def test_what_was_replaced_goes_when_its_readers_are_done(shop: Tiny) -> None:
    current = {s.run_id for s in shop.state("daily").slices.values()}
    before = directories(shop)
    old = before - current
    assert len(old) == 2
    assert told(shop, *NOW) == {"condemned": old, "waiting": old}
    assert directories(shop) == before, "somebody may be reading"
    assert told(shop, *NOW) == {"waiting": old}
    answer = shop.ok("vacuum", *AT_ONCE)
    assert "deleted: 2 directories" in answer.out
    assert directories(shop) == current
    assert told(shop, *AT_ONCE) == {}
    assert rows_shown(shop) == "a,3\n"
    assert "drift" not in shop.ok("status").text
    assert "condemned" in shop.ok("history", "{db}.daily").out


def test_rows_that_are_gone_cannot_be_brought_back(shop: Tiny) -> None:
    shop.ok("vacuum", *NOW)
    answer = shop("rollback", "{db}.daily", f"dt={DAY}", "--reason", "wrong")
    assert answer.code == 2
    assert "vacuum has condemned their directory" in answer.err
    run(shop, "a,4")
    assert rows_shown(shop) == "a,4\n"
    shop.ok("rollback", "{db}.daily", f"dt={DAY}", "--reason", "wrong")
    assert rows_shown(shop) == "a,3\n"


def test_a_rollback_s_rows_stay(shop: Tiny) -> None:
    shop.ok("rollback", "{db}.daily", f"dt={DAY}", "--reason", "wrong")
    shop.ok("vacuum", *AT_ONCE)
    assert rows_shown(shop) == "a,2\n"


def test_runs_that_failed_go_with_their_records(shop: Tiny) -> None:
    failed = new_run_id()
    shop.land(f"{failed}", ["half"], table="daily", name="part-0")
    record = shop.write(f"lake/_warehouse/runs/{failed}/manifest.json", "{}")
    shop.ok("vacuum", *AT_ONCE)
    assert failed not in directories(shop)
    assert not record.exists()


def test_a_run_at_work_is_left_alone(shop: Tiny) -> None:
    at_work = new_run_id()
    shop.land(f"{at_work}", ["half"], table="daily", name="part-0")
    with Claims(LocalStore(shop.lake), shop.name("daily")).take(at_work, [f"dt={DAY}"]):
        shop.ok("vacuum", *AT_ONCE)
        assert at_work in directories(shop)
    shop.ok("vacuum", *AT_ONCE)
    assert at_work not in directories(shop)


def test_files_that_no_run_wrote_are_nobody_s_to_delete(shop: Tiny) -> None:
    strange = shop.land("by_hand", ["a,9"], table="daily")
    raw = shop.lake / shop.db / "raw"
    before = sorted(raw.rglob("*"))
    shop.ok("vacuum", *AT_ONCE)
    assert strange.exists()
    assert sorted(raw.rglob("*")) == before


def test_a_dropped_table(shop: Tiny) -> None:
    shop.ddl("daily", "DROP TABLE {db}.daily;\n", 2)
    (shop.root / "sql" / shop.db / "daily.sql").unlink()
    shop.ok("ddl", "apply")
    shop.ok("vacuum", *AT_ONCE)
    assert directories(shop) == set()


@pytest.fixture
def late(shop: Tiny) -> Iterator[Callable[..., None]]:
    """Another target on the same lake, with a metastore of its own."""

    def configure(metastore: str = "embedded") -> None:
        text = (shop.root / "pyproject.toml").read_text()
        section = (
            f'[tool.warehouse.targets.late]\nengine = "text"\nmetastore = "{metastore}"\nlake = "lake"\n'
        )
        (shop.root / "pyproject.toml").write_text(text + section)

    yield configure
    embedded.stop(shop.lake / "_warehouse" / "metastore")


def test_what_another_metastore_shows_stays(shop: Tiny, late: Callable[..., None]) -> None:
    late()
    shop.ok("--target", "late", "status")
    shop.ok("--target", "late", "ddl", "apply")
    shown = {shop.slice("daily", f"dt={DAY}").run_id}
    run(shop, "a,4")
    found = told(shop, *AT_ONCE)
    assert found["in use"] == shown
    assert len(found["deleted"]) == 2
    assert shown <= directories(shop)
    shop.ok("--target", "late", "ddl", "apply")
    run(shop, "a,5", "2024-01-02")
    shop.ok("--target", "late", "audit")
    assert shown <= told(shop, *AT_ONCE)["deleted"]


def test_a_metastore_that_does_not_answer_keeps_everything(shop: Tiny, late: Callable[..., None]) -> None:
    late("thrift://127.0.0.1:1")
    before = directories(shop)
    answer = shop("vacuum", *AT_ONCE)
    assert answer.code == 4
    assert "nothing was deleted" in answer.err and "'late'" in answer.err
    assert directories(shop) == before


def test_it_waits_for_slow_writers(shop: Tiny, monkeypatch: pytest.MonkeyPatch) -> None:
    slept: list[float] = []
    monkeypatch.setattr(vacuum, "LATE", 31.0)
    monkeypatch.setattr(vacuum.time, "sleep", slept.append)
    shop.ok("vacuum", *NOW)
    assert len(slept) == 1 and 20 < slept[0] <= 31
    shop.ok("vacuum", *NOW)  # condemned by somebody a moment ago
    assert len(slept) == 2
