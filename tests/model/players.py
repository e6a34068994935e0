"""The actors' states, numbered, and each step from one to another taken once with the real code."""

from __future__ import annotations

from collections import deque
from collections.abc import Hashable, Sequence
from dataclasses import dataclass
from typing import Any

from .actors import Actor, GaveUp, Program, Said, Setting, Use
from .frames import freeze_generator
from .world import Interned

CRASHED = -1
"""The state of an actor that is no more."""


@dataclass
class Local:
    """An actor's state: its past answers, what it asks next (None: ended), and of which metastore."""

    actor: int
    answers: tuple[Any, ...]
    request: Any
    target: int
    generator: Program | None


class Players:
    def __init__(self, programs: Sequence[Actor], setting: Setting) -> None:
        self.programs, self.setting = programs, setting
        self.locals: Interned[Local] = Interned()
        self.memo: dict[tuple[int, Hashable], tuple[int, tuple[Said, ...]]] = {}
        self.given: dict[tuple[int, Hashable], Any] = {}
        self.twins: dict[int, tuple[Any, ...]] = {}
        """Of some actors' states: other answers that led to the same one."""
        self.gave_up = 0

    def ended(self, number: int) -> bool:
        return number == CRASHED or self.locals.values[number].request is None

    def start(self, actor: int) -> int:
        generator = self.programs[actor](self.setting)
        return self._settle(actor, generator, _send(generator, None), (), 0)[0]

    def answer(self, number: int, answer: Any, key: Hashable) -> tuple[int, tuple[Said, ...]]:
        """The actor's state after an answer, and what it said on the way."""
        memo = (number, key)
        known = self.memo.get(memo)
        if known is None:
            local = self.locals.values[number]
            generator, local.generator = local.generator, None
            if generator is None:
                generator = self._again(local)
            request = _send(generator, answer)
            past = (*local.answers, answer)
            known = self.memo[memo] = self._settle(local.actor, generator, request, past, local.target)
            self.given[memo] = answer
        return known

    def check_twins(self) -> int:
        """Whether states taken for the same go on in the same way; how many were compared."""
        compared = 0
        for (number, key), known in list(self.memo.items()):
            past = self.twins.get(number)
            if past is not None:
                local = self.locals.values[number]
                generator = self._again(Local(local.actor, past, local.request, local.target, None))
                answer = self.given[(number, key)]
                request = _send(generator, answer)
                other = self._settle(local.actor, generator, request, (*past, answer), local.target)
                assert other == known, f"{local.request} after {key} goes on in two ways"
                compared += 1
        return compared

    def _settle(
        self, actor: int, generator: Program, request: Any, past: tuple[Any, ...], target: int
    ) -> tuple[int, tuple[Said, ...]]:
        """Run on to the next thing that is asked of the world."""
        said: list[Said] = []
        while isinstance(request, Use | Said):
            if isinstance(request, Use):
                target = request.metastore
            else:
                said.append(request)
            request = _send(generator, None)
        if isinstance(request, GaveUp):
            self.gave_up += 1
            return CRASHED, tuple(said)
        if request is None:
            number = self.locals.number((actor, "ended"), Local(actor, (), None, target, None))
        else:
            key = (actor, target, freeze_generator(generator))
            seen = len(self.locals.values)
            number = self.locals.number(key, Local(actor, past, request, target, generator))
            if number < seen:
                self.twins.setdefault(number, past)
        return number, tuple(said)

    def _again(self, local: Local) -> Program:
        """The actor's generator from the start: one that was sent on cannot be used twice."""
        generator = self.programs[local.actor](self.setting)
        request = _send(generator, None)
        left = deque(local.answers)
        while left or isinstance(request, Use | Said):
            request = _send(generator, None if isinstance(request, Use | Said) else left.popleft())
        return generator


def _send(generator: Program, answer: Any) -> Any:
    """The next request; None at the end."""
    try:
        return generator.send(answer)
    except StopIteration:
        return None
