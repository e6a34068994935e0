"""What makes queries on a log lake fast: each technique against its absence, on requests like weblogs'.

``python -m benchmarks.performance [--rows 1000000] [--rounds 3] [--only pruning …]`` makes its data in a
temporary directory and prints tables in Markdown: medians of ``--rounds``, and ratios within the run.
docs/performance.md tells what follows from them.
"""

from __future__ import annotations

import argparse
import contextlib
import os
import statistics
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from runner import java
from warehouse.settings import PINNED

DAYS = 20
FIRST = "2026-01-01"
BOT = "crawler.example.net"


@dataclass(frozen=True)
class Way:
    """One way to do a thing: how long it took, and what else was counted."""

    name: str
    seconds: float
    counts: tuple[str, ...] = ()


@dataclass
class Bench:
    spark: Any
    home: Path
    rows: int
    rounds: int

    def path(self, name: str) -> str:
        return str(self.home / name)

    def timed(self, work: Callable[[], Any]) -> float:
        times = []
        for _ in range(self.rounds):
            began = time.perf_counter()
            work()
            times.append(time.perf_counter() - began)
        return statistics.median(times)

    def ask(self, sql: str) -> tuple[float, dict[str, int]]:
        """Time to answer, and what the scans read (nothing is found under adaptive execution)."""
        answered = self.spark.sql(sql)
        answered.collect()
        return self.timed(lambda: self.spark.sql(sql).collect()), scanned(answered)

    def set(self, **settings: object) -> None:
        for name, value in settings.items():
            self.spark.conf.set("spark.sql." + name.replace("__", "."), str(value))


def scanned(frame: Any) -> dict[str, int]:
    """Files, bytes and rows that the scans of an executed query let through."""
    found = {"files": 0, "bytes": 0, "rows": 0}
    leaves = frame._jdf.queryExecution().executedPlan().collectLeaves()
    for i in range(leaves.size()):
        metrics = leaves.apply(i).metrics()
        for name, key in (("files", "numFiles"), ("bytes", "filesSize"), ("rows", "numOutputRows")):
            if metrics.contains(key):
                found[name] += metrics.apply(key).value()
    return found


def written(directory: str | Path) -> list[int]:
    """Sizes of the data files below a directory."""
    return [
        p.stat().st_size
        for p in Path(directory).rglob("*")
        if p.is_file() and not p.name.startswith((".", "_"))
    ]


def megabytes(count: float) -> str:
    return f"{count / 1e6:.1f}"


def table(title: str, first: str, heads: Sequence[str], ways: Sequence[Way]) -> None:
    """A Markdown table; ratios are to the first way."""
    print(f"\n### {title}\n\n| {first} | s | ratio |{''.join(f' {h} |' for h in heads)}")
    print("|---|---|---|" + "---|" * len(heads))
    for way in ways:
        ratio = way.seconds / ways[0].seconds
        counts = "".join(f" {count} |" for count in way.counts)
        print(f"| {way.name} | {way.seconds:.2f} | {ratio:.2f} |{counts}", flush=True)


# ---------------------------------------------------------------------- the data


def make_requests(bench: Bench) -> None:
    """Requests with the columns of weblogs.requests: hosts and paths as uneven as real ones."""
    frame = bench.spark.sql(f"""
        WITH drawn AS (
          SELECT id, rand(1) AS a, rand(2) AS b, rand(3) AS c, rand(4) AS d FROM range({bench.rows})
        ), typed AS (
          SELECT
            *,
            timestamp_seconds(
              unix_timestamp(TIMESTAMP '{FIRST} 00:00:00') + id * {DAYS * 86400} div {bench.rows}
            ) AS request_time,
            concat('/', element_at(array('blog', 'images', 'projects', 'articles', 'files'),
              CAST(1 + floor(pow(c, 2) * 5) AS INT)), '/', floor(pow(d, 3) * 5000)) AS path,
            CASE WHEN d < 0.9 THEN 200 WHEN d < 0.95 THEN 304 WHEN d < 0.99 THEN 404 ELSE 500 END AS status
          FROM drawn
        )
        SELECT
          sha2(CAST(id AS STRING), 256) AS request_id,
          request_time,
          IF(a < 0.3, '{BOT}',
            concat('10.', floor(pow(b, 4) * 200), '.', floor(c * 250), '.', floor(b * 250))) AS host,
          'GET' AS method,
          path,
          IF(a < 0.1, concat('q=', id), NULL) AS query,
          'HTTP/1.1' AS protocol,
          status,
          CAST(pow(10, 1 + 5 * b) AS BIGINT) AS bytes,
          concat('http://www.example.org', path) AS referer,
          concat('Mozilla/5.0 (X11; Linux x86_64) Gecko/', status % 7, ' Firefox/', id % 40) AS agent,
          date_format(request_time, 'yyyy-MM-dd') AS dt
        FROM typed
    """)
    frame.write.partitionBy("dt").parquet(bench.path("requests"))
    bench.spark.read.parquet(bench.path("requests")).createOrReplaceTempView("requests")


# ---------------------------------------------------------------------- techniques


def pruning(bench: Bench) -> None:
    """A predicate on the partition column against the same on the row's own time."""
    bench.set(adaptive__enabled=False)
    day = "2026-01-10"
    shapes = {
        "every day, filtered by `request_time`": f"to_date(request_time) = DATE '{day}'",
        f"`dt = '{day}'`": f"dt = '{day}'",
        "`dt` in an expression": f"concat(dt, '') = '{day}'",
    }
    ways = []
    for name, where in shapes.items():
        sql = f"SELECT status, count(*), sum(bytes) FROM requests WHERE {where} GROUP BY status"
        seconds, scan = bench.ask(sql)
        ways.append(Way(name, seconds, (str(scan["files"]), megabytes(scan["bytes"]))))
    table(f"Partition pruning: one day of {DAYS}", "read", ["files", "MB of files"], ways)


def formats(bench: Bench) -> None:
    """Columnar formats and codecs against lines of text."""
    bench.set(adaptive__enabled=False)
    frame = bench.spark.table("requests").drop("dt").coalesce(2).cache()
    frame.count()
    kinds = [
        ("text, tabs", "csv", {"sep": "\t", "compression": "none"}),
        ("text, gzip", "csv", {"sep": "\t", "compression": "gzip"}),
        ("json", "json", {"compression": "none"}),
        ("parquet, none", "parquet", {"compression": "none"}),
        ("parquet, snappy", "parquet", {"compression": "snappy"}),
        ("parquet, zstd", "parquet", {"compression": "zstd"}),
        ("parquet, gzip", "parquet", {"compression": "gzip"}),
        ("orc, snappy", "orc", {"compression": "snappy"}),
        ("orc, zstd", "orc", {"compression": "zstd"}),
    ]
    ways = []
    for name, kind, options in kinds:
        place = bench.path(f"format-{name.replace(', ', '-')}")
        began = time.perf_counter()
        frame.write.format(kind).options(**options).save(place)
        writing = time.perf_counter() - began

        source = bench.spark.read.schema(frame.schema).format(kind).options(**options).load(place)
        narrow = bench.timed(source.groupBy("status").sum("bytes").collect)
        wide = bench.timed(source.write.format("noop").mode("overwrite").save)
        size = megabytes(sum(written(place)))
        ways.append(Way(name, narrow, (f"{wide:.2f}", f"{writing:.2f}", size)))
    frame.unpersist()
    heads = ["s all columns", "s writing", "MB"]
    table("Formats and codecs: `sum(bytes)` by `status`", "format", heads, ways)


def files(bench: Bench) -> None:
    """One day in few and in many files."""
    bench.set(adaptive__enabled=False)
    day = bench.spark.table("requests").where("dt <= '2026-01-05'").drop("dt").cache()
    day.count()
    ways = []
    for count in (1, 8, 64, 256):
        place = bench.path(f"files-{count}")
        day.repartition(count).write.parquet(place)
        sql = f"SELECT status, count(*), sum(bytes) FROM parquet.`{place}` GROUP BY status"
        seconds, _ = bench.ask(sql)
        ways.append(Way(str(count), seconds, (megabytes(sum(written(place))),)))
    day.unpersist()
    table("File size: the same rows", "files", ["MB"], ways)


def hints(bench: Bench) -> None:
    """What a write of many partitions leaves, by the hint in its SELECT."""
    ways = []
    bench.set(shuffle__partitions=16)
    for name, hint, adaptive in (
        ("none, after a shuffle of 16, AQE off", "", False),
        ("none, after a shuffle of 16", "", True),
        ("`COALESCE(1)`", "/*+ COALESCE(1) */", True),
        ("`REPARTITION(dt)`", "/*+ REPARTITION(dt) */", True),
        ("`REBALANCE(dt)`", "/*+ REBALANCE(dt) */", True),
    ):
        bench.set(adaptive__enabled=adaptive)
        place = bench.path("hint-" + "".join(c for c in name if c.isalnum()))
        sql = f"SELECT {hint} host, path, dt, count(*) AS hits FROM requests GROUP BY host, path, dt"
        began = time.perf_counter()
        bench.spark.sql(sql).write.partitionBy("dt").parquet(place)
        seconds = time.perf_counter() - began
        sizes = written(place)
        ways.append(Way(name, seconds, (f"{len(sizes) / DAYS:.1f}", megabytes(max(sizes)))))
    table(f"Writing {DAYS} partitions", "hint", ["files a partition", "largest MB"], ways)


def target(bench: Bench) -> None:
    """Whether ``REBALANCE`` with an advisory size gives files near that size, scaled to this data."""
    bench.set(adaptive__enabled=True, shuffle__partitions=16)
    total = sum(written(bench.path("requests")))
    # A partition is split between the tasks that its rows come from: here 16, each with rows of all days.
    spread = bench.path("spread")
    bench.spark.table("requests").repartition(16).write.parquet(spread)
    bench.set(files__maxPartitionBytes=max(written(spread)))
    ways = []
    for share in (4, 1, 0.25):
        advisory = int(total / DAYS * share)
        bench.set(adaptive__advisoryPartitionSizeInBytes=advisory)
        place = bench.path(f"target-{share}")
        began = time.perf_counter()
        sql = f"SELECT /*+ REBALANCE(dt) */ * FROM parquet.`{spread}`"
        bench.spark.sql(sql).write.partitionBy("dt").parquet(place)
        seconds = time.perf_counter() - began
        sizes = sorted(written(place))
        middle = statistics.median(sizes)
        name = f"advisory {megabytes(advisory)} MB"
        counts = (
            f"{len(sizes) / DAYS:.1f}",
            megabytes(middle),
            megabytes(sizes[-1]),
            f"{middle / advisory:.2f}",
        )
        ways.append(Way(name, seconds, counts))
    bench.set(adaptive__advisoryPartitionSizeInBytes="64m", files__maxPartitionBytes="128m")
    heads = ["files a partition", "median MB", "largest MB", "median / advisory"]
    title = f"Target size: partitions of {megabytes(total / DAYS)} MB, `REBALANCE(dt)`"
    table(title, "setting", heads, ways)


def sorting(bench: Bench) -> None:
    """Row groups and pages are skipped where the rows of one host lie together."""
    bench.set(adaptive__enabled=False)
    frame = bench.spark.table("requests").drop("dt")
    ways: list[Way] = []
    host = frame.where(f"host <> '{BOT}'").selectExpr("max(host)").first()[0]
    for name, arranged in (
        ("as they came", frame.coalesce(1)),
        ("sorted by `host`", frame.repartition(1).sortWithinPartitions("host")),
    ):
        place = bench.path(f"sorted-{len(ways)}")
        arranged.write.option("parquet.block.size", 8 << 20).parquet(place)
        sql = f"SELECT count(*), sum(bytes) FROM parquet.`{place}` WHERE host = '{host}'"
        seconds, scan = bench.ask(sql)
        ways.append(Way(name, seconds, (f"{scan['rows']:,}", megabytes(sum(written(place))))))
    table("Sorting inside files: one host", "rows", ["rows read", "MB of file"], ways)


def joins(bench: Bench) -> None:
    """A small side is broadcast; a skewed key is split by adaptive execution."""
    bench.set(shuffle__partitions=8)
    bench.spark.sql(
        "SELECT host, min(request_time) AS first_seen, count(*) AS hits FROM requests GROUP BY host"
    ).write.parquet(bench.path("hosts"))
    bench.spark.read.parquet(bench.path("hosts")).createOrReplaceTempView("hosts")
    sql = """SELECT {hint} to_date(h.first_seen) AS day, count(*), sum(r.bytes), max(r.agent)
             FROM requests AS r JOIN hosts AS h ON h.host = r.host GROUP BY 1"""
    ways = []
    for name, hint, settings in (
        ("sort-merge, AQE off", "/*+ MERGE(h) */", {"adaptive__enabled": False}),
        ("sort-merge, AQE, skew not split",
         "/*+ MERGE(h) */", {"adaptive__enabled": True, "adaptive__skewJoin__enabled": False}),
        ("sort-merge, AQE, skew split",
         "/*+ MERGE(h) */", {"adaptive__enabled": True, "adaptive__skewJoin__enabled": True}),
        ("broadcast", "/*+ BROADCAST(h) */", {"adaptive__enabled": True}),
    ):  # fmt: skip
        # The default of 256 MB is for partitions of a real lake.
        bench.set(adaptive__skewJoin__skewedPartitionThresholdInBytes="2m")
        bench.set(adaptive__advisoryPartitionSizeInBytes="4m", **settings)
        query = sql.format(hint=hint)
        ways.append(Way(name, bench.ask(query)[0]))
    bench.set(adaptive__advisoryPartitionSizeInBytes="64m", adaptive__skewJoin__enabled=True)
    table("A join whose key is one host in three rows of ten", "join", [], ways)


def bucketing(bench: Bench) -> None:
    """Two tables bucketed by their key are joined without a shuffle: at the price of the write."""
    bench.set(adaptive__enabled=False, shuffle__partitions=8, autoBroadcastJoinThreshold=-1)
    spark = bench.spark
    left = spark.table("requests").select("request_id", "host", "bytes")
    right = spark.table("requests").select("request_id", "status", "agent")
    left.write.parquet(bench.path("plain-left"))
    right.write.parquet(bench.path("plain-right"))
    began = time.perf_counter()
    for name, frame in (("bucketed_left", left), ("bucketed_right", right)):
        frame.repartition(8, "request_id").write.bucketBy(8, "request_id").sortBy("request_id").saveAsTable(
            name
        )
    writing = time.perf_counter() - began
    sql = (
        "SELECT status, sum(bytes), max(agent) FROM {0} AS l JOIN {1} AS r USING (request_id) GROUP BY status"
    )
    pairs = {
        "plain": (f"parquet.`{bench.path('plain-left')}`", f"parquet.`{bench.path('plain-right')}`", "–"),
        "8 buckets, sorted": ("bucketed_left", "bucketed_right", f"{writing:.1f}"),
    }
    ways = []
    for name, (one, other, cost) in pairs.items():
        query = sql.format(one, other)
        plan = spark.sql(query)._jdf.queryExecution().executedPlan().toString()
        seconds = bench.ask(query)[0]
        ways.append(Way(name, seconds, (str(plan.count("Exchange hashpartitioning(request_id")), cost)))
    bench.set(autoBroadcastJoinThreshold="10m")
    table(
        "Bucketing: two large tables by `request_id`", "tables", ["shuffles of rows", "s writing both"], ways
    )


def adaptive(bench: Bench) -> None:
    """Shuffle partitions guessed too many are joined after the fact."""
    ways = []
    sql = "SELECT host, count(*) AS hits, sum(bytes) FROM requests GROUP BY host ORDER BY hits DESC LIMIT 20"
    for name, on, partitions in (
        ("AQE off, 200 shuffle partitions", False, 200),
        ("AQE off, 4 (twice the cores)", False, 4),
        ("AQE on, 200", True, 200),
    ):
        bench.set(adaptive__enabled=on, shuffle__partitions=partitions)
        ways.append(Way(name, bench.ask(sql)[0]))
    table("Adaptive execution: hits by host", "setting", [], ways)


TECHNIQUES: dict[str, Callable[[Bench], None]] = {
    f.__name__: f for f in (pruning, formats, files, hints, target, sorting, joins, bucketing, adaptive)
}


@contextlib.contextmanager
def started(home: Path) -> Iterator[Any]:
    os.environ.update(java.environment())
    from pyspark.sql import SparkSession

    builder = SparkSession.builder.master("local[2]").appName("performance")
    settings = {
        **PINNED,
        "spark.driver.memory": "2g",
        "spark.sql.shuffle.partitions": "4",
        "spark.ui.enabled": "false",
        "spark.ui.showConsoleProgress": "false",
        "spark.sql.warehouse.dir": str(home / "warehouse"),
        "spark.sql.catalogImplementation": "in-memory",
        "spark.log.level": "ERROR",
    }
    for key, value in settings.items():
        if key.startswith("spark."):
            builder = builder.config(key, value)
    session = builder.getOrCreate()
    session.sparkContext.setLogLevel("ERROR")
    try:
        yield session
    finally:
        session.stop()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--rows", type=int, default=1_000_000, help="requests to make up")
    parser.add_argument("--rounds", type=int, default=3, help="times that each thing is measured")
    parser.add_argument("--only", nargs="*", choices=list(TECHNIQUES), help="these techniques")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="performance") as directory:
        home = Path(directory)
        with started(home) as spark:
            bench = Bench(spark, home, options.rows, options.rounds)
            make_requests(bench)
            print(f"{options.rows:,} requests, {DAYS} days, medians of {options.rounds}", flush=True)
            for name in options.only or TECHNIQUES:
                TECHNIQUES[name](bench)


if __name__ == "__main__":
    main()
