"""What is asked for: which intervals, and how to run them. Light, for whoever only parses a command."""

from __future__ import annotations

import functools
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from warehouse.errors import ProjectError
from warehouse.intervals import Grain, Interval, Moment

if TYPE_CHECKING:
    from warehouse.model import Model


@dataclass(frozen=True)
class Options:
    """How to run. ``batch`` bounds the slices of one Spark job (range-form SQL; None: by what they read),
    ``jobs`` the Spark jobs at a time (date-form SQL), ``steal`` breaks claims."""

    force: bool = False
    steal: bool = False
    batch: int | None = None
    jobs: int = 1


Spans = Callable[["Model"], tuple[Interval, ...]]
"""Which intervals are asked of a table."""


def one_interval(text: str) -> Spans:
    """``--date``: the one interval that it names at each table's grain."""

    def of(model: Model) -> tuple[Interval, ...]:
        grain = Grain.DAILY if model.grain is Grain.NONE else model.grain
        return (Interval(Interval.parse(text, grain).start, model.grain),)

    return of


def interval_range(start: str, end: str) -> Spans:
    """``--start`` and ``--end``, both inclusive."""
    first, last = Moment.parse(start), Moment.parse(end)
    if last.end <= first.start:
        raise ProjectError(f"the range ends ({end}) before it starts ({start})", fix="swap --start and --end")

    @functools.cache
    def span(grain: Grain) -> tuple[Interval, ...]:
        return tuple(Interval.span(first, last, grain))

    def of(model: Model) -> tuple[Interval, ...]:
        return span(model.grain)

    return of
