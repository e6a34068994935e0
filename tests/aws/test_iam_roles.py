"""Each role does its work with nothing but what ``warehouse iam`` prints for it, and nothing more.

The runner works with Glue and EMR, the job is a real Spark on S3A, the reader asks Athena: all through a gate
that checks each request against the role's policy. Open-source Spark cannot read Glue, so what a job asks
of it is asked here as AWS's client would.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError
from fixtures_aws import Cloud
from fixtures_s3 import BUCKET, s3_server
from tiny import Tiny

from tests.aws.amazon import DEFAULTS, Amazon, amazon, clusters, wait_for
from tests.aws.gate import ACCOUNT, REGION, Gate, gate
from tests.aws.permissions import allowances

pytestmark = [pytest.mark.spark, pytest.mark.metastore, pytest.mark.s3]
LAKE = "deep/lake"
ROLES = ("job", "runner", "vacuum", "reader")
"""Those who make the lake and land files are in test_iam_places.py: they need no Spark."""
DAYS = ("--start", "2024-01-01", "--end", "2024-01-02")
KEYS = {role: f"AKIA{role.upper():X<16}" for role in ROLES}
SECRETS = {role: f"secret/{role}/of+forty+characters/0123456789" for role in ROLES}

NOT_USED = {
    # What is used on AWS, or by hands that this test has not.
    ("runner", "elasticmapreduce:CancelSteps"): "on Ctrl-C (test_emr.py)",
    ("runner", "elasticmapreduce:AddTags"): "moto's gate asks it with RunJobFlow",
    ("vacuum", "glue:CreateTable"): "a table that somebody has dropped",
    ("vacuum", "glue:UpdateTable"): "a table that a runner died on",
    ("vacuum", "glue:DeleteTable"): "a dropped table that came back",
    ("vacuum", "glue:BatchCreatePartition"): "a partition that a runner died on",
    ("vacuum", "glue:BatchUpdatePartition"): "a partition that a runner died on",
    ("vacuum", "glue:BatchDeletePartition"): "a partition that a runner died on",
    ("vacuum", "glue:GetDatabase"): "a table whose database somebody has dropped",
    ("job", "s3:AbortMultipartUpload"): "when a statement fails in the middle of a file",
    ("reader", "s3:AbortMultipartUpload"): "Athena, when a query fails in the middle of its answer",
    ("reader", "athena:StopQueryExecution"): "on Ctrl-C (test_athena.py)",
    ("reader", "athena:GetWorkGroup"): "the console",
    ("job", "glue:UpdatePartition"): "AWS's client, where a partition is there already",
    ("job", "glue:CreatePartition"): "AWS's client, for a single partition",
}


@dataclass
class World:
    aws: Amazon
    gate: Gate
    project: Tiny

    def admin(self, service: str) -> Any:
        return boto3.client(service, endpoint_url=self.aws.url, region_name=REGION)

    def as_(self, role: str, service: str) -> Any:
        """The role's own client."""
        return boto3.client(
            service, endpoint_url=self.gate.url, region_name=REGION,
            aws_access_key_id=KEYS[role], aws_secret_access_key=SECRETS[role],
        )  # fmt: skip

    def keys(self, below: str = "") -> list[str]:
        pages = (
            self.admin("s3")
            .get_paginator("list_objects_v2")
            .paginate(Bucket=BUCKET, Prefix=f"{LAKE}/{below}")
        )
        return [found["Key"] for page in pages for found in page.get("Contents", ())]

    def command(self, role: str, *words: str, code: int = 0) -> str:
        with pytest.MonkeyPatch.context() as patch:
            patch.setenv("AWS_ACCESS_KEY_ID", KEYS[role])
            patch.setenv("AWS_SECRET_ACCESS_KEY", SECRETS[role])
            done = self.project(*words)
        assert done.code == code, f"{words}\n{done.text}\n{self.gate.refused[-3:]}\n{self.aws.said()}"
        for secret in (*KEYS.values(), *SECRETS.values(), ACCOUNT):
            assert secret not in done.text
        return done.text


@contextmanager
def world(cloud: Cloud, tmp_path: Path, build: Callable[[Path, str], Tiny]) -> Iterator[World]:
    """A project that ``build`` makes in a directory for the gate's address, and who may do what on it."""
    project = tmp_path / "project"
    project.mkdir()
    with amazon(cloud, tmp_path, staging="warehouse_staging") as aws, gate(aws.url) as front:
        assert aws.mirror is not None
        aws.mirror.follow()  # with its own credentials, before there are others
        conf = tmp_path / DEFAULTS
        job = {
            "aws.credentials.provider": "org.apache.hadoop.fs.s3a.SimpleAWSCredentialsProvider",
            "access.key": KEYS["job"], "secret.key": SECRETS["job"],
        }  # fmt: skip
        lines = [x for x in conf.read_text().splitlines() if "credentials.provider" not in x]
        text = "\n".join(lines).replace(aws.url, front.url)
        conf.write_text(text + "".join(f"\nspark.hadoop.fs.s3a.{k} {v}" for k, v in job.items()) + "\n")
        made = World(aws, front, build(project, front.url))
        printed = json.loads(made.project.ok("iam", "--json").out)
        for role in ROLES:
            front.roles[KEYS[role]] = (role, printed[role]["policies"])
        aws.logger = made.as_("job", "s3")
        yield made


def configure(made: Tiny, url: str) -> Tiny:
    made.write(
        "pyproject.toml",
        f"""[tool.warehouse]
default_target = "aws"
[tool.warehouse.landing]
music = "landing.music"
[tool.warehouse.targets.aws]
engine = "emr"
metastore = "glue"
lake = "s3://{BUCKET}/{LAKE}"
endpoint = "{url}"
region = "{REGION}"
[tool.warehouse.targets.aws.emr]
cluster = "analytics"
log_uri = "s3://{BUCKET}/logs/"
scaling = {{ minimum = 1, maximum = 4 }}
[tool.warehouse.targets.aws.athena]
output = "s3://{BUCKET}/answers/"
""",
    )
    return made


def shop(directory: Path, url: str) -> Tiny:
    made = configure(Tiny(directory, "shop", "glue", {}), url)
    made.source()
    made.create("daily")
    made.create(
        "ranged", columns="k VARCHAR(20), v INT"
    )  # lengths are checked in a staging table of the catalog
    made.create("kinds", partitions="dt STRING, kind STRING", columns="v INT COMMENT 'value'")
    made.create("total", partitions="")
    made.create("gone")
    # Two tasks, two small files: they are written again as one, and the first two deleted.
    made.daily(front="checks:\n  - unique: [k]\n  - relationships: {column: k, to: shop.total, field: k}")
    made.ranged(where="\nDISTRIBUTE BY v")
    made.sql(
        "kinds",
        "INSERT OVERWRITE TABLE {db}.kinds PARTITION (dt = '{{ ds }}', kind)\n"
        "SELECT CAST(split(line, ',')[1] AS INT) AS v, split(line, ',')[0] AS kind\n"
        "FROM {db}.raw\nWHERE dt = '{{ ds }}'\n",
    )
    made.sql(
        "total",
        "INSERT OVERWRITE TABLE {db}.total\n"
        "SELECT split(line, ',')[0] AS k, CAST(count(*) AS INT) AS v\nFROM {db}.raw\n"
        "GROUP BY split(line, ',')[0]\n",
    )
    return made


def land(world: World, day: int, *lines: str) -> None:
    world.admin("s3").put_object(
        Bucket=BUCKET, Key=f"{LAKE}/shop/raw/dt=2024-01-0{day}/lines", Body="".join(f"{x}\n" for x in lines)
    )


def test_each_role_does_its_work_and_no_more(cloud: Cloud, tmp_path: Path) -> None:
    with world(cloud, tmp_path, shop) as made:
        the_runner_and_the_job_work(made)
        the_job_asks_glue(made)
        the_reader_asks(made)
        vacuum_deletes(made)
        everything_was_of_use(made)
        what_the_job_may_not(made)
        what_the_reader_may_not(made)
        what_the_runner_may_not(made)
        what_vacuum_may_not(made)


def the_runner_and_the_job_work(made: World) -> None:
    for day in (1, 2):
        land(made, day, f"a,{day}", f"b,{10 * day}")
    made.command("runner", "ddl", "apply")
    assert "made analytics" in made.command("runner", "emr", "create")
    made.command("runner", "backfill", *DAYS)
    assert "nothing to do" in made.command("runner", "backfill", *DAYS)
    land(made, 1, "a,5", "c,6")  # b's partition of kinds goes, a's moves
    made.project.ddl("daily", "ALTER TABLE {db}.daily ADD COLUMNS (more INT COMMENT 'more');\n", 2)
    made.project.ddl("gone", "DROP TABLE {db}.gone;\n", 2)
    made.project.daily(
        front="checks:\n  - unique: [k]",
        select="SELECT split(line, ',')[0] AS k, CAST(split(line, ',')[1] AS INT) AS v, 1 AS more\n",
    )
    made.command("runner", "ddl", "apply")
    made.command("runner", "backfill", *DAYS)
    made.command("runner", "rollback", "shop.kinds", "dt=2024-01-01", "--reason", "a try")
    made.command("runner", "release", "shop.kinds", "dt=2024-01-01")
    assert "drift" not in made.command("runner", "status")
    logs_came(made)
    made.command("runner", "emr", "terminate")
    assert made.keys("shop/kinds/"), "rows were staged on S3"
    nothing_was_refused(made)
    assert "nor needed" in made.command("runner", "doctor"), "what it may not look at is no fault"


def logs_came(made: World) -> None:
    """The log of each step, written by the job, lies there."""
    steps = [step for cluster in clusters().values() for step in cluster.steps]
    wait_for(lambda: all(step.state == "COMPLETED" for step in steps))
    found = made.admin("s3").list_objects_v2(Bucket=BUCKET, Prefix="logs/").get("Contents", [])
    assert [one["Key"] for one in found] == sorted(one.where for one in made.aws.running.values())
    assert len(found) == len(steps) > 0


def nothing_was_refused(made: World) -> None:
    # Hadoop also tries to delete the markers of directories above; that it may not does not matter to it.
    of_markers = [r for r in made.gate.refused if r[:2] == ("job", "s3:DeleteObject") and r[2].endswith("/")]
    assert made.gate.refused == of_markers


def the_job_asks_glue(made: World) -> None:
    glue = made.as_("job", "glue")
    of = {"DatabaseName": "shop", "TableName": "daily"}
    glue.get_database(Name="shop")
    glue.get_tables(DatabaseName="shop")
    glue.get_table(DatabaseName="shop", Name="daily")
    (found, *_) = glue.get_partitions(**of)["Partitions"]
    glue.get_partition(**of, PartitionValues=found["Values"])
    glue.batch_get_partition(**of, PartitionsToGet=[{"Values": found["Values"]}])
    glue.get_user_defined_functions(DatabaseName="shop", Pattern="*")
    staging = {"DatabaseName": "warehouse_staging", "TableName": "shop__kinds__x"}
    made.admin("glue").create_table(
        DatabaseName="warehouse_staging",
        TableInput={"Name": "shop__kinds__x", "PartitionKeys": [{"Name": "kind", "Type": "string"}]},
    )
    glue.get_tables(DatabaseName="warehouse_staging")
    glue.get_database(Name="warehouse_staging")
    glue.get_table(DatabaseName="warehouse_staging", Name="shop__kinds__x")
    entry = {"Values": ["a"], "StorageDescriptor": {"Location": f"s3://{BUCKET}/x"}}
    glue.batch_create_partition(**staging, PartitionInputList=[entry])
    glue.get_partitions(**staging)
    glue.get_partition(**staging, PartitionValues=["a"])
    glue.batch_get_partition(**staging, PartitionsToGet=[{"Values": ["a"]}])


def the_reader_asks(made: World) -> None:
    made.command("reader", "query", "--engine", "athena", "SELECT 1")
    # What Athena does in the reader's name.
    glue, s3 = made.as_("reader", "glue"), made.as_("reader", "s3")
    of = {"DatabaseName": "shop", "TableName": "daily"}
    glue.get_database(Name="shop")
    glue.get_tables(DatabaseName="shop")
    glue.get_table(DatabaseName="shop", Name="daily")
    (found, *_) = glue.get_partitions(**of)["Partitions"]
    glue.get_partition(**of, PartitionValues=found["Values"])
    glue.batch_get_partition(**of, PartitionsToGet=[{"Values": found["Values"]}])
    below = found["StorageDescriptor"]["Location"].removeprefix(f"s3://{BUCKET}/").rstrip("/")
    (one, *_) = s3.list_objects_v2(Bucket=BUCKET, Prefix=f"{below}/")["Contents"]
    s3.get_object(Bucket=BUCKET, Key=one["Key"])["Body"].close()
    s3.get_bucket_location(Bucket=BUCKET)
    s3.put_object(Bucket=BUCKET, Key="answers/1.csv", Body=b"1")
    s3.get_object(Bucket=BUCKET, Key="answers/1.csv")["Body"].close()
    s3.list_objects_v2(Bucket=BUCKET, Prefix="answers/")


def vacuum_deletes(made: World) -> None:
    before = made.keys("shop/kinds/")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("runner.vacuum.LATE", 0.0)
        made.command("vacuum", "vacuum", "--retain-days", "0", "--grace-hours", "0", "--apply")
    left = made.keys("shop/kinds/")
    assert left and len(left) < len(before)
    assert "drift" not in made.command("runner", "status")


def everything_was_of_use(made: World) -> None:
    for role, documents in made.gate.roles.values():
        of_use = {(sid, action) for who, sid, action in made.gate.used if who == role}
        left = {
            (role, sid, action)
            for sid, action in allowances(documents) - of_use
            if (role, action) not in NOT_USED and sid not in ("ReadLogs", "ListLogs")  # when a step fails
        }
        assert not left


def what_the_job_may_not(made: World) -> None:
    s3, glue = made.as_("job", "s3"), made.as_("job", "glue")
    log = f"{LAKE}/_warehouse/tables/shop.daily/log/00000001.json"
    for key in (
        log,
        f"{LAKE}/_warehouse/tables/shop.daily/claims.json",
        f"{LAKE}/_warehouse/runs/20240101T000000-01234567/manifest.json",
        f"{LAKE}/shop/raw/dt=2024-01-01/lines",
        f"{LAKE}/shop/daily/dt=2024-01-01/part-0",
        f"{LAKE}/other/table/20240101T000000-01234567/part-0",
        "elsewhere/x",
        "logs/x",
    ):
        refuses(s3.put_object, "AccessDenied", Bucket=BUCKET, Key=key, Body=b"")
        refuses(s3.delete_object, "AccessDenied", Bucket=BUCKET, Key=key)
    written = next(iter(made.aws.running.values())).where
    refuses(s3.delete_object, "AccessDenied", Bucket=BUCKET, Key=written)
    for key in (log, written):
        refuses(s3.get_object, "AccessDenied", Bucket=BUCKET, Key=key)
    refuses(s3.list_objects_v2, "AccessDenied", Bucket=BUCKET)
    of = {"DatabaseName": "shop", "TableName": "daily"}
    entry = {"Values": ["2024-01-09"], "StorageDescriptor": {"Location": "s3://x/y"}}
    refuses(glue.batch_create_partition, "AccessDeniedException", **of, PartitionInputList=[entry])
    update = {"PartitionValueList": ["2024-01-01"], "PartitionInput": entry}
    refuses(glue.batch_update_partition, "AccessDeniedException", **of, Entries=[update])
    refuses(glue.delete_table, "AccessDeniedException", DatabaseName="shop", Name="daily")
    refuses(glue.create_table, "AccessDeniedException", DatabaseName="shop", TableInput={"Name": "mine"})
    emr = made.as_("job", "emr")
    refuses(emr.list_clusters, "AccessDeniedException")


def what_the_reader_may_not(made: World) -> None:
    s3, glue = made.as_("reader", "s3"), made.as_("reader", "glue")
    (data, *_) = [k for k in made.keys("shop/daily/") if "part-" in k]
    for key in (data, f"{LAKE}/shop/new", f"{LAKE}/_warehouse/x"):
        refuses(s3.put_object, "AccessDenied", Bucket=BUCKET, Key=key, Body=b"")
        refuses(s3.delete_object, "AccessDenied", Bucket=BUCKET, Key=key)
    log = f"{LAKE}/_warehouse/tables/shop.daily/log/00000001.json"
    refuses(s3.get_object, "AccessDenied", Bucket=BUCKET, Key=log)
    refuses(s3.list_objects_v2, "AccessDenied", Bucket=BUCKET, Prefix=f"{LAKE}/_warehouse/")
    refuses(glue.get_tables, "AccessDeniedException", DatabaseName="warehouse_staging")
    of = {"DatabaseName": "shop", "TableName": "daily"}
    gone = [{"Values": ["2024-01-01"]}]
    refuses(glue.batch_delete_partition, "AccessDeniedException", **of, PartitionsToDelete=gone)
    entry = {"Values": ["2024-01-09"], "StorageDescriptor": {"Location": "s3://x/y"}}
    refuses(glue.batch_create_partition, "AccessDeniedException", **of, PartitionInputList=[entry])
    athena = made.as_("reader", "athena")
    asked = {"QueryString": "SELECT 1", "WorkGroup": "finance"}
    refuses(athena.start_query_execution, "AccessDeniedException", **asked)
    told = made.command("reader", "backfill", *DAYS, code=4)
    assert "not allowed to s3:GetObject" in told
    assert "warehouse iam" in told


def what_the_runner_may_not(made: World) -> None:
    s3, glue = made.as_("runner", "s3"), made.as_("runner", "glue")
    log = f"{LAKE}/_warehouse/tables/shop.daily/log/00000001.json"
    before = made.admin("s3").get_object(Bucket=BUCKET, Key=log)["Body"].read()
    refuses(s3.put_object, "AccessDenied", Bucket=BUCKET, Key=log, Body=b"{}")
    refuses(s3.put_object, "PreconditionFailed", Bucket=BUCKET, Key=log, Body=b"{}", IfNoneMatch="*")
    refuses(s3.delete_object, "AccessDenied", Bucket=BUCKET, Key=log)
    assert made.admin("s3").get_object(Bucket=BUCKET, Key=log)["Body"].read() == before
    (data, *_) = [k for k in made.keys("shop/daily/") if "part-" in k]
    refuses(s3.put_object, "AccessDenied", Bucket=BUCKET, Key=data, Body=b"")
    refuses(s3.delete_object, "AccessDenied", Bucket=BUCKET, Key=data)
    refuses(glue.delete_database, "AccessDeniedException", Name="shop")
    refuses(glue.update_table, "AccessDeniedException", DatabaseName="other", TableInput={"Name": "t"})
    emr = made.as_("runner", "emr")
    asked = {"Instances": {"InstanceCount": 1, "MasterInstanceType": "m6g.xlarge"}, "Name": "mine"}
    refuses(emr.run_job_flow, "AccessDeniedException", **asked, JobFlowRole="Administrator", ServiceRole="x")


def what_vacuum_may_not(made: World) -> None:
    s3, glue = made.as_("vacuum", "s3"), made.as_("vacuum", "glue")
    log = f"{LAKE}/_warehouse/tables/shop.daily/log/00000001.json"
    refuses(s3.put_object, "AccessDenied", Bucket=BUCKET, Key=log, Body=b"{}")
    refuses(s3.delete_object, "AccessDenied", Bucket=BUCKET, Key=log)
    (data, *_) = [k for k in made.keys("shop/daily/") if "part-" in k]
    refuses(s3.put_object, "AccessDenied", Bucket=BUCKET, Key=data, Body=b"")
    refuses(s3.get_object, "AccessDenied", Bucket=BUCKET, Key=data)
    refuses(s3.delete_object, "AccessDenied", Bucket=BUCKET, Key=f"{LAKE}/shop/raw/dt=2024-01-01/lines")
    refuses(glue.delete_database, "AccessDeniedException", Name="shop")
    emr = made.as_("vacuum", "emr")
    refuses(emr.list_clusters, "AccessDeniedException")


def refuses(call: Any, code: str, **arguments: Any) -> None:
    with pytest.raises(ClientError) as caught:
        call(**arguments)
    assert caught.value.response["Error"]["Code"] == code, caught.value


def test_the_gate_lets_what_has_no_role_through(tmp_path: Path) -> None:
    with s3_server() as url, gate(url) as front:
        client = boto3.client("s3", endpoint_url=front.url, region_name=REGION)
        client.put_object(Bucket=BUCKET, Key="a b/ü?x", Body=b"1")
        assert client.get_object(Bucket=BUCKET, Key="a b/ü?x")["Body"].read() == b"1"
        refuses(client.get_object, "NoSuchKey", Bucket=BUCKET, Key="none")
        assert wait_for(lambda: client.head_object(Bucket=BUCKET, Key="a b/ü?x")["ContentLength"] == 1)
