"""What is shuffled: joins small, skewed and bucketed, and partitions guessed wrong."""

from __future__ import annotations

import time

from benchmarks.bench import Bench, Way, table


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
