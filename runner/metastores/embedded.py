"""Hive's own metastore server, started on demand from pyspark's jars and shared by the commands of a lake.

The server belongs to a state directory, not to the command that started it. Locks held by living processes
say what is true (see ``supervisor``), so nothing needs to be believed about process ids after a crash or a
reboot. :func:`ensure` on a running server costs one file read and one small question.
"""

from __future__ import annotations

import contextlib
import fcntl
import hashlib
import json
import os
import socket
import subprocess
import sys
import time
import uuid
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from xml.sax.saxutils import escape

from runner import archive
from runner.java import java_home, major_version
from warehouse.errors import OutsideError

IDLE_SECONDS = 30 * 60.0
WAIT_SECONDS = 120.0

_SITE = {
    "javax.jdo.option.ConnectionURL": "jdbc:derby:;databaseName=db;create=true",
    "datanucleus.schema.autoCreateAll": "true",
    "hive.metastore.schema.verification": "false",
    "hive.metastore.schema.verification.record.version": "false",
    # Types are changed deliberately, by DDL that was checked against what readers can read.
    "hive.metastore.disallow.incompatible.col.type.changes": "false",
    "hive.stats.autogather": "false",
    # Derby's lock time-outs are worth trying again, but not ten times two seconds for what cannot work.
    "hive.hmshandler.retry.interval": "200ms",
    # Else it copies the parent's mode and group to each directory, by starting programs.
    "hive.warehouse.subdir.inherit.perms": "false",
}

_LOGGING = """\
status = error
appender.file.type = RollingFile
appender.file.name = file
appender.file.fileName = ${sys:warehouse.metastore.log}
appender.file.filePattern = ${sys:warehouse.metastore.log}.1
appender.file.layout.type = PatternLayout
appender.file.layout.pattern = %d %p %c{1}: %m%n%ex
appender.file.policies.type = SizeBasedTriggeringPolicy
appender.file.policies.size = 10MB
appender.file.strategy.type = DefaultRolloverStrategy
appender.file.strategy.max = 1
rootLogger.level = warn
rootLogger.appenderRef.file.ref = file
logger.connections.name = org.apache.thrift.server.TThreadPoolServer
logger.connections.level = off
logger.datanucleus.name = DataNucleus
logger.datanucleus.level = error
"""

_PING = b"\x80\x01\x00\x01" + b"\x00\x00\x00\x09getStatus" + b"\x00\x00\x00\x00" + b"\x00"
_REPLY = b"\x80\x01\x00"
"""A call without arguments in Thrift's binary protocol, by hand: importing the client takes 50 ms."""

_leases: dict[tuple[int, int], int] = {}
"""State directories (device, inode) in use by this process, and the descriptor of the shared lock."""


@dataclass(frozen=True)
class Running:
    """A server that runs. ``started`` in seconds since 1970."""

    uri: str
    port: int
    pid: int
    supervisor: int
    started: float


def ensure(
    state_dir: Path,
    *,
    progress: Callable[[str], None] | None = None,
    settings: Mapping[str, str] | None = None,
    jars: Sequence[Path] = (),
    port: int = 0,
    idle: float = IDLE_SECONDS,
    heap: str = "256m",
    timeout: float = WAIT_SECONDS,
    options: Sequence[str] | None = None,
) -> str:
    """The ``thrift://127.0.0.1:PORT`` of the server of ``state_dir``, started if it does not run.

    The server is kept from idling away for as long as this process lives. ``settings`` go into its
    hive-site.xml, ``jars`` onto its class path; ``port`` 0 means any free one; ``idle`` is in seconds;
    ``options`` are for Java, by default those for a quick start.
    :class:`OutsideError` when it cannot be started, or runs with other settings for another command.
    """
    began, deadline = time.time(), time.monotonic() + timeout
    path = Path(os.path.abspath(state_dir))  # noqa: PTH100 (resolve() would follow links the user chose)
    digest = _digest(settings or {}, jars, port)
    told = launched = False
    _prepare(path)
    while True:
        _lease(path, deadline)
        held = _held(path)
        found = _read(path)
        if _serves(path, found):
            if found.get("digest") == digest:
                return f"thrift://127.0.0.1:{found['port']}"
            _restart_alone(path, timeout)
            continue
        if not held:
            if found.get("time", 0.0) >= began or launched:
                raise _failed(path, found.get("error") or _last_line(path / "supervisor.log"), port)
            order: dict[str, Any] = {"port": port, "idle": idle, "heap": heap, "digest": digest}
            order["options"] = archive.options() if options is None else list(options)
            if not told and progress:
                progress("starting Hive's metastore")
            told = True
            launched = _launch(path, order, settings or {}, jars)
        elif not told and progress:
            progress("waiting for Hive's metastore, which another command is starting")
            told = True
        if time.monotonic() > deadline:
            raise _failed(path, f"it did not answer within {timeout:.0f} seconds", port)
        time.sleep(0.02)


def status(state_dir: Path) -> Running | None:
    """The server of ``state_dir`` if it runs and answers."""
    path = Path(state_dir)
    found = _read(path)
    if not _serves(path, found):
        return None
    uri = f"thrift://127.0.0.1:{found['port']}"
    return Running(uri, found["port"], found["pid"], found["supervisor"], found["started"])


def stop(state_dir: Path, *, timeout: float = 30.0) -> bool:
    """Stop the server of ``state_dir``, whoever uses it; False if none runs."""
    path = Path(state_dir)
    if not path.is_dir() or not _held(path):
        return False
    deadline = time.monotonic() + timeout
    try:
        (path / "stop").touch()
        while _held(path):
            if time.monotonic() > deadline:
                found = _read(path)
                raise OutsideError(
                    f"the metastore of {path} does not stop",
                    why=f"processes {found.get('supervisor')} and {found.get('pid')} still hold its lock",
                    fix="end these processes",
                )
            time.sleep(0.02)
    finally:
        (path / "stop").unlink(missing_ok=True)
    return True


def _prepare(path: Path) -> None:
    try:
        path.mkdir(parents=True, exist_ok=True, mode=0o700)
        os.close(os.open(path / "server.lock", os.O_RDWR | os.O_CREAT, 0o600))
    except OSError as error:
        raise OutsideError(
            f"the metastore's directory {path} cannot be written",
            why=error.strerror or str(error),
            fix="give the target a lake, or the metastore a directory, that you may write to",
        ) from error


def _lease(path: Path, deadline: float) -> None:
    """Hold ``clients.lock`` shared until this process ends, and say when that was."""
    where = path.stat()
    key = (where.st_dev, where.st_ino)
    if key not in _leases:
        descriptor = os.open(path / "clients.lock", os.O_RDWR | os.O_CREAT, 0o600)
        while True:
            try:
                fcntl.flock(descriptor, fcntl.LOCK_SH | fcntl.LOCK_NB)
                break
            except BlockingIOError:  # a server that idled is just ending
                if time.monotonic() > deadline:
                    os.close(descriptor)
                    raise _failed(path, "an idle server does not end", 0) from None
                time.sleep(0.02)
        _leases[key] = descriptor
    os.utime(_leases[key])


def _restart_alone(path: Path, timeout: float) -> None:
    """Stop a server that runs with other settings, unless another command uses it."""
    where = path.stat()
    descriptor = _leases.pop((where.st_dev, where.st_ino))
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        raise OutsideError(
            f"the metastore of {path} runs with other settings, and another command is using it",
            fix="wait for that command, or end the server with `warehouse metastore stop`",
        ) from None
    finally:
        os.close(descriptor)
    stop(path, timeout=timeout)


def _serves(path: Path, found: Mapping[str, Any]) -> bool:
    return "port" in found and _held(path) and _held(path, "supervisor.lock") and _answers(int(found["port"]))


def _held(path: Path, lock: str = "server.lock") -> bool:
    """Whether a server lives, starting, serving or ending: the kernel knows."""
    try:
        descriptor = os.open(path / lock, os.O_RDONLY)
    except OSError:
        return False
    try:
        fcntl.flock(descriptor, fcntl.LOCK_SH | fcntl.LOCK_NB)
        return False
    except BlockingIOError:
        return True
    finally:
        os.close(descriptor)


def _read(path: Path) -> dict[str, Any]:
    try:
        found = json.loads((path / "server.json").read_bytes())
    except (OSError, ValueError):
        return {}
    return found if isinstance(found, dict) else {}


def _last_line(log: Path) -> str:
    try:
        return log.read_text(errors="replace").strip().splitlines()[-1]
    except (OSError, IndexError):
        return "its process ended without a word"


def _answers(port: int) -> bool:
    """Whether a metastore answers there. Being let in is not enough: a dying process still listens."""
    try:
        with socket.create_connection(("127.0.0.1", port), timeout=5) as connection:
            connection.sendall(_PING)
            return connection.recv(4).startswith(_REPLY)
    except OSError:
        return False


def _launch(path: Path, order: dict[str, Any], settings: Mapping[str, str], jars: Sequence[Path]) -> bool:
    """Start the supervisor; False if another command was faster. Whoever gets the lock hands it over."""
    lock = os.open(path / "server.lock", os.O_RDWR)
    try:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
        home = java_home()
        with contextlib.suppress(FileNotFoundError):
            (path / "stop").unlink()
        with contextlib.suppress(FileNotFoundError):
            (path / "server.json").unlink()
        _configure(path, settings)
        order |= {
            "java": str(home / "bin" / "java"),
            "modules": (major_version(home) or 0) > 8,
            "classpath": [*archive.class_path(), *map(str, jars)],
            "lock_fd": lock,
            "attempt": uuid.uuid4().hex,
        }
        with (path / "supervisor.log").open("wb") as log:
            process = subprocess.Popen(
                # -P: the directory of that file holds modules that must not shadow any other.
                [sys.executable, "-P", str(Path(__file__).with_name("supervisor.py")), str(path)],
                stdin=subprocess.PIPE,
                stdout=log,
                stderr=log,
                cwd="/",
                pass_fds=[lock],
                start_new_session=True,
            )
            # Comes back at once: the supervisor goes on in a child of its own, which is nobody's zombie.
            process.communicate(json.dumps(order).encode())
    finally:
        os.close(lock)
    return True


def _configure(path: Path, settings: Mapping[str, str]) -> None:
    conf = path / "conf"
    conf.mkdir(exist_ok=True)
    site = {**_SITE, "hive.metastore.warehouse.dir": f"file://{path}/warehouse", **settings}
    lines = [
        f"<property><name>{escape(name)}</name><value>{escape(value)}</value></property>"
        for name, value in site.items()
    ]
    target = conf / "hive-site.xml"
    target.touch(mode=0o600)  # settings may carry what only their owner should read
    target.write_text("\n".join(['<?xml version="1.0"?>', "<configuration>", *lines, "</configuration>", ""]))
    (conf / "log4j2.properties").write_text(_LOGGING)


def _digest(settings: Mapping[str, str], jars: Sequence[Path], port: int) -> str:
    shape = [sorted(settings.items()), [str(jar) for jar in jars], port]
    return hashlib.blake2b(json.dumps(shape).encode(), digest_size=12).hexdigest()


def _failed(path: Path, why: str, port: int) -> OutsideError:
    if "Address already in use" in why or "Could not create ServerSocket" in why:
        return OutsideError(
            f"port {port} for Hive's metastore is taken",
            why="another program listens on it",
            fix="choose another port, or none to get a free one",
        )
    if "XSDB6" in why or "Another instance of Derby" in why:
        return OutsideError(
            f"the metastore's database in {path} is in use by a server that cannot be seen from here",
            why=why,
            fix="stop the metastore in the container or on the host that shares this directory",
        )
    return OutsideError(
        f"Hive's metastore did not start in {path}",
        why=why,
        fix=f"see {path / 'server.log'} and {path / 'supervisor.log'}",
    )
