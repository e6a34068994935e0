"""``engine = "emr"``: an application is a step of a cluster on EC2."""

from __future__ import annotations

import contextlib
import re
import time
from collections.abc import Callable, Mapping
from typing import Any

from runner.emr.clusters import TRANSIENT_IDLE, Clusters
from runner.emr.watch import Watch
from runner.engines.spark_submit import arguments
from runner.engines.submitted import Application, Ended
from runner.job.redaction import redacted
from warehouse.errors import OutsideError

_OVER = ("TERMINATING", "TERMINATED", "TERMINATED_WITH_ERRORS")
_FIRST, _LONGEST = 4.0, 30.0
"""Seconds between two looks at a step: EMR allows few calls a second in an account."""


class EmrSteps:
    """Adds steps to the target's cluster, or to one made for this command.

    ``log`` finds out what a log says (see :func:`runner.emr.logs.told`); ``clock`` is in seconds.
    """

    def __init__(
        self,
        clusters: Clusters,
        settings: Mapping[str, str],
        log: Callable[[list[str]], str],
        progress: Callable[[str], None],
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._clusters = clusters
        self._settings = settings
        self._log = log
        self._progress = progress
        self._clock = clock
        self._own = ""

    def submit(self, application: Application) -> Step:
        cluster = self._cluster()
        words = arguments(application, {"spark.submit.deployMode": "client", **self._settings})
        step = {
            "Name": application.name,
            # The cluster is for others, too; one of our own ends with the command.
            "ActionOnFailure": "CONTINUE",
            "HadoopJarStep": {"Jar": "command-runner.jar", "Args": ["spark-submit", *words]},
        }
        answer = self._clusters.service.once("add_job_flow_steps", JobFlowId=cluster, Steps=[step])
        patience = self._clusters.settings.start_minutes * 60
        watch = Watch(_FIRST, _LONGEST, patience, self._progress, self._clock)
        return Step(self._clusters, cluster, answer["StepIds"][0], self._log, watch)

    def close(self) -> None:
        """A transient cluster ends: who interrupts that interrupts the command, not the end of what costs."""
        if not self._own:
            return
        self._progress(f"ending the cluster {self._own}")
        try:
            self._end()
        except KeyboardInterrupt:
            self._end()
            raise

    def _end(self) -> None:
        """That it fails is said, and hides no error before it; the cluster is known until it has ended."""
        try:
            self._clusters.terminate(self._own)
            self._own = ""
        except OutsideError as error:
            self._progress(
                f"{error.what}: the cluster {self._own} ends itself when it was idle for "
                f"{TRANSIENT_IDLE / 60:g} minutes, or at once with: warehouse emr terminate {self._own}"
            )

    def _cluster(self) -> str:
        if not self._clusters.transient:
            return self._clusters.required()
        if self._own and self._state(self._own) in _OVER:
            self._own = ""
        if not self._own:
            self._own = self._clusters.create_transient()
        return self._own

    def _state(self, cluster: str) -> str:
        found = self._clusters.service("describe_cluster", ClusterId=cluster)
        return str(found["Cluster"]["Status"]["State"])


class Step:
    """A step by its id."""

    def __init__(
        self, clusters: Clusters, cluster: str, step: str, log: Callable[[list[str]], str], watch: Watch
    ) -> None:
        self._service = clusters.service
        self._cluster, self._step = cluster, step
        self._log = log
        self._watch = watch

    def ended(self) -> Ended | None:
        if not self._watch.due():
            return None
        step = self._service("describe_step", ClusterId=self._cluster, StepId=self._step)["Step"]["Status"]
        state = step["State"]
        if state == "COMPLETED":
            return Ended()
        if state in ("FAILED", "CANCELLED", "INTERRUPTED"):
            return Ended(lambda: self._failed(step))
        cluster = self._service("describe_cluster", ClusterId=self._cluster)["Cluster"]
        if cluster["Status"]["State"] in _OVER:
            return Ended(lambda: self._without_cluster(cluster))
        if state == "PENDING" and self._watch.late():
            return Ended(lambda: self._never_began(cluster))
        said = f"step {self._step} of {self._cluster} is {state}"
        if state == "PENDING":
            said += f", the cluster {cluster['Status']['State']}"
        self._watch.again(said)
        return None

    def cancel(self) -> None:
        self._service(
            "cancel_steps",
            ClusterId=self._cluster,
            StepIds=[self._step],
            StepCancellationOption="TERMINATE_PROCESS",
        )

    # ------------------------------------------------------------------ what went wrong

    def _failed(self, status: Mapping[str, Any]) -> OutsideError:
        state = str(status["State"])
        what = f"step {self._step} of the cluster {self._cluster}"
        if state == "CANCELLED":
            return OutsideError(f"{what} was cancelled", why=_reason(status), fix="run the command again")
        if state == "INTERRUPTED":
            return OutsideError(
                f"{what} was interrupted: its cluster is ending", why=_reason(status),
                fix="run the command again when there is a cluster: warehouse emr list",
            )  # fmt: skip
        return OutsideError(
            f"{what} failed", why=_join(_reason(status), self._told()),
            fix="what was published stays; run the command again when the cause is mended",
        )  # fmt: skip

    def _without_cluster(self, cluster: Mapping[str, Any]) -> OutsideError:
        return OutsideError(
            f"the cluster {self._cluster} ended in mid-step", why=_reason(cluster["Status"]),
            fix="make another one (warehouse emr create), then run the command again",
        )  # fmt: skip

    def _never_began(self, cluster: Mapping[str, Any]) -> OutsideError:
        with contextlib.suppress(OutsideError):
            self.cancel()
        return OutsideError(
            f"step {self._step} did not begin within {self._watch.patience / 60:g} minutes; it was cancelled",
            why=f"the cluster {self._cluster} is {cluster['Status']['State']} and runs at most "
            f"{cluster.get('StepConcurrencyLevel', 1)} steps at a time",
            fix="see what runs there, or set `start_minutes` of the target",
        )

    def _told(self) -> str:
        found = self._service("describe_cluster", ClusterId=self._cluster)["Cluster"].get("LogUri", "")
        if not found:
            return "the cluster keeps no logs: set `log_uri` of the target before it is made"
        place = re.sub(r"^s3[an]://", "s3://", found).rstrip("/")
        return self._log([f"{place}/{self._cluster}/steps/{self._step}/stderr.gz"])


def _reason(status: Mapping[str, Any]) -> str:
    """EMR's own words, which often say nothing."""
    details, change = status.get("FailureDetails") or {}, status.get("StateChangeReason") or {}
    words = [details.get("Reason"), details.get("Message"), change.get("Message")]
    return redacted(_join(*(str(w) for w in words if w and w != "Unknown Error.")))


def _join(*words: str) -> str:
    return "\n       ".join(dict.fromkeys(word for word in words if word))
