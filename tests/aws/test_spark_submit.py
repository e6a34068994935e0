"""``engine = "spark-submit"``: the same files, in a Spark that another program starts."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from tiny import Tiny

from tests.aws.amazon import wait_for

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


MASTERS = {
    "in one process": {},
    # A master, a worker and its executor in processes of their own, as Spark's standalone clusters have them.
    "on a standalone cluster": {"master": "local-cluster[1,1,1024]"},
}


@pytest.mark.parametrize("master", MASTERS)
def test_what_it_publishes_is_what_the_local_engine_publishes(
    make_tiny: Callable[..., Tiny], master: str
) -> None:
    there = project(make_tiny("there", engine="spark-submit", **MASTERS[master]))
    here = project(make_tiny("here"))
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


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM], ids=["ctrl-c", "terminated"])
def test_an_interrupt_ends_the_application(make_tiny: Callable[..., Tiny], number: signal.Signals) -> None:
    tiny = project(make_tiny(engine="spark-submit"))
    tiny.daily(select="SELECT string(reflect('java.lang.Thread', 'sleep', 60000L)) AS k, 1 AS v\n")
    with begun(tiny) as process:
        wait_for(lambda: "Starting task" in log_of(tiny))
        assert submitted(tiny) != []
        process.send_signal(number)
        said = process.communicate()[0]
    assert process.returncode == 130, said
    assert submitted(tiny) == []
    assert tiny.state("daily").slices == {}


def begun(tiny: Tiny) -> subprocess.Popen[str]:
    """A run of one day, in a process of its own."""
    command = [sys.executable, "-W", "ignore", "-c", "from runner.cli import main; main()"]
    words = ["--project", str(tiny.root), "run", "--select", f"{tiny.db}.daily", "--date", "2024-01-01"]
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    return subprocess.Popen(
        [*command, *words], env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    )


def log_of(tiny: Tiny) -> str:
    log = tiny.lake / "_warehouse" / "logs" / "spark-submit.log"
    return log.read_text() if log.is_file() else ""


def test_what_finishes_after_its_runner_was_killed_is_not_computed_again(
    make_tiny: Callable[..., Tiny],
) -> None:
    tiny = project(make_tiny(engine="spark-submit"))
    tiny.daily(select="SELECT concat('k', reflect('java.lang.Thread', 'sleep', 3000L)) AS k, 1 AS v\n")
    runs = tiny.lake / "_warehouse" / "runs"
    with begun(tiny) as process:
        wait_for(lambda: "Starting task" in log_of(tiny))
        process.kill()
        process.communicate()
    wait_for(lambda: list(runs.glob("*/result.json")))
    assert tiny.state("daily").slices == {}
    tiny.ok("run", "--select", "{db}.daily", "--date", "2024-01-01")
    assert len(tiny.slice("daily", "dt=2024-01-01").partitions) == 1
    (batch,) = runs.glob("*-batch-*")
    assert tiny.jobs() == 1, "nothing was submitted for it"
    (batch / "00002.json").write_text('{"end": true}')  # else it waits for its runner, for some time
    wait_for(lambda: submitted(tiny) == [])
