"""What the demonstrations print."""

from __future__ import annotations

import shlex
import sys
import time

from runner.console import number, size
from runner.outcome import Outcome, Report, Status


def title(text: str) -> None:
    print(f"\n\033[1m{text}\033[0m" if sys.stdout.isatty() else f"\n== {text}", flush=True)


def command(target: str, *words: str) -> None:
    """A command line, as a person would type what is done next."""
    print(f"$ warehouse --target {target} {shlex.join(words)}", flush=True)


def stop_on_failure(report: Report) -> None:
    """Raises the first error of a run."""
    for outcome in report.outcomes:
        if outcome.error is not None:
            raise outcome.error


class ByTable:
    """Told of slices as they end, it prints a line a table: when the next one begins, and at :meth:`end`."""

    def __init__(self) -> None:
        self._held: list[Outcome] = []
        self._began = self._latest = time.monotonic()

    def __call__(self, outcome: Outcome) -> None:
        if self._held and self._held[0].table != outcome.table:
            self.end()
        self._held.append(outcome)
        self._latest = time.monotonic()

    def end(self) -> None:
        ran = [o for o in self._held if o.status is Status.PUBLISHED]
        if ran:
            rows, data = sum(o.rows for o in ran), sum(o.bytes for o in ran)
            seconds = self._latest - self._began
            print(
                f"  {ran[0].table}: {len(ran)} slices, {number(rows)} rows, {size(data)}, {seconds:.1f} s",
                flush=True,
            )
            for name, count in sorted(_warnings(ran).items()):
                print(f"    warning: {name} (in {count} of {len(ran)})", flush=True)
        self._held, self._began = [], self._latest


def _warnings(outcomes: list[Outcome]) -> dict[str, int]:
    found: dict[str, int] = {}
    for outcome in outcomes:
        for check in outcome.warnings:
            found[check.name] = found.get(check.name, 0) + 1
    return found
