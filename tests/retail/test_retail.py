"""The retail warehouse through the tool itself: landed, applied, backfilled, and compared with the oracle."""

from __future__ import annotations

import shutil
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from tests.domain_session import Ended, Session, published
from tests.retail import compare
from tests.retail.files import REAL, part_of, rows
from tests.retail.oracle import Row, Shop

pytestmark = [pytest.mark.spark, pytest.mark.metastore]


@pytest.mark.data
@pytest.mark.skipif(not REAL.is_dir(), reason="the shop's files are not beside the project")
def test_real_files_give_what_plain_python_computes(
    open_session: Callable[..., Session], tmp_path: Path
) -> None:
    """Orders of a week, of those whose story is told five weeks later: `benchmarks.backfills` takes all."""
    start, end = "2018-02-10", "2018-03-16"
    unfinished = {
        review["order_id"]
        for review in rows(REAL / "olist_order_reviews_dataset.csv")
        if max(review["review_creation_date"], review["review_answer_timestamp"])[:10] > end
    }

    def kept(order: Row) -> bool:
        times = (order[column] for column in compare.ORDERS[4:7])
        return start <= order[compare.ORDERS[3]] < "2018-02-17" and max(times)[:10] <= end

    source = part_of(REAL, tmp_path / "part", lambda o: kept(o) and o["order_id"] not in unfinished)
    shop = Shop(source)
    assert len(shop.orders) > 1200
    with open_session("retail") as session:
        session.land(source)
        done = published(session.backfill(start, end))
        compare.everything(shop, session.query)
        assert session.land(source) == [], "landing the same again changes nothing"
        assert session.backfill(start, end) == {}, "nothing is stale"
    # 13 products have a category that the translation lacks, some of each day's customers and
    # some sellers a prefix without a point; no other rule is broken on any day.
    prefix = "relationships: {}_zip_code_prefix to retail.geolocation.geolocation_zip_code_prefix"
    assert Counter((name.split()[0], warning) for name, o in done.items() for warning in o["warnings"]) == {
        ("retail.products", "a category has an English name"): 1,
        ("retail.customers", prefix.format("customer")): 7,
        ("retail.sellers", prefix.format("seller")): 1,
    }


# ------------------------------------------------------------------ a made-up shop, in the order of its days

DAYS = [f"2018-01-{n:02}" for n in range(1, 25)]
TABLES = ("order_events", "items", "payments", "customers", "reviews", "rejects", "baskets", "daily_report")
SNAPSHOTS = ("orders", "delivery_features")
FEATURES = (
    "order_id, purchase_date, purchase_year, purchase_month, purchase_weekday, purchase_hour, is_weekend, "
    "promised_days, customer_state, seller_id, seller_state, same_state, distance_km, product_category, "
    "items, sellers, weight_g, volume_cm3, price, freight_value, freight_share, seller_orders_before, "
    "seller_deliveries_before, seller_late_before, seller_late_share_before, seller_mean_days_before"
)


@dataclass(frozen=True)
class Shown:
    """What was to be seen of a made-up shop as it went on."""

    session: Session
    without_an_hour: list[list[Any]]
    late_hour: Ended
    """What ran when the hour had come."""
    at_once: dict[str, list[str]]
    features: list[list[Any]]


def rows_of(session: Session, table: str, until: str = "9") -> list[str]:
    where = f"WHERE dt <= '{until}'" if table in TABLES else ""
    return sorted(map(str, session.query(f"SELECT * FROM retail.{table} {where}")))


@pytest.fixture(scope="module")
def made_up(
    open_session: Callable[..., Session], tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Shown]:
    """Twelve days, of which one lacks an hour; then that hour."""
    home = tmp_path_factory.mktemp("made-up")
    with open_session("retail") as session:
        session.generate(DAYS[0], DAYS[8], 20)
        session.generate(DAYS[9], DAYS[9], 20, hourly=True)
        session.generate(DAYS[10], DAYS[-1], 20)
        held = sorted((session.lake / "retail/raw_orders/dt=2018-01-10").glob("orders-*.jsonl"))[-1]
        shutil.move(held, home / "late.jsonl")
        published(session.backfill(DAYS[0], DAYS[11]))
        before = session.query("SELECT count(*) FROM retail.order_events")
        shutil.move(home / "late.jsonl", held)
        late = published(session.backfill(DAYS[0], DAYS[11]))
        at_once = {table: rows_of(session, table) for table in TABLES + SNAPSHOTS}
        features = session.query(f"SELECT {FEATURES} FROM retail.delivery_features ORDER BY order_id")
        yield Shown(session, before, late, at_once, features)


def test_late_hours_change_their_day_and_nothing_before(made_up: Shown) -> None:
    events = {name for name in made_up.late_hour if name.startswith("retail.order_events")}
    assert events == {"retail.order_events dt=2018-01-10"}
    assert not any(day in name for name in made_up.late_hour if "rejects" not in name for day in DAYS[:9])
    assert made_up.session.query("SELECT count(*) FROM retail.order_events") > made_up.without_an_hour


def test_many_days_at_once_equal_single_days(made_up: Shown) -> None:
    """The last day again by itself, and the snapshots from the days."""
    tables = [f"retail.{table}" for table in TABLES + SNAPSHOTS]
    published(made_up.session.backfill(DAYS[11], DAYS[11], *tables, force=True))
    assert all(made_up.at_once[table] for table in made_up.at_once if table != "rejects")
    for table, wanted in made_up.at_once.items():
        assert rows_of(made_up.session, table, DAYS[11]) == wanted, table


def test_features_do_not_change_with_what_comes_later(made_up: Shown) -> None:
    """Of orders made up to a day, all but the outcome is the same twelve days later."""
    session = made_up.session
    published(session.backfill(DAYS[12], DAYS[-1], "+retail.delivery_features"))
    late = session.query(f"SELECT {FEATURES} FROM retail.delivery_features ORDER BY order_id")
    made = session.query(
        f"SELECT order_id FROM retail.order_events WHERE change_number = 1 AND dt <= '{DAYS[11]}'"
    )
    kept = {row[0] for row in made}
    assert len(kept) > 150
    assert [row for row in late if row[0] in kept] == [row for row in made_up.features if row[0] in kept]
    assert any(row[22] for row in made_up.features), "some seller has a history"
