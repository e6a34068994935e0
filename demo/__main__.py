"""``make demo``: the commands of the README one after another, in one process so that Spark starts once.

Its lake is that of the target ``demo``. A second run finds nothing to do and only asks the questions.
"""

from __future__ import annotations

import shutil
import sys
import tempfile
import time
from pathlib import Path

from demo.show import command, stop_on_failure, title
from runner.api import Warehouse
from runner.console import Told, table
from runner.request import Options
from warehouse.errors import WarehouseError

START, END, DAY = "2018-11-01", "2018-11-30", "2018-11-15"

TOP_SONGS = """SELECT song, artist, count(*) AS plays
FROM music.songplays GROUP BY song, artist ORDER BY plays DESC, song LIMIT 5"""
PER_DAY = """SELECT dt, count(*) AS plays, count(DISTINCT user_id) AS users
FROM music.songplays WHERE dt BETWEEN '2018-11-12' AND '2018-11-18' GROUP BY dt ORDER BY dt"""


def main() -> int:
    root = Path(__file__).resolve().parent.parent
    began = time.monotonic()
    with Warehouse.open(
        root, target="demo", progress=lambda line: print(f"… {line}", flush=True)
    ) as warehouse:
        fresh = _build(warehouse)
        if not fresh:
            _mistake(warehouse, root)
            _roll_back(warehouse)
        _questions(warehouse)
        _where(warehouse, root)
    print(f"\ndone in {time.monotonic() - began:.0f} s")
    return 0


def _build(warehouse: Warehouse) -> bool:
    """Land, apply, backfill; True when there was nothing to do."""
    title("1. A month of raw files, as an app and a catalogue of songs would drop them")
    command("demo", "land", "music", "--generate", "--start", START, "--end", END)
    landed = list(warehouse.land_generated("music", START, END))
    new = sum(piece.written for piece in landed)
    print(f"  {new} files written, {len(landed) - new} there already")

    title("2. The tables, from versioned DDL")
    command("demo", "ddl", "apply", "--select", "music")
    changed = [done for done in warehouse.ddl_apply(["music"]) if done.before != done.after]
    for done in changed:
        print(f"  {done.table}: version {done.after}")
    if not changed:
        print("  nothing to apply")

    title("3. The star schema: what is missing or stale, in the order of what reads what")
    command("demo", "backfill", "--select", "music", "--start", START, "--end", END)
    seen: set[str] = set()
    told = Told()

    def progress(outcome: object) -> None:
        name = str(getattr(outcome, "table", ""))
        if name not in seen:
            seen.add(name)
            print(f"  {name}", flush=True)

    report = warehouse.backfill(["music"], START, END, told=progress)
    print(f"  {told.summary(report)}")
    stop_on_failure(report)
    return told.summary(report).startswith("nothing to do")


def _plays(warehouse: Warehouse) -> int:
    rows = warehouse.query(f"SELECT count(*) FROM music.songplays WHERE dt = '{DAY}'").rows
    return int(rows[0][0])


def _mistake(warehouse: Warehouse, root: Path) -> None:
    """A copy of the project with a wrong key in one file, on the same lake."""
    title("4. An analyst's mistake: every play of the day gets the same key")
    before = _plays(warehouse)
    with tempfile.TemporaryDirectory() as directory:
        copy = Path(directory)
        for name in ("ddl", "sql", "landing"):
            shutil.copytree(root / name, copy / name)
        settings = (root / "pyproject.toml").read_text(encoding="utf-8")
        lake = str(root / ".demo").replace("\\", "/")
        (copy / "pyproject.toml").write_text(settings.replace('lake = ".demo"', f'lake = "{lake}"'), "utf-8")
        path = copy / "sql" / "music" / "songplays.sql"
        text = path.read_text(encoding="utf-8")
        wrong = _break_key(text)
        path.write_text(wrong, encoding="utf-8")
        command("demo", "run", "--select", "music.songplays", "--date", DAY)
        mistaken = Warehouse.open(copy, target="demo")
        mistaken.lake.share(warehouse.lake)
        report = mistaken.run(["music.songplays"], DAY)
    for outcome in report.outcomes:
        print("  " + str(outcome.error or outcome.reason).replace("\n", "\n  "))
    after = _plays(warehouse)
    print(f"  exit code {report.exit_code}; readers see {after} plays on {DAY}, as before ({before})")


def _break_key(text: str) -> str:
    """The SQL with ``songplay_id`` made the same for all rows."""
    lines = text.splitlines(keepends=True)
    at = next(i for i, line in enumerate(lines) if "AS songplay_id" in line)
    first = next(i for i in range(at, -1, -1) if lines[i].strip().upper().startswith("SELECT"))
    lines[first + 1 : at + 1] = ["  sha2('the same for all', 256) AS songplay_id,\n"]
    return "".join(lines)


def _roll_back(warehouse: Warehouse) -> None:
    title("5. A partition is a pointer: a forced run, and back again")
    command("demo", "run", "--select", "music.songplays", "--date", DAY, "--force")
    report = warehouse.run(["music.songplays"], DAY, options=Options(force=True))
    stop_on_failure(report)
    new = report.outcomes[0].run_id
    command("demo", "rollback", "music.songplays", f"dt={DAY}", "--reason", "to show that it takes no job")
    back = warehouse.rollback("music.songplays", f"dt={DAY}", reason="to show that it takes no job")
    print(f"  from run {new} back to run {back.run_id}, without a Spark job; it is held until released")
    command("demo", "release", "music.songplays", f"dt={DAY}")
    warehouse.release("music.songplays", f"dt={DAY}")
    command("demo", "history", "music.songplays", f"dt={DAY}")
    for event in warehouse.history("music.songplays", f"dt={DAY}"):
        mark = "*" if event.current else " "
        if event.slice:
            print(f"  {event.entry}  {event.kind:9} {mark} {event.run_id} {event.reason}")


def _questions(warehouse: Warehouse) -> None:
    title("Questions")
    for sql in (TOP_SONGS, PER_DAY):
        command("demo", "query", " ".join(sql.split()))
        answer = warehouse.query(sql)
        text = table(answer.columns, [[str(value) for value in row] for row in answer.rows], right=(2,))
        print("  " + text.replace("\n", "\n  "))


def _where(warehouse: Warehouse, root: Path) -> None:
    title("Where it lies")
    lake = (root / ".demo").relative_to(root)
    print(f"  raw files  {lake}/music/raw_events/dt=…/, {lake}/music/raw_songs/")
    print(f"  rows       {lake}/music/songplays/<run id>/dt=…/ (Parquet)")
    print(f"  logs       {lake}/_warehouse/tables/music.songplays/log/")
    print(f"  metastore  {warehouse.lake.metastore.name} (stop it: warehouse --target demo metastore stop)")


if __name__ == "__main__":
    try:
        sys.exit(main())
    except WarehouseError as error:
        print(f"error: {error}", file=sys.stderr)
        sys.exit(error.exit_code)
