"""S3 and Glue on a bad day: some calls are turned away, fail, or are done and their answer is lost."""

from __future__ import annotations

import random
import threading
from collections import Counter
from collections.abc import Callable

from tests.aws.gate import Answered, Asked, CutError, Send, json_error, s3_error

Fault = Callable[[Asked, Send], Answered]


def _throttled(asked: Asked, send: Send) -> Answered:
    if asked.scope[1] == "s3":
        return s3_error(503, "SlowDown", "Please reduce your request rate.")
    return json_error(400, "ThrottlingException", "Rate exceeded")


def _failed(asked: Asked, send: Send) -> Answered:
    if asked.scope[1] == "s3":
        return s3_error(500, "InternalError", "We encountered an internal error. Please try again.")
    return json_error(500, "InternalServiceException", "Service unavailable")


def _timed_out(asked: Asked, send: Send) -> Answered:
    if asked.scope[1] == "s3" and not asked.body:
        return _failed(asked, send)  # it is about what was not sent in time
    if asked.scope[1] == "s3":
        return s3_error(400, "RequestTimeout", "Your socket connection to the server was not read from.")
    return json_error(400, "OperationTimeoutException", "The operation timed out")


def _cut(asked: Asked, send: Send) -> Answered:
    raise CutError


def _failed_afterwards(asked: Asked, send: Send) -> Answered:
    send(asked)
    return _failed(asked, send)


def _cut_afterwards(asked: Asked, send: Send) -> Answered:
    send(asked)
    raise CutError


def _raced(asked: Asked, send: Send) -> Answered:
    """Another conditional write of the same key is under way."""
    if "if-match" in asked.headers or "if-none-match" in asked.headers:
        return s3_error(409, "ConditionalRequestConflict", "Try again.")
    return send(asked)


FAULTS: tuple[Fault, ...] = (
    _throttled, _failed, _timed_out, _cut, _failed_afterwards, _cut_afterwards, _raced
)  # fmt: skip


class BadDay:
    """``rate`` of the calls to S3 and Glue go wrong, by ``seed``; ``said`` counts how."""

    def __init__(self, rate: float, seed: int) -> None:
        self.rate = rate
        self.said: Counter[str] = Counter()
        self.calls = 0
        self._random = random.Random(seed)
        self._lock = threading.Lock()

    def __call__(self, asked: Asked, send: Send) -> Answered:
        if asked.scope[1] not in ("s3", "glue"):
            return send(asked)
        with self._lock:
            self.calls += 1
            fault = self._random.choice(FAULTS) if self._random.random() < self.rate else None
            if fault is not None:
                self.said[f"{asked.scope[1]} {fault.__name__}"] += 1
        return send(asked) if fault is None else fault(asked, send)
