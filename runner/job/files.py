"""The file systems that a job reaches: a disk directly, all others through Spark's JVM.

Python 3.9, standard library and pyspark only: it goes to clusters.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterable
from pathlib import Path
from typing import Any


def files_of(spark: Any, uri: str) -> Any:
    """Who lists and makes directories below ``uri``: for a disk no call to the JVM is needed."""
    return Disk() if uri.startswith("file:") else Files(spark)


class Disk:
    """A local disk, by the same methods as :class:`Files`."""

    def make(self, uri: str) -> None:
        Path(self._path(uri)).mkdir(parents=True, exist_ok=True)

    def create(self, uri: str) -> None:
        path = Path(self._path(uri))
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch()

    def remove(self, uri: str) -> None:
        shutil.rmtree(self._path(uri))

    def list(self, uri: str) -> list[tuple[str, int]]:
        base = self._path(uri)
        found = []
        for folder, folders, names in os.walk(base):
            folders[:] = [f for f in folders if not f.startswith(("_", "."))]
            for name in names:
                if not name.startswith(("_", ".")):
                    path = Path(folder) / name
                    found.append((str(path.relative_to(base)), path.stat().st_size))
        return found

    def delete(self, uris: Iterable[str]) -> None:
        for uri in uris:
            Path(self._path(uri)).unlink()

    def _path(self, uri: str) -> str:
        """As Hadoop's Path reads a local URI: after the scheme all is literal."""
        return "/" + uri[len("file:") :].lstrip("/")


class Files:
    """Hadoop's file systems, reached through the session's JVM."""

    def __init__(self, spark: Any) -> None:
        self._jvm = spark._jvm
        self._conf = spark._jsc.hadoopConfiguration()

    def _open(self, uri: str) -> tuple[Any, Any]:
        path = self._jvm.org.apache.hadoop.fs.Path(uri)
        return path.getFileSystem(self._conf), path

    def make(self, uri: str) -> None:
        system, path = self._open(uri)
        system.mkdirs(path)

    def create(self, uri: str) -> None:
        """An empty file, and the directories above it."""
        system, path = self._open(uri)
        system.create(path, False).close()

    def remove(self, uri: str) -> None:
        """A directory with all that is in it; OSError where it stays."""
        system, path = self._open(uri)
        if not system.delete(path, True):
            raise OSError(f"{uri} could not be deleted")

    def list(self, uri: str) -> list[tuple[str, int]]:
        """Data files below ``uri``: path relative to it, size. Hidden ones are left out, as readers do."""
        system, path = self._open(uri)
        base = system.makeQualified(path).toUri().getPath().rstrip("/") + "/"
        found = []
        iterator = system.listFiles(path, True)
        while iterator.hasNext():
            status = iterator.next()
            name = status.getPath().toUri().getPath()[len(base) :]
            if not any(part.startswith(("_", ".")) for part in name.split("/")):
                found.append((name, status.getLen()))
        return found

    def delete(self, uris: Iterable[str]) -> None:
        """Remove files; OSError where one cannot be, for its rows would be read twice."""
        for uri in uris:
            system, path = self._open(uri)
            if not system.delete(path, False):
                raise OSError(f"{uri} could not be deleted")

    def read(self, uri: str) -> str:
        system, path = self._open(uri)
        stream = system.open(path)
        try:
            return str(self._jvm.org.apache.commons.io.IOUtils.toString(stream, "UTF-8"))
        finally:
            stream.close()

    def find(self, uri: str) -> str | None:
        """The text of a file; None where there is none."""
        system, path = self._open(uri)
        return self.read(uri) if system.exists(path) else None

    def write(self, uri: str, text: str) -> None:
        system, path = self._open(uri)
        stream = system.create(path, True)
        try:
            stream.write(bytearray(text.encode("utf-8")))
        finally:
            stream.close()
