"""Which partitions Spark itself selects: run as a script, in a process of its own.

Reads a JSON list of queries, writes a JSON list of ``{table: [partition paths]}``; null for a query that
Spark refuses.
"""

from __future__ import annotations

import json
import re
import sys
import tempfile
from typing import Any

from generated_queries import COLUMNS, PARTITIONS, VALUES
from pyspark.sql import SparkSession

SETTINGS = {
    "spark.sql.ansi.enabled": "true",
    "spark.sql.session.timeZone": "UTC",
    "spark.sql.adaptive.enabled": "false",
    "spark.sql.exchange.reuse": "false",
    "spark.sql.optimizer.dynamicPartitionPruning.enabled": "false",
    "spark.sql.shuffle.partitions": "2",
    "spark.sql.crossJoin.enabled": "true",
    "spark.ui.enabled": "false",
    "spark.driver.memory": "1g",
}
_PATH = re.compile(r"((?:[a-z]+=[^/,\s)]+/)*)part-")


def make_tables(spark: Any) -> None:
    spark.sql("CREATE DATABASE m")
    for table, columns in COLUMNS.items():
        partitions = PARTITIONS[table]
        listed = ", ".join(f"{c.name} {c.type}" for c in columns)
        by = f"PARTITIONED BY ({', '.join(c.name for c in partitions)})" if partitions else ""
        spark.sql(f"CREATE TABLE {table} ({listed}) USING parquet {by}")
        rows = [
            ", ".join(
                ["1", "'a'", "'2018-11-15'", "DATE '2018-11-15'", *(_literal(v, c.type) for v, c in row)]
            )
            for row in ([(r[c.name], c) for c in partitions] for r in VALUES[table.table])
        ]
        values = ", ".join(f"({row})" for row in rows)
        spark.sql(f"INSERT INTO {table} SELECT /*+ COALESCE(1) */ * FROM VALUES {values}")


def _literal(value: str, kind: str) -> str:
    return f"DATE '{value}'" if kind == "date" else f"'{value}'" if kind == "string" else value


def scans(plan: Any) -> list[Any]:
    """The file scans of a physical plan, those of its subqueries included."""
    found, stack = [], [plan]
    while stack:
        node = stack.pop()
        leaves = node.collectLeaves()
        found += [leaves.apply(i) for i in range(leaves.size())]
        subqueries = node.subqueriesAll()
        for i in range(subqueries.size()):
            inner = subqueries.apply(i).collectLeaves()
            found += [inner.apply(j) for j in range(inner.size())]
    return [leaf for leaf in found if leaf.getClass().getSimpleName() == "FileSourceScanExec"]


def selected(spark: Any, query: str) -> dict[str, list[str]] | None:
    try:
        plan = spark.sql(query)._jdf.queryExecution().executedPlan()
        result: dict[str, list[str]] = {}
        for scan in scans(plan):
            table = re.search(r"`?(\w+)`?\)?$", scan.tableIdentifier().toString())
            assert table is not None
            text = spark._jvm.scala.runtime.ScalaRunTime.stringOf(scan.selectedPartitions())
            paths = {match.rstrip("/") for match in _PATH.findall(text)}
            result.setdefault(table[1], []).extend(paths)
        return {table: sorted(set(paths)) for table, paths in result.items()}
    except Exception as error:
        return {"error": [str(error).splitlines()[0][:300]]}


def main() -> None:
    queries = json.load(sys.stdin)
    with tempfile.TemporaryDirectory() as directory:
        builder = SparkSession.builder.master("local[2]").config("spark.sql.warehouse.dir", directory)
        for key, value in SETTINGS.items():
            builder = builder.config(key, value)
        spark = builder.getOrCreate()
        spark.sparkContext.setLogLevel("OFF")
        make_tables(spark)
        json.dump([selected(spark, query) for query in queries], sys.stdout)
        spark.stop()


if __name__ == "__main__":
    main()
