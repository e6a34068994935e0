"""``engine = "spark-submit"``: the same files, in a Spark that another program starts."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from tiny import Tiny

pytestmark = [pytest.mark.spark, pytest.mark.metastore]
ROOT = Path(__file__).resolve().parents[2]
DAYS = ("--start", "2024-01-01", "--end", "2024-01-03")


def project(tiny: Tiny) -> Tiny:
    tiny.source()
    tiny.create("daily")
    tiny.create("ranged")
    tiny.create("total", partitions="")
    tiny.daily(front="checks:\n  - unique: [k]")
    tiny.ranged()
    tiny.sql(
        "total",
        "INSERT OVERWRITE TABLE {db}.total\nSELECT k, CAST(sum(v) AS INT) AS v FROM {db}.daily GROUP BY k\n",
    )
    for day in (1, 2, 3):
        tiny.land(f"dt=2024-01-0{day}", [f"a,{day}", f"b,{10 * day}"])
    tiny.ok("ddl", "apply")
    return tiny


def test_what_it_publishes_is_what_the_local_engine_publishes(make_tiny: Callable[..., Tiny]) -> None:
    there, here = project(make_tiny("there", engine="spark-submit")), project(make_tiny("here"))
    for tiny in (there, here):
        ended = tiny.outcomes("backfill", *DAYS)
        assert {status for status, _ in ended.values()} == {"published"}
    for table in ("daily", "ranged", "total"):
        assert there.rows(table) == here.rows(table)
        assert versions(there, table) == versions(here, table)
    assert there.staging_tables() == []
    assert "nothing to do" in there.ok("backfill", *DAYS).text
    batches = list(there.lake.glob("_warehouse/runs/*/main.py"))
    assert len(batches) == 1, "one application for all tables, none where nothing is to do"
    assert submitted(there) == [], "and it has ended"


def versions(tiny: Tiny, table: str) -> dict[str, tuple[int, str]]:
    slices = tiny.state(table).slices.values()
    own = {one.run_id for one in slices}  # instead of a digest, where none is taken
    return {
        p.partition: (p.rows, "" if p.version in own else p.version) for one in slices for p in one.partitions
    }


def submitted(tiny: Tiny) -> list[int]:
    """Processes that serve this project's lake."""
    shown = subprocess.run(["ps", "-eo", "pid,args", "-ww"], capture_output=True, text=True, check=True)
    inbox = f"{tiny.lake}/_warehouse/runs/"
    return [int(line.split()[0]) for line in shown.stdout.splitlines() if inbox in line]


def test_a_statement_that_fails_is_shown_by_file_and_line(make_tiny: Callable[..., Tiny]) -> None:
    tiny = project(make_tiny(engine="spark-submit"))
    tiny.sql(
        "daily",
        "INSERT OVERWRITE TABLE {db}.daily PARTITION (dt = '{{ ds }}')\n"
        "SELECT\n  'a' AS k,\n  no_such_column AS v\nFROM {db}.raw\nWHERE dt = '{{ ds }}'\n",
    )
    answer = tiny("run", "--select", "{db}.daily", "--select", "{db}.ranged", "--date", "2024-01-01")
    assert answer.code == 1
    assert f"sql/{tiny.db}/daily.sql:4" in answer.text
    assert "no_such_column" in answer.text
    assert tiny.rows("ranged") == [["a", "1", "2024-01-01"], ["b", "10", "2024-01-01"]], "others go on"


def test_a_driver_that_dies_is_told_with_the_end_of_its_log(make_tiny: Callable[..., Tiny]) -> None:
    tiny = project(make_tiny(engine="spark-submit"))
    tiny.daily(select="SELECT string(reflect('java.lang.System', 'exit', 3)) AS k, 1 AS v\n")
    answer = tiny("run", "--select", "{db}.daily", "--date", "2024-01-01")
    assert answer.code == 4, answer.text
    assert "spark-submit ended with code 3" in answer.text
    assert "spark-submit.log" in answer.text
    assert "Traceback" not in answer.text
    assert tiny.state("daily").slices == {}
    assert submitted(tiny) == []
    tiny.daily()
    tiny.ok("run", "--select", "{db}.daily", "--date", "2024-01-01")


def test_a_master_that_cannot_be_is_told(make_tiny: Callable[..., Tiny]) -> None:
    tiny = project(make_tiny(engine="spark-submit", master="nowhere://1"))
    answer = tiny("run", "--select", "{db}.daily", "--date", "2024-01-01")
    assert answer.code == 4
    assert "Master must" in answer.text


def test_a_program_that_is_not_there_is_told(make_tiny: Callable[..., Tiny]) -> None:
    tiny = project(make_tiny(engine="spark-submit", spark_submit="/no/such/spark-submit"))
    answer = tiny("run", "--select", "{db}.daily", "--date", "2024-01-01")
    assert answer.code == 4
    assert "/no/such/spark-submit" in answer.text
    assert tiny.staging_tables() == []


def test_ctrl_c_ends_the_application(make_tiny: Callable[..., Tiny]) -> None:
    tiny = project(make_tiny(engine="spark-submit"))
    tiny.daily(select="SELECT string(reflect('java.lang.Thread', 'sleep', 60000L)) AS k, 1 AS v\n")
    command = [sys.executable, "-W", "ignore", "-c", "from runner.cli import main; main()"]
    words = ["--project", str(tiny.root), "run", "--select", f"{tiny.db}.daily", "--date", "2024-01-01"]
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    log = tiny.lake / "_warehouse" / "logs" / "spark-submit.log"
    with subprocess.Popen(
        [*command, *words], env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    ) as process:
        while process.poll() is None and not (log.is_file() and "Starting task" in log.read_text()):
            time.sleep(0.2)
        assert submitted(tiny) != []
        process.send_signal(signal.SIGINT)
        said = process.communicate()[0]
    assert process.returncode == 130, said
    assert submitted(tiny) == []
    assert tiny.state("daily").slices == {}
