"""The landing: an order's life replayed, nothing lost whatever the files hold, the same bytes every time."""

from __future__ import annotations

import gzip
import json
from collections import Counter
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from landing import Piece, retail, retail_spool
from landing import files as source_files
from landing.retail_csv import Broken, read
from landing.retail_orders import changes
from landing.retail_spool import PIECE_BYTES
from tests.retail.files import HEADERS, REAL, write
from tests.retail.oracle import Shop
from warehouse.errors import ProjectError

needs_data = pytest.mark.skipif(not REAL.is_dir(), reason="the shop's files are not beside the project")

ORDER = {
    "order_id": "o1",
    "customer_id": "c1",
    "order_status": "delivered",
    "order_purchase_timestamp": "2018-03-01 23:00:00",
    "order_approved_at": "2018-03-02 01:00:00",
    "order_delivered_carrier_date": "2018-03-03 10:00:00",
    "order_delivered_customer_date": "2018-03-09 12:00:00",
    "order_estimated_delivery_date": "2018-03-20 00:00:00",
}


def lives(**other: str) -> list[tuple[str, str, str]]:
    return [(t, r["change"], r["order_status"]) for t, r in changes(ORDER | other)]


def records(pieces: list[Piece], table: str) -> list[dict[str, str]]:
    return [
        json.loads(text)
        for piece in pieces
        if piece.key.startswith(f"retail/{table}/")
        for text in piece.data.decode().split("\n")
        if text
    ]


def files(pieces: list[Piece]) -> dict[str, bytes]:
    found = {piece.key: piece.data for piece in pieces}
    assert len(found) == len(pieces), "a key came twice"
    return found


# ------------------------------------------------------------------ orders


def test_an_order_comes_with_each_change_as_it_was_then() -> None:
    rows = list(changes(ORDER))
    assert [(t, r["change"], r["order_status"]) for t, r in rows] == [
        ("2018-03-01 23:00:00", "purchase", "created"),
        ("2018-03-02 01:00:00", "approved", "approved"),
        ("2018-03-03 10:00:00", "carrier", "shipped"),
        ("2018-03-09 12:00:00", "delivered", "delivered"),
    ]
    for time, row in rows:
        known = [row.get(name) for name in ORDER if name != "order_estimated_delivery_date" and "_" in name]
        assert all(value <= time for value in known if value and value[:2] == "20")
    assert ORDER.items() <= rows[-1][1].items(), "the last row is the source's"
    assert [r["change_number"] for _, r in rows] == ["1", "2", "3", "4"]


def test_a_status_without_a_time_comes_last() -> None:
    empty = {"order_delivered_carrier_date": "", "order_delivered_customer_date": ""}
    assert lives(order_status="canceled", **empty)[1:] == [
        ("2018-03-02 01:00:00", "approved", "approved"),
        ("2018-03-02 01:00:00", "status", "canceled"),
    ]
    assert [s for *_, s in lives(order_status="created", order_approved_at="", **empty)] == ["created"]


def test_changes_out_of_order_keep_their_times_and_the_furthest_status() -> None:
    assert lives(order_approved_at="2018-03-04 00:00:00")[1:3] == [
        ("2018-03-03 10:00:00", "carrier", "shipped"),
        ("2018-03-04 00:00:00", "approved", "shipped"),
    ]


def test_nothing_happens_before_the_purchase() -> None:
    assert lives(order_delivered_carrier_date="2017-01-01 00:00:00")[:2] == [
        ("2018-03-01 23:00:00", "purchase", "created"),
        ("2018-03-01 23:00:00", "carrier", "shipped"),
    ]


@pytest.mark.parametrize("text", ["soon", "2018-13-01 00:00:00", "2018-03-04", "9999-01-01 00:00:00"])
def test_a_time_that_cannot_be_believed_is_no_change_but_stays_in_the_last_row(text: str) -> None:
    rows = list(changes(ORDER | {"order_approved_at": text}))
    assert [r["change"] for _, r in rows] == ["purchase", "carrier", "delivered", "status"]
    assert rows[-1][1]["order_approved_at"] == text
    assert list(changes({"order_id": "o1", "order_approved_at": text})) == []


# ------------------------------------------------------------------ CSV


def parsed(tmp_path: Path, body: bytes) -> list[Any]:
    path = tmp_path / "t.csv"
    path.write_bytes(body)
    return [r if isinstance(r, Broken) else tuple(r.values()) for r in read(path, ("a", "b"))]


def test_records_keep_line_breaks_quotes_and_what_is_not_utf8(tmp_path: Path) -> None:
    body = b'\xef\xbb\xbf"a",b\r\n1,"x\r\n\ny ""z"""\r\n\r\n2,\xc3\xa9\xff\xe9\n3,5" disk'
    assert parsed(tmp_path, body) == [("1", 'x\r\n\ny "z"'), ("2", "é\\xff\\xe9"), ("3", '5" disk')]


@pytest.mark.parametrize("cut", [b'1,"cut', b'1,"cut\n"x,2,3', b"1", b"1,2,3", b'"1"x,2'])
def test_a_broken_record_costs_no_other(tmp_path: Path, cut: bytes) -> None:
    good = b'7,"two\nlines"\n8,end\n'
    found = parsed(tmp_path, b"a,b\n0,before\n" + cut + b"\n" + good)
    assert found[0] == ("0", "before")
    assert found[-2:] == [("7", "two\nlines"), ("8", "end")]
    assert [r.text for r in found[1:-2]] == cut.decode().split("\n")


def test_lines_in_latin1_are_read_as_such_and_others_are_not(tmp_path: Path) -> None:
    body = "a,b\n1,São Paulo\n".encode("cp1252") + "2,São Pa".encode() + b"ulo\xff\n"
    assert parsed(tmp_path, body) == [("1", "São Paulo"), ("2", "São Paulo\\xff")]


def test_gzip_and_empty_lines_before_the_header_cost_nothing(tmp_path: Path) -> None:
    assert parsed(tmp_path, gzip.compress(b"\xef\xbb\xbf\r\n\na,b\n1,2\n")) == [("1", "2")]


@pytest.mark.parametrize(
    ("body", "told"),
    [
        (b"a,b\r1,2\r", "carriage returns alone"),
        (b"a,b,a\n1,2,3\n", "has two columns 'a'"),
        ("a,b\n1,2\n".encode("utf-16"), "is UTF-16"),
        (gzip.compress(b"a,b\n" + b"1,2\n" * 99, mtime=0)[:-9], "cannot be read"),
        (b'a;"b"\n1;2\n', "a;"),
    ],
)
def test_a_file_that_is_no_table_is_told(tmp_path: Path, body: bytes, told: str) -> None:
    with pytest.raises(ProjectError) as error:
        parsed(tmp_path, body)
    assert told in str(error.value)


def test_a_line_longer_than_memory_is_broken_records(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(source_files, "LONGEST", 100)
    found = parsed(tmp_path, b"a,b\n" + b"x" * 250 + b"\n1,2\n")
    assert [len(r.text) if isinstance(r, Broken) else r for r in found] == [100, 100, 50, ("1", "2")]


def test_a_missing_column_is_told(tmp_path: Path) -> None:
    with pytest.raises(ProjectError, match="has no column 'b'"):
        parsed(tmp_path, b"a,c\n1,2\n")


def test_columns_in_another_order_and_others_besides(tmp_path: Path) -> None:
    path = tmp_path / "t.csv"
    path.write_text("b,extra,a\n1,2,3\n")
    assert list(read(path, ("a", "b"))) == [{"b": "1", "extra": "2", "a": "3"}]


# ------------------------------------------------------------------ all of it


def test_files_are_found_below_and_two_of_a_name_are_told(tmp_path: Path) -> None:
    for name, columns in retail.FILES.values():
        (tmp_path / "archive").mkdir(exist_ok=True)
        (tmp_path / "archive" / f"{name}.gz").write_bytes(gzip.compress(",".join(columns).encode()))
    assert all(not piece.data for piece in retail.real(tmp_path, hourly=False))
    (tmp_path / "olist_orders_dataset.csv").touch()
    with pytest.raises(ProjectError, match=r"two files olist_orders_dataset\.csv"):
        list(retail.real(tmp_path, hourly=False))


def test_a_wrong_directory_is_told(tmp_path: Path) -> None:
    (tmp_path / "something.txt").touch()
    with pytest.raises(ProjectError, match=r"(?s)olist_orders_dataset\.csv.*something\.txt"):
        list(retail.real(tmp_path, hourly=False))


def test_records_come_on_their_days_and_the_rest_on_the_first(tmp_path: Path) -> None:
    order = "o1,c1,shipped,2018-03-01 23:00:00,2018-03-02 01:00:00,2018-03-05 01:00:00,,2018-03-20 00:00:00"
    write(
        tmp_path,
        orders=f'{order}\n{order.replace("shipped", "canceled")}\no2,c2,created,never,,,,\n"cut,\n',
        order_items="o1,1,p,s,2018-03-04 00:00:00,1.00,2.00\nnobody,1,p,s,,1.00,2.00\n",
        order_payments="o1,1,boleto,1,3.00\n",
        customers="c1,u,01037,sao paulo,SP\n",
        order_reviews="r,o1,5,,,2018-03-03 00:00:00,\nr2,o1,5,,,,\n",
    )
    pieces = list(retail.real(tmp_path, hourly=False))
    by_day = {
        key.removeprefix("retail/"): data.decode().count("\n")
        for key, data in files(pieces).items()
        if "/dt=" in key
    }
    assert {key: n for key, n in by_day.items() if n} == {
        "raw_orders/dt=2018-03-01/orders.jsonl": 4,
        "raw_orders/dt=2018-03-02/orders.jsonl": 1,
        "raw_orders/dt=2018-03-05/orders.jsonl": 1,
        "raw_items/dt=2018-03-01/items.jsonl": 2,
        "raw_payments/dt=2018-03-01/payments.jsonl": 1,
        "raw_customers/dt=2018-03-01/customers.jsonl": 1,
        "raw_reviews/dt=2018-03-03/reviews.jsonl": 1,
        "raw_reviews/dt=2018-03-05/reviews.jsonl": 1,
    }
    assert len(by_day) == 5 * 5, "a day without rows has an empty file"
    broken = [r for r in records(pieces, "raw_orders") if "broken" in r]
    assert Counter(r["why"] for r in broken) == {"a quote that does not close": 1, "the order came before": 1}


def test_a_wrong_year_is_no_century_of_empty_files(tmp_path: Path) -> None:
    write(tmp_path, orders="o1,c1,created,1950-01-01 00:00:00,,,,\no2,c2,created,2018-01-01 00:00:00,,,,\n")
    days = {piece.key for piece in retail.real(tmp_path, hourly=False) if "raw_orders" in piece.key}
    assert days == {f"retail/raw_orders/dt={d}/orders.jsonl" for d in ("1950-01-01", "2018-01-01")}


def test_hours_hold_what_the_day_holds() -> None:
    day = date(2018, 5, 3)
    whole = list(retail.generated(day, day, seed=3, rate=40, hourly=False))
    hours = list(retail.generated(day, day, seed=3, rate=40, hourly=True))
    for table in ("raw_orders", "raw_items", "raw_payments", "raw_customers", "raw_reviews"):
        assert records(whole, table) == records(hours, table) != []
    for piece in hours:
        if "/raw_orders/" in piece.key:
            hour = piece.key.removesuffix(".jsonl")[-2:]
            assert all(r["changed_at"][11:13] == hour for r in records([piece], "raw_orders"))


@pytest.mark.parametrize("hourly", [False, True])
def test_a_busy_day_is_sorted_in_blocks(monkeypatch: pytest.MonkeyPatch, hourly: bool) -> None:
    def landed() -> dict[str, bytes]:
        return files(
            list(retail.generated(date(2018, 3, 1), date(2018, 3, 2), seed=7, rate=40, hourly=hourly))
        )

    at_once = landed()
    monkeypatch.setattr(retail_spool, "BUFFER_CHARACTERS", 10_000)
    monkeypatch.setattr(retail_spool, "BLOCK_CHARACTERS", 2_000)
    assert landed() == at_once


@pytest.mark.data
@needs_data
def test_of_the_real_files_nothing_is_lost() -> None:
    shop = Shop(REAL)
    found: dict[str, Counter[tuple[tuple[str, str], ...]]] = {}
    changes_seen = points = 0
    last: dict[str, tuple[int, dict[str, str]]] = {}
    for piece in retail.real(REAL, hourly=False):
        assert len(piece.data) <= PIECE_BYTES
        table = piece.key.split("/")[1]
        if table == "raw_geolocation":  # a million points, of which no line is read twice
            points += piece.data.count(b"\n")
            continue
        for record in records([piece], table):
            if table == "raw_orders":
                changes_seen += 1
                number = int(record.pop("change_number"))
                if number > last.get(record["order_id"], (0, {}))[0]:
                    last[record["order_id"]] = number, record
            else:
                found.setdefault(table, Counter())[tuple(sorted(record.items()))] += 1
    assert changes_seen == sum(len(shop.events(order)) for order in shop.orders)
    with (REAL / "olist_geolocation_dataset.csv").open("rb") as file:
        assert points == sum(1 for _ in file) - 1
    for order in shop.orders:
        kept = last[order["order_id"]][1]
        assert {k: v for k, v in order.items() if v} == {k: v for k, v in kept.items() if k in order}
    for table, rows in (
        ("raw_items", shop.items),
        ("raw_payments", shop.payments),
        ("raw_reviews", shop.reviews),
        ("raw_customers", list(shop.customers.values())),
        ("raw_products", list(shop.products.values())),
        ("raw_sellers", list(shop.sellers.values())),
    ):
        assert found[table] == Counter(tuple(sorted(pair for pair in r.items() if pair[1])) for r in rows), (
            table
        )


# ------------------------------------------------------------------ made up


def test_made_up_days_do_not_depend_on_the_range() -> None:
    whole = files(list(retail.generated(date(2018, 1, 1), date(2018, 1, 12), seed=7, rate=9, hourly=False)))
    again = files(list(retail.generated(date(2018, 1, 1), date(2018, 1, 12), seed=7, rate=9, hourly=False)))
    part = files(list(retail.generated(date(2018, 1, 5), date(2018, 1, 8), seed=7, rate=9, hourly=False)))
    other = files(list(retail.generated(date(2018, 1, 5), date(2018, 1, 8), seed=8, rate=9, hourly=False)))
    assert whole == again
    assert part.items() <= whole.items()
    assert part.keys() == other.keys()
    assert all(part[key] != other[key] for key in part if "raw_orders" in key)


def test_made_up_files_have_the_shape_of_the_real_ones() -> None:
    pieces = list(retail.generated(date(2018, 1, 1), date(2018, 4, 30), seed=1, rate=30, hourly=False))
    named = {"raw_order_items": "raw_items", "raw_order_payments": "raw_payments"}
    for file, header in HEADERS.items():
        short = file.removeprefix("olist_").removesuffix(".csv").removesuffix("_dataset")
        table = named.get(f"raw_{short}", f"raw_{short.removeprefix('order_')}")
        table = table.replace("raw_product_category_name_translation", "raw_categories")
        added = {"changed_at", "change", "change_number"} if table == "raw_orders" else set()
        seen: set[str] = set().union(*(r.keys() for r in records(pieces, table)))
        assert seen == set(header.split(",")) | added, table
    made = [r for r in records(pieces, "raw_orders") if r["change_number"] == "1"]
    assert 30 * 120 * 0.9 < len(made) < 30 * 120 * 1.1
    delivered = [r for r in records(pieces, "raw_orders") if r["change"] == "delivered"]
    late = [r for r in delivered if r["order_delivered_customer_date"] > r["order_estimated_delivery_date"]]
    assert 0.02 < len(late) / len(delivered) < 0.2
    assert any("\r\n" in r.get("review_comment_message", "") for r in records(pieces, "raw_reviews"))


def test_made_up_payments_add_up_to_the_items() -> None:
    pieces = list(retail.generated(date(2018, 1, 1), date(2018, 1, 3), seed=1, rate=50, hourly=False))
    cents: Counter[str] = Counter()
    for item in records(pieces, "raw_items"):
        cents[item["order_id"]] += round(100 * (float(item["price"]) + float(item["freight_value"])))
    for payment in records(pieces, "raw_payments"):
        if payment["order_id"] in cents:
            cents[payment["order_id"]] -= round(100 * float(payment["payment_value"]))
    assert set(cents.values()) == {0}
