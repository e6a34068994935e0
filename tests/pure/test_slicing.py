"""Which slice an interval owns, read off the PARTITION clause."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from warehouse.contract import Column, Contract, Format, Storage
from warehouse.errors import ProjectError
from warehouse.intervals import Grain, Interval
from warehouse.slicing import PROBE, by_convention, from_clause

STORAGE = Storage(Format.PARQUET, "i", "o", "s")


def contract(*partitions: str) -> Contract:
    columns = tuple(Column(*p.split(":")) for p in partitions)
    return Contract("d.t", (Column("a", "int"),), columns, STORAGE, "d/t")


def clause(*values: tuple[str, str | None]) -> list[tuple[str, str | None]]:
    """Values with ``%`` are rendered for the probing hour."""
    return [(n, f"{PROBE.start:{v}}" if v and "%" in v else v) for n, v in values]


@pytest.mark.parametrize(
    ("columns", "values", "grain", "spec"),
    [
        (["dt:string"], [("dt", "%Y-%m-%d")], Grain.DAILY, "dt=2018-01-05"),
        (["dt:string"], [("dt", "%Y%m%d")], Grain.DAILY, "dt=20180105"),
        (["dt:int"], [("dt", "%Y%m%d")], Grain.DAILY, "dt=20180105"),
        (["m:string"], [("m", "%Y-%m")], Grain.MONTHLY, "m=2018-01"),
        (["y:int"], [("y", "%Y")], Grain.YEARLY, "y=2018"),
        (
            ["dt:string", "hour:string"],
            [("dt", "%Y-%m-%d"), ("hour", "%H")],
            Grain.HOURLY,
            "dt=2018-01-05/hour=07",
        ),
        (
            ["dt:string", "hour:int"],
            [("dt", "%Y-%m-%d"), ("hour", "%H")],
            Grain.HOURLY,
            "dt=2018-01-05/hour=7",
        ),
        (
            ["year:int", "month:int", "day:int"],
            [("year", "%Y"), ("month", "%m"), ("day", "%d")],
            Grain.DAILY,
            "year=2018/month=1/day=5",
        ),
        (
            ["region:string", "dt:string"],
            [("region", "eu"), ("dt", "%Y-%m-%d")],
            Grain.DAILY,
            "region=eu/dt=2018-01-05",
        ),
        (["dt:string", "k:string"], [("dt", "%Y-%m-%d"), ("k", None)], Grain.DAILY, "dt=2018-01-05"),
        (["dt:string", "hour:string"], [("dt", None), ("hour", None)], Grain.HOURLY, "dt=2018-01-05/hour=07"),
        (["dt:string", "k:string"], [("dt", None), ("k", None)], Grain.DAILY, "dt=2018-01-05"),
        (["region:string"], [("region", "eu")], Grain.NONE, "region=eu"),
        ([], [], Grain.NONE, ""),
    ],
)  # fmt: skip
def test_a_clause_tells_grain_and_slice(
    columns: list[str], values: list[tuple[str, str | None]], grain: Grain, spec: str
) -> None:
    slicing = from_clause(clause(*values), contract(*columns), None, False)
    assert slicing.grain is grain
    at = Interval(grain.floor(datetime(2018, 1, 5, 7, tzinfo=UTC)), grain)
    wanted = spec.replace("01-05", "01-01") if grain is Grain.NONE else spec
    assert slicing.spec(at).path == wanted


@pytest.mark.parametrize(
    "values",
    [
        [("dt", "%Y-%m-%d")],
        [("hour", "%H"), ("dt", "%Y-%m-%d")],
        [("dt", None), ("hour", "%H")],
        [("dt", "%Y-%m-%d"), ("hour", "%H"), ("more", None)],
    ],
    ids=["too few", "order", "static behind dynamic", "too many"],
)
def test_a_clause_that_does_not_fit_the_table(values: list[tuple[str, str | None]]) -> None:
    with pytest.raises(ProjectError):
        from_clause(clause(*values), contract("dt:string", "hour:string"), None, False)


@given(
    hours=st.lists(st.datetimes(datetime(1970, 1, 1), datetime(2100, 1, 1)), min_size=2, max_size=6),
    kind=st.sampled_from(
        [("dt:string",), ("dt:string", "hour:int"), ("year:int", "month:int"), ("month:string",)]
    ),
)
def test_different_intervals_own_different_slices(hours: list[datetime], kind: tuple[str, ...]) -> None:
    slicing = by_convention(contract(*kind).partitions, None)
    starts = {slicing.grain.floor(hour.replace(tzinfo=UTC)) for hour in hours}
    specs = {slicing.spec(Interval(start, slicing.grain)) for start in starts}
    assert len(specs) == len(starts)
    assert not any(a.overlaps(b) for a in specs for b in specs if a != b)
