"""The engines whose Spark runs in another process or on a cluster, made from a target's settings."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from runner import s3a
from runner.engines import Engine
from runner.engines.submitted import SubmittedEngine, Submitter
from warehouse.config import expand

if TYPE_CHECKING:
    from runner.lake import Lake

COMMON = {
    "spark.scheduler.mode": "FAIR",
    "spark.hadoop.hive.exec.dynamic.partition.mode": "nonstrict",
    # One attempt, one run id: a second driver would write into the directories of the first.
    "spark.yarn.maxAppAttempts": "1",
}
"""Settings of every application; a target's ``spark`` settings come after them."""


def engine(lake: Lake, reader: Callable[[], Engine]) -> Engine:
    """The engine of a target that is not ``local``. ``reader`` makes one that answers queries."""
    return SubmittedEngine(lake.store, _SUBMITTERS[lake.target.engine](lake), reader, lake.progress)


def _spark_submit(lake: Lake) -> Submitter:
    from runner.engines.spark_submit import SparkSubmit, find_program

    target = lake.target
    program, environment, own = find_program(expand(target.spark_submit))
    settings = {**COMMON, "spark.hadoop.hive.metastore.uris": lake.metastore_uri}
    if lake.on_s3:
        settings |= s3a.submit_settings(*lake.aws(), s3a.jars(lake.progress) if own else None)
    return SparkSubmit(
        program, expand(target.master), {**settings, **target.spark},
        lake.state_directory / "logs" / "spark-submit.log", environment,
    )  # fmt: skip


_SUBMITTERS: dict[str, Callable[[Lake], Submitter]] = {"spark-submit": _spark_submit}
