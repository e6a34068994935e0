"""The engines whose Spark runs in another process or on a cluster, made from a target's settings."""

from __future__ import annotations

import functools
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from runner import s3a
from runner.engines import Engine, Progress
from runner.engines.submitted import SubmittedEngine, Submitter
from runner.stores import Store
from warehouse.config import Target, expand
from warehouse.errors import Location, ProjectError
from warehouse.settings import in_utc

if TYPE_CHECKING:
    from runner.emr.applications import Applications
    from runner.emr.clusters import Clusters


class Place(Protocol):
    """What is known of a target where its runs go elsewhere (:class:`runner.lake.Lake` knows it)."""

    target_name: str
    target: Target
    store: Store
    progress: Progress

    @property
    def on_s3(self) -> bool: ...
    @property
    def state_directory(self) -> Path: ...
    @property
    def metastore_uri(self) -> str: ...
    def aws(self) -> tuple[str, str]: ...


COMMON = {
    "spark.scheduler.mode": "FAIR",
    # As LocalEngine's: classes that Spark compiled are kept from date to date.
    "spark.sql.codegen.cache.maxEntries": "2000",
    "spark.hadoop.hive.exec.dynamic.partition.mode": "nonstrict",
    # One attempt, one run id: a second driver would write into the directories of the first.
    "spark.yarn.maxAppAttempts": "1",
}
"""Settings of every application; a target's ``spark`` settings come after them."""


def engine(lake: Place, reader: Callable[[], Engine]) -> Engine:
    """The engine of a target that is not ``local``. ``reader`` makes one that answers queries."""
    return SubmittedEngine(lake.store, _SUBMITTERS[lake.target.engine](lake), reader, lake.progress)


def _spark_submit(lake: Place) -> Submitter:
    from runner.emr.jobflow import GLUE
    from runner.engines.spark_submit import SparkSubmit, find_program

    target = lake.target
    program, environment, own = find_program(expand(target.spark_submit))
    if expand(target.metastore) == "glue":
        if own:
            raise ProjectError(
                "the Spark of the package pyspark cannot read Glue's catalog",
                where=Location("pyproject.toml"),
                fix="set `spark_submit` of the target to a Spark that has AWS's Glue client",
            )
        settings = {**COMMON, **{f"spark.hadoop.{key}": value for key, value in GLUE.items()}}
    else:
        settings = {**COMMON, "spark.hadoop.hive.metastore.uris": lake.metastore_uri}
    if lake.on_s3:
        settings |= s3a.submit_settings(*lake.aws(), s3a.jars(lake.progress) if own else None)
    return SparkSubmit(
        program, expand(target.master), in_utc({**settings, **target.spark}),
        lake.state_directory / "logs" / "spark-submit.log", environment,
    )  # fmt: skip


def _emr(lake: Place) -> Submitter:
    from runner.emr import logs
    from runner.engines.emr import EmrSteps

    region, endpoint = lake.aws()
    log = functools.partial(logs.told, region=region, endpoint=endpoint, progress=lake.progress)
    return EmrSteps(clusters(lake), _on_aws(lake), log, lake.progress)


def _serverless(lake: Place) -> Submitter:
    from runner.emr import logs
    from runner.engines.emr_serverless import ServerlessJobs

    region, endpoint = lake.aws()
    log = functools.partial(logs.told, region=region, endpoint=endpoint, progress=lake.progress)
    return ServerlessJobs(applications(lake), _on_aws(lake), log, lake.progress)


def applications(lake: Place) -> Applications:
    """The applications of a target whose engine is ``emr-serverless``."""
    from runner.emr.applications import Applications
    from runner.emr.service import Service

    service = Service("emr-serverless", *lake.aws())
    return Applications(service, lake.target_name, lake.target.emr_serverless, lake.progress)


def clusters(lake: Place) -> Clusters:
    """The clusters of a target whose engine is ``emr``."""
    from runner.emr.clusters import Clusters
    from runner.emr.service import Service

    return Clusters(
        Service("emr", *lake.aws()), lake.target_name, lake.target.emr, _hive(lake), lake.progress
    )


def machines(lake: Place) -> Clusters | Applications:
    """What the target's engine runs on: ``create``, ``list`` and ``terminate`` it."""
    if lake.target.engine == "emr":
        return clusters(lake)
    if lake.target.engine == "emr-serverless":
        return applications(lake)
    raise ProjectError(
        f"target {lake.target_name!r} has no cluster of its own: its engine is {lake.target.engine}",
        fix='name one with engine = "emr" or "emr-serverless": warehouse --target NAME emr …',
    )


def _on_aws(lake: Place) -> dict[str, str]:
    """Spark's settings of an application on a service of AWS's, which knows S3 itself."""
    if not lake.on_s3:
        raise ProjectError(
            f"the lake of target {lake.target_name!r} is on this machine",
            where=Location("pyproject.toml"),
            fix='engines of AWS reach lake = "s3://bucket/prefix"',
        )
    hive = {f"spark.hadoop.{key}": value for key, value in _hive(lake).items()}
    return in_utc({**COMMON, **hive, **lake.target.spark})


def _hive(lake: Place) -> dict[str, str]:
    """Hive's settings for a cluster to find the target's metastore."""
    from runner.emr.jobflow import GLUE

    where = expand(lake.target.metastore)
    if where == "glue":
        return GLUE
    if where == "embedded":
        raise ProjectError(
            f"target {lake.target_name!r} has a metastore on this machine, which no cluster reaches",
            where=Location("pyproject.toml"),
            fix='use metastore = "glue", or "thrift://host:9083"',
        )
    return {"hive.metastore.uris": lake.metastore_uri}


_SUBMITTERS: dict[str, Callable[[Place], Submitter]] = {
    "spark-submit": _spark_submit,
    "emr": _emr,
    "emr-serverless": _serverless,
}
