"""Laws of the fold and of the conflict rule, on generated logs with overlapping slices."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from warehouse.log import (
    Accept,
    Adopt,
    Body,
    Ddl,
    Drop,
    Entry,
    PartitionState,
    Publish,
    Release,
    Rollback,
    SetHold,
    SliceState,
    apply,
    decode_state,
    encode_state,
    fold,
)
from warehouse.names import Spec
from warehouse.protocol import desired_pointers, judge, subjects

from .world import contract

HOURS = [f"dt={d}/h={h}" for d in (1, 2) for h in (1, 2, 3)]
SPECS = [*HOURS, "dt=1", "dt=2", "h=1", ""]


@st.composite
def slices(draw: st.DrawFn) -> SliceState:
    spec = draw(st.sampled_from(SPECS))
    inside = [h for h in HOURS if Spec.parse(spec).contains(Spec.parse(h))]
    partitions = draw(st.lists(st.sampled_from(inside), unique=True, max_size=4))
    run = draw(st.integers(1, 9))
    return SliceState(spec, f"r{run}", tuple(PartitionState(p, f"r{run}/{p}", f"r{run}") for p in partitions))


specs = st.lists(st.sampled_from(SPECS), min_size=1, max_size=2, unique=True).map(tuple)
one = slices().map(lambda s: (s,))
bodies: st.SearchStrategy[Body] = st.one_of(
    one.map(Publish),
    one.map(lambda s: Publish(s, forced=True)),
    one.map(lambda s: Rollback(s, "bad")),
    one.map(Adopt),
    specs.map(lambda s: SetHold(s, "look")),
    specs.map(Release),
    specs.map(lambda s: Accept(s, "c", "", "fine")),
    st.just(Ddl(contract(2))),
    st.just(Drop()),
)


def log_of(contents: list[Body]) -> list[Entry]:
    return [Entry(n, f"n{n}", f"{n:04}", body) for n, body in enumerate([Ddl(contract()), *contents], 1)]


logs = st.lists(bodies, max_size=8).map(log_of)


@given(logs)
def test_a_partition_is_where_the_last_slice_that_covers_it_put_it(entries: list[Entry]) -> None:
    expected: dict[str, str] = {}
    for entry in entries:
        if isinstance(entry.body, Drop):
            expected = {}
        for new in getattr(entry.body, "slices", ()):
            spec = Spec.parse(new.spec)
            expected = {p: x for p, x in expected.items() if not spec.contains(Spec.parse(p))}
            expected.update((p.partition, p.location) for p in new.partitions)
    state = fold(entries)
    assert {p: x.location for p, x in state.partitions().items()} == expected
    everywhere = [p.partition for s in state.slices.values() for p in s.partitions]
    assert len(everywhere) == len(set(everywhere)), "no partition belongs to two slices"


@given(logs, st.sampled_from(SPECS))
def test_overlapping_finds_what_a_look_at_all_slices_finds(entries: list[Entry], text: str) -> None:
    state, spec = fold(entries), Spec.parse(text)
    expected = {s.spec for s in state.slices.values() if Spec.parse(s.spec).overlaps(spec)}
    found = [s.spec for s in state.overlapping(spec)]
    assert len(found) == len(set(found))
    assert set(found) == expected


@given(logs, specs)
def test_pointers_in_a_scope_are_those_of_all_that_lie_in_it(
    entries: list[Entry], scope: tuple[str, ...]
) -> None:
    state = fold(entries)
    inside = {
        p: x
        for p, x in desired_pointers(state).items()
        if any(Spec.parse(text).contains(Spec.parse(p)) for text in scope)
    }
    assert desired_pointers(state, scope) == inside


@given(logs, st.integers(0, 9))
def test_a_fold_may_stop_and_go_on_through_a_checkpoint(entries: list[Entry], at: int) -> None:
    stopped = decode_state(encode_state(fold(entries[:at])))
    assert fold(entries[at:], stopped) == fold(entries)


@given(logs, bodies, st.integers(0, 9), st.booleans())
def test_judge_keeps_what_is_free_and_tells_of_the_rest(
    entries: list[Entry], body: Body, base: int, forced: bool
) -> None:
    since, head = [e for e in entries if e.n > base], fold(entries)
    verdict = judge(body, since, head, forced=forced)
    kept = subjects(verdict.body) if verdict.body is not None else ()
    if not isinstance(body, Ddl | Drop):
        assert sorted([*kept, *verdict.lost]) == sorted(subjects(body))
    for text in kept:
        for entry in since:
            for other in subjects(entry.body):
                assert not Spec.parse(other).overlaps(Spec.parse(text))
    if verdict.body is not None:
        assert judge(verdict.body, since, head, forced=forced).body == verdict.body
        grown = fold(entries)
        apply(grown, Entry(grown.head + 1, "mine", "", verdict.body))
        assert grown.head == head.head + 1
