"""What is wrong is told: what, where, why, what to do. Nothing is changed, and nobody sees a traceback."""

from __future__ import annotations

import os
import re
import signal
import socket
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from text_engine import TextEngine
from tiny import Answer, Tiny

from warehouse.log import FORMAT
from warehouse.manifest import Manifest

pytestmark = pytest.mark.metastore

DAY = "2024-01-01"
RUN = ("run", "-s", "{db}.daily", "--date", DAY)
HEADER = "INSERT OVERWRITE TABLE {db}.daily PARTITION (dt = '{{ ds }}')\n"
GOOD = HEADER + "SELECT line AS k, CAST(1 AS INT) AS v FROM {db}.raw WHERE dt = '{{ ds }}'\n"


@pytest.fixture
def shop(make_tiny: Callable[..., Tiny], text_engine: None) -> Tiny:
    """A daily table with one published day. What is wrong is found before any engine is needed."""
    project = make_tiny(engine="text")
    project.source()
    project.create("daily", stored="STORED AS TEXTFILE")
    project.sql("daily", GOOD)
    project.land(f"dt={DAY}", ["whatever"])
    project.write("rows.txt", "a,1")
    project.ok("ddl", "apply")
    project.ok(*RUN)
    return project


def refused(project: Tiny, code: int, *words: str) -> str:
    """The message of a command that must fail and change nothing."""
    before = project.everything()
    answer = project(*words)
    assert answer.code == code, answer.text
    plain(answer)
    assert project.everything() == before
    return answer.err


def plain(answer: Answer) -> None:
    assert "Traceback" not in answer.text
    assert "did not expect" not in answer.text
    assert answer.err.strip()


SQL = {
    "undefined variable": (HEADER + "SELECT line AS k,\n  {{ dss }} AS v FROM {db}.raw\n", 3, "dss"),
    "unknown attribute": (HEADER + "SELECT '{{ var.nope }}' AS k, 1 AS v FROM {db}.raw\n", 2, "nope"),
    "template syntax": (HEADER + "SELECT 1 AS k,\n  {{ ds AS v FROM {db}.raw\n", 3, ""),
    "template block": (HEADER + "SELECT 1 AS k, 2 AS v FROM {db}.raw\n{% if x %}\n", 3, ""),
    "SQL syntax": (HEADER + "SELECT line AS k, 1 AS v\nFROM {db}.raw WHERE AND dt = '1'\n", 3, "syntax"),
    "two statements": (GOOD.rstrip() + ";\n" + GOOD, 3, ""),
    "INSERT INTO": (GOOD.replace("OVERWRITE TABLE", "INTO"), 1, "OVERWRITE"),
    "no INSERT": ("SELECT 1 AS k, 2 AS v\n", 1, "INSERT OVERWRITE"),
    "too few columns": (HEADER + "SELECT\n  line AS k\nFROM {db}.raw\n", 3, "v"),
    "too many columns": (HEADER + "SELECT line AS k, 1 AS v,\n 2 AS w FROM {db}.raw\n", 2, "w"),
    "order of names": (HEADER + "SELECT 1 AS v,\n  line AS k FROM {db}.raw\n", 2, "position"),
    "unknown table": (HEADER + "SELECT line AS k, 1 AS v\nFROM {db}.rwa\n", 0, "rwa"),
    "another table": (GOOD.replace(".daily", ".dialy"), 1, "dialy"),
    "partition columns": (GOOD.replace("(dt =", "(day ="), 1, "day"),
    "unknown front-matter key": ("/* ---\nowner: me\ntagz: [daily]\n--- */\n" + GOOD, 3, "tagz"),
    "a list where a text belongs": ("/* ---\nowner: [a, b]\n--- */\n" + GOOD, 2, "owner"),
    "impossible start": ("/* ---\nstart: 2024-02-31\n--- */\n" + GOOD, 2, "2024-02-31"),
    "a check of no column": ("/* ---\nchecks:\n  - not_null: [nope]\n--- */\n" + GOOD, 3, "nope"),
    "a check of no kind": ("/* ---\nchecks:\n  - not_nul: [k]\n--- */\n" + GOOD, 3, "not_null"),
    "a pinned setting": (
        "/* ---\nsettings:\n  spark.sql.session.timeZone: CET\n--- */\n" + GOOD, 3, "timeZone"
    ),
    "front matter without end": ("/* ---\nowner: me\n" + GOOD, 1, "end"),
    "empty": ("", 0, ""),
}  # fmt: skip


RENDERED = ("unknown table", "a check of no column")
"""What is wrong with these is not in the statement."""


@pytest.mark.parametrize("name", SQL)
def test_sql_files(shop: Tiny, name: str) -> None:
    text, line, says = SQL[name]
    shop.sql("daily", text)
    told = refused(shop, 2, *RUN)
    assert says in told
    if line:
        assert f"sql/{shop.db}/daily.sql:{line}" in told
    for others in (
        ("render", "{db}.daily", "--date", DAY),
        ("backfill", "-s", "{db}", "--start", DAY, "--end", DAY),
    ):
        answer = shop(*others)
        assert answer.code == (0 if others[0] == "render" and name in RENDERED else 2), answer.text
        assert "Traceback" not in answer.text


def test_a_file_that_is_not_utf8(shop: Tiny) -> None:
    (shop.root / f"sql/{shop.db}/daily.sql").write_bytes(GOOD.encode() + b"-- caf\xe9\n")
    assert "UTF-8" in refused(shop, 2, *RUN)


PLAN = ("plan", "--start", DAY, "--end", DAY)
BACKFILL = ("backfill", "--start", DAY, "--end", DAY)


@pytest.mark.parametrize("words", [PLAN, BACKFILL, (*PLAN, "-s", "+{db}.first")])
def test_tables_that_read_each_other(shop: Tiny, words: tuple[str, ...]) -> None:
    """The place is that where one of them reads the other."""
    for table, other in (("first", "second"), ("second", "first")):
        shop.create(table, stored="STORED AS TEXTFILE")
        shop.sql(
            table,
            "/* ---\nowner: me\n--- */\n"
            + HEADER.replace("daily", table)
            + f"SELECT k, v\nFROM {{db}}.{other}\nWHERE dt = '{{{{ ds }}}}'\n",
        )
    shop.ok("ddl", "apply")
    db = shop.db
    assert refused(shop, 2, *words).splitlines() == [
        f"error: sql/{db}/first.sql:6:6: tables read each other in a circle: "
        f"{db}.first -> {db}.second -> {db}.first",
        f"    FROM {db}.second",
        "         ^",
        "  fix: let one of them read an earlier table; only a table's own past may be read in a circle",
    ]


def test_two_files_that_write_one_table(shop: Tiny) -> None:
    """A table's file is found by its name: the other one is refused, whichever is planned."""
    shop.create("copy", stored="STORED AS TEXTFILE")
    shop.sql("copy", "-- Of the days.\n" + GOOD)
    shop.ok("ddl", "apply")
    db = shop.db
    for words in (PLAN, (*PLAN, "-s", "{db}.copy")):
        told = refused(shop, 2, *words)
        assert f"sql/{db}/copy.sql:2" in told
        assert f"this file writes {db}.daily, but it is the file of {db}.copy" in told
        assert f"fix: write {db}.copy, or move the file to sql/{db}/daily.sql" in told
    shop.ok(*PLAN, "-s", "{db}.daily")


def test_sql_without_ddl(shop: Tiny) -> None:
    shop.sql("lost", "/* ---\nowner: me\n--- */\n-- Of the days.\n" + GOOD.replace(".daily", ".lost"))
    db = shop.db
    for words in (PLAN, (*PLAN, "-s", "{db}.lost"), BACKFILL):
        place, line, why, fix = refused(shop, 2, *words).splitlines()
        assert place == f"error: sql/{db}/lost.sql:5: no DDL defines {db}.lost"
        assert line == f"    INSERT OVERWRITE TABLE {db}.lost PARTITION (dt = '{{{{ ds }}}}')"
        assert why.startswith(f"  why: there is no ddl/{db}/lost/V001__….sql")
        assert f"{db}.lost" not in why, "it is not its own neighbour"
        assert fix == f"  fix: write it: warehouse ddl new {db}.lost create"
    shop.ok("ddl", "new", "{db}.lost", "create")
    shop.ok(*PLAN, "-s", "{db}.daily")


DDL = {
    "a column is renamed": "ALTER TABLE {db}.daily CHANGE COLUMN k key STRING;\n",
    "a column is narrowed": "ALTER TABLE {db}.daily CHANGE COLUMN v v SMALLINT;\n",
    "a column is dropped": "ALTER TABLE {db}.daily DROP COLUMN v;\n",
    "MSCK": "MSCK REPAIR TABLE {db}.daily;\n",
    "a partition": "ALTER TABLE {db}.daily ADD PARTITION (dt = '2024-01-01');\n",
    "another table": "ALTER TABLE {db}.raw ADD COLUMNS (x INT);\n",
    "a column twice": "ALTER TABLE {db}.daily ADD COLUMNS (k STRING);\n",
    "upper case": "ALTER TABLE {db}.daily ADD COLUMNS (`Nope` STRING);\n",
    "projection": "ALTER TABLE {db}.daily SET TBLPROPERTIES ('projection.enabled' = 'true');\n",
    "no SQL": "hello\n",
    "nothing": "",
}


@pytest.mark.parametrize("name", DDL)
def test_ddl_that_is_not_allowed(shop: Tiny, name: str) -> None:
    shop.ddl("daily", DDL[name], 2)
    told = refused(shop, 2, "ddl", "apply")
    assert f"ddl/{shop.db}/daily/V002__change.sql" in told
    assert shop("ddl", "status").code == 2


@pytest.mark.parametrize(
    "text",
    [
        "CREATE TABLE {db}.new (a INT) STORED AS PARQUET;\n",
        "CREATE EXTERNAL TABLE {db}.new (a INT) USING parquet;\n",
        "CREATE EXTERNAL TABLE {db}.New (a INT) STORED AS PARQUET;\n",
        "CREATE EXTERNAL TABLE {db}.new (a INTT) STORED AS PARQUET;\n",
        "CREATE EXTERNAL TABLE {db}.new (a INT) PARTITIONED BY (a STRING) STORED AS PARQUET;\n",
        "DROP TABLE {db}.new;\n",
    ],
)
def test_tables_that_cannot_be(shop: Tiny, text: str) -> None:
    shop.ddl("new", text, label="create")
    assert f"ddl/{shop.db}/new/V001__create.sql" in refused(shop, 2, "ddl", "apply")


def test_ddl_files_that_do_not_fit_each_other(shop: Tiny) -> None:
    more = "ALTER TABLE {db}.daily ADD COLUMNS (w STRING);\n"
    shop.ddl("daily", more, 3)
    assert "V002" in refused(shop, 2, "ddl", "apply"), "a gap"
    shop.ddl("daily", more, 2)
    shop.ddl("daily", more.replace("w STRING", "x STRING"), 2, "again")
    assert "V002__again.sql" in refused(shop, 2, "ddl", "apply"), "a number twice"
    for file in (shop.root / f"ddl/{shop.db}/daily").glob("V00[23]*"):
        file.unlink()
    first = shop.root / f"ddl/{shop.db}/daily/V001__create.sql"
    first.write_text(first.read_text() + "\n-- a thought\n")
    told = refused(shop, 2, "ddl", "apply")
    assert "V001__create.sql" in told
    assert "edited after it was applied" in told


def test_upper_case_folders(shop: Tiny) -> None:
    (shop.root / "ddl/Shop/t").mkdir(parents=True)
    assert "lower" in refused(shop, 2, "status")


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (("run", "-s", "{db}.daily", "--date", "2024-02-30"), "calendar"),
        (("run", "-s", "{db}.daily", "--date", "yesterday"), "is not a date"),
        (("run", "-s", "{db}.daily", "--date", "2024-01"), "daily interval"),
        (("run", "-s", "{db}.daily", "--date", "2024-01-01T07"), "daily interval"),
        (("run", "-s", "{db}.daily", "--date", "0000-01-01"), ""),
        (
            ("backfill", "-s", "{db}.daily", "--start", "2024-01-02", "--end", "2024-01-01"),
            "before it starts",
        ),
        (("backfill", "-s", "{db}.daily", "--start", "9999-12-30", "--end", "9999-12-31"), ""),
        (("run", "-s", "{db}.dayly", "--date", DAY), "nothing is selected"),
        (("run", "-s", "{db}.raw", "--date", DAY), "source"),
        (("run", "-s", "{db}.daily"), "--date"),
        (("run", "--dat", DAY), "--date"),
        (("rnu",), "run"),
        (("render", "{db}.nope", "--date", DAY), "no table"),
        (("history", "{db}.nope"), "no table"),
        (("history", "daily"), "database.table"),
        (("rollback", "{db}.daily", "dt=2024-01-01", "--reason", " "), "reason"),
        (("rollback", "{db}.daily", "dt=2024-01-01", "--reason", "x"), "nothing to go back to"),
        (("rollback", "{db}.daily", "dt=2023-01-01", "--reason", "x"), "not published"),
        (("rollback", "{db}.daily", "day=1", "--reason", "x"), "dt="),
        (("release", "{db}.daily", "dt=2024-01-01"), "not held"),
        (("--target", "nowhere", "status"), "local"),
        (("query", "DROP TABLE {db}.daily"), ""),
        (("query", "SELECT 1; SELECT 2"), ""),
        (("query", "--as-of", "noon", "SELECT * FROM {db}.daily"), "not a time"),
        (("land", "nowhere", "--generate", "--start", DAY, "--end", DAY), "no landing"),
    ],
    ids=lambda value: "-".join(value)[:60] if isinstance(value, tuple) else None,
)
def test_words_of_the_command_line(shop: Tiny, words: tuple[str, ...], says: str) -> None:
    assert says in refused(shop, 2, *words)


def test_a_date_before_the_start_of_a_table_runs_nothing(shop: Tiny) -> None:
    shop.sql("daily", "/* ---\nstart: 2024-01-01\n--- */\n" + GOOD)
    before = shop.everything()
    answer = shop.ok("run", "-s", "{db}.daily", "--date", "2023-12-31")
    assert "before its start 2024-01-01" in answer.err
    assert shop.everything() == before


def test_an_unknown_setting_is_told_with_its_line(shop: Tiny) -> None:
    shop.configure({"engine": "text", "lakee": "x"})
    told = refused(shop, 2, "status")
    assert "lakee" in told
    assert re.search(r"pyproject\.toml:\d+", told)
    shop.configure({"engine": "abacus"})
    assert "abacus" in refused(shop, 2, "run", "-s", "{db}.daily", "--date", "2024-01-01", "--force")
    shop.write("pyproject.toml", "[tool.warehouse\n")
    assert "pyproject.toml" in refused(shop, 2, "status")


def test_a_missing_input_is_named(shop: Tiny) -> None:
    before = shop.everything()
    answer = shop("run", "-s", "{db}.daily", "--date", "2024-01-05")
    assert answer.code == 1
    assert f"{shop.db}.raw no files at dt=2024-01-05" in answer.err
    assert shop.everything() == before


# ------------------------------------------------------------------ the outside world


def test_a_lake_that_cannot_be_written(shop: Tiny) -> None:
    shop.write("file", "")
    shop.configure({"engine": "text", "lake": "file/lake"})
    assert "the lake cannot be used" in refused(shop, 4, "ddl", "apply")


def test_a_metastore_that_is_not_there(shop: Tiny) -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    shop.configure({"engine": "text", "metastore": f"thrift://127.0.0.1:{port}"})
    assert f"127.0.0.1:{port}" in refused(shop, 4, *RUN, "--force")


def test_a_port_that_is_taken(shop: Tiny) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        shop.configure({"engine": "text", "metastore": "embedded", "metastore_port": port})
        answer = shop("metastore", "start")
    assert answer.code == 4, answer.text
    plain(answer)
    assert str(port) in answer.err


def test_a_metastore_that_goes_away_during_a_run(shop: Tiny, monkeypatch: pytest.MonkeyPatch) -> None:
    """The rows are staged and appended; whoever comes next moves the pointer."""
    proxy = Proxy(shop.metastore_uri)
    shop.configure({"engine": "text", "metastore": proxy.uri})
    shop.sql("daily", GOOD.replace("CAST(1", "CAST(2"))
    shop.write("rows.txt", "b,2")
    monkeypatch.setattr(TextEngine, "before", staticmethod(lambda manifest: proxy.close()))
    old = shop.partitions("daily")[DAY].location
    answer = shop(*RUN)
    assert answer.code == 4, answer.text
    plain(answer)
    assert shop.partitions("daily")[DAY].location == old
    monkeypatch.undo()
    shop.configure({"engine": "local"})
    shop.ok("ddl", "apply")
    assert shop.partitions("daily")[DAY].location != old
    assert "no difference" in shop.ok("ddl", "diff", "{db}.daily").out


class Proxy:
    """A TCP proxy in front of the metastore, which can be cut."""

    def __init__(self, uri: str) -> None:
        here = Path(__file__).with_name("proxy.py")
        self.process = subprocess.Popen(
            [sys.executable, str(here), uri.rpartition(":")[2]], stdout=subprocess.PIPE, text=True
        )
        assert self.process.stdout is not None
        self.uri = f"thrift://127.0.0.1:{self.process.stdout.readline().strip()}"

    def close(self) -> None:
        self.process.kill()
        self.process.communicate()


def test_ctrl_c_leaves_what_was(shop: Tiny, monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupt(manifest: Manifest) -> None:
        os.kill(os.getpid(), signal.SIGINT)

    tables = shop.everything()["tables"]
    entries = shop.entries("daily")
    # The engine itself is patched in by a fixture: only this patch is taken back.
    with monkeypatch.context() as patch:
        patch.setattr(TextEngine, "before", staticmethod(interrupt))
        answer = shop(*RUN, "--force")
    assert answer.code == 130
    plain(answer)
    assert "interrupted" in answer.err
    assert shop.everything()["tables"] == tables, "the staging table is gone, the pointer where it was"
    assert shop.entries("daily") == entries
    assert shop(*RUN).code == 0, "no claim is left"


@pytest.mark.parametrize("damage", ["cut", "empty", "newer", "gap"])
def test_a_log_that_cannot_be_believed(shop: Tiny, damage: str) -> None:
    log = shop.lake / f"_warehouse/tables/{shop.db}.daily/log"
    last = sorted(log.glob("*.json"))[-1]
    data = last.read_text()
    if damage == "cut":
        last.write_text(data[: len(data) // 2])
    elif damage == "empty":
        last.write_text("")
    elif damage == "newer":
        last.write_text(re.sub(r"\{", f'{{"format": {FORMAT + 1}, ', data, count=1))
    else:
        last.rename(last.with_name("00000009.json"))
    for words in (
        RUN,
        ("history", "{db}.daily"),
        ("ddl", "apply"),
        ("rollback", "{db}.daily", "dt=" + DAY, "--reason", "x"),
    ):
        told = refused(shop, 4, *words)
        assert f"{shop.db}.daily" in told
        assert {"newer": "newer version", "gap": "should be"}.get(damage, "whole log entry") in told
    answer = shop("status")
    assert f"{shop.db}.raw" in answer.text, "one broken log does not hide the others"
    plain(Answer(0, answer.out, answer.err or "-"))


# ------------------------------------------------------------------ bad data


@pytest.mark.spark
def test_raw_lines_of_any_bytes_come_through(tiny: Tiny) -> None:
    """Cut, empty, not UTF-8, not JSON: the SQL decides, and no line stops the job or is lost unseen."""
    tiny.source()
    tiny.create("parsed", columns="line STRING, k STRING, good BOOLEAN")
    tiny.sql(
        "parsed",
        "INSERT OVERWRITE TABLE {db}.parsed PARTITION (dt = '{{ ds }}')\n"
        "SELECT line, get_json_object(line, '$.k') AS k, get_json_object(line, '$.k') IS NOT NULL AS good\n"
        "FROM {db}.raw WHERE dt = '{{ ds }}'\n",
    )
    lines = [
        b'{"k": "a"}',
        b'{"k": "b"',
        b"",
        b"\xff\xfe{",
        b"not json",
        b'{"k": "\xc3\xbc"}',
        b'{"k": "last"}',
    ]
    path = tiny.lake / f"{tiny.db}/raw/dt={DAY}/lines"
    path.parent.mkdir(parents=True)
    path.write_bytes(b"\n".join(lines))
    tiny.ok("ddl", "apply")
    tiny.ok("run", "-s", "{db}.parsed", "--date", DAY)
    assert tiny.query("SELECT count(*), count_if(good) FROM {db}.parsed") == [["7", "3"]]
    assert tiny.query("SELECT k FROM {db}.parsed WHERE good ORDER BY k") == [["a"], ["last"], ["ü"]]
