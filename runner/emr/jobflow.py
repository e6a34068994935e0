"""What EMR is asked for when a cluster is made, and what that costs: values only."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from warehouse.clusters import Emr, Nodes
from warehouse.config import expand

GLUE = {
    "hive.metastore.client.factory.class": (
        "com.amazonaws.glue.catalog.metastore.AWSGlueDataCatalogHiveClientFactory"
    )
}
"""How a Spark of AWS's finds Glue's catalog."""

POLICY_TAG = ("for-use-with-amazon-emr-managed-policies", "true")
"""Without it AWS's own policy for the service role allows nothing."""


def request(name: str, settings: Emr, metastore: Mapping[str, str], idle: float) -> dict[str, Any]:
    """The arguments of ``run_job_flow``. ``metastore`` are Hive's settings for it, ``idle`` is in seconds."""
    classes = {"spark-hive-site": dict(metastore)}
    if "Hive" in settings.applications:
        classes["hive-site"] = dict(metastore)
    for kind, properties in settings.configurations.items():
        classes[kind] = {**classes.get(kind, {}), **properties}
    asked: dict[str, Any] = {
        "Name": name,
        "ReleaseLabel": expand(settings.release),
        "Applications": [{"Name": one} for one in settings.applications],
        "Configurations": [{"Classification": k, "Properties": v} for k, v in classes.items() if v],
        "Instances": {**_machines(settings), "KeepJobFlowAliveWhenNoSteps": True},
        "ServiceRole": expand(settings.service_role),
        "JobFlowRole": expand(settings.job_role),
        "VisibleToAllUsers": True,
        "AutoTerminationPolicy": {"IdleTimeout": int(min(max(idle, 60), 7 * 86400))},
        "Tags": [{"Key": k, "Value": expand(v)} for k, v in (dict([POLICY_TAG]) | settings.tags).items()],
        # Commands that run at the same time are not kept waiting for each other.
        "StepConcurrencyLevel": 10,
    }
    if settings.log_uri:
        asked["LogUri"] = f"{expand(settings.log_uri).rstrip('/')}/"
    if settings.security_configuration:
        asked["SecurityConfiguration"] = expand(settings.security_configuration)
    if settings.scaling is not None:
        asked["ManagedScalingPolicy"] = {"ComputeLimits": _limits(settings)}
    return asked


def fleets(settings: Emr) -> bool:
    """Whether machines come as instance fleets: where there is a choice of types, or of subnets."""
    return len(settings.subnets) > 1 or any(len(nodes.types) > 1 for _, nodes in _roles(settings))


def _roles(settings: Emr) -> list[tuple[str, Nodes]]:
    found = [("MASTER", settings.primary), ("CORE", settings.core), ("TASK", settings.task)]
    return [(role, nodes) for role, nodes in found if nodes is not None and nodes.count > 0]


def _machines(settings: Emr) -> dict[str, Any]:
    subnets = [expand(subnet) for subnet in settings.subnets]
    if fleets(settings):
        several = {"Ec2SubnetIds": subnets} if subnets else {}
        return {"InstanceFleets": [_fleet(role, nodes) for role, nodes in _roles(settings)], **several}
    where = {"Ec2SubnetId": subnets[0]} if subnets else {}
    return {"InstanceGroups": [_group(role, nodes) for role, nodes in _roles(settings)], **where}


def _group(role: str, nodes: Nodes) -> dict[str, Any]:
    return {
        "Name": role.lower(),
        "InstanceRole": role,
        "InstanceType": nodes.types[0],
        "InstanceCount": nodes.count,
        "Market": "SPOT" if nodes.spot else "ON_DEMAND",
        **_disk(nodes),
    }


def _fleet(role: str, nodes: Nodes) -> dict[str, Any]:
    fleet: dict[str, Any] = {
        "Name": role.lower(),
        "InstanceFleetType": role,
        "TargetSpotCapacity" if nodes.spot else "TargetOnDemandCapacity": nodes.count,
        "InstanceTypeConfigs": [
            {"InstanceType": one, "WeightedCapacity": 1, **_disk(nodes)} for one in nodes.types
        ],
    }
    if nodes.spot:  # where no spot machines can be had, others are taken: a run that waits costs more
        fleet["LaunchSpecifications"] = {
            "SpotSpecification": {
                "TimeoutDurationMinutes": 10,
                "TimeoutAction": "SWITCH_TO_ON_DEMAND",
                "AllocationStrategy": "price-capacity-optimized",
            }
        }
    return fleet


def _disk(nodes: Nodes) -> dict[str, Any]:
    if not nodes.disk_gb:
        return {}
    volume = {"VolumeType": "gp3", "SizeInGB": nodes.disk_gb}
    return {"EbsConfiguration": {"EbsBlockDeviceConfigs": [{"VolumeSpecification": volume}]}}


def _limits(settings: Emr) -> dict[str, Any]:
    assert settings.scaling is not None
    scaling = settings.scaling
    limits: dict[str, Any] = {
        "UnitType": "InstanceFleetUnits" if fleets(settings) else "Instances",
        "MinimumCapacityUnits": scaling.minimum,
        "MaximumCapacityUnits": scaling.maximum,
    }
    if scaling.on_demand:
        limits["MaximumOnDemandCapacityUnits"] = scaling.on_demand
    if scaling.core:
        limits["MaximumCoreCapacityUnits"] = scaling.core
    return limits


def cost(settings: Emr) -> str:
    """What the cluster costs an hour, for people; empty where no price is known.

    Spot machines count as others do, so that it costs no more than is said.
    """
    if not settings.prices:
        return ""
    unknown = {one for _, nodes in _roles(settings) for one in nodes.types} - settings.prices.keys()
    if unknown:
        return f"cost unknown: no price of {', '.join(sorted(unknown))} is configured"

    def each(nodes: Nodes) -> float:
        return max(settings.prices[one] for one in nodes.types)

    first = settings.primary.count * each(settings.primary)
    workers = [(n.count, each(n)) for role, n in _roles(settings) if role != "MASTER"]
    now = first + sum(count * price for count, price in workers)
    if settings.scaling is None or not workers:
        return f"at most {now:.2f} USD an hour"
    most = first + settings.scaling.maximum * max(price for _, price in workers)
    return f"at most {now:.2f} USD an hour to begin with, {max(now, most):.2f} at its largest"
