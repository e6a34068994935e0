"""What a publish asks of AWS: S3 requests by kind, and calls of Glue.

``python -m benchmarks.requests [--days 365]`` counts in one run, in front of moto's server:

- S3 requests to publish one partition again, of one file and of ``--files``: the whole of ``warehouse run``
  on a warm Spark, against a bare INSERT OVERWRITE in place with the rename committer. Who asks is told by the
  key of its signature.
- Calls of Glue for a backfill of 1, 100 and ``--days`` partitions, new and again, against the least that the
  service's batches allow. Rows are staged without Spark.
"""

from __future__ import annotations

import argparse
import contextlib
import functools
import os
import tempfile
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from datetime import date, timedelta
from pathlib import Path
from typing import Any

from runner import lake as lakes
from runner.api import Warehouse
from runner.engines.local import LocalEngine
from runner.lake import Lake
from runner.metastores import glue
from runner.request import Options
from tests.aws.gate import Answered, Asked, Gate, Send, gate
from tests.fixtures_s3 import BUCKET, s3_server
from tests.text_engine import TextEngine
from warehouse.manifest import Manifest, StagedPartition

KINDS = ("put", "copy", "delete", "list", "get", "head", "multipart")
DDL = (
    "CREATE EXTERNAL TABLE bench.{name} (id BIGINT, v STRING) PARTITIONED BY (dt STRING) STORED AS PARQUET;\n"
)
SELECT = "SELECT /*+ REPARTITION({files}) */ id, sha2(CAST(id AS STRING), 256) AS v FROM range({rows})"
ROWS = 40_000
"""Of a file: some megabytes, so that files are not written again as fewer."""
FILE_MB = 2
RENAMES = {
    "spark.sql.sources.commitProtocolClass": (
        "org.apache.spark.sql.execution.datasources.SQLHadoopMapReduceCommitProtocol"
    ),
    "spark.sql.parquet.output.committer.class": "org.apache.parquet.hadoop.ParquetOutputCommitter",
    "mapreduce.outputcommitter.factory.scheme.s3": (
        "org.apache.hadoop.mapreduce.lib.output.FileOutputCommitterFactory"
    ),
    "mapreduce.fileoutputcommitter.marksuccessfuljobs": "true",
}
TARGET = f"""[tool.warehouse]
file_size_mb = {FILE_MB}
default_target = "bench"
[tool.warehouse.targets.bench]
engine = "{{engine}}"
metastore = "{{metastore}}"
lake = "s3://{BUCKET}/{{name}}"
endpoint = "{{url}}"
region = "us-east-1"
"""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--files", type=int, default=8)
    parser.add_argument("--days", type=int, default=365)
    parser.add_argument("--only", choices=("s3", "glue"))
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as directory, s3_server() as server, gate(server) as front:
        if options.only != "s3":
            _glue(Path(directory) / "glue", front, sorted({1, 100, options.days}))
        if options.only != "glue":
            _s3(Path(directory) / "s3", front, options.files)


class Counted:
    """Counts the requests that pass: kind by who signs."""

    def __init__(self, front: Gate) -> None:
        self.requests: Counter[tuple[str, str]] = Counter()
        front.wrong = self

    def __call__(self, asked: Asked, send: Send) -> Answered:
        who, service = asked.scope
        self.requests[who, kind_of(asked) if service == "s3" else asked.operation] += 1
        return send(asked)

    def of(self, work: Callable[[], Any]) -> Counter[tuple[str, str]]:
        self.requests.clear()
        work()
        return Counter(self.requests)


def kind_of(asked: Asked) -> str:
    if "uploads" in asked.query or "uploadId" in asked.query or "partNumber" in asked.query:
        return "multipart" if asked.method != "GET" else "list"
    if asked.method == "PUT":
        return "copy" if "x-amz-copy-source" in asked.headers else "put"
    if asked.method == "POST":
        return "delete"
    if asked.method == "GET" and "/" not in asked.path.strip("/"):
        return "list"
    return asked.method.lower()


@contextlib.contextmanager
def signing(who: str) -> Iterator[None]:
    """What is started, and what is opened, has a key of its own."""
    before = os.environ["AWS_ACCESS_KEY_ID"]
    os.environ["AWS_ACCESS_KEY_ID"] = who
    yield
    os.environ["AWS_ACCESS_KEY_ID"] = before


def _write(root: Path, files: dict[str, str]) -> None:
    for name, text in files.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")


# ------------------------------------------------------------------ S3


def _s3(root: Path, front: Gate, files: int) -> None:
    text = TARGET.format(engine="local", metastore="embedded", name="lake", url=front.url)
    spark = {"spark.driver.memory": "1g", "spark.ui.enabled": "false"}
    lines = "".join(f'"{key}" = "{value}"\n' for key, value in spark.items())
    written = {"pyproject.toml": f"{text}[tool.warehouse.targets.bench.spark]\n{lines}"}
    for n in (1, files):
        select = SELECT.format(files=n, rows=n * ROWS)
        written[f"sql/bench/ours_{n}.sql"] = (
            f"INSERT OVERWRITE TABLE bench.ours_{n} PARTITION (dt = '{{{{ ds }}}}')\n{select}\n"
        )
        for name in (f"ours_{n}", f"in_place_{n}"):
            written[f"ddl/bench/{name}/V001__create.sql"] = DDL.format(name=name)
    _write(root, written)
    counted = Counted(front)
    with signing("runner"), Warehouse.open(root) as warehouse:
        with signing("metastore"):
            warehouse.metastore_start()
        list(warehouse.ddl_apply())
        with signing("spark"):
            engine = warehouse.lake.engine
            assert isinstance(engine, LocalEngine)
            spark_session = engine.session()
        bare = spark_session.newSession()
        for key, value in RENAMES.items():
            bare.conf.set(key, value)
        for n in (1, files):
            select = SELECT.format(files=n, rows=n * ROWS)
            overwrite = f"INSERT OVERWRITE TABLE bench.in_place_{n} PARTITION (dt = '2024-01-01') {select}"
            print(f"\none partition of {n} files, again")
            for _ in range(2):  # the second time all is there already
                by_pointer = counted.of(functools.partial(_publish, warehouse, f"ours_{n}"))
            _table("ours", by_pointer)
            for version in ("1", "2"):
                bare.conf.set("mapreduce.fileoutputcommitter.algorithm.version", version)
                for _ in range(2):
                    in_place = counted.of(functools.partial(bare.sql, overwrite))
                _table(f"in place, renames v{version}", in_place)
    with signing("runner"), Warehouse.open(root) as warehouse:
        warehouse.metastore_stop()


def _publish(warehouse: Warehouse, table: str) -> None:
    report = warehouse.run([f"bench.{table}"], "2024-01-01", options=Options(force=True))
    assert report.exit_code == 0, report.outcomes
    warehouse.lake.settle()


def _table(label: str, counted: Counter[tuple[str, str]]) -> None:
    print(f"{label:28}" + "".join(f"{kind:>10}" for kind in (*KINDS, "all")))
    for who in ("spark", "metastore", "runner"):
        of = {kind: counted[who, kind] for kind in KINDS}
        print(f"  {who:26}" + "".join(f"{n:>10}" for n in (*of.values(), sum(of.values()))))
    sums = [sum(n for (_, kind), n in counted.items() if kind == k) for k in KINDS]
    print(f"  {'together':26}" + "".join(f"{n:>10}" for n in (*sums, sum(sums))))


# ------------------------------------------------------------------ Glue


class Staged(TextEngine):
    """Stages an object a partition, without Spark."""

    def __init__(self, lake: Lake) -> None:
        self._store = lake.store

    def _stage(self, manifest: Manifest) -> Iterator[StagedPartition]:
        for spec in manifest.slices:
            below = spec if manifest.staging.dynamic else ""
            directory = f"{manifest.staging.directory}/{below}".rstrip("/")
            key = self._store.key(directory)
            assert key is not None
            self._store.write(f"{key}/part-0", b"1")
            yield StagedPartition(spec, directory, 1, 1, 1, manifest.run_id)


def _glue(root: Path, front: Gate, numbers: Sequence[int]) -> None:
    lakes._ENGINES["staged"] = Staged  # type: ignore[index]
    files = {"pyproject.toml": TARGET.format(
        engine="staged", metastore="glue", name="glue", url=front.url
    )}  # fmt: skip
    for n in numbers:
        files[f"ddl/bench/t{n}/V001__create.sql"] = DDL.format(name=f"t{n}")
        files[f"sql/bench/t{n}.sql"] = (
            f"INSERT OVERWRITE TABLE bench.t{n} PARTITION (dt)\nSELECT id, v, dt\n"
            "FROM VALUES (1L, 'a', '2024-01-01') AS x (id, v, dt)\n"
            "WHERE dt BETWEEN '{{ start_ds }}' AND '{{ end_ds }}'\n"
        )
    _write(root, files)
    counted = Counted(front)
    with Warehouse.open(root) as warehouse:
        list(warehouse.ddl_apply())
    print("calls of Glue\n")
    for n in numbers:
        for again in (False, True):
            found = counted.of(functools.partial(_backfill, root, n, again))
            calls = {operation: k for (_, operation), k in sorted(found.items()) if operation not in KINDS}
            least = -(-n // (glue.UPDATE if again else glue.CREATE))
            print(f"{n} partitions, {'again' if again else 'new'}: {sum(calls.values())} calls; "
                  f"their pointers take {least} at the least")  # fmt: skip
            print(f"  {calls}")
            print(f"  S3: { {kind: k for (_, kind), k in sorted(found.items()) if kind in KINDS} }")


def _backfill(root: Path, n: int, again: bool) -> None:
    end = date(2024, 1, 1) + timedelta(days=n - 1)
    with Warehouse.open(root) as warehouse:
        report = warehouse.backfill(
            [f"bench.t{n}"], "2024-01-01", end.isoformat(), options=Options(force=again)
        )
        assert report.exit_code == 0, report.outcomes


if __name__ == "__main__":
    main()
