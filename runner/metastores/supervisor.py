"""The process that runs Hive's metastore and ends it: started by ``embedded``, one a state directory.

It is run as a file, knows only the standard library and py4j, and reads its order as JSON from standard
input. Java is driven through py4j rather than started as ``HiveMetaStore -p PORT``, because that one
listens on every interface and wants a port number beforehand; here Java binds to 127.0.0.1 and names the
port. The pipe to Java's standard input ties the two together: when this process ends, however it ends,
Java reads the end of its input and exits.

Files in the state directory: ``server.json`` (what runs, or why it did not start), ``server.lock`` (held by
this process and by Java for as long as either lives), ``supervisor.lock`` (held by this process alone: with
it free and the other held, Java is about to end), ``clients.lock`` (held shared by every command that
uses the server; its time is the last use), ``stop`` (a request), ``db`` (Derby), ``db.complete``.
"""

from __future__ import annotations

import contextlib
import fcntl
import json
import os
import shutil
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path
from typing import Any

START_SECONDS = 300
POLL_SECONDS = 0.2
IDLE_CHECK_SECONDS = 5.0

_OPENS = (
    *("java.lang", "java.lang.invoke", "java.lang.reflect", "java.io", "java.net", "java.nio", "java.util"),
    *("java.util.concurrent", "java.util.concurrent.atomic", "sun.nio.ch"),
)
"""Packages of java.base that Hive's partition pruning, Kryo and Hadoop reach into."""


class Server:
    """Java with the metastore in it. ``port`` is known once :meth:`start` has come back."""

    def __init__(self, state: Path, order: dict[str, Any]) -> None:
        self.port = 0
        self._state = state
        self._order = order
        command = [
            order["java"],
            # Half the start is class loading and interpreted code: no C2, no big heap, no parallel collector.
            *(
                "-XX:TieredStopAtLevel=1",
                "-XX:+UseSerialGC",
                "-Xms64m",
                f"-Xmx{order['heap']}",
            ),
            *order["options"],
            *(f"--add-opens=java.base/{package}=ALL-UNNAMED" for package in _OPENS if order["modules"]),
            "-Dlog4j2.contextSelector=org.apache.logging.log4j.core.selector.BasicContextSelector",
            f"-Dlog4j2.configurationFile={(state / 'conf' / 'log4j2.properties').as_uri()}",
            f"-Dlog4j.configurationFile={(state / 'conf' / 'log4j2.properties').as_uri()}",
            f"-Dwarehouse.metastore.log={state / 'server.log'}",
            f"-Dderby.system.home={state}",
            f"-Dderby.stream.error.file={state / 'derby.log'}",
            "-Djava.awt.headless=true",
            # Last: an archive of classes fits a class path that begins as its own.
            *("-cp", os.pathsep.join([*order["classpath"], str(state / "conf")])),
            *("py4j.GatewayServer", "--die-on-broken-pipe", "--enable-auth", "0"),
        ]
        self.process = subprocess.Popen(
            command,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            cwd="/",
            pass_fds=[order["lock_fd"]],
        )

    def start(self) -> None:
        """Build the metastore in Java and let it serve; raises what Java raised."""
        from py4j.java_gateway import GatewayParameters, JavaGateway

        assert self.process.stdout is not None
        port, token = self.process.stdout.readline().strip(), self.process.stdout.readline().strip()
        # Whatever else prints there must not block on a full pipe.
        threading.Thread(target=self._drain, daemon=True).start()
        gateway = JavaGateway(gateway_parameters=GatewayParameters(port=int(port), auth_token=token))
        jvm = gateway.jvm
        hive = jvm.org.apache.hadoop.hive.metastore
        thrift = jvm.org.apache.thrift
        conf = jvm.org.apache.hadoop.hive.conf.HiveConf()
        # Bind first: a taken port should not cost the seconds that the rest takes.
        socket = thrift.transport.TServerSocket(
            jvm.java.net.InetSocketAddress("127.0.0.1", int(self._order["port"]))
        )
        handler = hive.HiveMetaStore.newRetryingHMSHandler(
            hive.HiveMetaStore.HMSHandler("warehouse", conf, False), conf
        )
        # Not Hive's default processor, which works in each caller's name: all of them are the same user here,
        # and a file system would be opened (on S3: slowly) for every connection.
        # With one as minimum, a connection takes an idle thread and its database session before a new one.
        arguments = (
            thrift.server.TThreadPoolServer.Args(socket)
            .processor(hive.TSetIpAddressProcessor(handler))
            .transportFactory(thrift.transport.TTransportFactory())
            .protocolFactory(thrift.protocol.TBinaryProtocol.Factory())
            .minWorkerThreads(1)
            .maxWorkerThreads(500)
        )
        server = thrift.server.TThreadPoolServer(arguments)
        runnable = jvm.java.beans.EventHandler.create(
            jvm.java.lang.Class.forName("java.lang.Runnable"), server, "serve"
        )
        jvm.java.lang.Thread(runnable, "metastore").start()
        self.port = socket.getServerSocket().getLocalPort()
        gateway.shutdown()  # from here on nobody can drive this Java but through Thrift

    def stop(self) -> None:
        """End Java: by closing its input, by force if that takes too long. Derby recovers either way."""
        assert self.process.stdin is not None
        with contextlib.suppress(OSError):
            self.process.stdin.close()
        try:
            self.process.wait(10)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()

    def _drain(self) -> None:
        assert self.process.stdout is not None
        with contextlib.suppress(OSError, ValueError):
            for line in self.process.stdout:
                sys.stderr.write(line)


def main() -> int:
    state = Path(sys.argv[1])
    order = json.load(sys.stdin)
    if os.fork():
        os._exit(0)
    asked: list[int] = []
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda received, _: asked.append(received))
    signal.signal(signal.SIGHUP, signal.SIG_IGN)
    alone = os.open(state / "supervisor.lock", os.O_RDWR | os.O_CREAT, 0o600)
    fcntl.flock(alone, fcntl.LOCK_EX)
    clients = os.open(state / "clients.lock", os.O_RDWR | os.O_CREAT, 0o600)
    identity = _identity(state)
    if not (state / "db.complete").exists():
        # Derby makes a database in many steps; one that was never served holds nothing.
        shutil.rmtree(state / "db", ignore_errors=True)

    server = Server(state, order)
    outcome: list[str] = []
    threading.Thread(target=_start, args=(server, outcome), daemon=True).start()
    serving = False
    began = time.monotonic()
    next_idle_check = began + min(IDLE_CHECK_SECONDS, order["idle"])
    reason = ""
    while not reason:
        time.sleep(0.02 if not serving else POLL_SECONDS)
        if asked or (state / "stop").exists():
            reason = "asked to stop"
        elif _identity(state) != identity:
            reason = "the state directory is gone"
        elif server.process.poll() is not None and not outcome:
            reason = f"Java ended with code {server.process.returncode}"
        elif not serving and outcome:
            reason = outcome[0]
            if not reason:
                (state / "db.complete").touch()
                _write(state, _running(server, order))
                serving = True
        elif not serving and time.monotonic() - began > START_SECONDS:
            reason = f"it did not start within {START_SECONDS} seconds"
        elif serving and server.process.poll() is not None:
            reason = f"Java ended with code {server.process.returncode}"
        elif serving and time.monotonic() > next_idle_check:
            next_idle_check = time.monotonic() + min(IDLE_CHECK_SECONDS, order["idle"])
            if _idle(clients, order["idle"], server.port):
                reason = "idle"
    if _identity(state) == identity:
        with contextlib.suppress(OSError):
            if serving:
                (state / "server.json").unlink(missing_ok=True)
            else:
                _write(state, {"error": reason, "attempt": order["attempt"], "time": time.time()})
    server.stop()
    print(f"{time.strftime('%F %T')} ended: {reason}", file=sys.stderr)
    return 0 if serving else 1


def _start(server: Server, outcome: list[str]) -> None:
    try:
        server.start()
    except Exception as error:
        print(error, file=sys.stderr)
        outcome.append(_root_cause(error))
    else:
        outcome.append("")


def _root_cause(error: Exception) -> str:
    """What Java said at the bottom of its chain of causes, or what went wrong on this side."""
    cause = getattr(error, "java_exception", None)
    if cause is None:
        return f"{type(error).__name__}: {error}"
    try:
        while cause.getCause() is not None:
            cause = cause.getCause()
        return str(cause.toString())
    except Exception:
        return str(error).strip().splitlines()[0]


def _running(server: Server, order: dict[str, Any]) -> dict[str, Any]:
    return {
        "port": server.port,
        "pid": server.process.pid,
        "supervisor": os.getpid(),
        "started": time.time(),
        "digest": order["digest"],
        "attempt": order["attempt"],
    }


def _write(state: Path, value: dict[str, Any]) -> None:
    part = state / f"server.json.{os.getpid()}"
    part.write_text(json.dumps(value))
    part.replace(state / "server.json")


def _identity(state: Path) -> tuple[int, int] | None:
    try:
        found = state.stat()
    except OSError:
        return None
    return found.st_dev, found.st_ino


def _idle(clients: int, seconds: float, port: int) -> bool:
    """Whether nobody uses the server and nobody has for ``seconds``.

    When it is so, the lock that was taken to find out is kept: a command that comes now waits until this
    process has ended, and starts afresh.
    """
    if time.time() - os.fstat(clients).st_mtime < seconds or _connected(port):
        return False
    try:
        fcntl.flock(clients, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        os.utime(clients)  # in use: the time that counts is when the last command ends
        return False
    if time.time() - os.fstat(clients).st_mtime < seconds:
        fcntl.flock(clients, fcntl.LOCK_UN)
        return False
    return True


def _connected(port: int) -> bool:
    """Whether anything is connected to the port, a Trino or a Spark that took no lock (Linux; else False)."""
    wanted = f":{port:04X}"
    for table in ("/proc/net/tcp", "/proc/net/tcp6"):
        with contextlib.suppress(OSError):
            for line in Path(table).read_text().splitlines()[1:]:
                fields = line.split()
                if fields[1].endswith(wanted) and fields[3] == "01":
                    return True
    return False


if __name__ == "__main__":
    sys.exit(main())
