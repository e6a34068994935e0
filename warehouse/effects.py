"""What the protocol's steps ask of the world, and what the world answers.

Plain values: the runner answers them with a store and a metastore, a test with models of both.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum

from warehouse.log import Entry
from warehouse.protocol import Definition, Pointer


@dataclass(frozen=True)
class ReadEntries:
    """Answer: ``Sequence[Entry]``, every entry after this number, in order, to the log's present end."""

    after: int


class Put(StrEnum):
    """How a put-if-absent ended. ``UNKNOWN``: no answer came (a timeout, a 409); it may have been done."""

    WRITTEN = "written"
    TAKEN = "taken"
    UNKNOWN = "unknown"


@dataclass(frozen=True)
class PutEntry:
    """Write ``<entry.n>.json`` if it is not there. Answer: :class:`Put`."""

    entry: Entry


@dataclass(frozen=True)
class ReadTable:
    """Answer: :class:`Definition` as the metastore has it, or None where there is no such table."""


@dataclass(frozen=True)
class ReadPointers:
    """Answer: ``Mapping[str, Pointer]`` by partition path: all, or those inside the specs of ``scope``.

    Locations below the lake are relative to it, as in the log; ``Pointer.columns`` is ``Contract.digest``
    of the partition's own columns and storage.
    """

    scope: tuple[str, ...] | None


@dataclass(frozen=True)
class Written:
    """The answer to a write: why each part of it was not done, by partition path (``""`` for the table).

    A call that failed or timed out failed for all its parts: it may have been done, and is read again.
    ``sent`` is False when the request was not sent, because the last :class:`ReadEntries` is longer ago than
    the deadline Z: the log is then read again first. A write is never sent twice (no retries in an SDK).
    """

    failed: Mapping[str, str] = field(default_factory=dict)
    sent: bool = True


@dataclass(frozen=True)
class CreateTable:
    """Answer: :class:`Written`; failed if it is there."""

    definition: Definition


@dataclass(frozen=True)
class AlterTable:
    """Replace the table's record whole, partitions untouched. Answer: :class:`Written`.

    Where the metastore has versions, replace only what the last :class:`ReadTable` answered.
    """

    definition: Definition


@dataclass(frozen=True)
class DropTable:
    """Drop table and partitions from the metastore, no data. Answer: :class:`Written`."""


@dataclass(frozen=True)
class AddPointers:
    """Add partitions. Answer: :class:`Written`; those that are there have failed."""

    pointers: Mapping[str, Pointer]


@dataclass(frozen=True)
class MovePointers:
    """Replace partitions' records whole (location, columns, parameters); one transaction where the metastore
    has them, so then all or none. Answer: :class:`Written`; those that are missing have failed."""

    pointers: Mapping[str, Pointer]


@dataclass(frozen=True)
class DropPointers:
    """Drop partitions, no data. Answer: :class:`Written`; those that are gone count as done."""

    partitions: tuple[str, ...]


@dataclass(frozen=True)
class Pause:
    """Wait a little before pass ``number`` at the same head, because something failed. Answer: None."""

    number: int


Write = CreateTable | AlterTable | DropTable | AddPointers | MovePointers | DropPointers
Request = ReadEntries | PutEntry | ReadTable | ReadPointers | Pause | Write


def subjects(writes: Sequence[Write]) -> tuple[str, ...]:
    """The partition paths that writes touch, ``""`` for the table."""
    found: list[str] = []
    for write in writes:
        match write:
            case AddPointers() | MovePointers():
                found.extend(write.pointers)
            case DropPointers():
                found.extend(write.partitions)
            case _:
                found.append("")
    return tuple(found)
