"""``engine = "spark-submit"``: any cluster that a ``spark-submit`` on this machine reaches."""

from __future__ import annotations

import contextlib
import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

from runner import java
from runner.engines.submitted import Application, Ended
from runner.engines.words import gist
from warehouse.errors import OutsideError

PATIENCE = 30.0
"""Seconds that a program which was told to end is given."""


def arguments(
    application: Application, settings: Mapping[str, str], *, master: str = "", idle: int = 0
) -> list[str]:
    """What follows the word ``spark-submit``: ``settings`` are Spark's, ``idle`` is in seconds."""
    words = ["--master", master] if master else []
    words += ["--name", application.name]
    for key, value in sorted(settings.items()):
        words += ["--conf", f"{key}={value}"]
    words += ["--py-files", application.modules, application.main, application.inbox]
    return [*words, "--idle", str(idle)] if idle else words


class SparkSubmit:
    """Starts a ``spark-submit`` process and writes what it says to ``log``."""

    def __init__(
        self, program: Sequence[str], master: str, settings: Mapping[str, str], log: Path,
        environment: Mapping[str, str],
    ) -> None:  # fmt: skip
        self._program = list(program)
        self._master = master
        self._settings = settings
        self._log = log
        self._environment = environment
        self._process: Process | None = None

    def submit(self, application: Application) -> Process:
        self._log.parent.mkdir(parents=True, exist_ok=True)
        command = [*self._program, *arguments(application, self._settings, master=self._master)]
        try:
            with self._log.open("wb") as log:
                # A group of its own: Ctrl-C on the terminal is ours to pass on.
                process = subprocess.Popen(
                    command, stdin=subprocess.DEVNULL, stdout=log, stderr=subprocess.STDOUT,
                    env=dict(self._environment), start_new_session=True,
                )  # fmt: skip
        except OSError as error:
            raise OutsideError(
                f"{self._program[0]} cannot be started: {error.strerror}",
                fix="set `spark_submit` of the target to the program's path",
            ) from None
        self._process = Process(process, self._log)
        return self._process

    def close(self) -> None:
        """It was told to end by its inbox, or cancelled."""
        process, self._process = self._process, None
        if process is not None:
            process.leave()


class Process:
    """An application by the ``spark-submit`` that waits for it."""

    def __init__(self, process: subprocess.Popen[bytes], log: Path) -> None:
        self._process = process
        self._log = log

    def ended(self) -> Ended | None:
        code = self._process.poll()
        if code is None:
            return None
        return Ended(self._why) if code else Ended()

    def _why(self) -> OutsideError:
        code = self._process.returncode
        how = f"was killed by signal {-code}" if code < 0 else f"ended with code {code}"
        return OutsideError(
            f"spark-submit {how}",
            why=gist(self._log.read_text(encoding="utf-8", errors="replace")),
            fix=f"its whole log is {self._log}",
        )

    def cancel(self) -> None:
        self._end(signal.SIGTERM)

    def leave(self) -> None:
        """Wait for its end; one that does not end is made to."""
        with contextlib.suppress(subprocess.TimeoutExpired):
            self._process.wait(PATIENCE)
        self._end(signal.SIGTERM)

    def _end(self, number: signal.Signals) -> None:
        if self._process.poll() is None:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(self._process.pid, number)
            try:
                self._process.wait(PATIENCE)
            except subprocess.TimeoutExpired:
                with contextlib.suppress(ProcessLookupError):
                    os.killpg(self._process.pid, signal.SIGKILL)
                self._process.wait()


def find_program(configured: str) -> tuple[list[str], dict[str, str], bool]:
    """The program, its environment, and whether it is the one of the package pyspark: the one configured,
    else the one on PATH, else pyspark's."""
    named = configured or shutil.which("spark-submit") or ""
    if configured and shutil.which(configured) is None:
        raise OutsideError(
            f"there is no program {configured}", fix="correct `spark_submit` of the target, or leave it out"
        )
    own = java.pyspark_home()
    # pip puts pyspark's beside python, where it is on PATH without being anybody's choice.
    if named and Path(named).resolve().parent not in (own / "bin", Path(sys.executable).parent.resolve()):
        return [named], dict(os.environ), False
    environment = {**os.environ, **java.environment(), "SPARK_HOME": str(own)}
    environment.setdefault("PYSPARK_PYTHON", sys.executable)
    return [str(own / "bin" / "spark-submit")], environment, True
