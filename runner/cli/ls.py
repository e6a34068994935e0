"""``ls``."""

from __future__ import annotations

import click

from runner.cli.options import json_output, selection
from runner.console import as_json as to_json
from runner.console import opened, table


@click.command()
@selection
@json_output
@click.pass_context
def ls(ctx: click.Context, select: tuple[str, ...], exclude: tuple[str, ...], as_json: bool) -> None:
    """List tables: what they are, how often they run, what they read."""
    with opened(ctx) as warehouse:
        found = []
        for name in warehouse.tables(select, exclude):
            if warehouse.project.has_sql(name):
                model = warehouse.project.model(name)
                found.append(
                    {
                        "table": str(name),
                        "kind": "table",
                        "grain": "snapshot" if model.contract.is_snapshot else model.grain.value,
                        "form": "range" if model.is_range else "date",
                        "owner": model.front.owner,
                        "tags": list(model.front.tags),
                        "reads": [str(i) for i in model.inputs],
                    }
                )
            else:
                found.append(
                    {
                        "table": str(name),
                        "kind": "source",
                        "grain": "",
                        "form": "",
                        "owner": "",
                        "tags": [],
                        "reads": [],
                    }
                )
    if as_json:
        print(to_json(found))
        return
    rows = [(str(f["table"]), str(f["kind"]), str(f["grain"]), ", ".join(f["reads"])) for f in found]
    print(table(("table", "kind", "grain", "reads"), rows))
