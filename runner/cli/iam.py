"""``iam``."""

from __future__ import annotations

import json

import click

from runner.cli.options import json_output
from runner.console import opened, say


@click.command()
@click.option(
    "--role",
    type=click.Choice(("job", "runner", "vacuum", "reader", "setup", "landing")),
    help="Only this role's policy.",
)
@click.option("--account", default="*", metavar="ID", help="Put this account into ARNs; default: any (*).")
@json_output
@click.pass_context
def iam(ctx: click.Context, role: str | None, account: str, as_json: bool) -> None:
    """The least that each role must be allowed in AWS, as IAM policies, from the SQL and DDL.

    \b
    job      what Spark runs as: reads what SQL reads, writes below run directories
    runner   who gives the commands: log, claims, pointers, staging tables, the engine
    vacuum   who deletes what nothing needs: it reads and writes no rows
    reader   who asks Athena: the published databases, and nothing of how they are made
    setup    who makes the lake's bucket: lake create
    landing  who puts raw files below the sources: land
    """
    from runner.iam import roles

    with opened(ctx) as warehouse:
        found = roles(warehouse.lake, role, account)
    if as_json:
        print(
            json.dumps({one.name: {"policies": one.policies, "notes": one.notes} for one in found}, indent=2)
        )
        return
    for one in found:
        for note in one.notes:
            say(f"{one.name}: {note}")
    if role is None:
        shown = {one.name: _only(one.policies) for one in found}
        print(json.dumps(shown, indent=2))
    else:
        print(json.dumps(_only(found[0].policies), indent=2))


def _only(policies: tuple[dict[str, object], ...]) -> object:
    """A document by itself, so that it can be given to AWS as it is; a list only where there are several."""
    return policies[0] if len(policies) == 1 else list(policies)
