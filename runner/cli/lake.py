"""``lake``: create."""

from __future__ import annotations

import click

from runner.console import opened, say


@click.group()
def lake() -> None:
    """The place where the data lies."""


@lake.command()
@click.pass_context
def create(ctx: click.Context) -> None:
    """Make the target's directory or bucket, private, encrypted and versioned; again, nothing changes."""
    with opened(ctx) as warehouse:
        for line in warehouse.lake_create():
            say(line)
