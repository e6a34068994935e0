"""What every metastore does with partitions."""

from __future__ import annotations

import itertools
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from metastores.examples import DT_HOUR, by_values, partition, table
from runner.metastores import Metastore
from warehouse.contract import Column
from warehouse.errors import OutsideError
from warehouse.names import TableName

AWKWARD = (
    *(
        "with space",
        "a/b",
        "12:30:00",
        "100%",
        "%41",
        "a=b",
        "dt=x",
        "Ünï 日本語 😀",
        "a.b",
        "a_b",
        "a%b",
        "(x|y)",
    ),
    *(
        "it's",
        '"q"',
        "back\\slash",
        "[a]{b}^",
        "#?*",
        "+1",
        "$x",
        "..",
        "~",
        "a,b;c",
        "__HIVE_DEFAULT_PARTITION__",
    ),
)
_names = (f"random{n}" for n in itertools.count())


def test_partitions_read_back_as_written(metastore: Metastore, db: str, tmp_path: Path) -> None:
    made = table(db, tmp_path, partitions=DT_HOUR)
    metastore.create_table(made)
    written = [partition(made, day, hour) for day in ("2018-11-01", "2018-11-02") for hour in ("00", "07")]
    assert metastore.add_partitions(made, written) == []
    assert by_values(metastore.partitions(made.name)) == by_values(written)


def test_awkward_values_are_found_whole_by_name_and_by_prefix(
    metastore: Metastore, db: str, tmp_path: Path
) -> None:
    made = table(db, tmp_path, partitions=DT_HOUR)
    metastore.create_table(made)
    written = [partition(made, value, hour) for value in AWKWARD for hour in ("x", value)]
    assert metastore.add_partitions(made, written) == []
    assert by_values(metastore.partitions(made.name)) == by_values(written)
    for value in AWKWARD:
        pair = [p for p in written if p.values[0] == value]
        assert by_values(metastore.partitions(made.name, prefix=(value,))) == by_values(pair)
        assert by_values(metastore.partitions(made.name, names=[p.values for p in pair])) == by_values(pair)
        assert by_values(metastore.partitions(made.name, prefix=(value, value))) == by_values(pair[1:])
    moved = [replace(p, location=f"{made.location}/again") for p in written]
    assert metastore.alter_partitions(made, moved) == []
    assert by_values(metastore.partitions(made.name)) == by_values(moved)
    assert metastore.drop_partitions(made, [p.values for p in written[2:]]) == []
    assert by_values(metastore.partitions(made.name)) == by_values(moved[:2])


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.sets(
        # A trailing space is no difference to SQL; case none to MySQL.
        st.text(st.characters(exclude_categories=["Cs", "Cc", "Lu", "Lt"]), min_size=1, max_size=8).filter(
            lambda text: text.strip() == text
        ),
        min_size=1,
        max_size=6,
    )
)
def test_any_values_read_back(metastore: Metastore, db: str, tmp_path: Path, values: set[str]) -> None:
    made = table(db, tmp_path, name=next(_names))
    metastore.create_table(made)
    written = [replace(partition(made, value), location=made.location) for value in values]
    assert metastore.add_partitions(made, written) == []
    assert by_values(metastore.partitions(made.name)) == by_values(written)
    one = written[0]
    assert metastore.partitions(made.name, names=[one.values]) == [one]
    assert metastore.partitions(made.name, prefix=one.values) == [one]


def test_names_that_do_not_exist_are_left_out(metastore: Metastore, db: str, tmp_path: Path) -> None:
    made = table(db, tmp_path)
    metastore.create_table(made)
    there = partition(made, "2018-11-01")
    metastore.add_partitions(made, [there])
    names = [("2018-11-01",), ("2018-11-02",), ("2018-11-01",)]
    assert metastore.partitions(made.name, names=names) == [there]
    assert metastore.partitions(made.name, names=[]) == []
    assert metastore.partitions(made.name, prefix=("2018-11",)) == []
    assert metastore.partitions(made.name, prefix=()) == [there]


def test_adding_what_exists_fails_alone_and_changes_it_not(
    metastore: Metastore, db: str, tmp_path: Path
) -> None:
    made = table(db, tmp_path)
    metastore.create_table(made)
    old = partition(made, "2018-11-02")
    metastore.add_partitions(made, [old])
    new = [partition(made, f"2018-11-0{n}", run="run2") for n in (1, 2, 3)]
    failures = metastore.add_partitions(made, new)
    assert [(f.values, "exists" in f.why) for f in failures] == [(("2018-11-02",), True)]
    assert by_values(metastore.partitions(made.name)) == by_values([new[0], old, new[2]])


def test_altering_moves_location_columns_and_parameters_whole(
    metastore: Metastore, db: str, tmp_path: Path
) -> None:
    made = table(db, tmp_path)
    metastore.create_table(made)
    metastore.add_partitions(made, [partition(made, "2018-11-01"), partition(made, "2018-11-02")])
    moved = replace(
        partition(
            made, "2018-11-01", run="run2", columns=(Column("id", "string"), Column("z", "map<int,date>"))
        ),
        parameters={"only": "this"},
    )
    assert metastore.alter_partitions(made, [moved]) == []
    found = by_values(metastore.partitions(made.name))
    assert found == by_values([moved, partition(made, "2018-11-02")])


def test_altering_what_is_missing(metastore: Metastore, db: str, tmp_path: Path) -> None:
    made = table(db, tmp_path)
    metastore.create_table(made)
    old = partition(made, "2018-11-01")
    metastore.add_partitions(made, [old])
    moved = [partition(made, day, run="run2") for day in ("2018-11-01", "2018-11-02")]
    failures = metastore.alter_partitions(made, moved)
    assert {f.values: "does not exist" in f.why for f in failures}[("2018-11-02",)] is True
    left = metastore.partitions(made.name)
    if metastore.transactional:
        assert {f.values for f in failures} == {p.values for p in moved}
        assert left == [old]
    else:
        assert len(failures) == 1
        assert left == [moved[0]]


def test_dropping_keeps_the_data_and_what_is_gone_counts_as_done(
    metastore: Metastore, db: str, tmp_path: Path
) -> None:
    made = table(db, tmp_path)
    metastore.create_table(made)
    parts = [partition(made, "2018-11-01"), partition(made, "2018-11-02")]
    metastore.add_partitions(made, parts)
    for part in parts:
        directory = Path(part.location.removeprefix("file://"))
        directory.mkdir(parents=True, exist_ok=True)
        (directory / "part-0").write_text("rows")
    assert metastore.drop_partitions(made, [("2018-11-01",), ("2018-11-09",)]) == []
    assert metastore.drop_partitions(made, [("2018-11-01",)]) == []
    assert metastore.partitions(made.name) == parts[1:]
    assert len(list(tmp_path.rglob("part-0"))) == 2


def test_a_directory_that_is_gone_does_not_keep_its_partition(
    metastore: Metastore, db: str, tmp_path: Path
) -> None:
    made = table(db, tmp_path)
    metastore.create_table(made)
    metastore.add_partitions(made, [partition(made, "2018-11-01")])
    directory = tmp_path / db / "t" / "run1"
    for path in sorted(directory.rglob("*"), reverse=True):
        path.rmdir()
    assert metastore.drop_partitions(made, [("2018-11-01",)]) == []
    assert metastore.partitions(made.name) == []


def test_a_table_that_is_missing_takes_no_partitions(metastore: Metastore, db: str, tmp_path: Path) -> None:
    missing = table(db, tmp_path, name="missing")
    with pytest.raises(OutsideError):
        metastore.add_partitions(missing, [partition(missing, "x")])
    with pytest.raises(OutsideError):
        metastore.alter_partitions(missing, [partition(missing, "x")])
    assert metastore.drop_partitions(missing, [("x",)]) == []
    assert metastore.table(TableName(db, "missing")) is None


def test_nothing_to_do_is_done(metastore: Metastore, db: str, tmp_path: Path) -> None:
    made = table(db, tmp_path)
    metastore.create_table(made)
    assert metastore.add_partitions(made, []) == []
    assert metastore.alter_partitions(made, []) == []
    assert metastore.drop_partitions(made, []) == []


def test_a_thousand_partitions(metastore: Metastore, db: str, tmp_path: Path) -> None:
    made = table(db, tmp_path, partitions=DT_HOUR)
    metastore.create_table(made)
    # All at one directory: Hive's server takes long to make a thousand.
    first = [
        replace(partition(made, f"d{n // 24:03}", f"{n % 24:02}"), location=made.location)
        for n in range(1100)
    ]
    assert metastore.add_partitions(made, first) == []
    assert by_values(metastore.partitions(made.name)) == by_values(first)
    second = [replace(p, location=f"{made.location}/r2", parameters={"n": "2"}) for p in first]
    assert metastore.alter_partitions(made, second) == []
    assert by_values(metastore.partitions(made.name, names=[p.values for p in first])) == by_values(second)
    assert len(metastore.partitions(made.name, prefix=("d003",))) == 24
    assert metastore.drop_partitions(made, [p.values for p in first[1:]]) == []
    assert metastore.partitions(made.name) == second[:1]
