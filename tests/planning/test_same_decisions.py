"""Deciding by what the log recorded and by an index gives what rendering every slice and looking at every
partition gives: over random histories of inputs and runs."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from warehouse.config import Config
from warehouse.frontmatter import InputPolicy
from warehouse.intervals import Grain, Interval, Moment
from warehouse.log import Body, Ddl, Entry, PartitionState, Publish, SliceState, State, fold
from warehouse.model import Model
from warehouse.names import Spec, TableName
from warehouse.partition_index import PartitionIndex, digest_of
from warehouse.plan import Reader, Reason, Request, decide
from warehouse.project import Context, Project
from warehouse.reading import Input, read
from warehouse.slicing import by_convention
from warehouse.windows import parse_window

DAYS = [f"2018-11-{n:02}" for n in range(1, 9)]
INTERVALS = tuple(Interval.span(Moment.parse(DAYS[0]), Moment.parse(DAYS[-1]), Grain.DAILY))
DDL = {
    "days": "PARTITIONED BY (dt STRING)",
    "dates": "PARTITIONED BY (dt DATE)",
    "hours": "PARTITIONED BY (dt STRING, hour INT)",
    "facts": "",
}
QUERIES = {
    "one": "SELECT k FROM g.days WHERE dt = '{{ ds }}'",
    "week": "SELECT k FROM g.days WHERE dt > '{{ macros.ds_add(ds, -3) }}' AND dt <= '{{ ds }}'",
    "some": "SELECT k FROM g.days "
    "WHERE dt IN ('{{ ds }}', '{{ prev_ds }}', '2018-11-03') AND dt <> '{{ next_ds }}'",
    "open": "SELECT k FROM g.days WHERE dt <= '{{ ds }}'",
    "whole": "SELECT k FROM g.days WHERE k <> 'x'",
    "dated": "SELECT k FROM g.dates WHERE dt BETWEEN DATE '{{ prev_ds }}' AND DATE '{{ ds }}'",
    "month": "SELECT k FROM g.days WHERE substr(dt, 1, 7) = '{{ month }}' AND dt < '{{ ds }}'",
    "hourly": "SELECT k FROM g.hours WHERE dt = '{{ ds }}' AND hour BETWEEN 1 AND 2",
    "noon": "SELECT k FROM g.hours "
    "WHERE (dt = '{{ ds }}' AND hour = 2) OR (dt = '{{ prev_ds }}' AND hour >= 1)",
    "joined": "SELECT a.k FROM g.days a JOIN g.facts b ON a.k = b.k WHERE a.dt = '{{ ds }}'",
    "both": "SELECT k FROM g.days WHERE dt = '{{ ds }}' UNION ALL "
    "SELECT k FROM g.hours WHERE dt >= '{{ prev_ds }}' AND dt < '{{ next_ds }}'",
    "own": "SELECT k FROM g.days WHERE dt = '{{ ds }}' "
    "UNION ALL SELECT k FROM g.own WHERE dt = '{{ prev_ds }}'",
}


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Project:
    root = tmp_path_factory.mktemp("project")

    def write(path: str, text: str) -> None:
        file = root / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text)

    for table, by in [*DDL.items(), *((name, DDL["days"]) for name in QUERIES)]:
        create = f"CREATE EXTERNAL TABLE g.{table} (k STRING)\n{by}\nSTORED AS PARQUET;\n"
        write(f"ddl/g/{table}/V001__create.sql", create)
    for name, query in QUERIES.items():
        write(
            f"sql/g/{name}.sql", f"INSERT OVERWRITE TABLE g.{name} PARTITION (dt = '{{{{ ds }}}}')\n{query}\n"
        )
    return Project(Path(root), Config(), Context("test", "lake", {}))


class World:
    """Logs of one table and of what it reads, changed step by step."""

    def __init__(self, project: Project, name: str) -> None:
        self.model = project.model(TableName("g", name))
        self.states = {n: State() for n in {self.model.name, *self.model.inputs}}
        for table in self.states:
            self.append(table, Ddl(project.contract(table), {}))

    def append(self, table: TableName, body: Body) -> None:
        state = self.states[table]
        self.states[table] = fold([Entry(state.head + 1, "n", "", body)], state)

    def put(self, table: TableName, path: str, version: str | None) -> None:
        """A partition's new version; None takes it away."""
        parts = () if version is None else (PartitionState(path, f"at/{path}", version),)
        self.append(table, Publish((SliceState(path, f"run-{version}", parts),)))

    def inputs(self, planned: Mapping[TableName, frozenset[str]] | None = None) -> dict[TableName, Input]:
        found = {}
        for table in self.model.inputs:
            contract = self.states[table].contract
            assert contract is not None
            slicing = by_convention(contract.partitions, None)
            found[table] = Input(
                table, self.states[table], slicing, True, planned=(planned or {}).get(table, frozenset())
            )
        return found

    def run(self, interval: Interval) -> None:
        """As a run records it, whether or not it should have run."""
        state = self.states[self.model.name]
        assert state.contract is not None
        path = self.model.spec(interval).path
        slice_ = SliceState(
            path, f"run-{state.head}", (PartitionState(path, f"at/{state.head}", f"v{state.head}"),),
            self.model.code, state.contract.digest, Reader(self.model, self.inputs()).reads(interval),
            str(interval),
        )  # fmt: skip
        self.append(self.model.name, Publish((slice_,)))


@dataclass(frozen=True)
class Step:
    run: int | None
    table: int
    day: int
    hour: int
    version: str | None


STEPS = st.lists(
    st.builds(
        Step,
        st.none() | st.integers(0, len(DAYS) - 1),
        st.integers(0, 3),
        st.integers(0, len(DAYS) - 1),
        st.integers(0, 3),
        st.sampled_from(["v1", "v2", "v3", None]),
    ),
    max_size=25,
)


def play(world: World, steps: list[Step]) -> None:
    outside = [t for t in world.model.inputs if t != world.model.name]
    for step in steps:
        if step.run is not None:
            world.run(INTERVALS[step.run])
            continue
        table = outside[step.table % len(outside)]
        world.put(table, path_of(world, table, step), step.version)


def path_of(world: World, table: TableName, step: Step) -> str:
    contract = world.states[table].contract
    assert contract is not None
    values = [DAYS[step.day], str(step.hour)]
    columns = contract.partition_columns
    return Spec.of(columns, values[: len(columns)]).path


def plainly(
    model: Model, state: State, inputs: Mapping[TableName, Input], request: Request
) -> Iterator[tuple[Reason, str]]:
    """Every slice rendered, every partition looked at."""
    for interval in request.intervals:
        reader = Reader(model, inputs)
        published = state.slices.get(model.spec(interval).path)
        reason, input_ = Reason.MISSING, ""
        if published is not None:
            reason = Reason.FRESH
            recorded = {r.table: r.digest for r in published.inputs}
            windows = reader.windows(interval)
            for name in model.inputs:
                source, window = inputs[name], windows[name]
                pairs = sorted(
                    (p, part.version)
                    for p, part in source.state.partitions().items()
                    if window.matches(Spec.parse(p).as_dict())
                )
                if recorded.get(str(name)) != digest_of(pairs) and (counts(model, source)):
                    reason, input_ = Reason.INPUTS, str(name)
                    break
            if reason is Reason.FRESH:
                for name in model.inputs:
                    hit = [
                        p
                        for p in sorted(inputs[name].planned)
                        if windows[name].matches(Spec.parse(p).as_dict())
                    ]
                    if hit and counts(model, inputs[name]):
                        reason, input_ = Reason.PERHAPS, f"{name} {hit[0]} runs before it".replace("  ", " ")
                        break
        if reason.runs and reader.lacks(interval):
            reason, input_ = Reason.WAITING, ""
        yield reason, input_


def counts(model: Model, source: Input) -> bool:
    policy = model.front.inputs.get(source.table)
    return policy is InputPolicy.RERUN if policy is not None else not source.is_snapshot


@pytest.mark.parametrize("name", QUERIES)
@settings(max_examples=25, deadline=None)
@given(steps=STEPS, planned=st.sets(st.tuples(st.integers(0, 7), st.integers(0, 3)), max_size=3))
def test_decisions_are_those_of_the_plain_way(
    project: Project, name: str, steps: list[Step], planned: set[tuple[int, int]]
) -> None:
    world = World(project, name)
    play(world, steps)
    before = {
        table: frozenset(path_of(world, table, Step(None, 0, day, hour, None)) for day, hour in planned)
        for table in world.model.inputs
        if table != world.model.name
    }
    inputs, state = world.inputs(before), world.states[world.model.name]
    request = Request(INTERVALS)
    decisions = decide(world.model, state, inputs, request)
    expected = list(plainly(world.model, state, world.inputs(before), request))
    assert [d.reason for d in decisions] == [reason for reason, _ in expected]
    for decision, (reason, detail) in zip(decisions, expected, strict=True):
        if reason in (Reason.INPUTS, Reason.PERHAPS):
            assert decision.detail.startswith(detail)


@pytest.mark.parametrize("name", QUERIES)
@settings(max_examples=15, deadline=None)
@given(steps=STEPS, day=st.integers(0, len(DAYS) - 1))
def test_the_index_finds_what_looking_at_each_partition_finds(
    project: Project, name: str, steps: list[Step], day: int
) -> None:
    world = World(project, name)
    play(world, steps)
    inputs = world.inputs()
    for table, window in Reader(world.model, inputs).windows(INTERVALS[day]).items():
        source = inputs[table]
        inside = sorted(p for p in source.partitions if window.matches(Spec.parse(p).as_dict()))
        assert source.index.inside(window) == inside
        assert read(source, window).partitions == len(inside)
        assert source.index.find(window.text) == inside, "also by its text alone"


TEXTS = st.lists(
    st.one_of(
        st.builds(
            "{} {} {}".format,
            st.sampled_from(["s"]),
            st.sampled_from(["=", "<", "<=", ">", ">=", "<>"]),
            st.sampled_from(["'a'", "'b'", "'10'", "'__HIVE_DEFAULT_PARTITION__'", "''"]),
        ),
        st.builds("n {} {}".format, st.sampled_from(["=", "<", "<=", ">", ">="]), st.integers(-1, 12)),
        st.builds("n BETWEEN {} AND {}".format, st.integers(0, 9), st.integers(0, 12)),
        st.sampled_from(["s IN ('a', 'c')", "n IN (1, 10)", "s LIKE 'a%'", "s = n", "d = DATE '2018-11-02'"]),
        st.sampled_from(["d >= DATE '2018-11-02'", "d < '2018-11-02'", "n = '1'", "s IS NULL", "n = 1.0"]),
    ),
    min_size=1,
    max_size=3,
)


@settings(max_examples=300, deadline=None)
@given(
    alternatives=st.lists(TEXTS, min_size=1, max_size=2),
    rows=st.lists(
        st.tuples(
            st.sampled_from(["a", "b", "ab", "10", "9", "__HIVE_DEFAULT_PARTITION__"]),
            st.sampled_from(["1", "01", "9", "10", "-1", "x", "__HIVE_DEFAULT_PARTITION__"]),
            st.sampled_from(["2018-11-01", "2018-11-02", "2018-11-2", "never", "__HIVE_DEFAULT_PARTITION__"]),
        ),
        max_size=12,
    ),
)
def test_conditions_of_all_kinds_on_values_of_all_kinds(
    project: Project, alternatives: list[list[str]], rows: list[tuple[str, str, str]]
) -> None:
    contract = project.contract(TableName("g", "hours"))
    column = contract.partitions[0]
    columns = tuple(type(column)(name, kind) for name, kind in (("s", "string"), ("n", "int"), ("d", "date")))
    window = parse_window([" AND ".join(one) for one in alternatives], columns)
    paths = {Spec.of(("s", "n", "d"), row).path: "v" for row in rows}
    found = PartitionIndex(paths, columns).inside(window)
    assert found == sorted(p for p in paths if window.matches(Spec.parse(p).as_dict()))


def test_a_table_that_is_partitioned_in_another_way_now_is_looked_at_anew(project: Project) -> None:
    world = World(project, "one")
    days = TableName("g", "days")
    world.put(days, f"dt={DAYS[0]}", "v1")
    world.run(INTERVALS[0])
    contract = project.contract(TableName("g", "hours"))
    inputs = world.inputs()
    state = replace(inputs[days], state=fold([Entry(3, "n", "", Ddl(contract, {}))], world.states[days]))
    assert state.index.find(("day = '2018-11-01'",)) is None
    assert state.index.find(("dt = '2018-11-01'",)) == [f"dt={DAYS[0]}"]
