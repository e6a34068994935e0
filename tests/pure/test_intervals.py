"""Laws of intervals: they tile time, and one date is never taken for another."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from warehouse.errors import ProjectError
from warehouse.intervals import Grain, Interval, Moment

GRAINS = [g for g in Grain if g is not Grain.NONE]
MOMENTS = st.datetimes(datetime(1900, 1, 8), datetime(2200, 1, 1)).map(lambda d: d.replace(tzinfo=UTC))


@given(moment=MOMENTS, grain=st.sampled_from(GRAINS))
def test_every_moment_lies_in_one_interval(moment: datetime, grain: Grain) -> None:
    interval = Interval(grain.floor(moment), grain)
    assert interval.start <= moment < interval.end
    assert grain.floor(interval.start) == interval.start
    assert interval.next().prev() == interval
    assert interval.next().start == interval.end
    assert interval.prev().end == interval.start


@given(moment=MOMENTS, grain=st.sampled_from([g for g in GRAINS if g is not Grain.WEEKLY]))
def test_what_an_interval_is_called_names_it(moment: datetime, grain: Grain) -> None:
    interval = Interval(grain.floor(moment), grain)
    assert Interval.parse(str(interval), grain) == interval


@given(first=MOMENTS, days=st.integers(0, 40), grain=st.sampled_from(GRAINS))
def test_a_span_is_whole_intervals_in_order_without_a_hole(first: datetime, days: int, grain: Grain) -> None:
    start = Moment.parse(f"{first:%Y-%m-%d}")
    end = Moment.parse(f"{first + timedelta(days=days):%Y-%m-%d}")
    found = list(Interval.span(start, end, grain))
    assert all(start.start <= i.start < end.end for i in found)
    assert all(a.end == b.start for a, b in pairwise(found))
    if grain is Grain.DAILY:
        assert len(found) == days + 1, "both ends are inclusive"


@pytest.mark.parametrize(
    ("text", "grain", "start"),
    [
        ("2018-11-15", Grain.DAILY, "2018-11-15T00"),
        ("2018-11-15T07", Grain.HOURLY, "2018-11-15T07"),
        ("2018-11-15T07:00:00+00:00", Grain.HOURLY, "2018-11-15T07"),
        ("2018-11", Grain.MONTHLY, "2018-11-01T00"),
        ("2018", Grain.YEARLY, "2018-01-01T00"),
        ("2018-11-12", Grain.WEEKLY, "2018-11-12T00"),
        ("2018-11-01", Grain.MONTHLY, "2018-11-01T00"),
        ("2024-02-29", Grain.DAILY, "2024-02-29T00"),
    ],
)
def test_one_interval(text: str, grain: Grain, start: str) -> None:
    assert f"{Interval.parse(text, grain).start:%Y-%m-%dT%H}" == start


@pytest.mark.parametrize(
    ("text", "grain"),
    [
        ("2018-11-15", Grain.WEEKLY), ("2018-11-15", Grain.MONTHLY), ("2018-11", Grain.DAILY),
        ("2018-11-15", Grain.HOURLY), ("2018-11-15T07", Grain.DAILY), ("2018", Grain.MONTHLY),
        ("2023-02-29", Grain.DAILY), ("2018-13", Grain.MONTHLY), ("2018-11-15T24", Grain.HOURLY),
        ("2018-11-15T07:30", Grain.HOURLY), ("18-11-15", Grain.DAILY), ("", Grain.DAILY),
        ("2018-11-15 ", Grain.DAILY), ("٢٠١٨-١١-١٥", Grain.DAILY), ("9999-12-31", Grain.DAILY),
    ],
)  # fmt: skip
def test_what_is_not_one_interval_is_refused(text: str, grain: Grain) -> None:
    with pytest.raises(ProjectError):
        Interval.parse(text, grain)
