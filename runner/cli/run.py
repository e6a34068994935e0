"""``run`` and ``backfill``."""

from __future__ import annotations

import sys

import click

from runner.cli.options import F, json_output, selection
from runner.console import Told, as_json, opened, say
from runner.outcome import Report
from runner.request import Options
from warehouse.errors import ProjectError


def _options(function: F) -> F:
    function = click.option("--force", is_flag=True, help="Run what is fresh or held, too.")(function)
    return click.option("--steal", is_flag=True, help="Break others' claims (of runs known to be dead).")(
        function
    )


@click.command()
@selection
@click.option("--date", required=True, metavar="DATE", help="2018-11-15, 2018-11-15T07, 2018-11 or 2018.")
@_options
@json_output
@click.pass_context
def run(
    ctx: click.Context,
    select: tuple[str, ...],
    exclude: tuple[str, ...],
    date: str,
    force: bool,
    steal: bool,
    as_json: bool,
) -> int:
    """Run one interval of the selected tables, where it is stale.

    Only the selected tables run: write +music.songplays to take in what it reads. What is fresh is
    skipped; --force runs it all the same.
    """
    with opened(ctx) as warehouse:
        told = Told(quiet_skips=False)
        report = warehouse.run(
            select, date, exclude=exclude, options=Options(force=force, steal=steal), told=told
        )
    return _end(report, told, as_json)


@click.command()
@selection
@click.option("--start", required=True, metavar="DATE", help="First interval, inclusive.")
@click.option("--end", required=True, metavar="DATE", help="Last interval, inclusive.")
@click.option(
    "--batch", metavar="N", type=click.IntRange(1, 1000),
    help="Most intervals that one Spark job computes, where the SQL takes a range; "
    "default: as many as read 1 GB, at most 128.",
)  # fmt: skip
@click.option(
    "-j", "--jobs", default=2, show_default=True, type=click.IntRange(1, 64),
    help="Spark jobs at a time, where the SQL takes one date.",
)  # fmt: skip
@click.option(
    "--max-runs",
    metavar="N",
    type=click.IntRange(0),
    help="Ask before more runs than this; default: max_runs of pyproject.toml.",
)
@click.option("--yes", is_flag=True, help="Do not ask.")
@_options
@json_output
@click.pass_context
def backfill(
    ctx: click.Context,
    select: tuple[str, ...],
    exclude: tuple[str, ...],
    start: str,
    end: str,
    batch: int | None,
    jobs: int,
    max_runs: int | None,
    yes: bool,
    force: bool,
    steal: bool,
    as_json: bool,
) -> int:
    """Run every stale interval of a range, both ends inclusive.

    A snapshot runs once, as of the last day. An interval that fails stops only what reads it; calling
    again does the rest.
    """
    with opened(ctx) as warehouse:
        options = Options(force=force, steal=steal, batch=batch, jobs=jobs)
        slices = warehouse.asked(select, start, end, exclude=exclude)
        limit = warehouse.project.config.max_runs if max_runs is None else max_runs
        # Only what may be too much is planned beforehand.
        if slices > limit and not yes:
            ahead = warehouse.runs_ahead(select, start, end, exclude=exclude, options=options)
            if ahead > limit:
                _ask(ahead, limit)
        told = Told(total=slices)
        report = warehouse.backfill(select, start, end, exclude=exclude, options=options, told=told)
    return _end(report, told, as_json)


def _ask(ahead: int, limit: int) -> None:
    """Whether to go on; :class:`ProjectError` where there is nobody to ask."""
    what = f"{ahead:,} slices would run, more than --max-runs {limit:,}"
    if not _terminal():
        raise ProjectError(
            what,
            why="nothing was run, and there is no terminal to ask on",
            fix="`warehouse plan` lists them; run them with --yes, or ask for less",
        )
    click.confirm(f"{what}. Run them?", abort=True, err=True)


def _terminal() -> bool:
    return sys.stdin.isatty() and sys.stderr.isatty()


def _end(report: Report, told: Told, json: bool) -> int:
    if json:
        print(as_json(report.outcomes))
    say(told.summary(report))
    return report.exit_code
