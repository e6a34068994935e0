"""How many files a statement writes, and of which size."""

from __future__ import annotations

import statistics
import time

from benchmarks.bench import DAYS, Bench, Way, megabytes, table, written


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
