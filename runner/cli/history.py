"""``history``, ``rollback``, ``hold`` and ``release``."""

from __future__ import annotations

import click

from runner.cli.options import json_output
from runner.console import as_json as to_json
from runner.console import number, opened, say, size
from runner.console import table as columns


@click.command()
@click.argument("table")
@click.argument("partition", required=False)
@json_output
@click.pass_context
def history(ctx: click.Context, table: str, partition: str | None, as_json: bool) -> None:
    """What happened to TABLE, or to one PARTITION of it (dt=2018-11-15); * marks what readers see."""
    with opened(ctx) as warehouse:
        events = warehouse.history(table, partition)
    if as_json:
        print(to_json(events))
        return
    rows = [
        (
            str(e.entry), e.time[:19], e.kind, e.slice, ("* " if e.current else "  ") + e.run_id,
            number(e.rows) if e.run_id else "", size(e.bytes) if e.run_id else "", e.by, e.reason,
        )
        for e in events
    ]  # fmt: skip
    print(
        columns(
            ("entry", "time (UTC)", "what", "slice", "  run", "rows", "bytes", "by", "reason"),
            rows,
            right=(0, 5, 6),
        )
    )


@click.command()
@click.argument("table")
@click.argument("partition", default="")
@click.option("--reason", required=True, help="Why; it stands in the log.")
@click.option("--to", "run_id", metavar="RUN", help="The run whose rows to show; default: the one before.")
@click.pass_context
def rollback(ctx: click.Context, table: str, partition: str, reason: str, run_id: str | None) -> None:
    """Point PARTITION of TABLE at its earlier rows, and hold it until it is released."""
    with opened(ctx) as warehouse:
        back = warehouse.rollback(table, partition, reason=reason, run_id=run_id)
    say(
        f"{table} {partition or '(whole table)'}: back at run {back.run_id}, and held; "
        f"let it go with: warehouse release {table} {partition}".rstrip()
    )


@click.command()
@click.argument("table")
@click.argument("partition", default="")
@click.option("--reason", required=True, help="Why; it stands in the log.")
@click.pass_context
def hold(ctx: click.Context, table: str, partition: str, reason: str) -> None:
    """Keep backfills from replacing PARTITION of TABLE, without changing it."""
    with opened(ctx) as warehouse:
        warehouse.hold(table, partition, reason=reason)
    say(f"{table} {partition or '(whole table)'}: held")


@click.command()
@click.argument("table")
@click.argument("partition", default="")
@click.pass_context
def release(ctx: click.Context, table: str, partition: str) -> None:
    """End the hold on PARTITION of TABLE: the next backfill may replace it."""
    with opened(ctx) as warehouse:
        warehouse.release(table, partition)
    say(f"{table} {partition or '(whole table)'}: released")


@click.command()
@click.argument("table")
@click.option("--reason", required=True, help="Why old slices need no rebuild; it stands in the log.")
@click.pass_context
def accept(ctx: click.Context, table: str, reason: str) -> None:
    """Take the present code of TABLE as good for what is published: the change is forward-only."""
    with opened(ctx) as warehouse:
        accepted = warehouse.accept(table, reason=reason)
    say(
        f"{table}: {len(accepted)} slices accepted"
        if accepted
        else f"{table}: nothing was stale for its code"
    )
