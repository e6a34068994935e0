"""How long a command takes to say its first word: ``python -m benchmarks.startup [--rounds 9]``.

Wall time of whole processes, the metastore running, on a copy of the music warehouse in a temporary folder.
Last, one run of one table, Java with and without the archive of classes, in turn and fewer rounds.
"""

from __future__ import annotations

import argparse
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from runner import archive

ROOT = Path(__file__).resolve().parent.parent
COMMANDS = (
    ("--help",),
    ("render", "music.songplays", "--date", "2018-11-15"),
    ("ls", "--select", "music"),
    ("ddl", "status", "--select", "music"),
    ("status", "--select", "music"),
)


RUN = ("run", "--select", "music.songplays", "--date", "2018-11-01", "--force")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=9)
    rounds = parser.parse_args().rounds
    with tempfile.TemporaryDirectory() as directory:
        for name in ("ddl", "sql", "landing"):
            shutil.copytree(ROOT / name, Path(directory) / name)
        shutil.copy(ROOT / "pyproject.toml", directory)
        try:
            _run(directory, "ddl", "apply", "--select", "music")
            bare = _median([sys.executable, "-c", "pass"], directory, rounds)
            print(f"{bare:.3f} s  python -c pass")
            for words in COMMANDS:
                print(f"{_median(_line(*words), directory, rounds):.3f} s  warehouse {' '.join(words)}")
            _runs(directory, max(3, rounds // 3))
        finally:
            _run(directory, "metastore", "stop")


def _runs(directory: str, rounds: int) -> None:
    subprocess.run([sys.executable, "-m", "runner.training"], cwd=ROOT, check=True)
    _run(directory, "land", "music", "--generate", "--start", "2018-11-01", "--end", "2018-11-01")
    _run(directory, "backfill", "--select", "music", "--start", "2018-11-01", "--end", "2018-11-01")
    with_it, without = [], []
    for _ in range(rounds):
        with_it.append(_median(_line(*RUN), directory, 1))
        os.environ[archive.SWITCH] = "off"
        without.append(_median(_line(*RUN), directory, 1))
        del os.environ[archive.SWITCH]
    for times, how in ((with_it, "with"), (without, "without")):
        print(f"{statistics.median(times):.3f} s  warehouse {' '.join(RUN)}, {how} the archive of classes")


def _line(*words: str) -> list[str]:
    return [str(Path(sys.executable).with_name("warehouse")), *words]


def _run(directory: str, *words: str) -> None:
    subprocess.run(_line(*words), cwd=directory, check=True, capture_output=True)


def _median(line: list[str], directory: str, rounds: int) -> float:
    times = []
    for _ in range(rounds):
        began = time.monotonic()
        subprocess.run(line, cwd=directory, check=True, capture_output=True)
        times.append(time.monotonic() - began)
    return statistics.median(times)


if __name__ == "__main__":
    main()
