"""Which slices failed last time, for plans to tell. A remark, not state: it may be deleted."""

from __future__ import annotations

import contextlib
from collections.abc import Iterable
from datetime import UTC, datetime

import msgspec

from runner.stores import Store
from warehouse.errors import OutsideError
from warehouse.names import TableName


class Failure(msgspec.Struct, frozen=True):
    """When a slice failed last, in which run, and what was said."""

    time: str
    run_id: str
    message: str


def failures(store: Store, table: TableName) -> dict[str, Failure]:
    """By slice; empty where nothing failed or nobody knows."""
    data = store.read(_key(table))
    try:
        return msgspec.json.decode(data, type=dict[str, Failure]) if data else {}
    except msgspec.DecodeError:
        return {}


def remember_failure(store: Store, table: TableName, spec: str, run_id: str, message: str) -> None:
    """Note it; a store that fails now must not hide the failure that is being told."""
    with contextlib.suppress(OutsideError):
        now = datetime.now(UTC).isoformat(timespec="seconds")
        known = failures(store, table) | {spec: Failure(now, run_id, message)}
        store.write(_key(table), msgspec.json.encode(known))


def forget_failures(store: Store, table: TableName, specs: Iterable[str]) -> None:
    """These slices are published."""
    with contextlib.suppress(OutsideError):
        known = failures(store, table)
        left = {spec: failure for spec, failure in known.items() if spec not in set(specs)}
        if left != known:
            store.write(_key(table), msgspec.json.encode(left))


def _key(table: TableName) -> str:
    return f"_warehouse/tables/{table}/failures.json"
