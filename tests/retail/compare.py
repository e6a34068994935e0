"""Published tables against the oracle, row for row. ``query`` gives decimals and times as text."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from decimal import Decimal
from typing import Any
from zlib import crc32

import pytest

from tests.retail.oracle import Row, Shop

Query = Callable[[str], list[list[Any]]]

ORDERS = (
    "order_id",
    "customer_id",
    "order_status",
    "order_purchase_timestamp",
    "order_approved_at",
    "order_delivered_carrier_date",
    "order_delivered_customer_date",
    "order_estimated_delivery_date",
)
CHANGES = (*ORDERS, "change", "change_number", "changed_at")
ITEMS = (
    "order_id",
    "order_item_id",
    "product_id",
    "seller_id",
    "shipping_limit_date",
    "price",
    "freight_value",
)
PAYMENTS = ("order_id", "payment_sequential", "payment_type", "payment_installments", "payment_value")
CUSTOMERS = (
    "customer_id",
    "customer_unique_id",
    "customer_zip_code_prefix",
    "customer_city",
    "customer_state",
)
REVIEWS = (
    "review_id",
    "order_id",
    "review_score",
    "review_comment_title",
    "review_comment_message",
    "review_creation_date",
    "review_answer_timestamp",
)
SELLERS = ("seller_id", "seller_zip_code_prefix", "seller_city", "seller_state")
PRODUCTS = (
    "product_id",
    "product_category_name",
    "product_name_lenght",
    "product_description_lenght",
    "product_photos_qty",
    "product_weight_g",
    "product_length_cm",
    "product_height_cm",
    "product_width_cm",
)
BASKETS = (
    "order_id",
    "customer_state",
    "product_category",
    "category_rank",
    "is_new_order",
    "items",
    "price",
    "freight_value",
    "dt",
)
REPORT = (
    "orders, orders_with_category, items, revenue, freight_value, payment_value, credit_card_value, "
    "boleto_value, voucher_value, debit_card_value, other_payment_value, average_basket, deliveries, "
    "late_deliveries"
)


def everything(shop: Shop, query: Query) -> None:
    """Every table, each row. :class:`AssertionError` names the first that differ."""
    history(shop, query)
    sources(shop, query)
    geolocation(shop, query)
    same(query, "baskets", BASKETS, list(shop.basket_rows()))
    report(shop, query)
    features(shop, query)
    assert query("SELECT * FROM retail.rejects") == []
    assert query("SELECT * FROM retail.reference_rejects") == []


def history(shop: Shop, query: Query) -> None:
    """Orders have four changes each: of these, sums of checksums, by day and what happened."""
    texts = ", ".join(f"coalesce(CAST({column} AS STRING), '')" for column in CHANGES)
    found = query(
        f"SELECT dt, change, order_status, count(*), sum(crc32(concat_ws('|', {texts}))) "
        "FROM retail.order_events GROUP BY 1, 2, 3"
    )
    counts: Counter[tuple[str, str, str]] = Counter()
    checksums: Counter[tuple[str, str, str]] = Counter()
    for order in shop.orders:
        for row in shop.changes(order):
            key = row["dt"], row["change"], row["order_status"]
            counts[key] += 1
            checksums[key] += crc32("|".join(row.get(column, "") for column in CHANGES).encode())
    assert {tuple(row[:3]): row[3] for row in found} == counts
    assert {tuple(row[:3]): row[4] for row in found} == checksums
    found = query("SELECT order_id, changes, last_changed_at FROM retail.orders")
    wanted = {o["order_id"]: shop.events(o) for o in shop.orders}
    assert {row[0]: row[1:] for row in found} == {k: [len(e), e[-1][0]] for k, e in wanted.items()}


def sources(shop: Shop, query: Query) -> None:
    """What stands in the source stands in the tables, text by text, on its day."""

    def dated(rows: Iterable[Row], columns: Sequence[str]) -> list[tuple[str, ...]]:
        return [(*(r[c] for c in columns), shop.day(r["order_id"])) for r in rows]

    purchases = {o["customer_id"]: o["order_purchase_timestamp"][:10] for o in shop.orders}
    same(query, "orders", ORDERS, [tuple(r[c] for c in ORDERS) for r in shop.orders])
    same(query, "items", (*ITEMS, "dt"), dated(shop.items, ITEMS))
    same(query, "payments", (*PAYMENTS, "dt"), dated(shop.payments, PAYMENTS))
    customers = [(*(r[c] for c in CUSTOMERS), purchases[k]) for k, r in shop.customers.items()]
    same(query, "customers", (*CUSTOMERS, "dt"), customers)
    reviews = [(*(r[c] for c in REVIEWS), shop.review_day(r)) for r in shop.reviews]
    same(query, "reviews", (*REVIEWS, "dt"), reviews)
    same(query, "sellers", SELLERS, [tuple(r[c] for c in SELLERS) for r in shop.sellers.values()])
    products = [
        (*(r[c] for c in PRODUCTS), shop.english.get(r["product_category_name"], ""))
        for r in shop.products.values()
    ]
    same(query, "products", (*PRODUCTS, "product_category_name_english"), products)


def same(query: Query, table: str, columns: Sequence[str], wanted: list[tuple[str, ...]]) -> None:
    rows = query(f"SELECT {', '.join(columns)} FROM retail.{table}")
    found = Counter(tuple("" if value is None else str(value) for value in row) for row in rows)
    expected = Counter(wanted)
    assert not (found - expected), f"{table} holds what it should not: {next(iter(found - expected))}"
    assert not (expected - found), f"{table} lacks {next(iter(expected - found))}"


def geolocation(shop: Shop, query: Query) -> None:
    rows = query(
        "SELECT geolocation_zip_code_prefix, geolocation_lat, geolocation_lng, geolocation_city, "
        "geolocation_state, points, points_outside FROM retail.geolocation"
    )
    assert len(rows) == len(shop.points)
    for prefix, lat, lng, *rest in rows:
        wanted = shop.points[prefix]
        assert rest == list(wanted[2:]), prefix
        assert (lat, lng) == (pytest.approx(wanted[0], abs=1e-6), pytest.approx(wanted[1], abs=1e-6)), prefix


def report(shop: Shop, query: Query) -> None:
    """Every cell of every day, amounts to the cent."""
    wanted = {cell: row.row() for cell, row in shop.daily_report().items()}
    rows = query(f"SELECT dt, customer_state, product_category, {REPORT} FROM retail.daily_report")
    found = {tuple(row[:3]): tuple(row[3:]) for row in rows}
    assert len(found) == len(rows)
    assert found.keys() == wanted.keys()
    for cell, row in wanted.items():
        shown = tuple(Decimal(v) if isinstance(v, str) else v for v in found[cell])
        assert shown == row, cell
    paid = sum(Decimal(row[8]) for row in rows)
    assert paid == sum(Decimal(p["payment_value"]) for p in shop.payments)


def features(shop: Shop, query: Query) -> None:
    wanted = {row["order_id"]: row for row in shop.features()}
    columns = list(next(iter(wanted.values())))
    rows = query(f"SELECT {', '.join(columns)} FROM retail.delivery_features")
    assert len(rows) == len(wanted)
    for values in rows:
        found = dict(zip(columns, values, strict=True))
        row = wanted[found["order_id"]]
        for name, value in row.items():
            assert _alike(found[name], value), (found["order_id"], name, found[name], value)


def _alike(found: Any, wanted: Any) -> bool:
    match wanted:
        case float():
            # Points are rounded to 6 decimals before, distances to 3 after: 2 m of tolerance.
            return found is not None and abs(found - wanted) < 0.002
        case Decimal():
            return found is not None and abs(Decimal(found) - wanted) <= _last_digit(wanted)
        case None | bool() | int() | str():
            return bool(found == wanted)
        case _:
            return str(found) == str(wanted)


def _last_digit(value: Decimal) -> Decimal:
    """Money must be exact; a ratio may be rounded the other way in its last digit of six or three."""
    exponent = value.as_tuple().exponent
    assert isinstance(exponent, int)
    return Decimal(0) if exponent >= -2 else Decimal(1).scaleb(exponent)
