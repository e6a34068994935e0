"""A landing that is stopped half-way and called again leaves what one without interruption leaves."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator
from datetime import date
from pathlib import Path

import pytest

from runner.api import Warehouse
from runner.land import Landed
from runner.stores.local import LocalStore
from tests.landings.sources import MADE, RATES

DOMAINS = tuple(MADE)
START, END = date(2018, 1, 30), date(2018, 2, 2)
Land = Callable[[Warehouse], Iterator[Landed]]
Open = Callable[[str], Warehouse]


class KilledError(Exception):
    """In place of a kill: nothing that the tool does follows it."""


def contents(warehouse: Warehouse) -> dict[str, str]:
    """Digest of each file that lies in the lake, whoever wrote it."""
    lake = warehouse.project.root / ".lake"
    return {
        str(path.relative_to(lake)): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in lake.rglob("*")
        if path.is_file()
    }


def stop_at(monkeypatch: pytest.MonkeyPatch, number: int) -> None:
    """Of the files that are written from now on, the one of this number does not come to be."""
    write = LocalStore.write
    count = 0

    def counted(store: LocalStore, key: str, data: bytes) -> None:
        nonlocal count
        count += 1
        if count == number:
            raise KilledError(key)
        write(store, key, data)

    monkeypatch.setattr(LocalStore, "write", counted)


@pytest.fixture(params=[f"{domain} {kind}" for domain in DOMAINS for kind in ("real", "generated")])
def land(request: pytest.FixtureRequest, tmp_path: Path) -> Land:
    """A landing of each domain and kind."""
    domain, kind = request.param.split()
    source = tmp_path / "source"
    source.mkdir()
    if kind == "real":
        MADE[domain](source, START, END, RATES[domain])
        return lambda warehouse: warehouse.land(domain, source)
    return lambda warehouse: warehouse.land_generated(domain, str(START), str(END), rate=RATES[domain])


def test_a_landing_goes_on_where_it_was_stopped(
    land: Land, open_lake: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = open_lake("whole")
    landed = [one.key for one in land(whole) if one.written]
    wanted = contents(whole)
    assert set(landed) == wanted.keys()

    stopped, done = open_lake("stopped"), 0
    for number in (1, 2, len(landed) // 3, len(landed) // 2):
        with monkeypatch.context() as patch:
            stop_at(patch, number)
            with pytest.raises(KilledError):
                list(land(stopped))
        done += number - 1
        assert contents(stopped) == {key: wanted[key] for key in landed[:done]}

    # A kill leaves no half of a file behind where the store writes whole ones; another store, or disk, might.
    cut = landed[0]
    (stopped.project.root / ".lake" / cut).write_bytes(b"half a fi")
    again = [one.key for one in land(stopped) if one.written]
    assert again == [cut, *landed[done:]]
    assert contents(stopped) == wanted

    assert not [one.key for one in land(stopped) if one.written]
    assert contents(stopped) == wanted
