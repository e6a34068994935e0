"""The actors: commands of the tool as step sequences, all decisions taken by the real ones.

Each plans on the log as it reads it, appends (between any two steps time passes: staging is no step of its
own), and converges every metastore. ``by`` of an entry says on which base it was really planned, so that the
invariants can tell whatever the code believed.
"""

from __future__ import annotations

from collections.abc import Callable, Generator
from dataclasses import dataclass
from typing import Any

from warehouse.effects import ReadEntries, ReadPointers, ReadTable
from warehouse.log import (
    Accept,
    Adopt,
    Body,
    Condemned,
    Ddl,
    Drop,
    Entry,
    PartitionState,
    Publish,
    Release,
    Rollback,
    SetHold,
    SliceState,
    State,
    fold,
)
from warehouse.steps import Appended, Seen, append_steps, converge_steps

from .world import EMPTY, contract, made


@dataclass(frozen=True)
class Use:
    """Not a request: from here on the actor talks to this metastore."""

    metastore: int


@dataclass(frozen=True)
class Said:
    """Not a request: what the actor believes. Invariants compare it with what is."""

    what: str
    nonce: str = ""
    head: int = 0


@dataclass(frozen=True)
class GaveUp:
    """Not a request: the command ends with an error, as far from done as if it had crashed."""


Program = Generator[Any, Any, None]
Actor = Callable[["Setting"], Program]


@dataclass(frozen=True)
class Setting:
    """What all actors of a scenario share: the kinds of the metastores, and the steps they go."""

    transactional: tuple[bool, ...]
    converge: Callable[..., Generator[Any, Any, Any]] = converge_steps
    late_base: bool = False
    """Mutation: take the base after staging."""


def clock(name: str) -> Callable[[str], str]:
    """A clock whose time is the log so far: it tells two states apart, and one that is the same not."""
    return lambda previous: f"{previous}/{name}"


def propose(
    setting: Setting,
    name: str,
    base: int,
    state: State,
    body: Body,
    nonce: str = "",
    seen: Seen | None = None,
) -> Program:
    """Append ``body``, say how it ended, converge."""
    planned = f"{name}@{base}"
    if isinstance(body, Adopt):  # what it takes over depends on what it read elsewhere: part of its identity
        planned = f"{name}:{'+'.join(p.location for s in body.slices for p in s.partitions)}@{base}"
    if setting.late_base:
        entries = yield ReadEntries(0)
        state = fold(entries)
        base = state.head
    done: Appended = yield from append_steps(
        body, base, nonce or name, state=state, by=planned, clock=clock(planned)
    )
    if done.entry is None:
        yield Said("lost", nonce or name)
        return
    yield Said("won", nonce or name)
    scope = [s.spec for s in body.slices] if isinstance(body, Publish | Rollback | Adopt) else None
    yield from converge_all(setting, done.state, scope, seen if done.state.head == base + 1 else None)


def converge_all(
    setting: Setting, state: State, scope: list[str] | None = None, seen: Seen | None = None
) -> Program:
    number = 0
    while number < len(setting.transactional):
        yield Use(number)
        ended = yield from setting.converge(
            state, transactional=setting.transactional[number], empty=EMPTY, scope=scope, passes=6, seen=seen
        )
        state, seen = ended.state, None
        if not ended.done:
            yield GaveUp()
        yield Said("converged", head=ended.state.head)
        number += 1


def look() -> Generator[Any, Any, Seen]:
    """What the first metastore shows."""
    yield Use(0)
    table = yield ReadTable()
    pointers = yield ReadPointers(None)
    return Seen(table, pointers)


def publisher(
    name: str, spec: str, partitions: tuple[str, ...], *, forced: bool = False, ahead: bool = False
) -> Actor:
    """``ahead``: it looks at the metastore before it appends, and writes by that."""

    def program(setting: Setting) -> Program:
        entries = yield ReadEntries(0)
        state = fold(entries)
        if state.contract is None:
            return
        digest = state.contract.digest
        body = Publish((made(spec, name, partitions, digest),), staged=digest, forced=forced)
        seen = (yield from look()) if ahead else None
        yield from propose(setting, name, state.head, state, body, seen=seen)

    return program


def several(name: str, slices: dict[str, tuple[str, ...]]) -> Actor:
    """One entry of many slices."""

    def program(setting: Setting) -> Program:
        entries = yield ReadEntries(0)
        state = fold(entries)
        body = Publish(tuple(made(spec, name, partitions) for spec, partitions in slices.items()))
        yield from propose(setting, name, state.head, state, body)

    return program


def rollback(name: str, spec: str) -> Actor:
    """Back to what the slice was before, or a hold where there is nothing to go back to."""

    def program(setting: Setting) -> Program:
        entries = yield ReadEntries(0)
        state = fold(entries)
        earlier = _earlier(entries, state, spec)
        body: Body = Rollback((earlier,), "bad") if earlier is not None else SetHold((spec,), "bad")
        yield from propose(setting, name, state.head, state, body)

    return program


def _earlier(entries: list[Entry], state: State, spec: str) -> SliceState | None:
    now = state.slices.get(spec)
    for entry in reversed(entries):
        if isinstance(entry.body, Drop):
            return None
        slices: tuple[SliceState, ...] = getattr(entry.body, "slices", ())
        for slice_ in slices:
            if slice_.spec == spec and (now is None or slice_.run_id != now.run_id):
                return slice_
    return None


def on_slice(name: str, body: Body) -> Actor:
    """A hold, a release or an accept."""

    def program(setting: Setting) -> Program:
        entries = yield ReadEntries(0)
        state = fold(entries)
        yield from propose(setting, name, state.head, state, body)

    return program


def hold(name: str, spec: str) -> Actor:
    return on_slice(name, SetHold((spec,), "look"))


def release(name: str, spec: str) -> Actor:
    return on_slice(name, Release((spec,)))


def accept(name: str, spec: str) -> Actor:
    return on_slice(name, Accept((spec,), "code", "", "fine"))


def add_column(name: str) -> Actor:
    def program(setting: Setting) -> Program:
        entries = yield ReadEntries(0)
        state = fold(entries)
        if state.contract is None:
            return
        wider = contract(state.contract.version + 1, partitions=state.contract.partition_columns)
        yield from propose(setting, name, state.head, state, Ddl(wider))

    return program


def drop(name: str) -> Actor:
    def program(setting: Setting) -> Program:
        entries = yield ReadEntries(0)
        state = fold(entries)
        yield from propose(setting, name, state.head, state, Drop())

    return program


def create(name: str, version: int = 1, partitions: tuple[str, ...] = ("dt", "h")) -> Actor:
    """Make the table if it is not there."""

    def program(setting: Setting) -> Program:
        entries = yield ReadEntries(0)
        state = fold(entries)
        if state.contract is None:
            body = Ddl(contract(version, partitions=partitions))
            yield from propose(setting, name, state.head, state, body)

    return program


def recreate(name: str, version: int = 3, partitions: tuple[str, ...] = ("dt", "h")) -> Actor:
    """Drop the table, then make it anew with other columns."""

    def program(setting: Setting) -> Program:
        entries = yield ReadEntries(0)
        state = fold(entries)
        yield from propose(setting, name, state.head, state, Drop(), f"{name}-drop")
        yield from create(name, version, partitions)(setting)

    return program


def adopt(name: str) -> Actor:
    """Take over what the metastore has and the log does not have there: partitions found, or drift."""

    def program(setting: Setting) -> Program:
        yield Use(0)
        entries = yield ReadEntries(0)
        state = fold(entries)
        found = yield ReadPointers(None)
        published = {p: s.location for p, s in state.partitions().items()}
        slices = tuple(
            SliceState(p, name, (PartitionState(p, have.location, name),))
            for p, have in sorted(found.items())
            if published.get(p) != have.location
        )
        if slices and state.contract is not None:
            yield from propose(setting, name, state.head, state, Adopt(slices))

    return program


def vacuum(name: str) -> Actor:
    """Condemn every directory that the log knows and does not point at."""

    def program(setting: Setting) -> Program:
        entries = yield ReadEntries(0)
        state = fold(entries)
        used = {s.location for s in state.partitions().values()}
        left = tuple(sorted(state.known - used))
        if left:
            yield from propose(setting, name, state.head, state, Condemned(left))

    return program


def status(name: str) -> Actor:
    """Any command that does nothing but converge."""

    def program(setting: Setting) -> Program:
        entries = yield ReadEntries(0)
        yield from converge_all(setting, fold(entries))

    return program


def planned_on(entry: Entry) -> int:
    """The base that an entry was really planned on."""
    return int(entry.by.rpartition("@")[2])
