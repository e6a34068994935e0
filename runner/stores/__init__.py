"""Where a lake's bytes lie. One small protocol; a new kind of store is one file."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Protocol


@dataclass(frozen=True, order=True)
class Info:
    """An object in a store: ``key`` relative to its root, size in bytes, an opaque content tag, and the
    time of its last change in seconds since 1970 (UTC)."""

    key: str
    size: int
    etag: str
    modified: float


class Store(Protocol):
    """Objects under one root, named by ``/``-separated keys relative to it.

    Every method raises :class:`warehouse.errors.OutsideError` when the store itself fails.
    """

    root: str
    """The root's URI without a trailing slash, as it stands in a metastore (``file:///…``, ``s3://…``)."""

    def read(self, key: str) -> bytes | None:
        """The object's bytes; None where there is none."""

    def read_tagged(self, key: str) -> tuple[bytes, str] | None:
        """The bytes and the etag that :meth:`replace` wants."""

    def write(self, key: str, data: bytes) -> None:
        """Write whole, over what may be there; a reader sees the old or the new, never a part.

        After a loss of power it may be the old one, or empty: nothing that counts is written so.
        """

    def put_if_absent(self, key: str, data: bytes) -> bool:
        """Write whole if nothing is there; False (and no change) if something is. Survives a crash whole."""

    def replace(self, key: str, data: bytes, etag: str | None) -> bool:
        """Compare and swap: write if the object still has this etag (None: if absent); else False."""

    def list(self, prefix: str, *, after: str = "") -> Iterator[Info]:
        """Objects whose key starts with ``prefix``, in key order, those after key ``after`` only."""

    def children(self, prefix: str) -> Sequence[str]:
        """Names of the directories directly under directory ``prefix`` (no trailing slash, sorted)."""

    def delete(self, keys: Iterable[str]) -> None:
        """Delete objects; those that are gone already do not matter."""

    def make_directory(self, key: str, *, marked: bool = False) -> None:
        """A directory that may stay empty, where the store has directories. Elsewhere nothing, or where
        ``marked`` the object without bytes that Hadoop takes for one until a file is below it."""

    def uri(self, key: str) -> str:
        """The key as a URI that engines and metastores understand."""

    def key(self, uri: str) -> str | None:
        """The inverse of :meth:`uri`; None where the URI lies outside this root."""
