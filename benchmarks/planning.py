"""A plan with nothing to do over many tables with long histories: ``python -m benchmarks.planning``.

A project, its source files and its tables' logs are written as a year-long life of the tool would have left
them, without Spark or a metastore; then ``warehouse plan`` runs as a process of its own. ``--history daily``
is the hard case: every day all tables ran once, so that each log has an entry a day and every slice's inputs
have moved on since. ``backfill`` is one backfill in batches of 31. Seconds are by the clock and of the
processor (other work on the machine makes the first long), memory is the process's peak.
"""

from __future__ import annotations

import argparse
import multiprocessing
import os
import shutil
import sys
import tempfile
import time
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

from runner.api import Warehouse
from runner.lake import Lake
from runner.sources import observe
from runner.tablelog import CHECKPOINT_EVERY, TableLog
from warehouse.intervals import Grain, Interval
from warehouse.log import Body, Ddl, Entry, InputRead, PartitionState, Publish, SliceState, encode
from warehouse.model import Model
from warehouse.names import TableName
from warehouse.partition_index import digest_of
from warehouse.plan import Reader
from warehouse.reading import Input

FIRST = date(2015, 1, 1)
SOURCES = 4
WEEK = 4
"""Every so many tables, one reads a week of its first input."""
BATCH = 31
DONE = ".built"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--tables", type=int, default=100)
    parser.add_argument("--slices", type=int, default=3650)
    parser.add_argument("--history", choices=["daily", "backfill"], nargs="*", default=["daily", "backfill"])
    parser.add_argument("--rounds", type=int, default=3, help="the quickest of so many")
    parser.add_argument(
        "--directory", type=Path, help="write the project there and leave it; used if it is there"
    )
    options = parser.parse_args()
    print("| history | tables | slices | s | processor s | peak MB |\n" + "|---" * 6 + "|", flush=True)
    for history in options.history:
        root = (options.directory or Path(tempfile.mkdtemp(prefix="planning-"))) / history
        try:
            if not (root / DONE).exists():
                # In a process of its own: a child's peak begins with what its parent held.
                builder = multiprocessing.get_context("spawn").Process(
                    target=build, args=(root, options.tables, options.slices, history)
                )
                builder.start()
                builder.join()
                if builder.exitcode:
                    sys.exit("the project could not be built")
                write(root / DONE, b"")
            took = min(measure(root, options.slices) for _ in range(options.rounds))
            print(
                f"| {history} | {options.tables} | {options.slices} | {took.wall:.2f} | {took.processor:.2f} "
                f"| {took.megabytes:.0f} |",
                flush=True,
            )
        finally:
            if options.directory is None:
                shutil.rmtree(root.parent)


# ---------------------------------------------------------------------- measuring


@dataclass(frozen=True, order=True)
class Took:
    wall: float
    processor: float
    megabytes: float


def measure(root: Path, slices: int) -> Took:
    """One ``warehouse plan`` over everything, which must find nothing to do."""
    words = [
        "--project",
        str(root),
        "plan",
        "--start",
        str(FIRST),
        "--end",
        str(day(slices - 1)),
        "--exit-code",
    ]
    began = time.perf_counter()
    process = os.posix_spawn(
        sys.executable,
        [sys.executable, "-c", "from runner.cli import main; main()", *words],
        os.environ,
        file_actions=[(os.POSIX_SPAWN_OPEN, 1, os.devnull, os.O_WRONLY, 0)],
    )
    _, status, usage = os.wait4(process, 0)
    wall = time.perf_counter() - began
    if status:
        sys.exit(
            f"the plan ended with {os.waitstatus_to_exitcode(status)}: it should have found nothing to do"
        )
    return Took(wall, usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1024)


# ---------------------------------------------------------------------- the project


def day(number: int) -> date:
    return FIRST + timedelta(days=number)


def name(number: int) -> str:
    return f"t{number:03}"


def source(number: int) -> str:
    return f"raw{number}"


@dataclass(frozen=True)
class Reads:
    """What a table reads of one input: so many days up to its own."""

    table: str
    days: int


def inputs(number: int) -> list[Reads]:
    """Two earlier tables, or a source."""
    if number < SOURCES:
        return [Reads(source(number), 1)]
    first = Reads(name(number // 2), 7 if number % WEEK == 0 else 1)
    return [first] if number < 6 else [first, Reads(name(number // 3), 1)]


def sql(number: int) -> str:
    """Every second table in the range form."""
    reads = inputs(number)
    ranged = number % 2 == 1
    clause = "dt" if ranged else "dt = '{{ ds }}'"
    selects = []
    for one in reads:
        where = "dt BETWEEN '{{ start_ds }}' AND '{{ end_ds }}'" if ranged else "dt = '{{ ds }}'"
        if one.days > 1:
            where = f"dt BETWEEN '{{{{ macros.ds_add(ds, {1 - one.days}) }}}}' AND '{{{{ ds }}}}'"
        columns = "line AS k, 1 AS n" if one.table.startswith("raw") else "k, n"
        selects.append(f"SELECT {columns}{', dt' if ranged else ''}\nFROM gen.{one.table}\nWHERE {where}\n")
    return (
        f"/* ---\nowner: somebody\nstart: {FIRST}\n--- */\n"
        f"INSERT OVERWRITE TABLE gen.{name(number)} PARTITION ({clause})\n" + "UNION ALL\n".join(selects)
    )


def build(root: Path, tables: int, slices: int, history: str) -> None:
    """A project whose tables are all published, and none of them is stale."""
    write(
        root / "pyproject.toml",
        '[tool.warehouse.targets.local]\nlake = "lake"\nmetastore = "thrift://127.0.0.1:9"\n',
    )
    for number in range(SOURCES):
        write(
            root / f"ddl/gen/{source(number)}/V001__create.sql",
            ddl(source(number), "line STRING", "TEXTFILE"),
        )
        for n in range(slices):
            directory = f"{root}/lake/gen/{source(number)}/dt={day(n)}"
            os.makedirs(directory)  # noqa: PTH103 -- as below
            with open(f"{directory}/lines", "w") as file:  # noqa: PTH123
                file.write(f"{n}\n")
    for number in range(tables):
        write(
            root / f"ddl/gen/{name(number)}/V001__create.sql", ddl(name(number), "k STRING, n INT", "PARQUET")
        )
        write(root / f"sql/gen/{name(number)}.sql", sql(number))
    with Warehouse.open(root) as warehouse:
        History(warehouse.lake, slices, history == "daily").write(tables)


def ddl(table: str, columns: str, stored: str) -> str:
    return (
        f"CREATE EXTERNAL TABLE gen.{table} (\n  {columns}\n)\n"
        f"PARTITIONED BY (dt STRING)\nSTORED AS {stored};\n"
    )


def write(path: Path, text: str | bytes) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(text.encode() if isinstance(text, str) else text)


# ---------------------------------------------------------------------- the logs


class History:
    """Logs as runs would have written them: ``daily`` one entry a day, else one a batch."""

    def __init__(self, lake: Lake, slices: int, daily: bool) -> None:
        self.lake = lake
        self.days = [str(day(n)) for n in range(slices)]
        self.size = 1 if daily else BATCH
        self.daily = daily
        self.versions: dict[str, list[str]] = {}

    def write(self, tables: int) -> None:
        for number in range(SOURCES):
            self._source(TableName("gen", source(number)))
        for number in range(tables):
            model = self.lake.project.model(TableName("gen", name(number)))
            self._table(model, inputs(number), number % 2 == 1)

    def head(self, n: int) -> int:
        """The entry that published the day ``n``, or the last one where readers came afterwards."""
        return 2 + (n if self.daily else (len(self.days) - 1) // self.size)

    def _source(self, table: TableName) -> None:
        contract = self.lake.project.contract(table)
        state = self._put(table, [Ddl(contract, {})])
        seen = observe(self.lake.store, contract.location, contract, state.state(), None, datetime.now(UTC))
        self.versions[table.table] = [s.partitions[0].version for s in seen.changed]
        self._put(table, self._batches(seen.changed), 1)

    def _batches(self, slices: tuple[SliceState, ...]) -> Iterator[Body]:
        for at in range(0, len(slices), self.size):
            yield Publish(slices[at : at + self.size])

    def _table(self, model: Model, reads: list[Reads], ranged: bool) -> None:
        table = model.name.table
        self.versions[table] = [digest_of([(table, d)]) for d in self.days]
        slices = []
        for n, ds in enumerate(self.days):
            run_id = f"{ds.replace('-', '')}T040000-{n:08x}"
            partition = PartitionState(
                f"dt={ds}", f"gen/{table}/{run_id}/dt={ds}", self.versions[table][n], 1000, 1, 20_000
            )
            read = tuple(self._read(one, n, ranged) for one in sorted(reads, key=lambda one: one.table))
            slices.append(
                SliceState(f"dt={ds}", run_id, (partition,), model.code, model.contract.digest, read, ds)
            )
        self._put(model.name, [Ddl(model.contract, {})])
        self._put(model.name, self._batches(tuple(slices)), 1)
        self._like_the_tool(model, slices)

    def _read(self, one: Reads, n: int, ranged: bool) -> InputRead:
        first = max(0, n - one.days + 1)
        pairs = [(f"dt={self.days[i]}", self.versions[one.table][i]) for i in range(first, n + 1)]
        text = f"dt = '{self.days[n]}'"
        if one.days > 1 or ranged:
            text = f"dt BETWEEN '{day(n - one.days + 1)}' AND '{self.days[n]}'"
        return InputRead(f"gen.{one.table}", (text,), digest_of(pairs), self.head(n), len(pairs))

    def _like_the_tool(self, model: Model, slices: list[SliceState]) -> None:
        """That a run would have recorded the same."""
        known: Mapping[TableName, Input] = {
            table: Input(table, self.lake.log(table).state(), model.slicing, False) for table in model.inputs
        }
        n = len(slices) - 1
        interval = Interval.parse(self.days[n], Grain.DAILY)
        real = Reader(model, known).reads(interval)
        if real != slices[n].inputs:
            sys.exit(f"{model.name}: a run would record {real}, the benchmark writes {slices[n].inputs}")

    def _put(self, table: TableName, bodies: Iterable[Body], after: int = 0) -> TableLog:
        """Entries as files, without the syncs of real ones; the last that has a checkpoint by the log itself,
        which reads the others for it."""
        log, bodies = self.lake.log(table), list(bodies)
        root = Path(log.store.root.removeprefix("file://"))
        (root / log.key(0)).parent.mkdir(parents=True, exist_ok=True)
        last = (after + len(bodies)) // CHECKPOINT_EVERY * CHECKPOINT_EVERY
        for n, body in enumerate(bodies, after + 1):
            entry = Entry(n, f"nonce-{n}", f"2025-01-01T00:00:00.{n % 1000:03}+00:00", body, "somebody@host")
            if n == last:
                log.put(entry)
            else:
                with open(f"{root}/{log.key(n)}", "wb") as file:  # noqa: PTH123 -- 365,000 of them
                    file.write(encode(entry))
        return log


if __name__ == "__main__":
    main()
