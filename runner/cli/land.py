"""``land``."""

from __future__ import annotations

from pathlib import Path

import click

from runner.console import opened, say, size
from warehouse.errors import ProjectError


@click.command()
@click.argument("domain")
@click.option("--source", type=click.Path(path_type=Path), help="Directory of the real files.")
@click.option("--generate", is_flag=True, help="Make files of the same kind from nothing.")
@click.option("--start", metavar="DATE", help="First generated day, inclusive.")
@click.option("--end", metavar="DATE", help="Last generated day, inclusive.")
@click.option("--seed", type=int, default=1, show_default=True, help="The same seed gives the same bytes.")
@click.option("--rate", type=float, help="Generated records a day.")
@click.option("--hourly", is_flag=True, help="One slice an hour, where the source comes by the hour.")
@click.pass_context
def land(
    ctx: click.Context,
    domain: str,
    source: Path | None,
    generate: bool,
    start: str | None,
    end: str | None,
    seed: int,
    rate: float | None,
    hourly: bool,
) -> None:
    """Put the raw files of DOMAIN into the lake. Landing the same files again changes nothing."""
    if generate == (source is not None):
        raise ProjectError("land needs --source DIR or --generate, and not both")
    with opened(ctx) as warehouse:
        if source is not None:
            pieces = warehouse.land(domain, source, hourly=hourly)
        elif start is None or end is None:
            raise ProjectError("--generate needs --start and --end")
        else:
            pieces = warehouse.land_generated(domain, start, end, seed=seed, rate=rate, hourly=hourly)
        written = unchanged = total = 0
        for piece in pieces:
            written += piece.written
            unchanged += not piece.written
            total += piece.bytes
            if (written + unchanged) % 500 == 0:
                say(f"  {written + unchanged} files, {size(total)}")
    say(f"{domain}: {written} files written, {unchanged} unchanged, {size(total)}")
