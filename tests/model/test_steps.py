"""Append and converge one at a time: what they ask for, when they end, and what they leave alone."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import replace
from typing import Any

import pytest

from warehouse.effects import (
    AddPointers,
    AlterTable,
    CreateTable,
    DropPointers,
    DropTable,
    MovePointers,
    Pause,
    Put,
    PutEntry,
    ReadEntries,
    ReadPointers,
    ReadTable,
    Written,
)
from warehouse.errors import ConflictError, LogError, OutsideError
from warehouse.log import Ddl, Drop, Entry, Publish, SliceState, State, fold
from warehouse.protocol import Pointer
from warehouse.steps import Appended, Converged, append_steps, converge_steps, drive

from .world import EMPTY, Catalog, contract, made, unmarked, write

DAY, HOUR, OTHER, THIRD = "dt=1", "dt=1/h=1", "dt=1/h=2", "dt=1/h=3"


class World:
    """A log and one metastore that do what they are asked, and remember it."""

    def __init__(self, transactional: bool = True) -> None:
        self.entries: list[Entry] = []
        self.catalog = Catalog(transactional)
        self.asked: list[Any] = []
        self.before: Callable[[Any], Any] = lambda _: None
        """Called with each request first; an answer of its own is taken instead."""

    def perform(self, request: Any) -> Any:
        self.asked.append(request)
        instead = self.before(request)
        if instead is not None:
            return instead
        match request:
            case ReadEntries(after):
                return self.entries[after:]
            case PutEntry(entry):
                if entry.n != len(self.entries) + 1:
                    return Put.TAKEN
                self.entries.append(entry)
                return Put.WRITTEN
            case ReadTable():
                return self.catalog.table
            case ReadPointers(scope):
                return self.catalog.view(scope)
            case Pause():
                return None
        self.catalog, answer = write(self.catalog, request)
        return answer

    def append(self, body: Any, base: int | None = None, nonce: str = "", **options: Any) -> Appended:
        base = len(self.entries) if base is None else base
        return drive(append_steps(body, base, nonce or f"n{len(self.entries)}", **options), self.perform)

    def converge(self, state: State | None = None, **options: Any) -> Converged:
        self.asked.clear()
        state = fold(self.entries) if state is None else state
        steps = converge_steps(state, transactional=self.catalog.transactional, empty=EMPTY, **options)
        return drive(steps, self.perform)

    def publish(self, spec: str, run: str, *partitions: str) -> Appended:
        return self.append(Publish((made(spec, run, partitions),)))

    @property
    def written(self) -> list[Any]:
        reads = (ReadEntries, ReadTable, ReadPointers, Pause, PutEntry)
        return [request for request in self.asked if not isinstance(request, reads)]

    @property
    def locations(self) -> dict[str, str]:
        return {p: x.location for p, x in self.catalog.pointers.items()}


def created(transactional: bool = True, **options: Any) -> World:
    world = World(transactional)
    world.append(Ddl(contract(**options)))
    world.converge()
    return world


def once(request_type: type, answer: Any) -> Callable[[Any], Any]:
    """Answer the first request of a type with this."""
    left = [answer]
    return lambda request: left.pop() if left and isinstance(request, request_type) else None


# Append.


def test_an_entry_of_many_slices_goes_on_with_those_that_are_free() -> None:
    world = created()
    base = len(world.entries)
    world.publish(HOUR, "first", HOUR)
    body = Publish((made(HOUR, "second", (HOUR,)), made(OTHER, "second", (OTHER,))))
    done = world.append(body, base, "mine")
    assert done.entry is not None
    assert [s.spec for s in done.entry.body.slices] == [OTHER]  # type: ignore[union-attr]
    assert "entry 2 (publish of dt=1/h=1) came first" in done.lost[HOUR]


def test_append_starts_from_a_fold_that_is_behind_or_ahead_of_the_base() -> None:
    world = created()
    world.publish(HOUR, "a", HOUR)
    ahead = fold(world.entries)
    for state in (State(), fold(world.entries[:1]), ahead):
        done = world.append(Publish((made(HOUR, "late", (HOUR,)),)), 1, "late", state=state)
        assert done.entry is None, "the publish after the base must be seen whatever the fold holds"
    assert ahead.head == 2, "the fold that was given stays as it was"


def test_a_command_that_starts_again_with_its_nonce_finds_its_entry() -> None:
    world = created()
    first = world.append(Publish((made(HOUR, "a", (HOUR,)),)), 1, "again")
    second = world.append(Publish((made(HOUR, "a", (HOUR,)),)), 1, "again")
    assert first.entry == second.entry
    assert len(world.entries) == 2


def test_a_store_that_never_answers_is_given_up() -> None:
    world = created()
    world.before = lambda request: Put.UNKNOWN if isinstance(request, PutEntry) else None
    with pytest.raises(OutsideError, match="entry 2 of the log could not be written"):
        world.publish(HOUR, "a", HOUR)


def test_a_log_shorter_than_the_base_is_not_believed() -> None:
    world = created()
    with pytest.raises(LogError, match="ends at entry 1"):
        world.append(Publish((made(HOUR, "a", (HOUR,)),)), 7, "x")


# Converge.


def test_a_table_is_made_with_all_its_partitions_whatever_the_scope() -> None:
    world = created()
    world.publish(HOUR, "a", HOUR)
    world.publish("dt=2/h=1", "b", "dt=2/h=1")
    world.catalog = Catalog(transactional=True)
    assert world.converge(scope=[HOUR]).done
    assert world.locations == {HOUR: f"a/{HOUR}", "dt=2/h=1": "b/dt=2/h=1"}


def test_a_scope_reads_and_writes_its_slices_only() -> None:
    world = created()
    world.publish(HOUR, "a", HOUR)
    world.publish("dt=2/h=1", "b", "dt=2/h=1")
    assert world.converge(scope=[HOUR]).done
    assert world.locations == {HOUR: f"a/{HOUR}"}
    assert ReadPointers((HOUR,)) in world.asked


def test_nothing_to_do_writes_nothing() -> None:
    world = created()
    world.publish(HOUR, "a", HOUR)
    world.converge()
    ended = world.converge()
    assert (world.written, ended.written, ended.done) == ([], 0, True)
    assert [type(r).__name__ for r in world.asked] == ["ReadTable", "ReadPointers", "ReadEntries"]


def test_an_hour_published_into_a_day_leaves_the_other_hours() -> None:
    world = created()
    world.publish(DAY, "day", HOUR, OTHER)
    world.publish(HOUR, "hour", HOUR)
    world.converge()
    assert world.locations == {HOUR: f"hour/{HOUR}", OTHER: f"day/{OTHER}"}
    world.publish(DAY, "again", OTHER)
    world.converge(sweep=True)
    world.converge(sweep=True)
    assert world.locations == {OTHER: f"again/{OTHER}"}


def test_a_slice_that_changes_in_several_ways_is_moved_in_one_transaction() -> None:
    world = created()
    world.publish(DAY, "a", HOUR, OTHER)
    world.converge()
    world.publish(DAY, "b", OTHER, THIRD)
    world.publish("dt=2/h=1", "c", "dt=2/h=1")
    world.converge()
    parked, plain, moved = world.written
    assert {p: x.location for p, x in parked.pointers.items()} == {THIRD: EMPTY}
    assert {p: x.location for p, x in plain.pointers.items()} == {"dt=2/h=1": "c/dt=2/h=1"}
    expected = {OTHER: f"b/{OTHER}", THIRD: f"b/{THIRD}", HOUR: EMPTY}
    assert {p: x.location for p, x in moved.pointers.items()} == expected
    world.converge()
    assert world.written == [], "what points at the empty directory waits for vacuum"
    world.converge(sweep=True)
    assert world.written == [DropPointers((HOUR,))]


def test_without_transactions_calls_are_plain_and_the_head_is_read_before_each() -> None:
    world = created(transactional=False)
    days = [f"dt=1/h={n}" for n in range(5)]
    world.publish(DAY, "a", *days)
    world.converge(batch=2)
    assert [len(w.pointers) for w in world.written] == [2, 2, 1]
    before = [a for a, b in zip(world.asked, world.asked[1:], strict=False) if isinstance(b, AddPointers)]
    assert before == [ReadEntries(2)] * 3


def test_an_entry_that_comes_between_two_batches_is_followed_at_once() -> None:
    world = created(transactional=False)
    world.publish(DAY, "a", HOUR, OTHER)
    seen: list[Any] = []

    def another_publishes(request: Any) -> None:
        if isinstance(request, AddPointers) and not seen:
            seen.append(request)
            other = Publish((made(OTHER, "b", (OTHER,)),))
            world.entries.append(Entry(3, "b", "", other))

    world.before = another_publishes
    assert world.converge(batch=1).state.head == 3
    assert f"a/{OTHER}" not in [x.location for w in world.written for x in w.pointers.values()]
    assert world.locations == {HOUR: f"a/{HOUR}", OTHER: f"b/{OTHER}"}


def test_errors_are_tried_again_with_a_pause_and_told_at_the_end() -> None:
    world = created(transactional=False)
    world.publish(DAY, "a", HOUR, OTHER)

    def refuses_one(request: Any) -> Any:
        if isinstance(request, AddPointers) and OTHER in request.pointers:
            world.catalog, _ = write(world.catalog, request, frozenset({OTHER}))
            return Written({OTHER: "throttled"})
        return None

    world.before = refuses_one
    ended = world.converge(passes=3)
    assert not ended.done
    assert ended.failed == {OTHER: "throttled"}
    assert [r for r in world.asked if isinstance(r, Pause)] == [Pause(1), Pause(2)]
    assert world.locations == {HOUR: f"a/{HOUR}"}, "one that cannot be written keeps no other back"


def test_a_write_that_came_too_late_to_send_reads_the_log_again() -> None:
    world = created()
    world.publish(HOUR, "a", HOUR)
    world.before = once(AddPointers, Written(sent=False))
    ended = world.converge()
    at = next(i for i, request in enumerate(world.asked) if isinstance(request, AddPointers))
    assert ReadEntries(2) in world.asked[at + 1 :]
    assert (ended.done, ended.written) == (True, 1)


def test_a_write_said_to_be_done_is_not_believed() -> None:
    world = created()
    world.publish(HOUR, "a", HOUR)
    world.before = once(AddPointers, Written())
    assert world.converge().done
    assert world.locations == {HOUR: f"a/{HOUR}"}


# Tables.


def test_a_dropped_table_goes_and_a_strangers_of_that_name_stays() -> None:
    world = created()
    world.append(Drop())
    stranger = replace(world.catalog, table=unmarked(world.catalog.table))  # type: ignore[arg-type]
    world.converge()
    assert world.catalog.table is None
    world.catalog = stranger
    world.converge()
    assert world.written == []


def test_a_table_in_the_way_with_other_partition_columns_is_told() -> None:
    world = created()
    world.catalog = replace(world.catalog, table=unmarked(world.catalog.table))  # type: ignore[arg-type]
    world.entries = [Entry(1, "x", "", Ddl(contract(partitions=("dt",))))]
    with pytest.raises(ConflictError, match="partitioned by dt string, h string"):
        world.converge()


def test_a_table_made_anew_with_other_partition_columns_is_dropped_and_created() -> None:
    world = created()
    world.publish(HOUR, "a", HOUR)
    world.converge()
    world.append(Drop())
    world.append(Ddl(contract(partitions=("dt",))))
    world.publish(DAY, "b", DAY)
    world.converge(scope=[DAY])
    assert [type(w) for w in world.written] == [DropTable, CreateTable, AddPointers]
    assert world.locations == {DAY: f"b/{DAY}"}


def test_properties_of_others_stay_and_ours_are_restored() -> None:
    world = created()
    table = world.catalog.table
    assert table is not None
    world.catalog = replace(
        world.catalog, table=replace(table, properties={**table.properties, "x": "y"}, comment="")
    )
    world.converge()
    assert world.written == []
    world.catalog = replace(world.catalog, table=replace(table, properties={"x": "y"}))
    world.converge()
    assert [type(w) for w in world.written] == [AlterTable]


def test_a_property_taken_out_of_the_ddl_changes_the_table() -> None:
    world = World()
    with_one = Ddl(_with_properties({"a": "1", "b": "2"}))
    world.append(with_one)
    world.converge()
    world.append(Ddl(_with_properties({"a": "1"})))
    world.converge()
    assert world.catalog.table is not None
    assert world.catalog.table.properties.keys() == {"a", "warehouse.contract"}


def _with_properties(properties: dict[str, str]) -> Any:
    import msgspec

    return msgspec.structs.replace(contract(), properties=properties)


def test_a_snapshot_moves_its_location_and_columns_in_one_write() -> None:
    world = created(partitions=())
    assert world.catalog.table is not None
    assert world.catalog.table.location == EMPTY
    world.publish("", "a", "")
    world.append(Ddl(contract(2, partitions=())))
    world.converge()
    (altered,) = world.written
    assert (altered.definition.location, len(altered.definition.columns)) == ("a/", 2)
    assert altered.definition.statistics["warehouse.run_id"] == "a"


def test_a_snapshot_that_is_not_adopted_yet_keeps_its_location() -> None:
    world = created(partitions=())
    theirs = replace(world.catalog.table, location="theirs")  # type: ignore[type-var]
    world.catalog = replace(world.catalog, table=unmarked(theirs))  # type: ignore[arg-type]
    world.converge()
    assert world.catalog.table is not None
    assert (world.catalog.table.location, world.catalog.table.ours) == ("theirs", True)


def test_partitions_that_others_registered_stay_and_drift_is_put_right() -> None:
    world = created()
    world.publish(HOUR, "a", HOUR)
    world.converge()
    have = world.catalog.pointers[HOUR]
    drifted = {HOUR: replace(have, location="elsewhere"), "dt=9/h=9": Pointer("theirs", "old columns")}
    world.catalog = replace(world.catalog, pointers=drifted)
    world.converge()
    assert [type(w) for w in world.written] == [MovePointers]
    assert world.locations == {HOUR: f"a/{HOUR}", "dt=9/h=9": "theirs"}


def test_a_wide_backfill_is_one_converge() -> None:
    world = created()
    days = [f"dt={n}/h=0" for n in range(400)]
    slices: Iterable[SliceState] = (made(day, "run", (day,)) for day in days)
    world.append(Publish(tuple(slices)))
    assert world.converge(scope=days).written == 400


def test_what_was_seen_before_the_append_saves_reading_what_is_written_over() -> None:
    world = created()
    world.publish(HOUR, "a", HOUR)
    seen = world.converge().seen
    world.publish(HOUR, "b", HOUR)
    world.converge(scope=[HOUR], seen=seen)
    kinds = [type(request) for request in world.asked]
    assert kinds == [ReadEntries, MovePointers, ReadTable, ReadPointers, ReadEntries]
    assert world.locations == {HOUR: f"b/{HOUR}"}


def test_what_was_seen_earlier_never_says_that_it_is_done() -> None:
    world = created()
    world.publish(HOUR, "a", HOUR)
    seen = world.converge().seen
    world.catalog = replace(world.catalog, pointers={})
    assert world.converge(seen=seen).done
    assert world.locations == {HOUR: f"a/{HOUR}"}


def test_what_was_seen_and_is_gone_is_made_again() -> None:
    world = created()
    world.publish(HOUR, "a", HOUR)
    seen = world.converge().seen
    world.publish(HOUR, "b", HOUR)
    world.catalog = Catalog(world.catalog.transactional)
    assert world.converge(scope=[HOUR], seen=seen).done
    assert world.locations == {HOUR: f"b/{HOUR}"}
