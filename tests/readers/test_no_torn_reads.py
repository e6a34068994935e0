"""Trino, through Glue, reads one partition over and over while it is published 200 times: each time the old
rows or the new ones. The same reader sees holes where the files are replaced in place.

Every generation has a count and a sum that no other has, in several files. Rows are put on S3 as text, and
published by the log and converge, as a run does after its job.
"""

from __future__ import annotations

import functools
import secrets
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import boto3
import pytest
from fixtures_s3 import BUCKET

from runner.api import Warehouse
from runner.lake import Lake
from runner.publish import append, converge
from tests.readers import trino as trinos
from tests.readers.trino import Trino
from warehouse.log import PartitionState, Publish, SliceState
from warehouse.names import TableName

pytestmark = [pytest.mark.s3, pytest.mark.trino]

PUBLISHES, IN_PLACE = 200, 40
PAUSE = 0.15
"""Seconds between reads. A read takes as long as a publish, so that each goes beside one all the same."""
FILES = 4
TABLE = TableName("torn", "daily")
SLICE = "dt=2024-01-01"
PROJECT = """[tool.warehouse.targets.local]
engine = "spark-submit"
metastore = "glue"
lake = "s3://{bucket}/{name}"
endpoint = "{url}"
region = "us-east-1"
"""
DDL = """CREATE EXTERNAL TABLE torn.daily (k STRING, v INT)
PARTITIONED BY (dt STRING)
ROW FORMAT DELIMITED FIELDS TERMINATED BY ','
STORED AS TEXTFILE;
"""


def generation(number: int) -> list[int]:
    return [number * 1000 + i for i in range(FILES * 2 + number % 5)]


def figures(number: int) -> tuple[int, int]:
    return len(generation(number)), sum(generation(number))


def put(lake: Lake, location: str, number: int) -> None:
    """Generation ``number`` as files below a location of the lake."""
    client = _client(lake.aws()[1])
    for i in range(FILES):
        body = "".join(f"g{number},{value}\n" for value in generation(number)[i::FILES])
        key = f"{lake.uri(location)}/part-{i}".removeprefix(f"s3://{BUCKET}/")
        client.put_object(Bucket=BUCKET, Key=key, Body=body.encode())


@functools.cache
def _client(url: str) -> Any:
    return boto3.client("s3", endpoint_url=url)


def publish(lake: Lake, number: int) -> str:
    """The new location."""
    run_id = f"g{number}-{secrets.token_hex(4)}"
    location = f"torn/daily/{run_id}/{SLICE}"
    put(lake, location, number)
    count, total = figures(number)
    log = lake.log(TABLE)
    state = log.state()
    contract = state.slices[SLICE].contract if SLICE in state.slices else ""
    made = PartitionState(SLICE, location, str(total), count, FILES, 100)
    done = append(log, Publish((SliceState(SLICE, run_id, (made,), code="x"),), contract), state.head, run_id)
    assert done.entry is not None
    converge(lake, TABLE, [SLICE])
    return location


@dataclass
class Reader:
    """Reads until it is stopped. What goes wrong in a read is what a reader would see."""

    trino: Trino
    sql: str
    pause: float
    answers: list[tuple[float, float, Any]] = field(default_factory=list)
    stop: threading.Event = field(default_factory=threading.Event)

    def read(self) -> None:
        while not self.stop.is_set():
            began = time.monotonic()
            try:
                ((count, total),) = self.trino.rows(self.sql)
                answer: Any = (count, total)
            except Exception as error:
                answer = f"{type(error).__name__}: {error}"
            self.answers.append((began, time.monotonic(), answer))
            time.sleep(self.pause)


@contextmanager
def reading(trino: Trino, catalog: str, pause: float = 0) -> Iterator[Reader]:
    sql = f"SELECT count(*), coalesce(sum(v), 0) FROM {catalog}.{TABLE} WHERE dt = '2024-01-01'"
    reader = Reader(trino, sql, pause)
    thread = threading.Thread(target=reader.read)
    thread.start()
    try:
        yield reader
    finally:
        reader.stop.set()
        thread.join()


@pytest.fixture
def lake(tmp_path: Path, s3: str) -> Iterator[Lake]:
    (tmp_path / "pyproject.toml").write_text(PROJECT.format(bucket=BUCKET, name=tmp_path.name, url=s3))
    ddl = tmp_path / "ddl/torn/daily/V001__create.sql"
    ddl.parent.mkdir(parents=True)
    ddl.write_text(DDL)
    with Warehouse.open(tmp_path) as warehouse:
        list(warehouse.ddl_apply())
        yield warehouse.lake
        warehouse.lake.metastore.drop_table(TABLE)


@pytest.fixture
def catalog(trino: Trino, s3: str) -> str:
    name = f"torn_{secrets.token_hex(4)}"
    trino.catalog(name, {**trinos.glue_settings(s3), **trinos.s3_settings(s3)})
    return name


def test_every_read_is_one_generation(lake: Lake, trino: Trino, catalog: str) -> None:
    publish(lake, 0)
    spans = []
    with reading(trino, catalog, PAUSE) as reader:
        for number in range(1, PUBLISHES + 1):
            began = time.monotonic()
            publish(lake, number)
            spans.append((began, time.monotonic()))
    known = {figures(number): number for number in range(PUBLISHES + 1)}
    assert len(known) == PUBLISHES + 1, "count and sum tell generations apart"
    answers = [answer for _, _, answer in reader.answers]
    torn = [answer for answer in answers if answer not in known]
    assert not torn, f"{len(torn)} of {len(answers)} reads are torn, as {torn[:3]}"
    seen = [known[answer] for answer in answers]
    assert seen == sorted(seen), "nobody goes back to what was replaced"
    assert len(set(seen)) >= 40, f"only {len(set(seen))} generations were seen in {len(seen)} reads"
    print(f"{len(answers)} reads during {len(spans)} publishes, {len(set(seen))} generations seen")


def test_the_same_reader_sees_replacing_in_place_torn(lake: Lake, trino: Trino, catalog: str) -> None:
    """The counter-proof: what INSERT OVERWRITE does."""
    location = publish(lake, 0)
    client = _client(lake.aws()[1])
    with reading(trino, catalog) as reader:
        for number in range(1, IN_PLACE + 1):
            for i in range(FILES):
                key = f"{lake.uri(location)}/part-{i}".removeprefix(f"s3://{BUCKET}/")
                client.delete_object(Bucket=BUCKET, Key=key)
            put(lake, location, number)
            time.sleep(0.05)  # for whoever reads between two of them
    assert trino.rows(reader.sql) == [list(figures(IN_PLACE))], "when nobody writes, it reads right"
    known = {figures(number) for number in range(IN_PLACE + 1)}
    torn = [answer for _, _, answer in reader.answers if answer not in known]
    assert torn, f"none of {len(reader.answers)} reads"
    print(f"{len(torn)} of {len(reader.answers)} reads are torn, as {torn[:2]}")
