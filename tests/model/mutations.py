"""The protocol with one rule taken out. Each must break an invariant, or the rule (or the model) is idle."""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from typing import Any
from unittest.mock import patch

import warehouse.needed
import warehouse.protocol
import warehouse.steps
from warehouse.effects import (
    AddPointers,
    AlterTable,
    CreateTable,
    DropPointers,
    DropTable,
    MovePointers,
    ReadEntries,
    ReadPointers,
    ReadTable,
    Written,
)
from warehouse.names import Spec
from warehouse.protocol import Pointer, Verdict
from warehouse.steps import converge_steps

from .actors import Setting
from .search import Scenario

Converge = Generator[Any, Any, Any]


@dataclass(frozen=True)
class Mutation:
    """What is taken out, where it shows, and which invariants it may break."""

    rule: str
    scenario: str
    breaks: tuple[str, ...]
    patched: tuple[tuple[Any, str, Any], ...] = ()
    setting: Setting | None = None
    change: Callable[[Scenario], Scenario] = lambda scenario: scenario

    @contextmanager
    def applied(self) -> Iterator[None]:
        patches = [patch.object(owner, name, value) for owner, name, value in self.patched]
        for started in patches:
            started.start()
        try:
            yield
        finally:
            for started in patches:
                started.stop()


def _never(*_: Any) -> None:
    return None


def _same_spec_only(spec: Spec, taken: Any) -> str | None:
    return next((f"entry {entry.n} came first" for entry, other in taken if other == spec), None)


def _dropped_only_at_head(_: Any, head: Any) -> str | None:
    return "the table is not created" if head.contract is None else None


def _known_only(new: Any, head: Any) -> str | None:
    return "known" if any(p.location in head.known for p in new.partitions) else None


def believing(*args: Any, **options: Any) -> Converge:
    """Take every call for done and never read what it did."""
    return _filtered(converge_steps(*args, **options), _Believed())


def deaf(*args: Any, **options: Any) -> Converge:
    """Converge to the head that was known at first, and never read the log again."""
    return _filtered(converge_steps(*args, **options), _Deaf())


def cascading(*args: Any, **options: Any) -> Converge:
    """Columns and locations in calls of their own, each keeping what it read of the other."""
    return _cascade(converge_steps(*args, **options))


@dataclass(frozen=True)
class _Deaf:
    def instead(self, request: Any) -> Any:
        return [] if isinstance(request, ReadEntries) else None

    def noted(self, request: Any, answer: Any) -> Any:
        return answer


@dataclass
class _Believed:
    """Answers reads after the first write from what the writes were meant to do."""

    table: Any = None
    pointers: dict[str, Pointer] = field(default_factory=dict)
    wrote: bool = False

    def instead(self, request: Any) -> Any:
        if self.wrote and isinstance(request, ReadTable):
            return self.table
        return dict(self.pointers) if self.wrote and isinstance(request, ReadPointers) else None

    def noted(self, request: Any, answer: Any) -> Any:
        match request:
            case ReadTable():
                self.table, self.pointers = answer, {}
            case ReadPointers():
                self.pointers = dict(answer)
            case CreateTable(definition) | AlterTable(definition):
                self.table, self.wrote = definition, True
            case DropTable():
                self.table, self.wrote = None, True
            case AddPointers(pointers) | MovePointers(pointers):
                self.pointers.update(pointers)
                self.wrote = True
            case DropPointers(partitions):
                for partition in partitions:
                    self.pointers.pop(partition, None)
                self.wrote = True
        return Written() if isinstance(answer, Written) else answer


def _filtered(steps: Converge, filters: Any) -> Converge:
    try:
        request = next(steps)
        while True:
            answer = filters.instead(request)
            if answer is None:
                answer = yield request
                answer = filters.noted(request, answer)
            request = steps.send(answer)
    except StopIteration as end:
        return end.value


def _cascade(steps: Converge) -> Converge:
    read: Mapping[str, Pointer] = {}
    try:
        request = next(steps)
        while True:
            if isinstance(request, MovePointers):
                want = request.pointers
                located = {p: replace(x, columns=read[p].columns) for p, x in want.items() if p in read}
                yield MovePointers({p: x for p, x in located.items() if x.location != read[p].location})
                widened = {p: replace(x, location=read[p].location) for p, x in want.items() if p in read}
                answer = yield MovePointers(
                    {p: x for p, x in widened.items() if x.columns != read[p].columns}
                )
            else:
                answer = yield request
                if isinstance(request, ReadPointers):
                    read = answer
            request = steps.send(answer)
    except StopIteration as end:
        return end.value


protocol, steps = warehouse.protocol, warehouse.steps
PLAIN = Setting(())

MUTATIONS = (
    Mutation("the nonce", "answers", ("I10",), ((steps, "own", _never),)),
    Mutation("put-if-absent", "race", ("I10",), change=lambda s: replace(s, overwrite=True)),
    Mutation("the overlap rule", "race", ("I4", "I5", "I6"), ((protocol, "overlap_rule", _never),)),
    Mutation(
        "overlap of a day and its hour", "overlap", ("I4",), ((protocol, "overlap_rule", _same_spec_only),)
    ),
    Mutation("base read before staging", "race", ("I4", "I5", "I6"), setting=replace(PLAIN, late_base=True)),
    Mutation("the hold", "hold", ("I5",), ((protocol, "hold_rule", _never),)),
    Mutation("the adopt rule", "lag", ("I6",), ((protocol, "adopt_rule", _never),)),
    Mutation(
        "the adopt rule for what is published", "adopt", ("I6",), ((protocol, "adopt_rule", _known_only),)
    ),
    Mutation("the adopt rule for what is empty", "parked", ("I6",), ((protocol, "adopt_rule", _known_only),)),
    Mutation("the drop rule", "drop", ("I8",), ((protocol, "drop_rule", _dropped_only_at_head),)),
    Mutation("DDL against DDL", "create", ("I8",), ((protocol, "definition_rule", _never),)),
    Mutation("a drop against DDL", "twice", ("I8",), ((protocol, "definition_rule", _never),)),
    Mutation("the condemned entry", "vacuum", ("I3",), ((protocol, "condemned_rule", _never),)),
    Mutation(
        "sparing what was published",
        "vacuum",
        ("I3",),
        ((protocol, "spare_the_published", lambda body, head: Verdict(body)),),
    ),
    Mutation("the error check", "errors", ("I7",), setting=replace(PLAIN, converge=believing)),
    Mutation("reading the log again", "race", ("I2", "I9"), setting=replace(PLAIN, converge=deaf)),
    Mutation("location and columns together", "late", ("I1",), setting=replace(PLAIN, converge=cascading)),
    Mutation(
        "the empty directory",
        "mixed",
        ("Whole",),
        ((warehouse.needed, "_mixed", lambda *_: set()),),
    ),
    Mutation(
        "leaving strangers alone",
        "strangers",
        ("Strangers",),
        ((warehouse.needed, "_registered_by_others", lambda *_: False),),
    ),
)
