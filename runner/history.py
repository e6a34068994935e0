"""What happened to a slice, and setting it back: history, rollback, release, hold."""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from dataclasses import dataclass

import msgspec

from runner.lake import Lake
from runner.publish import append_or_lose, converge
from runner.published_code import keep_code
from warehouse.errors import ProjectError
from warehouse.log import Accept, Adopt, Publish, Release, Rollback, SetHold, SliceState, State, describe
from warehouse.names import Spec, TableName


@dataclass(frozen=True)
class Event:
    """One log entry as far as it concerns a slice. ``current`` marks the rows that readers see now."""

    entry: int
    time: str
    kind: str
    by: str
    slice: str
    run_id: str = ""
    rows: int = -1
    bytes: int = 0
    reason: str = ""
    interval: str = ""
    current: bool = False


def history(lake: Lake, table: TableName, spec: Spec | None) -> list[Event]:
    """Entries that concern ``spec`` (None: the whole table), oldest first."""
    log = lake.log(table)
    state = _known(lake, table)
    current = {(s.spec, s.run_id) for s in state.slices.values()}
    found = []
    for entry in log.entries(0):
        told = describe(entry.body)
        slices: Sequence[SliceState] = getattr(entry.body, "slices", ())
        common = {"entry": entry.n, "time": entry.time, "kind": told["kind"], "by": entry.by}
        for slice_ in slices:
            if spec is None or Spec.parse(slice_.spec).overlaps(spec):
                found.append(
                    Event(
                        **common,
                        slice=slice_.spec,
                        run_id=slice_.run_id,
                        rows=_rows(slice_),
                        bytes=sum(p.bytes for p in slice_.partitions),
                        reason=told["reason"],
                        interval=slice_.interval,
                        current=(slice_.spec, slice_.run_id) in current,
                    )
                )
        if slices:
            continue
        named: list[str] = told["slices"]
        for text in named or [""]:
            if not named and spec is not None and entry.body.__struct_config__.tag not in ("ddl", "drop"):
                continue
            if spec is None or not named or Spec.parse(text).overlaps(spec):
                found.append(Event(**common, slice=text, reason=told["reason"]))
    return found


def _rows(slice_: SliceState) -> int:
    counts = [p.rows for p in slice_.partitions]
    return -1 if any(c < 0 for c in counts) else sum(counts)


def rollback(lake: Lake, table: TableName, spec: Spec, reason: str, run_id: str | None) -> SliceState:
    """Point a slice at what it was before (or at ``run_id``'s rows), and hold it until it is released.

    :class:`ProjectError` when there is nothing earlier; :class:`ConflictError` when somebody was faster.
    """
    if not reason.strip():
        raise ProjectError("a rollback needs a reason", fix='--reason "why the new rows are wrong"')
    state = _known(lake, table)
    now = state.slices.get(spec.path)
    if now is None:
        raise _no_slice(table, spec, state)
    earlier = [
        s
        for entry in lake.log(table).entries(0)
        if isinstance(entry.body, Publish | Adopt | Rollback)
        for s in entry.body.slices
        if s.spec == spec.path and entry.n > state.created
    ]
    wanted = _choose(table, spec, earlier, now, run_id)
    for partition in wanted.partitions:
        if state.doomed(partition.location) is not None:
            raise ProjectError(
                f"the rows of run {wanted.run_id} are gone or about to go",
                why="vacuum has condemned their directory",
                fix=f"run it again instead: warehouse run --select {table} --date {wanted.interval} --force",
            )
    body = Rollback((msgspec.structs.replace(wanted, entry=0),), reason)
    append_or_lose(lake.log(table), body, state.head, f"rollback-{secrets.token_hex(8)}")
    converge(lake, table, [spec.path])
    return wanted


def _choose(
    table: TableName, spec: Spec, earlier: Sequence[SliceState], now: SliceState, run_id: str | None
) -> SliceState:
    if run_id is not None:
        for slice_ in reversed(earlier):
            if slice_.run_id == run_id:
                return slice_
        known = ", ".join(dict.fromkeys(s.run_id for s in earlier))
        raise ProjectError(f"no run {run_id} ever published {table} {spec}", fix=f"its runs: {known}")
    # What was current before the run that is current now: a second rollback goes one further back.
    first = next(i for i, s in enumerate(earlier) if s.run_id == now.run_id)
    if first == 0:
        raise ProjectError(
            f"{table} {spec} has nothing to go back to",
            why=f"run {now.run_id} was the first that published it",
        )
    return earlier[first - 1]


def release(lake: Lake, table: TableName, spec: Spec) -> None:
    """End a hold: the next backfill may replace the slice again."""
    state = _known(lake, table)
    if state.hold_on(spec) is None:
        held = ", ".join(state.holds) or "none"
        raise ProjectError(f"{table} {spec} is not held", why=f"held slices of {table}: {held}")
    append_or_lose(lake.log(table), Release((spec.path,)), state.head, f"release-{secrets.token_hex(8)}")


def hold(lake: Lake, table: TableName, spec: Spec, reason: str) -> None:
    """Keep backfills from replacing a slice, without changing it."""
    state = _known(lake, table)
    if spec.path not in state.slices:
        raise _no_slice(table, spec, state)
    body = SetHold((spec.path,), reason)
    append_or_lose(lake.log(table), body, state.head, f"hold-{secrets.token_hex(8)}")


def accept(lake: Lake, table: TableName, reason: str) -> tuple[str, ...]:
    """Take the present code and contract as good for what is published: the change is forward-only.

    Answers the slices that were stale for it and are not any more.
    """
    state = _known(lake, table)
    model = lake.project.model(table)
    contract = state.contract.digest if state.contract else ""
    stale = tuple(
        s.spec
        for s in state.slices.values()
        if (s.code or s.inputs) and (s.code != model.code or s.contract != contract)
    )
    if stale:
        keep_code(lake.store, model)
        body = Accept(stale, model.code, contract, reason)
        append_or_lose(lake.log(table), body, state.head, f"accept-{secrets.token_hex(8)}")
    return stale


def _known(lake: Lake, table: TableName) -> State:
    state = lake.log(table).state()
    if state.head == 0:
        lake.project.require(table)
        raise ProjectError(f"{table} has no history yet: its DDL is not applied", fix="warehouse ddl apply")
    return state


def _no_slice(table: TableName, spec: Spec, state: State) -> ProjectError:
    known = sorted(state.slices)
    if known and Spec.parse(known[0]).columns != spec.columns and spec.pairs:
        hint = f"slices of {table} are written like {known[0] or '(none: the whole table)'}"
    elif known:
        hint = f"published are {known[0]} to {known[-1]} ({len(known)})"
    else:
        hint = "nothing of it is published yet"
    return ProjectError(f"{table} {spec} is not published", why=hint)
