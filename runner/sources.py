"""Discovery: what lies in the directories of a source, and its log brought up to that."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from runner.stores import Store
from warehouse.contract import Contract
from warehouse.intervals import Interval
from warehouse.log import SliceState, State
from warehouse.names import Spec
from warehouse.sourcing import Layout, SourceFile, observed


@dataclass(frozen=True)
class Observation:
    """What was seen: slices that differ from the log's, and why some may not be read yet (by path)."""

    changed: tuple[SliceState, ...]
    waiting: dict[str, str]


def observe(
    store: Store, root: str, contract: Contract, state: State, specs: Sequence[Spec] | None, now: datetime
) -> Observation:
    """List the directories of ``specs`` (all there are when None) and compare them with the log.

    ``root`` is the table's directory as a key of ``store``; a partition whose directory is gone is
    reported as a slice without partitions.
    """
    layout = Layout.of(contract)
    if contract.is_snapshot:
        asked = [Spec()]
    elif specs is None:
        asked = sorted(set(_find(store, layout, root)) | {Spec.parse(s) for s in state.slices})
    else:
        asked = list(specs)
    changed, waiting = [], {}
    for spec in asked:
        below = layout.directory(spec)
        directory = "/".join(part for part in (root, below) if part)
        location = "/".join(part for part in (contract.location.rstrip("/"), below) if part)
        files, names = [], set()
        for info in store.list(directory + "/"):
            name = info.key[len(directory) + 1 :]
            names.add(name)
            if not any(part.startswith(("_", ".")) for part in name.split("/")) and not name.endswith("/"):
                files.append(SourceFile(name, info.size, info.etag))
        before = state.slices.get(spec.path)
        if not names and not contract.is_snapshot:
            if before is not None and before.partitions:
                changed.append(SliceState(spec.path, "source-gone", ()))
            continue
        seen = observed(spec, location, files)
        wait = layout.waits_for(_interval(layout, spec), names, now) if layout.may_wait else None
        if wait:
            waiting[spec.path] = wait
        if before is None or before.version != seen.version or before.partitions[0].location != location:
            changed.append(seen)
    return Observation(tuple(changed), waiting)


def _find(store: Store, layout: Layout, root: str) -> list[Spec]:
    """Partitions by their directories, level by level."""
    level = [""]
    for _ in range(layout.depth):
        level = [
            f"{parent}/{child}" if parent else child
            for parent in level
            for child in store.children(f"{root}/{parent}".rstrip("/"))
            if not child.startswith(("_", "."))
        ]
    return [spec for spec in map(layout.parse, level) if spec is not None]


def _interval(layout: Layout, spec: Spec) -> Interval | None:
    """The interval of a source's partition, where its columns say one."""
    form = " ".join(c.form for c in layout.slicing.columns)
    values = " ".join(v for v in spec.values[: len(layout.slicing.columns)])
    if not form:
        return None
    try:
        return Interval(datetime.strptime(values + " +0000", form + " %z"), layout.slicing.grain)
    except ValueError:
        return None
