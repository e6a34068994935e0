"""The command line: it parses and prints, and is the one boundary where errors become exit codes.

Start-up counts: a command's module, and what it imports, is loaded when that command runs.
"""

from __future__ import annotations

import gc
import importlib
import os
import signal
import sys
from typing import Any

import click

from runner.cli.options import anywhere, place

COMMANDS: dict[str, tuple[str, str]] = {
    "init": ("init", "Start a project in a directory."),
    "ls": ("ls", "List tables."),
    "lineage": ("lineage", "What a table or column derives from, and what derives from it."),
    "lint": ("lint", "Find mistakes in SQL and DDL before Spark does."),
    "render": ("render", "Show a statement as Spark gets it."),
    "ddl": ("ddl", "Versioned DDL: new, show, status, apply, diff, adopt, import."),
    "land": ("land", "Put raw files into the lake: real ones, or generated."),
    "plan": ("plan", "What would run, why, and what would not."),
    "diff": ("diff", "What the files as they are now would change in a published partition."),
    "run": ("run", "Run one interval of the selected tables, where it is stale."),
    "backfill": ("run", "Run every stale interval of a range."),
    "status": ("status", "What is published, held and claimed, and whether the metastore shows it."),
    "history": ("history", "What happened to a partition."),
    "rollback": ("history", "Set a partition back to its earlier rows, and hold it."),
    "hold": ("history", "Keep backfills from replacing a partition."),
    "release": ("history", "End a hold."),
    "accept": ("history", "Take a code change as forward-only."),
    "vacuum": ("vacuum", "Delete what nothing needs any more: rows of replaced and of failed runs."),
    "audit": ("audit", "Run the checks on what is published."),
    "test": ("test", "Unit tests of SQL: given rows in, expected rows out."),
    "report": ("report", "A page of figures on a domain, from its published tables."),
    "query": ("query", "Answer a SELECT, over the tables of now or of an earlier time."),
    "lake": ("lake", "The place where the data lies: create."),
    "emr": ("emr", "Clusters of EMR: create, list, terminate."),
    "iam": ("iam", "What each role must be allowed in AWS: policies from the SQL and DDL."),
    "metastore": ("metastore", "The embedded metastore: start, status, stop."),
    "doctor": ("doctor", "What is missing on this machine, and how to get it."),
}
"""Command to (module below ``runner.cli``, one line of help), in the order of ``--help``."""

EXIT_CODES = """\b
Exit codes:
  0   done
  1   a run or a check failed
  2   wrong usage or project files
  3   claimed by another runner, or lost a race
  4   the outside world failed (metastore, store, Spark, AWS)
  130 interrupted"""


class _Lazy(click.Group):
    """A group that imports a command when it is called, not to list it."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in COMMANDS:
            return None
        module = importlib.import_module(f"runner.cli.{COMMANDS[cmd_name][0]}")
        command: click.Command = getattr(module, {"import": "import_"}.get(cmd_name, cmd_name))
        return anywhere(command)

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        try:
            return super().resolve_command(ctx, args)
        except click.UsageError as error:
            import difflib

            near = difflib.get_close_matches(args[0], COMMANDS, 1)
            if near:
                raise click.UsageError(f"{error.message} Did you mean {near[0]!r}?", ctx) from None
            raise

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        with formatter.section("Commands"):
            formatter.write_dl([(name, text) for name, (_, text) in COMMANDS.items()])


@click.group(cls=_Lazy, epilog=EXIT_CODES, context_settings={"help_option_names": ["-h", "--help"]})
@place
@click.option("--var", "variables", multiple=True, metavar="NAME=VALUE", help="Set var.NAME in templates.")
@click.option("--debug", is_flag=True, help="Show where in the code an error came from.")
@click.pass_context
def cli(ctx: click.Context, /, **options: Any) -> None:
    """A warehouse of plain Hive tables, published by moving partition pointers."""
    ctx.obj = options


def main() -> None:
    """The ``warehouse`` command."""
    # Modules and parsed SQL are hundreds of thousands of small objects: Python would look at them hundreds of
    # times, which costs a third of a short command.
    gc.set_threshold(50_000, 20, 100)
    # Who ends a command by a signal (a scheduler, a shutdown) means what Ctrl-C means: clusters end, too.
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    code = run(sys.argv[1:])
    # The process ends: nobody need look once more for what could be thrown away.
    gc.freeze()
    sys.exit(code)


def run(arguments: list[str]) -> int:
    """Run a command line and answer its exit code; errors are printed, never raised."""
    debug = "--debug" in arguments or bool(os.environ.get("WAREHOUSE_DEBUG"))
    try:
        result = cli.main(args=arguments, prog_name="warehouse", standalone_mode=False)
        sys.stdout.flush()
        return result if isinstance(result, int) else 0
    except click.exceptions.Exit as error:
        return error.exit_code
    except (click.Abort, KeyboardInterrupt):
        print("\ninterrupted; what was published stays, what was not can be run again", file=sys.stderr)
        return 130
    except click.ClickException as error:
        error.show()
        return error.exit_code
    except BrokenPipeError:
        # Whoever read us has seen enough; the interpreter must not try to flush again.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    except Exception as error:
        from warehouse.errors import WarehouseError

        if debug:
            import traceback

            from runner.job.redaction import redacted

            print(redacted(traceback.format_exc()), file=sys.stderr)
        if not isinstance(error, WarehouseError):
            from runner.job.redaction import redacted

            said = f"{type(error).__name__}: {redacted(str(error))}"
            print(
                f"error: an error that this tool did not expect: {said}\n"
                "  fix: run it again with --debug and report what it shows",
                file=sys.stderr,
            )
            return 4
        print(f"error: {error}", file=sys.stderr)
        return error.exit_code
