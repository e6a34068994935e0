"""``vacuum``."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import click

from runner.cli.options import json_output, selection
from runner.console import as_json as to_json
from runner.console import opened, say, size

if TYPE_CHECKING:
    from runner.vacuum import Vacuumed


@click.command()
@selection
@click.option(
    "--retain-days",
    type=click.FloatRange(0),
    default=30.0,
    show_default=True,
    help="How far back rollbacks and --as-of reach; what was replaced later stays.",
)
@click.option(
    "--grace-hours",
    type=click.FloatRange(0),
    default=24.0,
    show_default=True,
    help="How long queries may still read a directory after nothing points at it any more.",
)
@click.option("--apply", is_flag=True, help="Do it; without this nothing is changed.")
@json_output
@click.pass_context
def vacuum(
    ctx: click.Context,
    select: tuple[str, ...],
    exclude: tuple[str, ...],
    retain_days: float,
    grace_hours: float,
    apply: bool,
    as_json: bool,
) -> None:
    """Delete what nothing needs any more: rows of replaced and of failed runs.

    In two steps, so that it is called again and again (daily, say): what was needed last --retain-days ago is
    condemned, which ends rollbacks to it; what was condemned, and no metastore has pointed at for
    --grace-hours, is deleted. Raw files, adopted partitions and logs are never touched.
    """
    with opened(ctx) as warehouse:
        done = list(
            warehouse.vacuum(select, exclude, retain_days=retain_days, grace_hours=grace_hours, apply=apply)
        )
    if as_json:
        print(to_json(done))
        return
    for table in sorted({str(one.table or "") for one in done}):
        for what in ("deleted", "condemned", "waiting", "in use"):
            _tell([one for one in done if (str(one.table or ""), one.what) == (table, what)], apply)
    if not done:
        print("nothing to do: all that is there is needed")
    elif not apply:
        say("nothing was changed; --apply does it")


def _tell(found: Sequence[Vacuumed], apply: bool) -> None:
    if not found:
        return
    first, count = found[0], len(found)
    what = first.what if apply or first.what in ("waiting", "in use") else f"would be {first.what}"
    told = f"{count} {'directory' if count == 1 else 'directories'}, {size(sum(one.bytes for one in found))}"
    why = first.why if len({one.why for one in found}) == 1 else f"{first.location}: {first.why}, …"
    print(f"{first.table or 'runs'}: {what}: {told} ({why})")
