"""What goes wrong on EMR and EMR Serverless: each a clear error of the outside world, and nothing left on."""

from __future__ import annotations

import gzip
from collections.abc import Callable, Iterator
from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError
from fixtures_aws import REGION, Cloud
from fixtures_s3 import BUCKET

from runner.emr import logs
from runner.emr.applications import Applications
from runner.emr.clusters import Clusters
from runner.emr.jobflow import GLUE
from runner.emr.service import Service
from runner.engines.emr import EmrSteps, Step
from runner.engines.emr_serverless import JobRun, ServerlessJobs
from runner.engines.submitted import Application
from tests.aws.amazon import ACCOUNT, Amazon, amazon, clusters, job_runs
from warehouse.clusters import Emr, Serverless
from warehouse.errors import OutsideError, ProjectError

pytestmark = pytest.mark.s3
APPLICATION = Application("batch", "s3://lakes/main.py", "s3://lakes/job.zip", "s3://lakes/inbox")
LOGS = f"s3://{BUCKET}/logs"


@pytest.fixture(scope="module")
def server(cloud: Cloud, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Amazon]:
    with amazon(cloud, tmp_path_factory.mktemp("aws"), works=False) as made:
        yield made


class Bench:
    """A target on EMR, with a clock that is turned by hand."""

    def __init__(self, aws: Amazon, name: str, settings: Emr) -> None:
        self.now = 0.0
        self.said: list[str] = []
        self.service = Service("emr", REGION, aws.url)
        self.clusters = Clusters(self.service, name, settings, GLUE, self.said.append)
        self.waited: list[float] = []
        self.steps = EmrSteps(self.clusters, {}, self.log, self.said.append, lambda: self.now)
        self.aws = aws

    def log(self, locations: list[str]) -> str:
        return logs.told(
            locations, REGION, self.aws.url, self.said.append, patience=10, pause=self.waited.append
        )

    def begun(self) -> tuple[Step, Any, Any]:
        """A step at work: ours, moto's cluster, moto's step."""
        made, _ = self.clusters.create()
        step = self.steps.submit(APPLICATION)
        return step, clusters()[made], clusters()[made].steps[-1]

    def why(self, step: Step) -> OutsideError:
        self.now += 60
        ended = step.ended()
        assert ended is not None and ended.why is not None
        return ended.why()


@pytest.fixture
def bench(server: Amazon, request: pytest.FixtureRequest) -> Callable[..., Bench]:
    def make(**settings: Any) -> Bench:
        return Bench(server, request.node.name.replace("_", "-"), Emr(log_uri=LOGS, **settings))

    return make


def test_a_step_that_works_is_asked_for_its_state_now_and_then(bench: Callable[..., Bench]) -> None:
    made = bench()
    step, _, theirs = made.begun()
    assert step.ended() is None
    theirs.state = "COMPLETED"
    assert step.ended() is None, "it was asked a moment ago"
    made.now += 60
    ended = step.ended()
    assert ended is not None and ended.why is None
    assert theirs.args[:3] == ["spark-submit", "--name", "batch"]
    assert theirs.args[-2:] == ["s3://lakes/main.py", "s3://lakes/inbox"]
    assert theirs.action_on_failure == "CONTINUE"


def test_a_failed_step_is_told_by_its_log_which_comes_late(bench: Callable[..., Bench]) -> None:
    made = bench()
    step, cluster, theirs = made.begun()
    theirs.state = "FAILED"

    def late(seconds: float) -> None:
        text = f"Traceback\njava.lang.OutOfMemoryError: heap of arn:aws:iam::{ACCOUNT}:role/x\n"
        client = boto3.client("s3", endpoint_url=made.aws.url)
        key = f"logs/{cluster.id}/steps/{theirs.id}/stderr.gz"
        client.put_object(Bucket=BUCKET, Key=key, Body=gzip.compress(text.encode()))

    made.waited = _Calls(late)
    error = made.why(step)
    assert "OutOfMemoryError: heap" in str(error.why)
    assert ACCOUNT not in str(error)
    assert any("copies" in line for line in made.said), "whoever waits is told why"
    assert error.exit_code == 4


class _Calls(list[float]):
    def __init__(self, call: Callable[[float], None]) -> None:
        self.append = call  # type: ignore[method-assign]


def test_a_log_that_never_comes_is_named(bench: Callable[..., Bench]) -> None:
    made = bench()
    step, cluster, theirs = made.begun()
    theirs.state = "FAILED"
    assert f"{LOGS}/{cluster.id}/steps/{theirs.id}/stderr.gz" in str(made.why(step))


def test_a_cluster_without_logs_is_told(bench: Callable[..., Bench]) -> None:
    made = bench()
    step, cluster, theirs = made.begun()
    cluster.log_uri, theirs.state = None, "FAILED"
    assert "log_uri" in str(made.why(step))


@pytest.mark.parametrize(("state", "word"), [("CANCELLED", "cancelled"), ("INTERRUPTED", "interrupted")])
def test_a_step_that_somebody_ends(bench: Callable[..., Bench], state: str, word: str) -> None:
    made = bench()
    step, _, theirs = made.begun()
    theirs.state = state
    assert word in made.why(step).what


def test_a_cluster_that_ends_in_mid_step(bench: Callable[..., Bench]) -> None:
    made = bench()
    step, cluster, _ = made.begun()
    cluster.last_state_change_reason = "Instance failure"
    made.clusters.terminate(cluster.id)
    error = made.why(step)
    assert "ended in mid-step" in error.what
    assert error.why == "Instance failure"


def test_a_step_that_never_begins_is_given_up_and_cancelled(bench: Callable[..., Bench]) -> None:
    made = bench(start_minutes=10)
    step, cluster, theirs = made.begun()
    theirs.state = "PENDING"
    made.now += 500
    assert step.ended() is None
    made.now += 200
    error = made.why(step)
    assert "did not begin within 10 minutes" in error.what
    assert cluster.id in str(error.why)
    assert theirs.state == "CANCELLED"


def test_ctrl_c_cancels_the_step(bench: Callable[..., Bench]) -> None:
    step, _, theirs = bench().begun()
    step.cancel()
    assert theirs.state == "CANCELLED"


def test_without_a_cluster_it_is_said_how_to_make_one(bench: Callable[..., Bench]) -> None:
    with pytest.raises(OutsideError, match="no cluster") as caught:
        bench().steps.submit(APPLICATION)
    assert "warehouse emr create" in str(caught.value)


def test_the_same_name_is_the_same_cluster_until_it_has_ended(bench: Callable[..., Bench]) -> None:
    made = bench(cluster="shared-name")
    first, new = made.clusters.create()
    assert new
    assert made.clusters.create() == (first, False)
    assert [c.id for c in made.clusters.list() if c.ours] == [first]
    assert bench(cluster=first).clusters.required() == first, "an id is a name, too"
    made.clusters.terminate(first)
    second, new = made.clusters.create()
    assert new and second != first


def test_an_unknown_release_is_told(bench: Callable[..., Bench], monkeypatch: pytest.MonkeyPatch) -> None:
    made = bench(release="emr-99.0.0")

    def refuse(**asked: Any) -> None:
        words = f"The supplied release label is invalid: {asked['ReleaseLabel']}."
        raise ClientError({"Error": {"Code": "ValidationException", "Message": words}}, "RunJobFlow")

    monkeypatch.setattr(made.service._client(once=True), "run_job_flow", refuse)
    with pytest.raises(OutsideError, match="no such release") as caught:
        made.clusters.create()
    assert "emr-99.0.0" in str(caught.value) and "`release`" in str(caught.value)


def test_expired_credentials_and_missing_rights(
    bench: Callable[..., Bench], monkeypatch: pytest.MonkeyPatch
) -> None:
    made = bench()
    for code, word in (("ExpiredTokenException", "credentials"), ("AccessDeniedException", "ListClusters")):

        def refuse(code: str = code, **asked: Any) -> None:
            words = f"User: arn:aws:iam::{ACCOUNT}:user/me is not authorized"
            raise ClientError({"Error": {"Code": code, "Message": words}}, "ListClusters")

        monkeypatch.setattr(made.service._client(), "list_clusters", refuse)
        with pytest.raises(OutsideError, match=word) as caught:
            made.clusters.required()
        assert ACCOUNT not in str(caught.value)


def test_what_it_costs_is_said_before_it_is_made(bench: Callable[..., Bench]) -> None:
    made = bench(prices={"m6g.xlarge": 0.2})
    made.clusters.create()
    assert made.said[0] == "making a cluster of emr-7.13.0: at most 0.60 USD an hour"


# ---------------------------------------------------------------------- serverless


class ServerlessBench:
    """A target on EMR Serverless, with a clock that is turned by hand."""

    def __init__(self, aws: Amazon, name: str) -> None:
        self.now = 0.0
        self.said: list[str] = []
        settings = Serverless(role="${JOB_ROLE_ARN}", log_uri=LOGS, start_minutes=10)
        service = Service("emr-serverless", REGION, aws.url)
        self.applications = Applications(service, name, settings, self.said.append)
        self.jobs = ServerlessJobs(self.applications, {}, self.log, self.said.append, lambda: self.now)
        self.aws = aws

    def log(self, locations: list[str]) -> str:
        return logs.told(locations, REGION, self.aws.url, self.said.append, patience=0)

    def begun(self) -> tuple[JobRun, Any]:
        self.applications.create()
        return self.jobs.submit(APPLICATION), job_runs()[-1]

    def why(self, run: JobRun) -> OutsideError:
        self.now += 60
        ended = run.ended()
        assert ended is not None and ended.why is not None
        return ended.why()


@pytest.fixture
def serverless(server: Amazon, request: pytest.FixtureRequest) -> ServerlessBench:
    return ServerlessBench(server, request.node.name.replace("_", "-"))


def test_a_job_run_is_submitted_and_ends(serverless: ServerlessBench) -> None:
    run, theirs = serverless.begun()
    assert run.ended() is None
    theirs.state = "SUCCESS"
    serverless.now += 60
    ended = run.ended()
    assert ended is not None and ended.why is None
    assert theirs.job_driver["sparkSubmit"]["entryPointArguments"] == ["s3://lakes/inbox"]
    assert serverless.applications.create()[1] is False


def test_a_submission_that_is_sent_twice_has_one_token(serverless: ServerlessBench) -> None:
    serverless.begun()
    serverless.jobs.submit(APPLICATION)
    first, second = job_runs()[-2:]
    assert first.client_token == second.client_token, "the service starts one"


def test_a_failed_job_run_is_told_by_its_log(serverless: ServerlessBench) -> None:
    run, theirs = serverless.begun()
    theirs.state, theirs.state_details = "FAILED", f"Job failed for {ACCOUNT}"
    key = f"logs/applications/{theirs.application_id}/jobs/{theirs.id}/SPARK_DRIVER/stderr.gz"
    body = gzip.compress(b"org.apache.spark.SparkException: no memory\n")
    boto3.client("s3", endpoint_url=serverless.aws.url).put_object(Bucket=BUCKET, Key=key, Body=body)
    said = str(serverless.why(run))
    assert "no memory" in said and "Job failed" in said and ACCOUNT not in said


def test_a_job_run_that_is_cancelled_or_never_begins(serverless: ServerlessBench) -> None:
    run, theirs = serverless.begun()
    theirs.state = "SCHEDULED"
    serverless.now += 900
    assert "did not begin within 10 minutes" in serverless.why(run).what
    assert theirs.state == "CANCELLED"
    other, theirs = serverless.begun()
    other.cancel()
    assert theirs.state == "CANCELLED"
    assert "was cancelled" in serverless.why(other).what


def test_without_an_application_or_a_role_it_is_said_what_to_do(serverless: ServerlessBench) -> None:
    with pytest.raises(OutsideError, match="no application"):
        serverless.jobs.submit(APPLICATION)
    bare = Applications(serverless.applications.service, "t", Serverless(), print)
    with pytest.raises(ProjectError, match="role"):
        ServerlessJobs(bare, {}, serverless.log, print)
