"""Clusters of EMR on EC2: found by name, made where there is none, ended."""

from __future__ import annotations

import os
import re
import socket
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from runner.claims import process_lives
from runner.emr import jobflow
from runner.emr.service import Service
from warehouse.clusters import TRANSIENT, Emr
from warehouse.config import expand
from warehouse.errors import Location, OutsideError, ProjectError

ACTIVE = ("STARTING", "BOOTSTRAPPING", "RUNNING", "WAITING")
TRANSIENT_IDLE = 300.0
"""Seconds after which EMR itself ends a transient cluster whose runner is gone."""

_HOST = re.sub(r"[^A-Za-z0-9.-]", "-", socket.gethostname())


@dataclass(frozen=True)
class Cluster:
    """``ours`` is whether it has the target's name; ``since`` is UTC."""

    id: str
    name: str
    state: str
    since: str
    ours: bool


class Clusters:
    """The clusters of one target. ``metastore`` are Hive's settings for a cluster to find it."""

    def __init__(
        self, service: Service, target: str, settings: Emr, metastore: Mapping[str, str],
        progress: Callable[[str], None],
    ) -> None:  # fmt: skip
        self.service = service
        self.settings = settings
        self._metastore = metastore
        self._progress = progress
        self._target = target
        configured = expand(settings.cluster)
        self.transient = configured == TRANSIENT
        self.name = configured if configured and not self.transient else f"warehouse-{target}"

    def list(self) -> list[Cluster]:
        """All that are active in the region, newest first."""
        pages = self.service.pages("list_clusters", "Clusters", "Marker", ClusterStates=list(ACTIVE))
        found = [
            Cluster(c["Id"], c.get("Name", ""), c["Status"]["State"], _since(c), self._ours(c))
            for c in pages
            if c["Status"]["State"] in ACTIVE
        ]
        return sorted(found, key=lambda c: (c.since, c.id), reverse=True)

    def _ours(self, cluster: dict[str, Any]) -> bool:
        name = str(cluster.get("Name", ""))
        return self.name in (name, cluster["Id"]) or _transient(self._target, name) is not None

    def find(self) -> Cluster | None:
        """The target's cluster, the newest if there are several."""
        return next((c for c in self.list() if self.name in (c.name, c.id)), None)

    def required(self) -> str:
        """The id of the target's cluster; :class:`OutsideError` where none is active."""
        found = self.find()
        if found is None:
            raise OutsideError(f"no cluster {self.name!r} is running", fix="make it: warehouse emr create")
        return found.id

    def create(self) -> tuple[str, bool]:
        """The id of the target's cluster, and whether it was made now."""
        if self.transient:
            raise ProjectError(
                f"target {self._target!r} has transient clusters: each command makes its own",
                where=Location("pyproject.toml"),
                fix="give `cluster` a name for one that stays",
            )
        found = self.find()
        if found is not None:
            return found.id, False
        return self._make(self.name, self.settings.idle_minutes * 60), True

    def create_transient(self) -> str:
        """A cluster for this process alone; what a dead process of this machine left is ended first."""
        for cluster in self.list():
            owner = _transient(self._target, cluster.name)
            if owner is not None and owner[0] == _HOST and not process_lives(owner[1]):
                self._progress(f"ending {cluster.id}, left by a command that died")
                self.terminate(cluster.id)
        return self._make(f"warehouse-{self._target} transient {_HOST} {os.getpid()}", TRANSIENT_IDLE)

    def terminate(self, cluster: str) -> None:
        self.service("terminate_job_flows", JobFlowIds=[cluster])

    def _make(self, name: str, idle: float) -> str:
        said = jobflow.cost(self.settings)
        self._progress(f"making a cluster of {expand(self.settings.release)}" + (f": {said}" if said else ""))
        asked = jobflow.request(name, self.settings, self._metastore, idle)
        return str(self.service.once("run_job_flow", **asked)["JobFlowId"])


def _since(cluster: dict[str, Any]) -> str:
    made = cluster["Status"].get("Timeline", {}).get("CreationDateTime")
    return f"{made:%Y-%m-%d %H:%M:%S}" if made else ""


def _transient(target: str, name: str) -> tuple[str, int] | None:
    """Machine and process that a transient cluster was made for."""
    found = re.fullmatch(rf"warehouse-{re.escape(target)} transient (\S+) (\d+)", name)
    return (found[1], int(found[2])) if found else None
