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
