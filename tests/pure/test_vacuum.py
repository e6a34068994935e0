"""What vacuum condemns: never what a reader, a rollback or ``--as-of`` can still want."""

from __future__ import annotations

from collections.abc import Sequence

from hypothesis import given
from hypothesis import strategies as st

from warehouse.contract import Contract, Format, Storage
from warehouse.log import (
    Body,
    Condemned,
    Ddl,
    Drop,
    Entry,
    PartitionState,
    Publish,
    Rollback,
    SliceState,
    State,
    and_above,
    fold,
)
from warehouse.protocol import judge
from warehouse.vacuum import last_shown, run_directory, started, unneeded

TABLE = "db/t"


def run(n: int) -> str:
    return f"20240101T0000{n:02}-{n:08x}"


def at(n: int) -> str:
    return f"2024-01-01T00:00:{n:02}.000+00:00"


def slice_(day: str, n: int) -> SliceState:
    location = f"{TABLE}/{run(n)}/dt={day}"
    return SliceState(f"dt={day}", run(n), (PartitionState(f"dt={day}", location, run(n)),), code="c")


def log(*bodies: Body) -> list[Entry]:
    contract = Contract("db.t", (), (), Storage(Format.PARQUET, "i", "o", "s"), TABLE)
    return [Entry(n, f"n{n}", at(n), body) for n, body in enumerate((Ddl(contract), *bodies), 1)]


def publish(n: int, *days: str) -> Publish:
    return Publish(tuple(slice_(day, n) for day in days))


def condemned(
    entries: Sequence[Entry], cutoff: str, there: Sequence[int], working: Sequence[str] = ()
) -> set[str]:
    directories = [f"{TABLE}/{run(n)}" for n in there]
    return {u.location for u in unneeded(entries, fold(entries), directories, working, cutoff)}


def test_ids_of_runs() -> None:
    assert started(run(7)) == at(7)
    assert started("20240101T000007-batch-0000000a") == at(7)
    for other in ("dt=2024-01-01", "20240101T000007-0000000", "_empty", "20240101T000007-0000000a-x"):
        assert started(other) is None
    assert run_directory(f"{TABLE}/{run(1)}/dt=1/hour=2") == run_directory(f"{TABLE}/{run(1)}")
    assert run_directory(f"s3://other/x/{run(1)}/dt=1") == f"s3://other/x/{run(1)}"
    assert run_directory("db/raw/dt=1") is None


def test_what_was_replaced_before_the_cutoff() -> None:
    entries = log(publish(2, "1"), publish(3, "1"), publish(4, "1"))
    assert last_shown(entries) == {f"{TABLE}/{run(2)}/dt=1": at(3), f"{TABLE}/{run(3)}/dt=1": at(4)}
    assert condemned(entries, at(4), [2, 3, 4]) == {f"{TABLE}/{run(2)}"}, "run 3 was shown until the cutoff"
    assert condemned(entries, at(5), [2, 3, 4]) == {f"{TABLE}/{run(2)}", f"{TABLE}/{run(3)}"}
    assert condemned(entries, at(5), [3]) == {f"{TABLE}/{run(3)}"}, "what is gone need not be condemned"


def test_a_run_of_which_a_part_is_needed() -> None:
    entries = log(publish(2, "1", "2"), publish(3, "1"))
    assert condemned(entries, at(9), [2, 3]) == {f"{TABLE}/{run(2)}/dt=1"}


def test_what_a_rollback_shows_again() -> None:
    entries = log(publish(2, "1"), publish(3, "1"), Rollback((slice_("1", 2),), "wrong"))
    assert condemned(entries, at(9), [2, 3]) == {f"{TABLE}/{run(3)}"}


def test_a_dropped_table() -> None:
    entries = log(publish(2, "1"), Drop())
    assert condemned(entries, at(3), [2]) == set(), "it can be looked at as of then"
    assert condemned(entries, at(4), [2]) == {f"{TABLE}/{run(2)}"}


def test_runs_that_never_published() -> None:
    entries = log(publish(2, "1"))
    assert condemned(entries, at(5), [2, 3, 6]) == {f"{TABLE}/{run(3)}"}, "6 began after the cutoff"
    assert condemned(entries, at(5), [2, 3], working=[run(3)]) == set()


def test_nothing_is_condemned_twice() -> None:
    entries = log(publish(2, "1"), publish(3, "1"), Condemned((f"{TABLE}/{run(2)}", f"{TABLE}/{run(9)}")))
    assert condemned(entries, at(9), [2, 3, 9]) == set()


def test_what_lies_in_a_condemned_directory_is_not_published() -> None:
    entries = log(publish(2, "1"), publish(3, "1"), Condemned((f"{TABLE}/{run(2)}",)))
    state = fold(entries)
    assert state.doomed(f"{TABLE}/{run(2)}/dt=1/") == f"{TABLE}/{run(2)}"
    assert state.doomed(f"{TABLE}/{run(2)}0/dt=1") is None
    assert list(and_above("a/b/c/")) == ["a/b/c", "a/b", "a"]
    verdict = judge(Rollback((slice_("1", 2),), "wrong"), [], state)
    assert verdict.body is None and "condemned" in verdict.lost["dt=1"]


def test_what_the_head_points_into_is_spared() -> None:
    state = fold(log(publish(2, "1")))
    body = Condemned((f"{TABLE}/{run(2)}", f"{TABLE}/{run(2)}/dt=1", f"{TABLE}/{run(3)}"))
    assert judge(body, [], state).body == Condemned((f"{TABLE}/{run(3)}",))


DAYS = st.sampled_from("123")
CHANGES = st.lists(st.tuples(st.booleans(), st.sets(DAYS, min_size=1)), max_size=12)


@given(CHANGES, st.integers(1, 14))
def test_law_what_was_shown_since_the_cutoff_stays(changes: list[tuple[bool, set[str]]], cut: int) -> None:
    bodies: list[Body] = []
    published: dict[str, list[int]] = {}
    for number, (back, days) in enumerate(changes, 2):
        earlier = {day: published[day][0] for day in days if len(published.get(day, [])) > 1}
        if back and earlier:
            bodies.append(Rollback(tuple(slice_(day, n) for day, n in sorted(earlier.items())), "x"))
            continue
        bodies.append(publish(number, *sorted(days)))
        for day in days:
            published.setdefault(day, []).append(number)
    entries = log(*bodies)
    found = condemned(entries, at(cut), range(20))
    state, shown = State(), set[str]()
    for entry in entries:
        before = state
        state = fold([entry], state)
        if entry.time >= at(cut):
            shown |= {p.location for s in (before, state) for p in s.partitions().values()}
    shown |= {p.location for p in state.partitions().values()}
    assert not found & {at for location in shown for at in and_above(location)}
    # And nothing else is left of the runs: what is not condemned is shown, or too young.
    for location in last_shown(entries).keys() - shown:
        assert found & set(and_above(location))
