"""A Trino server of this machine, and what it answers, over its own HTTP protocol."""

from __future__ import annotations

import fcntl
import json
import os
import socket
import subprocess
import time
import urllib.error
import urllib.request
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.readers import downloads

# As bin/jvm.config of the distribution has it, and small: half the start is compiling.
_JVM = (
    "-Xms256m", "-Xmx1g", "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1", "-XX:-UsePerfData",
    "-XX:+ExitOnOutOfMemoryError", "-Djdk.attach.allowAttachSelf=true", "-Dfile.encoding=UTF-8",
    "--enable-native-access=ALL-UNNAMED",
    "--sun-misc-unsafe-memory-access=allow",
)  # fmt: skip
_CONFIG = """coordinator=true
node-scheduler.include-coordinator=true
http-server.http.port={port}
discovery.uri=http://127.0.0.1:{port}
node.internal-address=127.0.0.1
catalog.management=dynamic
catalog.store=memory
query.max-memory=400MB
query.max-memory-per-node=400MB
memory.heap-headroom-per-node=200MB
"""
_START = 600.0
_WHILE_INPUT_IS_OPEN = '{ "$@"; kill -9 0; } & read -r _; kill -9 0'
"""The server ends with the last who holds its input open, however those end."""


class TrinoError(Exception):
    """A query failed; the text is Trino's."""


@dataclass(frozen=True)
class Answer:
    """``columns`` are names with Trino's types; rows as the protocol's JSON has them."""

    columns: tuple[tuple[str, str], ...]
    rows: list[list[Any]]


@dataclass(frozen=True)
class Trino:
    """``url`` is where it listens."""

    url: str

    def ask(self, sql: str) -> Answer:
        """The whole answer to one statement."""
        page = self._page(f"{self.url}/v1/statement", sql.encode())
        columns: tuple[tuple[str, str], ...] = ()
        rows: list[list[Any]] = []
        while True:
            if "error" in page:
                raise TrinoError(page["error"]["message"])
            columns = columns or tuple((c["name"], c["type"]) for c in page.get("columns", ()))
            rows += page.get("data", ())
            if "nextUri" not in page:
                return Answer(columns, rows)
            page = self._page(page["nextUri"])

    def rows(self, sql: str) -> list[list[Any]]:
        return self.ask(sql).rows

    def catalog(self, name: str, settings: Mapping[str, str]) -> None:
        """Add a catalog of Hive tables."""
        given = ", ".join(f"\"{key}\" = '{value}'" for key, value in settings.items())
        self.ask(f"CREATE CATALOG {name} USING hive WITH ({given})")

    def _page(self, url: str, body: bytes | None = None) -> dict[str, Any]:
        headers = {
            "X-Trino-User": "reader",
            "X-Trino-Time-Zone": "UTC",
            # Else microseconds are rounded away for clients of old.
            "X-Trino-Client-Capabilities": "PARAMETRIC_DATETIME",
        }
        for _ in range(100):
            try:
                request = urllib.request.Request(url, body, headers)
                with urllib.request.urlopen(request, timeout=120) as answer:
                    page: dict[str, Any] = json.load(answer)
                    return page
            except urllib.error.HTTPError as error:
                with error:
                    if error.code not in (502, 503, 504):  # busy: the protocol says to ask again
                        raise
                time.sleep(0.1)
        raise TrinoError(f"{url} stays busy")


def s3_settings(url: str) -> dict[str, str]:
    """Of a catalog whose files lie on the S3 server at ``url``."""
    return {
        "fs.native-s3.enabled": "true",
        "s3.endpoint": url,
        "s3.region": "us-east-1",
        "s3.path-style-access": "true",
        "s3.aws-access-key": "test",
        "s3.aws-secret-key": "test",
    }


def hive_settings(uri: str) -> dict[str, str]:
    """Of a catalog whose tables Hive's metastore keeps."""
    return {"hive.metastore": "thrift", "hive.metastore.uri": uri}


def glue_settings(url: str) -> dict[str, str]:
    """Of a catalog whose tables Glue keeps, at ``url``."""
    return {
        "hive.metastore": "glue",
        "hive.metastore.glue.region": "us-east-1",
        "hive.metastore.glue.endpoint-url": url,
        "hive.metastore.glue.aws-access-key": "test",
        "hive.metastore.glue.aws-secret-key": "test",
        "hive.metastore.glue.partitions-segments": "1",  # moto answers each segment with all of them
    }


@contextmanager
def server(directory: Path) -> Iterator[Trino]:
    """A server with its files in ``directory``, one for all processes that ask for it at a time, and until
    the last of them is done; raises :class:`downloads.UnobtainableError`."""
    directory.mkdir(exist_ok=True)
    with (directory / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        hold = _join(directory / "in_use")
        if hold is None:
            hold = _start(directory)
        trino = Trino((directory / "url").read_text())
    try:
        yield trino
    finally:
        os.close(hold)


def _join(pipe: Path) -> int | None:
    """Hold open the input of a server that runs; None where there is none."""
    try:
        return os.open(pipe, os.O_WRONLY | os.O_NONBLOCK)
    except OSError:  # nobody reads it, or it is not there
        return None


def _start(directory: Path) -> int:
    """Start a server, write its ``url``, and hold its input open."""
    home, java = downloads.trino_home(), downloads.trino_java()
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    (directory / "config.properties").write_text(_CONFIG.format(port=port))
    log = directory / "server.log"
    command = [
        str(java), *_JVM, f"-Dconfig={directory / 'config.properties'}", "-Dnode.environment=tests",
        f"-Dnode.id={port}", f"-Dnode.data-dir={directory / 'data'}", f"-Dplugin.dir={home / 'plugin'}",
        "-cp", str(home / "lib" / "*"), "io.trino.server.TrinoServer",
    ]  # fmt: skip
    pipe = directory / "in_use"
    pipe.unlink(missing_ok=True)
    os.mkfifo(pipe)
    reading = os.open(pipe, os.O_RDONLY | os.O_NONBLOCK)
    hold = os.open(pipe, os.O_WRONLY)
    os.set_blocking(reading, True)
    with log.open("wb") as out:
        process = subprocess.Popen(
            ["sh", "-c", _WHILE_INPUT_IS_OPEN, "sh", *command],
            cwd=directory,
            stdin=reading,
            stdout=out,
            stderr=out,
            start_new_session=True,
        )
    os.close(reading)
    trino = Trino(f"http://127.0.0.1:{port}")
    try:
        _wait(trino, process, log)
    except BaseException:
        os.close(hold)
        raise
    (directory / "url").write_text(trino.url)
    _started.append(process)
    return hold


_started: list[subprocess.Popen[bytes]] = []
"""Kept, for Python warns of processes that run on when nobody holds them."""


def _wait(trino: Trino, process: subprocess.Popen[bytes], log: Path) -> None:
    end = time.monotonic() + _START
    while time.monotonic() < end and process.poll() is None:
        try:
            with urllib.request.urlopen(f"{trino.url}/v1/info", timeout=5) as answer:
                if not json.load(answer)["starting"]:
                    return
        except (OSError, urllib.error.URLError):
            pass
        time.sleep(0.1)
    raise AssertionError(f"Trino does not start:\n{log.read_text(errors='replace')[-3000:]}")
