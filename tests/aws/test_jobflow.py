"""What EMR and EMR Serverless are asked for, held against the services' own model, and what it costs."""

from __future__ import annotations

from typing import Any

import botocore.session
import pytest
from botocore.validate import ParamValidator

from runner.emr import applications, jobflow
from warehouse.clusters import Emr, Nodes, Scaling, Serverless, Workers

THRIFT = {"hive.metastore.uris": "thrift://metastore:9083"}


def accepted(service: str, operation: str, asked: dict[str, Any]) -> None:
    model = botocore.session.get_session().get_service_model(service).operation_model(operation)
    report = ParamValidator().validate(asked, model.input_shape)
    assert not report.has_errors(), report.generate_report()


FULL = Emr(
    release="emr-7.13.0",
    applications=("Spark", "Hive"),
    log_uri="s3://logs/emr",
    subnets=("subnet-1", "subnet-2"),
    security_configuration="encrypted",
    core=Nodes(("m6g.xlarge", "m5.xlarge"), 2, disk_gb=100),
    task=Nodes(("r6g.xlarge",), 4, spot=True),
    scaling=Scaling(2, 20, on_demand=4, core=3),
    configurations={"spark-defaults": {"spark.dynamicAllocation.enabled": "true"}},
    tags={"team": "data"},
)


@pytest.mark.parametrize("settings", [Emr(), FULL], ids=["least", "all"])
def test_a_cluster_is_asked_for_in_emrs_words(settings: Emr) -> None:
    accepted("emr", "RunJobFlow", jobflow.request("name", settings, jobflow.GLUE, 3600))


def test_the_metastore_is_where_spark_and_hive_look() -> None:
    asked = jobflow.request("name", FULL, THRIFT, 60)
    found = {c["Classification"]: c["Properties"] for c in asked["Configurations"]}
    assert found["spark-hive-site"] == found["hive-site"] == THRIFT
    assert found["spark-defaults"] == {"spark.dynamicAllocation.enabled": "true"}
    assert "hive-site" not in {
        c["Classification"] for c in jobflow.request("name", Emr(), THRIFT, 60)["Configurations"]
    }


def test_a_choice_of_types_makes_fleets_with_spot_that_falls_back() -> None:
    asked = jobflow.request("name", FULL, THRIFT, 60)
    primary, core, task = asked["Instances"]["InstanceFleets"]
    assert (primary["TargetOnDemandCapacity"], core["TargetOnDemandCapacity"]) == (1, 2)
    assert task["TargetSpotCapacity"] == 4
    assert task["LaunchSpecifications"]["SpotSpecification"]["TimeoutAction"] == "SWITCH_TO_ON_DEMAND"
    assert asked["Instances"]["Ec2SubnetIds"] == ["subnet-1", "subnet-2"]
    assert asked["ManagedScalingPolicy"]["ComputeLimits"] == {
        "UnitType": "InstanceFleetUnits", "MinimumCapacityUnits": 2, "MaximumCapacityUnits": 20,
        "MaximumOnDemandCapacityUnits": 4, "MaximumCoreCapacityUnits": 3,
    }  # fmt: skip


def test_one_type_makes_groups() -> None:
    groups = jobflow.request("name", Emr(subnets=("subnet-1",)), THRIFT, 60)["Instances"]
    assert [(g["InstanceRole"], g["InstanceCount"]) for g in groups["InstanceGroups"]] == [
        ("MASTER", 1), ("CORE", 2),
    ]  # fmt: skip
    assert groups["Ec2SubnetId"] == "subnet-1"


@pytest.mark.parametrize(("seconds", "told"), [(1, 60), (3600, 3600), (1e9, 7 * 86400)])
def test_idle_clusters_always_end(seconds: float, told: int) -> None:
    policy = jobflow.request("name", Emr(), THRIFT, seconds)["AutoTerminationPolicy"]
    assert policy == {"IdleTimeout": told}


def test_what_it_costs_is_no_more_than_said() -> None:
    prices = {"m6g.xlarge": 0.2, "m5.xlarge": 0.25, "r6g.xlarge": 0.3}
    assert jobflow.cost(Emr()) == ""
    assert jobflow.cost(Emr(prices={"m6g.xlarge": 0.2})) == "at most 0.60 USD an hour"
    assert "no price of m6g.xlarge" in jobflow.cost(Emr(prices={"m5.xlarge": 0.2}))
    full = Emr(core=FULL.core, task=FULL.task, scaling=FULL.scaling, prices=prices)
    # 1 x 0.2 + 2 x 0.25 + 4 x 0.3, then 1 x 0.2 + 20 x 0.3
    assert jobflow.cost(full) == "at most 1.90 USD an hour to begin with, 6.20 at its largest"


def test_a_serverless_application_has_its_capacity_and_its_price() -> None:
    settings = Serverless(
        driver=Workers(1, "2 vCPU", "8 GB"), executors=Workers(4, "4 vCPU", "16 GB", "100 GB"),
        maximum_cpu="100 vCPU", maximum_memory="400 GB", subnets=("subnet-1",), security_groups=("sg-1",),
        prices={"cpu": 0.05, "memory": 0.005},
    )  # fmt: skip
    asked = applications.request("name", "prod", settings)
    accepted("emr-serverless", "CreateApplication", {"clientToken": "x", **asked})
    assert asked["initialCapacity"]["EXECUTOR"] == {
        "workerCount": 4,
        "workerConfiguration": {"cpu": "4 vCPU", "memory": "16 GB", "disk": "100 GB"},
    }
    # 18 vCPU x 0.05 + 72 GB x 0.005, at most 100 x 0.05 + 400 x 0.005
    assert applications.cost(settings) == "1.26 USD an hour while its workers are kept ready, at most 7.00"
    accepted(
        "emr-serverless",
        "CreateApplication",
        {"clientToken": "x", **applications.request("n", "p", Serverless())},
    )
