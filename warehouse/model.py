"""One table's SQL file: what it writes, what it reads, which slices it owns, how it is rendered."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from warehouse import template
from warehouse.checks import FreeCheck, declared_check, relationship_tables, split_checks
from warehouse.code_parts import CodeParts
from warehouse.contract import Contract
from warehouse.errors import Location, ProjectError
from warehouse.fingerprint import code_fingerprint
from warehouse.frontmatter import FrontMatter, split
from warehouse.intervals import Grain, Interval
from warehouse.manifest import Check
from warehouse.names import Spec, TableName, quote
from warehouse.redirected import check_tables
from warehouse.settings import changes_results
from warehouse.slicing import PROBE, Slicing, from_clause
from warehouse.statement import Statement, parse_statement
from warehouse.template_names import names_for

_RANGE_NAMES = frozenset({"start_ds", "end_ds", "start_ts", "end_ts"})


@dataclass(frozen=True)
class Model:
    """A SQL file, read. ``body`` is the statement's template, from line ``first_line`` of ``path``."""

    name: TableName
    path: str
    front: FrontMatter
    body: str
    first_line: int
    free_checks: tuple[FreeCheck, ...]
    checks_path: str
    contract: Contract
    text: str = field(repr=False)
    macros: template.Macros = field(repr=False)
    env: str = ""
    lake: str = ""
    variables: Mapping[str, str | int | float | bool] = field(default_factory=dict, repr=False)

    @staticmethod
    def read(
        *,
        name: TableName,
        path: str,
        text: str,
        checks_path: str,
        checks_text: str,
        contract: Contract,
        macros: template.Macros,
        env: str,
        lake: str,
        variables: Mapping[str, str | int | float | bool],
    ) -> Model:
        """From the texts of a SQL file and of its checks file; :class:`ProjectError` at the wrong place."""
        parts = split(text, path)
        free = split_checks(checks_text, checks_path) if checks_path else ()
        return Model(
            name, path, parts.front, parts.body, parts.first_line, free, checks_path, contract, text,
            macros, env, lake, variables,
        )  # fmt: skip

    # ------------------------------------------------------------------ rendering

    def render(
        self, interval: Interval, first: Interval | None = None, last: Interval | None = None
    ) -> template.Rendered:
        """The statement for one interval, or for a batch from ``first`` to ``last``."""
        return template.render(
            self.body,
            self.path,
            self._names(interval, first or interval, last or interval),
            self.macros,
            first_line=self.first_line,
            file_text=self.text,
        )

    def _names(self, interval: Interval, first: Interval, last: Interval) -> dict[str, Any]:
        return names_for(interval, first, last, env=self.env, lake=self.lake, variables=self.variables)

    def parse(self, rendered: template.Rendered) -> Statement:
        """The rendered statement, which must write this table and fit its contract."""
        statement = parse_statement(rendered.text, self.path, rendered.source_line)
        if statement.target != self.name:
            raise ProjectError(
                f"this file writes {statement.target}, but it is the file of {self.name}",
                where=statement.sql.location(statement.header_start),
                fix=f"write {self.name}, or move the file to "
                f"sql/{statement.target.db}/{statement.target.table}.sql",
            )
        self._check_columns(statement)
        return statement

    @cached_property
    def statement(self) -> Statement:
        """The statement rendered for a probing hour: what it reads and writes, whatever the date."""
        return self.parse(self.render(PROBE))

    @cached_property
    def inputs(self) -> tuple[TableName, ...]:
        """Tables that the SQL reads, by name; itself among them where it reads its own past."""
        return tuple(sorted(self.statement.input_tables))

    @cached_property
    def check_inputs(self) -> tuple[TableName, ...]:
        """Tables that only checks look into: they must be there, but make nothing stale."""
        found = dict.fromkeys(TableName.parse(t) for t in relationship_tables(self.front.checks))
        for check in self.checks("staged", PROBE, PROBE, PROBE)[len(self.front.checks) :]:
            found |= dict.fromkeys(check_tables(check, "staged"))
        return tuple(found)

    # ------------------------------------------------------------------ slices

    @cached_property
    def names_used(self) -> frozenset[str]:
        """Template names that the statement uses: ``ds``, ``var.country``, ``macro:dedupe``."""
        return template.references(self.body, self.path, self.macros)

    @cached_property
    def slicing(self) -> Slicing:
        items = [(item.column, item.value) for item in self.statement.partition]
        ranged = bool(self.names_used & _RANGE_NAMES)
        try:
            return from_clause(items, self.contract, self.front.grain, ranged)
        except ProjectError as error:
            where = Location(self.path, self.first_line)
            raise ProjectError(error.what, where=where, why=error.why, fix=error.fix) from None

    @property
    def grain(self) -> Grain:
        return self.slicing.grain

    @cached_property
    def is_range(self) -> bool:
        """Whether one job can compute many intervals: ``start_ds`` to ``end_ds`` into dynamic columns."""
        return (
            bool(self.names_used & _RANGE_NAMES)
            and all(item.value is None for item in self.statement.partition[: len(self.slicing.columns)])
            and bool(self.slicing.columns)
        )

    def spec(self, interval: Interval) -> Spec:
        """The slice that ``interval`` owns."""
        return self.slicing.spec(interval)

    # ------------------------------------------------------------------ fingerprint and checks

    @cached_property
    def code(self) -> str:
        """The code fingerprint: what the author wrote, without comments and white space."""
        macros, variables, settings = self._beside_the_sql
        return code_fingerprint(self.body, macros=macros, variables=variables, settings=settings)

    @cached_property
    def code_parts(self) -> CodeParts:
        """What goes into the fingerprint beside the SQL, without values that may be secrets."""
        return CodeParts.of(*self._beside_the_sql)

    @property
    def _beside_the_sql(self) -> tuple[dict[str, str], dict[str, str], dict[str, str]]:
        used = self.names_used
        names = sorted(u.removeprefix("macro:") for u in used if u.startswith("macro:"))
        return (
            {name: self.macros.text(name) for name in names},
            {k: str(v) for k, v in self.variables.items() if f"var.{k}" in used or "var.*" in used},
            {k: v for k, v in self.front.settings.items() if changes_results(k)},
        )

    def checks(self, view: str, interval: Interval, first: Interval, last: Interval) -> tuple[Check, ...]:
        """All checks as SQL on the staged rows, which are the relation ``view``."""
        declared = [declared_check(c, self.contract, view, self.path) for c in self.front.checks]
        names = {**self._names(interval, first, last), "this": quote(view)}
        free = []
        for check in self.free_checks:
            text = template.render(
                check.sql, self.checks_path, names, self.macros, first_line=check.line
            ).text
            free.append(Check(check.name, check.severity, "", text, None, 0, self.checks_path, check.line))
        return (*declared, *free)

    # ------------------------------------------------------------------ the contract

    def _check_columns(self, statement: Statement) -> None:
        """Number and names of what the SELECT gives, where the SQL alone tells them."""
        wanted = self._wanted_columns(statement)
        given = statement.outputs
        if any(column.many for column in given):
            return
        if len(given) != len(wanted):
            raise ProjectError(
                f"the SELECT gives {len(given)} columns, {self.name} takes {len(wanted)}",
                where=statement.sql.location(given[0].start if given else statement.header_end),
                why=_missing([c.name for c in given], wanted),
                fix=f"in this order: {', '.join(wanted)}",
            )
        for column, name in zip(given, wanted, strict=True):
            if column.name is not None and column.name.lower() != name:
                raise ProjectError(
                    f"the SELECT gives {column.name!r} where {self.name} has {name!r}",
                    where=statement.sql.location(column.start),
                    why="INSERT goes by position, whatever the names are",
                    fix=f"bring the columns into this order: {', '.join(wanted)}"
                    if column.name.lower() in wanted
                    else f"call it {name}: … AS {name}",
                )

    def _wanted_columns(self, statement: Statement) -> list[str]:
        dynamic = [item.column for item in statement.partition if item.value is None]
        wanted = [c.name for c in self.contract.columns] + dynamic
        if statement.columns and sorted(statement.columns) != sorted(wanted):
            raise ProjectError(
                f"the column list of the INSERT does not name every column of {self.name} once",
                where=statement.sql.location(statement.header_start),
                fix=f"leave it out, or name: {', '.join(wanted)}",
            )
        return list(statement.columns) or wanted


def _missing(given: Sequence[str | None], wanted: Sequence[str]) -> str | None:
    lacks = [name for name in wanted if name not in given]
    more = [name for name in given if name is not None and name not in wanted]
    parts = []
    if lacks:
        parts.append(f"missing: {', '.join(lacks)}")
    if more:
        parts.append(f"not in the table: {', '.join(more)}")
    return "; ".join(parts) or None
