"""What must hold. Each function gives the first violation as a sentence, or None."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from warehouse.log import Adopt, Condemned, Ddl, Drop, Entry, Publish, Rollback, SetHold, State, apply
from warehouse.names import Spec
from warehouse.protocol import columns_digest, subjects

from .actors import planned_on
from .world import EMPTY, Catalog

Shown = tuple[str, str] | None
"""What readers see of a partition: location and columns' digest, or that it is not there."""


def prefixes(entries: Iterable[Entry]) -> list[State]:
    """The fold of every prefix, the empty one first."""
    states, state = [State()], State()
    for entry in entries:
        apply(state, entry)
        states.append(_copy(state))
    return states


def _copy(state: State) -> State:
    from warehouse.log import copy_state

    return copy_state(state)


def wanted(state: State) -> dict[str, Shown]:
    """What readers should see, said here once more without the code that is under test."""
    if state.contract is None:
        return {}
    digest = columns_digest(state.contract)
    return {p.partition: (p.location, digest) for s in state.slices.values() for p in s.partitions}


def shown(catalog: Catalog) -> dict[str, Shown]:
    """What readers see; a partition at the empty directory is as good as none."""
    table = catalog.table
    if table is None:
        return {}
    if not table.partitions:
        return {} if table.location == EMPTY else {"": (table.location, _digest(catalog))}
    return {p: (x.location, x.columns) for p, x in catalog.pointers.items() if x.location != EMPTY}


def _digest(catalog: Catalog) -> str:
    from warehouse.contract import Contract

    table = catalog.table
    assert table is not None
    return columns_digest(Contract("db.t", table.columns, table.partitions, table.storage, table.location))


# The log: checked whenever an entry has been added.


def check_log(entries: Sequence[Entry], before: Sequence[Entry]) -> str | None:
    """I3 (the log's part), I4, I5, I6, I8 and I10 for the entries after ``before``, the initial ones."""
    nonces = [entry.nonce for entry in entries]
    for nonce in nonces:
        if nonces.count(nonce) > 1:
            return f"I10: two entries carry the nonce {nonce}"
    states = prefixes(entries)
    last = states[-1]
    used = {p.location for p in last.partitions().values()}
    if used & last.condemned:
        return f"I3: the head points at {sorted(used & last.condemned)}, which vacuum deletes"
    for entry in entries[len(before) :]:
        why = _check_entry(entry, entries, states[entry.n - 1])
        if why:
            return why
    return None


def _check_entry(entry: Entry, entries: Sequence[Entry], head: State) -> str | None:
    base = planned_on(entry)
    unseen = [other for other in entries if base < other.n < entry.n]
    for other in unseen:
        kinds = (type(entry.body).__name__, type(other.body).__name__)
        if isinstance(entry.body, Ddl | Drop):
            if isinstance(other.body, Ddl | Drop):
                return f"I8: {kinds[0]} at {entry.n} did not see the {kinds[1]} at {other.n}"
            continue
        if isinstance(entry.body, Condemned):
            continue
        if isinstance(other.body, Drop):
            return f"I8: {kinds[0]} at {entry.n} goes across the drop at {other.n}"
        for mine in subjects(entry.body):
            for theirs in subjects(other.body):
                if Spec.parse(mine).overlaps(Spec.parse(theirs)):
                    which = "I5" if isinstance(other.body, Rollback | SetHold) else "I6"
                    which = (
                        "I4" if isinstance(entry.body, Publish) and isinstance(other.body, Publish) else which
                    )
                    return f"{which}: {kinds[0]} at {entry.n} did not see the {kinds[1]} at {other.n}"
    if isinstance(entry.body, Adopt):
        for slice_ in entry.body.slices:
            for partition in slice_.partitions:
                if partition.location in head.known:
                    return f"I6: adopt at {entry.n} brings {partition.location} back"
                if partition.partition in head.partitions():
                    return f"I6: adopt at {entry.n} replaces {partition.partition}, which is published"
                if partition.location == EMPTY:
                    return f"I6: adopt at {entry.n} takes over the empty directory"
    if isinstance(entry.body, Publish | Adopt) and not getattr(entry.body, "forced", False):
        for slice_ in entry.body.slices:
            if head.hold_on(Spec.parse(slice_.spec)) is not None:
                return f"I5: entry {entry.n} replaces {slice_.spec}, which is held"
    return None


# A metastore: I1 always, I2 when all is quiet.


def check_prefix(catalog: Catalog, states: Sequence[State], start: Catalog) -> str | None:
    """I1: every partition shows its value, or its absence, of some prefix of the log (or of the start)."""
    seen, first = shown(catalog), shown(start)
    histories = [wanted(state) for state in states]
    for partition, value in seen.items():
        if value != first.get(partition) and not any(h.get(partition) == value for h in histories):
            return f"I1: {partition or 'the table'} shows {value}, which no prefix of the log says"
    return None


def check_whole(catalog: Catalog, states: Sequence[State], spec: str) -> str | None:
    """A slice's partitions together show one prefix: no reader sees a replacement half done."""

    def part(values: dict[str, Shown]) -> dict[str, Shown]:
        return {p: v for p, v in values.items() if Spec.parse(spec).contains(Spec.parse(p))}

    seen = part(shown(catalog))
    if any(part(wanted(state)) == seen for state in states):
        return None
    return f"Whole: {spec} shows a mixture: {seen}"


def check_strangers(catalog: Catalog, states: Sequence[State], start: Catalog) -> str | None:
    """Partitions that others have registered stay where they are, unless the log has them elsewhere."""
    if start.table is None or any(state.dropped for state in states):
        return None
    ever = {p for state in states for p in wanted(state)}
    for partition, value in shown(start).items():
        if partition not in ever and shown(catalog).get(partition) != value:
            return f"Strangers: {partition} was moved or dropped, and the log never knew it"
    return None


def check_quiet(catalog: Catalog, state: State) -> str | None:
    """I2: the metastore equals the log's head, I8: with the head's columns."""
    table = catalog.table
    if state.contract is None:
        if state.dropped and table is not None and table.ours:
            return "I2: the table is dropped in the log, and the metastore has it"
        return None
    if table is None:
        return "I2: the metastore has no table"
    if table.columns != state.contract.columns or table.partitions != state.contract.partitions:
        return "I8: the table's columns are not the head's"
    want, seen = wanted(state), shown(catalog)
    for partition in want.keys() | seen.keys():
        value = seen.get(partition)
        if value != want.get(partition) and not (
            partition not in want and value is not None and value[0] not in state.known
        ):
            return f"I2: {partition or 'the table'} shows {value}, and the head says {want.get(partition)}"
    return None
