"""``report``."""

from __future__ import annotations

from pathlib import Path

import click

from runner.console import opened, say, size


@click.command()
@click.argument("domain")
@click.option("--start", required=True, metavar="DATE", help="First day (or month, or year), inclusive.")
@click.option("--end", required=True, metavar="DATE", help="Last day (or month, or year), inclusive.")
@click.option(
    "--output", type=click.Path(path_type=Path, dir_okay=False), help="Default: DOMAIN-START-END.html here."
)
@click.pass_context
def report(ctx: click.Context, domain: str, start: str, end: str, output: Path | None) -> None:
    """Draw the figures of DOMAIN from its published tables into one HTML file.

    The file holds all it needs: it opens without a network, and can be sent and printed.
    """
    from runner.report import make
    from runner.report_page import write

    with opened(ctx) as warehouse:
        page = make(warehouse.lake, domain, start, end)
    output = output or Path(f"{domain}-{page.window.start}-{page.window.end}.html")
    say(f"{size(write(page, output))}, {sum(len(parts) for _, parts in page.sections)} figures and tables")
    print(output)
