"""What an engine is to run, before anybody decides what becomes of it: a manifest and its staging table."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from runner.metastores import Table
from runner.staging import staging
from warehouse.checks import row_digest
from warehouse.contract import Contract, Format
from warehouse.errors import Location, RunFailedError
from warehouse.intervals import Interval
from warehouse.manifest import Check, Manifest, Result, Staging
from warehouse.model import Model
from warehouse.names import Spec, TableName, quote
from warehouse.redirected import redirect_checks
from warehouse.settings import PINNED
from warehouse.splice import splice
from warehouse.statement import Statement
from warehouse.template import Rendered


@dataclass(frozen=True)
class Draft:
    """A job to run: its manifest, which is based on no log and stamped with nothing yet, the staging table to
    make for it if one is needed, and the statement, as a template rendered and as it was parsed."""

    model: Model
    manifest: Manifest
    table: Table | None
    rendered: Rendered
    statement: Statement

    def error(self, result: Result, *, slices: bool = False, fix: str | None = None) -> RunFailedError | None:
        """What Spark complained about, at the line of the analyst's file; of which ``slices``, if wanted."""
        if result.error is None:
            return None
        where = Location(self.model.path)
        if result.error.line:
            line = self.rendered.source_line(result.error.line)
            text = self.model.text.splitlines()
            where = Location(self.model.path, line, None, text[line - 1] if 0 < line <= len(text) else None)
        return RunFailedError(
            f"{self.model.name}{self._named() if slices else ''}: {result.error.message}",
            where=where,
            why=f"Spark says {result.error.kind}" if result.error.kind and slices else None,
            fix=fix,
        )

    def _named(self) -> str:
        found = [path or "(whole table)" for path in self.manifest.slices]
        return f" {', '.join(found[:2])}" + (f" to {found[-1]}" if len(found) > 2 else "")


def draft(
    model: Model,
    first: Interval,
    last: Interval,
    *,
    contract: Contract,
    run_id: str,
    database: str,
    directory: str,
    redirects: Mapping[TableName, str] | None = None,
    named: bool = False,
) -> Draft:
    """The intervals ``first`` to ``last`` as one job. The rows go below ``directory`` (a URI). With
    ``redirects`` inputs are read under other names, and checks that look into tables without one are left
    out. What is staged is there under a ``named`` table for others, too, if that is wanted.
    """
    rendered = model.render(first, first, last)
    statement = model.parse(rendered)
    own = model.spec(first)
    fixed = Spec(
        tuple(
            (item.column, own.get(item.column) or item.value)
            for item in statement.partition
            if item.value is not None
        )
    )
    place = "/".join(part for part in (directory, fixed.path) if part)
    table, staged = staging(contract, fixed, database, run_id, place, named=named)
    keys = [c.name for c in staged.dynamic]
    header = f"INSERT INTO TABLE {staged.table}"
    if keys:
        header += f" PARTITION ({', '.join(map(quote, keys))})"
    if statement.columns:
        header += f" ({', '.join(map(quote, statement.columns))})"
    view = f"staged_{run_id.replace('-', '_').lower()}"
    checks: tuple[Check, ...] = model.checks(view, first, first, last)
    if redirects is not None:
        checks = redirect_checks(checks, view, redirects)
    slices = [model.spec(first)]
    at = first
    while at < last:
        at = at.next()
        slices.append(model.spec(at))
    manifest = Manifest(
        run_id=run_id,
        table=str(model.name),
        slices=tuple(dict.fromkeys(s.path for s in slices)),
        slice_columns=own.columns,
        statement=splice(statement, header, redirects),
        staging=staged,
        base=0,
        path=model.path,
        view=view,
        digest=row_digest(contract, keys),
        checks=checks,
        settings={**model.front.settings, **PINNED, **_working_directory(contract, staged, directory)},
    )
    return Draft(model, manifest, table, rendered, statement)


def _working_directory(contract: Contract, staging: Staging, directory: str) -> dict[str, str]:
    """Hive's writers take every ``column=value`` on the path of their working directory for a dynamic
    column, those above the staging table too: they work where there are none."""
    if staging.dynamic and staging.fixed and contract.storage.format not in (Format.PARQUET, Format.ORC):
        return {"hive.exec.stagingdir": f"{directory}/.hive-staging"}
    return {}
