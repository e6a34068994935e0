"""``status``."""

from __future__ import annotations

import click

from runner.cli.options import json_output, selection
from runner.console import as_json as to_json
from runner.console import number, opened, size, table


@click.command()
@selection
@json_output
@click.pass_context
def status(ctx: click.Context, select: tuple[str, ...], exclude: tuple[str, ...], as_json: bool) -> int:
    """What is published of each table, what is held or worked on, and whether the metastore shows it."""
    with opened(ctx) as warehouse:
        found = warehouse.status(select, exclude)
        where = f"lake {warehouse.lake.store.root}, metastore {warehouse.lake.metastore.name}"
    code = max((one.error.exit_code for one in found if one.error), default=0)
    if as_json:
        print(to_json(found))
        return code
    rows = [
        (
            str(t.table), t.kind, str(t.slices), t.first, t.last, number(t.rows), size(t.bytes),
            "error" if t.error else "drift" if t.drift else "not created" if not t.version else "ok",
        )
        for t in found
    ]  # fmt: skip
    print(
        table(
            ("table", "kind", "slices", "first", "last", "rows", "bytes", "metastore"), rows, right=(2, 5, 6)
        )
    )
    for one in found:
        for hold in one.holds:
            print(f"held: {one.table} {hold.spec or '(whole table)'} since {hold.since}: {hold.reason}")
        for claim in one.claims:
            print(f"claimed: {one.table} {', '.join(claim.specs[:3])} by {claim.by} since {claim.since}")
        for line in one.drift:
            print(f"drift: {one.table}: {line}")
        if one.error:
            print(f"error: {one.error}")
        if one.warnings:
            more = f" and {len(one.warnings) - 1} more" if len(one.warnings) > 1 else ""
            print(f"warning: {one.table} {one.warnings[0]}{more}")
    print(where)
    return code
