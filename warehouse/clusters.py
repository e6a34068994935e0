"""What pyproject.toml says of clusters: ``[tool.warehouse.targets.X.emr]`` and ``….emr_serverless``.

Texts may hold ``${NAME}``, taken from the environment: a role's ARN has an account id, and that stands in no
file.
"""

from __future__ import annotations

import msgspec

RELEASE = "emr-7.13.0"
"""Spark 3.5.6, as on a developer's machine."""

TRANSIENT = "transient"


class _Settings(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    pass


class Nodes(_Settings, frozen=True):
    """Machines of one role. Several ``types`` make an instance fleet, which takes whichever can be had."""

    types: tuple[str, ...] = ("m6g.xlarge",)
    count: int = 1
    spot: bool = False
    disk_gb: int = 0


class Scaling(_Settings, frozen=True):
    """EMR's managed scaling, in machines (core and task together; in units where there are fleets).

    ``on_demand`` is the most of them that are not spot, ``core`` the most that are core; 0 is no limit.
    """

    minimum: int
    maximum: int
    on_demand: int = 0
    core: int = 0


class Emr(_Settings, frozen=True):
    """A cluster on EC2. ``cluster`` is its name, an id (``j-…``) or ``transient``: made for a command and
    ended with it. ``prices`` are USD an hour by machine type, EMR's part included. ``start_minutes`` is how
    long a step may wait for its start.
    """

    cluster: str = ""
    release: str = RELEASE
    applications: tuple[str, ...] = ("Spark",)
    log_uri: str = ""
    subnets: tuple[str, ...] = ()
    service_role: str = "EMR_DefaultRole"
    job_role: str = "EMR_EC2_DefaultRole"
    security_configuration: str = ""
    primary: Nodes = Nodes()
    core: Nodes = Nodes(count=2)
    task: Nodes | None = None
    scaling: Scaling | None = None
    idle_minutes: float = 60
    start_minutes: float = 30
    configurations: dict[str, dict[str, str]] = {}
    tags: dict[str, str] = {}
    prices: dict[str, float] = {}


class Workers(_Settings, frozen=True):
    """Workers that are kept ready, in the service's words: ``4 vCPU``, ``16 GB``."""

    count: int
    cpu: str = "4 vCPU"
    memory: str = "16 GB"
    disk: str = ""


class Serverless(_Settings, frozen=True):
    """An application of EMR Serverless: its name or id, and the ``role`` (ARN) that its jobs have.

    ``maximum_cpu`` and ``maximum_memory`` bound the whole application; ``driver`` and ``executors`` are its
    pre-initialised capacity. It stops after ``idle_minutes``. ``prices`` are USD an hour for ``cpu`` (one
    vCPU) and ``memory`` (one GB).
    """

    application: str = ""
    release: str = RELEASE
    role: str = ""
    log_uri: str = ""
    subnets: tuple[str, ...] = ()
    security_groups: tuple[str, ...] = ()
    driver: Workers | None = None
    executors: Workers | None = None
    maximum_cpu: str = ""
    maximum_memory: str = ""
    idle_minutes: int = 15
    start_minutes: float = 30
    timeout_minutes: int = 720
    tags: dict[str, str] = {}
    prices: dict[str, float] = {}
