"""The program that a cluster runs: ``main.py INBOX``, with the package in ``--py-files``.

INBOX is the URI of a directory in which requests appear, numbered from ``00001.json``: manifests to run,
several at a time, or the word that there will be no more. A result is written as soon as it is known, to
``<runs>/<run id>/result.json``. One Spark serves all runs of a command, whose tables wait for each other's
publishing; a runner that is gone asks for nothing more, and so the program ends by itself.

Python 3.9, standard library and pyspark only.
"""

from __future__ import annotations

import argparse
import json
import sys
import time
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any

from runner.job import disk, execute
from runner.job.files import Files

PAUSE = 0.5
"""Seconds between two looks for a request."""


def main(arguments: list[str]) -> int:
    """Serve an inbox; 0 when each manifest that was asked for has its result, whatever the results say."""
    parser = argparse.ArgumentParser(prog="main.py")
    parser.add_argument("inbox")
    parser.add_argument("--idle", type=float, default=300, help="seconds without a request, then it ends")
    options = parser.parse_args(arguments)
    from pyspark.sql import SparkSession

    session = SparkSession.builder.enableHiveSupport().getOrCreate()
    disk.use(session)
    try:
        serve(session, options.inbox.rstrip("/"), options.idle)
    finally:
        session.stop()
    return 0


def serve(session: Any, inbox: str, idle: float) -> None:
    """Answer requests until one says ``end``, or none came for ``idle`` seconds after the last was done."""
    files = Files(session)
    number, since = 1, time.monotonic()
    at_work: list[tuple[ThreadPoolExecutor, list[Future[None]]]] = []
    while True:
        text = files.find(f"{inbox}/{number:05}.json")
        if text is not None:
            request = json.loads(text)
            if request.get("end"):
                break
            pool = ThreadPoolExecutor(max_workers=request["jobs"])
            runs = request["runs"]
            at_work.append((pool, [pool.submit(_one, session, runs, m) for m in request["manifests"]]))
            number += 1
            continue
        for pool, futures in list(at_work):
            if all(future.done() for future in futures):
                for future in futures:
                    future.result()  # an error here is no answer about a statement: the program fails
                pool.shutdown()
                at_work.remove((pool, futures))
                since = time.monotonic()
        if not at_work and time.monotonic() - since > idle:
            return
        time.sleep(PAUSE)
    for _, futures in at_work:  # whoever asked wants no more of it
        for future in futures:
            future.cancel()
        session.sparkContext.cancelAllJobs()


def _one(session: Any, runs: str, manifest: dict[str, Any]) -> None:
    result = execute(session, manifest)
    Files(session).write(f"{runs}/{manifest['run_id']}/result.json", json.dumps(result))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
