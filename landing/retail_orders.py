"""The life of an order, replayed: the row as the shop's database had it after each of its changes."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from datetime import datetime

Row = Mapping[str, str]

PURCHASE = "order_purchase_timestamp"
STEPS = (
    ("purchase", PURCHASE, "created"),
    ("approved", "order_approved_at", "approved"),
    ("carrier", "order_delivered_carrier_date", "shipped"),
    ("delivered", "order_delivered_customer_date", "delivered"),
)
"""Change, the column that says when it came, the order's status from then on."""

_MOMENT = re.compile(r"(19|20)\d\d-\d\d-\d\d \d\d:\d\d:\d\d\Z", re.ASCII)


def moment(text: str | None) -> str | None:
    """``text`` if it is a time that can be believed (``2017-10-02 10:56:33``), else None."""
    if not text or not _MOMENT.match(text):
        return None
    try:
        datetime.fromisoformat(text)
    except ValueError:
        return None
    return text


def changes(row: Row) -> Iterator[tuple[str, dict[str, str]]]:
    """``(time, row)`` for each change of an order, in order; nothing where it has no time at all.

    Times later than the change are empty, the status is the furthest that was reached. Nothing happens to an
    order before its purchase. A status without a time of its own (canceled, unavailable, invoiced,
    processing) comes as a last change ``status`` at the last known time, so that the last row is the
    source's. ``changed_at``, ``change`` and ``change_number`` (from 1) are added.
    """
    purchase = moment(row.get(PURCHASE))
    steps = []
    for rank, (change, column, status) in enumerate(STEPS):
        time = moment(row.get(column))
        if time is not None:
            steps.append((max(time, purchase or time), rank, change, column, status))
    if not steps:
        return
    steps.sort()
    state = {name: text for name, text in row.items() if name not in {column for _, column, _ in STEPS}}
    reached, number = -1, 0
    for number, (time, rank, change, column, status) in enumerate(steps, 1):
        state[column] = row[column]
        if rank > reached:
            reached, state["order_status"] = rank, status
        yield time, _changed(state, time, change, number)
    if {name: text for name, text in row.items() if text} != {n: t for n, t in state.items() if t}:
        time = steps[-1][0]
        yield time, _changed(row, time, "status", number + 1)


def _changed(row: Row, time: str, change: str, number: int) -> dict[str, str]:
    return {**row, "changed_at": time, "change": change, "change_number": str(number)}
