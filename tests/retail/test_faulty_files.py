"""The retail warehouse on files with faults: what cannot be read is kept with its reason, the rest counts."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest

from tests.domain_session import Session, published
from tests.retail.files import write

pytestmark = [pytest.mark.spark, pytest.mark.metastore]

ORDER = (
    "{0},c{0},delivered,2018-03-01 10:00:00,2018-03-01 11:00:00,2018-03-02 08:00:00,2018-03-03 08:00:00,"
    "2018-03-03 00:00:00\n"
)
ODD = b'\n\\N\n{"order_id":"o1","payment_sequential":"9","payment_type":"a\x01b","payment_value":"?"}\n'
"""Lines that somebody else put beside the payments: an empty one, Hive's NULL, a control character."""


@pytest.fixture(scope="module")
def faulty(
    open_session: Callable[..., Session], tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Session]:
    """Orders o1 and o2 with faults, s1 and s2 of several categories."""
    home = tmp_path_factory.mktemp("faulty")
    source = write(
        home / "source",
        orders=ORDER.format("o1")
        + ORDER.format("o2").replace("2018-03-01 11:00:00", "soon")
        + '"cut,c,x\n'
        + (ORDER.format("s1") + ORDER.format("s2")).replace("2018-03-01", "2018-03-02"),
        order_items="o1,1,p1,s1,2018-03-05 00:00:00,10.00,1.10\n"
        "o1,2,p1,s1,2018-03-05 00:00:00,10.005,1.10\n"
        "o1,3,p1,s1,whenever,10.00,1.10\n"
        "o1,1,p1,s1,2018-03-05 00:00:00,10.00,1.10\n"
        "o2,x,p1,s1,2018-03-05 00:00:00,10.00,1.10\n"
        "o2,1,p2,s1,2018-03-05 00:00:00,5.00\n"
        "o2,1,p2,s1,2018-03-05 00:00:00,5.00,0.00\n"
        + "".join(f"s1,{n},q{n},s1,,10.00,0.00\n" for n in (1, 2, 3)),
        order_payments="o1,1,voucher,1,22.20\no2,1,boleto,1,5.01\no2,2,cash,1,1e3\n,1,boleto,1,1.00\n"
        "s1,1,boleto,1,100.01\ns1,2,voucher,1,0.02\ns2,1,voucher,1,7.77\n",
        customers="".join(f"c{order},u,01037,sao paulo,SP\n" for order in ("o1", "o2", "s1", "s2")),
        order_reviews='r,o1,5,,"cut\nr1,o1,4,,"a ""b""\n\nc",2018-03-03 00:00:00,2018-03-04 00:00:00\n',
        products="p1,perfumaria,1,2,3,100,10,10,10\np2,,,,,,,,\np3,x,y,,,,,,\n"
        "q1,a,,,,,,,\nq2,b,,,,,,,\nq3,c,,,,,,,\n",
        sellers="s1,01037,sao paulo,SP\ns1,01037,sao paulo,RJ\n",
        geolocation="01037,-23.5,-46.6,sao paulo,SP\n01037,-23.6,-46.7,sao paulo,SP\n"
        "01037,48.1,2.0,paris,SP\n02000,north,-46.6,nowhere,SP\n",
        product_category_name_translation="perfumaria,perfumery\n",
    )
    with open_session("retail") as session:
        session.land(source)
        (session.lake / "retail/raw_payments/dt=2018-03-04/other.jsonl").write_bytes(ODD)
        published(session.backfill("2018-03-01", "2018-03-04"))
        yield session


def test_broken_lines_are_rejected_with_a_reason(faulty: Session) -> None:
    found = faulty.query(
        "SELECT source, reason, row_kept, count(*) FROM retail.rejects "
        "WHERE dt <> '2018-03-04' GROUP BY 1, 2, 3"
    )
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
    found = faulty.query("SELECT source, reason, row_kept FROM retail.reference_rejects")
    assert {tuple(row) for row in found} == {
        ("products", "product_name_lenght cannot be read", True),
        ("sellers", "a line with the same key came before it", False),
        ("geolocation", "geolocation_lat cannot be read", True),
    }
    assert faulty.query(
        "SELECT order_id, order_item_id, price FROM retail.items WHERE dt = '2018-03-01' ORDER BY 1, 2"
    ) == [
        ["o1", 1, "10.00"],
        ["o1", 3, "10.00"],
        ["o2", 1, "5.00"],
    ]
    assert faulty.query("SELECT review_comment_message FROM retail.reviews") == [['a "b"\n\nc']]
    assert faulty.query(
        "SELECT geolocation_zip_code_prefix, geolocation_lat, geolocation_lng, points, points_outside "
        "FROM retail.geolocation ORDER BY 1"
    ) == [["01037", -23.55, -46.65, 3, 1], ["02000", None, None, 1, 1]]
    assert faulty.query(
        "SELECT product_category, sum(orders), sum(revenue), sum(payment_value), sum(deliveries), "
        "sum(late_deliveries) FROM retail.daily_report "
        "WHERE product_category IN ('perfumery', 'unknown') GROUP BY 1 ORDER BY 1"
    ) == [["perfumery", 1, "20.00", "22.20", 1, 0], ["unknown", 1, "5.00", "5.01", 1, 0]]
    assert faulty.query(
        "SELECT order_id, order_status, order_approved_at FROM retail.orders "
        "WHERE order_id LIKE 'o%' ORDER BY 1"
    ) == [
        ["o1", "delivered", "2018-03-01 11:00:00"],
        ["o2", "delivered", None],
    ]


def test_any_bytes_of_a_line_come_through(faulty: Session) -> None:
    """Into the raw table, and into the rejects."""
    odd = [line.decode() for line in ODD.split(b"\n")[:-1]]
    found = faulty.query("SELECT coalesce(line, '') FROM retail.raw_payments WHERE dt = '2018-03-04'")
    assert sorted(row[0] for row in found) == sorted(odd)
    found = faulty.query("SELECT line, row_kept FROM retail.rejects WHERE dt = '2018-03-04'")
    assert sorted(found) == sorted([line, False] for line in odd)


def test_payments_of_several_categories_add_up_to_the_cent(faulty: Session) -> None:
    """100.01 over three categories of equal weight: 33.33, 33.34, 33.34, each type by itself."""
    assert faulty.query(
        "SELECT product_category, orders, orders_with_category, payment_value, boleto_value, voucher_value, "
        "average_basket FROM retail.daily_report WHERE dt = '2018-03-02' ORDER BY 1"
    ) == [
        ["a", 1, 1, "33.33", "33.33", "0.00", "10.00"],
        ["b", 0, 1, "33.35", "33.34", "0.01", "10.00"],
        ["c", 0, 1, "33.35", "33.34", "0.01", "10.00"],
        ["no_items", 1, 0, "7.77", "0.00", "7.77", None],
    ]
