"""What makes a read fast: fewer partitions, columns, files and rows."""

from __future__ import annotations

import time

from benchmarks.bench import BOT, DAYS, Bench, Way, megabytes, table, written


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
