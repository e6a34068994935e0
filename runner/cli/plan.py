"""``plan``."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import click

from runner.cli.options import json_output, selection
from runner.console import as_json as to_json
from runner.console import markdown, number, opened, size, table
from runner.planning import Plan, Step
from warehouse.errors import ProjectError
from warehouse.names import TableName
from warehouse.plan import Reason


@click.command()
@selection
@click.option("--start", metavar="DATE", help="First interval, inclusive; default: all that is published.")
@click.option("--end", metavar="DATE", help="Last interval, inclusive; default: the first.")
@click.option("--force", is_flag=True, help="As backfill --force would.")
@click.option("--batch", metavar="N", type=click.IntRange(1, 1000), help="As of backfill.")
@click.option("--exit-code", is_flag=True, help="Exit with 10 when there is work to do.")
@click.option("--all", "everything", is_flag=True, help="List what is fresh, too.")
@click.option("--markdown", "as_markdown", is_flag=True, help="Answer as Markdown, for a pull request.")
@json_output
@click.pass_context
def plan(
    ctx: click.Context,
    select: tuple[str, ...],
    exclude: tuple[str, ...],
    start: str | None,
    end: str | None,
    force: bool,
    batch: int | None,
    exit_code: bool,
    everything: bool,
    as_markdown: bool,
    as_json: bool,
) -> int:
    """What a backfill would run, in order, and why; and what would not run, and why not.

    Without dates it looks at what is published, as --select state:stale does: dates that were never asked
    for are not known.
    """
    if end and not start:
        raise ProjectError("--end without --start", fix="say both, or neither: then it is what is published")
    with opened(ctx) as warehouse:
        made = warehouse.plan(select, start, end, exclude=exclude, force=force, batch=batch)
        tables = warehouse.tables(select, exclude, with_sql=True)
    if as_json:
        print(to_json(made))
        return 10 if exit_code and made.running else 0
    if not start:
        print("\n".join(_chosen(made, tables)), end="\n\n")
    print(describe(made, everything, as_markdown))
    return 10 if exit_code and made.running else 0


def _chosen(made: Plan, tables: Sequence[TableName]) -> Iterator[str]:
    """Which dates a plan without dates is of; which tables have none."""
    asked = sorted((s.decision.interval for s in made.steps), key=lambda interval: interval.start)
    if asked:
        span = f"from {asked[0]} to {asked[-1]}"
        yield f"asked for: what is published, {span}; give --start and --end for others"
    without = [str(name) for name in tables if name not in {s.decision.table for s in made.steps}]
    if without:
        yield f"of {', '.join(without)} nothing is published: give --start and --end"


_SILENT = (Reason.FRESH, Reason.OUTSIDE)


def describe(made: Plan, everything: bool, as_markdown: bool = False) -> str:
    """The plan for people; one line when there is nothing to do."""
    shown = [s for s in made.steps if everything or s.decision.reason not in _SILENT or s.decision.notes]
    fresh = sum(s.decision.reason is Reason.FRESH for s in made.steps)
    if not shown:
        return f"nothing to do: {fresh} slices are fresh"
    rows = [_row(group) for group in _groups(shown)]
    tabled = markdown if as_markdown else table
    lines = [tabled(("table", "slices", "why", "reads", "bytes", "replaces"), rows, right=(4,)), ""]
    for name, diff in made.diffs.items():
        fence = ("```diff\n", "\n```") if as_markdown else ("", "")
        lines += [f"{name}: the code changed", f"{fence[0]}{diff}{fence[1]}", ""]
    widened = {(r.table, w) for s in made.steps for r in s.reads for w in r.widened}
    lines += [f"note: more of {name} is read than need be: {why}" for name, why in sorted(widened)]
    counts = [f"{len(made.running)} to run in {made.jobs} Spark jobs"]
    for what, steps in (("perhaps", made.perhaps), ("waiting", made.waiting)):
        if steps:
            counts.append(f"{len(steps)} {what}")
    read = sum(r.bytes for s in made.running for r in s.reads)
    lines += [", ".join([*counts, f"{size(read)} read", f"{fresh} fresh"])]
    return "\n".join(lines)


def _groups(steps: Sequence[Step]) -> Iterator[list[Step]]:
    """Neighbours in time that run, or do not, for the same reason: one line."""

    def kind(step: Step) -> tuple[object, ...]:
        decision = step.decision
        # What is behind a reason differs by date; what must be told apart is told in full.
        detail = decision.detail if decision.reason in (Reason.HELD, Reason.WAITING) else ""
        return decision.table, decision.reason, detail, decision.notes

    group: list[Step] = []
    for step in steps:
        if group and (
            kind(step) != kind(group[-1]) or group[-1].decision.interval.next() != step.decision.interval
        ):
            yield group
            group = []
        group.append(step)
    if group:
        yield group


_NAMED = 8
"""Most that a line names of one kind; what is left is counted, and --json has it."""


def _details(group: Sequence[Step]) -> str:
    """What is behind a reason, of all slices of a line: each input once, with all that changed of it."""
    details = list(dict.fromkeys(s.decision.detail for s in group if s.decision.detail))
    if len(details) < 2:
        return "".join(details)
    if group[0].decision.reason is Reason.FROZEN:  # each since its own day
        return f"{details[0]}, …"
    found: dict[str, dict[str, None]] = {}
    for detail in details:
        name, _, partitions = detail.partition(": ")
        found.setdefault(name, {}).update(dict.fromkeys(partitions.split(", ") if partitions else ()))
    return _few([name + (f": {_few(list(of), ', ')}" if of else "") for name, of in found.items()], "; ")


def _few(names: Sequence[str], between: str) -> str:
    more = f" and {len(names) - _NAMED} more" if len(names) > _NAMED else ""
    return between.join(names[:_NAMED]) + more


def _row(group: Sequence[Step]) -> tuple[str, ...]:
    first, last = group[0].decision, group[-1].decision
    slices = first.spec.path or "(whole table)"
    if len(group) > 1:
        slices += f" to {last.spec.path} ({len(group)})"
    why = first.reason.value
    if detail := _details(group):
        why += f": {detail}"
    if first.notes:
        why += f" ({'; '.join(first.notes)})"
    reads = []
    for n, one in enumerate(group[0].reads):
        same = [s.reads[n] for s in group if len(s.reads) > n]
        window = (
            " or ".join(one.window) if len(group) == 1 else f"{sum(r.partitions for r in same)} partitions"
        )
        rows = -1 if any(r.rows < 0 for r in same) else sum(r.rows for r in same)
        reads.append(f"{one.table} {window}" + (f", {number(rows)} rows" if rows >= 0 else ""))
    total = sum(r.bytes for s in group for r in s.reads)
    replaced = [path for s in group for path in s.replaces]
    return (
        str(first.table),
        slices,
        why,
        "; ".join(reads),
        size(total) if reads else "",
        "" if not replaced else f"{len(replaced)} partitions" if len(replaced) > 1 else replaced[0] or "all",
    )
