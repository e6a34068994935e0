"""The retail warehouse through the tool itself: landed, applied, backfilled, and compared with the oracle."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.retail import compare
from tests.retail.files import REAL, part_of, write
from tests.retail.oracle import Shop
from tests.retail.session import Ended, Session

pytestmark = [pytest.mark.spark, pytest.mark.metastore, pytest.mark.timeout(1800)]

long_one = pytest.mark.skipif(
    not os.environ.get("WAREHOUSE_LONG_TESTS"), reason="takes minutes: set WAREHOUSE_LONG_TESTS=1"
)
needs_data = pytest.mark.skipif(not REAL.is_dir(), reason="the shop's files are not beside the project")


@pytest.fixture
def session(tmp_path: Path) -> Iterator[Session]:
    directory = tmp_path / "project"
    directory.mkdir()
    with Session(directory) as session:
        session.apply()
        yield session


def ended_well(outcomes: Ended) -> None:
    bad = {name: outcome for name, outcome in outcomes.items() if outcome["status"] != "published"}
    assert not bad, next(iter(bad.items()))


@pytest.mark.data
@needs_data
def test_real_files_give_what_plain_python_computes(session: Session, tmp_path: Path) -> None:
    """A week of orders, followed to the last review."""
    source = part_of(
        REAL, tmp_path / "part", lambda o: "2018-02-10" <= o["order_purchase_timestamp"] < "2018-02-17"
    )
    shop = Shop(source)
    changes = (time for order in shop.orders for time, *_ in shop.events(order))
    last = max(*changes, *map(shop.review_day, shop.reviews))[:10]
    session.land(source)
    ended_well(session.backfill("2018-02-10", last))
    compare.everything(shop, session.query)
    assert session.land(source) == [], "landing the same again changes nothing"
    assert session.backfill("2018-02-10", last) == {}, "nothing is stale"


def test_many_days_at_once_equal_single_days(session: Session, tmp_path: Path) -> None:
    session.generate("2018-01-01", "2018-01-05", 20)
    days = [f"2018-01-{n:02d}" for n in range(1, 6)]
    tables = ["order_events", "items", "payments", "customers", "reviews", "rejects"]
    tables += ["baskets", "daily_report", "orders", "delivery_features"]
    ended_well(session.backfill(days[0], days[-1]))
    at_once = {table: sorted(map(str, session.query(f"SELECT * FROM retail.{table}"))) for table in tables}
    assert all(at_once[table] for table in tables if table != "rejects")
    for day in days:
        ended_well(session.backfill(day, day, force=True))
    for table in tables:
        assert sorted(map(str, session.query(f"SELECT * FROM retail.{table}"))) == at_once[table], table


FEATURES = (
    "order_id, purchase_date, purchase_year, purchase_month, purchase_weekday, purchase_hour, is_weekend, "
    "promised_days, customer_state, seller_id, seller_state, same_state, distance_km, product_category, "
    "items, sellers, weight_g, volume_cm3, price, freight_value, freight_share, seller_orders_before, "
    "seller_deliveries_before, seller_late_before, seller_late_share_before, seller_mean_days_before"
)


def test_features_do_not_change_with_what_comes_later(session: Session) -> None:
    """Of orders made up to a day, all but the outcome is the same a month later."""
    session.generate("2018-01-01", "2018-02-10", 12)
    ended_well(session.backfill("2018-01-01", "2018-01-20"))
    early = session.query(f"SELECT {FEATURES} FROM retail.delivery_features ORDER BY order_id")
    ended_well(session.backfill("2018-01-21", "2018-02-10"))
    late = session.query(f"SELECT {FEATURES} FROM retail.delivery_features ORDER BY order_id")
    made = session.query(
        "SELECT order_id FROM retail.order_events "
        "WHERE change_number = 1 AND dt BETWEEN '2018-01-01' AND '2018-01-20'"
    )
    kept = {row[0] for row in made}
    assert len(kept) > 150
    assert [row for row in late if row[0] in kept] == [row for row in early if row[0] in kept]
    assert any(row[22] for row in early), "some seller has a history"


ORDER = (
    "{0},c{0},delivered,2018-03-01 10:00:00,2018-03-01 11:00:00,2018-03-02 08:00:00,2018-03-03 08:00:00,"
    "2018-03-03 00:00:00\n"
)


@long_one
def test_broken_lines_are_rejected_with_a_reason(session: Session, tmp_path: Path) -> None:
    source = write(
        tmp_path / "faults",
        orders=ORDER.format("o1") + ORDER.format("o2").replace("2018-03-01 11:00:00", "soon") + '"cut,c,x\n',
        order_items="o1,1,p1,s1,2018-03-05 00:00:00,10.00,1.10\n"
        "o1,2,p1,s1,2018-03-05 00:00:00,10.005,1.10\n"
        "o1,3,p1,s1,whenever,10.00,1.10\n"
        "o1,1,p1,s1,2018-03-05 00:00:00,10.00,1.10\n"
        "o2,x,p1,s1,2018-03-05 00:00:00,10.00,1.10\n"
        "o2,1,p2,s1,2018-03-05 00:00:00,5.00\n"
        "o2,1,p2,s1,2018-03-05 00:00:00,5.00,0.00\n",
        order_payments="o1,1,voucher,1,22.20\no2,1,boleto,1,5.01\no2,2,cash,1,1e3\n,1,boleto,1,1.00\n",
        customers="co1,u,01037,sao paulo,SP\nco2,u,01037,sao paulo,SP\n",
        order_reviews='r,o1,5,,"cut\nr1,o1,4,,"a ""b""\n\nc",2018-03-03 00:00:00,2018-03-04 00:00:00\n',
        products="p1,perfumaria,1,2,3,100,10,10,10\np2,,,,,,,,\np3,x,y,,,,,,\n",
        sellers="s1,01037,sao paulo,SP\ns1,01037,sao paulo,RJ\n",
        geolocation="01037,-23.5,-46.6,sao paulo,SP\n01037,-23.6,-46.7,sao paulo,SP\n"
        "01037,48.1,2.0,paris,SP\n02000,north,-46.6,nowhere,SP\n",
        product_category_name_translation="perfumaria,perfumery\n",
    )
    session.land(source)
    ended_well(session.backfill("2018-03-01", "2018-03-04"))
    found = session.query("SELECT source, reason, row_kept, count(*) FROM retail.rejects GROUP BY 1, 2, 3")
    assert {tuple(row) for row in found} == {
        ("orders", "broken: a quote that does not close", False, 1),
        ("orders", "order_approved_at cannot be read", True, 1),
        ("items", "price cannot be read", False, 1),
        ("items", "shipping_limit_date cannot be read", True, 1),
        ("items", "a line with the same key came before it", False, 1),
        ("items", "order_item_id cannot be read", False, 1),
        ("items", "broken: 6 fields where the header names 7", False, 1),
        ("payments", "payment_value cannot be read", False, 1),
        ("payments", "order_id is missing", False, 1),
        ("reviews", "broken: a quote that does not close", False, 1),
    }
    found = session.query("SELECT source, reason, row_kept FROM retail.reference_rejects")
    assert {tuple(row) for row in found} == {
        ("products", "product_name_lenght cannot be read", True),
        ("sellers", "a line with the same key came before it", False),
        ("geolocation", "geolocation_lat cannot be read", True),
    }
    assert session.query("SELECT order_id, order_item_id, price FROM retail.items ORDER BY 1, 2") == [
        ["o1", 1, "10.00"],
        ["o1", 3, "10.00"],
        ["o2", 1, "5.00"],
    ]
    assert session.query("SELECT review_comment_message FROM retail.reviews") == [['a "b"\n\nc']]
    assert session.query(
        "SELECT geolocation_zip_code_prefix, geolocation_lat, geolocation_lng, points, points_outside "
        "FROM retail.geolocation ORDER BY 1"
    ) == [["01037", -23.55, -46.65, 3, 1], ["02000", None, None, 1, 1]]
    assert session.query(
        "SELECT product_category, sum(orders), sum(revenue), sum(payment_value), sum(deliveries), "
        "sum(late_deliveries) FROM retail.daily_report GROUP BY 1 ORDER BY 1"
    ) == [["perfumery", 1, "20.00", "22.20", 1, 0], ["unknown", 1, "5.00", "5.01", 1, 0]]
    assert session.query(
        "SELECT order_id, order_status, order_approved_at FROM retail.orders ORDER BY 1"
    ) == [
        ["o1", "delivered", "2018-03-01 11:00:00"],
        ["o2", "delivered", None],
    ]


@long_one
def test_payments_of_several_categories_add_up_to_the_cent(session: Session, tmp_path: Path) -> None:
    """100.01 over three categories of equal weight: 33.33, 33.34, 33.34, each type by itself."""
    source = write(
        tmp_path / "shares",
        orders=ORDER.format("o1") + ORDER.format("o2"),
        order_items="".join(f"o1,{n},p{n},s1,,10.00,0.00\n" for n in (1, 2, 3)),
        order_payments="o1,1,boleto,1,100.01\no1,2,voucher,1,0.02\no2,1,voucher,1,7.77\n",
        customers="co1,u,01037,sao paulo,SP\nco2,u,01037,sao paulo,SP\n",
        products="p1,a,,,,,,,\np2,b,,,,,,,\np3,c,,,,,,,\n",
        sellers="s1,01037,sao paulo,SP\n",
        geolocation="01037,-23.5,-46.6,sao paulo,SP\n",
    )
    session.land(source)
    ended_well(session.backfill("2018-03-01", "2018-03-03"))
    assert session.query(
        "SELECT product_category, orders, orders_with_category, payment_value, boleto_value, voucher_value, "
        "average_basket FROM retail.daily_report WHERE dt = '2018-03-01' ORDER BY 1"
    ) == [
        ["a", 1, 1, "33.33", "33.33", "0.00", "10.00"],
        ["b", 0, 1, "33.35", "33.34", "0.01", "10.00"],
        ["c", 0, 1, "33.35", "33.34", "0.01", "10.00"],
        ["no_items", 1, 0, "7.77", "0.00", "7.77", None],
    ]


@long_one
def test_late_hours_change_their_day_and_nothing_before(session: Session, tmp_path: Path) -> None:
    day = "retail/raw_orders/dt=2018-01-02"
    session.generate("2018-01-01", "2018-01-03", 20, hourly=True)
    held = sorted((session.lake / day).glob("orders-*.jsonl"))[-1]
    shutil.move(held, tmp_path / "late.jsonl")
    ended_well(session.backfill("2018-01-01", "2018-01-03"))
    before = session.query("SELECT count(*) FROM retail.order_events")
    shutil.move(tmp_path / "late.jsonl", held)
    outcomes = session.backfill("2018-01-01", "2018-01-03")
    ended_well(outcomes)
    events = {name for name in outcomes if name.startswith("retail.order_events")}
    assert events == {"retail.order_events dt=2018-01-02"}
    assert not any("2018-01-01" in name for name in outcomes if "rejects" not in name)
    assert session.query("SELECT count(*) FROM retail.order_events") > before
