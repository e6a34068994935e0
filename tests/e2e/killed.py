"""A command line that kills itself with SIGKILL at one point.

``killed.py PROJECT POINT WHEN COUNT WORD...``: POINT is a key of ``POINTS``, WHEN is ``before`` or ``after``
its COUNT-th call. The tool itself knows nothing of it.
"""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from text_engine import TextEngine

from runner import lake as lakes
from runner.claims import Claims
from runner.cli import run
from runner.metastores.hive import HiveMetastore
from runner.run import Attempt
from runner.tablelog import TableLog

POINTS: dict[str, tuple[Any, str]] = {
    "claim": (Claims, "take"),
    "record": (Attempt, "_record"),
    "create table": (HiveMetastore, "create_table"),
    "create database": (HiveMetastore, "create_database"),
    "file": (TextEngine, "written"),
    "link": (os, "link"),
    "put": (TableLog, "put"),
    "alter table": (HiveMetastore, "alter_table"),
    "add": (HiveMetastore, "add_partitions"),
    "move": (HiveMetastore, "alter_partitions"),
    "drop": (HiveMetastore, "drop_partitions"),
    "drop table": (HiveMetastore, "drop_table"),
    "unclaim": (Claims, "drop"),
}


LINK = os.link


def deadly(real: Callable[..., Any], when: str, count: int) -> Callable[..., Any]:
    calls = 0

    def wrapped(*args: Any, **kwargs: Any) -> Any:
        nonlocal calls
        if real is LINK and "/log/" not in str(args[1]):
            return real(*args, **kwargs)
        calls += 1
        if when == "before" and calls == count:
            os.kill(os.getpid(), signal.SIGKILL)
        answer = real(*args, **kwargs)
        if when == "after" and calls == count:
            os.kill(os.getpid(), signal.SIGKILL)
        return answer

    return wrapped


def main(project: str, point: str, when: str, count: str, *words: str) -> int:
    lakes._ENGINES["text"] = TextEngine  # type: ignore[index]
    owner, name = POINTS[point]
    wrapped = deadly(getattr(owner, name), when, int(count))
    setattr(owner, name, staticmethod(wrapped) if point == "file" else wrapped)
    return run(["--project", project, *words])


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
