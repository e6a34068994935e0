"""Facts about a project's tables: those that are known and still true are taken, the others found out.

Kept in ``.warehouse/`` of the project, one file a target. The file can be deleted, cut or written by
another version at any time: what cannot be believed is found out again.
"""

from __future__ import annotations

import contextlib
import gc
import hashlib
import os
import sys
import threading
from collections.abc import Callable, Iterator, Sequence
from importlib.util import find_spec
from itertools import chain
from pathlib import Path
from typing import Self

import msgspec

from warehouse.facts import Keys, TableFacts
from warehouse.names import TableName
from warehouse.project import Project

WORTH_A_PROCESS = 30
"""So many tables for each."""
PORTION = 16
_LIST = list[TableFacts]


def analyse(project: Project, names: Sequence[TableName]) -> list[TableFacts]:
    """Facts about these tables, in their order; what had to be found out is kept for the next time."""
    file = project.root / ".warehouse" / f"facts-{project.context.env}.msgpack"
    with project.remembering():
        keys = Keys(project, tool_digest())
        known = _load(file)
        missing = []
        found: dict[TableName, TableFacts] = {}
        for name in names:
            one = known.get(str(name))
            if one is not None and one.key == keys.key(one):
                found[name] = one
            else:
                missing.append(name)
        if missing:
            with _collecting_seldom():
                for one in _find_out(project, keys, missing):
                    found[one.name] = one
            known.update((one.table, one) for one in found.values() if one.readable)
            there = set(map(str, project.tables))
            _save(file, [one for one in known.values() if one.table in there])
    return [found[name] for name in names]


def _find_out(project: Project, keys: Keys, names: Sequence[TableName]) -> list[TableFacts]:
    # Loaded once, before the processes part.
    from warehouse.lint.run import examine

    def find(names: Sequence[TableName]) -> list[TableFacts]:
        return [
            msgspec.structs.replace(facts, key=keys.key(facts)) if facts.readable else facts
            for facts in examine(project, names)
        ]

    workers = min(os.cpu_count() or 1, 4, len(names) // WORTH_A_PROCESS)
    if workers < 2 or not hasattr(os, "fork") or threading.active_count() > 1:
        return find(names)
    gc.freeze()
    with _Tickets(-(-len(names) // PORTION)) as tickets:

        def portions() -> list[TableFacts]:
            at = (ticket * PORTION for ticket in tickets)
            return [facts for start in at for facts in find(names[start : start + PORTION])]

        helpers = [_Helper(portions) for _ in range(1, workers)]
        try:
            found = portions()
        finally:
            answers = [helper.answer() for helper in helpers]
        found += chain.from_iterable(answers)
    # Of a process that failed: here errors are told as ever.
    left = set(names).difference(facts.name for facts in found)
    return found + find([name for name in names if name in left])


class _Tickets:
    """Numbers from 0 that processes draw, each once: one whose processor is taken away draws fewer."""

    def __init__(self, count: int) -> None:
        self._out, end = os.pipe()
        with open(end, "wb") as pipe:  # noqa: PTH123 -- a pipe, that holds some thousands of them
            pipe.write(b"".join(n.to_bytes(2, "big") for n in range(min(count, 16_384))))

    def __iter__(self) -> Iterator[int]:
        while ticket := os.read(self._out, 2):
            yield int.from_bytes(ticket, "big")

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        os.close(self._out)


class _Helper:
    """A process of ours that finds out about some tables."""

    def __init__(self, find: Callable[[], list[TableFacts]]) -> None:
        self.pipe, end = os.pipe()
        self.process = os.fork()
        if self.process == 0:
            status = 1
            try:
                os.close(self.pipe)
                data = msgspec.msgpack.encode(find())
                with open(end, "wb") as pipe:  # noqa: PTH123 -- a pipe
                    pipe.write(data)
                status = 0
            finally:
                os._exit(status)
        os.close(end)

    def answer(self) -> list[TableFacts]:
        """Its facts; none where it failed."""
        with open(self.pipe, "rb") as pipe:  # noqa: PTH123 -- a pipe
            data = pipe.read()
        _, status = os.waitpid(self.process, 0)
        if status == 0:
            with contextlib.suppress(msgspec.DecodeError):
                return msgspec.msgpack.decode(data, type=_LIST)
        return []


@contextlib.contextmanager
def _collecting_seldom() -> Iterator[None]:
    """Trees are many small objects that live shortly: looking at each of them again and again is waste."""
    before = gc.get_threshold()
    gc.set_threshold(50_000, 20, 100)
    try:
        yield
    finally:
        gc.unfreeze()
        gc.set_threshold(*before)


def tool_digest() -> bytes:
    """Changes whenever the tool's code, or what it reads SQL and templates with, does."""
    parts = [sys.version]
    for package in ("sqlglot", "jinja2"):
        spec = find_spec(package)
        if spec is not None and spec.origin is not None:
            parts.append(_stamp(spec.origin))
    import warehouse

    todo = [*warehouse.__path__]
    while todo:
        path = todo.pop()
        try:
            entries = list(os.scandir(path))
        except OSError:
            parts.append(f"{path} gone")
            continue
        for entry in entries:
            if entry.is_dir():
                todo.append(entry.path)
            elif entry.name.endswith(".py"):
                parts.append(_stamp(entry.path))
    return _sum("\n".join(sorted(parts)).encode("utf-8", "replace"))


def _stamp(path: str) -> str:
    """Of a file, which may go while it is looked at: somebody installs another version."""
    try:
        stat = os.stat(path)  # noqa: PTH116 -- a hundred of them at each start
    except OSError:
        return f"{path} gone"
    return f"{path} {stat.st_mtime_ns} {stat.st_size}"


def _load(file: Path) -> dict[str, TableFacts]:
    try:
        data = file.read_bytes()
        if data[:16] != _sum(data[16:]):
            return {}
        return {one.table: one for one in msgspec.msgpack.decode(data[16:], type=_LIST)}
    except (OSError, msgspec.DecodeError):
        return {}


def _save(file: Path, facts: Sequence[TableFacts]) -> None:
    """At once or not at all. Where nothing can be written, the next command is as slow as this one."""
    with contextlib.suppress(OSError):
        if not file.parent.is_dir():
            file.parent.mkdir()
            (file.parent / ".gitignore").write_text("*\n")
        data = msgspec.msgpack.encode(facts)
        new = file.with_name(f"{file.name}.{os.getpid()}")
        try:
            new.write_bytes(_sum(data) + data)
            new.replace(file)
        finally:
            new.unlink(missing_ok=True)


def _sum(data: bytes) -> bytes:
    return hashlib.blake2b(data, digest_size=16).digest()
