"""The order of tables, and selecting them."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from warehouse.errors import ProjectError
from warehouse.graph import ordered, select, with_preferences
from warehouse.names import TableName

TABLES = [TableName("d", f"t{i}") for i in range(8)]
DAGS = st.lists(st.sets(st.integers(0, 7), max_size=3), min_size=8, max_size=8).map(
    lambda reads: {TABLES[i]: sorted(TABLES[j] for j in r if j <= i) for i, r in enumerate(reads)}
)
ANY = st.lists(st.sets(st.integers(0, 7), max_size=3), min_size=8, max_size=8).map(
    lambda reads: {TABLES[i]: sorted(TABLES[j] for j in r) for i, r in enumerate(reads)}
)


@given(graph=DAGS, preferred=ANY)
def test_inputs_come_before_their_readers(
    graph: dict[TableName, list[TableName]], preferred: dict[TableName, list[TableName]]
) -> None:
    """Preferences never make a circle, and never break the order that is needed."""
    order = ordered(with_preferences(graph, preferred))
    assert sorted(order) == sorted(graph)
    for name, reads in graph.items():
        assert all(order.index(r) < order.index(name) for r in reads if r != name)


def test_a_circle_is_shown() -> None:
    a, b, c = TABLES[:3]
    with pytest.raises(ProjectError, match=r"d\.t0 -> d\.t1 -> d\.t2 -> d\.t0"):
        ordered({a: [b], b: [c], c: [a]})
    assert ordered({a: [a]}) == [a], "its own past is no circle"


NAMES = [TableName.parse(t) for t in ("m.raw", "m.events", "m.plays", "m.songs", "n.report")]
GRAPH = {
    NAMES[1]: [NAMES[0]],
    NAMES[2]: [NAMES[1], NAMES[3]],
    NAMES[4]: [NAMES[2]],
}


def chosen(*terms: str, exclude: tuple[str, ...] = ()) -> list[str]:
    tags = {"daily": {NAMES[2], NAMES[4]}}
    found = select(
        NAMES, terms, exclude, graph=lambda: GRAPH, method=lambda kind, value: set(tags.get(value, set()))
    )
    return [str(n) for n in found]


@pytest.mark.parametrize(
    ("terms", "exclude", "found"),
    [
        ((), (), ["m.events", "m.plays", "m.raw", "m.songs", "n.report"]),
        (("m",), (), ["m.events", "m.plays", "m.raw", "m.songs"]),
        (("m",), ("m.raw", "m.songs"), ["m.events", "m.plays"]),
        (("m.plays",), (), ["m.plays"]),
        (("+m.plays",), (), ["m.events", "m.plays", "m.raw", "m.songs"]),
        (("1+m.plays",), (), ["m.events", "m.plays", "m.songs"]),
        (("m.events+",), (), ["m.events", "m.plays", "n.report"]),
        (("m.events+1",), (), ["m.events", "m.plays"]),
        (("+m.events+",), (), ["m.events", "m.plays", "m.raw", "n.report"]),
        (("*.r*",), (), ["m.raw", "n.report"]),
        (("tag:daily",), ("n",), ["m.plays"]),
        (("1+tag:daily",), (), ["m.events", "m.plays", "m.songs", "n.report"]),
    ],
)
def test_selectors(terms: tuple[str, ...], exclude: tuple[str, ...], found: list[str]) -> None:
    assert chosen(*terms, exclude=exclude) == found


@pytest.mark.parametrize("term", ["nothing", "m.nothing", "tag:hourly", "", "+"])
def test_a_term_that_names_nothing_is_an_error(term: str) -> None:
    with pytest.raises(ProjectError):
        chosen(term)


DEEP = [TableName("deep", f"t{n:04}") for n in range(2000)]
"""Each reads the next: by name, readers come before what they read. Twice as long as Python's stack."""
CHAIN = {name: [DEEP[n + 1]] if n + 1 < len(DEEP) else [] for n, name in enumerate(DEEP)}


def test_a_chain_may_be_longer_than_pythons_stack() -> None:
    assert ordered(CHAIN) == DEEP[::-1]
    assert ordered(with_preferences({name: [] for name in DEEP}, CHAIN)) == DEEP[::-1]


@pytest.mark.parametrize(
    ("term", "found"),
    [("+deep.t0000", DEEP), ("deep.t1999+", DEEP), ("+deep.t0100", DEEP[100:]), ("deep.t0100+", DEEP[:101])],
)
def test_selectors_follow_a_long_chain(term: str, found: list[TableName]) -> None:
    assert select(DEEP, [term], [], graph=lambda: CHAIN, method=lambda kind, value: set()) == found


def test_a_long_circle_is_shown_from_where_it_begins() -> None:
    circle = " -> ".join(map(str, [*DEEP[1000:], DEEP[1000]]))
    with pytest.raises(ProjectError) as told:
        ordered({**CHAIN, DEEP[-1]: [DEEP[1000]]})
    assert told.value.what == f"tables read each other in a circle: {circle}"
