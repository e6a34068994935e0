"""Explicit-state search: every interleaving of a scenario's actors, breadth first, so that a counterexample
is a shortest one.

What an actor does next depends on its own state and on the answer it gets; both are numbered, and each such
step is computed once with the real code. A state of the whole is a tuple of numbers.
"""

from __future__ import annotations

import random
from collections import deque
from collections.abc import Hashable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from warehouse.effects import (
    AddPointers,
    DropPointers,
    MovePointers,
    Pause,
    Put,
    PutEntry,
    ReadEntries,
    ReadPointers,
    ReadTable,
    Written,
)
from warehouse.log import Entry, fold
from warehouse.steps import Converged, converge_steps, drive

from . import invariants
from .actors import Actor, Said, Setting
from .frames import freeze
from .players import CRASHED, Local, Players
from .world import EMPTY, Catalog, Interned, refusals, write


@dataclass(frozen=True)
class Scenario:
    """Actors beside each other on one table, and how many of each mishap may happen in all."""

    name: str
    actors: Mapping[str, Actor]
    entries: Sequence[Entry] = ()
    catalogs: Sequence[Catalog] = (Catalog(False),)
    crashes: int = 0
    lates: int = 0
    """Pointer writes or puts that time out for the sender and arrive at any time after."""
    errors: int = 0
    puts: int = 0
    """Puts whose answer is lost, done or not."""
    whole: str = ""
    """A slice that readers must never see half replaced."""
    overwrite: bool = False
    """Mutation: a store without put-if-absent."""


class Violation(Exception):  # noqa: N818
    """A counterexample: what was violated, and the steps that lead there."""

    def __init__(self, why: str, steps: Sequence[str]) -> None:
        self.why, self.steps = why, steps
        super().__init__("\n".join([why, *(f"  {n:2}. {step}" for n, step in enumerate(steps, 1))]))


@dataclass
class Explored:
    """What a search has seen."""

    states: int = 0
    transitions: int = 0
    quiet: int = 0
    gave_up: int = 0
    """Ways in which a converge ran out of passes."""
    complete: bool = True
    won: set[str] = field(default_factory=set)
    lost: set[str] = field(default_factory=set)


# A state: (log, catalogs, actors, late requests, (crashes, lates, errors, puts) left)
Whole = tuple[tuple[int, ...], tuple[int, ...], tuple[int, ...], tuple[tuple[int, int], ...], tuple[int, ...]]


class Search:
    def __init__(self, scenario: Scenario, setting: Setting | None = None, cap: int = 2_000_000) -> None:
        self.scenario = scenario
        kinds = tuple(c.transactional for c in scenario.catalogs)
        self.setting = replace(setting, transactional=kinds) if setting else Setting(kinds)
        self.names = list(scenario.actors)
        self.cap = cap
        self.entries: Interned[Entry] = Interned()
        self.catalogs: Interned[Catalog] = Interned()
        self.players = Players(list(scenario.actors.values()), self.setting)
        self.requests: Interned[Any] = Interned()
        self.done: dict[Hashable, Any] = {}
        self.found = Explored()

    # Actors.

    # The world's answers.

    def _expand(self, state: Whole) -> Iterator[tuple[str, Whole, tuple[Said, ...]]]:
        log, catalogs, actors, late, budget = state
        for i, number in enumerate(actors):
            if number == CRASHED:
                continue
            local = self.players.locals.values[number]
            if local.request is None:
                continue
            who = self.names[i]
            if budget[0]:
                crashed = (budget[0] - 1, *budget[1:])
                yield f"{who} crashes", (log, catalogs, _set(actors, i, CRASHED), late, crashed), ()
            for label, answer, key, log2, catalogs2, late2, budget2 in self._perform(
                number, local, log, catalogs, late, budget
            ):
                after, said = self.players.answer(number, answer, key)
                yield f"{who}: {label}", (log2, catalogs2, _set(actors, i, after), late2, budget2), said
        for item in dict.fromkeys(late):
            yield self._arrive(item, state)

    def _perform(
        self,
        number: int,
        local: Local,
        log: tuple[int, ...],
        catalogs: tuple[int, ...],
        late: tuple[tuple[int, int], ...],
        budget: tuple[int, ...],
    ) -> Iterator[tuple[str, Any, Hashable, Any, Any, Any, Any]]:
        request, target = local.request, local.target
        crash, lates, errors, puts = budget
        answer: Any
        key: Hashable
        match request:
            case Pause():
                yield "pauses", None, "", log, catalogs, late, budget
            case ReadEntries(after):
                new = log[after:]
                answer = [self.entries.values[e] for e in new]
                key = new
                yield f"reads the log after {after}", answer, key, log, catalogs, late, budget
            case PutEntry(entry):
                mine = self.entries.number((entry.time, entry.n), entry)
                free = len(log) == entry.n - 1
                grown = (*log, mine) if free else log
                if self.scenario.overwrite and not free:
                    free, grown = True, (*log[: entry.n - 1], mine, *log[entry.n :])
                answer = Put.WRITTEN if free else Put.TAKEN
                what = f"puts entry {entry.n} ({type(entry.body).__name__})"
                yield f"{what}: {answer}", answer, answer, grown, catalogs, late, budget
                if puts:
                    spent = (crash, lates, errors, puts - 1)
                    if free:
                        taken, unknown = Put.TAKEN, Put.UNKNOWN
                        yield f"{what}: done, told taken", taken, taken, grown, catalogs, late, spent
                        yield f"{what}: done, told nothing", unknown, unknown, grown, catalogs, late, spent
                    unknown = Put.UNKNOWN
                    yield f"{what}: not done, told nothing", unknown, unknown, log, catalogs, late, spent
                    item = (-1, mine)
                    pool = tuple(sorted((*late, item)))
                    yield f"{what}: under way, told nothing", unknown, unknown, log, catalogs, pool, spent
            case ReadTable():
                answer, key = self._table(catalogs[target])
                yield f"reads table in {target}", answer, key, log, catalogs, late, budget
            case ReadPointers(scope):
                answer, key = self._view(catalogs[target], scope)
                yield f"reads pointers in {target}", answer, key, log, catalogs, late, budget
            case _:
                yield from self._writes(number, local, log, catalogs, late, budget)

    def _table(self, catalog: int) -> tuple[Any, Hashable]:
        memo = ("table", catalog)
        if memo not in self.done:
            table = self.catalogs.values[catalog].table
            self.done[memo] = (table, freeze(table))
        result: tuple[Any, Hashable] = self.done[memo]
        return result

    def _view(self, catalog: int, scope: tuple[str, ...] | None) -> tuple[Any, Hashable]:
        memo = ("view", catalog, scope)
        if memo not in self.done:
            view = self.catalogs.values[catalog].view(scope)
            self.done[memo] = (view, freeze(view))
        result: tuple[Any, Hashable] = self.done[memo]
        return result

    def _writes(
        self,
        number: int,
        local: Local,
        log: tuple[int, ...],
        catalogs: tuple[int, ...],
        late: tuple[tuple[int, int], ...],
        budget: tuple[int, ...],
    ) -> Iterator[tuple[str, Any, Hashable, Any, Any, Any, Any]]:
        request, target = local.request, local.target
        crash, lates, errors, puts = budget
        memo = ("write", catalogs[target], number)
        if memo not in self.done:
            catalog = self.catalogs.values[catalogs[target]]
            results = []
            for refuse in (frozenset[str](), *refusals(catalog, request)):
                after, answer = write(catalog, request, refuse)
                results.append((self._catalog(after), answer, refuse))
            number_of = self.requests.number(freeze(request), request)
            lost = Written(dict.fromkeys(next(iter(refusals(catalog, request))), "timed out"))
            self.done[memo] = (results, number_of, lost)
        results, number_of, lost = self.done[memo]
        what = f"{_show(request)} in {target}"
        for after, answer, refuse in results:
            key = (frozenset(answer.failed), answer.sent)
            changed = _set(catalogs, target, after)
            if not refuse:
                yield what, answer, key, log, changed, late, budget
            elif errors:
                spent = (crash, lates, errors - 1, puts)
                yield f"{what}: {sorted(refuse)} refused", answer, key, log, changed, late, spent
        if errors:
            spent = (crash, lates, errors - 1, puts)
            yield f"{what}: too late to send", Written(sent=False), "unsent", log, catalogs, late, spent
        if lates:
            spent = (crash, lates - 1, errors, puts)
            pool = tuple(sorted((*late, (target, number_of))))
            key = (frozenset(lost.failed), True)
            yield f"{what}: under way, timed out", lost, key, log, catalogs, pool, spent

    def _arrive(self, item: tuple[int, int], state: Whole) -> tuple[str, Whole, tuple[Said, ...]]:
        log, catalogs, actors, late, budget = state
        left = list(late)
        left.remove(item)
        target, number = item
        if target < 0:
            entry = self.entries.values[number]
            if len(log) == entry.n - 1:
                log = (*log, number)
            return f"the put of entry {entry.n} arrives", (log, catalogs, actors, tuple(left), budget), ()
        memo = ("late", catalogs[target], number)
        request = self.requests.values[number]
        if memo not in self.done:
            after, _ = write(self.catalogs.values[catalogs[target]], request)
            self.done[memo] = self._catalog(after)
        catalogs = _set(catalogs, target, self.done[memo])
        label = f"late request arrives: {_show(request)} in {target}"
        return label, (log, catalogs, actors, tuple(left), budget), ()

    def _catalog(self, catalog: Catalog) -> int:
        return self.catalogs.number(catalog.key, catalog)

    # Checks.

    def _log(self, log: tuple[int, ...]) -> list[Entry]:
        return [self.entries.values[e] for e in log]

    def _prefixes(self, log: tuple[int, ...]) -> Any:
        memo = ("prefixes", log)
        if memo not in self.done:
            self.done[memo] = invariants.prefixes(self._log(log))
        return self.done[memo]

    def _check(self, before: Whole, state: Whole, said: tuple[Said, ...]) -> str | None:
        log, catalogs, actors, late, _ = state
        if log != before[0]:
            memo: Hashable = ("log", log)
            if memo not in self.done:
                self.done[memo] = invariants.check_log(self._log(log), self.scenario.entries)
            if self.done[memo]:
                return str(self.done[memo])
            if log[: len(before[0])] != before[0]:
                return "I10: an entry of the log was written over"
        for number, catalog in enumerate(catalogs):
            if catalog != before[1][number] or log != before[0]:
                memo = ("catalog", log, number, catalog)
                if memo not in self.done:
                    self.done[memo] = self._check_catalog(log, number, catalog)
                if self.done[memo]:
                    return f"{self.done[memo]} (metastore {number})"
        for event in said:
            why = self._check_said(event, log)
            if why:
                return why
        if not late and all(self.players.ended(n) for n in actors):
            self.found.quiet += 1
            return self._check_quiet(state)
        return None

    def _check_catalog(self, log: tuple[int, ...], number: int, catalog: int) -> str | None:
        value, start = self.catalogs.values[catalog], self.scenario.catalogs[number]
        states = self._prefixes(log)
        why = invariants.check_prefix(value, states, start) or invariants.check_strangers(
            value, states, start
        )
        if not why and self.scenario.whole:
            why = invariants.check_whole(value, states, self.scenario.whole)
        return why

    def _check_said(self, event: Said, log: tuple[int, ...]) -> str | None:
        carried = sum(self.entries.values[e].nonce == event.nonce for e in log)
        match event.what:
            case "lost":
                self.found.lost.add(event.nonce)
                return f"I10: {event.nonce} believes it lost, and the log has its entry" if carried else None
            case "won":
                self.found.won.add(event.nonce)
                return None if carried else f"I10: {event.nonce} believes it won, and no entry is its own"
            case "converged" if event.head != len(log):
                return f"I9: a converge ended at entry {event.head}, and the head is {len(log)}"
        return None

    def _check_quiet(self, state: Whole) -> str | None:
        log, catalogs, actors, _, budget = state
        calm = CRASHED not in actors and budget[1] == self.scenario.lates
        smooth = budget[2] == self.scenario.errors
        memo = ("quiet", log, catalogs, calm, smooth)
        if memo not in self.done:
            self.done[memo] = self._quiet(log, catalogs, calm, smooth)
        why: str | None = self.done[memo]
        return why

    def _quiet(self, log: tuple[int, ...], catalogs: tuple[int, ...], calm: bool, smooth: bool) -> str | None:
        """Quiet and calm is equal to the head; after a crash or a late request one converge makes it so."""
        entries = self._log(log)
        head = fold(entries)
        for number, kept in enumerate(catalogs):
            catalog = self.catalogs.values[kept]
            if calm and len(entries) > len(self.scenario.entries):
                why = invariants.check_quiet(catalog, head)
                if why:
                    return f"{why if smooth else why.replace('I2', 'I7')} (metastore {number})"
            mended = mend(catalog, entries)
            why = invariants.check_quiet(mended, head)
            if why:
                return f"{why} (metastore {number}, after one more converge)"
        return None

    # The search itself.

    def run(self) -> Explored:
        """Explore all; :class:`Violation` with a shortest way to the first state that must not be."""
        first = self._first()
        came: dict[Whole, Whole | None] = {first: None}
        queue = deque([first])
        found = self.found
        while queue:
            state = queue.popleft()
            for label, after, said in self._expand(state):
                found.transitions += 1
                fresh = after not in came
                if fresh or said:
                    why = self._check(state, after, said)
                    if why:
                        raise Violation(why, [*self._way(came, state), label])
                if fresh:
                    came[after] = state
                    queue.append(after)
            if len(came) > self.cap:
                found.complete = False
                break
        found.states, found.gave_up = len(came), self.players.gave_up
        return found

    def walk(self, walks: int, seed: int = 0) -> Explored:
        """Follow random schedules to their ends: what a universe too large to explore has at its far side."""
        dice = random.Random(seed)
        found, seen = self.found, set()
        for _ in range(walks):
            state, way = self._first(), []
            while choices := list(self._expand(state)):
                label, after, said = dice.choice(choices)
                why = self._check(state, after, said)
                way.append(label)
                if why:
                    raise Violation(why, way)
                seen.add(after)
                state = after
                found.transitions += 1
        found.states, found.gave_up, found.complete = len(seen), self.players.gave_up, False
        return found

    def _first(self) -> Whole:
        scenario = self.scenario
        log = tuple(self.entries.number((e.time, e.n), e) for e in scenario.entries)
        catalogs = tuple(self._catalog(c) for c in scenario.catalogs)
        actors = tuple(self.players.start(i) for i in range(len(self.names)))
        budget = (scenario.crashes, scenario.lates, scenario.errors, scenario.puts)
        return (log, catalogs, actors, (), budget)

    def _way(self, came: Mapping[Whole, Whole | None], state: Whole) -> list[str]:
        steps = []
        here = state
        while (before := came[here]) is not None:
            steps.append(next(label for label, after, _ in self._expand(before) if after == here))
            here = before
        return steps[::-1]


def mend(catalog: Catalog, entries: Sequence[Entry]) -> Catalog:
    """One converge with nobody else about."""
    box = [catalog]

    def perform(request: Any) -> Any:
        match request:
            case ReadEntries(after):
                return entries[after:]
            case ReadTable():
                return box[0].table
            case ReadPointers(scope):
                return box[0].view(scope)
            case Pause():
                return None
        box[0], answer = write(box[0], request)
        return answer

    ended: Converged = drive(
        converge_steps(fold(entries), transactional=catalog.transactional, empty=EMPTY), perform
    )
    assert ended.done, ended.failed
    return box[0]


def _set(values: tuple[int, ...], index: int, value: int) -> tuple[int, ...]:
    return (*values[:index], value, *values[index + 1 :])


def _show(request: Any) -> str:
    match request:
        case AddPointers(pointers) | MovePointers(pointers):
            what = ", ".join(f"{p} -> {x.location}" for p, x in pointers.items())
        case DropPointers(partitions):
            what = ", ".join(partitions)
        case _:
            what = ""
    return f"{type(request).__name__}({what})"
