"""Run intervals: what ``--date`` means at each grain. All times are UTC; ends are exclusive inside."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from enum import StrEnum

import msgspec

from warehouse.errors import ProjectError


class Grain(StrEnum):
    """How long one run's interval is. ``NONE`` is a snapshot's: as of a day, owning the whole table."""

    HOURLY = "hourly"
    DAILY = "daily"
    WEEKLY = "weekly"
    MONTHLY = "monthly"
    YEARLY = "yearly"
    NONE = "none"

    __hash__ = str.__hash__

    def floor(self, moment: datetime) -> datetime:
        """The start of the interval that holds ``moment``; weeks are ISO's and start on Monday."""
        day = moment.replace(hour=0, minute=0, second=0, microsecond=0)
        match self:
            case Grain.HOURLY:
                return moment.replace(minute=0, second=0, microsecond=0)
            case Grain.WEEKLY:
                return day - timedelta(days=day.weekday())
            case Grain.MONTHLY:
                return day.replace(day=1)
            case Grain.YEARLY:
                return day.replace(month=1, day=1)
            case _:
                return day

    def after(self, start: datetime) -> datetime:
        """The start of the interval after the one that starts at ``start``."""
        match self:
            case Grain.HOURLY:
                return start + timedelta(hours=1)
            case Grain.WEEKLY:
                return start + timedelta(days=7)
            case Grain.MONTHLY:
                return (start.replace(day=28) + timedelta(days=4)).replace(day=1)
            case Grain.YEARLY:
                return start.replace(year=start.year + 1)
            case _:
                return start + timedelta(days=1)


_FORMS: tuple[tuple[re.Pattern[str], str, Grain], ...] = (
    (re.compile(r"\d{4}-\d\d-\d\dT\d\d(:00){0,2}(Z|\+00:00)?\Z"), "%Y-%m-%dT%H", Grain.HOURLY),
    (re.compile(r"\d{4}-\d\d-\d\d\Z"), "%Y-%m-%d", Grain.DAILY),
    (re.compile(r"\d{4}-\d\d\Z"), "%Y-%m", Grain.MONTHLY),
    (re.compile(r"\d{4}\Z"), "%Y", Grain.YEARLY),
)


class Moment(msgspec.Struct, frozen=True, order=True):
    """A date as a person wrote it: its start, and how long it says it is (``2018-11`` is a month)."""

    start: datetime
    end: datetime

    @staticmethod
    def parse(text: str) -> Moment:
        """``2018``, ``2018-11``, ``2018-11-15`` or ``2018-11-15T07``; :class:`ProjectError` otherwise."""
        for pattern, form, grain in _FORMS:
            if pattern.match(text):
                try:
                    start = datetime.strptime(text[:13], form).replace(tzinfo=UTC)
                    return Moment(start, grain.after(start))
                except (ValueError, OverflowError):
                    raise ProjectError(f"{text!r} is no date of the calendar") from None
        raise ProjectError(
            f"{text!r} is not a date", fix="write 2018-11-15, 2018-11-15T07 (an hour), 2018-11 or 2018"
        )


class Interval(msgspec.Struct, frozen=True, order=True):
    """One interval of a grain: ``start`` inclusive, ``end`` exclusive, both UTC."""

    start: datetime
    grain: Grain

    @property
    def end(self) -> datetime:
        return self.grain.after(self.start)

    def next(self) -> Interval:
        return Interval(self.end, self.grain)

    def prev(self) -> Interval:
        return Interval(self.grain.floor(self.start - timedelta(seconds=1)), self.grain)

    @property
    def ds(self) -> str:
        return f"{self.start:%Y-%m-%d}"

    @property
    def ts(self) -> str:
        return f"{self.start:%Y-%m-%dT%H:%M:%S}+00:00"

    def __str__(self) -> str:
        match self.grain:
            case Grain.HOURLY:
                return f"{self.start:%Y-%m-%dT%H}"
            case Grain.MONTHLY:
                return f"{self.start:%Y-%m}"
            case Grain.YEARLY:
                return f"{self.start:%Y}"
            case _:
                return self.ds

    @staticmethod
    def parse(text: str, grain: Grain) -> Interval:
        """The one interval of ``grain`` that ``text`` names; :class:`ProjectError` if it names several.

        A day names the week or month that holds it only when it is its first day, so that one date is
        never taken for another.
        """
        moment = Moment.parse(text)
        start = grain.floor(moment.start)
        if start != moment.start or moment.end > grain.after(start):
            holds = Interval(start, grain)
            raise ProjectError(
                f"{text!r} is not one {grain.value} interval",
                fix=f"write {holds}" + ("" if start != moment.start else ", or use backfill for a range"),
            )
        return Interval(start, grain)

    @staticmethod
    def span(first: Moment, last: Moment, grain: Grain) -> Iterator[Interval]:
        """The intervals of ``grain`` that start within ``first`` to ``last``, both inclusive.

        An interval that began before ``first`` is not in it: half a week is not asked for.
        """
        start = grain.floor(first.start)
        if start < first.start:
            start = grain.after(start)
        while start < last.end:
            yield Interval(start, grain)
            start = grain.after(start)
