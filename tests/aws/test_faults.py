"""S3 and Glue fail in every way there is: what was published stays whole, what was begun is finished later.

The runner, its stores and its Glue client are the real ones; rows are staged on S3 without Spark.
"""

from __future__ import annotations

import functools
import os
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import boto3
import pytest
from fixtures_s3 import BUCKET, s3_server
from text_engine import TextEngine
from tiny import Answer, Tiny

from runner import lake as lakes
from runner.lake import Lake
from tests.aws.faults import BadDay
from tests.aws.gate import ACCOUNT, REGION, Answered, Asked, Gate, Send, gate, json_error, s3_error
from warehouse.manifest import Manifest, StagedPartition

pytestmark = pytest.mark.s3
KEY, SECRET, TOKEN = (
    "ASIAFAULTSFAULTSFAUL",
    "secret/of+forty+characters/0123456789abc",
    "FwoGZXIvYXdzEXAMPLETOKEN==",
)
DB = "shop"
MONTH = ("--start", "2024-01-01", "--end", "2024-01-31")
WEEK = ("--start", "2024-01-01", "--end", "2024-01-07")
SETTINGS = """[tool.warehouse]
default_target = "aws"
[tool.warehouse.targets.aws]
engine = "objects"
metastore = "glue"
lake = "s3://{bucket}/{lake}"
endpoint = "{url}"
region = "{region}"
"""


class ObjectsEngine(TextEngine):
    """Stages rows that follow from the slice, as two objects a partition, through the same bad S3."""

    def __init__(self, lake: Lake) -> None:
        self._store = lake.store

    def _stage(self, manifest: Manifest) -> Iterator[StagedPartition]:
        (spec,) = manifest.slices
        dynamic = [f"{c.name}={v}" for c in manifest.staging.dynamic for v in ("a", "b")] or [""]
        for below in dynamic:
            directory = f"{manifest.staging.directory}/{below}".rstrip("/")
            key = self._store.key(directory)
            assert key is not None
            parts = [f"{manifest.table} {spec} {below} {part}\n".encode() for part in (1, 2)]
            for number, data in enumerate(parts):
                self._store.write(f"{key}/part-{number}", data)
            path = "/".join(one for one in (spec, below) if one)
            size = sum(map(len, parts))
            yield StagedPartition(path, directory, 2, 2, size, f"{manifest.table}-{path}")


@dataclass
class Shop:
    """A project whose lake is ``name`` in the bucket; ``printed`` is all that commands have said."""

    project: Tiny
    front: Gate
    url: str
    name: str
    printed: list[str] = field(default_factory=list)

    def __call__(self, *words: str) -> Answer:
        answer = self.project(*words)
        self.printed.append(answer.text)
        assert "Traceback" not in answer.text and "did not expect" not in answer.text, answer.text
        if answer.code:
            assert "error" in answer.text or "NOT" in answer.text
        return answer

    def admin(self, service: str) -> Any:
        return _admin(service, self.url)

    def objects(self, below: str = "") -> dict[str, bytes]:
        """Asked of moto itself: there are thousands."""
        from moto.s3.models import s3_backends

        found = s3_backends[ACCOUNT]["aws"].buckets[BUCKET].keys.items()
        return {key: one.value for key, one in found if key.startswith(f"{self.name}/{below}")}

    def seen(self) -> dict[str, list[bytes]]:
        """What a reader sees through Glue: rows by table and partition. Each is whole, or this fails."""
        objects, found = self.objects(f"{DB}_{self.name}/"), {}
        for table in self._tables():
            name = table["Name"]
            if not table.get("PartitionKeys"):
                found[name] = rows(objects, table["StorageDescriptor"]["Location"])
                continue
            for one in self._partitions(name):
                label = f"{name} {'/'.join(one['Values'])}"
                found[label] = rows(objects, one["StorageDescriptor"]["Location"])
                if name != "raw":
                    assert len(found[label]) == 2, f"{label} is torn: {found[label]}"
        return found

    def _tables(self) -> list[Any]:
        glue = self.admin("glue")
        pages = glue.get_paginator("get_tables").paginate(DatabaseName=f"{DB}_{self.name}")
        return [table for page in pages for table in page["TableList"]]

    def _partitions(self, name: str) -> list[Any]:
        glue = self.admin("glue")
        of = {"DatabaseName": f"{DB}_{self.name}", "TableName": name}
        return [p for page in glue.get_paginator("get_partitions").paginate(**of) for p in page["Partitions"]]

    def nothing_is_told(self) -> None:
        """No key, no token, no account stands in what was printed, or written to the lake or the disk."""
        written = {key: data.decode(errors="replace") for key, data in self.objects().items()}
        written |= {
            str(path): path.read_text(errors="replace")
            for path in self.project.root.rglob("*")
            if path.is_file()
        }
        for where, text in [*enumerate(self.printed), *written.items()]:
            for secret in (KEY, SECRET, TOKEN, ACCOUNT):
                assert secret not in text, where


@functools.cache
def _admin(service: str, url: str) -> Any:
    return boto3.client(
        service, endpoint_url=url, region_name=REGION,
        aws_access_key_id="test", aws_secret_access_key="test",
    )  # fmt: skip


def rows(objects: dict[str, bytes], location: str) -> list[bytes]:
    below = location.removeprefix(f"s3://{BUCKET}/").rstrip("/") + "/"
    return sorted(
        data for key, data in objects.items()
        if key.startswith(below) and not key.rpartition("/")[2].startswith((".", "_"))
    )  # fmt: skip


@pytest.fixture(scope="module")
def server() -> Iterator[str]:
    with s3_server() as url:
        yield url


@pytest.fixture
def make_shop(
    server: str, tmp_path: Path, hurried: None, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Callable[..., Shop]]:
    monkeypatch.setitem(lakes._ENGINES, "objects", ObjectsEngine)
    for name, value in (("ACCESS_KEY_ID", KEY), ("SECRET_ACCESS_KEY", SECRET), ("SESSION_TOKEN", TOKEN)):
        monkeypatch.setenv(f"AWS_{name}", value)
    with gate(server) as front:

        def make(name: str, days: int = 7, bucket: str = BUCKET) -> Shop:
            project = Tiny(tmp_path / name, f"{DB}_{name}", "glue", {})
            text = SETTINGS.format(bucket=bucket, lake=name, url=front.url, region=REGION)
            project.write("pyproject.toml", text + f'staging_database = "{name}_staging"\n')
            made = Shop(project, front, server, name)
            project.source()
            project.create("daily")
            project.create("kinds", partitions="dt STRING, kind STRING", columns="v INT COMMENT 'value'")
            project.create("total", partitions="")
            project.daily()
            project.sql(
                "kinds",
                "INSERT OVERWRITE TABLE {db}.kinds PARTITION (dt = '{{ ds }}', kind)\n"
                "SELECT v, k AS kind\nFROM {db}.daily\nWHERE dt = '{{ ds }}'\n",
            )
            project.sql("total", "INSERT OVERWRITE TABLE {db}.total\nSELECT k, v FROM {db}.daily\n")
            for day in range(1, days + 1):
                key = f"{name}/{DB}_{name}/raw/dt=2024-01-{day:02}/lines"
                made.admin("s3").put_object(Bucket=BUCKET, Key=key, Body=b"a,1\n")
            return made

        yield make


def without_lake(seen: dict[str, list[bytes]], name: str) -> dict[str, list[bytes]]:
    """Comparable between lakes: rows name their table."""
    return {label: [r.replace(f"_{name}.".encode(), b".") for r in found] for label, found in seen.items()}


@pytest.fixture(scope="module")
def calm() -> dict[str, dict[str, list[bytes]]]:
    """What readers see after a backfill on a good day, by its range."""
    return {}


def good_day(
    make_shop: Callable[..., Shop], calm: dict[str, dict[str, list[bytes]]], days: int
) -> dict[str, list[bytes]]:
    if str(days) not in calm:
        shop = make_shop(f"calm{days}", days)
        assert shop("ddl", "apply").code == 0
        assert shop("backfill", "--start", "2024-01-01", "--end", f"2024-01-{days:02}").code == 0
        calm[str(days)] = without_lake(shop.seen(), shop.name)
        assert len(calm[str(days)]) == days * 4 + 1
    return calm[str(days)]


@pytest.mark.parametrize(("seed", "days"), [(1, 31), (2, 7), (3, 7), (4, 7)])
def test_a_tenth_of_all_calls_fail(
    make_shop: Callable[..., Shop], calm: dict[str, dict[str, list[bytes]]], seed: int, days: int
) -> None:
    expected = good_day(make_shop, calm, days)
    shop = make_shop(f"bad{seed}", days)
    day = BadDay(0.1, seed)
    shop.front.wrong = day
    codes = []
    for words in (("ddl", "apply"), ("backfill", "--start", "2024-01-01", "--end", f"2024-01-{days:02}")):
        while True:
            answer = shop(*words)
            codes.append(answer.code)
            shop.seen()
            if answer.code == 0:
                break
            assert answer.code == 4, answer.text
            assert len(codes) < 10, answer.text
    shop.front.wrong = lambda asked, send: send(asked)
    assert without_lake(shop.seen(), shop.name) == expected
    assert "nothing to do" in shop("backfill", "--start", "2024-01-01", "--end", f"2024-01-{days:02}").text
    assert "drift" not in shop("status").text
    assert day.calls > 100 and sum(day.said.values()) > day.calls * 0.05
    assert len(day.said) > 8, "faults of every kind"
    shop.nothing_is_told()


def expired(asked: Asked) -> Answered:
    words = f"The security token {TOKEN} of {KEY} included in the request is expired"
    if asked.scope[1] == "s3":
        return s3_error(400, "ExpiredToken", words)
    return json_error(400, "ExpiredTokenException", words)


def no_bucket(asked: Asked) -> Answered:
    return s3_error(404, "NoSuchBucket", "The specified bucket does not exist")


class After:
    """From the ``n``th call on, what ``which`` chooses is answered otherwise."""

    def __init__(self, n: int, answer: Callable[[Asked], Answered], services: Sequence[str]) -> None:
        self.left, self._answer, self._services = n, answer, services

    def __call__(self, asked: Asked, send: Send) -> Answered:
        self.left -= 1
        return self._answer(asked) if self.left < 0 and asked.scope[1] in self._services else send(asked)


ENDS = [
    (expired, ("s3", "glue"), "AWS does not accept the credentials", "aws sso login"),
    (no_bucket, ("s3",), f"there is no bucket {BUCKET}", "warehouse lake create"),
]


@pytest.mark.parametrize(("answer", "services", "told", "fix"), ENDS)
def test_what_ends_in_mid_run_is_told_and_nothing_is_lost(
    make_shop: Callable[..., Shop], calm: dict[str, dict[str, list[bytes]]],
    answer: Callable[[Asked], Answered], services: Sequence[str], told: str, fix: str,
) -> None:  # fmt: skip
    """At call 1, 32, 63, …: each time later, until the backfill ends before it happens."""
    expected = good_day(make_shop, calm, 7)
    shop = make_shop(f"ends{len(services)}")
    assert shop("ddl", "apply").code == 0
    failed, done = 0, 0
    before = shop.seen()
    for n in range(0, 2000, 31):
        shop.front.wrong = After(n, answer, services)
        got = shop("backfill", *WEEK)
        if got.code == 0:
            break
        failed += 1
        assert got.code == 4, got.text
        assert told in got.text and fix in got.text
        shop.front.wrong = lambda asked, send: send(asked)
        now = shop.seen()
        assert set(before) <= set(now), "what was published is there"
        done, before = len(now), now
    assert failed > 3 and done > 3
    shop.front.wrong = lambda asked, send: send(asked)
    assert shop("backfill", *WEEK).code == 0
    assert without_lake(shop.seen(), shop.name) == expected
    assert "drift" not in shop("status").text
    shop.nothing_is_told()


DENIED = [
    ("kinds/2", "s3:PutObject"),
    ("_warehouse/tables/shop_{}.kinds/log/", "s3:PutObject"),
    ("_warehouse/tables/shop_{}.kinds/claims", "s3:PutObject"),
    ("raw/", "s3:ListBucket"),
]


@pytest.mark.parametrize(("pattern", "action"), DENIED)
def test_one_prefix_that_is_denied(
    make_shop: Callable[..., Shop], calm: dict[str, dict[str, list[bytes]]], pattern: str, action: str
) -> None:
    from tests.aws.gate import denied

    expected = good_day(make_shop, calm, 7)
    shop = make_shop(f"deny{[p for p, _ in DENIED].index(pattern)}")
    assert shop("ddl", "apply").code == 0
    wanted = pattern.format(shop.name)

    def wrong(asked: Asked, send: Send) -> Answered:
        put = action == "s3:PutObject" and asked.method == "PUT" and wanted in asked.path
        lists = action == "s3:ListBucket" and wanted in asked.query.get("prefix", "")
        if asked.scope[1] == "s3" and (put or lists):
            return denied(asked, "s3", action, f"arn:aws:s3:::{asked.path.strip('/')}")
        return send(asked)

    shop.front.wrong = wrong
    got = shop("backfill", *WEEK)
    assert got.code == 4, got.text
    assert f"not allowed to {action} in s3://{BUCKET}/{shop.name}/" in got.text
    assert "warehouse iam" in got.text
    torn = [label for label in shop.seen() if label.startswith("kinds ")]
    assert torn == []
    if action == "s3:PutObject":
        assert len([label for label in shop.seen() if label.startswith("daily ")]) == 7, (
            "others are published"
        )
    shop.front.wrong = lambda asked, send: send(asked)
    assert shop("backfill", *WEEK).code == 0
    assert without_lake(shop.seen(), shop.name) == expected
    shop.nothing_is_told()


def test_a_bucket_that_never_was(make_shop: Callable[..., Shop]) -> None:
    shop = make_shop("none", bucket="never-was")
    for words in (("ddl", "apply"), ("backfill", *WEEK), ("status",)):
        got = shop(*words)
        assert got.code == 4, got.text
        assert "there is no bucket never-was" in got.text and "warehouse lake create" in got.text
    assert os.environ["AWS_SESSION_TOKEN"] == TOKEN
    shop.nothing_is_told()


@pytest.mark.parametrize(
    "code", ["InvalidAccessKeyId", "SignatureDoesNotMatch", "InvalidToken", "AccessDenied", "KeyTooLongError"]
)
def test_what_aws_says_of_keys_is_not_repeated(make_shop: Callable[..., Shop], code: str) -> None:
    """S3 answers with the key, the text that was signed and the account."""
    shop = make_shop(f"said{code.lower()}"[:12])
    words = f"AWSAccessKeyId {KEY}, token {TOKEN}, user arn:aws:iam::{ACCOUNT}:user/x, secret={SECRET}"
    shop.front.wrong = lambda asked, send: s3_error(403, code, words)
    for words_ in (("status",), ("--debug", "status"), ("--debug", "backfill", *WEEK)):
        answer = shop.project(*words_)
        shop.printed.append(answer.text)
        assert answer.code == 4, answer.text
    shop.front.wrong = lambda asked, send: send(asked)
    shop.nothing_is_told()
