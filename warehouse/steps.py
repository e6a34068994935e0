"""The steps of the protocol as generators: they yield what they want done, and get the answer sent in.

:func:`append_steps` puts an entry into a table's log, :func:`converge_steps` makes one metastore show the
log's head. Neither has an effect. The runner drives them with a store and a metastore, a test drives them
with models of both through every interleaving, so that what was explored is what runs::

    done = drive(append_steps(body, base, nonce), perform)

``perform(request)`` answers each request as its class in :mod:`warehouse.effects` says. An exception of
``perform`` ends the steps; what was done stays, and the next converge finishes it.

All that a step remembers is in its local variables, and nothing is yielded inside a ``for``: that lets the
model tell whether two states are the same.
"""

from __future__ import annotations

from collections.abc import Callable, Generator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

from warehouse.effects import (
    CreateTable,
    Pause,
    Put,
    PutEntry,
    ReadEntries,
    ReadPointers,
    ReadTable,
    Request,
    Written,
    subjects,
)
from warehouse.errors import LogError, OutsideError
from warehouse.log import Body, Entry, State, apply, copy_state, fold, now
from warehouse.needed import needed
from warehouse.protocol import Definition, Pointer, judge

T = TypeVar("T")
Steps = Generator[Request, Any, T]


def drive(steps: Steps[T], perform: Callable[[Request], Any]) -> T:
    """Run steps to their end, doing what they ask."""
    try:
        request = next(steps)
        while True:
            request = steps.send(perform(request))
    except StopIteration as end:
        result: T = end.value
        return result


STALLS = 8
"""How often a put may neither be written nor find another's entry, before the store is given up."""


@dataclass(frozen=True)
class Appended:
    """How an append ended. ``entry`` is None when all was ``lost`` (why, by slice); ``state`` is the log
    folded as far as it was read, the entry included."""

    entry: Entry | None
    state: State
    lost: Mapping[str, str]


def append_steps(
    body: Body,
    base: int,
    nonce: str,
    *,
    state: State | None = None,
    by: str = "",
    clock: Callable[[str], str] = now,
) -> Steps[Appended]:
    """Put ``body`` into the log, unless something after ``base`` is in its way.

    ``base`` is the head that was read before anything was rendered. ``nonce`` is this attempt's own: an
    entry that carries it is this one, whatever the store answered. ``state`` is any fold to start from.
    """
    state = copy_state(state) if state is not None else State()
    since: tuple[Entry, ...] = ()
    lost: dict[str, str] = {}
    stalls = 0
    entries: Sequence[Entry] = yield ReadEntries(min(base, state.head))
    while True:
        state = fold((e for e in entries if e.n > state.head), state)
        since += tuple(e for e in entries if e.n > base)
        if state.head < base:
            raise LogError(f"the log ends at entry {state.head}", why=f"entry {base} was read before")
        mine = own(since, nonce)
        if mine is not None:
            return Appended(mine, state, lost)
        verdict = judge(body, since, state)
        lost = {**lost, **verdict.lost}
        if verdict.body is None:
            return Appended(None, state, lost)
        body = verdict.body
        entry = Entry(state.head + 1, nonce, clock(state.time), body, by)
        answer: Put = yield PutEntry(entry)
        if answer is Put.WRITTEN:
            apply(state, entry)
            return Appended(entry, state, lost)
        entries = yield ReadEntries(state.head)
        stalls = 0 if entries else stalls + 1
        if stalls > STALLS:
            raise OutsideError(
                f"entry {entry.n} of the log could not be written",
                why="the store said neither yes nor no, and the entry is not there",
                fix="try again; an entry that arrives late is found by its nonce or by the next command",
            )


def own(entries: Sequence[Entry], nonce: str) -> Entry | None:
    """The entry that carries ``nonce``: a put whose answer was lost."""
    return next((e for e in entries if e.nonce == nonce), None)


@dataclass(frozen=True)
class Seen:
    """What was read of a metastore: the table, and its pointers by path."""

    table: Definition | None
    pointers: Mapping[str, Pointer]


@dataclass(frozen=True)
class Converged:
    """How a converge ended: the ``state`` and what it saw last, what is not done and why, by partition path,
    and how many records it wrote."""

    state: State
    failed: Mapping[str, str]
    written: int
    seen: Seen

    @property
    def done(self) -> bool:
        return not self.failed


def converge_steps(
    state: State,
    *,
    transactional: bool,
    empty: str,
    scope: Sequence[str] | None = None,
    sweep: bool = False,
    batch: int = 100,
    passes: int = 5,
    seen: Seen | None = None,
) -> Steps[Converged]:
    """Make one metastore show the log's head; ``state`` is any fold of the log to start from.

    The pointers are read after the last write and agree, and the log is read after that and has not moved:
    only then is it done. ``scope`` narrows it to slices (what an append has changed), None is all.
    ``passes`` bounds the attempts per head. ``seen`` is what was read a while ago: the first writes may go by
    it, but never the end. The other arguments are :func:`warehouse.needed.needed`'s.
    """
    scope = None if scope is None else tuple(scope)
    failed: Mapping[str, str] = {}
    left, written = passes, 0
    while True:
        earlier = seen is not None
        now, seen = seen, None
        if now is None:
            table: Definition | None = yield ReadTable()
            pointers: Mapping[str, Pointer] = {}
            if table is not None and table.partitions:
                pointers = yield ReadPointers(scope)
            now = Seen(table, pointers)
        entries: Sequence[Entry] = yield ReadEntries(state.head)
        if entries:
            state, left, failed = fold(entries, state), passes, {}
            continue
        writes = needed(
            state,
            now.table,
            now.pointers,
            transactional=transactional,
            empty=empty,
            scope=scope,
            sweep=sweep,
            batch=batch,
        )
        if any(isinstance(write, CreateTable) for write in writes):
            scope = None  # whoever makes the table makes all of it, also in the passes that follow
        if not writes:
            if earlier:
                continue
            return Converged(state, {}, written, now)
        if left == 0:
            why = failed or dict.fromkeys(subjects(writes), "others keep changing it")
            return Converged(state, why, written, now)
        if failed:
            yield Pause(passes - left)
        left, failed = left - 1, {}
        while writes:
            answer: Written = yield writes[0]
            failed = {**failed, **answer.failed}
            written += len(subjects(writes[:1])) - len(answer.failed) if answer.sent else 0
            writes = () if not answer.sent or "" in answer.failed else writes[1:]
            if writes:
                entries = yield ReadEntries(state.head)
                if entries:
                    state, left, failed, writes = fold(entries, state), passes, {}, ()
