"""``lineage``."""

from __future__ import annotations

import click

from runner.cli.options import json_output
from runner.console import as_json as to_json
from runner.console import opened


@click.command()
@click.argument("name", metavar="TABLE[.COLUMN]")
@click.option("--up", "only_up", is_flag=True, help="Only what it derives from.")
@click.option("--down", "only_down", is_flag=True, help="Only what derives from it.")
@click.option("--mermaid", "as_mermaid", is_flag=True, help="Answer as a Mermaid flowchart.")
@json_output
@click.pass_context
def lineage(
    ctx: click.Context, name: str, only_up: bool, only_down: bool, as_mermaid: bool, as_json: bool
) -> None:
    """Show what a table, or a column of it, derives from, and what derives from it."""
    from warehouse.lineage import Lineage, label, mermaid

    with opened(ctx) as warehouse:
        known = Lineage(warehouse.project, warehouse.facts)
        thing = known.thing(name)
        up = known.upstream(thing) if not only_down or only_up else None
        down = known.downstream(thing) if not only_up or only_down else None
    edges = [(b, a) for a, b in up.edges()] if up is not None else []
    edges += list(down.edges()) if down is not None else []
    edges = list(dict.fromkeys(edges))
    if as_mermaid:
        print(mermaid(edges, thing))
    elif as_json:
        found: dict[str, object] = {"name": label(thing)}
        if up is not None:
            found["derives_from"] = [label(n.thing) for n in up.below]
        if down is not None:
            found["read_by"] = [label(n.thing) for n in down.below]
        found["edges"] = [{"from": label(a), "to": label(b)} for a, b in edges]
        print(to_json(found))
    else:
        if up is not None:
            print("derives from" if up.below else "derives from nothing that is known here")
            print("\n".join(up.lines()))
        if down is not None:
            print("is read by" if down.below else "is read by nothing in this project")
            print("\n".join(down.lines()))
