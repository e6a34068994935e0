"""Claims of a process that lives on: a scheduler, a notebook."""

from __future__ import annotations

from pathlib import Path

import pytest

from runner.claims import Claims
from runner.stores.local import LocalStore
from warehouse.errors import ConflictError, OutsideError
from warehouse.names import TableName

TABLE = TableName("shop", "daily")


class Deaf(LocalStore):
    """Writes are done, and their answers lost; or nothing is done."""

    lost = 0
    broken = False

    def replace(self, key: str, data: bytes, etag: str | None) -> bool:
        if self.broken:
            raise OutsideError("the store is gone")
        done = super().replace(key, data, etag)
        if self.lost:
            self.lost -= 1
            return False  # the second attempt, which the store's client makes, finds the first one's etag
        return done


def test_one_whose_answer_was_lost_is_not_in_its_own_way(tmp_path: Path) -> None:
    store = Deaf(tmp_path)
    store.lost = 1
    with Claims(store, TABLE).take("run-1", ["dt=1"]) as held:
        assert held.inherited == ()
        assert [c.run_id for c in Claims(store, TABLE).current()] == ["run-1"]
        with pytest.raises(ConflictError):
            Claims(store, TABLE).take("run-2", ["dt=1"])
    assert Claims(store, TABLE).current() == ()


def test_a_release_that_did_not_get_through_keeps_nobody_out(tmp_path: Path) -> None:
    store = Deaf(tmp_path)
    with pytest.raises(OutsideError), Claims(store, TABLE).take("run-1", ["dt=1"]):
        store.broken = True
    store.broken = False
    with Claims(store, TABLE).take("run-2", ["dt=1"]) as held:
        assert [c.run_id for c in held.inherited] == ["run-1"]
