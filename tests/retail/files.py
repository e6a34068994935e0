"""Small sets of the shop's nine files."""

from __future__ import annotations

import csv
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path

from tests.retail.oracle import Row

REAL = Path(__file__).resolve().parents[3] / "shared" / "data" / "olist"

HEADERS: Mapping[str, str] = {
    "olist_orders_dataset.csv": "order_id,customer_id,order_status,order_purchase_timestamp,"
    "order_approved_at,order_delivered_carrier_date,order_delivered_customer_date,order_estimated_delivery_date",
    "olist_order_items_dataset.csv": "order_id,order_item_id,product_id,seller_id,shipping_limit_date,price,"
    "freight_value",
    "olist_order_payments_dataset.csv": "order_id,payment_sequential,payment_type,payment_installments,"
    "payment_value",
    "olist_customers_dataset.csv": "customer_id,customer_unique_id,customer_zip_code_prefix,customer_city,"
    "customer_state",
    "olist_order_reviews_dataset.csv": "review_id,order_id,review_score,review_comment_title,"
    "review_comment_message,review_creation_date,review_answer_timestamp",
    "olist_products_dataset.csv": "product_id,product_category_name,product_name_lenght,"
    "product_description_lenght,product_photos_qty,product_weight_g,product_length_cm,product_height_cm,"
    "product_width_cm",
    "olist_sellers_dataset.csv": "seller_id,seller_zip_code_prefix,seller_city,seller_state",
    "olist_geolocation_dataset.csv": "geolocation_zip_code_prefix,geolocation_lat,geolocation_lng,"
    "geolocation_city,geolocation_state",
    "product_category_name_translation.csv": "product_category_name,product_category_name_english",
}


def write(directory: Path, **bodies: str) -> Path:
    """The nine files: a header, and behind it the body given for ``orders``, ``order_items`` … if any."""
    directory.mkdir(parents=True, exist_ok=True)
    left = dict(bodies)
    for name, header in HEADERS.items():
        short = name.removeprefix("olist_").removesuffix(".csv").removesuffix("_dataset")
        (directory / name).write_bytes(f"{header}\n{left.pop(short, '')}".encode())
    assert not left, f"no such file: {left}"
    return directory


def part_of(source: Path, target: Path, keep: Callable[[Row], bool]) -> Path:
    """The real files with the orders that ``keep`` takes, and all that belongs to them."""
    target.mkdir(parents=True)
    orders = [row for row in rows(source / "olist_orders_dataset.csv") if keep(row)]
    _put(target / "olist_orders_dataset.csv", orders)
    keys = {row["order_id"] for row in orders}
    for name in (
        "olist_order_items_dataset.csv",
        "olist_order_payments_dataset.csv",
        "olist_order_reviews_dataset.csv",
    ):
        _put(target / name, (row for row in rows(source / name) if row["order_id"] in keys))
    customers = {row["customer_id"] for row in orders}
    name = "olist_customers_dataset.csv"
    _put(target / name, (row for row in rows(source / name) if row["customer_id"] in customers))
    for name in (
        "olist_products_dataset.csv",
        "olist_sellers_dataset.csv",
        "product_category_name_translation.csv",
    ):
        (target / name).write_bytes((source / name).read_bytes())
    name = "olist_geolocation_dataset.csv"
    _put(target / name, (row for n, row in enumerate(rows(source / name)) if n % 20 == 0))
    return target


def rows(path: Path) -> Iterable[Row]:
    with path.open(encoding="utf-8-sig", newline="") as file:
        yield from csv.DictReader(file)


def _put(path: Path, rows: Iterable[Row]) -> None:
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, HEADERS[path.name].split(","))
        writer.writeheader()
        writer.writerows(rows)
