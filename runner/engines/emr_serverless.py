"""``engine = "emr-serverless"``: an application is a job run of an EMR Serverless application."""

from __future__ import annotations

import contextlib
import hashlib
import time
from collections.abc import Callable, Mapping
from typing import Any

from runner.emr.applications import Applications
from runner.emr.watch import Watch
from runner.engines.submitted import Application, Ended
from runner.job.redaction import redacted
from warehouse.config import expand
from warehouse.errors import Location, OutsideError, ProjectError

_WAITING = ("SUBMITTED", "PENDING", "SCHEDULED", "QUEUED")
_FIRST, _LONGEST = 3.0, 20.0
"""Seconds between two looks at a job run."""


class ServerlessJobs:
    """Starts job runs. ``log`` finds out what a log says (see :func:`runner.emr.logs.told`)."""

    def __init__(
        self,
        applications: Applications,
        settings: Mapping[str, str],
        log: Callable[[list[str]], str],
        progress: Callable[[str], None],
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._applications = applications
        self._settings = settings
        self._log = log
        self._progress = progress
        self._clock = clock
        if not applications.settings.role:
            raise ProjectError(
                "no `role` is set for the jobs of EMR Serverless",
                where=Location("pyproject.toml"),
                fix='set emr_serverless.role = "${JOB_ROLE_ARN}" in the target',
            )

    def submit(self, application: Application) -> JobRun:
        settings = self._applications.settings
        id_ = self._applications.required()
        # As properties, not as words of a command line: nothing has to be quoted.
        properties = {**self._settings, "spark.submit.pyFiles": application.modules}
        overrides: dict[str, Any] = {
            "applicationConfiguration": [{"classification": "spark-defaults", "properties": properties}]
        }
        log_uri = expand(settings.log_uri).rstrip("/")
        if log_uri:
            overrides["monitoringConfiguration"] = {"s3MonitoringConfiguration": {"logUri": f"{log_uri}/"}}
        answer = self._applications.service(
            "start_job_run",
            applicationId=id_,
            # Of the batch: sent twice it starts one job.
            clientToken=hashlib.blake2b(application.inbox.encode(), digest_size=16).hexdigest(),
            executionRoleArn=expand(settings.role),
            name=application.name,
            jobDriver={
                "sparkSubmit": {"entryPoint": application.main, "entryPointArguments": [application.inbox]}
            },
            configurationOverrides=overrides,
            executionTimeoutMinutes=settings.timeout_minutes,
        )
        watch = Watch(_FIRST, _LONGEST, settings.start_minutes * 60, self._progress, self._clock)
        return JobRun(self._applications, id_, answer["jobRunId"], log_uri, self._log, watch)

    def close(self) -> None:
        """The application stops by itself when it is idle."""


class JobRun:
    """A job run by its id."""

    def __init__(
        self, applications: Applications, application: str, job: str, log_uri: str,
        log: Callable[[list[str]], str], watch: Watch,
    ) -> None:  # fmt: skip
        self._service = applications.service
        self._application, self._job = application, job
        self._log_uri = log_uri
        self._log = log
        self._watch = watch

    def ended(self) -> Ended | None:
        if not self._watch.due():
            return None
        run = self._service("get_job_run", applicationId=self._application, jobRunId=self._job)["jobRun"]
        state = run["state"]
        if state == "SUCCESS":
            return Ended()
        if state in ("FAILED", "CANCELLED", "CANCELLING"):
            return Ended(lambda: self._failed(run))
        if state in _WAITING and self._watch.late():
            return Ended(lambda: self._never_began(run))
        self._watch.again(f"job run {self._job} of {self._application} is {state}")
        return None

    def cancel(self) -> None:
        self._service("cancel_job_run", applicationId=self._application, jobRunId=self._job)

    def _failed(self, run: Mapping[str, Any]) -> OutsideError:
        what = f"job run {self._job} of the application {self._application}"
        details = redacted(str(run.get("stateDetails") or ""))
        if run["state"] != "FAILED":
            return OutsideError(f"{what} was cancelled", why=details or None, fix="run the command again")
        said = (
            self._log(
                [f"{self._log_uri}/applications/{self._application}/jobs/{self._job}/SPARK_DRIVER/stderr.gz"]
            )
            if self._log_uri
            else "there is no log of it: set `log_uri` of the target"
        )
        return OutsideError(
            f"{what} failed",
            why="\n       ".join(one for one in (details, said) if one),
            fix="what was published stays; run the command again when the cause is mended",
        )

    def _never_began(self, run: Mapping[str, Any]) -> OutsideError:
        with contextlib.suppress(OutsideError):
            self.cancel()
        minutes = f"{self._watch.patience / 60:g} minutes"
        return OutsideError(
            f"job run {self._job} did not begin within {minutes}; it was cancelled",
            why=f"it is {run['state']}: the application {self._application} has no capacity, or no addresses",
            fix="raise its maximum capacity, or `start_minutes` of the target",
        )
