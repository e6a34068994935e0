"""EMR as far as tests need it: moto keeps the clusters, the steps run under pyspark's own spark-submit.

Open-source Spark cannot read Glue, so the steps' Spark has a Hive metastore that is made to show what Glue
holds whenever a step is asked for something.
"""

from __future__ import annotations

import contextlib
import gzip
import os
import re
import shutil
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import boto3
import pytest
from fixtures_s3 import BUCKET, s3_server

from runner import s3a
from runner.engines.spark_submit import find_program
from runner.metastores import embedded
from runner.metastores.glue import GlueMetastore
from runner.metastores.hive import HiveMetastore
from warehouse.errors import OutsideError
from warehouse.names import TableName

ROOT = Path(__file__).resolve().parents[2]
ACCOUNT = "123456789012"
REGION = "us-east-1"
_REQUEST = re.compile(r"/_warehouse/runs/[^/]*-batch-[^/]*/\d{5}\.json$")
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
    taken: list[list[str]] = field(default_factory=list)
    """The arguments of each step, and of each job run, as the service received them."""
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
            for run in job_runs():
                self._job(run)

    def _step(self, cluster: Any, step: Any) -> None:
        if step.id in self.running:
            code = self.running[step.id].process.poll()
            if cluster.state == "TERMINATED" and code is None:
                self.kill(step.id)
            elif code is not None and step.state == "RUNNING":
                self._keep_log(step.id)
                step.state = "COMPLETED" if code == 0 else "FAILED"
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
                [*program, *words], stdout=file, stderr=file, start_new_session=True,
                env={**environment, "SPARK_CONF_DIR": str(self.directory / "conf")},
            )  # fmt: skip
        self.running[id_] = Running(process, log, where.removeprefix(f"s3://{BUCKET}/"))

    def _keep_log(self, id_: str) -> None:
        one = self.running[id_]
        client = boto3.client("s3", endpoint_url=self.url)
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
def amazon(directory: Path, *, staging: str = "", works: bool = True) -> Iterator[Amazon]:
    """AWS on this machine. With ``staging`` there is a metastore that follows Glue, and steps run."""
    from moto.emr.responses import ElasticMapReduceResponse
    from moto.emrserverless import models as serverless
    from moto.moto_api._internal.models import moto_api_backend

    moto_api_backend.reset()  # its state is the process's
    made = Amazon("", directory)

    def cancel_steps(response: Any) -> Any:  # moto has none
        from moto.core.responses import ActionResult

        ids = response._get_param("StepIds")
        for step in clusters()[response._get_param("ClusterId")].steps:
            if step.id in ids:
                if step.id in made.running:
                    made.kill(step.id)
                step.state = "CANCELLED"
        return ActionResult({"CancelStepsInfoList": [{"StepId": i, "Status": "SUBMITTED"} for i in ids]})

    with pytest.MonkeyPatch.context() as patch, s3_server(made.before) as made.url:
        patch.setattr(ElasticMapReduceResponse, "cancel_steps", cancel_steps, raising=False)
        patch.setattr(serverless, "JOB_STATUS", "SUBMITTED")
        patch.setenv("JOB_ROLE_ARN", f"arn:aws:iam::{ACCOUNT}:role/jobs")
        state = directory / "metastore"
        if staging:
            _mirrored(made, state, staging)
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
                embedded.stop(state)


def _mirrored(made: Amazon, state: Path, staging: str) -> None:
    try:
        jars = s3a.jars(print)
    except OutsideError as error:
        pytest.skip(f"S3A's jars cannot be had here: {error.what}: {error.why}")
    hadoop = s3a.hadoop_settings(REGION, made.url)
    made.mirror = Mirror(made.url, embedded.ensure(state, settings=hadoop, jars=jars), staging)
    settings = {
        **SMALL,
        **s3a.submit_settings(REGION, made.url, jars),
        "spark.hadoop.hive.metastore.uris": made.mirror.uri,
    }
    conf = made.directory / "conf"
    conf.mkdir()
    (conf / "spark-defaults.conf").write_text("".join(f"{k} {v}\n" for k, v in settings.items()))


LOCAL = """[tool.warehouse]
default_target = "local"
[tool.warehouse.landing]
music = "landing.music"
[tool.warehouse.targets.local]
lake = "lake"
[tool.warehouse.targets.local.spark]
""" + "".join(f'"{key}" = "{value}"\n' for key, value in SMALL.items())


def local_project(directory: Path) -> None:
    """Settings of a target ``local``."""
    directory.mkdir(exist_ok=True)
    (directory / "pyproject.toml").write_text(LOCAL)


def project(directory: Path, made: Amazon, engine: str, more: str = "") -> None:
    """Settings of the targets ``aws`` (this engine, Glue), ``reader`` (what Glue shows) and ``local``."""
    assert made.mirror is not None
    place = f"""lake = "s3://{BUCKET}/lakes/{directory.name}"
endpoint = "{made.url}"
region = "{REGION}"
"""
    targets = f"""[tool.warehouse.targets.aws]
engine = "{engine}"
metastore = "glue"
{place}{more}
[tool.warehouse.targets.reader]
metastore = "{made.mirror.uri}"
{place}"""
    local_project(directory)
    with (directory / "pyproject.toml").open("a") as file:
        file.write(targets)


def warehouse(project: Path, target: str, *words: str, code: int = 0) -> str:
    """A command line in a process of its own: a process has one Spark, whose jars are chosen at its start."""
    main = "from runner.cli import main; main()"
    done = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", main, "--target", target, *words],
        cwd=project, capture_output=True, text=True, env={**os.environ, "PYTHONPATH": str(ROOT)},
    )  # fmt: skip
    assert done.returncode == code, f"{words}\n{done.stdout}{done.stderr}"
    assert ACCOUNT not in done.stdout + done.stderr
    return done.stdout if words[0] == "query" else done.stdout + done.stderr


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
