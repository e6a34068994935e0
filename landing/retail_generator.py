"""A shop made up: the same kinds of records as the real one, the same bytes for the same seed."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime, time, timedelta
from pathlib import Path
from random import Random
from tempfile import TemporaryDirectory

from landing import Piece
from landing.retail_catalogue import Catalogue, Product, category_rows, hexadecimal
from landing.retail_orders import PURCHASE, changes, moment
from landing.retail_spool import Spool, cut, line

LONGEST = 90
"""Days after which nothing happens to an order any more: so far back a day's records can come from."""

_HOURS = (2, 1, 1, 1, 1, 1, 2, 4, 10, 16, 20, 21, 20, 21, 22, 21, 22, 20, 19, 20, 21, 20, 19, 12)
_WEEKDAYS = (1.13, 1.12, 1.09, 1.03, 0.98, 0.75, 0.90)
_MESSAGES = (
    "Recebi bem antes do prazo estipulado.",
    "Produto muito bom, recomendo!",
    "Não recebi o produto.\r\n\r\nAguardo resposta.",
    'O anúncio dizia "original", mas o produto é "compatível".',
    "Entrega rápida\r\nEmbalagem perfeita 😊",
    "Veio faltando uma peça; já reclamei e nada...",
)
_STATUSES = (
    "delivered",
    "shipped",
    "canceled",
    "unavailable",
    "invoiced",
    "processing",
    "approved",
    "created",
)
_STATUS_WEIGHTS = (970, 11, 7, 6, 3, 3, 1, 1)
_TYPES = ("credit_card", "boleto", "voucher", "debit_card")
_TYPE_WEIGHTS = (76, 19, 3, 2)


def generate(start: date, end: date, *, seed: int, rate: float, hourly: bool) -> Iterator[Piece]:
    """Orders made within the range or :data:`LONGEST` days before it, and what becomes of them in it."""
    catalogue = Catalogue.of(seed)
    reference = {
        "products": catalogue.product_rows(),
        "sellers": catalogue.seller_rows(),
        "geolocation": catalogue.point_rows(seed),
        "categories": category_rows(),
    }
    for table, rows in reference.items():
        yield from cut(f"retail/raw_{table}/{table}", (line(row) + "\n" for row in rows))
    with TemporaryDirectory(prefix="retail-landing-") as scratch:
        spool = Spool(Path(scratch), hourly=hourly)
        first, last = str(start), str(end)
        for n in range(-LONGEST, (end - start).days + 1):
            day = start + timedelta(days=n)
            for table, at, record in _day(catalogue, day, seed, rate):
                if first <= at[:10] <= last:
                    spool.put(table, at, line(record))
            if n >= 0:
                yield from spool.pieces(day)


def _day(
    catalogue: Catalogue, day: date, seed: int, rate: float
) -> Iterator[tuple[str, str, dict[str, str]]]:
    """``(table, time, record)`` of all that follows from the orders made on a day, whenever it arrives."""
    rng = Random(f"retail/{seed}/{rate!r}/{day}")
    expected = rate * _WEEKDAYS[day.weekday()] * rng.uniform(0.85, 1.15)
    # A fraction of an order is an order on that share of the days.
    for _ in range(int(expected + rng.random())):
        yield from _order(catalogue, day, rng)


def _order(catalogue: Catalogue, day: date, rng: Random) -> Iterator[tuple[str, str, dict[str, str]]]:
    order, customer = hexadecimal(rng), hexadecimal(rng)
    hour = rng.choices(range(24), _HOURS)[0]
    purchase = datetime.combine(day, time(hour, rng.randrange(60), rng.randrange(60)))
    status = rng.choices(_STATUSES, _STATUS_WEIGHTS)[0]
    home = rng.choice(catalogue.places)
    is_empty = status == "unavailable" or (status == "canceled" and rng.random() < 0.25)
    products = [] if is_empty else _products(catalogue, rng)
    shop = catalogue.sellers[products[0].seller][1] if products else home
    row = {
        "order_id": order,
        "customer_id": customer,
        "order_status": status,
        PURCHASE: str(purchase),
        **_steps(status, purchase, home.distance(shop), rng),
    }
    events = list(changes(row))
    yield from (("raw_orders", at, record) for at, record in events)
    made = str(purchase)
    yield (
        "raw_customers",
        made,
        {
            "customer_id": customer,
            "customer_unique_id": hexadecimal(rng),
            "customer_zip_code_prefix": home.prefix,
            "customer_city": home.city,
            "customer_state": home.state,
        },
    )
    total = 0
    for number, product in enumerate(products, 1):
        seller, place = catalogue.sellers[product.seller]
        freight = int(700 + 90 * home.distance(place) + int(product.row["product_weight_g"]) // 8)
        total += product.price + freight
        yield (
            "raw_items",
            made,
            {
                "order_id": order,
                "order_item_id": str(number),
                "product_id": product.row["product_id"],
                "seller_id": seller,
                "shipping_limit_date": str(purchase + timedelta(days=6)),
                "price": _reais(product.price),
                "freight_value": _reais(freight),
            },
        )
    yield from (("raw_payments", made, p) for p in _payments(order, total or rng.randint(2000, 20000), rng))
    review = _review(order, row, events[-1][0], rng)
    if review:
        yield (
            "raw_reviews",
            moment(review.get("review_answer_timestamp")) or review["review_creation_date"],
            review,
        )


def _products(catalogue: Catalogue, rng: Random) -> list[Product]:
    """One to five pieces, mostly of one product; some products are bought much more than others."""
    pieces = rng.choices((1, 2, 3, 5), (88, 8, 3, 1))[0]
    found: list[Product] = []
    for _ in range(pieces):
        again = found and rng.random() < 0.8
        found.append(
            found[0] if again else catalogue.products[int(len(catalogue.products) * rng.random() ** 2)]
        )
    return found


def _steps(status: str, purchase: datetime, distance: float, rng: Random) -> dict[str, str]:
    """The times an order has by its status, none after :data:`LONGEST` less the time for a review."""
    promised = 12 + int(distance) + rng.randint(0, 14)
    steps = {"order_estimated_delivery_date": f"{purchase.date() + timedelta(days=promised)} 00:00:00"}
    if status == "created" or (status == "canceled" and rng.random() < 0.2):
        return steps
    approved = purchase + timedelta(minutes=min(int(rng.expovariate(1 / 400)) + 8, 4000))
    carrier = approved + timedelta(minutes=int(rng.lognormvariate(7.9, 0.8)) % 20000)
    if rng.random() < 0.014:
        carrier = purchase + (approved - purchase) / 2
    delivered = carrier + timedelta(minutes=(1500 + int(420 * distance * rng.uniform(0.5, 2.2))) % 40000)
    if rng.random() < 0.11:
        delivered += timedelta(days=rng.randint(10, 25))
    steps["order_approved_at"] = str(approved)
    if status in ("shipped", "delivered"):
        steps["order_delivered_carrier_date"] = str(carrier.replace(microsecond=0))
    if status == "delivered":
        steps["order_delivered_customer_date"] = str(delivered.replace(microsecond=0))
    return steps


def _payments(order: str, total: int, rng: Random) -> Iterator[dict[str, str]]:
    """One payment, or vouchers and a rest, that add up to ``total`` cents."""
    number = 1
    while total > 3000 and rng.random() < 0.03:
        part = rng.randint(500, total // 2)
        yield _payment(order, number, "voucher", 1, part)
        total, number = total - part, number + 1
    kind = rng.choices(_TYPES, _TYPE_WEIGHTS)[0]
    instalments = rng.choices((1, 2, 3, 4, 6, 10), (46, 15, 14, 10, 8, 7))[0] if kind == "credit_card" else 1
    yield _payment(order, number, kind, instalments, total)


def _payment(order: str, number: int, kind: str, instalments: int, cents: int) -> dict[str, str]:
    return {
        "order_id": order,
        "payment_sequential": str(number),
        "payment_type": kind,
        "payment_installments": str(instalments),
        "payment_value": _reais(cents),
    }


def _review(order: str, row: dict[str, str], last: str, rng: Random) -> dict[str, str] | None:
    """What the customer says a day after the last change; happier when it came in time."""
    if rng.random() < 0.01:
        return None
    delivered = row.get("order_delivered_customer_date", "")
    in_time = bool(delivered) and delivered <= row["order_estimated_delivery_date"]
    asked = datetime.combine(date.fromisoformat(last[:10]) + timedelta(days=1), time())
    review = {
        "review_id": hexadecimal(rng),
        "order_id": order,
        "review_score": str(
            rng.choices((1, 2, 3, 4, 5), (6, 3, 8, 21, 62) if in_time else (50, 10, 12, 12, 16))[0]
        ),
        "review_creation_date": str(asked),
    }
    if rng.random() < 0.4:
        review["review_comment_message"] = rng.choice(_MESSAGES)
        if rng.random() < 0.2:
            review["review_comment_title"] = "Recomendo" if in_time else "Péssimo"
    if rng.random() > 0.0005:
        answered = asked + timedelta(seconds=min(int(rng.lognormvariate(11.5, 0.9)), 12 * 86400))
        review["review_answer_timestamp"] = str(answered)
    return review


def _reais(cents: int) -> str:
    return f"{cents // 100}.{cents % 100:02d}"
