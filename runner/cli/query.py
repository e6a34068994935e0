"""``query``."""

from __future__ import annotations

import csv
import json
import sys
from typing import Any

import click

from runner.console import opened, say, size
from runner.console import table as columns


@click.command()
@click.argument("sql")
@click.option(
    "--format", "form", type=click.Choice(["table", "csv", "json"]), default="table", show_default=True
)
@click.option("--limit", type=click.IntRange(1), help="At most so many rows.")
@click.option("--as-of", metavar="TIME", help="Read every table as it was then (UTC), through the logs.")
@click.option(
    "--engine",
    type=click.Choice(["spark", "athena"]),
    default="spark",
    show_default=True,
    help="Who is asked: the target's engine in Spark's SQL, or Athena in its own.",
)
@click.pass_context
def query(ctx: click.Context, sql: str, form: str, limit: int | None, as_of: str | None, engine: str) -> None:
    """Answer a SELECT over the tables that readers see; - reads it from standard input."""
    if sql == "-":
        sql = sys.stdin.read()
    if engine == "athena" and as_of is not None:
        raise click.UsageError("--as-of reads through the logs, which Athena cannot: leave --engine out")
    with opened(ctx) as warehouse:
        if engine == "athena":
            asked = warehouse.query_athena(sql, limit=limit)
            answer = asked.rows
            say(f"Athena read {size(asked.scanned)}, which costs about ${asked.dollars:.4f}")
        else:
            answer = warehouse.query(sql, limit=limit, as_of=as_of)
    if form == "csv":
        writer = csv.writer(sys.stdout, lineterminator="\n")
        writer.writerow(answer.columns)
        writer.writerows([["" if v is None else _text(v) for v in row] for row in answer.rows])
    elif form == "json":
        for row in answer.rows:
            print(json.dumps(dict(zip(answer.columns, row, strict=True)), default=str, ensure_ascii=False))
    else:
        rows = [["NULL" if v is None else _text(v) for v in row] for row in answer.rows]
        numbers = [i for i in range(len(answer.columns)) if any(_is_number(r[i]) for r in answer.rows)]
        print(columns(answer.columns, rows, right=numbers))


def _text(value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, bytes | bytearray):
        return bytes(value).hex()
    return str(value)


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)
