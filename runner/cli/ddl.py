"""``ddl``: new, show, status, apply, diff, adopt, import."""

from __future__ import annotations

import click

from runner.cli.options import json_output, selection
from runner.console import as_json as to_json
from runner.console import opened, say, table


@click.group()
def ddl() -> None:
    """Versioned DDL, applied through the metastore's client without Spark."""


@ddl.command()
@click.argument("table")
@click.argument("name", required=False)
@click.pass_context
def new(ctx: click.Context, table: str, name: str | None) -> None:
    """Write the next DDL file of TABLE to fill in; NAME says what it does."""
    with opened(ctx) as warehouse:
        print(warehouse.project.relative(warehouse.ddl_new(table, name)))


@ddl.command()
@click.argument("table")
@click.pass_context
def show(ctx: click.Context, table: str) -> None:
    """The schema that TABLE's files give, as one CREATE statement."""
    with opened(ctx) as warehouse:
        print(warehouse.ddl_show(table), end="")


@ddl.command()
@selection
@json_output
@click.pass_context
def status(ctx: click.Context, select: tuple[str, ...], exclude: tuple[str, ...], as_json: bool) -> int:
    """How files, log and metastore stand to each other."""
    with opened(ctx) as warehouse:
        found = warehouse.ddl_status(select, exclude)
    if as_json:
        print(to_json(found))
    else:
        rows = [(str(t.table), str(t.written), str(t.applied), t.word) for t in found]
        print(table(("table", "files", "applied", "state"), rows, right=(1, 2)))
        for one in found:
            for problem in one.problems:
                print(f"error: {problem}")
            for path in one.pending:
                print(f"pending: {path}")
            for line in one.drift:
                print(f"drift: {one.table}: {line}")
    return 2 if any(t.problems for t in found) else 0


@ddl.command()
@selection
@click.pass_context
def apply(ctx: click.Context, select: tuple[str, ...], exclude: tuple[str, ...]) -> None:
    """Apply what is pending, and mend where the metastore differs from the log."""
    changed = 0
    with opened(ctx) as warehouse:
        for done in warehouse.ddl_apply(select, exclude):
            if done.before != done.after:
                changed += 1
                before = f"version {done.before}" if done.before else "nothing"
                after = f"version {done.after}" if done.after else "dropped"
                say(f"  {done.table}: {before} -> {after}")
            elif done.written:
                changed += 1
                say(f"  {done.table}: metastore brought up to the log ({done.written} changes)")
    say(f"{changed} tables changed" if changed else "nothing to apply")


@ddl.command()
@click.argument("table")
@click.pass_context
def diff(ctx: click.Context, table: str) -> None:
    """What applying would change in TABLE, and where the metastore differs from the log."""
    with opened(ctx) as warehouse:
        found = warehouse.ddl_diff(table)
    print("\n".join(found) if found else "no difference")


@ddl.command()
@click.argument("table")
@click.pass_context
def adopt(ctx: click.Context, table: str) -> None:
    """Take over an existing external TABLE with its partitions where they lie."""
    with opened(ctx) as warehouse:
        done = warehouse.ddl_adopt(table)
        slices = len(warehouse.lake.log(done.table).state().slices)
    say(f"{done.table}: adopted with {slices} slices; nothing was rewritten")


@ddl.command("import")
@click.argument("table")
@click.pass_context
def import_(ctx: click.Context, table: str) -> None:
    """Write the DDL file of a TABLE that someone else owns, from the metastore."""
    with opened(ctx) as warehouse:
        print(warehouse.project.relative(warehouse.ddl_import(table)))
