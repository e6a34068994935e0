"""Clusters that are made for one command: they end with it, however it ends."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import ClientError
from fixtures_aws import Cloud

from runner.api import Warehouse
from runner.emr.watch import Watch
from runner.engines import Engine
from runner.engines.submitted import SubmittedEngine
from runner.stores.local import LocalStore
from tests.aws.amazon import ACCOUNT, Amazon, amazon, clusters
from tests.aws.test_emr_failures import APPLICATION, LOGS, Bench
from warehouse.clusters import Emr
from warehouse.errors import OutsideError, ProjectError
from warehouse.manifest import Manifest, Staging

pytestmark = pytest.mark.s3
MANIFEST = Manifest("2026-a", "d.t", ("",), (), "SELECT 1", Staging("s.t", "file:///nowhere"), 0)


@pytest.fixture(scope="module")
def server(cloud: Cloud, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Amazon]:
    with amazon(cloud, tmp_path_factory.mktemp("aws"), works=False) as made:
        yield made


@pytest.fixture
def bench(server: Amazon, request: pytest.FixtureRequest) -> Callable[..., Bench]:
    def make(**settings: Any) -> Bench:
        name = "".join(c if c.isalnum() else "-" for c in request.node.name)
        return Bench(server, name, Emr(log_uri=LOGS, **settings))

    return make


def transient(bench: Callable[..., Bench]) -> list[Any]:
    name = bench().clusters.name
    return [c for c in clusters().values() if c.name.startswith(f"{name} transient")]


def refusal(code: str) -> Callable[..., None]:
    def refuse(**asked: Any) -> None:
        words = f"User: arn:aws:iam::{ACCOUNT}:user/me"
        raise ClientError({"Error": {"Code": code, "Message": words}}, "any")

    return refuse


def engine(made: Bench, directory: Path) -> SubmittedEngine:
    def no_reader() -> Engine:
        raise AssertionError("nobody asked a question")

    return SubmittedEngine(LocalStore(directory), made.steps, no_reader, made.said.append)


def test_a_transient_cluster_is_made_for_a_command_and_ends_with_it(bench: Callable[..., Bench]) -> None:
    made = bench(cluster="transient")
    assert transient(bench) == [], "not before there is something to run"
    made.steps.submit(APPLICATION)
    made.steps.submit(APPLICATION)
    (cluster,) = transient(bench)
    assert len(cluster.steps) == 2
    made.steps.close()
    made.steps.close()
    assert cluster.state == "TERMINATED"


def test_none_is_made_that_no_command_would_use(bench: Callable[..., Bench]) -> None:
    with pytest.raises(ProjectError, match="each command makes its own"):
        bench(cluster="transient").clusters.create()


def test_one_that_has_ended_is_followed_by_another(bench: Callable[..., Bench]) -> None:
    made = bench(cluster="transient")
    made.steps.submit(APPLICATION)
    (first,) = transient(bench)
    first.terminate()
    made.steps.submit(APPLICATION)
    made.steps.close()
    assert [c.state for c in transient(bench)] == ["TERMINATED", "TERMINATED"]


def test_a_leftover_of_a_command_that_was_killed_is_ended_and_no_other(bench: Callable[..., Bench]) -> None:
    made = bench(cluster="transient")
    child = os.fork()
    if child == 0:
        os._exit(0)
    os.waitpid(child, 0)
    made.clusters.create_transient()
    (living,) = transient(bench)
    dead, elsewhere = made.clusters.create_transient(), made.clusters.create_transient()
    clusters()[dead].name = living.name.replace(f" {os.getpid()}", f" {child}")
    clusters()[elsewhere].name = f"{made.clusters.name} transient another-machine {child}"
    made.steps.submit(APPLICATION)
    states = {c.id: c.state for c in transient(bench)}
    assert states[dead] == "TERMINATED"
    assert states[living.id] != "TERMINATED", "its process is at work"
    assert states[elsewhere] != "TERMINATED", "nobody can tell; EMR ends it when it is idle"
    made.steps.close()


def test_one_that_cannot_be_ended_hides_no_error_and_is_named(
    bench: Callable[..., Bench], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    made = bench(cluster="transient")
    for operation in ("terminate_job_flows", "cancel_steps"):
        monkeypatch.setattr(made.service._client(), operation, refusal("ExpiredTokenException"))
    monkeypatch.setattr(made.service._client(), "describe_step", refusal("ThrottlingException"))
    runs = engine(made, tmp_path)
    with pytest.raises(OutsideError, match="EMR refused DescribeStep"), contextlib.closing(runs):
        waiting = runs.run([MANIFEST])
        monkeypatch.setattr(Watch, "due", lambda watch: True)
        next(waiting)
    (cluster,) = transient(bench)
    assert cluster.state != "TERMINATED"
    assert made.said[-1] == (
        f"AWS does not accept the credentials: the cluster {cluster.id} ends itself when it was idle for "
        f"5 minutes, or at once with: warehouse emr terminate {cluster.id}"
    )
    monkeypatch.undo()
    runs.close()
    assert cluster.state == "TERMINATED", "it was still known"


def test_one_that_takes_no_step_is_ended(
    bench: Callable[..., Bench], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    made = bench(cluster="transient")
    client = made.service._client(once=True)
    monkeypatch.setattr(client, "add_job_flow_steps", refusal("ValidationException"))
    runs = engine(made, tmp_path)
    with pytest.raises(OutsideError, match="EMR refused AddJobFlowSteps"), contextlib.closing(runs):
        next(runs.run([MANIFEST]))
    (cluster,) = transient(bench)
    assert (cluster.state, list(cluster.steps)) == ("TERMINATED", [])


@pytest.mark.parametrize("interrupts", [1, 2])
def test_whoever_interrupts_its_end_does_not_keep_it_alive(
    bench: Callable[..., Bench], monkeypatch: pytest.MonkeyPatch, interrupts: int
) -> None:
    made = bench(cluster="transient")
    made.steps.submit(APPLICATION)
    terminate, calls = made.clusters.terminate, list[str]()

    def interrupted(cluster: str) -> None:
        calls.append(cluster)
        if len(calls) <= interrupts:
            raise KeyboardInterrupt
        terminate(cluster)

    monkeypatch.setattr(made.clusters, "terminate", interrupted)
    with pytest.raises(KeyboardInterrupt):
        made.steps.close()
    (cluster,) = transient(bench)
    assert (cluster.state == "TERMINATED") == (interrupts == 1)
    made.steps.close()
    assert cluster.state == "TERMINATED"
    assert calls == [cluster.id] * (interrupts + 1), "it is known until it has ended, and no longer"


def test_the_engine_is_closed_where_the_housekeeping_is_interrupted(
    bench: Callable[..., Bench], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    made = bench(cluster="transient")
    made.steps.submit(APPLICATION)
    (tmp_path / "pyproject.toml").write_text('[tool.warehouse.targets.local]\nlake = "lake"\n')
    lake = Warehouse.open(tmp_path).lake
    runs = engine(made, tmp_path)

    def impatient(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(lake, "_engine", runs)
    monkeypatch.setattr(lake, "settle", impatient)
    monkeypatch.setattr(runs, "_submitted", object())
    monkeypatch.setattr(runs, "_put", impatient)
    with pytest.raises(KeyboardInterrupt):
        lake.close()
    assert [c.state for c in transient(bench)] == ["TERMINATED"]


def test_one_whose_runner_is_killed_ends_when_it_is_idle(
    bench: Callable[..., Bench], monkeypatch: pytest.MonkeyPatch
) -> None:
    made = bench(cluster="transient", idle_minutes=600)
    client, asked = made.service._client(once=True), dict[str, Any]()
    run_job_flow = client.run_job_flow

    def noted(**arguments: Any) -> Any:
        asked.update(arguments)
        return run_job_flow(**arguments)

    monkeypatch.setattr(client, "run_job_flow", noted)
    made.steps.submit(APPLICATION)
    assert asked["AutoTerminationPolicy"] == {"IdleTimeout": 300}, "whatever is set for one that stays"
    made.steps.close()
