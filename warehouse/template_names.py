"""The names that templates know: Airflow's, for the run's interval."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import date, datetime, timedelta
from functools import lru_cache
from typing import Any

from warehouse.errors import ProjectError
from warehouse.intervals import Interval

KNOWN = (
    "data_interval_end",
    "data_interval_start",
    "dict",
    "ds",
    "ds_nodash",
    "end_ds",
    "end_ts",
    "env",
    "hour",
    "lake",
    "macros",
    "month",
    "namespace",
    "next_ds",
    "prev_ds",
    "range",
    "start_ds",
    "start_ts",
    "this",
    "ts",
    "var",
    "year",
)
"""Every name but macros'. ``this`` is there in checks only."""

_CLOCK = frozenset({"now", "utcnow", "today", "fromtimestamp", "astimezone"})


class Namespace(Mapping[str, Any]):
    """A strict mapping whose keys read as attributes; ``name`` and ``hint`` are for complaints."""

    __slots__ = ("_values", "hint", "name")

    def __init__(self, name: str, values: Mapping[str, Any], hint: str) -> None:
        self.name = name
        self.hint = hint
        self._values = dict(values)

    def __getitem__(self, key: str) -> Any:
        return self._values[key]

    def __iter__(self) -> Iterator[str]:
        return iter(self._values)

    def __len__(self) -> int:
        return len(self._values)


def is_clock(owner: Any, attribute: str) -> bool:
    """Whether an attribute tells the time of day or the machine's zone: no run could be repeated with it."""
    kind = owner if isinstance(owner, type) else type(owner)
    return attribute in _CLOCK and issubclass(kind, date)


def ds_add(ds: str, days: int) -> str:
    """A date some days later, or earlier: ``ds_add('2018-11-01', -1)`` is ``2018-10-31``."""
    return f"{datetime.strptime(str(ds), '%Y-%m-%d') + timedelta(days=int(days)):%Y-%m-%d}"


def ds_format(ds: str, input_format: str, output_format: str) -> str:
    """A date in another form: ``ds_format('2018-11-01', '%Y-%m-%d', '%d/%m')`` is ``01/11``."""
    return datetime.strptime(str(ds), input_format).strftime(output_format)


_MACROS = Namespace(
    "macros",
    {"datetime": datetime, "ds_add": ds_add, "ds_format": ds_format, "timedelta": timedelta},
    "there are macros.ds_add, ds_format, datetime and timedelta; macros of the project have no prefix",
)


def names_for(
    interval: Interval,
    first: Interval | None = None,
    last: Interval | None = None,
    *,
    env: str = "",
    lake: str = "",
    variables: Mapping[str, Any] | None = None,
) -> dict[str, Any]:
    """Name to value for one run. ``first`` and ``last`` bound its batch and default to ``interval``."""
    return {
        **_dates(interval, first or interval, last or interval),
        "macros": _MACROS,
        "var": Namespace(
            "var", variables or {}, "set it in pyproject.toml under [tool.warehouse.vars], or with --var"
        ),
        "env": env,
        "lake": lake,
    }


@lru_cache(maxsize=256)
def _dates(interval: Interval, first: Interval, last: Interval) -> dict[str, Any]:
    start = interval.start
    try:
        before, after = interval.prev(), interval.next()
    except (OverflowError, ValueError):
        raise ProjectError(f"{interval} lies at the end of the calendar") from None
    return {
        "ds": interval.ds,
        "ds_nodash": f"{start:%Y%m%d}",
        "ts": interval.ts,
        "hour": f"{start:%H}",
        "month": f"{start:%Y-%m}",
        "year": f"{start:%Y}",
        "prev_ds": before.ds,
        "next_ds": after.ds,
        "data_interval_start": start,
        "data_interval_end": interval.end,
        "start_ds": first.ds,
        "end_ds": last.ds,
        "start_ts": first.ts,
        "end_ts": last.ts,
    }
