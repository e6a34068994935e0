"""Housekeeping that goes on beside the work, and is done at the latest when the work ends."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any


class Beside:
    """Calls ``work`` once: in a thread from :meth:`start` on, or in :meth:`finish` if never started.

    ``work`` must answer for its own errors.
    """

    def __init__(self, work: Callable[..., None], *arguments: Any) -> None:
        self._work = work
        self._arguments = arguments
        self._thread: threading.Thread | None = None

    def start(self) -> None:
        if self._thread is None:
            self._thread = threading.Thread(target=self._work, args=self._arguments)
            self._thread.start()

    def finish(self) -> None:
        """Wait for it."""
        self.start()
        assert self._thread is not None
        self._thread.join()
