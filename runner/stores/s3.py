"""A lake in an S3 bucket, or in what speaks S3 (an endpoint can be set)."""

from __future__ import annotations

import itertools
import threading
import time
from collections.abc import Iterable, Iterator, Sequence
from typing import Any, TypeVar

from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError

from runner import aws
from runner.job.redaction import redacted
from runner.stores import Info
from warehouse.errors import OutsideError

T = TypeVar("T")

DELETE = 1000
"""Keys per DeleteObjects call, the service's limit."""

_SCHEMES = ("s3://", "s3a://", "s3n://")
_CONFLICTS = 20
_NO_KEY = frozenset({"NoSuchKey", "404"})


class S3Store:
    """Objects below ``s3://bucket/prefix``; see :class:`runner.stores.Store`. The etag is S3's.

    ``prefix`` is before every key: empty, or with a slash at its end. Compare and swap are conditional writes
    (``If-None-Match``, ``If-Match``). Usable from many threads.
    """

    def __init__(
        self,
        location: str,
        *,
        region: str | None = None,
        endpoint: str | None = None,
        session: Any | None = None,
    ) -> None:
        self.bucket, _, prefix = location.partition("://")[2].partition("/")
        self.prefix = f"{prefix.strip('/')}/" if prefix.strip("/") else ""
        self.root = f"s3://{self.bucket}/{self.prefix}".rstrip("/")
        self.region, self._endpoint = region, endpoint
        self._session = session
        self._made: Any = None
        self._lock = threading.Lock()

    def read(self, key: str) -> bytes | None:
        found = self.read_tagged(key)
        return None if found is None else found[0]

    def read_tagged(self, key: str) -> tuple[bytes, str] | None:
        with _Asking(self, "s3:GetObject", key) as asking:
            try:
                answer = self.client.get_object(Bucket=self.bucket, Key=self.prefix + key)
                return answer["Body"].read(), answer["ETag"]
            except ClientError as error:
                if aws.code_of(error) in _NO_KEY:
                    return None
                raise asking.told(error) from error

    def write(self, key: str, data: bytes) -> None:
        self._put(key, data, {})

    def put_if_absent(self, key: str, data: bytes) -> bool:
        return self._put(key, data, {"IfNoneMatch": "*"})

    def replace(self, key: str, data: bytes, etag: str | None) -> bool:
        return self._put(key, data, {"IfNoneMatch": "*"} if etag is None else {"IfMatch": etag})

    def list(self, prefix: str, *, after: str = "") -> Iterator[Info]:
        asked = {"Prefix": self.prefix + prefix}
        if after:
            asked["StartAfter"] = self.prefix + after
        for page in self._pages(asked):
            for found in page.get("Contents", ()):
                if not found["Key"].endswith("/"):  # a console's way to show a directory
                    yield Info(
                        found["Key"][len(self.prefix) :],
                        found["Size"],
                        found["ETag"],
                        found["LastModified"].timestamp(),
                    )

    def children(self, prefix: str) -> Sequence[str]:
        below = f"{self.prefix}{prefix}".rstrip("/") + "/"
        pages = self._pages({"Prefix": below.lstrip("/"), "Delimiter": "/"})
        found = (common["Prefix"] for page in pages for common in page.get("CommonPrefixes", ()))
        return sorted(name[len(below) :].rstrip("/") for name in found)

    def delete(self, keys: Iterable[str]) -> None:
        left = iter(keys)
        while some := [{"Key": self.prefix + key} for key in itertools.islice(left, DELETE)]:
            with _Asking(self, "s3:DeleteObject", some[0]["Key"]):
                answer = self.client.delete_objects(
                    Bucket=self.bucket, Delete={"Objects": some, "Quiet": True}
                )
            for failed in answer.get("Errors", ()):
                raise OutsideError(
                    f"{self.bucket}/{failed.get('Key')} could not be deleted",
                    why=redacted(f"{failed.get('Code')}: {failed.get('Message')}"),
                )

    def make_directory(self, key: str, *, marked: bool = False) -> None:
        if marked:
            self.write(f"{key}/", b"")

    def uri(self, key: str) -> str:
        return f"{self.root}/{key}" if key else self.root

    def key(self, uri: str) -> str | None:
        for scheme in _SCHEMES:
            if uri.startswith(scheme):
                uri = f"s3://{uri[len(scheme) :]}"
        if uri.rstrip("/") == self.root:
            return ""
        return uri[len(self.root) + 1 :].rstrip("/") if uri.startswith(f"{self.root}/") else None

    # ------------------------------------------------------------------ calls

    def _put(self, key: str, data: bytes, condition: dict[str, str]) -> bool:
        """Whether it was written; False where the condition does not hold.

        A repeated call may find its own first one: whoever appends knows an entry by its nonce.
        """
        for attempt in range(_CONFLICTS):
            with _Asking(self, "s3:PutObject", key) as asking:
                try:
                    self.client.put_object(Bucket=self.bucket, Key=self.prefix + key, Body=data, **condition)
                    return True
                except ClientError as error:
                    status = aws.status_of(error)
                    if condition and (status == 412 or aws.code_of(error) in _NO_KEY):
                        return False
                    if status != 409:
                        raise asking.told(error) from error
            time.sleep(min(0.05 * 2**attempt, 1.0))  # another conditional write of this key is under way
        raise OutsideError(f"{self.uri(key)} is written by others without end", fix="try again")

    def _pages(self, asked: dict[str, str]) -> Iterator[dict[str, Any]]:
        token: dict[str, str] = {}
        while True:
            with _Asking(self, "s3:ListBucket", asked["Prefix"]):
                page = self.client.list_objects_v2(Bucket=self.bucket, **asked, **token)
            yield page
            if not page.get("IsTruncated"):
                return
            token = {"ContinuationToken": page["NextContinuationToken"]}

    @property
    def client(self) -> Any:
        """The service itself."""
        with self._lock:
            if self._made is None:
                config = Config(
                    retries={"total_max_attempts": 10, "mode": "standard"},
                    connect_timeout=10,
                    read_timeout=60,
                    s3={"addressing_style": "path"} if self._endpoint else {},
                )
                self._made = aws.session(self._session).client(
                    "s3", region_name=self.region or None, endpoint_url=self._endpoint or None, config=config
                )
            return self._made


class _Asking:
    """One call: what of it fails is told as :class:`OutsideError`, with the place and what to do."""

    def __init__(self, store: S3Store, action: str, key: str) -> None:
        self._store, self._action = store, action
        self._where = store.uri(key)

    def __enter__(self) -> _Asking:
        return self

    def __exit__(self, kind: object, error: BaseException | None, trace: object) -> None:
        if isinstance(error, ClientError):
            raise self.told(error) from error
        if isinstance(error, BotoCoreError):
            raise aws.unreachable(error, f"S3 at {self._where}") from error

    def told(self, error: ClientError) -> OutsideError:
        refused = aws.refused(error, self._action, self._where)
        if refused is not None:
            return refused
        code = aws.code_of(error)
        if code == "NoSuchBucket":
            return OutsideError(
                f"there is no bucket {self._store.bucket}",
                fix="make it: warehouse lake create; or correct `lake` of the target",
            )
        if code in ("PermanentRedirect", "AuthorizationHeaderMalformed", "301"):
            return OutsideError(
                f"the bucket {self._store.bucket} is in another region",
                why=aws.message_of(error),
                fix="set `region` of the target to the bucket's",
            )
        return OutsideError(
            f"S3 refused {self._action} on {self._where}", why=f"{code}: {aws.message_of(error)}"
        )
