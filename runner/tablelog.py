"""A table's log in a store: reading its state, putting the next entry, checkpoints."""

from __future__ import annotations

import contextlib
import hashlib

import msgspec

from runner.stores import Store
from warehouse.errors import LogError, OutsideError
from warehouse.log import FORMAT, Entry, State, apply, copy_state, decode, encode
from warehouse.names import TableName

CHECKPOINT_EVERY = 64


class _Checkpoint(msgspec.Struct):
    """The state after entry ``n``; ``digest`` is of that entry's bytes."""

    n: int
    digest: str
    state: State
    format: int = FORMAT


class TableLog:
    """The log of one table. Keeps what it has read; :meth:`state` reads only what is new."""

    def __init__(self, store: Store, table: TableName) -> None:
        self.store = store
        self.table = table
        self.prefix = f"_warehouse/tables/{table}/"
        self._state: State | None = None

    def key(self, n: int) -> str:
        return f"{self.prefix}log/{n:08d}.json"

    def state(self) -> State:
        """The fold of the whole log as it is now; :class:`LogError` on a gap or an entry that is cut."""
        if self._state is not None:
            state, new = self._state, self.since(self._state.head)
        else:
            state = self._from_checkpoint()
            new = self.entries(state.head)
        if new:
            state = copy_state(state)
            for entry in new:
                apply(state, entry)
        self._state = state
        return state

    def known(self) -> State:
        """What was read last, or the state if nothing was: for whoever reads on from there by itself."""
        return self._state if self._state is not None else self.state()

    def keep(self, state: State) -> None:
        """A fold that somebody has made of this log: what is in it need not be read again."""
        if self._state is not None and state.head > self._state.head:
            self._state = state

    def forget(self) -> None:
        """What was read; it is read again when it is needed."""
        self._state = None

    def entries(self, after: int) -> list[Entry]:
        """Entries with a number above ``after``, in order, without a gap."""
        found: list[Entry] = []
        expected = after + 1
        for info in self.store.list(f"{self.prefix}log/", after=self.key(after)):
            name = info.key.rpartition("/")[2]
            if name != f"{expected:08d}.json":
                raise LogError(
                    f"the log of {self.table} has {name} where entry {expected} should be",
                    why="log entries are never removed or put there by hand",
                    fix="restore the missing file from a backup or the bucket's versions",
                )
            found.append(self._entry(info.key, self.store.read(info.key) or b"", expected))
            expected += 1
        return found

    def _entry(self, key: str, data: bytes, n: int) -> Entry:
        entry = decode(data, f"{self.store.root}/{key}")
        if entry.n != n:
            raise LogError(f"{key} says it is entry {entry.n}")
        return entry

    def since(self, after: int) -> list[Entry]:
        """Entries that came after one that was read. They are asked for by their names: there is mostly none,
        and S3 charges a twelfth of a LIST for that."""
        found: list[Entry] = []
        while True:
            key = self.key(after + len(found) + 1)
            data = self.store.read(key)
            if data is None:
                return found
            found.append(self._entry(key, data, after + len(found) + 1))

    def put(self, entry: Entry) -> bool:
        """Write the entry if its number is free; False if somebody else has it."""
        done = self.store.put_if_absent(self.key(entry.n), encode(entry))
        if done and entry.n % CHECKPOINT_EVERY == 0:
            # It only saves reading: one that cannot be written must not make a publish that won look lost.
            with contextlib.suppress(OutsideError):
                self._write_checkpoint(entry)
        return done

    def _write_checkpoint(self, entry: Entry) -> None:
        state = self.state()
        if state.head == entry.n:
            data = self.store.read(self.key(entry.n)) or b""
            checkpoint = _Checkpoint(entry.n, _digest(data), state)
            self.store.write(f"{self.prefix}checkpoint.json", msgspec.json.encode(checkpoint))

    def _from_checkpoint(self) -> State:
        """The checkpoint's state, if it is to be believed; else the empty state. It is never the head."""
        data = self.store.read(f"{self.prefix}checkpoint.json")
        if data is None:
            return State()
        try:
            checkpoint = msgspec.json.decode(data, type=_Checkpoint)
        except msgspec.DecodeError:
            return State()
        entry = self.store.read(self.key(checkpoint.n))
        if checkpoint.format != FORMAT or entry is None or _digest(entry) != checkpoint.digest:
            return State()
        return checkpoint.state


def tables_with_logs(store: Store) -> list[TableName]:
    """Every table that this lake has a log of."""
    return [TableName.parse(name) for name in store.children("_warehouse/tables")]


def _digest(data: bytes) -> str:
    return hashlib.blake2b(data, digest_size=16).hexdigest()
