"""Which directories of a table nothing needs any more: what vacuum condemns, and later deletes.

Only directories that runs wrote are ever looked at: their names are run ids. Raw files of sources, what was
adopted, and whatever somebody else put beside them are nobody's to delete.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from warehouse.log import Drop, Entry, State, apply
from warehouse.names import Spec

_RUN = re.compile(r"(?P<time>\d{8}T\d{6})-(?:batch-)?[0-9a-f]{8}")


@dataclass(frozen=True)
class Unneeded:
    """A directory of a run. ``why`` is for people."""

    location: str
    why: str


def started(run_id: str) -> str | None:
    """When a run (or a batch of runs) began, as log entries tell time; None for what is not its id."""
    found = _RUN.fullmatch(run_id)
    if found is None:
        return None
    moment = datetime.strptime(found["time"], "%Y%m%dT%H%M%S").replace(tzinfo=UTC)
    return moment.isoformat(timespec="milliseconds")


def run_directory(location: str) -> str | None:
    """The directory of the run that a location lies in, or is; None where no part of it is a run's id."""
    parts = location.split("/")
    for number, part in enumerate(parts):
        if started(part) is not None:
            return "/".join(parts[: number + 1])
    return None


def last_shown(entries: Iterable[Entry]) -> dict[str, str]:
    """Locations that the log has pointed at and does not any more, and until when it did."""
    state, left = State(), dict[str, str]()
    for entry in entries:
        specs = [Spec.parse(s.spec) for s in getattr(entry.body, "slices", ())]
        before = _shown(state, None if isinstance(entry.body, Drop) else specs)
        apply(state, entry)
        after = _shown(state, specs)
        left.update(dict.fromkeys(before - after, entry.time))
        for location in after:
            left.pop(location, None)
    return left


def _shown(state: State, specs: Sequence[Spec] | None) -> set[str]:
    if specs is None:
        return {p.location.rstrip("/") for p in state.partitions().values()}
    slices = {s.spec: s for spec in specs for s in state.overlapping(spec)}
    return {p.location.rstrip("/") for s in slices.values() for p in s.partitions}


def unneeded(
    entries: Sequence[Entry],
    state: State,
    there: Iterable[str],
    working: Iterable[str],
    cutoff: str,
) -> list[Unneeded]:
    """What can be condemned of the run directories ``there``: what no reader, no rollback and no ``--as-of``
    can want since ``cutoff`` (a time as in entries).

    ``state`` is the fold of ``entries``; ``working`` are ids of runs that hold claims. A run of which nothing
    is needed is one directory, else its partitions are told one by one.
    """
    left = last_shown(entries)
    head = {p.location.rstrip("/") for p in state.partitions().values()}
    wanted = head | {location for location, until in left.items() if until >= cutoff}
    runs_wanted = {run_directory(location) for location in wanted}
    published: dict[str, list[str]] = {}
    for location in left.keys() | head:
        run = run_directory(location)
        if run is not None:
            published.setdefault(run, []).append(location)
    alive, found = set(working), []
    for run in sorted(there):
        name = run.rpartition("/")[2]
        began = started(name)
        if began is None or name in alive or state.doomed(run):
            continue
        if run in published:
            if run not in runs_wanted:
                until = max(left[location] for location in published[run])
                found.append(Unneeded(run, f"replaced since {until[:19]}"))
                continue
            for location in sorted(set(published[run]) - wanted):
                if not state.doomed(location):
                    found.append(Unneeded(location, f"replaced since {left[location][:19]}"))
        elif began < cutoff:
            found.append(Unneeded(run, "never published"))
    return found
