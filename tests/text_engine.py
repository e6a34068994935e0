"""An engine without Spark, for tests of all that is around it: it stages the rows of a file as text.

``<project>/rows.txt`` has a row a line, ``k,v``. A table whose PARTITION clause has a dynamic column gets
its rows by ``k``. Everything else (claims, staging tables, log, metastore) is the real thing.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

from runner.engines import Rows
from runner.lake import Lake
from warehouse.manifest import Manifest, Result, StagedPartition

FILES = 3
"""Of a partition, so that a reader can see a part of it."""


class TextEngine:
    """``before`` is called with each manifest, ``written`` after each file."""

    before: Callable[[Manifest], None] = staticmethod(lambda manifest: None)
    written: Callable[[Path], None] = staticmethod(lambda path: None)

    def __init__(self, lake: Lake) -> None:
        self.rows = lake.root / "rows.txt"

    def run(self, manifests: Sequence[Manifest], *, jobs: int = 1) -> Iterator[Result]:
        for manifest in manifests:
            type(self).before(manifest)
            yield Result(manifest.run_id, tuple(self._stage(manifest)))

    def query(self, sql: str, limit: int | None = None) -> Rows:
        raise NotImplementedError

    def close(self) -> None:
        pass

    def _stage(self, manifest: Manifest) -> Iterator[StagedPartition]:
        rows = self.rows.read_text().splitlines()
        (spec,) = manifest.slices
        if not manifest.staging.dynamic:
            yield self._partition(spec, manifest.staging.directory, rows)
            return
        (column,) = manifest.staging.dynamic
        for key in sorted({row.partition(",")[0] for row in rows}):
            own = [row for row in rows if row.startswith(f"{key},")]
            below = f"{column.name}={key}"
            yield self._partition(f"{spec}/{below}", f"{manifest.staging.directory}/{below}", own)

    def _partition(self, partition: str, location: str, rows: Sequence[str]) -> StagedPartition:
        stage(location, rows, type(self).written)
        size = sum(len(row) + 1 for row in rows)
        digest = hashlib.blake2b("\n".join(rows).encode(), digest_size=8).hexdigest()
        return StagedPartition(partition, location, len(rows), FILES, size, digest)


def stage(
    location: str,
    rows: Sequence[str],
    written: Callable[[Path], None] = lambda path: None,
    files: int = FILES,
) -> None:
    """Rows as text files under a ``file://`` URI."""
    directory = path_of(location)
    directory.mkdir(parents=True, exist_ok=True)
    for i in range(files):
        path = directory / f"part-{i}"
        path.write_text("".join(f"{row}\n" for row in rows[i::files]))
        written(path)


def path_of(uri: str) -> Path:
    return Path(uri.removeprefix("file://"))


def read_rows(location: str) -> list[str]:
    """What a plain reader sees: it lists the directory, then reads file by file."""
    found: list[str] = []
    for path in sorted(path_of(location).iterdir()):
        if not path.name.startswith((".", "_")):
            found += path.read_text().splitlines()
    return found
