"""When a service is asked how something is that was submitted: not at every look, for it allows few calls."""

from __future__ import annotations

import time
from collections.abc import Callable

_GROWTH = 1.5


class Watch:
    """``first`` and ``longest`` are seconds between two questions; ``patience`` is how many seconds it may
    take to begin. ``progress`` is told what is new; ``clock`` is in seconds."""

    def __init__(
        self,
        first: float,
        longest: float,
        patience: float,
        progress: Callable[[str], None],
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.patience = patience
        self._first, self._longest = first, longest
        self._progress = progress
        self._clock = clock
        self._began = clock()
        self._next, self._pause = self._began, first
        self._said = ""

    def due(self) -> bool:
        return self._clock() >= self._next

    def late(self) -> bool:
        """Whether patience is at its end."""
        return self._clock() - self._began > self.patience

    def again(self, said: str) -> None:
        """It goes on as ``said``: ask later, and soon where that is new."""
        if said != self._said:
            self._progress(said)
            self._said, self._pause = said, self._first
        self._next = self._clock() + self._pause
        self._pause = min(self._pause * _GROWTH, self._longest)
