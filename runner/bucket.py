"""Making the place where a lake lies: a directory, or a bucket as a careful engineer sets it up."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from runner import aws
from runner.stores import Store
from runner.stores.local import LocalStore
from runner.stores.s3 import S3Store
from warehouse.errors import OutsideError

ABORT_DAYS = 7
"""After these an upload that nobody completed is thrown away; its parts cost as much as objects."""
NONCURRENT_DAYS = 30
"""How long what was overwritten or deleted can be brought back."""

Step = tuple[str, Callable[[], Any]]


def create(store: Store) -> list[str]:
    """Make the store's place if it is not there; what was done, for people."""
    if isinstance(store, LocalStore):
        return create_directory(store.path)
    assert isinstance(store, S3Store)
    region = store.region or store.client.meta.region_name
    return create_bucket(store.client, store.bucket, region, store.prefix)


def create_directory(path: Path) -> list[str]:
    """Make it; what was done, for people."""
    if path.is_dir():
        return [f"{path} is there"]
    try:
        path.mkdir(parents=True)
    except OSError as error:
        raise OutsideError(f"{path} cannot be made: {error.strerror}") from None
    return [f"made {path}"]


def create_bucket(client: Any, bucket: str, region: str, prefix: str) -> list[str]:
    """Make the bucket if it is not there, and set it up; what was done, for people. Doing it again changes
    nothing. Whatever else its lifecycle and tags say stays.

    No public access, encrypted at rest; versions are kept for :data:`NONCURRENT_DAYS`, uploads that were
    never completed for :data:`ABORT_DAYS`. Log entries and data never expire.
    """
    made = _call(lambda: _make(client, bucket, region), "s3:CreateBucket", bucket)
    steps: list[Step] = [
        ("s3:PutBucketPublicAccessBlock", lambda: client.put_public_access_block(
            Bucket=bucket,
            PublicAccessBlockConfiguration={
                "BlockPublicAcls": True, "IgnorePublicAcls": True,
                "BlockPublicPolicy": True, "RestrictPublicBuckets": True,
            },
        )),
        ("s3:PutEncryptionConfiguration", lambda: _encrypt(client, bucket)),
        ("s3:PutBucketVersioning", lambda: client.put_bucket_versioning(
            Bucket=bucket, VersioningConfiguration={"Status": "Enabled"}
        )),
        ("s3:PutLifecycleConfiguration", lambda: _lifecycle(client, bucket, prefix)),
    ]  # fmt: skip
    for action, call in steps:
        _call(call, action, bucket)
    return [
        f"{'made' if made else 'there is'} the bucket {bucket}",
        "public access is blocked, objects are encrypted, versions are kept",
        f"unfinished uploads end after {ABORT_DAYS} days, old versions after {NONCURRENT_DAYS}",
    ]


def _make(client: Any, bucket: str, region: str) -> bool:
    try:
        client.head_bucket(Bucket=bucket)
        return False
    except ClientError as error:
        if aws.code_of(error) not in ("404", "NoSuchBucket"):
            raise
    # us-east-1 is the one region that must not be named.
    where = {"CreateBucketConfiguration": {"LocationConstraint": region}} if region != "us-east-1" else {}
    client.create_bucket(Bucket=bucket, **where)
    return True


def _encrypt(client: Any, bucket: str) -> None:
    """SSE-S3 where nothing is set; a key of the bucket's owner stays."""
    try:
        client.get_bucket_encryption(Bucket=bucket)
    except ClientError as error:
        if aws.code_of(error) != "ServerSideEncryptionConfigurationNotFoundError":
            raise
        rule = {"ApplyServerSideEncryptionByDefault": {"SSEAlgorithm": "AES256"}}
        client.put_bucket_encryption(Bucket=bucket, ServerSideEncryptionConfiguration={"Rules": [rule]})


def _lifecycle(client: Any, bucket: str, prefix: str) -> None:
    below = {"Filter": {"Prefix": prefix}, "Status": "Enabled"}
    abort = {"AbortIncompleteMultipartUpload": {"DaysAfterInitiation": ABORT_DAYS}}
    old = {"NoncurrentVersionExpiration": {"NoncurrentDays": NONCURRENT_DAYS}}
    ours = [
        {"ID": f"warehouse-uploads-{prefix}".rstrip("-/"), **below, **abort},
        {"ID": f"warehouse-versions-{prefix}".rstrip("-/"), **below, **old},
    ]
    try:
        rules = client.get_bucket_lifecycle_configuration(Bucket=bucket)["Rules"]
    except ClientError as error:
        if aws.code_of(error) != "NoSuchLifecycleConfiguration":
            raise
        rules = []
    names = {rule["ID"] for rule in ours}
    kept = [rule for rule in rules if rule.get("ID") not in names]
    client.put_bucket_lifecycle_configuration(Bucket=bucket, LifecycleConfiguration={"Rules": [*kept, *ours]})


def _call(call: Callable[[], Any], action: str, bucket: str) -> Any:
    try:
        return call()
    except ClientError as error:
        refused = aws.refused(error, action, bucket)
        if refused is not None:
            raise refused from error
        if aws.code_of(error) in ("BucketAlreadyExists", "301", "PermanentRedirect"):
            raise OutsideError(
                f"the bucket {bucket} is somebody else's, or in another region",
                fix="choose another name: bucket names are unique in all of AWS",
            ) from error
        raise OutsideError(
            f"S3 refused {action} on {bucket}", why=f"{aws.code_of(error)}: {aws.message_of(error)}"
        ) from error
    except BotoCoreError as error:
        raise aws.unreachable(error, "S3") from error
