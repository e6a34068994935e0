"""Append and converge: the protocol's steps, driven with a real store and a real metastore."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from runner.claims import identity
from runner.lake import Lake
from runner.metastores import Metastore, Partition, PartitionFailure, Table
from runner.staging import partition_of, table_of
from runner.tablelog import TableLog
from warehouse.contract import Contract
from warehouse.effects import (
    AddPointers,
    AlterTable,
    CreateTable,
    DropPointers,
    DropTable,
    MovePointers,
    Pause,
    Put,
    PutEntry,
    ReadEntries,
    ReadPointers,
    ReadTable,
    Request,
    Written,
)
from warehouse.errors import ConflictError, OutsideError
from warehouse.log import Body, State, fold
from warehouse.names import Spec, TableName
from warehouse.protocol import EMPTY_DIRECTORY, Definition, Pointer
from warehouse.steps import Appended, Seen, append_steps, converge_steps, drive

DEADLINE = 30.0
"""Z, in seconds: a pointer write that would be sent later than this after the log was read is not sent."""


def append(log: TableLog, body: Body, base: int, nonce: str) -> Appended:
    """Put ``body`` into the log by the conflict rule; see :class:`Appended` for what was lost."""

    def perform(request: Request) -> Any:
        match request:
            case ReadEntries():
                return log.since(request.after)
            case PutEntry():
                return Put.WRITTEN if log.put(request.entry) else Put.TAKEN
            case _:
                raise AssertionError(f"append does not {type(request).__name__}")

    done = drive(append_steps(body, base, nonce, state=log.known(), by=identity()), perform)
    log.keep(done.state)
    return done


def append_or_lose(log: TableLog, body: Body, base: int, nonce: str) -> State:
    """As :func:`append`, for entries that are of no use in part: :class:`ConflictError` if any is lost."""
    done = append(log, body, base, nonce)
    if done.entry is None or done.lost:
        why = "; ".join(f"{spec or log.table}: {reason}" for spec, reason in done.lost.items())
        raise ConflictError(f"{log.table} was changed by somebody else meanwhile", why=why, fix="try again")
    return done.state


@dataclass(frozen=True)
class Shown:
    """What the metastore showed when the log of a table was at ``head``, after ``written`` records were
    changed. ``whole``: all pointers are there, not only those that were looked at last."""

    head: int
    written: int
    table: Table | None
    seen: Seen
    whole: bool


def converge(
    lake: Lake, table: TableName, scope: Sequence[str] | None = None, *,
    sweep: bool = False, shown: Shown | None = None,
) -> Shown:  # fmt: skip
    """Make the metastore show the log's head; :class:`OutsideError` names what could not be done.

    ``shown`` saves reading what is written over: only where at most one entry, the caller's own, has been
    appended since.
    """
    state = lake.log(table).known()  # the steps read on from it
    driver = Converging(lake, table, state)
    seen = None
    if shown is not None and shown.whole and shown.head >= state.head - 1:
        seen, driver.table = shown.seen, shown.table
    steps = converge_steps(
        state,
        transactional=lake.metastore.transactional,
        empty=driver.empty,
        scope=scope,
        sweep=sweep,
        seen=seen,
    )
    done = drive(steps, driver.perform)
    if not done.done:
        first = next(iter(done.failed.items()))
        raise OutsideError(
            f"{table}: the metastore {lake.metastore.name} did not take {len(done.failed)} changes",
            why=f"{first[0] or 'the table'}: {first[1]}",
            fix=f"any later command on {table} finishes it; nothing that was published is lost",
        )
    now, whole = done.seen, scope is None
    if scope is not None and seen is not None and now.table is not None:
        columns = len(now.table.partitions)
        # Slices that are one partition each: the rest is as it was.
        if all(len(Spec.parse(spec).pairs) == columns for spec in scope):
            asked = set(scope)
            left = {path: pointer for path, pointer in seen.pointers.items() if path not in asked}
            now, whole = Seen(now.table, left | dict(now.pointers)), True
    return Shown(done.state.head, done.written, driver.table, now, whole)


class Converging:
    """Answers converge's requests for one table. Locations are relative to the lake inside, URIs outside."""

    def __init__(self, lake: Lake, table: TableName, state: State) -> None:
        self.lake = lake
        self.log = lake.log(table)
        self.name = table
        self.metastore: Metastore = lake.metastore
        self.state = state
        contract = state.contract
        root = contract.location if contract else f"{table.db}/{table.table}"
        self.empty = f"{root.rstrip('/')}/{EMPTY_DIRECTORY}"
        self._read_at = time.monotonic()
        self.table: Table | None = None
        self._made_empty = False

    def perform(self, request: Request) -> Any:
        match request:
            case ReadEntries():
                entries = self.log.since(request.after)
                self._read_at = time.monotonic()
                self.state = fold(entries, self.state) if entries else self.state
                return entries
            case ReadTable():
                self.table = self.metastore.table(self.name)
                return None if self.table is None else self._definition(self.table)
            case ReadPointers():
                return self._pointers(request.scope)
            case Pause():
                time.sleep(min(0.1 * 2**request.number, 2.0))
                return None
            case PutEntry():
                raise AssertionError("converge does not append")
        if time.monotonic() - self._read_at > DEADLINE:
            return Written(sent=False)
        return self._write(request)

    def _write(
        self, request: CreateTable | AlterTable | DropTable | AddPointers | MovePointers | DropPointers
    ) -> Written:
        try:
            match request:
                case CreateTable():
                    self._ensure_database()
                    self.metastore.create_table(self._as_table(request.definition))
                case AlterTable():
                    self.metastore.alter_table(self._as_table(request.definition))
                case DropTable():
                    self.metastore.drop_table(self.name)
                case AddPointers():
                    return self._failures(
                        self.metastore.add_partitions(self._known(), self._partitions(request.pointers))
                    )
                case MovePointers():
                    return self._failures(
                        self.metastore.alter_partitions(self._known(), self._partitions(request.pointers))
                    )
                case DropPointers():
                    values = [Spec.parse(path).values for path in request.partitions]
                    return self._failures(self.metastore.drop_partitions(self._known(), values))
        except ConflictError as error:
            return Written({"": error.what})
        finally:
            if isinstance(request, CreateTable | AlterTable | DropTable):
                self.table = None
        return Written()

    # ------------------------------------------------------------------ outward

    def _as_table(self, wanted: Definition) -> Table:
        contract = self._contract()
        self._make_empty(wanted.location)
        made = table_of(contract, self.lake.uri(wanted.location))
        parameters = {"EXTERNAL": "TRUE", **wanted.properties, **wanted.statistics}
        owner = self.table.owner if self.table else identity().partition("@")[0]
        return Table(
            made.name, wanted.columns, wanted.partitions, wanted.storage, made.location, wanted.comment,
            parameters, owner,
        )  # fmt: skip

    def _partitions(self, pointers: Mapping[str, Pointer]) -> list[Partition]:
        contract = self._contract()
        made = []
        for path, pointer in pointers.items():
            self._make_empty(pointer.location)
            made.append(
                partition_of(
                    contract, Spec.parse(path).values, self.lake.uri(pointer.location), pointer.parameters
                )
            )
        return made

    def _contract(self) -> Contract:
        """Of the same fold as the pointers: a newer one would pair columns and location anew."""
        contract = self.state.contract
        assert contract is not None, "only a table with a contract is written"
        return contract

    def _make_empty(self, location: str) -> None:
        """The empty directory is there before anything points at it, with a hidden file to keep it."""
        if location == self.empty and not self._made_empty:
            store, key = self.lake.place(location)
            store.make_directory(key)
            store.put_if_absent(f"{key}/.keep", b"")
            self._made_empty = True

    def _ensure_database(self) -> None:
        if self.metastore.database(self.name.db) is None:
            self.metastore.create_database(self.lake.database(self.name.db))

    # ------------------------------------------------------------------ inward

    def _known(self) -> Table:
        if self.table is None:
            self.table = self.metastore.table(self.name)
        if self.table is None:
            raise OutsideError(f"{self.name} is gone from {self.metastore.name}", fix="run the command again")
        return self.table

    def _definition(self, table: Table) -> Definition:
        return Definition(
            self.lake.location(table.location), table.columns, table.partitions, table.storage,
            table.comment, {k: v for k, v in table.parameters.items() if k != "EXTERNAL"},
        )  # fmt: skip

    def _pointers(self, scope: Sequence[str] | None) -> dict[str, Pointer]:
        table = self._known()
        columns = [c.name for c in table.partitions]
        if scope is None:
            found = self.metastore.partitions(table)
        else:
            specs = [Spec.parse(s) for s in scope]
            exact = [s.values for s in specs if len(s.values) == len(columns)]
            found = self.metastore.partitions(table, names=exact) if exact else []
            for spec in specs:
                if len(spec.values) < len(columns):
                    found += self.metastore.partitions(table, prefix=spec.values)
        return {Spec.of(columns, p.values).path: self._pointer(table, p) for p in found}

    def _pointer(self, table: Table, partition: Partition) -> Pointer:
        held = Contract(str(self.name), partition.columns, table.partitions, partition.storage, location="")
        return Pointer(self.lake.location(partition.location), held.digest, partition.parameters)

    def _failures(self, failures: Sequence[PartitionFailure]) -> Written:
        columns = [c.name for c in self._known().partitions]
        return Written({Spec.of(columns, f.values).path: f.why for f in failures})
