"""Connections to a Hive metastore: a pool of Thrift clients, and what may be sent twice."""

from __future__ import annotations

import getpass
import logging
import os
import re
import select
import threading
from typing import Any

from pymetastore.hive_metastore import ThriftHiveMetastore, ttypes
from thrift.protocol.TBinaryProtocol import TBinaryProtocolAcceleratedFactory
from thrift.Thrift import TApplicationException
from thrift.transport.TSocket import TSocket
from thrift.transport.TTransport import TBufferedTransport, TTransportException

from warehouse.errors import OutsideError

logging.getLogger("thrift").addHandler(logging.NullHandler())  # our errors say it all

_Connection = tuple[ThriftHiveMetastore.Client, TSocket]

_BROKEN = (TTransportException, OSError, EOFError)
REFUSALS = (
    ttypes.MetaException,
    ttypes.NoSuchObjectException,
    ttypes.AlreadyExistsException,
    ttypes.InvalidObjectException,
    ttypes.InvalidOperationException,
    ttypes.InvalidInputException,
    ttypes.UnknownDBException,
    ttypes.UnknownTableException,
    TApplicationException,
)
"""What a metastore answers instead of a result."""


class Connections:
    """Calls on the metastore at ``uri``, from any thread: a thread at work has a connection of its own."""

    def __init__(self, uri: str, *, user: str | None, connect_timeout: float, timeout: float) -> None:
        self.uri = uri
        try:
            self._hosts = hosts(uri)
        except ValueError as error:
            raise OutsideError(f"{uri!r} is no metastore", why=str(error)) from None
        self._user = _login() if user is None else user
        self._connect_timeout = connect_timeout
        self._timeout = timeout
        self._idle: list[_Connection] = []
        self._lock = threading.Lock()

    def read(self, doing: str, method: str, *arguments: Any) -> Any:
        """Call ``method``; once more on a new connection where the first one broke."""
        try:
            return self._call(self._take(), method, arguments)
        except _BROKEN:
            pass
        try:
            return self._call(self._connect(), method, arguments)
        except _BROKEN as error:
            raise self._gone(doing, error) from error

    def write(self, doing: str, method: str, *arguments: Any) -> Any:
        """Call ``method``, never twice: where the answer is lost nobody knows what was done."""
        try:
            return self._call(self._take(), method, arguments)
        except _BROKEN as error:
            raise self._gone(doing, error, "it may or may not have done so") from error

    def close(self) -> None:
        with self._lock:
            idle, self._idle = self._idle, []
        for _, socket in idle:
            socket.close()

    def _call(self, connection: _Connection, method: str, arguments: tuple[Any, ...]) -> Any:
        client, socket = connection
        try:
            answer = getattr(client, method)(*arguments)
        except REFUSALS:
            self._give_back(connection)
            raise
        except BaseException:  # also Ctrl-C: an answer may be on its way that nobody will read
            socket.close()
            raise
        self._give_back(connection)
        return answer

    def _take(self) -> _Connection:
        """An idle connection that is still open, or a new one."""
        while True:
            with self._lock:
                if not self._idle:
                    break
                client, socket = self._idle.pop()
            # Between calls a server has nothing to say: something to read means that it hung up.
            heard = select.poll()
            heard.register(socket.handle, select.POLLIN)
            if not heard.poll(0):
                return client, socket
            socket.close()
        return self._connect()

    def _give_back(self, connection: _Connection) -> None:
        with self._lock:
            self._idle.append(connection)

    def _connect(self) -> _Connection:
        failures = []
        for host, port in self._hosts:
            socket = TSocket(host, port)
            socket.setTimeout(self._connect_timeout * 1000)
            try:
                socket.open()
                socket.setTimeout(self._timeout * 1000)
                protocol = TBinaryProtocolAcceleratedFactory(fallback=False).getProtocol(
                    TBufferedTransport(socket)
                )
                client = ThriftHiveMetastore.Client(protocol)
                if self._user:
                    client.set_ugi(self._user, [])
                return client, socket
            except (*_BROKEN, *REFUSALS) as error:
                socket.close()
                failures.append(f"{host}:{port}: {said(error)}")
        raise OutsideError(
            f"the metastore {self.uri} cannot be reached",
            why="; ".join(failures),
            fix="see that it runs and that its address is right (the target's `metastore`)",
        )

    def _gone(self, doing: str, error: BaseException, more: str = "") -> OutsideError:
        return OutsideError(
            f"the metastore {self.uri} went away while asked to {doing}" + (f"; {more}" if more else ""),
            why=said(error),
            fix="see that it runs, then give the command again: it goes on where this one stopped",
        )


def hosts(uri: str) -> list[tuple[str, int]]:
    """The hosts and ports of ``thrift://host:port[,host2:port]``; ValueError for anything else."""
    found = []
    for part in uri.split(","):
        match = re.fullmatch(r"(?:thrift://)?(\[[0-9a-fA-F:.]+\]|[^\[\]/:\s]+)(?::(\d+))?/?", part.strip())
        if match is None:
            raise ValueError(f"{part!r} is not thrift://host:port")
        found.append((match[1].strip("[]"), int(match[2] or 9083)))
    return found


def said(error: BaseException) -> str:
    """An error's own words on one line, without Java's class names in front."""
    error = getattr(error, "inner", None) or error
    text = str(getattr(error, "message", None) or error)
    line = text.strip().splitlines()[0] if text.strip() else type(error).__name__
    return re.sub(r"^(?:[a-z]+(?:\.\w+)+(?:Exception|Error): )+", "", line)


def _login() -> str:
    """Who asks, as Hive's own clients say it: a metastore makes directories in that name."""
    try:
        return os.environ.get("HADOOP_USER_NAME") or getpass.getuser()
    except (KeyError, OSError):  # a container whose user has no name
        return ""
