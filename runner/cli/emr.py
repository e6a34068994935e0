"""``emr``: create, list, terminate."""

from __future__ import annotations

import click

from runner.console import opened, say
from runner.console import table as columns
from runner.engines.elsewhere import machines


@click.group()
def emr() -> None:
    """The target's cluster of EMR, or its application of EMR Serverless."""


@emr.command()
@click.pass_context
def create(ctx: click.Context) -> None:
    """Make it as pyproject.toml says; one that runs under its name is used as it is."""
    with opened(ctx) as warehouse:
        made = machines(warehouse.lake)
        id_, new = made.create()
        say(f"{'made' if new else 'there is'} {made.name}: {id_}")


@emr.command("list")
@click.pass_context
def list_(ctx: click.Context) -> None:
    """What runs in the region; * marks the target's own."""
    with opened(ctx) as warehouse:
        found = machines(warehouse.lake).list()
    rows = [["*" if one.ours else "", one.id, one.name, one.state, one.since] for one in found]
    print(columns(("", "id", "name", "state", "since (UTC)"), rows) if rows else "none")


@emr.command()
@click.argument("id", required=False)
@click.pass_context
def terminate(ctx: click.Context, id: str | None) -> None:  # noqa: A002
    """End the target's cluster (or the one with this ID); an application of EMR Serverless stops.

    What was published stays; runs at work there fail.
    """
    with opened(ctx) as warehouse:
        made = machines(warehouse.lake)
        ended = [id] if id else [one.id for one in made.list() if made.name in (one.name, one.id)]
        for one in ended:
            made.terminate(one)
            say(f"ending {one}")
        if not ended:
            say(f"nothing runs under the name {made.name}")
