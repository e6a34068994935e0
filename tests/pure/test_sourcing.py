"""Where a source's files lie, and when they may be read."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from warehouse.contract import Column, Contract, Format, Storage
from warehouse.errors import ProjectError
from warehouse.intervals import Grain, Interval
from warehouse.names import Spec
from warehouse.sourcing import Layout, SourceFile, observed

STORAGE = Storage(Format.TEXTFILE, "i", "o", "s")


def layout(partitions: tuple[str, ...], **properties: str) -> Layout:
    columns = tuple(Column(p, "string") for p in partitions)
    named = {key.replace("_", "."): value for key, value in properties.items()}
    return Layout.of(
        Contract("d.raw", (Column("line", "string"),), columns, STORAGE, "d/raw", properties=named)
    )


LAYOUTS = [
    (layout(("dt",)), "dt=2018-11-05"),
    (layout(("dt", "hour")), "dt=2018-11-05/hour=07"),
    (layout(("dt",), source_path="{dt:%Y/%m/%d}"), "2018/11/05"),
    (layout(("dt",), source_path="day-{dt:%Y%m%d}.d"), "day-20181105.d"),
    (layout(("dt", "hour"), source_path="{dt:%Y/%m/%d}/{hour}"), "2018/11/05/07"),
    (layout(("region", "dt"), source_path="{region}/{dt}"), "eu/2018-11-05"),
]
VALUES = {"dt": "2018-11-05", "hour": "07", "region": "eu"}


@pytest.mark.parametrize(("where", "directory"), LAYOUTS, ids=[d for _, d in LAYOUTS])
def test_a_directory_and_its_partition(where: Layout, directory: str) -> None:
    columns = where.contract.partition_columns
    spec = Spec.of(columns, [VALUES[c] for c in columns])
    assert where.directory(spec) == directory
    assert where.parse(directory) == spec
    assert where.depth == directory.count("/") + 1


@given(name=st.text(max_size=20), which=st.sampled_from(range(len(LAYOUTS))))
def test_what_is_no_partition_is_none(name: str, which: int) -> None:
    """Whatever lies there: a directory is a partition that leads back to it, or none."""
    where = LAYOUTS[which][0]
    spec = where.parse(name)
    assert spec is None or where.parse(where.directory(spec)) == spec


def test_a_day_that_is_no_day_is_no_partition() -> None:
    assert LAYOUTS[2][0].parse("2018/02/31") is None


def test_a_pattern_of_unknown_columns_is_refused() -> None:
    with pytest.raises(ProjectError, match="nope"):
        layout(("dt",), source_path="{nope}")


def test_when_an_interval_may_be_read() -> None:
    day = Interval(datetime(2018, 11, 5, tzinfo=UTC), Grain.DAILY)
    late, early = datetime(2018, 11, 6, 2, tzinfo=UTC), datetime(2018, 11, 6, 1, 59, tzinfo=UTC)
    assert layout(("dt",)).waits_for(day, [], early) is None
    flag = layout(("dt",), source_complete="_SUCCESS")
    assert flag.waits_for(day, ["a"], late)
    assert flag.waits_for(day, ["a", "_SUCCESS"], early) is None
    hours = layout(("dt",), source_complete="2 hours")
    assert hours.waits_for(day, [], early) == "complete at 2018-11-06T02:00Z"
    assert hours.waits_for(day, [], late) is None


FILES = st.lists(
    st.builds(SourceFile, st.sampled_from(["a", "b", "c/d"]), st.integers(0, 5), st.sampled_from("xy")),
    max_size=4,
    unique_by=lambda f: f.name,
)


@given(one=FILES, two=FILES)
def test_the_version_is_of_what_lies_there(one: list[SourceFile], two: list[SourceFile]) -> None:
    """Not of the order in which a store lists it."""
    spec = Spec.parse("dt=1")
    same = observed(spec, "x", one).version == observed(spec, "x", two).version
    assert same == (sorted(one) == sorted(two))
    assert observed(spec, "x", one) == observed(spec, "x", one[::-1])
