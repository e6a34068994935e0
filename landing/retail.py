"""The shop's database (Olist): nine tables, landed as it would have exported them day by day or hour by hour.

Every record is one line of JSON: the source's columns as texts, empty ones left out (a review holds line
breaks and quotes, which a line of text cannot). Where it differs from the source:

- an order comes once for each of its changes, as it was then (``retail_orders``), with ``changed_at``,
  ``change`` and ``change_number``; the last one is the source's row;
- items, payments and the customer come with their order's purchase;
- a review comes with its answer, else with its creation, else with the last change of its order;
- products, sellers, geolocation and the categories' English names have no time: they are files without a day;
- what cannot be read as a record is ``{"broken": its text, "why": …}``; that, and what belongs to no order,
  comes on the first day. A second row of one order is such a record too, on the day of its purchase.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterator, Mapping
from datetime import date
from pathlib import Path
from tempfile import TemporaryDirectory

from landing import Piece, wrong_source
from landing.retail_csv import Broken, read
from landing.retail_orders import PURCHASE, changes, moment
from landing.retail_spool import Spool, cut, line
from warehouse.errors import ProjectError

DESCRIPTION = "Orders of a Brazilian market place: Olist's nine CSV files, or generated ones"
HOURLY = True

_ORDER = (
    "order_id",
    "customer_id",
    "order_status",
    PURCHASE,
    "order_approved_at",
    "order_delivered_carrier_date",
    "order_delivered_customer_date",
    "order_estimated_delivery_date",
)
_ITEM = (
    "order_id",
    "order_item_id",
    "product_id",
    "seller_id",
    "shipping_limit_date",
    "price",
    "freight_value",
)
_PAYMENT = ("order_id", "payment_sequential", "payment_type", "payment_installments", "payment_value")
_CUSTOMER = (
    "customer_id",
    "customer_unique_id",
    "customer_zip_code_prefix",
    "customer_city",
    "customer_state",
)
_REVIEW = (
    "review_id",
    "order_id",
    "review_score",
    "review_comment_title",
    "review_comment_message",
    "review_creation_date",
    "review_answer_timestamp",
)
_PRODUCT = (
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
_SELLER = ("seller_id", "seller_zip_code_prefix", "seller_city", "seller_state")
_POINT = (
    "geolocation_zip_code_prefix",
    "geolocation_lat",
    "geolocation_lng",
    "geolocation_city",
    "geolocation_state",
)
_CATEGORY = ("product_category_name", "product_category_name_english")

FILES = {
    "orders": ("olist_orders_dataset.csv", _ORDER),
    "items": ("olist_order_items_dataset.csv", _ITEM),
    "payments": ("olist_order_payments_dataset.csv", _PAYMENT),
    "customers": ("olist_customers_dataset.csv", _CUSTOMER),
    "reviews": ("olist_order_reviews_dataset.csv", _REVIEW),
    "products": ("olist_products_dataset.csv", _PRODUCT),
    "sellers": ("olist_sellers_dataset.csv", _SELLER),
    "geolocation": ("olist_geolocation_dataset.csv", _POINT),
    "categories": ("product_category_name_translation.csv", _CATEGORY),
}
"""The source's files and the columns they must have."""

REFERENCE = ("products", "sellers", "geolocation", "categories")
"""Tables without a day."""


def real(source: Path, *, hourly: bool) -> Iterator[Piece]:
    """The nine files in or below ``source``, sliced as they would have arrived."""
    files = _files(source)
    for table in REFERENCE:
        records = _records(files, table)
        yield from cut(f"retail/raw_{table}/{table}", (_text(record) + "\n" for record in records))
    with TemporaryDirectory(prefix="retail-landing-") as scratch:
        spool = Spool(Path(scratch), hourly=hourly)
        index = _Index(Path(scratch) / "orders.sqlite")
        _replay(files, spool, index)
        for day in spool.days():
            yield from spool.pieces(day)
        index.close()


def generated(start: date, end: date, *, seed: int, rate: float = 157.0, hourly: bool) -> Iterator[Piece]:
    """``rate`` orders a day (the real shop had 157), and what follows from them within the range."""
    from landing.retail_generator import generate

    yield from generate(start, end, seed=seed, rate=rate, hourly=hourly)


def _files(source: Path) -> dict[str, Path]:
    """By table its file, anywhere below ``source``, gzipped or not; :class:`ProjectError` if one lacks."""
    found: dict[str, Path] = {}
    for table, (name, _) in FILES.items():
        paths = sorted(p for n in (name, f"{name}.gz") for p in source.rglob(n) if p.is_file())
        if len(paths) > 1:
            raise ProjectError(
                f"two files {name}: {paths[0]} and {paths[1]}",
                fix="name a directory that holds one of them only",
            )
        if paths:
            found[table] = paths[0]
    if len(found) < len(FILES):
        missing = [name for table, (name, _) in FILES.items() if table not in found]
        raise wrong_source(source, " and ".join(missing))
    return found


def _replay(files: Mapping[str, Path], spool: Spool, index: _Index) -> None:
    """Put every record of the daily tables into the hour it arrives in."""
    first: str | None = None
    undated: list[str] = []
    for record in _records(files, "orders"):
        history = [] if isinstance(record, Broken) else list(changes(record))
        if isinstance(record, Broken) or not history:
            undated.append(_text(record))
            continue
        purchase, last = history[0][0], history[-1][0]
        if not index.add(record["order_id"], record["customer_id"], purchase, last):
            spool.put("raw_orders", purchase, _text(Broken(line(record), "the order came before")))
            continue
        for time, row in history:
            spool.put("raw_orders", time, line(row))
        first = min(first or purchase, purchase)
    index.finish()
    # Nothing is lost where no order has a time: some day must hold it.
    beginning = f"{(first or '2016-09-04')[:10]} 00:00:00"
    for text in undated:
        spool.put("raw_orders", beginning, text)
    arrivals: dict[str, Callable[[dict[str, str]], str | None]] = {
        "items": lambda r: index.purchase(r["order_id"]),
        "payments": lambda r: index.purchase(r["order_id"]),
        "customers": lambda r: index.purchase_of_customer(r["customer_id"]),
        "reviews": lambda r: (
            moment(r["review_answer_timestamp"])
            or moment(r["review_creation_date"])
            or index.last_change(r["order_id"])
        ),
    }
    for table, arrival in arrivals.items():
        for record in _records(files, table):
            arrived = None if isinstance(record, Broken) else arrival(record)
            spool.put(f"raw_{table}", arrived or beginning, _text(record))


def _records(files: Mapping[str, Path], table: str) -> Iterator[dict[str, str] | Broken]:
    return read(files[table], FILES[table][1])


def _text(record: dict[str, str] | Broken) -> str:
    if isinstance(record, Broken):
        record = {"broken": record.text, "why": record.why}
    return line(record)


class _Index:
    """When orders were made and last changed, on disk: there may be more of them than memory holds."""

    def __init__(self, path: Path) -> None:
        self._db = sqlite3.connect(path, isolation_level=None)
        self._db.execute("PRAGMA journal_mode = OFF")
        self._db.execute("PRAGMA synchronous = OFF")
        self._db.execute("BEGIN")
        self._db.execute("CREATE TABLE orders (id TEXT PRIMARY KEY, purchase TEXT, last TEXT) WITHOUT ROWID")
        self._db.execute("CREATE TABLE customers (id TEXT PRIMARY KEY, purchase TEXT) WITHOUT ROWID")

    def add(self, order: str, customer: str, purchase: str, last: str) -> bool:
        """Whether the order is new; of one that comes twice the first counts."""
        added = self._db.execute("INSERT OR IGNORE INTO orders VALUES (?, ?, ?)", (order, purchase, last))
        self._db.execute("INSERT OR IGNORE INTO customers VALUES (?, ?)", (customer, purchase))
        return added.rowcount > 0

    def finish(self) -> None:
        self._db.execute("COMMIT")

    def purchase(self, order: str) -> str | None:
        return self._one("SELECT purchase FROM orders WHERE id = ?", order)

    def last_change(self, order: str) -> str | None:
        return self._one("SELECT last FROM orders WHERE id = ?", order)

    def purchase_of_customer(self, customer: str) -> str | None:
        return self._one("SELECT purchase FROM customers WHERE id = ?", customer)

    def _one(self, query: str, key: str) -> str | None:
        row = self._db.execute(query, (key,)).fetchone()
        return None if row is None else str(row[0])

    def close(self) -> None:
        self._db.close()
