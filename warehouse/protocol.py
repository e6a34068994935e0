"""The publish protocol as a pure state machine: entries in, decisions and actions out.

The effects (put-if-absent, metastore calls) are elsewhere; the rules are all here, so that they can be
explored exhaustively in a test. docs/protocol.md tells what each rule is for.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

import msgspec

from warehouse.contract import Contract
from warehouse.log import (
    Accept,
    Adopt,
    Body,
    Condemned,
    Ddl,
    Drop,
    Entry,
    Publish,
    Release,
    Rollback,
    SetHold,
    SliceState,
    State,
)
from warehouse.names import Spec

# ------------------------------------------------------------------ append: who wins


@dataclass(frozen=True)
class Verdict:
    """What may be appended. ``body`` is None when nothing is left; ``lost`` tells why, by slice."""

    body: Body | None
    lost: Mapping[str, str] = field(default_factory=dict)


def judge(body: Body, since: Sequence[Entry], head: State, *, forced: bool = False) -> Verdict:
    """The conflict rule: ``body`` was planned on a base; ``since`` are the entries after it, up to ``head``.

    Slices in conflict are dropped and reported, the rest goes on. Anything but slices is lost whole.
    """
    if isinstance(body, Condemned):
        return Verdict(body)
    if isinstance(body, Ddl):
        for entry in since:
            if isinstance(entry.body, Ddl | Drop):
                return Verdict(None, {"": f"entry {entry.n} changed the table's definition meanwhile"})
        return Verdict(body)
    if isinstance(body, Drop):
        return Verdict(None, {"": "the table is dropped already"}) if head.contract is None else Verdict(body)
    for entry in since:
        if isinstance(entry.body, Drop):
            return Verdict(None, dict.fromkeys(subjects(body), f"entry {entry.n} dropped the table"))
    if head.contract is None:
        return Verdict(None, dict.fromkeys(subjects(body), "the table is not created"))
    lost: dict[str, str] = {}
    for text in subjects(body):
        why = _conflict(body, text, since, head, forced)
        if why:
            lost[text] = why
    return Verdict(_without(body, lost), lost)


def subjects(body: Body) -> tuple[str, ...]:
    """The slices an entry speaks of, as specs."""
    match body:
        case Publish() | Rollback() | Adopt():
            return tuple(s.spec for s in body.slices)
        case SetHold() | Release() | Accept():
            return body.specs
        case _:
            return ()


def _conflict(body: Body, text: str, since: Sequence[Entry], head: State, forced: bool) -> str | None:
    spec = Spec.parse(text)
    for entry in since:
        for other in subjects(entry.body):
            if Spec.parse(other).overlaps(spec):
                kind = entry.body.__struct_config__.tag
                who = f" by {entry.by}" if entry.by else ""
                return f"entry {entry.n} ({kind} of {other or 'the table'}{who}) came first"
    if isinstance(body, Publish) and not forced:
        hold = head.hold_on(spec)
        if hold is not None:
            return f"held since {hold.since}: {hold.reason}"
    if isinstance(body, Publish | Rollback | Adopt):
        new = next(s for s in body.slices if s.spec == text)
        for partition in new.partitions:
            if partition.location in head.condemned:
                return f"vacuum has condemned {partition.location}"
            if isinstance(body, Adopt) and partition.location in head.known:
                return f"the log knows {partition.location} already"
    return None


def _without(body: Body, lost: Mapping[str, str]) -> Body | None:
    if not lost:
        return body
    match body:
        case Publish() | Rollback() | Adopt():
            left = tuple(s for s in body.slices if s.spec not in lost)
            return msgspec.structs.replace(body, slices=left) if left else None
        case SetHold() | Release() | Accept():
            specs = tuple(s for s in body.specs if s not in lost)
            return msgspec.structs.replace(body, specs=specs) if specs else None
        case _:
            return None


# ------------------------------------------------------------------ converge: make readers see the head


@dataclass(frozen=True)
class Pointer:
    """What a metastore says, or should say, of one partition: location, columns' digest, parameters."""

    location: str
    columns: str
    parameters: Mapping[str, str] = field(default_factory=dict, compare=False)


@dataclass(frozen=True)
class Changes:
    """What to do so that the actual pointers become the desired ones.

    ``add``, ``move`` and ``surplus`` are partition paths. Where the metastore can change many partitions
    in one transaction and the three mix, new ones are first added pointing at an empty directory, then
    one call moves all, surplus ones to the empty directory, and those are dropped last. In three plain
    calls 18 of 40 reads saw it half done.
    """

    add: tuple[str, ...] = ()
    move: tuple[str, ...] = ()
    surplus: tuple[str, ...] = ()

    def __bool__(self) -> bool:
        return bool(self.add or self.move or self.surplus)

    @property
    def mixed(self) -> bool:
        """Whether readers could see the change half done."""
        return bool(self.add) + bool(self.move) + bool(self.surplus) > 1


def difference(desired: Mapping[str, Pointer], actual: Mapping[str, Pointer]) -> Changes:
    """Compare the fold with the metastore, partition by partition. Parameters are advisory."""
    return Changes(
        add=tuple(p for p in desired if p not in actual),
        move=tuple(p for p, want in desired.items() if p in actual and actual[p] != want),
        surplus=tuple(p for p in actual if p not in desired),
    )


def parameters(slice_: SliceState, rows: int, files: int, size: int) -> dict[str, str]:
    """A partition's parameters, written whole: for engines and for people, never believed by us.

    COLUMN_STATS_ACCURATE is never among them: with it Hive answers ``count(*)`` from ``numRows``.
    """
    written = {"warehouse.run_id": slice_.run_id, "numFiles": str(files), "totalSize": str(size)}
    if rows >= 0:
        written["numRows"] = str(rows)
    return written


def desired_pointers(state: State) -> dict[str, Pointer]:
    """The fold as pointers: location and columns come from one prefix of the log, never from elsewhere."""
    if state.contract is None:
        return {}
    columns = columns_digest(state.contract)
    return {
        p.partition: Pointer(p.location, columns, parameters(s, p.rows, p.files, p.bytes))
        for s in state.slices.values()
        for p in s.partitions
    }


def columns_digest(contract: Contract) -> str:
    """Of what a partition repeats of its table: the columns and how they are stored."""
    return contract.digest


def lost_reasons(lost: Mapping[str, str]) -> Iterable[str]:
    """One line a slice."""
    return (f"{spec or 'table'}: {why}" for spec, why in lost.items())
