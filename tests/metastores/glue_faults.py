"""Glue as it is, in front of moto as it is: limits, pages, versions, and the errors of a busy service.

moto keeps the catalog; this layer answers what moto lets pass (too many entries, too long a text, a stale
version) and does what moto does not (pages, unprocessed keys, entries that fail alone, throttling, answers
that are lost after the work was done). It sits in botocore, on the session that it is given, which is
then for Glue alone.
"""

from __future__ import annotations

import json
import random
import re
from collections import Counter
from collections.abc import Callable
from typing import Any

from botocore.awsrequest import AWSPreparedRequest, AWSResponse
from botocore.exceptions import ConnectionClosedError
from moto.core.models import botocore_stubber

ENTRIES = {
    "BatchCreatePartition": ("PartitionInputList", 100),
    "BatchUpdatePartition": ("Entries", 100),
    "BatchDeletePartition": ("PartitionsToDelete", 25),
    "BatchGetPartition": ("PartitionsToGet", 1000),
}
PAGED = {"GetPartitions": "Partitions", "GetTables": "TableList", "GetDatabases": "DatabaseList"}
WRITES = ("Batch[CUD]", "Create", "Update", "Delete")
LENGTHS = {"Comment": 255, "Type": 131072, "Location": 2056, "Description": 2048, "Expression": 2048}
LENGTHS |= {"Name": 255, "Owner": 255, "LocationUri": 1024}
NOT_EMPTY = ("Name", "Owner", "LocationUri")
ONE_LINE = ("Comment", "Type", "Name", "Owner")

Fault = Callable[["GlueFaults", str, dict[str, Any], AWSPreparedRequest], AWSResponse | None]


class GlueFaults:
    """Registers itself on a boto3 session. ``plan`` holds faults for the next calls of an operation;
    ``rate`` of all calls go wrong besides, by ``seed``. ``calls`` are those that arrived, in order."""

    def __init__(self, session: Any, *, page: int = 90, rate: float = 0.0, seed: int = 1) -> None:
        self.page = page
        self.rate = rate
        self.plan: dict[str, list[Fault]] = {}
        self.calls: list[tuple[str, dict[str, Any]]] = []
        self.archived = 0
        self._random = random.Random(seed)
        # botocore asks all handlers, whatever the first one answers: moto must not hear of it but from here.
        session.events.unregister("before-send", botocore_stubber)
        session.events.register_first("before-send.glue", self._send)

    def count(self) -> Counter[str]:
        return Counter(operation for operation, _ in self.calls)

    def moto(self, operation: str, body: dict[str, Any], request: AWSPreparedRequest) -> dict[str, Any]:
        """What moto answers, done; a refusal of its own comes back as it is, under ``__refused__``."""
        headers = {k: v for k, v in request.headers.items() if k.lower() != "content-length"}
        headers["X-Amz-Target"] = f"AWSGlue.{operation}"
        asked = AWSPreparedRequest(request.method, request.url, headers, json.dumps(body).encode(), False)
        answer = botocore_stubber("before-send.glue", asked)
        assert answer is not None, "moto is not on"
        content = json.loads(answer.content or b"{}")
        return content if answer.status_code == 200 else {"__refused__": (answer.status_code, content)}

    def _send(self, request: AWSPreparedRequest, **_: Any) -> AWSResponse | None:
        target = request.headers["X-Amz-Target"]
        operation = (target.decode() if isinstance(target, bytes) else target).rpartition(".")[2]
        body = json.loads(request.body or b"{}")
        self.calls.append((operation, body))
        wrong = self._limits(operation, body)
        if wrong:
            return refusal(request, "InvalidInputException", wrong)
        planned = self.plan.get(operation)
        if planned:
            answer = planned.pop(0)(self, operation, body, request)
            if answer is not None:
                return answer
        elif self.rate and self._random.random() < self.rate:
            writes = re.match("|".join(WRITES), operation) is not None
            fault = self._random.choice([throttled, lost, cut, failed] if writes else [throttled, failed])
            answer = fault(self, operation, body, request)
            if answer is not None:
                return answer
        return response(request, self.answer(operation, body, request))

    def answer(self, operation: str, body: dict[str, Any], request: AWSPreparedRequest) -> dict[str, Any]:
        """The service's answer to a call that goes well, done."""
        if operation == "UpdateTable":
            name = {"DatabaseName": body["DatabaseName"], "Name": body["TableInput"]["Name"]}
            found = self.moto("GetTable", name, request)
            stale = "VersionId" in body and found.get("Table", {}).get("VersionId") != body["VersionId"]
            if "Table" in found and stale:
                message = "Update table failed due to concurrent modifications."
                return {
                    "__refused__": (400, {"__type": "ConcurrentModificationException", "Message": message})
                }
            self.archived += not body.get("SkipArchive", False)
        given = self.moto(operation, body, request)
        field = PAGED.get(operation)
        if field and field in given:
            start, size = int(body.get("NextToken", 0)), min(self.page, body.get("MaxResults", 1000))
            items = given[field]
            given[field] = items[start : start + size]
            if start + size < len(items):
                given["NextToken"] = str(start + size)
        return given

    def _limits(self, operation: str, body: dict[str, Any]) -> str:
        field, most = ENTRIES.get(operation, ("", 0))
        if field and not 0 < len(body[field]) <= most:
            return f"{field} must have 1 to {most} members, has {len(body[field])}"
        if body.get("MaxResults", 1) > 1000:
            return "MaxResults must be at most 1000"
        return next(_too_long(body, ""), "")


def _too_long(value: Any, path: str) -> Any:
    if isinstance(value, dict):
        for key, inner in value.items():
            here = f"{path}.{key}"
            if key == "Parameters":
                for name, text in (inner or {}).items():
                    if not 0 < len(name) <= 255 or len(text) > 512000:
                        yield f"{here}: parameter {name!r} is too long"
            elif isinstance(inner, str):
                if len(inner) > LENGTHS.get(key, 1 << 20) or (not inner and key in NOT_EMPTY):
                    yield f"{here} has {len(inner)} characters"
                elif key in ONE_LINE and re.search(r"[\x00-\x08\x0a-\x1f]", inner):
                    yield f"{here} does not match the single-line pattern"
            else:
                yield from _too_long(inner, here)
    elif isinstance(value, list):
        for index, inner in enumerate(value):
            if isinstance(inner, str) and len(inner) > 1024:
                yield f"{path}[{index}] has {len(inner)} characters"
            yield from _too_long(inner, f"{path}[{index}]")


def throttled(
    layer: GlueFaults, operation: str, body: dict[str, Any], request: AWSPreparedRequest
) -> AWSResponse:
    """Turned away; nothing is done."""
    return refusal(request, "ThrottlingException", "Rate exceeded")


def failed(
    layer: GlueFaults, operation: str, body: dict[str, Any], request: AWSPreparedRequest
) -> AWSResponse:
    """The service fails before it has done anything, and says so."""
    return refusal(request, "InternalServiceException", "Service unavailable", status=500)


def lost(layer: GlueFaults, operation: str, body: dict[str, Any], request: AWSPreparedRequest) -> AWSResponse:
    """The work is done, the answer is an error."""
    layer.answer(operation, body, request)
    return refusal(request, "InternalServiceException", "Service unavailable", status=500)


def cut(layer: GlueFaults, operation: str, body: dict[str, Any], request: AWSPreparedRequest) -> AWSResponse:
    """The work is done, the connection breaks."""
    layer.answer(operation, body, request)
    raise ConnectionClosedError(endpoint_url=request.url)


def entries_fail(*which: int, code: str = "InternalServiceException", done: bool = False) -> Fault:
    """The entries at these places fail alone (``done``: although they were done); the rest is done."""

    def fault(
        layer: GlueFaults, operation: str, body: dict[str, Any], request: AWSPreparedRequest
    ) -> AWSResponse:
        field, _ = ENTRIES[operation]
        kept = [one for index, one in enumerate(body[field]) if done or index not in which]
        given = layer.answer(operation, {**body, field: kept}, request) if kept else {}
        errors = list(given.get("Errors", ()))
        for index in which:
            entry = body[field][index]
            key = "PartitionValueList" if operation == "BatchUpdatePartition" else "PartitionValues"
            values = entry.get("PartitionValueList") or entry["Values"]
            errors.append({key: values, "ErrorDetail": {"ErrorCode": code, "ErrorMessage": "it failed"}})
        return response(request, {"Errors": errors})

    return fault


def half_unprocessed(
    layer: GlueFaults, operation: str, body: dict[str, Any], request: AWSPreparedRequest
) -> AWSResponse:
    """BatchGetPartition that answers for half of the keys."""
    keys = body["PartitionsToGet"]
    given = layer.answer(operation, {**body, "PartitionsToGet": keys[: len(keys) // 2]}, request)
    return response(request, {**given, "UnprocessedKeys": keys[len(keys) // 2 :]})


def refusal(request: AWSPreparedRequest, code: str, message: str, status: int = 400) -> AWSResponse:
    return response(request, {"__refused__": (status, {"__type": code, "Message": message})})


def response(request: AWSPreparedRequest, content: dict[str, Any]) -> AWSResponse:
    status, content = content.get("__refused__", (200, content))
    raw = _Raw(json.dumps(content).encode())
    return AWSResponse(request.url, status, {"x-amzn-RequestId": "fault-layer"}, raw)


class _Raw:
    """The little that botocore wants of a raw response."""

    def __init__(self, content: bytes) -> None:
        self._content = content

    def stream(self, *_: Any, **__: Any) -> Any:
        yield self._content
