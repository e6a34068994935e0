"""What the retail tables must hold, computed in plain Python from the shop's CSV files.

Written against the files and docs/warehouses/retail.md; it shares nothing with the landing or the SQL.
"""

from __future__ import annotations

import csv
import math
import statistics
from bisect import bisect_left
from collections import Counter, defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import ROUND_HALF_UP, Decimal
from functools import cached_property
from pathlib import Path
from typing import Any

Row = dict[str, str]
Cell = tuple[str, str, str]
"""Day, state, category."""

CENT = Decimal("0.01")
TYPES = ("credit_card", "boleto", "voucher", "debit_card")
STEPS = (
    ("purchase", "order_purchase_timestamp", "created"),
    ("approved", "order_approved_at", "approved"),
    ("carrier", "order_delivered_carrier_date", "shipped"),
    ("delivered", "order_delivered_customer_date", "delivered"),
)


@dataclass
class Report:
    """A row of daily_report."""

    orders: int = 0
    orders_with_category: int = 0
    items: int = 0
    revenue: Decimal = Decimal(0)
    freight_value: Decimal = Decimal(0)
    payments: Counter[str] = field(default_factory=Counter)
    """Cents by type."""
    deliveries: int = 0
    late_deliveries: int = 0

    def row(self) -> tuple[Any, ...]:
        """The columns of daily_report after day, state and category; amounts as Decimals."""
        cents = [self.payments[kind] for kind in TYPES]
        total = sum(self.payments.values())
        paid = [Decimal(c) / 100 for c in (total, *cents, total - sum(cents))]
        basket = None
        if self.orders_with_category:
            basket = (self.revenue / self.orders_with_category).quantize(CENT, ROUND_HALF_UP)
        counts = (self.orders, self.orders_with_category, self.items)
        return (
            *counts,
            self.revenue,
            self.freight_value,
            *paid,
            basket,
            self.deliveries,
            self.late_deliveries,
        )


class Shop:
    """The nine files, and what follows from them. They must be well formed."""

    def __init__(self, source: Path) -> None:
        self.source = source
        self.orders = list(self._rows("olist_orders_dataset.csv"))
        self.items = list(self._rows("olist_order_items_dataset.csv"))
        self.payments = list(self._rows("olist_order_payments_dataset.csv"))
        self.customers = {r["customer_id"]: r for r in self._rows("olist_customers_dataset.csv")}
        self.products = {r["product_id"]: r for r in self._rows("olist_products_dataset.csv")}
        self.sellers = {r["seller_id"]: r for r in self._rows("olist_sellers_dataset.csv")}
        self.order = {r["order_id"]: r for r in self.orders}
        self.english = {
            r["product_category_name"]: r["product_category_name_english"]
            for r in self._rows("product_category_name_translation.csv")
        }

    def _rows(self, name: str) -> Iterator[Row]:
        with (self.source / name).open(encoding="utf-8-sig", newline="") as file:
            yield from csv.DictReader(file)

    @cached_property
    def reviews(self) -> list[Row]:
        return list(self._rows("olist_order_reviews_dataset.csv"))

    def day(self, order_id: str) -> str:
        """The day of an order's purchase."""
        return self.order[order_id]["order_purchase_timestamp"][:10]

    def events(self, order: Row) -> list[tuple[str, str, str]]:
        """``(time, change, status)`` of an order, in order."""
        purchase = order["order_purchase_timestamp"]
        times = [(max(order[column], purchase), i) for i, (_, column, _) in enumerate(STEPS) if order[column]]
        found, furthest = [], 0
        for time, i in sorted(times):
            furthest = max(furthest, i)
            found.append((time, STEPS[i][0], STEPS[furthest][2]))
        if found[-1][2] != order["order_status"]:
            found.append((found[-1][0], "status", order["order_status"]))
        return found

    def changes(self, order: Row) -> Iterator[dict[str, str]]:
        """The rows of order_events: what was known of an order after each of its changes."""
        known = {name: text for name, text in order.items() if name not in {step[1] for step in STEPS}}
        for number, (time, change, status) in enumerate(self.events(order), 1):
            known |= {column: order[column] for step, column, _ in STEPS if step == change}
            yield {
                **known,
                "order_status": status,
                "change": change,
                "change_number": str(number),
                "changed_at": time,
                "dt": time[:10],
            }

    def items_by_day(self) -> dict[str, tuple[int, Decimal, Decimal]]:
        """Rows, price and freight by day of purchase."""
        return {
            day: (len(rows), _sum(rows, "price"), _sum(rows, "freight_value"))
            for day, rows in self._by_day(self.items).items()
        }

    def payments_by_day(self) -> dict[tuple[str, str], tuple[int, Decimal, int]]:
        """Rows, amount and instalments by day of purchase and type."""
        groups = defaultdict(list)
        for row in self.payments:
            groups[self.day(row["order_id"]), row["payment_type"]].append(row)
        return {
            key: (len(rows), _sum(rows, "payment_value"), sum(int(r["payment_installments"]) for r in rows))
            for key, rows in groups.items()
        }

    def _by_day(self, rows: list[Row]) -> dict[str, list[Row]]:
        groups = defaultdict(list)
        for row in rows:
            groups[self.day(row["order_id"])].append(row)
        return groups

    def review_day(self, review: Row) -> str:
        when = review["review_answer_timestamp"] or review["review_creation_date"]
        return (when or self.events(self.order[review["order_id"]])[-1][0])[:10]

    # ------------------------------------------------------------------ places

    @cached_property
    def points(self) -> dict[str, tuple[float | None, float | None, str, str, int, int]]:
        """By prefix: median latitude and longitude, city, state, points, points outside Brazil."""
        groups = defaultdict(list)
        for row in self._rows("olist_geolocation_dataset.csv"):
            groups[row["geolocation_zip_code_prefix"]].append(row)
        found = {}
        for prefix, rows in groups.items():
            spots = [(float(r["geolocation_lat"]), float(r["geolocation_lng"])) for r in rows]
            inside = [(a, b) for a, b in spots if -33.8 <= a <= 5.3 and -74.0 <= b <= -28.8]
            names = Counter((r["geolocation_city"], r["geolocation_state"]) for r in rows)
            city, state = min(names, key=lambda name: (-names[name], *(part.encode() for part in name)))
            lat, lng = (
                (statistics.median(axis) for axis in zip(*inside, strict=True)) if inside else (None, None)
            )
            found[prefix] = (lat, lng, city, state, len(rows), len(rows) - len(inside))
        return found

    # ------------------------------------------------------------------ baskets and the report

    def category(self, product_id: str) -> str:
        name = self.products[product_id]["product_category_name"]
        return self.english.get(name) or name or "unknown"

    @cached_property
    def baskets(self) -> dict[str, list[tuple[str, int, Decimal, Decimal]]]:
        """By order: category, items, price, freight; the leading category first."""
        groups: dict[str, dict[str, list[Row]]] = {order: defaultdict(list) for order in self.order}
        for row in self.items:
            groups[row["order_id"]][self.category(row["product_id"])].append(row)
        found = {}
        for order, by_category in groups.items():
            rows = [
                (name, len(items), _sum(items, "price"), _sum(items, "freight_value"))
                for name, items in by_category.items()
            ]
            found[order] = sorted(rows, key=lambda r: (-r[2], r[0])) or [
                ("no_items", 0, Decimal(0), Decimal(0))
            ]
        return found

    def basket_rows(self) -> Iterator[tuple[str, ...]]:
        """The rows of baskets, as texts in the order of its columns."""
        for order, basket in self.baskets.items():
            for rank, (name, items, price, freight) in enumerate(basket, 1):
                amounts = f"{price:.2f}", f"{freight:.2f}"
                yield order, self.state(order), name, str(rank), "True", str(items), *amounts, self.day(order)

    def state(self, order_id: str) -> str:
        return self.customers[self.order[order_id]["customer_id"]]["customer_state"]

    def daily_report(self) -> dict[Cell, Report]:
        """All of it."""
        cells: dict[Cell, Report] = defaultdict(Report)
        paid: dict[str, Counter[str]] = defaultdict(Counter)
        for row in self.payments:
            paid[row["order_id"]][row["payment_type"]] += int(Decimal(row["payment_value"]) * 100)
        for order in self.orders:
            key, basket = order["order_id"], self.baskets[order["order_id"]]
            state = self.state(key)
            cells[self.day(key), state, basket[0][0]].orders += 1
            for name, items, price, freight in basket:
                cell = cells[self.day(key), state, name]
                cell.orders_with_category += items > 0
                cell.items += items
                cell.revenue += price
                cell.freight_value += freight
            weights = [int((price + freight) * 100) for _, _, price, freight in basket]
            for kind, cents in paid[key].items():
                for (name, *_), share in zip(basket, _shares(cents, weights), strict=True):
                    cells[self.day(key), state, name].payments[kind] += share
            delivered = order["order_delivered_customer_date"]
            if delivered:
                day = next(time for time, change, _ in self.events(order) if change == "delivered")[:10]
                old = (date.fromisoformat(day) - date.fromisoformat(self.day(key))).days > 365
                cell = cells[(day, "unknown", "unknown") if old else (day, state, basket[0][0])]
                cell.deliveries += 1
                cell.late_deliveries += delivered[:10] > order["order_estimated_delivery_date"][:10]
        return dict(cells)

    # ------------------------------------------------------------------ features

    @cached_property
    def _seller_history(self) -> dict[str, tuple[list[str], list[tuple[str, int, int]]]]:
        """By seller: times of purchase, and (time, late, days) of deliveries, both sorted."""
        found: dict[str, tuple[list[str], list[tuple[str, int, int]]]] = defaultdict(lambda: ([], []))
        for seller, key in {(row["seller_id"], row["order_id"]) for row in self.items}:
            order = self.order[key]
            found[seller][0].append(order["order_purchase_timestamp"])
            delivered = order["order_delivered_customer_date"]
            if delivered:
                when = max(delivered, order["order_purchase_timestamp"])
                late = delivered[:10] > order["order_estimated_delivery_date"][:10]
                days = _days(order["order_purchase_timestamp"], delivered)
                found[seller][1].append((when, int(late), days))
        for purchases, deliveries in found.values():
            purchases.sort()
            deliveries.sort()
        return found

    def features(self) -> Iterator[dict[str, Any]]:
        """delivery_features, one dictionary of columns an order; distance_km to the float's last bits."""
        rows = defaultdict(list)
        for row in self.items:
            rows[row["order_id"]].append(row)
        for order in self.orders:
            yield self._features(order, rows[order["order_id"]])

    def _features(self, order: Row, items: list[Row]) -> dict[str, Any]:
        made = order["order_purchase_timestamp"]
        moment = datetime.fromisoformat(made)
        estimated, delivered = order["order_estimated_delivery_date"], order["order_delivered_customer_date"]
        price, freight = _sum(items, "price"), _sum(items, "freight_value")
        by_seller: Counter[str] = Counter()
        for row in items:
            by_seller[row["seller_id"]] += int(Decimal(row["price"]) * 100)
        seller = min(by_seller, key=lambda s: (-by_seller[s], s)) if items else None
        customer = self.customers[order["customer_id"]]
        found: dict[str, Any] = {
            "order_id": order["order_id"],
            "order_status": order["order_status"],
            "purchase_date": moment.date(),
            "purchase_year": moment.year,
            "purchase_month": moment.month,
            "purchase_weekday": moment.isoweekday(),
            "purchase_hour": moment.hour,
            "is_weekend": moment.isoweekday() > 5,
            "promised_days": _days(made, estimated),
            "customer_state": customer["customer_state"],
            "seller_id": seller,
            "product_category": self.baskets[order["order_id"]][0][0],
            "items": len(items),
            "sellers": len(by_seller),
            "weight_g": _known(self.products[r["product_id"]]["product_weight_g"] for r in items),
            "volume_cm3": _known(_volume(self.products[r["product_id"]]) for r in items),
            "price": price,
            "freight_value": freight,
            "freight_share": _ratio(freight, price + freight, "0.000001"),
            "real_days": _days(made, delivered) if delivered else None,
            "delay_days": _days(estimated, delivered) if delivered else None,
            "is_late": delivered[:10] > estimated[:10] if delivered else None,
        }
        return found | self._seller_features(seller, customer, made)

    def _seller_features(self, seller: str | None, customer: Row, made: str) -> dict[str, Any]:
        if seller is None:
            names = "seller_state same_state distance_km seller_orders_before seller_deliveries_before"
            names += " seller_late_before seller_late_share_before seller_mean_days_before"
            return dict.fromkeys(names.split())
        purchases, deliveries = self._seller_history[seller]
        seen = deliveries[: bisect_left(deliveries, (made, -1, -(10**9)))]
        late, days = sum(d[1] for d in seen), sum(d[2] for d in seen)
        shop = self.sellers[seller]
        here = self.points.get(customer["customer_zip_code_prefix"])
        there = self.points.get(shop["seller_zip_code_prefix"])
        return {
            "seller_state": shop["seller_state"],
            "same_state": shop["seller_state"] == customer["customer_state"],
            "distance_km": _distance(here[:2], there[:2]) if here and there else None,
            "seller_orders_before": bisect_left(purchases, made),
            "seller_deliveries_before": len(seen),
            "seller_late_before": late,
            "seller_late_share_before": _ratio(Decimal(late), Decimal(len(seen)), "0.000001"),
            "seller_mean_days_before": _ratio(Decimal(days), Decimal(len(seen)), "0.001"),
        }


def _sum(rows: list[Row], column: str) -> Decimal:
    return sum((Decimal(row[column]) for row in rows), Decimal(0))


def _shares(cents: int, weights: list[int]) -> list[int]:
    """``cents`` by weight, rounded down cumulatively; without weights all to the first."""
    total, done, found = sum(weights), 0, []
    if not total:
        return [cents, *[0] * (len(weights) - 1)]
    for n in range(1, len(weights) + 1):
        until = cents * sum(weights[:n]) // total
        found.append(until - done)
        done = until
    return found


def _days(start: str, end: str) -> int:
    return (date.fromisoformat(end[:10]) - date.fromisoformat(start[:10])).days


def _known(values: Iterator[str | int | None]) -> int | None:
    known = [int(v) for v in values if v not in ("", None)]
    return sum(known) if known else None


def _volume(product: Row) -> int | None:
    sides = [product[f"product_{side}_cm"] for side in ("length", "height", "width")]
    return math.prod(map(int, sides)) if all(sides) else None


def _ratio(part: Decimal, whole: Decimal, unit: str) -> Decimal | None:
    return (part / whole).quantize(Decimal(unit), ROUND_HALF_UP) if whole else None


def _distance(a: tuple[float | None, float | None], b: tuple[float | None, float | None]) -> float | None:
    """Great circle in km, by the law of haversines, between points rounded to 6 decimals."""
    if None in (*a, *b):
        return None
    lat1, lng1, lat2, lng2 = (math.radians(round(x, 6)) for x in (*a, *b) if x is not None)
    h = math.sin((lat1 - lat2) / 2) ** 2 + math.cos(lat1) * math.cos(lat2) * math.sin((lng1 - lng2) / 2) ** 2
    return 2 * 6371.0088 * math.asin(math.sqrt(min(1.0, h)))
