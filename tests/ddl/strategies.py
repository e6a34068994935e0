"""What property tests of DDL draw from."""

from __future__ import annotations

from hypothesis import strategies as st

from warehouse.types import HiveType

PLAIN = st.sampled_from(
    [
        "boolean",
        "tinyint",
        "smallint",
        "int",
        "bigint",
        "float",
        "double",
        "string",
        "binary",
        "date",
        "timestamp",
    ]
).map(HiveType)
SIZED = st.one_of(
    st.integers(1, 65535).map(lambda n: HiveType("varchar", (n,))),
    st.integers(1, 255).map(lambda n: HiveType("char", (n,))),
    st.integers(1, 38).flatmap(lambda p: st.integers(0, p).map(lambda s: HiveType("decimal", (p, s)))),
)
FLAT = PLAIN | SIZED
FIELD = st.from_regex(r"[a-z][a-z0-9_]{0,5}", fullmatch=True)


def _struct(pairs: list[tuple[str, HiveType]]) -> HiveType:
    return HiveType("struct", (), tuple(t for _, t in pairs), tuple(f for f, _ in pairs))


TYPES = st.recursive(
    FLAT,
    lambda inner: st.one_of(
        inner.map(lambda t: HiveType("array", (), (t,))),
        st.tuples(FLAT, inner).map(lambda kv: HiveType("map", (), kv)),
        st.lists(st.tuples(FIELD, inner), min_size=1, max_size=3, unique_by=lambda p: p[0]).map(_struct),
    ),
    max_leaves=6,
)
