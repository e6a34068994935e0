"""A month on a bad day of S3's, with Spark's own S3A: whole, or told and finished by the next command."""

from __future__ import annotations

from pathlib import Path

import boto3
import pytest
from fixtures_aws import Cloud
from fixtures_s3 import BUCKET

from runner.api import Warehouse
from tests.aws.faults import BadDay
from tests.aws.gate import ACCOUNT, Answered, Asked, Send, denied, gate
from tests.readers.lakes import Lake
from warehouse.errors import OutsideError

pytestmark = [pytest.mark.spark, pytest.mark.metastore, pytest.mark.s3]
KEY, SECRET = "ASIAFAULTSFAULTSFAUL", "secret/of+forty+characters/0123456789abc"
DAYS = 31
START, END = "2024-01-01", f"2024-01-{DAYS}"
HURRIED = {f"spark.hadoop.fs.s3a.retry.{key}": "50ms" for key in ("interval", "throttle.interval")}
TABLES = {
    "raw": "(line STRING)\nPARTITIONED BY (dt STRING)\nSTORED AS TEXTFILE",
    "plays": "(k STRING, v INT)\nPARTITIONED BY (dt STRING)\nSTORED AS PARQUET",
    "total": "(k STRING, v INT)\nSTORED AS PARQUET",
}
PLAYS = """INSERT OVERWRITE TABLE shop.plays PARTITION (dt)
SELECT split(line, ',')[0] AS k, CAST(split(line, ',')[1] AS INT) AS v, dt
FROM shop.raw
WHERE dt BETWEEN '{{ start_ds }}' AND '{{ end_ds }}'
"""
TOTAL = "INSERT OVERWRITE TABLE shop.total\nSELECT k, CAST(sum(v) AS INT) AS v FROM shop.plays GROUP BY k\n"


def attempt(warehouse: Warehouse) -> list[str]:
    """What a backfill of the month says of each slice, or why it could not be made; in the other process."""
    try:
        report = warehouse.backfill((), START, END)
    except OutsideError as error:
        assert error.exit_code == 4
        return [f"stopped: {error}"]
    for outcome in report.outcomes:
        assert outcome.status in ("published", "skipped", "failed", "lost", "blocked", "waiting"), outcome
        assert outcome.status != "failed" or (outcome.error is not None and outcome.error.what)
    return [f"{o.status}: {o.table} {o.slice} {o.error or ''}" for o in report.outcomes]


def test_a_month_while_a_tenth_of_all_calls_fail(
    cloud: Cloud, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with cloud.used(), gate(cloud.url) as front:
        monkeypatch.setenv("AWS_ACCESS_KEY_ID", KEY)
        monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", SECRET)
        lake = Lake(tmp_path / "shop", front.url, cloud.hive(), more=HURRIED)
        for table, text in TABLES.items():
            lake.write(f"ddl/shop/{table}/V001__create.sql", f"CREATE EXTERNAL TABLE shop.{table} {text};\n")
        lake.write("sql/shop/plays.sql", PLAYS)
        lake.write("sql/shop/total.sql", TOTAL)
        client = boto3.client("s3", endpoint_url=cloud.url)
        for day in range(1, DAYS + 1):
            key = f"shop/shop/raw/dt=2024-01-{day:02}/lines"
            client.put_object(Bucket=BUCKET, Key=key, Body=f"a,{day}\nb,1\n")
        with lake:
            lake.apply()
            front.wrong = nothing_may_be_staged
            printed = lake.do(attempt)
            assert any(line.startswith("failed: shop.plays") and "<account>" in line for line in printed), (
                printed
            )
            bad = BadDay(0.1, 7)
            for _ in range(6):
                front.wrong = bad
                said = lake.do(attempt)
                printed += said
                front.wrong = lambda asked, send: send(asked)
                whole(lake)
                if all(line.startswith(("published", "skipped")) for line in said):
                    break
            else:
                raise AssertionError(said)
            again = lake.do(attempt)
            assert {line.partition(":")[0] for line in again} == {"skipped"}, again
            found = sorted(lake.query("SELECT dt, k, v FROM shop.plays"))
            assert found == sorted(
                (f"2024-01-{d:02}", k, v) for d in range(1, DAYS + 1) for k, v in (("a", d), ("b", 1))
            )
            assert sorted(lake.query("SELECT k, v FROM shop.total")) == [("a", DAYS * 16), ("b", DAYS)]
        nothing_is_told(printed, tmp_path)
    assert sum(bad.said.values()) > 20 and len(bad.said) > 4, bad.said


def nothing_may_be_staged(asked: Asked, send: Send) -> Answered:
    """Spark has lost its right, and S3 says so as AWS does: with the account."""
    if asked.method == "PUT" and "/shop/plays/" in asked.path and "part-" in asked.path:
        return denied(asked, "s3", "s3:PutObject", "arn:aws:s3:::lake/x")
    return send(asked)


def nothing_is_told(printed: list[str], directory: Path) -> None:
    """No key and no account stands in what was printed, in the lake, or in a file or log of the project."""
    from moto.s3.models import s3_backends

    objects = s3_backends[ACCOUNT]["aws"].buckets[BUCKET].keys.items()
    written = {key: one.value for key, one in objects}
    written |= {str(path): path.read_bytes() for path in directory.rglob("*") if path.is_file()}
    assert any(key.endswith("/result.json") for key in written)
    (log,) = (data for key, data in written.items() if key.endswith("/logs/spark.log"))
    assert b"<account>" in log, "Spark has noted what S3 refused"
    for secret in (KEY, SECRET, ACCOUNT):
        assert not [line for line in printed if secret in line]
        assert not [where for where, data in written.items() if secret.encode() in data], secret


def whole(lake: Lake) -> None:
    """No reader sees a partition, or the snapshot, in part."""
    counts = lake.query("SELECT dt, count(*) FROM shop.plays GROUP BY dt")
    assert {count for _, count in counts} <= {2}, counts
    assert lake.query("SELECT count(*) FROM shop.total")[0][0] in (0, 2)
