"""``audit``."""

from __future__ import annotations

import click

from runner.cli.options import json_output, selection
from runner.console import Told, opened, say
from runner.console import as_json as to_json


@click.command()
@selection
@click.option("--start", metavar="DATE", help="First interval; default: all that is published.")
@click.option("--end", metavar="DATE", help="Last interval, inclusive.")
@json_output
@click.pass_context
def audit(
    ctx: click.Context,
    select: tuple[str, ...],
    exclude: tuple[str, ...],
    start: str | None,
    end: str | None,
    as_json: bool,
) -> int:
    """Run the checks on what is published now."""
    told = Told()
    with opened(ctx) as warehouse:
        report = warehouse.audit(select, exclude, start, end)
    for outcome in report.outcomes:
        told(outcome)
        for check in outcome.warnings:
            say(f"  {outcome.table} {outcome.slice}: warning: {check.name}: found {check.figure:g}")
    if as_json:
        print(to_json(report.outcomes))
    failed = sum(bool(o.failures) for o in report.outcomes)
    say(f"{len(report.outcomes)} slices audited, {failed} with a check that fails")
    return report.exit_code
