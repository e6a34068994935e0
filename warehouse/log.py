"""The table log: the entries of one table in one order, and the state they fold to.

An entry is written once, with put-if-absent, as ``<n>.json``; n is contiguous from 1. Several things
follow one log (metastores), nothing else leads it. Locations below the lake are kept relative to it, so
that a lake can be moved or reached under another scheme.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from datetime import UTC, datetime
from typing import Any

import msgspec

from warehouse.contract import Contract
from warehouse.errors import LogError
from warehouse.names import Spec

FORMAT = 1
"""Of log entries. A reader refuses what a newer version wrote."""


class _Value(msgspec.Struct, frozen=True, omit_defaults=True, forbid_unknown_fields=False):
    pass


class PartitionState(_Value, frozen=True, gc=False):
    """One Hive partition as published: its full spec (``""`` for a snapshot) and where its rows are.

    ``version`` is a digest of its rows, or the run id where none was taken; for a source, a digest of its
    files. ``rows`` is -1 where nobody counted.
    """

    partition: str
    location: str
    version: str
    rows: int = -1
    files: int = 0
    bytes: int = 0


class InputRead(_Value, frozen=True, gc=False):
    """What a run read of one input table.

    ``window`` is the read window in compact form, ``digest`` of the (partition, version) pairs in it,
    ``head`` the input's log entry that was current, which tells later what has changed since.
    """

    table: str
    window: tuple[str, ...]
    digest: str
    head: int
    partitions: int = 0


class SliceState(_Value, frozen=True, gc=False):
    """What one run of one interval owns. ``spec`` is the static part of its PARTITION clause."""

    spec: str
    run_id: str
    partitions: tuple[PartitionState, ...]
    code: str = ""
    contract: str = ""
    inputs: tuple[InputRead, ...] = ()
    interval: str = ""
    warnings: tuple[str, ...] = ()
    entry: int = 0
    """The log entry that published it; filled by the fold."""

    @property
    def version(self) -> str:
        """Of the slice: what its partitions' versions say together."""
        return ",".join(f"{p.partition}:{p.version}" for p in self.partitions)


class Hold(_Value, frozen=True):
    """Why backfills leave a slice alone."""

    spec: str
    reason: str
    since: str = ""


class Ddl(_Value, frozen=True, tag="ddl"):
    """DDL files applied up to ``contract.version``; ``checksums`` of the texts as written, by file name."""

    contract: Contract
    checksums: dict[str, str] = {}


class Publish(_Value, frozen=True, tag="publish"):
    """Slices published: by a run (``staged`` names the contract they were written under) or a discovery."""

    slices: tuple[SliceState, ...]
    staged: str = ""
    forced: bool = False


class Rollback(_Value, frozen=True, tag="rollback"):
    """Slices whose earlier pointers were restored, and which are held from then on."""

    slices: tuple[SliceState, ...]
    reason: str


class SetHold(_Value, frozen=True, tag="hold"):
    specs: tuple[str, ...]
    reason: str


class Release(_Value, frozen=True, tag="release"):
    specs: tuple[str, ...]


class Accept(_Value, frozen=True, tag="accept"):
    """Slices whose code or contract is declared good as of ``code``/``contract``, without a rebuild."""

    specs: tuple[str, ...]
    code: str
    contract: str
    reason: str


class Adopt(_Value, frozen=True, tag="adopt"):
    """Partitions of an existing table taken over where they lie."""

    slices: tuple[SliceState, ...]


class Drop(_Value, frozen=True, tag="drop"):
    """The table is gone from metastores; its data stay until vacuum."""


class Condemned(_Value, frozen=True, tag="condemned"):
    """Directories that vacuum is about to delete and that nobody may point at again."""

    locations: tuple[str, ...]


Body = Ddl | Publish | Rollback | SetHold | Release | Accept | Adopt | Drop | Condemned


class Entry(_Value, frozen=True):
    """One entry of a log. ``nonce`` is unique to the attempt; ``time`` is max(now, the one before)."""

    n: int
    nonce: str
    time: str
    body: Body
    by: str = ""
    format: int = FORMAT


class _Peek(msgspec.Struct):
    format: int = FORMAT
    n: int = 0


_encoder = msgspec.json.Encoder()
_decoder = msgspec.json.Decoder(Entry)
_peek = msgspec.json.Decoder(_Peek)


def encode(entry: Entry) -> bytes:
    return msgspec.json.format(_encoder.encode(entry), indent=1) + b"\n"


def decode(data: bytes, source: str) -> Entry:
    """An entry from its file; :class:`LogError` names ``source`` when it is cut or from a newer version."""
    try:
        if _peek.decode(data).format > FORMAT:
            raise LogError(
                f"{source} was written by a newer version of this tool",
                why=f"its format is newer than {FORMAT}",
                fix="upgrade the tool; nothing was changed",
            )
        return _decoder.decode(data)
    except msgspec.DecodeError as error:
        raise LogError(
            f"{source} is not a whole log entry",
            why=str(error),
            fix="restore this file from a backup or the bucket's versions; nothing was changed",
        ) from None


class State(msgspec.Struct):
    """A prefix of a log, folded. ``head`` is the number of its last entry; 0 is an empty log.

    ``versions`` tells of each partition the entry at which its version last changed, and so answers what
    has changed since some entry. A dropped table keeps only ``head``, ``condemned`` and ``dropped``.
    """

    head: int = 0
    time: str = ""
    contract: Contract | None = None
    checksums: dict[str, str] = {}
    slices: dict[str, SliceState] = {}
    holds: dict[str, Hold] = {}
    changed: dict[str, int] = {}
    condemned: set[str] = set()
    known: set[str] = set()
    dropped: bool = False
    created: int = 0
    """The entry of the newest creation (a ``ddl`` after nothing or after a drop)."""
    shapes: set[str] = set()
    """The partition columns that slices were ever known by (``dt/hour``): what makes look-ups cheap."""

    def partitions(self) -> dict[str, PartitionState]:
        """Every partition that readers should see, by its path."""
        return {p.partition: p for s in self.slices.values() for p in s.partitions}

    def overlapping(self, spec: Spec) -> list[SliceState]:
        """The published slices that share a partition with ``spec``."""
        found = []
        of_spec = "/".join(spec.columns)
        for shape in self.shapes:
            if shape == of_spec:
                same = self.slices.get(spec.path)
                if same is not None:
                    found.append(same)
                continue
            columns = shape.split("/") if shape else []
            values = [value for column in columns if (value := spec.get(column)) is not None]
            if len(values) == len(columns):
                exact = self.slices.get(Spec.of(columns, values).path)
                if exact is not None:
                    found.append(exact)
            else:
                for other in self.slices.values():
                    parsed = Spec.parse(other.spec)
                    if list(parsed.columns) == columns and parsed.overlaps(spec):
                        found.append(other)
        return found

    def doomed(self, location: str) -> str | None:
        """The condemned directory that a location is, or lies in."""
        if not self.condemned:
            return None
        return next((at for at in and_above(location) if at in self.condemned), None)

    def hold_on(self, spec: Spec) -> Hold | None:
        exact = self.holds.get(spec.path)
        if exact is not None or not self.holds:
            return exact
        return next((h for h in self.holds.values() if Spec.parse(h.spec).overlaps(spec)), None)


def and_above(location: str) -> Iterator[str]:
    """A location, and the directories that it lies in, from the inside."""
    location = location.rstrip("/")
    while location:
        yield location
        location = location.rpartition("/")[0]


def fold(entries: Iterable[Entry], state: State | None = None) -> State:
    """Apply entries, in order, to a state (not to the one given: to a copy of it)."""
    state = State() if state is None else copy_state(state)
    for entry in entries:
        apply(state, entry)
    return state


def copy_state(state: State) -> State:
    return State(
        head=state.head,
        time=state.time,
        contract=state.contract,
        checksums=dict(state.checksums),
        slices=dict(state.slices),
        holds=dict(state.holds),
        changed=dict(state.changed),
        condemned=set(state.condemned),
        known=set(state.known),
        dropped=state.dropped,
        created=state.created,
        shapes=set(state.shapes),
    )


def seen_by_readers(state: State) -> State:
    """The state without what readers of the table never look at: a third of the memory."""
    slices = {path: SliceState(s.spec, s.run_id, s.partitions) for path, s in state.slices.items()}
    return msgspec.structs.replace(state, slices=slices, known=set(), condemned=set(), holds={}, checksums={})


def apply(state: State, entry: Entry) -> None:
    """One entry onto a state, in place; :class:`LogError` on a gap."""
    if entry.n != state.head + 1:
        raise LogError(f"the log goes from entry {state.head} to {entry.n}", why="an entry is missing")
    state.head, state.time = entry.n, entry.time
    body = entry.body
    match body:
        case Ddl():
            if state.contract is None:
                state.created, state.dropped = entry.n, False
            state.contract, state.checksums = body.contract, dict(body.checksums)
        case Publish() | Adopt():
            _put(state, body.slices, entry)
            if isinstance(body, Publish) and body.forced:
                for published in body.slices:
                    _release(state, (published.spec,))
        case Rollback():
            _put(state, body.slices, entry)
            for rolled in body.slices:
                state.holds[rolled.spec] = Hold(rolled.spec, body.reason, entry.time)
        case SetHold():
            for spec in body.specs:
                state.holds[spec] = Hold(spec, body.reason, entry.time)
        case Release():
            _release(state, body.specs)
        case Accept():
            for spec in body.specs:
                held = state.slices.get(spec)
                if held is not None:
                    state.slices[spec] = msgspec.structs.replace(
                        held, code=body.code or held.code, contract=body.contract or held.contract
                    )
        case Condemned():
            state.condemned.update(body.locations)
        case Drop():
            state.contract, state.dropped = None, True
            state.checksums = {}
            state.slices, state.holds, state.changed, state.shapes = {}, {}, {}, set()


def _put(state: State, slices: Iterable[SliceState], entry: Entry) -> None:
    for new in slices:
        spec = Spec.parse(new.spec)
        before: dict[str, str] = {}
        for old in state.overlapping(spec):
            # An hour published into a day takes its own partitions from the day, and no others.
            replaced = {
                p.partition: p.version for p in old.partitions if _lies_in(p, old.spec, new.spec, spec)
            }
            before.update(replaced)
            rest = tuple(p for p in old.partitions if p.partition not in replaced)
            if rest:
                state.slices[old.spec] = msgspec.structs.replace(old, partitions=rest)
            else:
                del state.slices[old.spec]
        state.slices[new.spec] = msgspec.structs.replace(new, entry=entry.n)
        state.shapes.add("/".join(spec.columns))
        after = {p.partition: p.version for p in new.partitions}
        for partition in before.keys() | after.keys():
            if before.get(partition) != after.get(partition):
                state.changed[partition] = entry.n
        state.known.update(p.location for p in new.partitions)


def _lies_in(partition: PartitionState, old: str, new: str, spec: Spec) -> bool:
    return old == new or spec.contains(Spec.parse(partition.partition))


def _release(state: State, specs: Iterable[str]) -> None:
    for text in specs:
        spec = Spec.parse(text)
        for held in [h for h in state.holds if Spec.parse(h).overlaps(spec)]:
            del state.holds[held]


def now(previous: str = "") -> str:
    """The time for a new entry: UTC, never before ``previous``, so that an order by time is the order."""
    return max(datetime.now(UTC).isoformat(timespec="milliseconds"), previous)


def encode_state(state: State) -> bytes:
    return msgspec.json.encode(state)


def decode_state(data: bytes) -> State:
    return msgspec.json.decode(data, type=State)


def describe(body: Body) -> Mapping[str, Any]:
    """An entry's kind and subjects for people: ``{"kind": ..., "slices": [...], "reason": ...}``."""
    kind = str(body.__struct_config__.tag)
    specs = [s.spec for s in getattr(body, "slices", ())] or list(getattr(body, "specs", ()))
    reason = getattr(body, "reason", "")
    if isinstance(body, Condemned):
        reason = f"vacuum: {len(body.locations)} directories that nothing needs"
    return {"kind": kind, "slices": specs, "reason": reason}
