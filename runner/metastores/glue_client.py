"""Calls on the Glue service: which are repeated by the SDK, and what its errors mean."""

from __future__ import annotations

import re
import threading
from collections.abc import Iterator
from typing import Any

import boto3
from botocore.config import Config
from botocore.exceptions import (
    BotoCoreError,
    ClientError,
    CredentialRetrievalError,
    NoCredentialsError,
    NoRegionError,
    PartialCredentialsError,
    TokenRetrievalError,
)

from warehouse.errors import OutsideError

THROTTLED = frozenset(
    {"ThrottlingException", "Throttling", "TooManyRequestsException", "RequestLimitExceeded", "SlowDown"}
)
"""The call was turned away: nothing was done."""

UNSURE = frozenset(
    {"InternalServiceException", "InternalFailure", "InternalServerError", "OperationTimeoutException"}
    | {"ServiceUnavailable", "ServiceUnavailableException", "ConcurrentModificationException"}
)
"""It may have been done, or not."""

_CREDENTIALS = (NoCredentialsError, PartialCredentialsError, CredentialRetrievalError, TokenRetrievalError)
_REJECTED = frozenset(
    {"ExpiredTokenException", "ExpiredToken", "UnrecognizedClientException", "InvalidClientTokenId"}
    | {"InvalidSignatureException", "SignatureDoesNotMatch", "MissingAuthenticationToken"}
)


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
        self._session = session or boto3.Session()
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
        except _CREDENTIALS as error:
            raise OutsideError(
                "no AWS credentials were found",
                why=redacted(str(error)),
                fix="log in (`aws sso login`), set AWS_PROFILE, or give this machine a role",
            ) from error
        except NoRegionError as error:
            raise OutsideError("no AWS region is set", fix="set AWS_REGION") from error
        except BotoCoreError as error:
            if writes:
                raise GlueError("ServiceUnavailable", redacted(str(error))) from error
            raise OutsideError(
                f"Glue in {self.region} cannot be reached",
                why=redacted(str(error)),
                fix="see that this machine reaches AWS, and that the region and the endpoint are right",
            ) from error

    def _meaning(self, operation: str, error: ClientError) -> Exception:
        detail = error.response.get("Error", {})
        code, message = str(detail.get("Code", "")), redacted(str(detail.get("Message", "")))
        if code in _REJECTED:
            return OutsideError(
                "AWS does not accept the credentials",
                why=f"{code}: {message}",
                fix="renew them (`aws sso login`, or a new session token), then give the command again",
            )
        if code in ("AccessDeniedException", "AccessDenied", "UnauthorizedOperation"):
            action = "".join(part.capitalize() for part in operation.split("_"))
            return OutsideError(
                f"not allowed to glue:{action} in {self.region}",
                why=message,
                fix="give the role what `warehouse iam` prints for it",
            )
        if error.response.get("ResponseMetadata", {}).get("HTTPStatusCode", 0) >= 500 and (
            code not in THROTTLED
        ):
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


def redacted(text: str) -> str:
    """Without account ids and access keys."""
    return re.sub(r"\b(?:AKIA|ASIA)[A-Z0-9]{16}\b", "<key>", re.sub(r"\b\d{12}\b", "<account>", text))
