"""EMR as far as tests need it: moto keeps the clusters, the steps run under pyspark's own spark-submit.

Open-source Spark cannot read Glue, so the steps' Spark has a Hive metastore that is made to show what Glue
holds whenever a step is asked for something.
"""

from __future__ import annotations

import contextlib
import gzip
import io
import os
import re
import shutil
import signal
import subprocess
import threading
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError
from fixtures_aws import REGION, Cloud
from fixtures_s3 import BUCKET

from runner import s3a
from runner.cli import run
from runner.engines.spark_submit import find_program
from runner.metastores.glue import GlueMetastore
from runner.metastores.hive import HiveMetastore
from warehouse.names import TableName

ROOT = Path(__file__).resolve().parents[2]
ACCOUNT = "123456789012"
_REQUEST = re.compile(r"/_warehouse/runs/[^/]*-batch-[^/]*/\d{5}\.json$")
DEFAULTS = "spark-defaults.conf"
SMALL = {
    "spark.master": "local[2]",
    "spark.driver.memory": "1g",
    "spark.sql.shuffle.partitions": "2",
    "spark.ui.enabled": "false",
    "spark.driver.host": "127.0.0.1",
    "spark.driver.bindAddress": "127.0.0.1",
}


class Mirror:
    """A Hive metastore that follows Glue; tables of ``staging`` keep the partitions that Spark gave them."""

    def __init__(self, url: str, hive_uri: str, staging: str) -> None:
        self.uri = hive_uri
        self._glue = GlueMetastore(REGION, endpoint=url)
        self._hive = HiveMetastore(hive_uri)
        self._staging = staging
        self._lock = threading.Lock()

    def follow(self) -> None:
        with self._lock:
            for db in self._glue.databases():
                self._database(db)

    def _database(self, db: str) -> None:
        found = self._glue.database(db)
        assert found is not None
        self._hive.create_database(found)
        wanted = set(self._glue.tables(db))
        for gone in set(self._hive.tables(db)) - wanted:
            self._hive.drop_table(TableName(db, gone))
        for name in wanted:
            self._table(TableName(db, name))

    def _table(self, name: TableName) -> None:
        wanted, found = self._glue.table(name), self._hive.table(name)
        assert wanted is not None
        if found is None:
            self._hive.create_table(wanted)
        elif (found.columns, found.location) != (wanted.columns, wanted.location):
            self._hive.alter_table(wanted)
        if name.db == self._staging:
            return
        there = {p.values: p for p in self._hive.partitions(name)}
        here = {p.values: p for p in self._glue.partitions(name)}
        new = [p for v, p in here.items() if v not in there]
        moved = [p for v, p in here.items() if v in there and there[v].location != p.location]
        assert self._hive.add_partitions(wanted, new) == []
        assert self._hive.alter_partitions(wanted, moved) == []
        assert self._hive.drop_partitions(wanted, [v for v in there if v not in here]) == []

    def close(self) -> None:
        self._hive.close()
        self._glue.close()


@dataclass
class Running:
    """A step or a job run at work."""

    process: subprocess.Popen[bytes]
    log: Path
    where: str  # the key of its log


@dataclass
class Amazon:
    """The server, and what EMR and EMR Serverless do with what they are given."""

    url: str
    directory: Path
    mirror: Mirror | None = None
    running: dict[str, Running] = field(default_factory=dict)
    environment: dict[str, str] = field(default_factory=dict)
    """Of the steps' Spark."""
    taken: list[list[str]] = field(default_factory=list)
    """The arguments of each step, and of each job run, as the service received them."""
    logger: Any = None
    """The client of S3 that logs are written with, as whoever Spark runs as; None: everybody's."""
    _ends: threading.Event = field(default_factory=threading.Event)

    def before(self, method: str, path: str) -> None:
        if method == "PUT" and _REQUEST.search(path) and self.mirror is not None:
            self.mirror.follow()

    # ------------------------------------------------------------------ what the services do

    def work(self) -> None:
        """Start what was given and end what is over, until :meth:`stop`."""
        while not self._ends.wait(0.1):
            # Moto shows a cluster before it has made it.
            for cluster in [c for c in list(clusters().values()) if hasattr(c, "auto_scaling_role")]:
                for step in list(cluster.steps):
                    self._step(cluster, step)
            for job in job_runs():
                self._job(job)

    def _step(self, cluster: Any, step: Any) -> None:
        if step.id in self.running:
            code = self.running[step.id].process.poll()
            if cluster.state == "TERMINATED" and code is None:
                self.kill(step.id)
            elif code is not None and step.state == "RUNNING":
                self._keep_log(step.id)
                step.state = "COMPLETED" if code == 0 else "FAILED"
                if cluster.state == "RUNNING":
                    cluster.state = "WAITING"
        elif step.state in ("PENDING", "RUNNING") and cluster.state in ("WAITING", "RUNNING"):
            assert step.jar == "command-runner.jar" and step.args[0] == "spark-submit"
            self._begin(step.id, step.args[1:], f"{cluster.log_uri}{cluster.id}/steps/{step.id}/stderr.gz")
            step.state = "RUNNING"

    def _job(self, run: Any) -> None:
        if run.id in self.running:
            code = self.running[run.id].process.poll()
            if code is None and run.state == "CANCELLED":
                self.kill(run.id)
            elif code is not None and run.state == "RUNNING":
                self._keep_log(run.id)
                run.state = "SUCCESS" if code == 0 else "FAILED"
        elif run.state == "SUBMITTED":
            driver = run.job_driver["sparkSubmit"]
            (spark,) = run.configuration_overrides["applicationConfiguration"]
            words = [w for k, v in spark["properties"].items() for w in ("--conf", f"{k}={v}")]
            words += [driver["entryPoint"], *driver["entryPointArguments"]]
            uri = run.configuration_overrides["monitoringConfiguration"]["s3MonitoringConfiguration"][
                "logUri"
            ]
            place = f"{uri}applications/{run.application_id}/jobs/{run.id}/SPARK_DRIVER/stderr.gz"
            self._begin(run.id, words, place)
            run.state = "RUNNING"

    def _begin(self, id_: str, words: Sequence[str], where: str) -> None:
        self.taken.append(list(words))
        program, environment, _ = find_program("")
        log = self.directory / f"{id_}.log"
        with log.open("wb") as file:
            process = subprocess.Popen(
                [*program, "--properties-file", str(self.directory / DEFAULTS), *words],
                stdout=file, stderr=file, start_new_session=True, env={**environment, **self.environment},
            )  # fmt: skip
        self.running[id_] = Running(process, log, where.removeprefix(f"s3://{BUCKET}/"))

    def _keep_log(self, id_: str) -> None:
        one = self.running[id_]
        client = self.logger or boto3.client("s3", endpoint_url=self.url)
        with contextlib.suppress(ClientError):  # the service goes on without
            client.put_object(Bucket=BUCKET, Key=one.where, Body=gzip.compress(one.log.read_bytes()))

    def kill(self, id_: str) -> None:
        process = self.running[id_].process
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()

    def stop(self) -> None:
        self._ends.set()
        for id_ in self.running:
            self.kill(id_)

    def said(self) -> str:
        """All that the drivers said, for a test that fails."""
        return "\n".join(one.log.read_text(errors="replace")[-6000:] for one in self.running.values())


def clusters() -> dict[str, Any]:
    from moto.emr.models import emr_backends

    found: dict[str, Any] = emr_backends[ACCOUNT][REGION].clusters
    return found


def job_runs() -> list[Any]:
    from moto.emrserverless.models import emrserverless_backends

    found = emrserverless_backends[ACCOUNT][REGION].job_runs
    return [run for runs in list(found.values()) for run in list(runs)]


@contextlib.contextmanager
def amazon(cloud: Cloud, directory: Path, *, staging: str = "", works: bool = True) -> Iterator[Amazon]:
    """EMR on an empty cloud. With ``staging`` there is a metastore that follows Glue, and steps run."""
    from moto.emr.responses import ElasticMapReduceResponse
    from moto.emrserverless import models as serverless

    made = Amazon(cloud.url, directory)

    def cancel_steps(response: Any) -> Any:  # moto has none
        from moto.core.responses import ActionResult

        ids = response._get_param("StepIds")
        for step in clusters()[response._get_param("ClusterId")].steps:
            if step.id in ids:
                if step.id in made.running:
                    made.kill(step.id)
                step.state = "CANCELLED"
        return ActionResult({"CancelStepsInfoList": [{"StepId": i, "Status": "SUBMITTED"} for i in ids]})

    with pytest.MonkeyPatch.context() as patch, cloud.used():
        cloud.app.before = made.before
        patch.setattr(ElasticMapReduceResponse, "cancel_steps", cancel_steps, raising=False)
        patch.setattr(serverless, "JOB_STATUS", "SUBMITTED")
        patch.setenv("JOB_ROLE_ARN", f"arn:aws:iam::{ACCOUNT}:role/jobs")
        if staging:
            _mirrored(made, cloud, staging)
        worker = threading.Thread(target=made.work, daemon=True)
        if works:
            worker.start()
        try:
            yield made
        finally:
            made.stop()
            if works:
                worker.join()
            if made.mirror is not None:
                made.mirror.close()


def _mirrored(made: Amazon, cloud: Cloud, staging: str) -> None:
    made.mirror = Mirror(made.url, cloud.hive(), staging)
    settings = {  # what EMR's own spark-defaults.conf says
        **SMALL,
        **s3a.submit_settings(REGION, made.url, cloud.jars),
        "spark.hadoop.hive.metastore.uris": made.mirror.uri,
    }
    # Behind Spark's own jars, not before them, and no directory of settings: else Java would not take the
    # archive of classes, and start twice as long.
    made.environment["SPARK_DIST_CLASSPATH"] = settings.pop("spark.driver.extraClassPath")
    (made.directory / DEFAULTS).write_text("".join(f"{k} {v}\n" for k, v in settings.items()))


def project(directory: Path, made: Amazon, engine: str, more: str = "") -> None:
    """Settings of a target ``aws``: this engine, Glue."""
    directory.mkdir(exist_ok=True)
    (directory / "pyproject.toml").write_text(f"""[tool.warehouse]
default_target = "aws"
[tool.warehouse.landing]
music = "landing.music"
[tool.warehouse.targets.aws]
engine = "{engine}"
metastore = "glue"
lake = "s3://{BUCKET}/lakes/{directory.name}"
endpoint = "{made.url}"
region = "{REGION}"
{more}""")


def warehouse(project: Path, *words: str, code: int = 0) -> str:
    """A command line, in this process: what it says."""
    said = io.StringIO()
    with contextlib.redirect_stdout(said), contextlib.redirect_stderr(said):
        ended = run(["--project", str(project), *words])
    assert ended == code, f"{words}\n{said.getvalue()}"
    assert ACCOUNT not in said.getvalue()
    return said.getvalue()


def wait_for(found: Any, seconds: float = 300) -> Any:
    """What ``found()`` answers as soon as it is something."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        answer = found()
        if answer:
            return answer
        time.sleep(0.1)
    raise AssertionError("nothing came")


def copy_music(directory: Path) -> None:
    for name in ("ddl/music", "sql/music", "sql/macros", "landing"):
        shutil.copytree(ROOT / name, directory / name)
