"""How many files a partition is published in."""

from __future__ import annotations

from pathlib import Path
from urllib.parse import unquote

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tiny import Tiny

from runner.job.layout import wanted_files

MB = 1024 * 1024
TARGET = 256 * MB


@given(st.integers(0, 2**44), st.integers(0, 100_000))
def test_files_are_of_half_to_twice_the_target_or_one(size: int, files: int) -> None:
    n = wanted_files(size, files, TARGET)
    n = files if n is None else n
    if files == 0:
        assert n == 0
    elif size < TARGET // 2:
        assert n == 1
    elif n > 1:
        assert TARGET // 2 <= size / n <= 2 * TARGET
    else:
        assert size <= 2 * TARGET
    assert n == 0 or wanted_files(size, n, TARGET) is None, "what was written again is not written once more"


@pytest.fixture
def shop(tiny: Tiny) -> Tiny:
    tiny.create("one")
    tiny.create("many", partitions="dt STRING, part STRING")
    tiny.ok("ddl", "apply")
    return tiny


def one(project: Tiny, hint: str = "", rows: int = 100) -> None:
    project.sql(
        "one",
        "INSERT OVERWRITE TABLE {db}.one PARTITION (dt = '{{ ds }}')\n"
        f"SELECT {hint} CAST(id AS STRING) AS k, CAST(id AS INT) AS v FROM range(0, {rows}, 1, 5)\n",
    )


def published(project: Tiny, table: str) -> dict[str, list[Path]]:
    """The data files of each partition, by its values."""
    found = {}
    for values, partition in project.partitions(table).items():
        folder = Path(unquote(partition.location.removeprefix("file:")))
        if not folder.is_dir():
            folder = Path(partition.location.removeprefix("file://").removeprefix("file:"))
        found[values] = [f for f in folder.iterdir() if not f.name.startswith(("_", "."))]
    return found


def sizes(project: Tiny, megabytes: float) -> None:
    project.configure({}, f"file_size_mb = {megabytes}")


def run(project: Tiny, table: str) -> None:
    project.ok("run", "--select", "{db}." + table, "--date", "2024-01-01", "--force")


@pytest.mark.spark
@pytest.mark.metastore
def test_a_small_partition_is_one_file(shop: Tiny) -> None:
    one(shop)
    run(shop, "one")
    (files,) = published(shop, "one").values()
    assert len(files) == 1
    (partition,) = shop.slice("one", "dt=2024-01-01").partitions
    assert (partition.rows, partition.files) == (100, 1), "told by the INSERT: no scan counted them"
    assert shop.rows("one") == sorted([str(i), str(i), "2024-01-01"] for i in range(100))

    sizes(shop, 0)
    run(shop, "one")
    (files,) = published(shop, "one").values()
    assert len(files) == 5, "as the statement wrote them"


@pytest.mark.spark
@pytest.mark.metastore
def test_a_number_in_a_hint_of_the_statement_decides(shop: Tiny) -> None:
    one(shop, "/*+ REPARTITION(3) */")
    run(shop, "one")
    (files,) = published(shop, "one").values()
    assert len(files) == 3

    # Of what is read on the way it says nothing, nor does a hint without a number.
    shop.sql(
        "one",
        "INSERT OVERWRITE TABLE {db}.one PARTITION (dt = '{{ ds }}')\n"
        "WITH ids AS (SELECT /*+ REPARTITION(4) */ id FROM range(100))\n"
        "SELECT CAST(id AS STRING) AS k, CAST(id AS INT) AS v FROM ids\n",
    )
    run(shop, "one")
    (files,) = published(shop, "one").values()
    assert len(files) == 1


@pytest.mark.spark
@pytest.mark.metastore
def test_a_large_partition_is_files_of_the_target(shop: Tiny) -> None:
    sizes(shop, 0.1)
    one(shop, "/*+ BROADCAST(nothing) */", rows=100_000)
    run(shop, "one")
    (files,) = published(shop, "one").values()
    total = sum(f.stat().st_size for f in files)
    assert total > 0.4 * MB
    assert 0.05 * MB <= total / len(files) <= 0.2 * MB
    answer = shop.ok("query", "--format", "csv", "SELECT count(*), count(DISTINCT k), sum(v) FROM {db}.one")
    assert answer.out.splitlines()[-1] == f"100000,100000,{sum(range(100_000))}"


@pytest.mark.spark
@pytest.mark.metastore
def test_of_many_partitions_each_is_one_file(shop: Tiny) -> None:
    shop.sql(
        "many",
        "INSERT OVERWRITE TABLE {db}.many PARTITION (dt = '{{ ds }}', part)\n"
        'SELECT CAST(id AS STRING) AS k, CAST(id AS INT) AS v, concat(id % 3, " it\'s: \\\\ %") AS part\n'
        "FROM range(0, 99, 1, 4)\n",
    )
    run(shop, "many")
    files = published(shop, "many")
    assert [len(f) for f in files.values()] == [1, 1, 1]
    assert sorted(int(row[0]) for row in shop.rows("many")) == list(range(99))


@pytest.mark.spark
@pytest.mark.metastore
def test_what_is_well_written_is_left_as_it_is(shop: Tiny, monkeypatch: pytest.MonkeyPatch) -> None:
    """Beside many small partitions that are written again, in more statements than one."""
    monkeypatch.setattr("runner.job.layout._NAMED", 2)
    sizes(shop, 0.05)
    shop.sql(
        "many",
        "INSERT OVERWRITE TABLE {db}.many PARTITION (dt = '{{ ds }}', part)\n"
        "SELECT CAST(id AS STRING) AS k, CAST(id AS INT) AS v,\n"
        "  CASE WHEN id < 50 THEN concat('small ', id % 5) ELSE 'large' END AS part\n"
        "FROM range(0, 60000, 1, 4) WHERE id < 50 OR id % 2 = 0\n",
    )
    run(shop, "many")
    files = {values: len(found) for values, found in published(shop, "many").items()}
    large = [n for values, n in files.items() if "large" in values]
    assert large == [4], "as the statement's four tasks wrote it"
    assert sorted(files.values()) == [1, 1, 1, 1, 1, 4]
    rows = shop.rows("many")
    assert sorted(int(row[0]) for row in rows) == [*range(50), *range(50, 60000, 2)]
    recorded = shop.slice("many", "dt=2024-01-01").partitions
    assert sum(p.rows for p in recorded) == len(rows)
    assert {p.files for p in recorded} == {1, 4}
