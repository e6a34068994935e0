"""The archive of classes: Java takes it, it belongs to one set of jars, and no machine needs it."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from runner import archive
from runner.java import java, java_home, major_version

pytestmark = pytest.mark.metastore


@pytest.fixture(autouse=True)
def asked_anew() -> Iterator[None]:
    archive.path.cache_clear()
    yield
    archive.path.cache_clear()


@pytest.fixture
def no_archives(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    return tmp_path / "cache" / "warehouse"


def _trained() -> Path:
    if (major_version(java_home()) or 0) < 17:
        pytest.skip("archives are made for Java 17")
    done = subprocess.run([sys.executable, "-m", "runner.training"], capture_output=True, text=True)
    made = archive.path()
    assert made is not None and made.exists(), done.stderr
    return made


def test_java_loads_spark_and_the_metastore_from_it() -> None:
    _trained()
    said = subprocess.run(
        [
            *(java(), "-Xshare:on", *archive.options(), "-Xlog:class+load"),
            *("-cp", os.pathsep.join([*archive.class_path(), "/tmp"])),
            "org.apache.hadoop.hive.metastore.HiveMetaStore",
            "--help",
        ],
        capture_output=True,
        text=True,
    ).stdout
    of_hive = [line for line in said.splitlines() if "org.apache.hadoop.hive." in line and "source:" in line]
    assert of_hive and all("shared objects file" in line for line in of_hive if "metastore" in line)


def test_a_changed_jar_needs_another(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, no_archives: Path
) -> None:
    home = tmp_path / "spark"
    (home / "jars").mkdir(parents=True)
    (home / "jars" / "a.jar").write_bytes(b"one")
    monkeypatch.setenv("SPARK_HOME", str(home))
    before = archive.path()
    assert archive.class_path() == [f"{home}/conf/", f"{home}/jars/*"]
    archive.path.cache_clear()
    (home / "jars" / "a.jar").write_bytes(b"other")
    after = archive.path()
    assert before is not None and after is not None and before != after
    assert before.parent == no_archives
    assert archive.options() == []


def test_off(monkeypatch: pytest.MonkeyPatch, no_archives: Path) -> None:
    monkeypatch.setenv(archive.SWITCH, "off")
    assert archive.path() is None and archive.options() == []
    archive.later()
    assert not no_archives.exists()


def test_what_cannot_be_made_is_one_sentence_and_tried_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, no_archives: Path
) -> None:
    jars = tmp_path / "spark" / "jars"
    jars.mkdir(parents=True)
    monkeypatch.setenv("SPARK_HOME", str(jars.parent))  # a Spark without anything in it
    done = subprocess.run([sys.executable, "-m", "runner.training"], capture_output=True, text=True)
    assert done.returncode == 1
    assert done.stderr.count("\n") == 1 and "Java starts without one" in done.stderr
    made = archive.path()
    assert made is not None and not made.exists()
    assert "no archive" in made.with_suffix(".log").read_text()
    started: list[object] = []
    monkeypatch.setattr(archive, "train", started.append)
    archive.later()
    assert not started


def test_a_cache_that_cannot_be_written(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "file").touch()
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "file"))
    done = subprocess.run([sys.executable, "-m", "runner.training"], capture_output=True, text=True)
    assert done.returncode == 1 and "Traceback" not in done.stderr
    assert archive.options() == []
