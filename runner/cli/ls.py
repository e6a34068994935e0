"""``ls``."""

from __future__ import annotations

import click

from runner.cli.options import json_output, selection
from runner.console import as_json as to_json
from runner.console import opened, table
from warehouse.facts import described


@click.command()
@selection
@json_output
@click.pass_context
def ls(ctx: click.Context, select: tuple[str, ...], exclude: tuple[str, ...], as_json: bool) -> None:
    """List tables: what they are, how often they run, what they read."""
    with opened(ctx) as warehouse:
        project = warehouse.project
        facts = [
            one
            if one.readable or not project.has_sql(one.name)
            else described(one, project.model(one.name))  # what is wrong may be somewhere else
            for one in warehouse.facts(warehouse.tables(select, exclude))
        ]
        found = [
            {
                "table": one.table,
                "kind": "table" if project.has_sql(one.name) else "source",
                "grain": one.grain,
                "form": one.form,
                "owner": one.owner,
                "tags": list(one.tags),
                "reads": list(one.inputs),
            }
            for one in facts
        ]
    if as_json:
        print(to_json(found))
        return
    rows = [(str(f["table"]), str(f["kind"]), str(f["grain"]), ", ".join(f["reads"])) for f in found]
    print(table(("table", "kind", "grain", "reads"), rows))
