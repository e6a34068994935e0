"""``diff``."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

import click

from runner.cli.options import json_output
from runner.console import as_json as to_json
from runner.console import markdown, number, opened
from runner.console import table as columns

if TYPE_CHECKING:
    from runner.diffing import Difference, Sample

WIDEST = 40


@click.command()
@click.argument("table")
@click.option("--date", required=True, metavar="DATE", help="2018-11-15, 2018-11-15T07, 2018-11 or 2018.")
@click.option(
    "--samples", default=5, show_default=True, type=click.IntRange(0, 1000),
    help="Rows to show of those added, removed and changed, each.",
)  # fmt: skip
@click.option("--markdown", "as_markdown", is_flag=True, help="Answer as Markdown, for a pull request.")
@json_output
@click.pass_context
def diff(ctx: click.Context, table: str, date: str, samples: int, as_markdown: bool, as_json: bool) -> int:
    """What the files as they are now would change in a published partition. Nothing is published.

    The slice is computed and checked as in a run, and compared with what readers see: by the columns of the
    `unique` check where there is one, else row by row.
    """
    with opened(ctx) as warehouse:
        made = warehouse.diff(table, date, samples=samples)
    if as_json:
        print(to_json(made))
    else:
        print("\n".join(describe(made, as_markdown)))
    return 0


def describe(made: Difference, as_markdown: bool) -> Iterator[str]:
    """For people: how many rows, which columns, samples, checks that would fail, the SQL that changed."""
    tabled = markdown if as_markdown else columns
    name = f"{made.table} {made.slice or '(whole table)'}"
    if as_markdown:
        name = f"**`{made.table}` {made.slice or '(whole table)'}**"
    published, now = number(made.rows_before), number(made.rows_after)
    if made.same:
        yield f"{name}: nothing differs, {published} rows"
    else:
        by = f"by {', '.join(made.key)}" if made.key else "row by row: no `unique` check tells rows apart"
        yield (
            f"{name}: {published} rows published, {now} as the files are now; {number(made.added)} added, "
            f"{number(made.removed)} removed, {number(made.changed)} changed ({by})"
        )
    for word, names in (("new", made.columns_added), ("no longer there", made.columns_removed)):
        if names:
            yield f"columns {word}: {', '.join(names)}"
    if made.columns:
        counts = [(column, number(n)) for column, n in made.columns.items()]
        yield "\n" + tabled(("column", "rows changed"), counts, right=(1,))
    if made.samples:
        shown = _shown(made)
        rows = [("~" if s.old and s.new else "+" if s.new else "-", *_cells(s, shown)) for s in made.samples]
        yield "\n" + tabled(("", *shown), rows)
    for check in made.failed:
        word = "fail" if check.severity == "error" else "warn"
        yield f"\ncheck {check.name} would {word}: {check.error or f'found {check.figure:g}'}"
    if made.code:
        yield "\nthe code changed:" + (
            "\n\n```diff\n" + made.code + "\n```" if as_markdown else "\n" + made.code
        )


def _shown(made: Difference) -> list[str]:
    """Columns of the samples: the key, what changed, and some others where whole rows come or go."""
    every = list((made.samples[0].new or made.samples[0].old or {}).keys())
    whole = any(not (s.old and s.new) for s in made.samples)
    wanted = [c for c in every if c in made.key or c in made.columns]
    rest = [c for c in every if c not in wanted][: max(0, 8 - len(wanted))] if whole else []
    return [c for c in every if c in wanted or c in rest]


def _cells(sample: Sample, shown: Sequence[str]) -> Iterator[str]:
    for column in shown:
        old = _text((sample.old or sample.new or {})[column])
        new = _text((sample.new or sample.old or {})[column])
        yield new if old == new else f"{old} → {new}"


def _text(value: str | None) -> str:
    if value is None:
        return "NULL"
    return value if len(value) <= WIDEST else f"{value[: WIDEST - 1]}…"
