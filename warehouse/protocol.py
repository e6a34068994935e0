"""The publish protocol as a pure state machine: entries in, decisions and actions out.

The effects (put-if-absent, metastore calls) are elsewhere; the rules are all here, so that they can be
explored exhaustively in a test. docs/protocol.md tells what each rule is for.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

import msgspec

from warehouse.contract import Column, Contract, Storage
from warehouse.log import (
    Accept,
    Adopt,
    Body,
    Condemned,
    Ddl,
    Drop,
    Entry,
    PartitionState,
    Publish,
    Release,
    Rollback,
    SetHold,
    SliceState,
    State,
    and_above,
)
from warehouse.names import Spec


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
        return spare_the_published(body, head)
    if isinstance(body, Ddl | Drop):
        why = definition_rule(since)
        if not why and isinstance(body, Drop) and head.contract is None:
            why = "the table is dropped already" if head.dropped else "the table is not created"
        return Verdict(None, {"": why}) if why else Verdict(body)
    gone = drop_rule(since, head)
    if gone:
        return Verdict(None, dict.fromkeys(subjects(body), gone))
    taken = [(entry, Spec.parse(other)) for entry in since for other in subjects(entry.body)]
    forced = forced or (isinstance(body, Publish) and body.forced)
    staged = {s.spec: s for s in body.slices} if isinstance(body, Publish | Rollback | Adopt) else {}
    lost: dict[str, str] = {}
    for text in subjects(body):
        spec, new = Spec.parse(text), staged.get(text)
        why = overlap_rule(spec, taken)
        if not why and isinstance(body, Publish | Adopt) and not forced:
            why = hold_rule(spec, head)
        if not why and new is not None:
            why = condemned_rule(new, head)
        if not why and new is not None and isinstance(body, Adopt):
            why = adopt_rule(new, head)
        if why:
            lost[text] = why
    return Verdict(_without(body, lost), lost)


def spare_the_published(body: Condemned, head: State) -> Verdict:
    """What the head points at is not condemned, whoever published it meanwhile."""
    used = {x for p in head.partitions().values() for x in and_above(p.location)}
    spared = {x: "the log points at it, or into it" for x in body.locations if x in used}
    left = tuple(x for x in body.locations if x not in used)
    return Verdict(Condemned(left) if left else None, spared)


def definition_rule(since: Iterable[Entry]) -> str | None:
    """DDL and drops are planned on one definition, and lost when another came first."""
    for entry in since:
        if isinstance(entry.body, Ddl | Drop):
            return f"entry {entry.n} changed the table's definition meanwhile"
    return None


def drop_rule(since: Iterable[Entry], head: State) -> str | None:
    """No slice goes across a drop or a creation: it was planned on another table of the same name."""
    for entry in since:
        if isinstance(entry.body, Drop):
            return f"entry {entry.n} dropped the table"
        if entry.n == head.created:
            return f"entry {entry.n} created the table anew"
    return "the table is not created" if head.contract is None else None


def overlap_rule(spec: Spec, taken: Iterable[tuple[Entry, Spec]]) -> str | None:
    """Who changed a slice first, wins; ``taken`` are the slices of the entries after the base."""
    for entry, other in taken:
        if other.overlaps(spec):
            kind = entry.body.__struct_config__.tag
            who = f" by {entry.by}" if entry.by else ""
            return f"entry {entry.n} ({kind} of {other}{who}) came first"
    return None


def hold_rule(spec: Spec, head: State) -> str | None:
    """A held slice is left alone until its release."""
    hold = head.hold_on(spec)
    return f"held since {hold.since}: {hold.reason}" if hold is not None else None


def condemned_rule(new: SliceState, head: State) -> str | None:
    """Nothing points again at a directory that vacuum is about to delete."""
    doomed = next((d for p in new.partitions if (d := head.doomed(p.location)) is not None), None)
    return f"vacuum has condemned {doomed}" if doomed is not None else None


EMPTY_DIRECTORY = "_empty"
"""The last part of an empty directory's location: partitions wait there, and it is nobody's data."""


def adopt_rule(new: SliceState, head: State) -> str | None:
    """Only what the log knows nothing of is adopted. A metastore that lags would bring an old run back, and
    one in the middle of a converge an empty directory."""
    for partition in new.partitions:
        if partition.location in head.known:
            return f"the log knows {partition.location} already"
        if partition.location.rstrip("/").rpartition("/")[2] == EMPTY_DIRECTORY:
            return f"{partition.location} holds nothing"
    there = next((s for s in head.overlapping(Spec.parse(new.spec)) if s.partitions), None)
    return f"entry {there.entry} published it already" if there is not None else None


def subjects(body: Body) -> tuple[str, ...]:
    """The slices an entry speaks of, as specs."""
    match body:
        case Publish() | Rollback() | Adopt():
            return tuple(s.spec for s in body.slices)
        case SetHold() | Release() | Accept():
            return body.specs
        case _:
            return ()


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


@dataclass(frozen=True)
class Definition:
    """What a metastore says, or should say, of the table itself. Locations are as the log writes them.

    For a snapshot the location is its pointer, one record with the columns, and ``statistics`` its
    parameters. ``properties`` are compared one way: what others have added is not our business.
    """

    location: str
    columns: tuple[Column, ...]
    partitions: tuple[Column, ...]
    storage: Storage
    comment: str = ""
    properties: Mapping[str, str] = field(default_factory=dict)
    statistics: Mapping[str, str] = field(default_factory=dict, compare=False)

    @property
    def ours(self) -> bool:
        """Whether this tool has written it: a drop in the log takes no stranger's table along."""
        return CONTRACT_PROPERTY in self.properties

    def agrees(self, have: Definition) -> bool:
        """Whether ``have`` shows all of this definition."""
        mine = (self.location, self.columns, self.partitions, self.storage, self.comment)
        theirs = (have.location, have.columns, have.partitions, have.storage, have.comment)
        return mine == theirs and self.properties.items() <= have.properties.items()


CONTRACT_PROPERTY = "warehouse.contract"
"""The table property that names the contract: a property taken out of the DDL changes it, too."""


def desired_definition(state: State, empty: str) -> Definition | None:
    """The fold as the table's record; None where there is none. ``empty`` is an empty directory, which a
    snapshot points at until it is published."""
    contract = state.contract
    if contract is None:
        return None
    location, statistics = contract.location, {}
    if contract.is_snapshot:
        location = empty
        for slice_, partition in _published(state):
            location = partition.location
            statistics = parameters(slice_, partition.rows, partition.files, partition.bytes)
    whole = hashlib.blake2b(msgspec.json.encode(contract, order="sorted"), digest_size=6).hexdigest()
    return Definition(
        location,
        contract.columns,
        contract.partitions,
        contract.storage,
        contract.comment,
        {**contract.properties, CONTRACT_PROPERTY: f"{contract.version}:{whole}"},
        statistics,
    )


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


def desired_pointers(state: State, scope: Sequence[str] | None = None) -> dict[str, Pointer]:
    """The fold as pointers: location and columns come from one prefix of the log, never from elsewhere.

    ``scope`` are the slices (specs) asked for; None is all of the table.
    """
    if state.contract is None:
        return {}
    columns = columns_digest(state.contract)
    return {
        p.partition: Pointer(p.location, columns, parameters(s, p.rows, p.files, p.bytes))
        for s, p in (_published(state) if scope is None else _published_in(state, scope))
    }


def _published(state: State) -> Iterator[tuple[SliceState, PartitionState]]:
    for slice_ in state.slices.values():
        for partition in slice_.partitions:
            yield slice_, partition


def _published_in(state: State, scope: Sequence[str]) -> Iterator[tuple[SliceState, PartitionState]]:
    for text in scope:
        spec = Spec.parse(text)
        for slice_ in state.overlapping(spec):
            for partition in slice_.partitions:
                if slice_.spec == text or spec.contains(Spec.parse(partition.partition)):
                    yield slice_, partition


def columns_digest(contract: Contract) -> str:
    """Of what a partition repeats of its table: the columns and how they are stored."""
    return contract.digest


def lost_reasons(lost: Mapping[str, str]) -> Iterable[str]:
    """One line a slice."""
    return (f"{spec or 'table'}: {why}" for spec, why in lost.items())
