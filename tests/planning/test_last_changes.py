"""Which entry last changed something in a window: what looking at every partition gives."""

from __future__ import annotations

from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from warehouse.contract import Column, Contract, Format, Storage
from warehouse.intervals import Grain
from warehouse.last_changes import LastChanges
from warehouse.log import Ddl, Entry, PartitionState, Publish, SliceState, State, fold
from warehouse.names import HIVE_DEFAULT_PARTITION, Spec, TableName
from warehouse.reading import Input, read, unchanged
from warehouse.slicing import by_convention
from warehouse.windows import EVERYTHING, parse_window

DT = Column("dt", "string")
DAYS = [f"2018-{month:02}-{day:02}" for month in (1, 2) for day in range(1, 29)]
VALUES = (*DAYS, "a:b", "x y", "")
TABLES = {
    "text": (DT,),
    "date": (Column("dt", "date"),),
    "hours": (DT, Column("hour", "int")),
}


def window(columns: tuple[Column, ...]) -> st.SearchStrategy[str]:
    day = st.sampled_from(DAYS if columns[0].type == "date" else VALUES[:-1])
    prefix = "DATE " if columns[0].type == "date" else ""
    forms = [
        st.builds(lambda a: f"dt = {prefix}'{a}'", day),
        st.builds(lambda a, b: f"dt BETWEEN {prefix}'{a}' AND {prefix}'{b}'", day, day),
        st.builds(lambda a: f"dt <= {prefix}'{a}'", day),
        st.builds(lambda a, b: f"dt IN ({prefix}'{a}', {prefix}'{b}')", day, day),
        st.builds(lambda a: f"dt >= {prefix}'{a}' AND substr(dt, 1, 7) = '2018-02'", day),
        st.just("dt LIKE '2018-01%'"),
        st.just(EVERYTHING),
    ]
    if len(columns) > 1:
        forms.append(st.builds(lambda a: f"dt = '{a}' AND hour = 1", day))
    return st.one_of(forms)


@given(st.data())
def test_it_is_the_largest_of_those_in_the_window(data: st.DataObject) -> None:
    columns = TABLES[data.draw(st.sampled_from(sorted(TABLES)))]
    days = st.sampled_from([*DAYS, *([] if columns[0].type == "date" else ["a:b", "x y"])])
    if data.draw(st.booleans()):
        days = st.one_of(days, st.just(HIVE_DEFAULT_PARTITION))
    values = [days, *(st.sampled_from("012") for _ in columns[1:])]
    specs = data.draw(st.lists(st.tuples(*values), max_size=60))
    changed = {Spec.of([c.name for c in columns], spec).path: data.draw(st.integers(1, 99)) for spec in specs}
    changes = LastChanges(changed, columns)
    for _ in range(3):
        text = tuple(data.draw(st.lists(window(columns), min_size=1, max_size=2, unique=True)))
        inside = parse_window(text, columns)
        wanted = [n for path, n in changed.items() if inside.matches(Spec.parse(path).as_dict())]
        assert changes.inside(text) == max(wanted, default=0), text


def test_a_text_that_means_nothing_any_more() -> None:
    changes = LastChanges({"dt=x": 1}, (DT,))
    assert changes.inside(("day = 'x'",)) is None
    assert changes.inside(("dt = 'y'",)) == 0


CONTRACT = Contract("g.days", (Column("k", "string"),), (DT,), Storage(Format.CUSTOM, "", "", ""), "g/days")


def day(version: str | None) -> SliceState:
    parts = () if version is None else (PartitionState("dt=2018-01-01", version, version),)
    return SliceState("dt=2018-01-01", f"run-{version}", parts)


def source(*bodies: Ddl | Publish, found: Publish | None = None) -> Input:
    """As its log says, and what lies in its directories besides."""
    state = fold([Entry(n, "n", "", body) for n, body in enumerate((Ddl(CONTRACT), *bodies), 1)], State())
    one = Input(TableName("g", "days"), state, by_convention((DT,), Grain.DAILY), True)
    if found is None:
        return one
    return replace(one, state=fold([Entry(state.head + 1, "found", "", found)], state), found=True)


FIRST, SECOND, THIRD = (Publish((day(version),)) for version in ("one", "two", "three"))
WINDOW = parse_window(("dt = '2018-01-01'",), (DT,))


def test_what_was_read_beside_the_log_is_compared_with_what_the_log_got_afterwards() -> None:
    """A file comes while a run begins; another before it is registered."""
    before = read(source(FIRST, found=SECOND), WINDOW)
    assert unchanged(source(FIRST, found=SECOND), before)
    assert unchanged(source(FIRST, SECOND), before)
    assert not unchanged(source(FIRST), before)
    assert not unchanged(source(FIRST, THIRD), before)
    assert not unchanged(source(FIRST, THIRD, Ddl(CONTRACT)), before)


def test_what_changed_and_changed_back_has_not_changed() -> None:
    before = read(source(FIRST), WINDOW)
    assert not unchanged(source(FIRST, SECOND), before)
    assert unchanged(source(FIRST, SECOND, FIRST), before)
    assert not unchanged(source(FIRST, Publish((day(None),))), before)


def test_a_log_that_begins_anew() -> None:
    """What was read of a lake that was lost says nothing, whatever the numbers are."""
    before = read(source(FIRST, SECOND, FIRST), WINDOW)
    assert not unchanged(source(SECOND), before)
    assert unchanged(source(FIRST), before)
