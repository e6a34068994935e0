"""Options of the command line that may stand before a command, or behind it."""

from __future__ import annotations

from pathlib import Path

import click
import pytest

from runner.cli import COMMANDS, cli, run
from runner.cli.options import anywhere

SETTINGS = """[tool.warehouse]
default_target = "local"
[tool.warehouse.targets.local]
lake = "lake"
[tool.warehouse.targets.far]
engine = "emr"
metastore = "glue"
lake = "s3://far/lake"
region = "eu-west-1"
"""


@pytest.fixture
def project(tmp_path: Path) -> Path:
    (tmp_path / "pyproject.toml").write_text(SETTINGS)
    return tmp_path


def commands(group: click.Group, ctx: click.Context, path: str = "") -> list[tuple[str, click.Command]]:
    found = []
    for name in group.list_commands(ctx):
        command = group.get_command(ctx, name)
        assert command is not None
        found.append((f"{path}{name}", command))
        if isinstance(command, click.Group):
            found += commands(command, ctx, f"{path}{name} ")
    return found


def test_every_command_takes_them_once() -> None:
    found = commands(cli, click.Context(cli))
    assert len(found) > len(COMMANDS), "commands of groups, too"
    for name, command in found:
        anywhere(command)  # a command line may be run more than once in a process
        options = [option for param in command.params for option in param.opts]
        assert (options.count("--project"), options.count("--target")) == (1, 1), name


@pytest.mark.parametrize(
    "words",
    [
        ("--project", "{0}", "--target", "far", "iam", "--role", "reader"),
        ("iam", "--role", "reader", "--target", "far", "--project", "{0}"),
        ("--target=far", "iam", "--target=far", "--role=reader", "--project={0}", "--project={0}"),
    ],
    ids=["before", "behind", "both"],
)
def test_before_or_behind(project: Path, words: tuple[str, ...], capsys: pytest.CaptureFixture[str]) -> None:
    assert run([word.format(project) for word in words]) == 0
    assert "arn:aws:s3:::far" in capsys.readouterr().out


def test_behind_a_command_of_a_group(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for words in (("metastore", "--target", "none", "status"), ("metastore", "status", "--target", "none")):
        assert run(["--project", str(project), *words]) == 2
        assert "target 'none'" in capsys.readouterr().err


@pytest.mark.parametrize(
    "words",
    [
        ("--target", "local", "iam", "--target", "far"),
        ("iam", "--target", "local", "--target", "far"),
        ("--target", "local", "--target", "far", "iam"),
        ("metastore", "--target", "local", "status", "--target", "far"),
    ],
)
def test_two_that_differ(project: Path, words: tuple[str, ...], capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["--project", str(project), *words]) == 2
    assert "--target is given twice, as local and as far." in capsys.readouterr().err


def test_one_command_line_knows_nothing_of_another(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["iam", "--target", "far", "--project", str(project)]) == 0
    assert run(["--project", str(project), "iam"]) == 2
    assert "target 'local' has nothing on AWS" in capsys.readouterr().err
