"""Lineage across tables, both ways, and as it is shown."""

from __future__ import annotations

import pytest

from warehouse.errors import ProjectError
from warehouse.lineage import Lineage, label, mermaid

from .conftest import Made

CHAIN = {
    "raw": ("line STRING, n INT", ""),
    "mid": ("k STRING, v INT", "SELECT upper(line) AS k, n AS v FROM d.raw WHERE dt = '{{ ds }}'"),
    "top": (
        "k STRING, total BIGINT",
        "SELECT m.k, sum(m.v) + max(t.total) AS total FROM d.mid AS m LEFT JOIN d.top AS t ON t.k = m.k "
        "AND t.dt = '{{ prev_ds }}' WHERE m.dt = '{{ ds }}' GROUP BY m.k",
    ),
}


@pytest.fixture
def chain(make: Made) -> Lineage:
    return make(CHAIN)


def test_upstream_as_a_tree(chain: Lineage) -> None:
    tree = chain.upstream(chain.thing("d.top.total"))
    assert list(tree.lines()) == [
        "d.top.total",
        "├─ d.mid.v",
        "│  └─ d.raw.n",
        "└─ d.top.total (its own past)",
    ]


def test_downstream_as_a_tree(chain: Lineage) -> None:
    tree = chain.downstream(chain.thing("d.raw.line"))
    assert list(tree.lines()) == ["d.raw.line", "└─ d.mid.k", "   └─ d.top.k"]


def test_both_directions_have_the_same_edges(chain: Lineage) -> None:
    """What a reader derives from is read by it, for every column."""
    for table in chain.project.tables:
        for column in chain.columns_of(table):
            thing = chain.thing(f"{table}.{column.name}")
            for origin in chain.origins(thing):
                below = [node.thing for node in chain.downstream(origin).below]
                assert thing in below


def test_tables(chain: Lineage) -> None:
    assert list(chain.upstream(chain.thing("d.top")).lines()) == [
        "d.top",
        "├─ d.mid",
        "│  └─ d.raw",
        "└─ d.top (its own past)",
    ]


def test_mermaid(chain: Lineage) -> None:
    thing = chain.thing("d.mid.v")
    edges = [(b, a) for a, b in chain.upstream(thing).edges()]
    assert [(label(a), label(b)) for a, b in edges] == [("d.raw.n", "d.mid.v")]
    assert mermaid(edges, thing).splitlines() == [
        "flowchart LR",
        '  subgraph t0["d.mid"]',
        '    n0["v"]',
        "  end",
        '  subgraph t1["d.raw"]',
        '    n1["n"]',
        "  end",
        "  n1 --> n0",
    ]


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("d.top.nope", "d.top has no column 'nope'"),
        ("d.nope", "there is no table d.nope"),
        ("top", "neither db.table nor db.table.column"),
    ],
)
def test_what_is_not_there(chain: Lineage, text: str, says: str) -> None:
    with pytest.raises(ProjectError, match=says):
        chain.thing(text)


def test_a_chain_may_be_longer_than_pythons_stack(make: Made) -> None:
    """Two thousand tables, each with a column of the one before."""
    count = 2000
    names = [f"d.t{n:04}" for n in range(count)]
    tables = {"t0000": ("k STRING", "")}
    for n in range(1, count):
        tables[f"t{n:04}"] = ("k STRING", f"SELECT k FROM {names[n - 1]} WHERE dt = '{{{{ ds }}}}'")
    lineage = make(tables)
    for things in (names, [f"{name}.k" for name in names]):
        up = lineage.upstream(lineage.thing(things[-1]))
        assert [line.lstrip(" └─") for line in up.lines()] == things[::-1]
        assert len(list(up.edges())) == count - 1
        down = lineage.downstream(lineage.thing(things[0]))
        assert [line.lstrip(" └─") for line in down.lines()] == things
