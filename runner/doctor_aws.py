"""What a target lacks on AWS: credentials, rights, bucket, roles, quotas, the engine, Athena.

Everything is only looked at. What may not be looked at is said to be so, and is no fault: a role that does
its work needs few rights to look around.
"""

from __future__ import annotations

import functools
import re
from collections.abc import Callable, Iterator
from typing import Any

from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError

from runner import aws
from runner.iam import needs
from runner.job.redaction import redacted
from runner.lake import Lake
from runner.looking import Finding, Look
from runner.stores.s3 import S3Store
from warehouse.config import expand
from warehouse.errors import OutsideError, WarehouseError
from warehouse.policies import policies
from warehouse.policy_documents import Json
from warehouse.policy_names import Needs

CREATE = "make it so: warehouse lake create"
_VCPUS = "L-1216C47A"
"""Quota of vCPUs of running on-demand standard machines in a region (service ``ec2``)."""


class HiddenError(Exception):
    """It may not be looked at; the action that would be needed."""


def looks(lake: Lake) -> list[tuple[str, Look]]:
    """From who one is to what the engine needs."""
    target = lake.target
    asking = Asking(lake)
    found: list[tuple[str, Callable[[], Finding]]] = []
    # Something else that speaks S3 (MinIO) has no accounts and no roles.
    amazon = not target.endpoint or target.metastore == "glue" or target.engine.startswith("emr")
    if amazon:
        found.append(("credentials", lambda: _credentials(asking)))
    if lake.on_s3:
        found += [
            ("bucket", lambda: _bucket(lake, asking)),
            ("bucket versions", lambda: _versions(lake, asking)),
            ("encryption", lambda: _encryption(lake, asking)),
        ]
    if amazon:
        found.append(("permissions", lambda: _permissions(lake, asking)))
    if target.engine == "emr":
        found += [
            ("release", lambda: _release(lake, asking)),
            ("subnets", lambda: _subnets(lake, asking)),
            ("service role", lambda: _role(asking, expand(target.emr.service_role))),
            ("job role", lambda: _profile(asking, expand(target.emr.job_role))),
            ("cluster", lambda: _machines(lake)),
            ("quota", lambda: _vcpus(asking)),
        ]
    if target.engine == "emr-serverless":
        found += [
            ("job role", lambda: _role(asking, expand(target.emr_serverless.role))),
            ("application", lambda: _machines(lake)),
            ("quota", lambda: _quota(asking, "emr-serverless", "vCPU")),
        ]
    if target.metastore == "glue":
        found += [
            ("Glue's quota", lambda: _quota(asking, "glue", "partitions per")),
            ("Athena", lambda: _athena(lake, asking)),
        ]
    return [(what, functools.partial(_seen, what, look)) for what, look in found]


def _seen(what: str, look: Look) -> Finding:
    try:
        finding = look()
    except HiddenError as hidden:
        return Finding(what, True, f"could not be looked at: {hidden} is not allowed, nor needed")
    except ClientError as error:
        raise _refused(error, what) from None
    return Finding(what, finding.ok, redacted(finding.found), finding.fix)


class Asking:
    """Calls on any service of AWS, of the target's region."""

    def __init__(self, lake: Lake) -> None:
        self.region, self._endpoint = lake.aws()
        self._session = aws.session()

    def __call__(self, service: str, operation: str, **arguments: Any) -> Any:
        """:class:`HiddenError` where it is not allowed; botocore's error where it is refused otherwise."""
        try:
            return getattr(self.client(service), operation)(**arguments)
        except ClientError as error:
            action = _action(service, operation)
            refused = aws.refused(error, action, service)
            if refused is None:
                raise
            if aws.denied(error):
                raise HiddenError(action) from None
            raise refused from None
        except BotoCoreError as error:
            raise aws.unreachable(error, service) from None

    @functools.cache  # noqa: B019 -- it lives as long as the command
    def client(self, service: str) -> Any:
        config = Config(
            retries={"total_max_attempts": 2, "mode": "standard"}, connect_timeout=5, read_timeout=20,
            s3={"addressing_style": "path"} if self._endpoint else {},
        )  # fmt: skip
        try:
            return self._session.client(
                service, region_name=self.region or None, endpoint_url=self._endpoint or None, config=config
            )
        except BotoCoreError as error:
            raise aws.unreachable(error, service) from None


def _action(service: str, operation: str) -> str:
    """IAM's name of a call."""
    named = {"head_bucket": "ListBucket", "get_bucket_encryption": "GetEncryptionConfiguration"}
    prefix = {"emr": "elasticmapreduce", "service-quotas": "servicequotas"}.get(service, service)
    return f"{prefix}:{named.get(operation) or ''.join(part.capitalize() for part in operation.split('_'))}"


# ------------------------------------------------------------------ who asks, and what it may


def _credentials(asking: Asking) -> Finding:
    who = asking("sts", "get_caller_identity")["Arn"].split(":", 5)[5]
    kind, _, name = who.partition("/")
    return Finding("credentials", True, f"{kind.replace('-', ' ')} {name.partition('/')[0]}".strip())


def _permissions(lake: Lake, asking: Asking) -> Finding:
    """Simulated by IAM, where that may be asked: nothing is tried."""
    who = asking("sts", "get_caller_identity")
    account, found = who["Account"], needs(lake, who["Account"])
    roles = ["runner", "job"] if lake.target.engine in ("local", "spark-submit") else ["runner"]
    missing: dict[str, None] = {}
    for role in roles:
        for document in policies(role, found):
            for statement in document["Statement"]:
                if statement["Effect"] == "Allow":
                    missing |= dict.fromkeys(
                        _denied(asking, _principal(who["Arn"], account), statement, found)
                    )
    fix = f"attach what this prints: warehouse --target {lake.target_name} iam --role {roles[0]}"
    if missing:
        shown = ", ".join(list(missing)[:5]) + (" …" if len(missing) > 5 else "")
        return Finding("permissions", False, f"{len(missing)} actions are not allowed: {shown}", fix)
    return Finding("permissions", True, f"all that the {' and the '.join(roles)} needs is allowed")


def _principal(arn: str, account: str) -> str:
    """The role or user behind a session."""
    found = re.search(r":assumed-role/([^/]+)/", arn)
    if not found:
        return arn
    return f"{arn.partition(':sts:')[0]}:iam::{account}:role/{found[1]}"


def _denied(asking: Asking, principal: str, statement: Json, found: Needs) -> Iterator[str]:
    context = [
        {"ContextKeyName": key, "ContextKeyValues": [values[-1].rstrip("*")], "ContextKeyType": "string"}
        for keys in statement.get("Condition", {}).values()
        for key, values in keys.items()
    ]
    asked: dict[str, Any] = {
        "PolicySourceArn": principal, "ActionNames": statement["Action"],
        "ResourceArns": [r.replace(":*:", f":{found.region}:") for r in statement["Resource"]],
        "ContextEntries": context,
    }  # fmt: skip
    while True:
        answer = asking("iam", "simulate_principal_policy", **asked)
        for result in answer["EvaluationResults"]:
            if result["EvalDecision"] != "allowed":
                yield result["EvalActionName"]
        if not answer.get("IsTruncated"):
            return
        asked["Marker"] = answer["Marker"]


# ------------------------------------------------------------------ the bucket


def _bucket(lake: Lake, asking: Asking) -> Finding:
    bucket = _store(lake).bucket
    try:
        answer = asking("s3", "head_bucket", Bucket=bucket)
    except ClientError as error:
        status = aws.status_of(error)
        if status == 404:
            return Finding("bucket", False, f"there is no bucket {bucket}", CREATE)
        if status == 301:
            there = error.response["ResponseMetadata"]["HTTPHeaders"].get("x-amz-bucket-region", "another")
            return Finding(
                "bucket", False, f"{bucket} is in the region {there}", "set `region` of the target to it"
            )
        raise _refused(error, f"the bucket {bucket}") from None
    there = answer["ResponseMetadata"]["HTTPHeaders"].get("x-amz-bucket-region", "")
    here = asking.region or asking.client("s3").meta.region_name
    if there and here and there != here:
        return Finding(
            "bucket", False, f"{bucket} is in the region {there}, the target in {here}",
            "set `region` of the target to the bucket's: rows that cross regions are slow and paid for",
        )  # fmt: skip
    return Finding("bucket", True, f"{bucket} answers" + (f", in {there}" if there else ""))


def _versions(lake: Lake, asking: Asking) -> Finding:
    status = asking("s3", "get_bucket_versioning", Bucket=_store(lake).bucket).get("Status", "")
    if status != "Enabled":
        return Finding("bucket versions", False, "what is overwritten or deleted is lost", CREATE)
    return Finding("bucket versions", True, "kept")


def _encryption(lake: Lake, asking: Asking) -> Finding:
    try:
        answer = asking("s3", "get_bucket_encryption", Bucket=_store(lake).bucket)
    except ClientError as error:
        if aws.code_of(error) != "ServerSideEncryptionConfigurationNotFoundError":
            raise _refused(error, "the bucket's encryption") from None
        return Finding("encryption", False, "objects are not encrypted", CREATE)
    (rule, *_) = answer["ServerSideEncryptionConfiguration"]["Rules"]
    how = rule["ApplyServerSideEncryptionByDefault"]["SSEAlgorithm"]
    more = ": each role needs kms:Decrypt and kms:GenerateDataKey on its key" if "kms" in how else ""
    return Finding("encryption", True, how + more)


def _store(lake: Lake) -> S3Store:
    assert isinstance(lake.store, S3Store)
    return lake.store


# ------------------------------------------------------------------ the engine


def _release(lake: Lake, asking: Asking) -> Finding:
    release = expand(lake.target.emr.release)
    answer = asking("emr", "list_release_labels", Filters={"Prefix": release})
    if release not in answer.get("ReleaseLabels", ()):
        return Finding("release", False, f"EMR has no {release} here", "correct `release` of the target")
    return Finding("release", True, release)


def _subnets(lake: Lake, asking: Asking) -> Finding:
    wanted = [expand(subnet) for subnet in lake.target.emr.subnets]
    if not wanted:
        return Finding("subnets", True, "the account's default one")
    try:
        found = asking("ec2", "describe_subnets", SubnetIds=wanted)["Subnets"]
    except ClientError as error:
        if "NotFound" not in aws.code_of(error):
            raise _refused(error, "the subnets") from None
        return Finding("subnets", False, aws.message_of(error), "correct `subnets` of the target")
    free = sum(subnet["AvailableIpAddressCount"] for subnet in found)
    if not free:
        return Finding("subnets", False, "no address is free in them", "use larger subnets")
    return Finding("subnets", True, f"{len(found)}, with {free:,} free addresses")


def _role(asking: Asking, role: str) -> Finding:
    name = role.rpartition("/")[2]
    return _exists(asking, "role", name, "get_role", RoleName=name)


def _profile(asking: Asking, role: str) -> Finding:
    """A cluster's machines get their role through an instance profile of the same name."""
    name = role.rpartition("/")[2]
    return _exists(asking, "instance profile", name, "get_instance_profile", InstanceProfileName=name)


def _exists(asking: Asking, what: str, name: str, operation: str, **arguments: str) -> Finding:
    try:
        asking("iam", operation, **arguments)
    except ClientError as error:
        if aws.code_of(error) != "NoSuchEntity":
            raise _refused(error, f"{what} {name}") from None
        return Finding(
            what, False, f"there is no {what} {name}",
            "make it with the policies that `warehouse iam` prints; or `aws emr create-default-roles`",
        )  # fmt: skip
    return Finding(what, True, f"{name} is there")


def _machines(lake: Lake) -> Finding:
    from runner.engines.elsewhere import machines

    try:
        ours = [one for one in machines(lake).list() if one.ours]
    except WarehouseError as error:
        return Finding("cluster", False, error.what, error.fix or "")
    if not ours:
        return Finding("cluster", True, "none is there now: `warehouse emr create` makes it")
    return Finding("cluster", True, f"{ours[0].name} is {ours[0].state}")


def _vcpus(asking: Asking) -> Finding:
    try:
        answer = asking("service-quotas", "get_service_quota", ServiceCode="ec2", QuotaCode=_VCPUS)
    except ClientError as error:
        return Finding("quota", True, f"not told ({aws.code_of(error)})")
    return Finding(
        "quota", True, f"{answer['Quota']['Value']:,.0f} vCPUs of on-demand machines in this region"
    )


def _quota(asking: Asking, service: str, words: str) -> Finding:
    """Quotas of a service whose names have these words."""
    found: list[str] = []
    asked = {"ServiceCode": service}
    try:
        while True:
            answer = asking("service-quotas", "list_service_quotas", **asked)
            found += [
                f"{quota['QuotaName']}: {quota['Value']:,.0f}"
                for quota in answer["Quotas"]
                if words.lower() in quota["QuotaName"].lower()
            ]
            if not answer.get("NextToken"):
                break
            asked["NextToken"] = answer["NextToken"]
    except ClientError as error:
        return Finding("quota", True, f"not told ({aws.code_of(error)})")
    return Finding("quota", True, "; ".join(sorted(found)) or "not told")


# ------------------------------------------------------------------ Athena


def _athena(lake: Lake, asking: Asking) -> Finding:
    settings = lake.target.athena
    try:
        group = asking("athena", "get_work_group", WorkGroup=settings.work_group)["WorkGroup"]
    except ClientError as error:
        said = f"no work group {settings.work_group}: {aws.message_of(error)}"
        return Finding("Athena", False, said, "make it, or set `work_group` of the target's [athena]")
    if group.get("State") == "DISABLED":
        return Finding("Athena", False, f"the work group {settings.work_group} is disabled", "enable it")
    own = group.get("Configuration", {})
    managed = own.get("ManagedQueryResultsConfiguration", {}).get("Enabled")
    output = expand(settings.output) or own.get("ResultConfiguration", {}).get("OutputLocation", "")
    if not output and not managed:
        return Finding(
            "Athena", False, f"the work group {settings.work_group} has no place for answers",
            "set `output` of the target's [athena] to an s3:// prefix, or one in the work group",
        )  # fmt: skip
    where = output or "results that Athena manages"
    return Finding("Athena", True, f"work group {settings.work_group}, answers in {where}")


def _refused(error: ClientError, what: str) -> OutsideError:
    return OutsideError(
        f"AWS does not tell about {what}", why=f"{aws.code_of(error)}: {aws.message_of(error)}"
    )
