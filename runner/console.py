"""What a person sees: progress lines, tables, sizes. A pipe gets plain lines, without colour or width."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager

import click

from runner.api import Warehouse
from runner.outcome import Outcome, Report, Status
from warehouse.errors import ProjectError


def say(text: str) -> None:
    """A line of progress: to stderr, so that stdout is only the answer."""
    print(text, file=sys.stderr, flush=True)


@contextmanager
def opened(ctx: click.Context) -> Iterator[Warehouse]:
    """The project that the command line's options name."""
    from pathlib import Path

    options = ctx.find_root().obj
    start = Path(options["project"]) if options["project"] else None
    if start is not None and not start.is_dir():
        raise ProjectError(f"--project {options['project']}: no such directory")
    with Warehouse.open(
        start,
        target=options["target"],
        variables=dict(_variable(text) for text in options["variables"]),
        progress=lambda line: say(f"… {line}"),
    ) as warehouse:
        yield warehouse


def _variable(text: str) -> tuple[str, str]:
    name, equals, value = text.partition("=")
    if not equals or not name.isidentifier():
        raise ProjectError(f"--var {text!r} is not NAME=VALUE")
    return name, value


def table(header: Sequence[str], rows: Sequence[Sequence[str]], *, right: Sequence[int] = ()) -> str:
    """Columns under a header, aligned with spaces; ``right`` are the numbers' columns."""
    if not rows:
        return "  ".join(header)
    widths = [max(len(r[i]) for r in [header, *rows]) for i in range(len(header))]
    lines = []
    for row in [header, *rows]:
        cells = [
            c.rjust(w) if i in right else c.ljust(w) for i, (c, w) in enumerate(zip(row, widths, strict=True))
        ]
        lines.append("  ".join(cells).rstrip())
    return "\n".join(lines)


def markdown(header: Sequence[str], rows: Sequence[Sequence[str]], *, right: Sequence[int] = ()) -> str:
    """The same as a table of Markdown."""

    def line(cells: Sequence[str]) -> str:
        return "| " + " | ".join(c.replace("|", "\\|").replace("\n", " ") for c in cells) + " |"

    rule = "|" + "|".join("---:" if i in right else "---" for i in range(len(header))) + "|"
    return "\n".join([line(header), rule, *map(line, rows)])


def size(count: int) -> str:
    """Bytes for people."""
    value = float(count)
    for unit in ("B", "kB", "MB", "GB"):
        if value < 1000 or unit == "GB":
            return f"{value:.0f} {unit}" if unit == "B" else f"{value:.1f} {unit}"
        value /= 1000
    raise AssertionError("the last unit takes all")


def duration(seconds: float) -> str:
    """For people: two digits are all that an estimate is worth."""
    if seconds < 60:
        return f"{max(1, round(seconds))} s"
    if seconds < 3600:
        return f"{round(seconds / 60)} min"
    return f"{seconds / 3600:.1f} h"


def number(count: int) -> str:
    return "?" if count < 0 else f"{count:,}"


PROGRESS_EVERY = 10.0
"""Seconds between two lines of progress, at least."""


class Told:
    """Prints outcomes as they come, how far it is (of ``total`` slices), and their sum at the end."""

    def __init__(
        self, *, quiet_skips: bool = True, total: int = 0, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self.quiet_skips = quiet_skips
        self.total = total
        self.clock = clock
        self.began = self.shown = clock()
        self.done = self.computed = 0

    def __call__(self, outcome: Outcome) -> None:
        self.done += 1
        self.computed += outcome.status in _COMPUTED
        if outcome.status is not Status.SKIPPED or not self.quiet_skips:
            for line in lines(outcome):
                say(line)
        now = self.clock()
        if self.total > self.done and now - self.shown >= PROGRESS_EVERY:
            self.shown = now
            left = ""
            if self.computed:  # what is skipped takes no time, and says nothing of what is still to come
                each = (now - self.began) / self.computed
                left = f", about {duration(each * (self.total - self.done))} left"
            say(f"… {self.done:,} of {self.total:,} slices{left}")

    def summary(self, report: Report) -> str:
        """One line of counts; every failure again below it, with its place."""
        counts = [f"{report.count(s)} {s.value}" for s in Status if report.count(s)]
        spent = self.clock() - self.began
        if not report.outcomes:
            return "nothing was asked for"
        if all(o.status is Status.SKIPPED for o in report.outcomes):
            reasons = sorted({o.reason.partition(":")[0] for o in report.outcomes})
            return f"nothing to do: {len(report.outcomes)} slices, all {' or '.join(reasons)}"
        told = [_failure(o) for o in report.outcomes if o.status in _FAILURES]
        return "\n".join([f"{', '.join(counts)} in {spent:.1f} s", *told])


_COMPUTED = (Status.PUBLISHED, Status.CHECK_FAILED, Status.FAILED)
_FAILURES = (Status.FAILED, Status.CHECK_FAILED, Status.LOST)


def _failure(outcome: Outcome) -> str:
    """A failure in one line, which tools can follow to the file."""
    name = f"{outcome.table} {outcome.slice}".rstrip()
    sentence = outcome.reason.partition("\n")[0].removeprefix(f"{name}: ").removeprefix(f"{name} ")
    where = f", {outcome.where}" if outcome.where else ""
    return f"  {name}: {outcome.status.value}{where}: {sentence}"


def lines(outcome: Outcome) -> Iterator[str]:
    """One slice for people."""
    name = f"{outcome.table} {outcome.slice or '(whole table)'}"
    match outcome.status:
        case Status.PUBLISHED:
            same = "" if outcome.changed else ", same rows as before"
            yield f"  {name}: {number(outcome.rows)} rows, {size(outcome.bytes)} ({outcome.reason}{same})"
            for check in outcome.warnings:
                yield f"    warning: {check.name}: {check.error or f'found {check.figure:g}'}"
        case Status.SKIPPED:
            yield f"  {name}: {outcome.reason}"
        case _:
            yield f"  {name}: {outcome.status.value.upper()}"
            text = str(outcome.error) if outcome.error else outcome.reason
            yield "    " + text.replace("\n", "\n    ")
            if outcome.status is Status.WAITING:
                yield f"    fix: run what it reads as well: --select +{outcome.table}"
    for note in outcome.notes:
        yield f"    note: {note}"


def as_json(value: object) -> str:
    """Any of the API's values as JSON."""
    import msgspec

    from warehouse.errors import WarehouseError
    from warehouse.names import Spec, TableName

    def encode(thing: object) -> object:
        if isinstance(thing, TableName | Spec):
            return str(thing)
        if isinstance(thing, WarehouseError):
            return {
                "what": thing.what,
                "where": str(thing.where) if thing.where else None,
                "why": thing.why,
                "fix": thing.fix,
            }
        return str(thing)

    def plain(thing: object) -> object:
        if isinstance(thing, TableName | Spec):
            return str(thing)
        if isinstance(thing, Sequence) and not isinstance(thing, str | bytes):
            return [plain(t) for t in thing]
        # What is written into files says itself how it is written.
        if isinstance(thing, msgspec.Struct) and not thing.__struct_config__.omit_defaults:
            return {name: plain(getattr(thing, name)) for name in thing.__struct_fields__}
        if hasattr(thing, "__dataclass_fields__"):
            names = (name for name in thing.__dataclass_fields__ if not name.startswith("_"))
            return {name: plain(getattr(thing, name)) for name in names}
        return thing

    return msgspec.json.format(msgspec.json.encode(plain(value), enc_hook=encode), indent=2).decode()
