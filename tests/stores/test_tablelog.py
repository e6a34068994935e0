"""A table's log in a store: gaps are told, checkpoints are doubted, and it is read on without a list."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from runner.stores import Info
from runner.stores.local import LocalStore
from runner.tablelog import CHECKPOINT_EVERY, TableLog
from warehouse.errors import LogError
from warehouse.log import Entry, SetHold
from warehouse.names import TableName

TABLE = TableName("db", "t")


class Listened(LocalStore):
    """Counts its lists."""

    lists = 0

    def list(self, prefix: str, *, after: str = "") -> Iterator[Info]:
        self.lists += 1
        return super().list(prefix, after=after)


def entry(n: int) -> Entry:
    return Entry(n, f"nonce{n}", f"2024-01-01T00:00:{n % 60:02}.000+00:00", SetHold((f"dt={n}",), "why"))


@pytest.fixture
def store(tmp_path: Path) -> Listened:
    return Listened(tmp_path)


def test_it_is_read_on_by_the_names_of_entries(store: Listened) -> None:
    writer, reader = TableLog(LocalStore(store.path), TABLE), TableLog(store, TABLE)
    assert writer.put(entry(1))
    assert reader.state().head == 1
    assert store.lists == 1
    for n in range(2, 6):
        assert writer.put(entry(n))
    state = reader.state()
    assert state.head == 5 and set(state.holds) == {f"dt={n}" for n in range(1, 6)}
    assert reader.state() is state, "nothing came"
    assert [e.n for e in reader.since(3)] == [4, 5]
    assert store.lists == 1


def test_a_taken_number_is_lost(store: Listened) -> None:
    log = TableLog(store, TABLE)
    assert log.put(entry(1))
    assert not log.put(entry(1))


def test_a_gap_is_told(store: Listened) -> None:
    log = TableLog(store, TABLE)
    for n in (1, 2, 3):
        log.put(entry(n))
    store.delete([log.key(2)])
    with pytest.raises(LogError, match="where entry 2 should be"):
        TableLog(store, TABLE).state()


def test_an_entry_under_another_s_name_is_told(store: Listened) -> None:
    log = TableLog(store, TABLE)
    log.put(entry(1))
    log.state()
    store.write(log.key(2), store.read(log.key(1)) or b"")
    for told in (log, TableLog(store, TABLE)):
        with pytest.raises(LogError, match="says it is entry 1"):
            told.state()


def test_a_checkpoint_that_belongs_to_another_log_is_not_believed(store: Listened) -> None:
    log = TableLog(store, TABLE)
    for n in range(1, CHECKPOINT_EVERY + 3):
        log.put(entry(n))
    assert store.read(f"{log.prefix}checkpoint.json")
    assert TableLog(store, TABLE).state() == log.state()
    last = log.key(CHECKPOINT_EVERY)
    store.delete([last])
    store.put_if_absent(last, (LocalStore(store.path).read(log.key(1)) or b"").replace(b'"n": 1', b'"n": 64'))
    assert "dt=64" not in TableLog(store, TABLE).state().holds, "what the entry says now"
