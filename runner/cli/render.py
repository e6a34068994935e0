"""``render``."""

from __future__ import annotations

import click

from runner.console import opened


@click.command()
@click.argument("table")
@click.option("--date", required=True, metavar="DATE", help="The interval, or the first of a batch.")
@click.option("--end", metavar="DATE", help="The last interval of a batch.")
@click.pass_context
def render(ctx: click.Context, table: str, date: str, end: str | None) -> None:
    """Show TABLE's statement rendered for an interval, checked as it would be before a run."""
    with opened(ctx) as warehouse:
        print(warehouse.render(table, date, end).strip("\n"))
