"""Policies as documents: that AWS takes them, and what they let nobody do, however many tables there are."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tiny import Tiny

from runner.run import new_run_id
from tests.aws.permissions import decide
from warehouse.names import TableName
from warehouse.policies import ROLES, policies
from warehouse.policy_documents import LONGEST, size
from warehouse.policy_names import RUN, Lying, Needs, Passed

ROOT = Path(__file__).resolve().parents[2]
LAKE = "s3://bucket/lake"
RUN_ID = "20261121T101112-0a1b2c3d"


def needs(tables: dict[str, list[tuple[str, bool]]], **more: Any) -> Needs:
    """A project: databases, their tables, and whether runs write these; everything is read."""
    lying = tuple(
        Lying(TableName(db, t), f"{LAKE}/{db}/{t}", run) for db, ts in tables.items() for t, run in ts
    )
    known: dict[str, Any] = {"engine": "emr", "glue": True, "output": "s3://answers", "logs": "s3://logs/emr"}
    known |= {"passed": (Passed("jobs", ("ec2.amazonaws.com",)),), **more}
    return Needs(LAKE, lying, frozenset(t.name for t in lying), "warehouse_staging", **known)


word = st.from_regex(r"[a-z][a-z0-9_]{0,30}", fullmatch=True)
projects = st.dictionaries(
    word, st.lists(st.tuples(word, st.booleans()), min_size=1, max_size=40, unique_by=lambda t: t[0]),
    min_size=1, max_size=40,
)  # fmt: skip


def may(documents: Any, action: str, key: str, **context: str) -> bool:
    said = {name.replace("_", ":", 1): value for name, value in context.items()}
    return decide(documents, action, f"arn:aws:s3:::{key}", said) is not None


@settings(max_examples=60)
@given(projects)
def test_whatever_the_tables_documents_fit_and_roles_do_their_work_alone(tables: Any) -> None:
    project = needs(tables)
    job, runner, vacuum, reader, setup, landing = (policies(role, project) for role in ROLES)
    for documents in (job, runner, vacuum, reader, setup, landing):
        assert all(size(d) <= LONGEST for d in documents)
        assert len(documents) <= 10, "a role takes ten policies"
        for document in documents:
            sids = [s["Sid"] for s in document["Statement"]]
            assert len(set(sids)) == len(sids)
            assert all(re.fullmatch("[A-Za-z0-9]+", sid) for sid in sids)
    for table in project.tables:
        db, name = table.name.db, table.name.table
        root = f"bucket/lake/{db}/{name}"
        data, log = (
            f"{root}/{RUN_ID}/dt=1/part",
            f"bucket/lake/_warehouse/tables/{db}.{name}/log/00000001.json",
        )
        assert may(job, "s3:GetObject", data)
        assert may(job, "s3:PutObject", data) == may(job, "s3:DeleteObject", data)
        assert may(job, "s3:PutObject", data) or not table.run
        assert may(runner, "s3:PutObject", log, **{"s3_if-none-match": "*"})
        assert may(runner, "s3:ListBucket", "bucket", s3_prefix=f"lake/{db}/{name}/dt=1/")
        assert may(reader, "s3:GetObject", data)
        # What nobody may do.
        for documents in (job, runner, vacuum, reader, setup, landing):
            for action in ("s3:PutObject", "s3:DeleteObject"):
                if documents is not landing:
                    assert not may(documents, action, f"{root}/dt=1/part"), "files that no run wrote"
                assert not may(documents, action, log), "an entry is never overwritten"
                assert not may(documents, action, "bucket/elsewhere/x")
            assert not may(documents, "s3:DeleteObjectVersion", data)
        assert may(landing, "s3:PutObject", f"{root}/dt=1/part") or table.run
        assert not may(landing, "s3:PutObject", data)
        assert not may(setup, "s3:GetObject", data)
        assert not may(job, "s3:PutObject", log, **{"s3_if-none-match": "*"})
        assert not may(job, "s3:GetObject", log)
        assert not may(runner, "s3:PutObject", data)
        assert not may(reader, "s3:PutObject", data)
        assert not may(reader, "s3:GetObject", log)
        arn = f"arn:aws:glue:eu-west-1:1:table/{db}/{name}"
        assert decide(job, "glue:GetPartitions", arn, {})
        assert decide(runner, "glue:BatchUpdatePartition", arn, {})
        for writing in ("glue:BatchUpdatePartition", "glue:CreateTable", "glue:UpdateTable"):
            assert not decide(job, writing, arn, {})
            assert not decide(reader, writing, arn, {})


def test_a_few_tables_are_named_one_by_one_and_their_neighbours_are_out_of_reach() -> None:
    project = needs({"music": [("plays", True), ("raw", False)]})
    job, runner, *_ = (policies(role, project) for role in ROLES)
    assert not may(job, "s3:PutObject", f"bucket/lake/music/other/{RUN_ID}/part")
    assert not may(job, "s3:PutObject", f"bucket/lake/music/raw/{RUN_ID}/part"), "runs do not write it"
    assert not decide(runner, "glue:UpdateTable", "arn:aws:glue:eu-west-1:1:table/music/other", {})
    assert not may(runner, "s3:ListBucket", "bucket", s3_prefix="lake/music/other/")
    assert not may(runner, "s3:ListBucket", "bucket")


def test_raw_files_land_below_sources_only() -> None:
    base = needs({"music": [("plays", True), ("raw", False)]})
    old = Lying(TableName("music", "old"), f"{LAKE}/music/old", False, dropped=True)
    far = Lying(TableName("music", "far"), "s3://other/deep/far", False)
    documents = policies("landing", Needs(**{**vars(base), "tables": (*base.tables, old, far)}))
    for key in ("bucket/lake/music/raw/dt=1/part", "other/deep/far/part"):
        assert may(documents, "s3:PutObject", key) and may(documents, "s3:GetObject", key)
        assert not may(documents, "s3:DeleteObject", key)
    assert may(documents, "s3:ListBucket", "bucket", s3_prefix="lake/music/raw/dt=1/")
    for key in ("plays/dt=1/part", "old/part", f"plays/{RUN_ID}/part"):
        assert not may(documents, "s3:PutObject", f"bucket/lake/music/{key}")
    assert policies("landing", needs({"music": [("plays", True)]})) == (), "there is nothing to land"


def test_a_job_reads_what_its_sql_reads() -> None:
    project = needs({"music": [("plays", True), ("raw", False), ("private", False)]})
    unread = Needs(**{**vars(project), "read": frozenset({TableName("music", "raw")})})
    (job,) = policies("job", unread)
    assert may([job], "s3:GetObject", "bucket/lake/music/raw/dt=1/part")
    assert not may([job], "s3:GetObject", "bucket/lake/music/private/dt=1/part")
    assert not decide([job], "glue:GetTable", "arn:aws:glue:eu-west-1:1:table/music/private", {})


def test_tables_may_lie_elsewhere() -> None:
    far = Lying(TableName("music", "far"), "s3://other/deep/far", True)
    here = Lying(TableName("music", "file"), "file:///here", False)
    base = needs({"music": [("plays", True)]})
    project = Needs(**{**vars(base), "tables": (*base.tables, far, here), "read": frozenset({far.name})})
    job, runner, _, reader, *_ = (policies(role, project) for role in ROLES)
    assert may(job, "s3:PutObject", f"other/deep/far/{RUN_ID}/part")
    assert may(reader, "s3:GetObject", "other/deep/far/x")
    assert may(runner, "s3:ListBucket", "other", s3_prefix="deep/far/")
    assert "file:" not in json.dumps([job, runner, reader])


def test_where_lake_formation_lends_the_rows_a_reader_has_no_way_round_it() -> None:
    tables = {"music": [("plays", True)]}
    own, lent = (policies("reader", needs(tables, lake_formation=on)) for on in (False, True))
    data = f"bucket/lake/music/plays/{RUN_ID}/dt=1/part"
    assert may(own, "s3:GetObject", data) and not may(lent, "s3:GetObject", data)
    assert not may(lent, "s3:ListBucket", "bucket", s3_prefix="lake/music/plays/")
    assert decide(lent, "lakeformation:GetDataAccess", "*", {})
    assert not decide(own, "lakeformation:GetDataAccess", "*", {})
    assert may(lent, "s3:PutObject", "answers/1.csv"), "answers are the reader's own"
    assert decide(lent, "glue:GetPartitions", "arn:aws:glue:eu-west-1:1:table/music/plays", {})


def test_a_lake_may_be_a_bucket() -> None:
    base = needs({"music": [("plays", True)]})
    lying = (Lying(TableName("music", "plays"), "s3://bucket/music/plays", True),)
    project = Needs(**{**vars(base), "lake": "s3://bucket", "tables": lying})
    job, runner, _, reader, *_ = (policies(role, project) for role in ROLES)
    assert may(job, "s3:PutObject", f"bucket/music/plays/{RUN_ID}/part")
    assert may(runner, "s3:PutObject", "bucket/_warehouse/tables/music.plays/claims.json")
    assert not may(reader, "s3:GetObject", "bucket/_warehouse/tables/music.plays/claims.json")


@pytest.mark.parametrize(
    ("engine", "logs", "key"),
    [
        ("emr", "s3://logs/emr", "logs/emr/j-ABC/steps/s-1/stderr.gz"),
        ("emr-serverless", "s3://logs", "logs/applications/00f/jobs/00g/SPARK_DRIVER/stderr.gz"),
    ],
)
def test_a_job_writes_its_log_and_no_more(engine: str, logs: str, key: str) -> None:
    project = needs({"music": [("plays", True)]}, engine=engine, logs=logs)
    job, runner, *others = (policies(role, project) for role in ROLES)
    assert may(job, "s3:PutObject", key)
    assert not may(job, "s3:GetObject", key) and not may(job, "s3:DeleteObject", key)
    assert may(runner, "s3:GetObject", key)
    for documents in (runner, *others):
        assert not may(documents, "s3:PutObject", key)
    beside = needs({"music": [("plays", True)]}, engine=engine, logs="s3://bucket/lake")
    log = "bucket/lake/_warehouse/tables/music.plays/log/00000001.json"
    assert not may(policies("job", beside), "s3:PutObject", log), "logs may lie beside tables"


def test_the_form_of_a_run_id_is_the_one_that_runs_have() -> None:
    run_id = new_run_id()
    assert len(run_id) == len(RUN)
    assert all(p in ("?", c) for p, c in zip(RUN, run_id, strict=True))


SETTINGS = """[tool.warehouse]
default_target = "aws"
[tool.warehouse.targets.aws]
engine = "emr"
metastore = "glue"
lake = "s3://bucket/lake"
region = "eu-west-1"
[tool.warehouse.targets.aws.emr]
job_role = "arn:aws:iam::123456789012:role/jobs"
log_uri = "s3://bucket/logs/"
"""


@pytest.fixture
def project(tmp_path: Path) -> Tiny:
    tiny = Tiny(tmp_path, "music", "glue", {})
    tiny.write("pyproject.toml", SETTINGS)
    tiny.source()
    tiny.create("daily")
    tiny.daily()
    return tiny


def test_the_command_prints_what_aws_takes_and_no_account(project: Tiny) -> None:
    for role in ROLES:
        answer = project.ok("iam", "--role", role)
        _valid(json.loads(answer.out))
        assert "123456789012" not in answer.text
    assert 'role/jobs"' in project.ok("iam", "--role", "runner").out
    everything = json.loads(project.ok("iam").out)
    assert set(everything) == set(ROLES)
    told = json.loads(project.ok("iam", "--json").out)
    assert told["job"]["policies"] == [everything["job"]]
    assert any("trusts ec2" in note for note in told["job"]["notes"])
    own = project.ok("iam", "--role", "runner", "--account", "210987654321").out
    assert "arn:aws:glue:eu-west-1:210987654321:table/music/daily" in own
    assert "arn:aws:iam::210987654321:role/jobs" in own


def _valid(document: Any) -> None:
    from moto.iam.policy_validation import IAMPolicyDocumentValidator

    IAMPolicyDocumentValidator(json.dumps(document)).validate()


def test_a_table_that_is_dropped_may_be_dropped(project: Tiny) -> None:
    project.create("old")
    project.ddl("old", "DROP TABLE {db}.old;\n", 2)
    job, runner = (json.loads(project.ok("iam", "--role", role).out) for role in ("job", "runner"))
    assert decide([runner], "glue:DeleteTable", "arn:aws:glue:eu-west-1:1:table/music/old", {})
    log = "bucket/lake/_warehouse/tables/music.old/log/00000002.json"
    assert may([runner], "s3:PutObject", log, **{"s3_if-none-match": "*"})
    assert not may([job], "s3:PutObject", f"bucket/lake/music/old/{RUN_ID}/part")


def test_what_it_cannot_answer_is_told(project: Tiny) -> None:
    wrong = project("iam", "--account", "12")
    assert wrong.code == 2 and "12 digits" in wrong.text
    project.write("pyproject.toml", '[tool.warehouse.targets.local]\nlake = "lake"\n')
    here = project("iam")
    assert here.code == 2 and "nothing on AWS" in here.text
    project.write("pyproject.toml", '[tool.warehouse.targets.local]\nlake = "s3://bucket/a*"\n')
    star = project("iam")
    assert star.code == 2 and "no policy can name" in star.text


def test_where_spark_runs_in_the_runner_it_is_said(project: Tiny) -> None:
    project.write(
        "pyproject.toml",
        '[tool.warehouse.targets.local]\nlake = "s3://bucket/lake"\nmetastore = "thrift://h:1"\n',
    )
    told = project.ok("iam", "--role", "runner")
    assert "attach the policies of job and of runner" in told.err
    assert "glue" not in told.out
    assert "elasticmapreduce" not in told.out


def test_lake_formation_is_a_setting_of_the_target(project: Tiny) -> None:
    assert "set `lake_formation`" in project.ok("iam", "--role", "reader").err
    on = "[tool.warehouse.targets.aws.athena]\nlake_formation = true\n"
    project.write("pyproject.toml", SETTINGS + on)
    told = project.ok("iam", "--role", "reader")
    assert "lakeformation:GetDataAccess" in told.out and "ReadTables" not in told.out
    assert "grant SELECT and DESCRIBE" in told.err


def test_clusters_and_applications(project: Tiny) -> None:
    text = SETTINGS.replace('job_role = "arn:aws:iam::123456789012:role/jobs"\n', 'cluster = "j-ABC"\n')
    project.write("pyproject.toml", text)
    told = project.ok("iam", "--role", "runner").out
    assert "AddJobFlowSteps" in told
    assert "RunJobFlow" not in told and "PassRole" not in told, "it makes none"
    project.write(
        "pyproject.toml",
        SETTINGS.partition("[tool.warehouse.targets.aws.emr]")[0].replace('"emr"', '"emr-serverless"')
        + '[tool.warehouse.targets.aws.emr_serverless]\nrole = "arn:aws:iam::123456789012:role/jobs"\n',
    )
    told = project.ok("iam", "--role", "runner").out
    assert "emr-serverless:StartJobRun" in told and "emr-serverless.amazonaws.com" in told
    assert "elasticmapreduce" not in told


def test_the_policies_of_four_warehouses_fit_into_one_document_a_role(tmp_path: Path) -> None:
    for name in ("ddl", "sql"):
        (tmp_path / name).symlink_to(ROOT / name)
    tiny = Tiny(tmp_path, "music", "glue", {})
    tiny.write("pyproject.toml", SETTINGS)
    for role in ROLES:
        document = json.loads(tiny.ok("iam", "--role", role).out)
        _valid(document)
        assert size(document) <= LONGEST
