"""``metastore``: start, status, stop."""

from __future__ import annotations

import click

from runner.console import opened, say


@click.group()
def metastore() -> None:
    """The embedded metastore: Hive's own server, started on demand and kept for the next command."""


@metastore.command()
@click.pass_context
def start(ctx: click.Context) -> None:
    """Start it if it does not run; print where it answers."""
    with opened(ctx) as warehouse:
        print(warehouse.metastore_start())


@metastore.command()
@click.pass_context
def status(ctx: click.Context) -> None:
    """Say whether it runs, and where."""
    with opened(ctx) as warehouse:
        running = warehouse.metastore_status()
    print(running or "not running")


@metastore.command()
@click.pass_context
def stop(ctx: click.Context) -> None:
    """Stop it; the next command that needs it starts it again."""
    with opened(ctx) as warehouse:
        stopped = warehouse.metastore_stop()
    say("stopped" if stopped else "it was not running")
