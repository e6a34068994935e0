"""What is the same for every AWS service: the default chain of credentials, and what errors mean."""

from __future__ import annotations

from typing import Any

import boto3
from botocore.exceptions import (
    BotoCoreError,
    ClientError,
    CredentialRetrievalError,
    NoCredentialsError,
    NoRegionError,
    ParamValidationError,
    PartialCredentialsError,
    TokenRetrievalError,
)

from runner.job.redaction import redacted
from warehouse.errors import OutsideError

THROTTLED = frozenset(
    {"ThrottlingException", "Throttling", "TooManyRequestsException", "RequestLimitExceeded", "SlowDown"}
)
"""The call was turned away: nothing was done."""

_CREDENTIALS = (NoCredentialsError, PartialCredentialsError, CredentialRetrievalError, TokenRetrievalError)
_REJECTED = frozenset(
    {"ExpiredTokenException", "ExpiredToken", "UnrecognizedClientException", "InvalidClientTokenId"}
    | {"InvalidSignatureException", "SignatureDoesNotMatch", "MissingAuthenticationToken"}
    | {"InvalidAccessKeyId", "InvalidToken"}
)
BEFORE_SENDING = (*_CREDENTIALS, NoRegionError)
"""Of botocore's own errors, those after which nothing can have been done."""

_DENIED = frozenset({"AccessDeniedException", "AccessDenied", "UnauthorizedOperation", "Forbidden", "403"})


def session(given: Any | None = None) -> Any:
    """A boto3 session: the given one, or that of AWS's default chain of credentials."""
    return given or boto3.Session()


def code_of(error: ClientError) -> str:
    return str(error.response.get("Error", {}).get("Code", ""))


def status_of(error: ClientError) -> int:
    """The HTTP status; 0 where there was none."""
    return int(error.response.get("ResponseMetadata", {}).get("HTTPStatusCode", 0))


def message_of(error: ClientError) -> str:
    return redacted(str(error.response.get("Error", {}).get("Message", "")))


def refused(error: ClientError, action: str, where: str) -> OutsideError | None:
    """Errors about who asks: credentials that are not accepted, rights that are missing. None: another.

    ``action`` is IAM's name of the call (``s3:PutObject``), ``where`` what it was about.
    """
    code, message = code_of(error), message_of(error)
    if code in _REJECTED:
        return OutsideError(
            "AWS does not accept the credentials",
            why=f"{code}: {message}",
            fix="renew them (`aws sso login`, or a new session token), then give the command again",
        )
    if denied(error):
        return OutsideError(
            f"not allowed to {action} in {where}",
            why=message or code,
            fix="give the role what `warehouse iam` prints for it",
        )
    return None


def denied(error: ClientError) -> bool:
    """Whether a right is missing."""
    return code_of(error) in _DENIED


def unreachable(error: BotoCoreError, service: str) -> OutsideError:
    """Errors before any answer: no credentials, no region, a name that cannot be, no connection."""
    if isinstance(error, _CREDENTIALS):
        return OutsideError(
            "no AWS credentials were found",
            why=redacted(str(error)),
            fix="log in (`aws sso login`), set AWS_PROFILE, or give this machine a role",
        )
    if isinstance(error, ParamValidationError):
        return OutsideError(
            f"{service} takes no such name",
            why=redacted(" ".join(str(error).split())),
            fix="see pyproject.toml",
        )
    if isinstance(error, NoRegionError):
        return OutsideError("no AWS region is set", fix="set AWS_REGION")
    return OutsideError(
        f"{service} cannot be reached",
        why=redacted(str(error)),
        fix="see that this machine reaches AWS, and that the region and the endpoint are right",
    )
