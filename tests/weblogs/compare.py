"""Published tables against the oracle. ``query`` gives rows as lists, times as text."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

from tests.weblogs import oracle

Query = Callable[[str], list[list[Any]]]


def requests(query: Query, start: str, end: str) -> Counter[oracle.Request]:
    rows = query(
        "SELECT concat(dt, 'T', hour), CAST(request_time AS STRING), host, remote_ident, remote_user, "
        "method, path, query, protocol, status, bytes, referer, agent FROM weblogs.requests "
        f"WHERE dt BETWEEN '{start}' AND '{end}'"
    )
    return Counter(oracle.Request(*row) for row in rows)


def traffic(query: Query, table: str, key: str, start: str, end: str) -> dict[str, oracle.Traffic]:
    rows = query(
        f"SELECT {key}, hits, bytes, hosts, "
        "status_1xx, status_2xx, status_3xx, status_4xx, status_5xx, top_paths "
        f"FROM weblogs.{table} WHERE dt BETWEEN '{start}' AND '{end}'"
    )
    found = {}
    for place, hits, size, hosts, *statuses, top in rows:
        found[place] = oracle.Traffic(hits, size, hosts, tuple(statuses), tuple(tuple(path) for path in top))
    assert len(found) == len(rows)
    return found


def everything(query: Query, path: Path, start: str, end: str) -> None:
    """Every row of all tables from ``start`` to ``end`` follows from the log at ``path``."""
    expected = oracle.requests(path)
    assert requests(query, start, end) == Counter(expected)
    rejected = query(f"SELECT line FROM weblogs.rejected_lines WHERE dt BETWEEN '{start}' AND '{end}'")
    assert Counter(line for (line,) in rejected) == Counter(oracle.rejects(path))
    hours = traffic(query, "traffic_hourly", "concat(dt, 'T', hour)", start, end)
    assert hours == oracle.traffic(expected, 13)
    assert traffic(query, "traffic_daily", "dt", start, end) == oracle.traffic(expected, 10)
