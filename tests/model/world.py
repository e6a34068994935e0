"""The modelled world: what a metastore does with a request, and the values that states are made of."""

from __future__ import annotations

from collections.abc import Hashable, Iterator
from dataclasses import dataclass, field, replace
from typing import Any, Generic, TypeVar

from warehouse.contract import Column, Contract, Format, Storage
from warehouse.effects import (
    AddPointers,
    AlterTable,
    CreateTable,
    DropPointers,
    DropTable,
    MovePointers,
    Write,
    Written,
)
from warehouse.log import PartitionState, SliceState
from warehouse.names import Spec
from warehouse.protocol import CONTRACT_PROPERTY, Definition, Pointer

from .frames import freeze

EMPTY = "_empty"
V = TypeVar("V")


class Interned(Generic[V]):
    """Values numbered by their key, so that a state of the whole is a tuple of small numbers."""

    def __init__(self) -> None:
        self.numbers: dict[Hashable, int] = {}
        self.values: list[V] = []

    def number(self, key: Hashable, value: V) -> int:
        found = self.numbers.get(key)
        if found is None:
            found = self.numbers[key] = len(self.values)
            self.values.append(value)
        return found


@dataclass(frozen=True)
class Catalog:
    """What one metastore holds of the table. ``transactional`` like Hive's, or one by one like Glue's."""

    transactional: bool
    table: Definition | None = None
    pointers: dict[str, Pointer] = field(default_factory=dict)

    @property
    def key(self) -> Hashable:
        return (self.transactional, freeze(self.table), freeze(self.pointers))

    def view(self, scope: tuple[str, ...] | None) -> dict[str, Pointer]:
        """What a read of partitions answers."""
        if scope is None:
            return dict(self.pointers)
        specs = [Spec.parse(text) for text in scope]
        return {p: have for p, have in self.pointers.items() if any(s.contains(Spec.parse(p)) for s in specs)}


def write(catalog: Catalog, request: Write, refuse: frozenset[str] = frozenset()) -> tuple[Catalog, Written]:
    """Do what is asked, except for the parts in ``refuse`` (an error from inside the metastore)."""
    failed = dict.fromkeys(refuse, "refused")
    table, pointers = catalog.table, dict(catalog.pointers)
    match request:
        case CreateTable() | AlterTable() | DropTable() if refuse:
            return catalog, Written(failed)
        case CreateTable(definition):
            if table is not None:
                return catalog, Written({"": "it is there"})
            return replace(catalog, table=definition, pointers={}), Written()
        case AlterTable(definition):
            if table is None:
                return catalog, Written({"": "there is no such table"})
            return replace(catalog, table=definition), Written()
        case DropTable():
            return replace(catalog, table=None, pointers={}), Written()
        case AddPointers(new):
            if table is None:
                return catalog, Written(dict.fromkeys(new, "there is no such table"))
            failed.update((p, "it is there") for p in new if p in pointers)
            if failed and catalog.transactional:
                return catalog, Written(dict.fromkeys(new, "all or none"))
            pointers.update((p, pointer) for p, pointer in new.items() if p not in failed)
        case MovePointers(new):
            failed.update((p, "it is missing") for p in new if p not in pointers)
            if failed and catalog.transactional:
                return catalog, Written(dict.fromkeys(new, "all or none"))
            pointers.update((p, pointer) for p, pointer in new.items() if p not in failed)
        case DropPointers(gone):
            if failed and catalog.transactional:
                return catalog, Written(dict.fromkeys(gone, "all or none"))
            for partition in gone:
                if partition not in failed:
                    pointers.pop(partition, None)
    return replace(catalog, pointers=pointers), Written(failed)


def refusals(catalog: Catalog, request: Write) -> Iterator[frozenset[str]]:
    """The ways in which a metastore refuses: all of a call, or one entry of it where it is no transaction."""
    match request:
        case AddPointers() | MovePointers():
            parts = tuple(request.pointers)
        case DropPointers():
            parts = request.partitions
        case _:
            parts = ("",)
    yield frozenset(parts)
    if not catalog.transactional and len(parts) > 1:
        yield from (frozenset({part}) for part in parts)


def contract(version: int = 1, *, partitions: tuple[str, ...] = ("dt", "h")) -> Contract:
    """A table of ``version`` columns."""
    return Contract(
        table="db.t",
        columns=tuple(Column(f"c{n}", "int") for n in range(1, version + 1)),
        partitions=tuple(Column(name, "string") for name in partitions),
        storage=Storage(Format.PARQUET, "in", "out", "serde"),
        location="db/t",
        version=version,
    )


def made(spec: str, run: str, partitions: tuple[str, ...], digest: str = "") -> SliceState:
    """A slice as a run publishes it, each partition in the run's directory."""
    return SliceState(
        spec, run, tuple(PartitionState(p, f"{run}/{p}", run) for p in partitions), contract=digest
    )


def strangers(catalog: Catalog, pointers: dict[str, Pointer]) -> Catalog:
    """The same with partitions that others have registered."""
    return replace(catalog, pointers={**catalog.pointers, **pointers})


def unmarked(definition: Definition) -> Definition:
    """As if somebody else had made the table."""
    return replace(
        definition, properties={k: v for k, v in definition.properties.items() if k != CONTRACT_PROPERTY}
    )


Answer = Any
