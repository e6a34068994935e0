"""Applications of EMR Serverless: found by name, made where there is none, stopped."""

from __future__ import annotations

import re
import uuid
from collections.abc import Callable
from typing import Any

from runner.emr.clusters import Cluster
from runner.emr.service import Service
from warehouse.clusters import Serverless, Workers
from warehouse.config import expand
from warehouse.errors import OutsideError

_ENDED = "TERMINATED"


class Applications:
    """The applications of one target."""

    def __init__(
        self, service: Service, target: str, settings: Serverless, progress: Callable[[str], None]
    ) -> None:
        self.service = service
        self.settings = settings
        self._progress = progress
        self._target = target
        self.name = expand(settings.application) or f"warehouse-{target}"

    def list(self) -> list[Cluster]:
        """All of the region that can be used, newest first."""
        found = [
            Cluster(a["id"], a.get("name", ""), a["state"], f"{a['createdAt']:%Y-%m-%d %H:%M:%S}",
                    self.name in (a.get("name"), a["id"]))
            for a in self.service.pages("list_applications", "applications", "nextToken")
            if a["state"] != _ENDED
        ]  # fmt: skip
        return sorted(found, key=lambda a: (a.since, a.id), reverse=True)

    def required(self) -> str:
        """The id of the target's application; :class:`OutsideError` where there is none."""
        found = self._find()
        if found is None:
            raise OutsideError(f"there is no application {self.name!r}", fix="make it: warehouse emr create")
        return found.id

    def create(self) -> tuple[str, bool]:
        """The id of the target's application, and whether it was made now."""
        found = self._find()
        if found is not None:
            return found.id, False
        said = cost(self.settings)
        self._progress(
            f"making an application of {expand(self.settings.release)}" + (f": {said}" if said else "")
        )
        asked = request(self.name, self._target, self.settings)
        answer = self.service("create_application", clientToken=str(uuid.uuid4()), **asked)
        return str(answer["applicationId"]), True

    def terminate(self, application: str) -> None:
        """It stops, and costs nothing until a job starts it again."""
        self.service("stop_application", applicationId=application)

    def _find(self) -> Cluster | None:
        return next((a for a in self.list() if a.ours), None)


def request(name: str, target: str, settings: Serverless) -> dict[str, Any]:
    """The arguments of ``create_application``."""
    asked: dict[str, Any] = {
        "name": name,
        "releaseLabel": expand(settings.release),
        "type": "SPARK",
        "autoStartConfiguration": {"enabled": True},
        "autoStopConfiguration": {"enabled": True, "idleTimeoutMinutes": settings.idle_minutes},
        "tags": {"warehouse-target": target} | {k: expand(v) for k, v in settings.tags.items()},
    }
    ready = {"DRIVER": settings.driver, "EXECUTOR": settings.executors}
    capacity = {kind: _ready(workers) for kind, workers in ready.items() if workers is not None}
    if capacity:
        asked["initialCapacity"] = capacity
    most = {"cpu": settings.maximum_cpu, "memory": settings.maximum_memory}
    if any(most.values()):
        asked["maximumCapacity"] = {k: v for k, v in most.items() if v}
    if settings.subnets:
        asked["networkConfiguration"] = {
            "subnetIds": [expand(s) for s in settings.subnets],
            "securityGroupIds": [expand(s) for s in settings.security_groups],
        }
    return asked


def _ready(workers: Workers) -> dict[str, Any]:
    shape = {"cpu": workers.cpu, "memory": workers.memory}
    if workers.disk:
        shape["disk"] = workers.disk
    return {"workerCount": workers.count, "workerConfiguration": shape}


def cost(settings: Serverless) -> str:
    """What is paid an hour, for people; empty where no prices are configured."""
    if not {"cpu", "memory"} <= settings.prices.keys():
        return ""
    ready = [w for w in (settings.driver, settings.executors) if w is not None]
    cpu = sum(w.count * _number(w.cpu) for w in ready)
    memory = sum(w.count * _number(w.memory) for w in ready)
    now = cpu * settings.prices["cpu"] + memory * settings.prices["memory"]
    said = f"{now:.2f} USD an hour while its workers are kept ready"
    if settings.maximum_cpu and settings.maximum_memory:
        most = (
            _number(settings.maximum_cpu) * settings.prices["cpu"]
            + _number(settings.maximum_memory) * settings.prices["memory"]
        )
        said += f", at most {most:.2f}"
    return said


def _number(text: str) -> float:
    found = re.match(r"\s*([\d.]+)", text)
    return float(found[1]) if found else 0.0
