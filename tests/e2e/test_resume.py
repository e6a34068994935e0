"""A job that a dead runner had finished is published without computing it again, where it is still right."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from tiny import Tiny

from tests.e2e.test_crashes import DAY, SLICE, killed, seen

pytestmark = pytest.mark.metastore

RUN = ("run", "-s", "{db}.daily", "--date", DAY)


@pytest.fixture
def shop(make_tiny: Callable[..., Tiny], text_engine: None) -> Tiny:
    """A runner died between the job's result and the append; the next job would give other rows."""
    project = make_tiny(engine="text")
    project.source()
    project.create("daily", stored="STORED AS TEXTFILE")
    project.daily()
    project.land(SLICE, ["whatever"])
    project.ok("ddl", "apply")
    project.write("rows.txt", "a,1")
    killed(project, "record", "after", 2, *RUN)
    project.write("rows.txt", "b,2")
    return project


def test_the_finished_result_is_published(shop: Tiny) -> None:
    shop.ok(*RUN)
    assert seen(shop) == ["a,1"]
    assert shop.jobs() == 1
    assert shop.staging_tables() == []


@pytest.mark.parametrize("change", ["code", "input", "forced"])
def test_it_is_computed_again_where_it_is_not_right_any_more(shop: Tiny, change: str) -> None:
    if change == "code":
        shop.daily(where=" AND true")
    elif change == "input":
        shop.land(SLICE, ["late"], name="more")
    shop.ok(*RUN, *(["--force"] if change == "forced" else []))
    assert seen(shop) == ["b,2"]
    assert shop.jobs() == 2
