"""Loading and analysing a project of many models, beside its peers: ``python -m benchmarks.models``.

Whole processes on one generated project, wall seconds and processor seconds (the machine's other work makes
the first long). Ours is ``warehouse lint``: inputs, read windows, lineage, contracts and all rules, of all
models. dbt compiles without analysis; SQLMesh loads, which qualifies and types. The peers are installed into
environments of their own below ``--cache`` and run in the same call; ``--no-peers`` leaves them out.
"""

from __future__ import annotations

import argparse
import os
import resource
import shutil
import subprocess
import sys
import tempfile
import time
import venv
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from benchmarks.generated import name, write_dbt, write_ours, write_sqlmesh

QUIET = {
    "DBT_SEND_ANONYMOUS_USAGE_STATS": "false",
    "DO_NOT_TRACK": "1",
    "SQLMESH__DISABLE_ANONYMIZED_ANALYTICS": "1",
    "NO_COLOR": "1",
}


@dataclass(frozen=True)
class Tool:
    """A tool's command lines. ``kept`` is what it keeps between calls: without it a call is cold."""

    title: str
    packages: tuple[str, ...]
    write: Callable[[Path, int], None]
    every: tuple[str, ...]
    one: tuple[str, ...]
    start: tuple[str, ...]
    kept: tuple[str, ...]
    command: str
    slow: bool = False
    """Whether once is enough."""


def tools(count: int) -> list[Tool]:
    middle = name(count // 2)

    def dbt(title: str, *packages: str, slow: bool) -> Tool:
        words = ("compile", "--profiles-dir", ".")
        one = (*words, "--select", middle)
        return Tool(title, packages, write_dbt, words, one, ("--help",), ("target",), "dbt", slow)

    return [
        Tool(
            "warehouse",
            (),
            write_ours,
            ("lint",),
            ("lint", "--select", f"gen.{middle}"),
            ("--help",),
            (".warehouse",),
            "warehouse",
        ),
        dbt("dbt-core 1.11, compile", "dbt-core~=1.11.0", "dbt-duckdb", slow=True),
        dbt("dbt-core 2.0.0a4 (Rust), compile", "dbt-core==2.0.0a4", slow=False),
        Tool(
            "SQLMesh 0.236, info and render",
            ("sqlmesh==0.236.*", "duckdb"),
            write_sqlmesh,
            ("info", "--skip-connection"),
            ("render", f"gen.{middle}"),
            ("--help",),
            (".cache",),
            "sqlmesh",
            slow=True,
        ),
    ]


@dataclass(frozen=True)
class Took:
    """Seconds of one process with its children: by the clock, and of processors."""

    wall: float
    processor: float

    def __str__(self) -> str:
        return f"{self.wall:.2f} ({self.processor:.2f})"


def timed(line: Sequence[str], directory: Path) -> Took:
    """One run; a failure ends the benchmark with what the command printed."""
    # A tool that is installed does not compile its modules at each start.
    environment = {k: v for k, v in os.environ.items() if k != "PYTHONDONTWRITEBYTECODE"} | QUIET
    before, began = resource.getrusage(resource.RUSAGE_CHILDREN), time.perf_counter()
    done = subprocess.run(line, cwd=directory, env=environment, capture_output=True, text=True)
    wall, after = time.perf_counter() - began, resource.getrusage(resource.RUSAGE_CHILDREN)
    if done.returncode:
        sys.exit(f"{' '.join(line)} ended with {done.returncode}:\n{(done.stdout + done.stderr)[-2000:]}")
    return Took(wall, after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime)


def best(line: Sequence[str], directory: Path, rounds: int, before: Callable[[], None]) -> Took:
    """The quickest of several: other work on the machine only ever adds."""
    found = []
    for _ in range(rounds):
        before()
        found.append(timed(line, directory))
    return min(found, key=lambda took: took.wall)


def installed(tool: Tool, cache: Path) -> str:
    """The tool's command; a peer is installed when its environment is not there yet."""
    if not tool.packages:
        return str(Path(sys.executable).with_name(tool.command))
    home = cache / "".join(c if c.isalnum() else "_" for c in "-".join(tool.packages))
    command = home / "bin" / tool.command
    if not command.exists():
        print(f"installing {', '.join(tool.packages)} …", file=sys.stderr)
        venv.create(home, clear=True, with_pip=True)
        line = [
            str(home / "bin" / "pip"),
            "install",
            "--quiet",
            "--disable-pip-version-check",
            *tool.packages,
        ]
        subprocess.run(line, check=True)
    return str(command)


def measure(tool: Tool, command: str, root: Path, count: int, rounds: int) -> list[Took]:
    """All cold, all warm, one warm, one cold, start."""
    tool.write(root, count)

    def forget() -> None:
        for kept in tool.kept:
            shutil.rmtree(root / kept, ignore_errors=True)

    every, one, start = ([command, *words] for words in (tool.every, tool.one, tool.start))
    cold = best(every, root, rounds, forget)
    warm = best(every, root, rounds, lambda: None)
    one_warm = best(one, root, rounds, lambda: None)
    return [cold, warm, one_warm, best(one, root, rounds, forget), best(start, root, rounds, lambda: None)]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0] if __doc__ else None)
    parser.add_argument("--models", type=int, default=1000)
    parser.add_argument("--rounds", type=int, default=3, help="of the quick ones")
    parser.add_argument("--no-peers", action="store_true")
    parser.add_argument("--cache", type=Path, default=Path.home() / ".cache" / "warehouse-benchmarks")
    options = parser.parse_args()
    print(
        f"{options.models} models; seconds by the clock (and of processors), the best of {options.rounds}\n"
    )
    print("| tool | all, cold | all, warm | one, warm | one, cold | start | all, cold, to ours |")
    print("|---|---|---|---|---|---|---|")
    ours: Took | None = None
    for tool in tools(options.models):
        if tool.packages and options.no_peers:
            continue
        try:
            command = installed(tool, options.cache)
        except subprocess.CalledProcessError:
            print(f"| {tool.title} | cannot be installed here | | | | | |", flush=True)
            continue
        rounds = 1 if tool.slow else options.rounds
        with tempfile.TemporaryDirectory() as directory:
            found = measure(tool, command, Path(directory), options.models, rounds)
        ours = ours or found[0]
        ratio = f"{found[0].wall / ours.wall:.1f} ({found[0].processor / ours.processor:.1f})"
        print(f"| {tool.title} | {' | '.join(map(str, found))} | {ratio} |", flush=True)


if __name__ == "__main__":
    main()
