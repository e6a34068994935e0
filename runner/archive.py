"""An archive of the classes that Spark and Hive's metastore load, so that their Javas start in half the time.

Java 17 maps such an archive into memory instead of reading, checking and linking 15,000 classes from 250 jars
at each start (JEP 310). It belongs to one Java and one set of jars, which its name says; Java looks again and
goes on without it, silently, where anything differs. ``training`` makes it, once a machine.
"""

from __future__ import annotations

import contextlib
import functools
import hashlib
import os
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

from runner.java import java_home, major_version, pyspark_home
from warehouse.errors import OutsideError

SWITCH = "WAREHOUSE_CLASS_ARCHIVE"
"""Variable of the environment: ``off`` neither makes nor uses an archive."""


def directory() -> Path:
    """Where this user's archives lie, 200 MB each."""
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "warehouse"


def spark_home() -> Path:
    """The directory of the Spark that pyspark starts: ``$SPARK_HOME``, else its own."""
    if os.environ.get("SPARK_HOME"):
        return Path(os.environ["SPARK_HOME"])
    return pyspark_home()


def class_path() -> list[str]:
    """The class path with which Spark's launcher starts Java; others may follow, none go before."""
    home = spark_home()
    return [f"{home}/conf/", f"{home}/jars/*"]


@functools.cache
def path() -> Path | None:
    """The archive of this Java and these jars, made or not; None where there can be none."""
    try:
        java, spark = java_home(), spark_home()
    except OutsideError:
        return None
    if os.environ.get(SWITCH) == "off" or (major_version(java) or 0) < 17:
        return None
    key = hashlib.blake2b(f"{java}\n{spark}\n".encode(), digest_size=10)
    with contextlib.suppress(OSError):
        key.update((java / "release").read_bytes())
    try:
        jars = sorted(os.scandir(spark / "jars"), key=lambda entry: entry.name)
    except OSError:
        return None
    for jar in jars:
        found = jar.stat()
        key.update(f"{jar.name} {found.st_size} {found.st_mtime_ns}\n".encode())
    return directory() / f"{key.hexdigest()}.jsa"


def options() -> list[str]:
    """What to tell Java so that it uses the archive; nothing while there is none."""
    archive = path()
    return [f"-XX:SharedArchiveFile={archive}"] if archive is not None and archive.exists() else []


def later() -> None:
    """Have the archive made in the background, at the lowest priority, if it is missing and was not tried."""
    archive = path()
    if archive is None or archive.exists() or archive.with_suffix(".log").exists():
        return
    with contextlib.suppress(OSError):
        train(["--nice"])


def train(arguments: Sequence[str]) -> subprocess.Popen[bytes]:
    """Start the process that makes it; it outlives this one."""
    return subprocess.Popen(
        [sys.executable, "-m", "runner.training", *arguments],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        cwd=Path(__file__).resolve().parent.parent,
        start_new_session=True,
    )
