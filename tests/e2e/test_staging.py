"""Where a run's rows go before anybody reads them."""

from __future__ import annotations

import pytest
from tiny import Tiny

from runner.engines.local import LocalEngine
from runner.job import disk
from runner.metastores.hive import HiveMetastore

pytestmark = [pytest.mark.spark, pytest.mark.metastore]

ONE = "INSERT OVERWRITE TABLE {db}.one PARTITION (dt = '{{ ds }}')\nSELECT 'a' AS k, 1 AS v\n"


@pytest.fixture
def made(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Tables that are made in the metastore."""
    names: list[str] = []
    create = HiveMetastore.create_table

    def noted(self: HiveMetastore, table: object) -> None:
        names.append(str(table.name))  # type: ignore[attr-defined]
        create(self, table)  # type: ignore[arg-type]

    monkeypatch.setattr(HiveMetastore, "create_table", noted)
    return names


@pytest.mark.parametrize("stored", ["PARQUET", "ORC", "TEXTFILE"])
@pytest.mark.parametrize("types", ["k STRING, v INT", "k VARCHAR(3), v INT"])
def test_a_metastore_is_asked_for_a_staging_table_only_where_one_is_needed(
    tiny: Tiny, made: list[str], stored: str, types: str
) -> None:
    tiny.create("one", columns=types, stored=f"STORED AS {stored}")
    tiny.sql("one", ONE)
    tiny.ok("ddl", "apply")
    made.clear()
    tiny.ok("run", "--select", "{db}.one", "--date", "2024-01-01")
    needed = stored == "TEXTFILE" or "VARCHAR" in types
    assert len(made) == needed
    assert tiny.rows("one") == [["a", "1", "2024-01-01"]]
    assert not tiny.staging_tables()


@pytest.mark.parametrize("stored", ["PARQUET", "ORC"])
@pytest.mark.parametrize(
    ("partitions", "by", "values", "published"),
    [
        ("dt STRING", "dt", "'2024-01-01'", ["2024-01-01"]),
        ("dt STRING, n INT", "dt, n", "'2024-01-01', 7", ["2024-01-01/7"]),
        ("dt STRING, n INT", "dt = '{{ ds }}', n", "7", ["2024-01-01/7"]),
        ("dt STRING, d DATE", "dt, d", "'2024-01-01', DATE '2023-12-31'", ["2024-01-01/2023-12-31"]),
        ("dt STRING, t STRING", "dt = '{{ ds }}', t", "'007'", ["2024-01-01/007"]),
        ("dt STRING, t STRING", "dt = '{{ ds }}', t", "'a/b=c %'", ["2024-01-01/a/b=c %"]),
        ("dt STRING, t VARCHAR(9)", "dt = '{{ ds }}', t", "'x'", ["2024-01-01/x"]),
    ],
)
def test_dynamic_partitions_need_no_staging_table_either(
    tiny: Tiny, made: list[str], stored: str, partitions: str, by: str, values: str, published: list[str]
) -> None:
    tiny.create("one", columns="k STRING, v INT", partitions=partitions, stored=f"STORED AS {stored}")
    tiny.sql(
        "one",
        f"INSERT OVERWRITE TABLE {{db}}.one PARTITION ({by})\n"
        f"SELECT 'a' AS k, id AS v, {values} FROM range(3)\n",
    )
    tiny.ok("ddl", "apply")
    made.clear()
    tiny.ok("run", "--select", "{db}.one", "--date", "2024-01-01")
    assert len(made) == ("VARCHAR" in partitions)
    assert sorted(tiny.partitions("one")) == published
    assert [row[:2] for row in tiny.rows("one")] == [["a", "0"], ["a", "1"], ["a", "2"]]
    assert not tiny.staging_tables()
    assert not list(tiny.lake.rglob("*__HIVE_DEFAULT_PARTITION__*"))


@pytest.mark.parametrize("value", ["NULL", "''"])
def test_a_dynamic_partition_without_a_value_is_refused(tiny: Tiny, value: str) -> None:
    tiny.create("one", columns="k STRING", partitions="dt STRING, t STRING")
    tiny.sql(
        "one", f"INSERT OVERWRITE TABLE {{db}}.one PARTITION (dt = '{{{{ ds }}}}', t)\nSELECT 'a', {value}\n"
    )
    tiny.ok("ddl", "apply")
    assert "NULL or empty" in tiny("run", "--select", "{db}.one", "--date", "2024-01-01").text


def test_days_without_a_row_are_published_beside_others_in_many_files(tiny: Tiny) -> None:
    tiny.create("one", columns="k STRING, v BIGINT")
    tiny.sql(
        "one",
        "/* ---\nchecks: [{unique: [v]}]\n--- */\n"
        "INSERT OVERWRITE TABLE {db}.one PARTITION (dt)\n"
        "SELECT 'a' AS k, id AS v, '2024-01-02' AS dt FROM range(0, 90, 1, 9)\n"
        "WHERE '2024-01-02' BETWEEN '{{ start_ds }}' AND '{{ end_ds }}'\n",
    )
    tiny.ok("ddl", "apply")
    tiny.ok("backfill", "--select", "{db}.one", "--start", "2024-01-01", "--end", "2024-01-03")
    assert sorted(tiny.partitions("one")) == ["2024-01-01", "2024-01-02", "2024-01-03"]
    assert sorted(int(row[1]) for row in tiny.rows("one")) == list(range(90))
    assert len(list(tiny.lake.rglob("*.parquet"))) == 1, "many small files become one"


@pytest.mark.parametrize(
    ("stored", "properties", "suffix"),
    [
        ("PARQUET", "", ".snappy.parquet"),
        ("PARQUET", "'parquet.compression' = 'GZIP'", ".gz.parquet"),
        ("ORC", "'orc.compress' = 'SNAPPY'", ".snappy.orc"),
    ],
)
@pytest.mark.parametrize("by", ["dt = '{{ ds }}'", "dt"])
def test_files_are_compressed_as_the_table_says(
    tiny: Tiny, stored: str, properties: str, suffix: str, by: str
) -> None:
    tiny.create("one", columns="k STRING, v INT", stored=f"STORED AS {stored}", properties=properties)
    tiny.sql(
        "one", ONE.replace("dt = '{{ ds }}'", by).replace("AS v", "AS v" + ", '{{ ds }}'" * (by == "dt"))
    )
    tiny.ok("ddl", "apply")
    tiny.ok("run", "--select", "{db}.one", "--date", "2024-01-01")
    (file,) = (f for f in tiny.lake.rglob(f"*.{stored.lower()}"))
    assert file.name.endswith(suffix)


@pytest.mark.parametrize("types", ["k STRING, v INT", "k VARCHAR(3), v INT"])
def test_what_does_not_fit_is_refused_by_name_either_way(tiny: Tiny, types: str) -> None:
    tiny.create("one", columns=types)
    tiny.sql("one", ONE.replace("1 AS v", "'x' AS v"))
    tiny.ok("ddl", "apply")
    answer = tiny("run", "--select", "{db}.one", "--date", "2024-01-01")
    assert answer.code == 1
    assert "`v`" in answer.text
    assert "staging_" not in answer.text


def test_a_lake_whose_path_looks_like_a_pattern(make_tiny: object) -> None:
    project = make_tiny("pro{j}[1]*?")  # type: ignore[operator]
    project.create("one", columns="k STRING, v INT")
    project.sql("one", ONE)
    project.ok("ddl", "apply")
    project.ok("run", "--select", "{db}.one", "--date", "2024-01-01")
    assert project.rows("one") == [["a", "1", "2024-01-01"]]


def test_files_are_made_without_processes_and_with_the_rights_they_had(tiny: Tiny) -> None:
    tiny.create("one", columns="k STRING, v INT")
    tiny.sql("one", ONE)
    tiny.ok("ddl", "apply")
    tiny.ok("run", "--select", "{db}.one", "--date", "2024-01-01")
    with tiny.warehouse() as warehouse:
        engine = warehouse.lake.engine
        assert isinstance(engine, LocalEngine)
        session = engine.session()
        files = disk._disk(session, session._jsc.hadoopConfiguration())
        assert files.getClass().getName() == disk._NAME
        (file,) = tiny.lake.rglob("*.parquet")
        # Hadoop's own kind of status starts a process when it is asked for the rights.
        (status,) = files.listStatus(session._jvm.org.apache.hadoop.fs.Path(str(file)))
        assert status.getClass().getName() == "org.apache.hadoop.fs.FileStatus"
        assert status.getPermission().toString() == "rw-r--r--"
        assert status.getLen() == file.stat().st_size
    assert file.stat().st_mode & 0o777 == 0o644
    assert not list(tiny.lake.rglob("*.crc"))
