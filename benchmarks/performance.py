"""What makes queries on a log lake fast: each technique against its absence, on requests like weblogs'.

``python -m benchmarks.performance [--rows 1000000] [--rounds 3] [--only pruning …]`` makes its data in a
temporary directory and prints tables in Markdown: medians of ``--rounds``, and ratios within the run.
docs/performance.md tells what follows from them.
"""

from __future__ import annotations

import argparse
import contextlib
import os
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from benchmarks.bench import BOT, DAYS, FIRST, Bench
from benchmarks.joining import adaptive, bucketing, joins
from benchmarks.reading import files, formats, pruning, sorting
from benchmarks.writing import hints, target
from runner import java
from warehouse.settings import PINNED

TECHNIQUES: dict[str, Callable[[Bench], None]] = {
    f.__name__: f for f in (pruning, formats, files, hints, target, sorting, joins, bucketing, adaptive)
}


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
