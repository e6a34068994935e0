"""A lake on a disk. Whole files or none: a temporary file, then link or rename."""

from __future__ import annotations

import contextlib
import fcntl
import os
import secrets
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

from runner.stores import Info
from warehouse.errors import OutsideError

_TEMPORARY = ".tmp-"


class LocalStore:
    """Objects as files under one directory; the etag is size and time of change (ns)."""

    def __init__(self, root: Path) -> None:
        self.path = root.absolute()
        # As Hadoop reads it, and so metastores and Spark: after the scheme all is literal, also % and #.
        self.root = f"file://{self.path}"

    def _file(self, key: str) -> Path:
        return self.path / key

    def read(self, key: str) -> bytes | None:
        found = self.read_tagged(key)
        return None if found is None else found[0]

    def read_tagged(self, key: str) -> tuple[bytes, str] | None:
        with _outside(self._file(key)):
            try:
                with self._file(key).open("rb") as file:
                    etag = _etag(os.fstat(file.fileno()))
                    return file.read(), etag
            except (FileNotFoundError, NotADirectoryError, IsADirectoryError):
                return None

    def write(self, key: str, data: bytes) -> None:
        with _outside(self._file(key)), self._written(key, data, durable=False) as temporary:
            temporary.replace(self._file(key))

    def put_if_absent(self, key: str, data: bytes) -> bool:
        with _outside(self._file(key)), self._written(key, data, durable=True) as temporary:
            try:
                # link() is the disk's If-None-Match: it fails where the name is taken, and a name that
                # it makes is whole from the first moment.
                os.link(temporary, self._file(key))
            except FileExistsError:
                return False
            _sync_directory(self._file(key).parent)
            return True

    def replace(self, key: str, data: bytes, etag: str | None) -> bool:
        with _outside(self._file(key)), self._exclusive(key):
            found = self.read_tagged(key)
            if (found and found[1]) != etag:
                return False
            self.write(key, data)
            return True

    def list(self, prefix: str, *, after: str = "") -> Iterator[Info]:
        directory, _, _ = prefix.rpartition("/")
        with _outside(self.path):
            for key, entry in _walk(self._file(directory), directory, after):
                if key.startswith(prefix) and key > after:
                    stat = entry.stat()
                    yield Info(key, stat.st_size, _etag(stat), stat.st_mtime)

    def children(self, prefix: str) -> Sequence[str]:
        with _outside(self._file(prefix)):
            try:
                with os.scandir(self._file(prefix)) as entries:
                    return sorted(entry.name for entry in entries if entry.is_dir())
            except (FileNotFoundError, NotADirectoryError):
                return []

    def delete(self, keys: Iterable[str]) -> None:
        parents = set()
        for key in keys:
            path = self._file(key)
            with _outside(path):
                path.unlink(missing_ok=True)
                # Hadoop's local file system keeps a checksum beside each file it wrote.
                path.with_name(f".{path.name}.crc").unlink(missing_ok=True)
            parents.add(path.parent)
        for parent in sorted(parents, reverse=True):
            self._prune(parent)

    def make_directory(self, key: str, *, marked: bool = False) -> None:
        with _outside(self._file(key)):
            self._file(key).mkdir(parents=True, exist_ok=True)

    def uri(self, key: str) -> str:
        return f"{self.root}/{key}" if key else self.root

    def key(self, uri: str) -> str | None:
        path = uri.removeprefix("file:")
        path = path[2:] if path.startswith("///") else path
        here = str(self.path)
        if path.rstrip("/") == here:
            return ""
        return path[len(here) + 1 :].rstrip("/") if path.startswith(here + "/") else None

    @contextlib.contextmanager
    def _written(self, key: str, data: bytes, *, durable: bool) -> Iterator[Path]:
        path = self._file(key)
        path.parent.mkdir(parents=True, exist_ok=True)
        temporary = path.with_name(f"{_TEMPORARY}{secrets.token_hex(8)}")
        try:
            with temporary.open("xb") as file:
                file.write(data)
                if durable:
                    file.flush()
                    os.fsync(file.fileno())
            yield temporary
        finally:
            temporary.unlink(missing_ok=True)

    @contextlib.contextmanager
    def _exclusive(self, key: str) -> Iterator[None]:
        path = self._file(key)
        path.parent.mkdir(parents=True, exist_ok=True)
        lock = os.open(path.with_name(f".{path.name}.lock"), os.O_CREAT | os.O_RDWR, 0o644)
        try:
            fcntl.flock(lock, fcntl.LOCK_EX)
            yield
        finally:
            os.close(lock)

    def _prune(self, directory: Path) -> None:
        """Remove directories that a deletion left empty, up to the root."""
        while directory != self.path and self.path in directory.parents:
            try:
                directory.rmdir()
            except OSError:
                return
            directory = directory.parent


def _walk(directory: Path, key: str, after: str = "") -> Iterator[tuple[str, os.DirEntry[str]]]:
    """Files under ``directory`` in the order of their keys, hidden ones of this module left out, and many
    of those that do not come ``after`` a key."""
    before = after.removeprefix(f"{key}/") if after.startswith(f"{key}/") else ""
    try:
        with os.scandir(directory) as scan:
            later = [e for e in scan if e.name > before or e.is_dir()]
            # A directory sorts as its name with a slash, as it would among S3's keys.
            found = sorted(later, key=lambda e: e.name + "/" if e.is_dir() else e.name)
    except (FileNotFoundError, NotADirectoryError):
        return
    for entry in found:
        path = f"{key}/{entry.name}" if key else entry.name
        if entry.is_dir():
            yield from _walk(Path(entry.path), path)
        elif not entry.name.startswith(_TEMPORARY) and not entry.name.endswith((".crc", ".lock")):
            yield path, entry


def _etag(stat: os.stat_result) -> str:
    return f"{stat.st_size:x}-{stat.st_mtime_ns:x}"


def _sync_directory(directory: Path) -> None:
    handle = os.open(directory, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


@contextlib.contextmanager
def _outside(path: Path) -> Iterator[None]:
    try:
        yield
    except PermissionError as error:
        raise OutsideError(
            f"the lake cannot be used: {error.strerror}: {error.filename or path}",
            fix="give this user the right to write there, or set another `lake` for the target",
        ) from None
    except OSError as error:
        raise OutsideError(f"the lake cannot be used: {error.strerror}: {error.filename or path}") from None
