"""Calls on EMR and EMR Serverless, and what their errors mean."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from typing import Any

from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError

from runner import aws
from warehouse.errors import OutsideError

_NAMES = {"emr": ("EMR", "elasticmapreduce"), "emr-serverless": ("EMR Serverless", "emr-serverless")}
_TURNED_AWAY = 6
"""How often a call that was throttled is sent, half a minute in all."""


class Service:
    """``emr`` or ``emr-serverless`` in a region, with AWS's default chain of credentials."""

    def __init__(
        self, kind: str, region: str = "", endpoint: str = "", pause: Callable[[float], None] = time.sleep
    ) -> None:
        self._kind = kind
        self._region, self._endpoint = region, endpoint
        self._pause = pause
        self._made: dict[bool, Any] = {}
        self._lock = threading.Lock()

    def __call__(self, operation: str, **arguments: Any) -> dict[str, Any]:
        """One call, repeated by the SDK where it may help; :class:`OutsideError` when it is refused."""
        try:
            answer: dict[str, Any] = getattr(self._client(), operation)(**arguments)
            return answer
        except ClientError as error:
            raise self._meaning(operation, error) from error
        except BotoCoreError as error:
            raise aws.unreachable(error, self.name) from error

    def once(self, operation: str, **arguments: Any) -> dict[str, Any]:
        """One call that must not be done twice: two clusters cost twice, and two steps of one command would
        write into the same directories. It is sent again only when it was turned away."""
        for attempt in range(_TURNED_AWAY):
            try:
                answer: dict[str, Any] = getattr(self._client(once=True), operation)(**arguments)
                return answer
            except ClientError as error:
                if aws.code_of(error) not in aws.THROTTLED or attempt == _TURNED_AWAY - 1:
                    raise self._meaning(operation, error) from error
            except BotoCoreError as error:
                raise aws.unreachable(error, self.name) from error
            self._pause(0.5 * 2**attempt)
        raise AssertionError("the last attempt answers or raises")

    def pages(self, operation: str, field: str, token: str, **arguments: Any) -> list[dict[str, Any]]:
        """The items of ``field`` on all pages; ``token`` is what asks for the next one."""
        found: list[dict[str, Any]] = []
        while True:
            page = self(operation, **arguments)
            found += page.get(field, ())
            if not page.get(token):
                return found
            arguments[token] = page[token]

    @property
    def name(self) -> str:
        return _NAMES[self._kind][0]

    def _meaning(self, operation: str, error: ClientError) -> OutsideError:
        action = "".join(part.capitalize() for part in operation.split("_"))
        refused = aws.refused(error, f"{_NAMES[self._kind][1]}:{action}", self._region or "this region")
        if refused is not None:
            return refused
        why = f"{aws.code_of(error)}: {aws.message_of(error)}"
        if "release" in why.lower():
            return OutsideError(
                f"{self.name} has no such release", why=why, fix="correct `release` of the target"
            )
        return OutsideError(f"{self.name} refused {action}", why=why)

    def _client(self, *, once: bool = False) -> Any:
        with self._lock:
            if once not in self._made:
                retries = {
                    "total_max_attempts": 1 if once else 10,
                    "mode": "standard" if once else "adaptive",
                }
                config = Config(retries=retries, connect_timeout=10, read_timeout=60)
                self._made[once] = aws.session().client(
                    self._kind,
                    region_name=self._region or None,
                    endpoint_url=self._endpoint or None,
                    config=config,
                )
            return self._made[once]
