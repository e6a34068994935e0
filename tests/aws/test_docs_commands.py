"""What docs/aws.md has an administrator type is run as it stands, by bash, and taken by the services.

In place of AWS's own program is one that writes down what it was given; this is then asked of moto.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import boto3
import pytest
from botocore import xform_name
from botocore.model import ListShape, OperationModel, Shape, StructureShape
from botocore.validate import validate_parameters
from fixtures_s3 import s3_server

from tests.aws.amazon import copy_music
from tests.aws.permissions import decide

pytestmark = [
    pytest.mark.s3,
    pytest.mark.skipif(shutil.which("bash") is None, reason="there is no bash"),
]
ROOT = Path(__file__).resolve().parents[2]
TEXT = (ROOT / "docs" / "aws.md").read_text(encoding="utf-8")
ACCOUNT = "123456789012"
REGION = "eu-west-1"
BUCKET = "my-company-lake"

AWS = """#!/bin/sh
printf '%s\\0' "$@" '' >> "$SAID"
case "$1" in
  sts) echo 123456789012 ;;
  ec2) if [ "$2" = describe-subnets ]; then echo "$A_VPC"; fi ;;
esac
"""
WAREHOUSE = f"""#!/bin/sh
exec {sys.executable} -W ignore -c 'from runner.cli import main; main()' "$@"
"""

ONLY_LOOKED_AT = {
    ("iam", "attach-role-policy"): "moto has none of AWS's own policies",
    ("lakeformation", "create-lake-formation-opt-in"): "moto has no opt-ins",
    ("iam", "add-user-to-group"): "there is no alice",
}


@dataclass
class Typed:
    """A call of AWS's program: words, and the directory that ``file://`` is relative to."""

    words: list[str]
    directory: Path

    @property
    def call(self) -> tuple[str, str]:
        return self.words[0], self.words[1]

    def arguments(self, operation: OperationModel) -> dict[str, Any]:
        """As boto3 takes them; an option that the operation does not have fails."""
        members = {f"--{xform_name(name, '-')}": name for name in operation.input_shape.members}
        given: dict[str, Any] = {}
        for option, *values in _options(self.words[2:]):
            if option in ("--query", "--output"):
                continue
            assert option in members, f"{self.call} has no {option}"
            name = members[option]
            given[name] = self._value(operation.input_shape.members[name], values)
        return given

    def _value(self, shape: Shape, values: Sequence[str]) -> Any:
        if isinstance(shape, ListShape):
            return [self._value(shape.member, [value]) for value in values]
        if not values:
            assert shape.type_name == "boolean"
            return True
        (value,) = values
        if isinstance(shape, StructureShape):
            if value.startswith("{"):
                return json.loads(value)
            return dict(part.split("=", 1) for part in value.split(","))
        if value.startswith("file://"):
            return (self.directory / value.removeprefix("file://")).read_text()
        return value


def _options(words: Sequence[str]) -> Iterator[list[str]]:
    found: list[str] = []
    for word in words:
        if word.startswith("--") and found:
            yield found
            found = []
        found.append(word)
    if found:
        yield found


def console(start: str, end: str) -> str:
    """What stands behind the prompts between two headings, as a script."""
    section = TEXT[TEXT.index(start) : TEXT.index(end)]
    blocks = re.findall(r"```console\n(.*?)```", section, re.DOTALL)
    return "".join(re.sub(r"^(\$|>) ?", "", block, flags=re.MULTILINE) for block in blocks)


def typed(directory: Path, script: str, environment: Mapping[str, str]) -> list[Typed]:
    programs = directory / "bin"
    programs.mkdir()
    for name, text in (("aws", AWS), ("warehouse", WAREHOUSE)):
        (programs / name).write_text(text)
        (programs / name).chmod(0o755)
    said = directory / "said"
    done = subprocess.run(
        ["bash", "-euo", "pipefail", "-c", script],
        cwd=directory, capture_output=True, text=True, check=False,
        env={
            **os.environ, "PATH": f"{programs}:{os.environ['PATH']}", "PYTHONPATH": str(ROOT),
            "SAID": str(said), **environment,
        },
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    calls = said.read_text().removesuffix("\0\0").split("\0\0")
    return [Typed(call.split("\0"), directory) for call in calls]


def taken(one: Typed, url: str) -> None:
    """The service takes it, or at least its parameters."""
    service, operation = one.call
    client = boto3.client(service, endpoint_url=url, region_name=REGION)
    method = xform_name(operation.replace("-", "_"))
    model = client.meta.service_model.operation_model(client.meta.method_to_api_mapping[method])
    arguments = one.arguments(model)
    validate_parameters(arguments, model.input_shape)
    if one.call not in ONLY_LOOKED_AT:
        getattr(client, method)(**arguments)


def test_an_administrators_commands_make_roles_that_do_their_work(tmp_path: Path) -> None:
    copy_music(tmp_path)
    targets = re.findall(r"```toml\n(\[tool\.warehouse\.targets\.(?:emr|analysts)\].*?)```", TEXT, re.DOTALL)
    assert len(targets) == 2
    (tmp_path / "pyproject.toml").write_text("\n".join(targets))
    with s3_server() as url:
        ec2 = boto3.client("ec2", endpoint_url=url, region_name=REGION)
        (subnet, *_) = ec2.describe_subnets()["Subnets"]
        sso = boto3.client("sso-admin", endpoint_url=url, region_name=REGION)
        (instance, *_) = sso.list_instances()["Instances"]
        made = sso.create_permission_set(Name="there", InstanceArn=instance["InstanceArn"])
        script = console("## 2. Roles", "## 3. ") + console("## Readers", "## When it goes wrong")
        calls = typed(tmp_path, script.replace("subnet-0abc", subnet["SubnetId"]), {
            "A_VPC": subnet["VpcId"], "SSO": instance["InstanceArn"],
            "SET": made["PermissionSet"]["PermissionSetArn"], "GROUP": "11111111-2222-3333-4444-555555555555",
        })  # fmt: skip
        asked = [one for one in calls if one.words[0] not in ("configure", "sts")]
        assert len(asked) > 40
        for one in asked:
            taken(one, url)
        as_printed(url, tmp_path)
        lends_nothing_but_what_is_published(url)
    profiles = [one.words[-1] for one in calls if one.words[:3] == ["configure", "set", "role_arn"]]
    used = re.findall(r"AWS_PROFILE=(\S+) warehouse", TEXT)
    assert set(used) == set(profiles)


def as_printed(url: str, directory: Path) -> None:
    iam = boto3.client("iam", endpoint_url=url)
    trusted = {"job": "ec2.amazonaws.com", "emr": "elasticmapreduce.amazonaws.com"}
    for role in ("setup", "landing", "runner", "vacuum", "reader", "job"):
        kept = iam.get_role_policy(RoleName=f"warehouse-{role}", PolicyName="warehouse")["PolicyDocument"]
        assert kept == json.loads((directory / f"{role}.json").read_text())
    for role in (*trusted, "runner"):
        trust = iam.get_role(RoleName=f"warehouse-{role}")["Role"]["AssumeRolePolicyDocument"]
        wanted = {"Service": trusted[role]} if role in trusted else {"AWS": f"arn:aws:iam::{ACCOUNT}:root"}
        assert trust["Statement"][0]["Principal"] == wanted
    profile = iam.get_instance_profile(InstanceProfileName="warehouse-job")["InstanceProfile"]
    assert [role["RoleName"] for role in profile["Roles"]] == ["warehouse-job"]
    runner = [iam.get_role_policy(RoleName="warehouse-runner", PolicyName="warehouse")["PolicyDocument"]]
    for role, service in (("emr", "elasticmapreduce"), ("job", "ec2")):
        to = {"iam:PassedToService": f"{service}.amazonaws.com"}
        assert decide(runner, "iam:PassRole", f"arn:aws:iam::{ACCOUNT}:role/warehouse-{role}", to)
    passes = iam.get_role_policy(RoleName="warehouse-emr", PolicyName="pass-job")["PolicyDocument"]
    assert passes["Statement"][0]["Resource"] == f"arn:aws:iam::{ACCOUNT}:role/warehouse-job"
    ec2 = boto3.client("ec2", endpoint_url=url, region_name=REGION)
    tagged = ec2.describe_tags(
        Filters=[{"Name": "key", "Values": ["for-use-with-amazon-emr-managed-policies"]}]
    )
    assert {tag["ResourceType"] for tag in tagged["Tags"]} == {"subnet", "vpc"}


def lends_nothing_but_what_is_published(url: str) -> None:
    athena = boto3.client("athena", endpoint_url=url, region_name=REGION)
    group = athena.get_work_group(WorkGroup="analysts")["WorkGroup"]["Configuration"]
    assert group["BytesScannedCutoffPerQuery"] == 100 * 10**9
    assert group["ResultConfiguration"]["OutputLocation"] == f"s3://{BUCKET}/athena/analysts/"
    iam = boto3.client("iam", endpoint_url=url)
    reader = [iam.get_role_policy(RoleName="analysts", PolicyName="warehouse")["PolicyDocument"]]
    assert decide(reader, "lakeformation:GetDataAccess", "*", {})
    answer = f"arn:aws:s3:::{BUCKET}/athena/analysts/1.csv"
    assert decide(reader, "s3:PutObject", answer, {})
    workgroup = f"arn:aws:athena:{REGION}:{ACCOUNT}:workgroup/"
    assert decide(reader, "athena:StartQueryExecution", f"{workgroup}analysts", {})
    assert not decide(reader, "athena:StartQueryExecution", f"{workgroup}primary", {})
    lake = boto3.client("lakeformation", endpoint_url=url, region_name=REGION)
    (registered,) = lake.list_resources()["ResourceInfoList"]
    assert registered["ResourceArn"] == f"arn:aws:s3:::{BUCKET}/lake"
    granted = lake.list_permissions()["PrincipalResourcePermissions"]
    who = {g["Principal"]["DataLakePrincipalIdentifier"].rpartition("/")[2] for g in granted}
    assert who == {"analysts", "warehouse-runner", "warehouse-job", "warehouse-vacuum"}
    databases = {found["DatabaseName"] for g in granted if (found := g["Resource"].get("Table")) is not None}
    assert databases == {"music", "retail"}
