"""One of several runners: opens the project, waits at a barrier of files, runs a command line.

``racer.py PROJECT BARRIER NAME WORD...``: makes ``BARRIER/NAME`` when it is ready, goes when ``BARRIER/go``
is there.
"""

from __future__ import annotations

import sys
import time
from pathlib import Path

from runner.api import Warehouse
from runner.cli import run


def main(project: str, barrier: str, name: str, *words: str) -> int:
    with Warehouse.open(Path(project)) as warehouse:
        _ = warehouse.graph()  # all that is only reading is done before the race
        (Path(barrier) / name).touch()
        while not (Path(barrier) / "go").exists():
            time.sleep(0.001)
    return run(["--project", project, *words])


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
