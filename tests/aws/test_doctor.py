"""``doctor`` on AWS: each thing broken in turn is found, with what to do; what it may not see is no fault."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

import boto3
import pytest
from fixtures_s3 import s3_server
from tiny import Answer, Tiny

from tests.aws.gate import ACCOUNT, REGION, Answered, Asked, Gate, Send, denied, gate, json_error, s3_error
from tests.aws.permissions import decide

pytestmark = pytest.mark.s3
SETTINGS = """[tool.warehouse]
default_target = "aws"
[tool.warehouse.targets.aws]
engine = "emr"
metastore = "glue"
lake = "s3://careful/lake"
endpoint = "{url}"
region = "{region}"
[tool.warehouse.targets.aws.emr]
subnets = ["{subnet}"]
[tool.warehouse.targets.aws.athena]
output = "s3://careful/answers/"
"""
KEY = "AKIADOCTORDOCTORDOCT"


@dataclass
class Account:
    """An account in which everything is there, until a test takes something away."""

    project: Tiny
    front: Gate
    url: str
    subnet: str
    answers: dict[str, Callable[[Asked], Answered]] = field(default_factory=dict)
    """By operation (or ``s3:`` and a query): what is answered instead."""

    def client(self, service: str) -> Any:
        return boto3.client(service, endpoint_url=self.url, region_name=REGION)

    def wrong(self, asked: Asked, send: Send) -> Answered:
        body = asked.body.decode(errors="replace")
        for name, answer in self.answers.items():
            if asked.operation == name or f"Action={name}&" in body or (
                name.startswith("s3:") and asked.scope[1] == "s3" and name[3:] in asked.uri
            ):  # fmt: skip
                return answer(asked)
        return send(asked)

    def settings(self, **more: str) -> None:
        self.project.write("pyproject.toml", SETTINGS.format(
            **{"url": self.front.url, "region": REGION, "subnet": self.subnet, **more}
        ))  # fmt: skip

    def doctor(self) -> Answer:
        answer = self.project("doctor")
        for secret in (ACCOUNT, KEY, "Traceback"):
            assert secret not in answer.text
        return answer


@pytest.fixture(scope="module")
def server() -> Iterator[str]:
    with s3_server() as url:
        yield url


@pytest.fixture
def account(server: str, tmp_path: Any, monkeypatch: pytest.MonkeyPatch) -> Iterator[Account]:
    with gate(server) as front:
        project = Tiny(tmp_path, "shop", "glue", {})
        ec2 = boto3.client("ec2", endpoint_url=server, region_name=REGION)
        subnet = ec2.describe_subnets()["Subnets"][0]["SubnetId"]
        made = Account(project, front, server, subnet)
        front.wrong = made.wrong
        made.settings()
        project.source()
        project.create("daily")
        project.daily()
        project.ok("lake", "create")
        iam = made.client("iam")
        for name in ("EMR_DefaultRole", "EMR_EC2_DefaultRole"):
            if name not in [r["RoleName"] for r in iam.list_roles()["Roles"]]:
                iam.create_role(RoleName=name, AssumeRolePolicyDocument="{}")
                iam.create_instance_profile(InstanceProfileName=name)
        made.answers = {
            "ListReleaseLabels": lambda asked: tells(
                ReleaseLabels=[json.loads(asked.body)["Filters"]["Prefix"]]
            ),
            "SimulatePrincipalPolicy": lambda asked: simulated(asked, [EVERYTHING]),
            "GetServiceQuota": lambda asked: tells(Quota={"Value": 640.0}),
            "ListServiceQuotas": lambda asked: tells(
                Quotas=[{"QuotaName": "Number of partitions per table", "Value": 10_000_000.0}]
            ),
        }
        monkeypatch.setenv("AWS_ACCESS_KEY_ID", KEY)
        yield made


EVERYTHING = {"Statement": [{"Sid": "All", "Effect": "Allow", "Action": ["*"], "Resource": ["*"]}]}


def tells(**content: Any) -> Answered:
    return Answered(200, {"Content-Type": "application/x-amz-json-1.1"}, json.dumps(content).encode())


def simulated(asked: Asked, documents: list[Any]) -> Answered:
    """IAM's simulation, by the policies in force."""
    from urllib.parse import parse_qs

    given = parse_qs(asked.body.decode())
    listed = {
        kind: [v[0] for k, v in given.items() if k.startswith(f"{kind}.member")]
        for kind in ("ActionNames", "ResourceArns")
    }
    names = [k for k in given if k.endswith("ContextKeyName")]
    context = {given[k][0]: given[k.replace("Name", "Values.member.1")][0] for k in names}
    assert given["PolicySourceArn"][0].startswith("arn:aws:")
    results = "".join(
        f"<member><EvalActionName>{action}</EvalActionName><EvalResourceName>{resource}</EvalResourceName>"
        f"<EvalDecision>{'allowed' if decide(documents, action, resource, context) else 'implicitDeny'}"
        "</EvalDecision></member>"
        for action in listed["ActionNames"]
        for resource in listed["ResourceArns"]
    )
    text = (
        '<SimulatePrincipalPolicyResponse xmlns="https://iam.amazonaws.com/doc/2010-05-08/">'
        f"<SimulatePrincipalPolicyResult><IsTruncated>false</IsTruncated><EvaluationResults>{results}"
        "</EvaluationResults></SimulatePrincipalPolicyResult></SimulatePrincipalPolicyResponse>"
    )
    return Answered(200, {"Content-Type": "text/xml"}, text.encode())


def test_where_all_is_there_all_is_well(account: Account) -> None:
    told = account.doctor()
    assert told.code == 0, told.text
    for line in (
        "bucket          careful answers", "bucket versions kept", "encryption      AES256",
        "permissions     all that the runner needs is allowed", "release         emr-7.13.0",
        "service role    EMR_DefaultRole is there", "640 vCPUs", "Number of partitions per table: 10,000,000",
        "work group primary, answers in s3://careful/answers/",
        "lake            s3://careful/lake can be written",
    ):  # fmt: skip
        assert line in told.out, told.out
    assert "Java" not in told.out, "Spark runs elsewhere"


def test_with_the_runners_policy_alone_all_is_well(account: Account) -> None:
    """What looks around is not allowed, and that is no fault; what it needs is."""
    printed = json.loads(account.project.ok("iam", "--role", "runner").out)
    del account.answers["SimulatePrincipalPolicy"]
    account.front.roles[KEY] = ("runner", [printed])
    # What moto has no idea of comes after the check.
    plain = account.answers
    account.answers = {}
    account.front.wrong = lambda asked, send: (
        denied(asked, asked.scope[1], "any:Thing", "*")
        if asked.operation in plain or asked.scope[1] in ("iam", "ec2")
        else account.wrong(asked, send)
    )
    told = account.doctor()
    assert told.code == 0, told.text
    assert "iam:SimulatePrincipalPolicy is not allowed, nor needed" in told.out
    assert "lake            s3://careful/lake can be written" in told.out


def test_a_right_that_is_missing_is_named(account: Account) -> None:
    printed = json.loads(account.project.ok("iam", "--role", "runner", "--account", ACCOUNT).out)
    for statement in printed["Statement"]:
        if statement["Sid"] == "MovePointers":
            statement["Action"].remove("glue:BatchUpdatePartition")
    account.answers["SimulatePrincipalPolicy"] = lambda asked: simulated(asked, [printed])
    told = account.doctor()
    assert told.code == 4
    assert "1 actions are not allowed: glue:BatchUpdatePartition" in told.out
    assert "warehouse --target aws iam --role runner" in told.out


def refused(asked: Asked) -> Answered:
    return denied(asked, asked.scope[1], "some:Action", f"arn:aws:iam::{ACCOUNT}:x")


def gone(asked: Asked) -> Answered:
    error = "<Error><Code>NoSuchEntity</Code><Message>none</Message></Error>"
    return Answered(404, {"Content-Type": "text/xml"}, f"<ErrorResponse>{error}</ErrorResponse>".encode())


def says(status: int, code: str) -> Callable[[Asked], Answered]:
    return lambda asked: (s3_error if asked.scope[1] == "s3" else json_error)(status, code, "none")


BROKEN: list[tuple[str, Callable[[Asked], Answered], str, str]] = [
    # operation, its answer, what is told, what to do
    ("s3:/careful", says(404, "NoSuchBucket"), "there is no bucket careful", "warehouse lake create"),
    ("s3:/careful", lambda asked: Answered(301, {"x-amz-bucket-region": "eu-west-1"}),
     "careful is in the region eu-west-1", "set `region`"),
    ("s3:versioning", lambda asked: Answered(200, {}, b"<VersioningConfiguration/>"),
     "what is overwritten or deleted is lost", "warehouse lake create"),
    ("s3:encryption", says(404, "ServerSideEncryptionConfigurationNotFoundError"),
     "objects are not encrypted", "warehouse lake create"),
    ("ListReleaseLabels", lambda asked: tells(ReleaseLabels=[]), "EMR has no emr-7.13.0", "`release`"),
    ("GetDatabase", refused, "not allowed to glue:GetDatabase", "warehouse iam"),
    ("GetWorkGroup", says(400, "InvalidRequestException"), "no work group primary", "`work_group`"),
    ("GetRole", gone, "there is no role EMR_DefaultRole", "warehouse iam"),
    ("GetInstanceProfile", gone, "there is no instance profile EMR_EC2_DefaultRole", "create-default-roles"),
    ("ListClusters", refused, "not allowed to elasticmapreduce:ListClusters", "warehouse iam"),
]  # fmt: skip


@pytest.mark.parametrize(("operation", "answer", "told", "fix"), BROKEN)
def test_what_is_broken_is_found(
    account: Account, operation: str, answer: Callable[[Asked], Answered], told: str, fix: str
) -> None:
    account.answers[operation] = answer
    got = account.doctor()
    assert got.code == 4, got.text
    lines = got.out.splitlines()
    (at,) = [n for n, line in enumerate(lines) if line.startswith("NOT") and told in line][:1]
    assert fix in lines[at + 1]


def test_credentials_that_ended(account: Account) -> None:
    words = "The security token included in the request is expired"
    xml = f"<ErrorResponse><Error><Code>ExpiredToken</Code><Message>{words}</Message></Error></ErrorResponse>"
    account.front.wrong = lambda asked, send: (
        json_error(400, "ExpiredTokenException", words)
        if asked.operation
        else Answered(403, {"Content-Type": "text/xml"}, xml.encode())
    )
    told = account.doctor()
    assert told.code == 4
    assert "NOT  credentials     AWS does not accept the credentials" in told.out
    assert "aws sso login" in told.out


def test_no_credentials(account: Account, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.delenv(name)
    for name in ("AWS_CONFIG_FILE", "AWS_SHARED_CREDENTIALS_FILE"):
        monkeypatch.setenv(name, "/nonexistent")
    told = account.doctor()
    assert told.code == 4
    assert "NOT  credentials     no AWS credentials were found" in told.out


def test_an_aws_that_does_not_answer(account: Account, hurried: None) -> None:
    account.settings(url="http://127.0.0.1:9")
    told = account.doctor()
    assert told.code == 4
    assert "NOT  credentials     sts cannot be reached" in told.out


def test_a_subnet_that_is_not_there(account: Account) -> None:
    account.settings(subnet="subnet-0123456789abcdef0")
    told = account.doctor()
    assert told.code == 4
    assert "NOT  subnets" in told.out and "correct `subnets`" in told.out


def test_a_work_group_without_a_place_for_answers(account: Account) -> None:
    text = (account.project.root / "pyproject.toml").read_text()
    account.project.write("pyproject.toml", text.replace('output = "s3://careful/answers/"', ""))
    told = account.doctor()
    assert told.code == 4
    assert "has no place for answers" in told.out
    group = {"Name": "primary", "State": "DISABLED"}
    account.answers["GetWorkGroup"] = lambda asked: tells(WorkGroup=group)
    assert "is disabled" in account.doctor().out


def test_what_the_bucket_is_in_is_compared_with_the_target(account: Account) -> None:
    def elsewhere(asked: Asked, send: Send) -> Answered:
        found = account.wrong(asked, send)
        if asked.method == "HEAD" and asked.path.strip("/") == "careful":
            return dataclasses.replace(
                found, headers={**found.headers, "x-amz-bucket-region": "eu-central-1"}
            )
        return found

    account.front.wrong = elsewhere
    told = account.doctor()
    assert told.code == 4
    assert "careful is in the region eu-central-1, the target in us-east-1" in told.out


def test_quotas_that_are_not_told_are_no_fault(account: Account) -> None:
    for operation in ("GetServiceQuota", "ListServiceQuotas"):
        account.answers[operation] = lambda asked: json_error(400, "NoSuchResourceException", "none")
    told = account.doctor()
    assert told.code == 0
    assert told.out.count("not told (NoSuchResourceException)") == 2
