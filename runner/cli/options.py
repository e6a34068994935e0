"""Options that several commands share, with one spelling."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

import click

F = TypeVar("F", bound=Callable[..., Any])


def selection(function: F) -> F:
    """``--select`` and ``--exclude``."""
    function = click.option(
        "--exclude", multiple=True, metavar="SELECTOR", help="Leave these out; may be repeated."
    )(function)
    return click.option(
        "--select", "-s", multiple=True, metavar="SELECTOR",
        help="music, music.songplays, music.*, +x (and its inputs), x+ (and its readers), tag:daily, "
        "state:stale.",
    )(function)  # fmt: skip


def json_output(function: F) -> F:
    """``--json``."""
    return click.option("--json", "as_json", is_flag=True, help="Answer as JSON.")(function)


_PLACE = {
    "project": ("DIR", "The project; default: around the current directory."),
    "target": ("NAME", "A target of pyproject.toml; default: its default_target."),
}


def place(function: F) -> F:
    """``--project`` and ``--target``, before a command."""
    for name, (metavar, text) in reversed(_PLACE.items()):
        option = click.option(f"--{name}", multiple=True, metavar=metavar, help=text, callback=_one)
        function = option(function)
    return function


def anywhere(command: click.Command) -> click.Command:
    """The command, which takes ``--project`` and ``--target`` behind its name, too."""
    if isinstance(command, click.Group):
        for below in command.commands.values():
            anywhere(below)
    if not any(option.name in _PLACE for option in command.params):
        command.params += [
            click.Option(
                [f"--{name}"], multiple=True, metavar=metavar, help=text, callback=_one, expose_value=False
            )
            for name, (metavar, text) in _PLACE.items()
        ]
    return command


def _one(ctx: click.Context, option: click.Parameter, values: tuple[str, ...]) -> str | None:
    """The option's one value; :class:`click.UsageError` where two differ."""
    name, root = str(option.name), ctx.find_root()
    before = root.obj[name] if ctx is not root else None
    found = [*dict.fromkeys(one for one in (before, *values) if one is not None)]
    if len(found) > 1:
        raise click.UsageError(f"--{name} is given twice, as {' and as '.join(found)}.", ctx)
    value = found[0] if found else None
    if ctx is not root:
        root.obj[name] = value
    return value
