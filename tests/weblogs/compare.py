"""Published tables against the oracle. ``query`` gives rows as lists, times as text."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import astuple
from pathlib import Path
from typing import Any

from tests.weblogs import agents, oracle

Query = Callable[[str], list[list[Any]]]


def requests(query: Query, start: str, end: str) -> Counter[tuple[Any, ...]]:
    rows = query(
        "SELECT request_id, repeat_number, browser, bot, concat(dt, 'T', hour), "
        "CAST(request_time AS STRING), host, remote_ident, remote_user, method, path, query, "
        "protocol, status, bytes, referer, agent FROM weblogs.requests "
        f"WHERE dt BETWEEN '{start}' AND '{end}'"
    )
    return Counter(map(tuple, rows))


def wanted(found: list[oracle.Request]) -> Counter[tuple[Any, ...]]:
    """The same rows, from the oracle."""
    keys = oracle.keys((request.hour, request.line) for request in found)
    return Counter(
        (*key, agents.browser(r.agent), agents.bot(r.agent), *astuple(r)[:-1])
        for key, r in zip(keys, found, strict=True)
    )


def traffic(query: Query, table: str, key: str, start: str, end: str) -> dict[str, oracle.Traffic]:
    rows = query(
        f"SELECT {key}, hits, bytes, hosts, bot_hits, "
        "status_1xx, status_2xx, status_3xx, status_4xx, status_5xx, top_paths "
        f"FROM weblogs.{table} WHERE dt BETWEEN '{start}' AND '{end}'"
    )
    found = {}
    for place, hits, size, hosts, bots, *statuses, top in rows:
        found[place] = oracle.Traffic(
            hits, size, hosts, bots, tuple(statuses), tuple(tuple(path) for path in top)
        )
    assert len(found) == len(rows)
    return found


def everything(query: Query, path: Path, start: str, end: str) -> None:
    """Every row of all tables from ``start`` to ``end`` follows from the log at ``path``."""
    expected = oracle.requests(path)
    assert requests(query, start, end) == wanted(expected)
    rejected = query(
        "SELECT rejected_id, repeat_number, concat(dt, 'T', hour), line FROM weblogs.rejected_lines "
        f"WHERE dt BETWEEN '{start}' AND '{end}'"
    )
    assert Counter(row[3] for row in rejected) == Counter(oracle.rejects(path))
    # The hour is where landing put the line, for it tells none.
    keys = oracle.keys((hour, line) for *_, hour, line in rejected)
    assert sorted((row[0], row[1]) for row in rejected) == sorted(keys)
    hours = traffic(query, "traffic_hourly", "concat(dt, 'T', hour)", start, end)
    assert hours == oracle.traffic(expected, 13)
    assert traffic(query, "traffic_daily", "dt", start, end) == oracle.traffic(expected, 10)
