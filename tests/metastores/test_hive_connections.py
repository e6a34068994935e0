"""Connections that break: what is asked twice, what never is, and what is told."""

from __future__ import annotations

import contextlib
import socket
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from metastores.examples import by_values, partition, table
from runner.metastores import Database
from runner.metastores.hive import HiveMetastore
from runner.metastores.thrift_client import hosts
from warehouse.errors import OutsideError


class Wire:
    """Between a client and a metastore: counts calls by name, and cuts the wire where it is told."""

    def __init__(self, uri: str) -> None:
        self._target = hosts(uri)[0]
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.uri = f"thrift://127.0.0.1:{self._listener.getsockname()[1]}"
        self.requests = 0
        self.cut_answers = 0
        """How many of the next answers are lost after the metastore has done the work."""
        self._open: list[socket.socket] = []
        threading.Thread(target=self._accept, daemon=True).start()

    def hang_up(self) -> None:
        """What a metastore does that restarts: idle connections are closed."""
        for one in self._open:
            with contextlib.suppress(OSError):
                one.shutdown(socket.SHUT_RDWR)
            one.close()
        self._open.clear()

    def close(self) -> None:
        # Only a shutdown wakes the thread that waits for the next caller.
        with contextlib.suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        self.hang_up()

    def _accept(self) -> None:
        with contextlib.suppress(OSError):
            while True:
                near, _ = self._listener.accept()
                far = socket.create_connection(self._target)
                self._open += [near, far]
                threading.Thread(target=self._requests, args=(near, far), daemon=True).start()
                threading.Thread(target=self._answers, args=(far, near), daemon=True).start()

    def _requests(self, near: socket.socket, far: socket.socket) -> None:
        with contextlib.suppress(OSError):
            while data := near.recv(1 << 20):
                self.requests += 1  # one call of ours is one packet here: they are short
                far.sendall(data)

    def _answers(self, far: socket.socket, near: socket.socket) -> None:
        with contextlib.suppress(OSError):
            while data := far.recv(1 << 20):
                if self.cut_answers:
                    self.cut_answers -= 1
                    near.shutdown(socket.SHUT_RDWR)
                    return
                near.sendall(data)


@pytest.fixture
def wire(metastore_uri: str) -> Iterator[Wire]:
    made = Wire(metastore_uri)
    yield made
    made.close()


@pytest.fixture
def hive(wire: Wire) -> Iterator[HiveMetastore]:
    made = HiveMetastore(wire.uri, user="")
    yield made
    made.close()


@pytest.mark.parametrize("uri", ["thrift://127.0.0.1:1", "thrift://no-such-host.invalid:9083"])
def test_a_metastore_that_cannot_be_reached(uri: str) -> None:
    metastore = HiveMetastore(uri)
    with pytest.raises(OutsideError, match="cannot be reached") as caught:
        metastore.databases()
    assert uri in caught.value.what
    assert caught.value.why
    assert caught.value.fix


@pytest.mark.parametrize("uri", ["", "http://x:1", "thrift://", "thrift://a:b", "thrift://a:1/path"])
def test_an_address_that_is_none(uri: str) -> None:
    with pytest.raises(OutsideError, match="is no metastore"):
        HiveMetastore(uri)


def test_addresses() -> None:
    assert hosts("thrift://a:1,b:2") == [("a", 1), ("b", 2)]
    assert hosts("thrift://a:1, thrift://b") == [("a", 1), ("b", 9083)]
    assert hosts("thrift://[::1]:9083") == [("::1", 9083)]


@pytest.mark.metastore
def test_the_next_host_is_asked_where_the_first_is_away(metastore_uri: str) -> None:
    metastore = HiveMetastore(f"thrift://127.0.0.1:1,{metastore_uri.removeprefix('thrift://')}")
    assert "default" in metastore.databases()
    metastore.close()


@pytest.mark.metastore
def test_a_read_is_asked_once_more(hive: HiveMetastore, wire: Wire) -> None:
    wire.cut_answers = 1
    assert "default" in hive.databases()
    assert wire.requests == 2
    wire.cut_answers = 2
    with pytest.raises(OutsideError, match="went away while asked to list databases"):
        hive.databases()
    assert wire.requests == 4


@pytest.mark.metastore
def test_a_write_whose_answer_is_lost_is_not_sent_again(
    hive: HiveMetastore, wire: Wire, tmp_path: Path
) -> None:
    hive.create_database(Database("lost_answers", (tmp_path / "d").as_uri()))
    made = table("lost_answers", tmp_path)
    hive.create_table(made)
    hive.add_partitions(made, [partition(made, "1")])
    wire.requests, wire.cut_answers = 0, 1
    with pytest.raises(OutsideError, match="may or may not have done so"):
        hive.alter_partitions(made, [partition(made, "1", run="run2")])
    assert wire.requests == 1
    assert hive.partitions(made.name) == [partition(made, "1", run="run2")]
    hive.drop_table(made.name)


@pytest.mark.metastore
def test_a_write_after_the_metastore_hung_up_takes_a_new_connection(
    hive: HiveMetastore, wire: Wire, tmp_path: Path
) -> None:
    assert "default" in hive.databases()
    wire.hang_up()
    hive.create_database(Database("after_hang_up", (tmp_path / "d").as_uri()))
    assert "after_hang_up" in hive.databases()


@pytest.mark.metastore
def test_a_metastore_that_goes_for_good_in_mid_run(hive: HiveMetastore, wire: Wire) -> None:
    assert "default" in hive.databases()
    wire.close()
    with pytest.raises(OutsideError) as caught:
        hive.databases()
    assert caught.value.exit_code == 4


@pytest.mark.metastore
def test_threads_do_not_mix_their_answers(hive: HiveMetastore, tmp_path: Path) -> None:
    hive.create_database(Database("threads", (tmp_path / "d").as_uri()))
    tables = [table("threads", tmp_path, name=f"t{n}", comment=f"number {n}") for n in range(6)]

    def work(n: int) -> None:
        hive.create_table(tables[n])
        for day in range(5):
            part = partition(tables[n], f"{n}-{day}")
            assert hive.add_partitions(tables[n], [part]) == []
            assert hive.table(tables[n].name) == tables[n]
        assert set(by_values(hive.partitions(tables[n].name))) == {(f"{n}-{day}",) for day in range(5)}

    with ThreadPoolExecutor(6) as pool:
        list(pool.map(work, range(6)))


@pytest.mark.metastore
def test_columns_are_too_long_for_the_database(hive: HiveMetastore, tmp_path: Path) -> None:
    from warehouse.contract import Column

    hive.create_database(Database("too_long", (tmp_path / "d").as_uri()))
    long = table("too_long", tmp_path, columns=(Column("a", "int", "x" * 5000),))
    with pytest.raises(OutsideError, match=r"refused to create table too_long\.t") as caught:
        hive.create_table(long)
    assert caught.value.why
    assert len(caught.value.why) < 1000
    assert hive.tables("too_long") == []
