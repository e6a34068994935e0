"""Calls on the Glue service: which are repeated by the SDK, and what its errors mean."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from typing import Any

from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError

from runner import aws
from runner.aws import THROTTLED
from runner.job.redaction import redacted
from warehouse.errors import OutsideError

UNSURE = frozenset(
    {"InternalServiceException", "InternalFailure", "InternalServerError", "OperationTimeoutException"}
    | {"ServiceUnavailable", "ServiceUnavailableException", "ConcurrentModificationException"}
)
"""It may have been done, or not."""


_PATIENCE = 4
"""How often a read that timed out in the service is asked again."""


class GlueError(Exception):
    """What Glue answered instead of a result: its code, and its words without account ids and keys."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(f"{code}: {message}" if message else code)
        self.code = code

    @property
    def passing(self) -> bool:
        return self.code in THROTTLED or self.code in UNSURE


class Glue:
    """The service of one region. Reads are repeated by the SDK, adapting to throttling; writes never are.

    ``session`` is a boto3 session, by default that of AWS's default chain of credentials.
    """

    def __init__(
        self, region: str | None, *, endpoint: str | None, catalog: str | None, session: Any | None
    ) -> None:
        self._session = aws.session(session)
        self.region = region or self._session.region_name
        if not self.region:
            raise OutsideError(
                "no AWS region is set",
                why="Glue has one catalog for each region",
                fix="set AWS_REGION, or `region` in the target",
            )
        self._endpoint = endpoint
        self._catalog = {"CatalogId": catalog} if catalog else {}
        self._clients: dict[bool, Any] = {}
        self._lock = threading.Lock()

    def read(self, operation: str, **arguments: Any) -> dict[str, Any]:
        """One call that changes nothing; :class:`GlueError` when Glue refuses."""
        for _ in range(_PATIENCE):
            try:
                return self._call(False, operation, arguments)
            except GlueError as error:
                if error.code != "OperationTimeoutException":  # the SDK knows all others that pass
                    raise
        return self._call(False, operation, arguments)

    def pages(self, operation: str, field: str, **arguments: Any) -> Iterator[dict[str, Any]]:
        """The items of ``field`` on all pages."""
        token: dict[str, str] = {}
        while True:
            page = self.read(operation, **arguments, **token)
            yield from page.get(field, ())
            if not page.get("NextToken"):
                return
            token = {"NextToken": page["NextToken"]}

    def write(self, operation: str, **arguments: Any) -> dict[str, Any]:
        """One call, sent once; a broken connection is a :class:`GlueError` that is unsure."""
        return self._call(True, operation, arguments)

    def close(self) -> None:
        for client in self._clients.values():
            client.close()
        self._clients.clear()

    def _call(self, writes: bool, operation: str, arguments: dict[str, Any]) -> dict[str, Any]:
        try:
            answer: dict[str, Any] = getattr(self._client(writes), operation)(**self._catalog, **arguments)
            return answer
        except ClientError as error:
            raise self._meaning(operation, error) from error
        except BotoCoreError as error:
            unreachable = aws.unreachable(error, f"Glue in {self.region}")
            if writes and not isinstance(error, aws.BEFORE_SENDING):
                raise GlueError("ServiceUnavailable", redacted(str(error))) from error
            raise unreachable from error

    def _meaning(self, operation: str, error: ClientError) -> Exception:
        action = "".join(part.capitalize() for part in operation.split("_"))
        refused = aws.refused(error, f"glue:{action}", str(self.region))
        if refused is not None:
            return refused
        code, message = aws.code_of(error), aws.message_of(error)
        if aws.status_of(error) >= 500 and code not in THROTTLED:
            return GlueError(code if code in UNSURE else "InternalServiceException", message)
        return GlueError(code, message)

    def _client(self, writes: bool) -> Any:
        with self._lock:
            if writes not in self._clients:
                retries = (
                    {"total_max_attempts": 1, "mode": "standard"}
                    if writes
                    else {"total_max_attempts": 10, "mode": "adaptive"}
                )
                config = Config(retries=retries, connect_timeout=10, read_timeout=60)
                self._clients[writes] = self._session.client(
                    "glue", region_name=self.region, endpoint_url=self._endpoint, config=config
                )
            return self._clients[writes]
