"""``doctor``."""

from __future__ import annotations

import click

from runner.console import opened


@click.command()
@click.pass_context
def doctor(ctx: click.Context) -> int:
    """Look at what a run needs on this machine, and say how to get what is missing."""
    missing = 0
    with opened(ctx) as warehouse:
        for finding in warehouse.doctor():
            print(f"{'ok ' if finding.ok else 'NOT'}  {finding.what:15} {finding.found}", flush=True)
            if not finding.ok:
                missing += 1
                if finding.fix:
                    print(f"     {'':15} fix: {finding.fix}")
    return 4 if missing else 0
