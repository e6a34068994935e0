"""A small source of each domain, of the kind that its landing takes, made of what the generators give."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date
from pathlib import Path

from landing import chamber, music, weblogs
from tests.retail import files

RATES: Mapping[str, float] = {"music": 30, "retail": 4, "weblogs": 300, "chamber": 10}
"""Records a day that are a few in every file."""


def of_music(directory: Path, start: date, end: date, rate: float) -> None:
    for piece in music.generated(start, end, rate=rate):
        name = piece.key.rpartition("/")[2]
        path = directory / ("log_data" if "events" in name else "song_data") / name
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(piece.data)


def of_weblogs(directory: Path, start: date, end: date, rate: float) -> None:
    with (directory / "access.log").open("wb") as file:
        for piece in weblogs.generated(start, end, seed=0, rate=rate, hourly=True):
            file.write(piece.data)


def of_chamber(directory: Path, start: date, end: date, rate: float) -> None:
    with (directory / f"Ano-{end.year}.csv").open("wb") as file:
        for piece in chamber.generated(start, end, seed=0, rate=rate, hourly=False):
            file.write(piece.data)


def of_retail(directory: Path, start: date, end: date, rate: float) -> None:
    """Every order with one item, one payment and a review, approved on the next day."""
    orders, items, payments, customers, reviews = (list[str]() for _ in range(5))
    for n in range(round(rate * ((end - start).days + 1))):
        day = date.fromordinal(start.toordinal() + int(n / rate))
        after = date.fromordinal(day.toordinal() + 1)
        time = f"{n % 24:02}:00:00"
        orders.append(f"o{n},c{n},approved,{day} {time},{after} {time},,,{after} 00:00:00\n")
        items.append(f"o{n},1,p1,s1,{after} 00:00:00,10.00,1.10\n")
        payments.append(f"o{n},1,boleto,1,11.10\n")
        customers.append(f"c{n},u{n},01037,sao paulo,SP\n")
        reviews.append(f'r{n},o{n},5,,"good,\nsays ""{n}""",{after} 00:00:00,{after} 10:00:00\n')
    files.write(
        directory,
        orders="".join(orders),
        order_items="".join(items),
        order_payments="".join(payments),
        customers="".join(customers),
        order_reviews="".join(reviews),
        products="p1,perfumaria,1,2,3,100,10,10,10\n",
        sellers="s1,01037,sao paulo,SP\n",
        geolocation="01037,-23.5,-46.6,sao paulo,SP\n",
        product_category_name_translation="perfumaria,perfumery\n",
    )


MADE: Mapping[str, Callable[[Path, date, date, float], None]] = {
    "music": of_music,
    "retail": of_retail,
    "weblogs": of_weblogs,
    "chamber": of_chamber,
}
