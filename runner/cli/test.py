"""``test``."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

import click

from runner.cli.options import json_output, selection
from runner.console import as_json as to_json
from runner.console import opened, say
from runner.console import table as columns

if TYPE_CHECKING:
    from runner.unit import Mismatch, Verdict

WIDEST = 60


@click.command()
@selection
@click.option("--case", default="", metavar="TEXT", help="Only cases whose name holds this.")
@click.option("--generate", metavar="TABLE", help="Write a first test of a table from real rows of --date.")
@click.option("--date", metavar="DATE", help="With --generate: 2018-11-15, 2018-11-15T07, 2018-11 or 2018.")
@json_output
@click.pass_context
def test(
    ctx: click.Context,
    select: tuple[str, ...],
    exclude: tuple[str, ...],
    case: str,
    generate: str | None,
    date: str | None,
    as_json: bool,
) -> int:
    """Run the unit tests of SQL in tests/sql/<db>/<table>/*.yaml: given rows in, expected rows out.

    The SQL is rendered, spliced, executed and checked as in a run, on a Spark of its own. No lake and no
    metastore is touched.
    """
    if (generate is None) != (date is None):
        raise click.UsageError("--generate and --date go together")
    if generate is not None and date is not None:
        with opened(ctx) as warehouse:
            path = warehouse.test_generate(generate, date)
            print(f"wrote {warehouse.project.relative(path)}: look whether what it expects is right")
        return 0
    verdicts: list[Verdict] = []
    with opened(ctx) as warehouse:
        for verdict in warehouse.test(select, exclude, case=case):
            verdicts.append(verdict)
            if not as_json:
                print("\n".join(describe(verdict)), flush=True)
    if as_json:
        print(to_json([plain(v) for v in verdicts]))
    failed = sum(not v.passed for v in verdicts)
    if not verdicts:
        say("no unit tests: tests/sql/<db>/<table>/*.yaml has none for what is selected")
    else:
        spent = sum(v.seconds for v in verdicts)
        say(f"{len(verdicts) - failed} passed, {failed} failed in {spent:.1f} s")
    return 1 if failed else 0


def plain(verdict: Verdict) -> dict[str, object]:
    """A verdict for ``--json``."""
    return {
        "table": str(verdict.table),
        "case": verdict.name,
        "where": str(verdict.where),
        "passed": verdict.passed,
        "seconds": round(verdict.seconds, 3),
        "told": [line.strip() for line in describe(verdict)[2:]],
    }


def describe(verdict: Verdict) -> list[str]:
    """A line for a case that passed; for one that failed, all that differs."""
    word = "ok  " if verdict.passed else "FAIL"
    lines = [f"{word}  {verdict.table}: {verdict.name} ({verdict.seconds:.2f} s)"]
    if verdict.passed:
        return lines
    lines.append(f"      {verdict.where.path}:{verdict.where.line}")
    for problem in verdict.problems:
        lines += [f"      {line}" for line in problem.splitlines()]
    for mismatch in verdict.mismatches:
        lines += [f"      {line}" for part in difference(mismatch) for line in part.split("\n")]
    return lines


def difference(mismatch: Mismatch) -> Iterator[str]:
    """Row by row: ``-`` is expected (with its line), ``+`` is what the SQL gives, ``[…]`` what differs."""
    from warehouse.cells import show

    expected, got, diff = mismatch.expected, mismatch.got, mismatch.diff
    counts = [
        f"{len(found)} {what}"
        for found, what in (
            (diff.changed, "differ"), (diff.missing, "missing"), (diff.unexpected, "unexpected"),
        )
        if found
    ]  # fmt: skip
    yield f"{mismatch.what}: {len(expected.rows)} rows, the SQL gives {len(got.rows)}: {', '.join(counts)}"
    rows: list[list[str]] = []
    for e, g in diff.changed:
        old, new = [show(v) for v in expected.rows[e]], [show(v) for v in got.rows[g]]
        rows.append(["-", str(expected.lines[e]), *map(_short, old)])
        rows.append(["+", "", *(_short(b) if a == b else f"[{b}]" for a, b in zip(old, new, strict=True))])
    rows += [
        ["-", str(expected.lines[n]), *(_short(show(v)) for v in expected.rows[n])] for n in diff.missing
    ]
    rows += [["+", "", *(_short(show(v)) for v in got.rows[n])] for n in diff.unexpected]
    shown = _columns(mismatch, rows)
    yield columns(
        ("", "line", *(expected.columns[n - 2] for n in shown)),
        [[*r[:2], *(r[n] for n in shown)] for r in rows],
    )


def _columns(mismatch: Mismatch, rows: Sequence[Sequence[str]]) -> list[int]:
    """Which columns to show, by their place in ``rows``: of many, those that tell something."""
    every = range(2, len(rows[0]))
    if len(every) <= 8:
        return list(every)
    diff = mismatch.diff
    if diff.missing or diff.unexpected:
        return [n for n in every if any(row[n] != "NULL" for row in rows)]
    return [n for n in every if n < 5 or any(row[0] == "+" and row[n].startswith("[") for row in rows)]


def _short(text: str) -> str:
    return text if len(text) <= WIDEST else f"{text[: WIDEST - 1]}…"
