"""What is published when, and what is not: the commands on real Spark and a real metastore."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

import pytest
from tiny import Tiny

from runner.lake import Lake
from runner.metastores.hive import HiveMetastore
from runner.staging import partition_of, table_of

pytestmark = [pytest.mark.spark, pytest.mark.metastore]

DAYS = ("2024-01-01", "2024-01-02", "2024-01-03")


@pytest.fixture
def shop(tiny: Tiny) -> Tiny:
    """``raw`` with three days, a daily table in date form and one in range form."""
    tiny.source()
    tiny.create("daily")
    tiny.daily()
    tiny.create("ranged")
    tiny.ranged()
    for number, day in enumerate(DAYS, 1):
        tiny.land(f"dt={day}", [f"a,{number}", f"b,{number * 10}"])
    tiny.ok("ddl", "apply")
    return tiny


def backfill(project: Tiny, table: str, *words: str) -> dict[str, tuple[str, str]]:
    return project.outcomes(
        "backfill", "--select", "{db}." + table, "--start", DAYS[0], "--end", DAYS[-1], *words
    )


def run(project: Tiny, table: str, date: str, *words: str) -> tuple[str, str]:
    (outcome,) = project.outcomes("run", "--select", "{db}." + table, "--date", date, *words).values()
    return outcome


@pytest.mark.parametrize("table", ["daily", "ranged"])
def test_a_slice_runs_when_it_is_stale_and_says_why(shop: Tiny, table: str) -> None:
    every = [f"dt={day}" for day in DAYS]
    assert backfill(shop, table) == dict.fromkeys(every, ("published", "missing"))
    assert shop.rows(table) == [
        [k, str(n * factor), day] for k, factor in (("a", 1), ("b", 10)) for n, day in enumerate(DAYS, 1)
    ]
    assert shop.jobs() == (3 if table == "daily" else 1)
    assert backfill(shop, table) == dict.fromkeys(every, ("skipped", "fresh"))
    assert run(shop, table, DAYS[1], "--force") == ("published", "forced")

    shop.land("dt=2024-01-02", ["c,3"], name="late")
    changed = backfill(shop, table)
    assert changed.pop("dt=2024-01-02") == (
        "published",
        f"inputs changed: {shop.db}.raw: dt=2024-01-02",
    )
    assert set(changed.values()) == {("skipped", "fresh")}
    assert shop.rows(table, "dt = '2024-01-02'") == [
        ["a", "2", "2024-01-02"],
        ["b", "20", "2024-01-02"],
        ["c", "3", "2024-01-02"],
    ]

    {"daily": shop.daily, "ranged": shop.ranged}[table](where=" -- a remark\n")
    assert set(backfill(shop, table).values()) == {("skipped", "fresh")}, "comments are no code"
    {"daily": shop.daily, "ranged": shop.ranged}[table](where=" AND line LIKE 'a%'")
    assert set(backfill(shop, table).values()) == {("published", "code changed")}
    assert [row[0] for row in shop.rows(table)] == ["a", "a", "a"]


def test_zero_rows_are_published_as_a_partition_without_rows(shop: Tiny) -> None:
    for table in ("daily", "ranged"):
        backfill(shop, table)
    shop.daily(where=" AND line LIKE 'z%'")
    shop.ranged(where=" AND (dt <> '2024-01-02' OR line LIKE 'z%')")
    for table, empty in (("daily", set(DAYS)), ("ranged", {"2024-01-02"})):
        assert {s for s, _ in backfill(shop, table).values()} == {"published"}
        found = shop.partitions(table)
        assert set(found) == set(DAYS), "an asked interval has its partition"
        assert {p for p, held in found.items() if held.parameters["numRows"] == "0"} == empty
        assert {row[2] for row in shop.rows(table)} == set(DAYS) - empty


def test_thirty_at_once_are_thirty_single_ones(shop: Tiny) -> None:
    backfill(shop, "ranged")
    at_once = shop.rows("ranged")
    for day in DAYS:
        run(shop, "ranged", day, "--force")
    assert shop.rows("ranged") == at_once


def test_a_table_that_lies_outside_the_lake_leaves_nothing_in_it(tiny: Tiny, tmp_path: Path) -> None:
    tiny.source()
    elsewhere = (tmp_path / "elsewhere").as_uri().replace("file:///", "file:/")
    tiny.create("daily", stored=f"STORED AS PARQUET\nLOCATION '{elsewhere}'")
    tiny.daily()
    tiny.land("dt=2024-01-01", ["a,1"])
    tiny.ok("ddl", "apply")
    tiny.ok("run", "--date", "2024-01-01")
    assert tiny.rows("daily") == [["a", "1", "2024-01-01"]]
    assert list((tmp_path / "elsewhere").rglob("*.parquet"))
    assert {path.name for path in tiny.lake.iterdir()} == {"_warehouse", tiny.db}


def test_dynamic_partitions_that_a_new_result_lacks_are_dropped(tiny: Tiny) -> None:
    tiny.source()
    tiny.create("parts", columns="v INT", partitions="dt STRING, k STRING")
    tiny.sql(
        "parts",
        "INSERT OVERWRITE TABLE {db}.parts PARTITION (dt = '{{ ds }}', k)\n"
        "SELECT CAST(split(line, ',')[1] AS INT) AS v, split(line, ',')[0] AS k\n"
        "FROM {db}.raw WHERE dt = '{{ ds }}'\n",
    )
    for day in DAYS[:2]:
        tiny.land(f"dt={day}", ["a,1", "b,2", "ü %,3"])
    tiny.ok("ddl", "apply")
    backfill(tiny, "parts")
    assert len(shown(tiny)) == 6
    assert [row for row in tiny.rows("parts") if row[1] == DAYS[1]] == [
        ["1", DAYS[1], "a"], ["2", DAYS[1], "b"], ["3", DAYS[1], "ü %"],
    ]  # fmt: skip
    tiny.land("dt=2024-01-01", ["b,20", "c,30"])
    assert run(tiny, "parts", DAYS[0])[0] == "published"
    assert shown(tiny) == {
        "2024-01-01/b", "2024-01-01/c", "2024-01-02/a", "2024-01-02/b", "2024-01-02/ü %",
    }  # fmt: skip
    assert [r for r in tiny.rows("parts") if r[1] == DAYS[0]] == [["20", DAYS[0], "b"], ["30", DAYS[0], "c"]]
    tiny.land("dt=2024-01-01", [])
    assert run(tiny, "parts", DAYS[0])[0] == "published"
    assert not [p for p in shown(tiny) if p.startswith(DAYS[0])]
    assert run(tiny, "parts", DAYS[0])[0] == "skipped", "published with no partition is published"


def shown(project: Tiny) -> set[str]:
    """Partitions but those that wait at the empty directory to be dropped: readers see no row of them."""
    return {p for p, held in project.partitions("parts").items() if not held.location.endswith("/_empty")}


def test_a_snapshot_is_rebuilt_once_and_never_goes_back_in_time(shop: Tiny) -> None:
    shop.create("latest", partitions="")
    shop.sql(
        "latest",
        "INSERT OVERWRITE TABLE {db}.latest\n"
        "SELECT split(line, ',')[0] AS k, CAST(max(CAST(split(line, ',')[1] AS INT)) AS INT) AS v\n"
        "FROM {db}.raw WHERE dt <= '{{ ds }}' GROUP BY split(line, ',')[0]\n",
    )
    shop.ok("ddl", "apply")
    assert shop.rows("latest") == [], "it is there, and empty, before its first run"
    assert run(shop, "latest", DAYS[1]) == ("published", "missing")
    assert shop.rows("latest") == [["a", "2"], ["b", "20"]]
    assert run(shop, "latest", DAYS[0])[0] == "skipped"
    assert shop.rows("latest") == [["a", "2"], ["b", "20"]]
    assert list(backfill(shop, "latest")) == [""], "a range asks for it once"
    assert shop.rows("latest") == [["a", "3"], ["b", "30"]]
    assert run(shop, "latest", DAYS[0], "--force")[0] == "published"
    assert shop.rows("latest") == [["a", "1"], ["b", "10"]]


def test_hours(tiny: Tiny) -> None:
    tiny.source("dt STRING, hour STRING")
    tiny.create("hourly", partitions="dt STRING, hour STRING")
    tiny.sql(
        "hourly",
        "INSERT OVERWRITE TABLE {db}.hourly PARTITION (dt = '{{ ds }}', hour = '{{ hour }}')\n"
        "SELECT split(line, ',')[0] AS k, CAST(split(line, ',')[1] AS INT) AS v\n"
        "FROM {db}.raw WHERE dt = '{{ ds }}' AND hour = '{{ hour }}'\n",
    )
    for hour in range(3):
        tiny.land(f"dt=2024-01-01/hour={hour:02}", [f"h,{hour}"])
    tiny.ok("ddl", "apply")
    assert run(tiny, "hourly", "2024-01-01T01")[0] == "published"
    assert tiny.rows("hourly") == [["h", "1", "2024-01-01", "01"]]
    found = tiny.outcomes(
        "backfill", "-s", "{db}.hourly", "--start", "2024-01-01T00", "--end", "2024-01-01T02"
    )
    assert {spec: status for spec, (status, _) in found.items()} == {
        "dt=2024-01-01/hour=00": "published",
        "dt=2024-01-01/hour=01": "skipped",
        "dt=2024-01-01/hour=02": "published",
    }
    assert [row[1] for row in tiny.rows("hourly")] == ["0", "1", "2"]


# ------------------------------------------------------------------ checks and failures


def test_a_check_that_fails_keeps_the_old_rows_and_stops_only_its_own_slice(shop: Tiny) -> None:
    shop.ranged(front="checks:\n  - not_null: [v]\n  - row_count: {min: 1}\n  - unique: [k]")
    backfill(shop, "ranged")
    for day in DAYS:
        shop.land(f"dt={day}", ["a,7", "b,8"])
    shop.land("dt=2024-01-02", ["a,9"], name="doubled")
    answer = shop("backfill", "-s", "{db}.ranged", "--start", DAYS[0], "--end", DAYS[-1])
    assert answer.code == 1
    assert "dt=2024-01-02: CHECK FAILED" in answer.err
    assert re.search(rf"sql/{shop.db}/ranged\.sql:5: .*check unique: k failed: found 1", answer.err)
    assert '"k":"a"' in answer.err, "an offending row is shown"
    assert "2 published" in answer.err
    seen = {tuple(row) for row in shop.rows("ranged")}
    assert seen == {
        ("a", "7", DAYS[0]), ("b", "8", DAYS[0]),
        ("a", "2", DAYS[1]), ("b", "20", DAYS[1]),
        ("a", "7", DAYS[2]), ("b", "8", DAYS[2]),
    }  # fmt: skip
    assert shop.slice("ranged", "dt=2024-01-02").entry < shop.slice("ranged", "dt=2024-01-01").entry


def test_free_checks_and_warnings(shop: Tiny) -> None:
    shop.write(
        f"sql/{shop.db}/daily.checks.sql",
        "-- check: values are small (warn)\nSELECT * FROM {{ this }} WHERE v > 15\n\n"
        "-- check: no key is called evil\nSELECT * FROM {{ this }} WHERE k = 'evil'\n",
    )
    answer = shop("backfill", "-s", "{db}.daily", "--start", DAYS[0], "--end", DAYS[-1])
    assert answer.code == 0, answer.text
    assert answer.err.count("warning: values are small: found 1") == 2
    assert shop.slice("daily", "dt=2024-01-02").warnings == ("values are small",)
    assert "values are small" in shop.ok("status").text
    shop.land("dt=2024-01-03", ["evil,1"])
    answer = shop("run", "-s", "{db}.daily", "--date", DAYS[2])
    assert answer.code == 1
    assert f"sql/{shop.db}/daily.checks.sql:5" in answer.err
    assert "no key is called evil failed: found 1" in answer.err


def test_audit_tells_what_is_published_and_wrong(shop: Tiny) -> None:
    backfill(shop, "ranged")
    entries = shop.entries("ranged")
    shop.ranged(front="checks:\n  - expression: v < 30")
    answer = shop("audit", "-s", "{db}.ranged")
    assert answer.code == 1
    assert "dt=2024-01-03: CHECK FAILED" in answer.err
    assert "3 slices audited, 1 with a check that fails" in answer.err
    assert shop("audit", "-s", "{db}.ranged", "--start", DAYS[0], "--end", DAYS[1]).code == 0
    assert shop.entries("ranged") == entries
    # A check that looks into other tables looks there for the same days.
    shop.ranged()
    days = "dt BETWEEN '{{ start_ds }}' AND '{{ end_ds }}'"
    shop.sql(
        "ranged.checks",
        "-- check: every line was kept\nSELECT t.dt, t.n, r.n AS lines\n"
        "FROM (SELECT dt, count(*) AS n FROM {{ this }} GROUP BY dt) AS t\n"
        f"LEFT JOIN (SELECT dt, count(*) AS n FROM {{db}}.raw WHERE {days} GROUP BY dt) AS r ON r.dt = t.dt\n"
        "WHERE NOT t.n <=> r.n\n",
    )
    answer = shop("audit", "-s", "{db}.ranged")
    assert answer.code == 0, answer.text


@pytest.mark.parametrize(
    ("select", "line", "says"),
    [
        ("SELECT\n  nothing_like_it AS k,\n  CAST(1 AS INT) AS v\n", 3, "nothing_like_it"),
        ("SELECT\n  line AS k,\n  CAST(raise_error('stop it') AS INT) AS v\n", 0, "stop it"),
        ("SELECT\n  line AS k,\n  CAST(line AS INT) AS v\n", 4, "CAST_INVALID_INPUT"),
    ],
    ids=["an unknown column", "an error of its own", "a cast that fails"],
)
def test_a_job_that_fails_keeps_the_old_rows_and_names_the_line(
    shop: Tiny, select: str, line: int, says: str
) -> None:
    backfill(shop, "daily")
    before, rows = shop.everything()["tables"], shop.rows("daily")
    shop.daily(select=select)
    answer = shop("run", "-s", "{db}.daily", "--date", DAYS[0])
    assert answer.code == 1
    assert says in answer.err
    # Spark does not always say where: then the file is all that is known.
    assert f"sql/{shop.db}/daily.sql:{line}: ".replace(":0", "") in answer.err
    assert "Traceback" not in answer.text
    assert shop.rows("daily") == rows
    assert shop.everything()["tables"] == before, "no staging table is left"


def test_one_bad_day_of_a_batch_fails_alone(shop: Tiny) -> None:
    shop.land("dt=2024-01-02", ["a,not a number"], name="bad")
    bad = f"dt={DAYS[1]}"
    outcomes = {spec: status for spec, (status, _) in backfill(shop, "ranged").items()}
    assert outcomes == {f"dt={day}": "published" for day in DAYS} | {bad: "failed"}
    assert shop.jobs() == 5, "three days, then one and two, then one and one"
    shop.land("dt=2024-01-02", ["a,7"], name="bad")
    outcomes = {spec: status for spec, (status, _) in backfill(shop, "ranged").items()}
    assert outcomes == {f"dt={day}": "skipped" for day in DAYS} | {bad: "published"}


def test_a_statement_that_spark_refuses_is_tried_once(shop: Tiny) -> None:
    shop.ranged(where=" AND no_such_function(line) > 1")
    assert {status for status, _ in backfill(shop, "ranged").values()} == {"failed"}
    assert shop.jobs() == 1


def test_a_late_change_goes_on_through_a_table_that_reads_its_own_past(shop: Tiny) -> None:
    shop.create("running")
    shop.sql(
        "running",
        "INSERT OVERWRITE TABLE {db}.running PARTITION (dt = '{{ ds }}')\n"
        "SELECT k, CAST(sum(v) AS INT) AS v FROM (\n"
        "  SELECT k, v FROM {db}.running WHERE dt = '{{ prev_ds }}'\n"
        "  UNION ALL\n"
        "  SELECT split(line, ',')[0] AS k, CAST(split(line, ',')[1] AS INT) AS v\n"
        "  FROM {db}.raw WHERE dt = '{{ ds }}')\n"
        "GROUP BY k\n",
    )
    shop.ok("ddl", "apply")
    every = {f"dt={day}" for day in DAYS}
    assert {s: r[0] for s, r in backfill(shop, "running").items()} == dict.fromkeys(every, "published")
    assert shop.rows("running", f"dt = '{DAYS[2]}'") == [["a", "6", DAYS[2]], ["b", "60", DAYS[2]]]
    shop.land(f"dt={DAYS[0]}", ["a,100"], name="late")
    assert {s: r[0] for s, r in backfill(shop, "running").items()} == dict.fromkeys(every, "published")
    assert shop.rows("running", f"dt = '{DAYS[2]}'") == [["a", "106", DAYS[2]], ["b", "60", DAYS[2]]]
    assert {r[0] for r in backfill(shop, "running").values()} == {"skipped"}


def test_a_failure_stops_its_readers_and_nobody_else(shop: Tiny) -> None:
    shop.create("after")
    shop.sql(
        "after",
        "INSERT OVERWRITE TABLE {db}.after PARTITION (dt = '{{ ds }}')\n"
        "SELECT k, v FROM {db}.daily WHERE dt = '{{ ds }}'\n",
    )
    shop.ok("ddl", "apply")
    shop.land("dt=2024-01-02", ["a,x"])
    words = ("-s", "{db}.after", "-s", "{db}.daily", "--start", DAYS[0], "--end", DAYS[-1])
    answer = shop("backfill", *words)
    assert answer.code == 1
    assert "4 published, 1 waiting, 1 failed" in answer.err
    assert f"{shop.db}.after dt=2024-01-02: WAITING" in answer.err
    shop.land("dt=2024-01-02", ["a,5"])
    assert "2 published" in shop.ok("backfill", *words).err
    assert {row[2] for row in shop.rows("after")} == set(DAYS)


# ------------------------------------------------------------------ going back


def test_rollback_hold_and_release(shop: Tiny) -> None:
    values = []
    for value in (1, 2, 3):
        shop.land("dt=2024-01-01", [f"a,{value}"])
        assert run(shop, "daily", DAYS[0])[0] == "published"
        values.append(shop.rows("daily"))
    jobs = shop.jobs()
    slice_ = ("{db}.daily", "dt=2024-01-01")
    shop.ok("rollback", *slice_, "--reason", "three is wrong")
    assert shop.rows("daily") == values[1]
    assert run(shop, "daily", DAYS[0])[0] == "skipped", "a rollback is not undone by the next backfill"
    assert "three is wrong" in shop.ok("status").text
    shop.ok("rollback", *slice_, "--reason", "two is wrong, too")
    assert shop.rows("daily") == values[0]
    answer = shop("rollback", *slice_, "--reason", "one?")
    assert answer.code == 2
    assert "nothing to go back to" in answer.err
    assert shop.jobs() == jobs, "a rollback runs nothing"

    kinds = re.findall(r"^ *\d+ +\S+ +(\w+) ", shop.ok("history", *slice_).out, re.MULTILINE)
    assert kinds == ["ddl", "publish", "publish", "publish", "rollback", "rollback"]
    assert len(re.findall(r"\* \d{8}T", shop.ok("history", *slice_).out)) >= 1

    shop.ok("release", *slice_)
    assert run(shop, "daily", DAYS[0])[0] == "published"
    assert shop.rows("daily") == values[2]
    assert shop("release", *slice_).code == 2

    shop.ok("hold", *slice_, "--reason", "wait")
    shop.land("dt=2024-01-01", ["a,4"])
    assert run(shop, "daily", DAYS[0])[0] == "skipped"
    assert run(shop, "daily", DAYS[0], "--force") == ("published", "forced")
    assert not shop.state("daily").holds, "what was forced is no longer held"


def test_a_query_as_of_an_earlier_time(shop: Tiny) -> None:
    backfill(shop, "daily")
    then = shop.state("daily").time
    old = shop.rows("daily")
    shop.land("dt=2024-01-01", ["new,100"])
    backfill(shop, "daily")
    sql = "SELECT * FROM {db}.daily ORDER BY ALL"
    assert shop.query(sql, "--as-of", then) == old
    assert ["new", "100", "2024-01-01"] in shop.query(sql)
    assert shop.staging_tables() == []
    answer = shop("query", "--as-of", "2001-01-01", sql)
    assert answer.code == 2
    assert "did not exist" in answer.err


# ------------------------------------------------------------------ DDL


def test_an_added_column_reaches_every_partition_and_old_rows_read_null(shop: Tiny) -> None:
    backfill(shop, "ranged")
    shop.ddl("ranged", "ALTER TABLE {db}.ranged ADD COLUMNS (w STRING COMMENT 'more');\n", 2)
    answer = shop("run", "-s", "{db}.ranged", "--date", DAYS[0])
    assert answer.code == 2
    assert "ddl apply" in answer.err or "3 columns" in answer.err
    shop.ok("ddl", "apply")
    assert {tuple(c.name for c in p.columns) for p in shop.partitions("ranged").values()} == {("k", "v", "w")}
    assert shop.query("SELECT k, v, w, dt FROM {db}.ranged WHERE k = 'a' ORDER BY dt") == [
        ["a", str(n), "", day] for n, day in enumerate(DAYS, 1)
    ]
    shop.sql(
        "ranged",
        "INSERT OVERWRITE TABLE {db}.ranged PARTITION (dt)\n"
        "SELECT split(line, ',')[0] AS k, CAST(split(line, ',')[1] AS INT) AS v, 'x' AS w, dt\n"
        "FROM {db}.raw WHERE dt BETWEEN '{{ start_ds }}' AND '{{ end_ds }}'\n",
    )
    assert run(shop, "ranged", DAYS[0])[0] == "published"
    assert shop.query("SELECT DISTINCT dt, w FROM {db}.ranged ORDER BY dt") == [
        [DAYS[0], "x"],
        [DAYS[1], ""],
        [DAYS[2], ""],
    ]


def test_a_contract_that_changed_makes_slices_stale(shop: Tiny) -> None:
    shop.create("narrow", columns="k VARCHAR(1), v INT")
    shop.daily("narrow")
    shop.ok("ddl", "apply")
    assert {s for s, _ in backfill(shop, "narrow").values()} == {"published"}
    shop.ddl("narrow", "ALTER TABLE {db}.narrow CHANGE COLUMN k k VARCHAR(9);\n", 2, "wider")
    shop.ok("ddl", "apply")
    assert {p.columns[0].type for p in shop.partitions("narrow").values()} == {"varchar(9)"}
    assert len(shop.rows("narrow")) == 6, "old files are read under the new type"
    assert set(backfill(shop, "narrow").values()) == {("published", "contract changed")}


def test_dropping_a_table_leaves_its_data(shop: Tiny) -> None:
    backfill(shop, "daily")
    shop.ddl("daily", "DROP TABLE {db}.daily;\n", 2, "drop")
    (shop.root / f"sql/{shop.db}/daily.sql").unlink()
    location = next(iter(shop.partitions("daily").values())).location
    shop.ok("ddl", "apply")
    assert shop.state("daily").dropped
    metastore = HiveMetastore(shop.metastore_uri)
    assert "daily" not in metastore.tables(shop.db)
    metastore.close()
    key = location.split(f"{shop.root.name}/lake/")[1]
    assert list((shop.lake / key).glob("*.parquet"))
    assert "nothing to apply" in shop.ok("ddl", "apply").err


def test_an_existing_table_is_adopted_where_it_lies(shop: Tiny, make_tiny: Callable[..., Tiny]) -> None:
    """Another project's table stands for one that somebody made by hand."""
    backfill(shop, "ranged")
    mine = make_tiny("mine")
    (mine.root / "lake").mkdir()
    with shop.warehouse() as theirs:
        contract = theirs.project.contract(shop.name("ranged"))
        by_hand = contract.__class__(
            f"{mine.db}.old", contract.columns, contract.partitions, contract.storage, contract.location
        )
        _made_by_hand(theirs.lake, by_hand, mine.db, shop)
    before = mine.rows("old")
    assert len(before) == 6
    assert "was not made by this project" in _apply_refused(mine)
    files = sorted(p for p in shop.lake.rglob("*") if p.is_file() and "/logs/" not in str(p))
    mine.ok("ddl", "adopt", "{db}.old")
    assert mine.rows("old") == before
    assert sorted(p for p in shop.lake.rglob("*") if p.is_file() and "/logs/" not in str(p)) == files
    assert len(mine.state("old").slices) == 3
    assert "no difference" in mine.ok("ddl", "diff", "{db}.old").out


def _made_by_hand(lake: Lake, contract: object, db: str, shop: Tiny) -> None:
    from runner.metastores import Database
    from warehouse.contract import Contract

    assert isinstance(contract, Contract)
    metastore = lake.metastore
    metastore.create_database(Database(db, lake.store.uri(db)))
    table = table_of(contract, lake.uri(contract.location))
    metastore.create_table(table)
    metastore.add_partitions(
        table,
        [partition_of(contract, p.values, p.location, {}) for p in shop.partitions("ranged").values()],
    )


def _apply_refused(project: Tiny) -> str:
    project.ok("ddl", "import", "{db}.old")
    answer = project("ddl", "apply")
    assert answer.code == 2
    return answer.err
