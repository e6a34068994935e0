"""The chamber warehouse through the real tool, against plain Python over the same yearly file."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest

from tests.chamber import compare, oracle
from tests.domain_session import COMPILED, DATA, Session

REAL = DATA / "deputies"
pytestmark = [pytest.mark.spark, pytest.mark.metastore]


@pytest.fixture(scope="module")
def session(open_session: Callable[..., Session]) -> Iterator[Session]:
    with open_session("chamber", spark=COMPILED) as opened:
        yield opened


@pytest.fixture(scope="module")
def rows(session: Session) -> list[oracle.Row]:
    """The real records, after they were landed and carried through all tables."""
    if not REAL.is_dir():
        pytest.skip(f"the real file is not there: {REAL}")
    session.land(REAL)
    outcomes = session.backfill("2017", "2017")
    assert {o["status"] for o in outcomes.values()} == {"published"}, outcomes
    assert outcomes["chamber.expenses year=2017"]["warnings"] == [
        "net value is the document's less what was disallowed"
    ]
    return list(oracle.records(next(REAL.iterdir())))


@pytest.mark.data
@pytest.mark.parametrize("part", compare.ALL, ids=lambda part: part.__name__)
def test_the_real_year_equals_the_oracle(
    session: Session, rows: list[oracle.Row], part: Callable[[compare.Query, list[oracle.Row]], None]
) -> None:
    part(session.query, rows)
