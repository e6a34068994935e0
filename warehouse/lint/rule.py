"""What a rule is, what it looks at, and what it finds.

A rule is a module: its docstring is its documentation, ``RULE`` its code, severity and function.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import cached_property

import msgspec

from warehouse.contract import Column, Contract
from warehouse.ddl import DdlFile, DdlStatement
from warehouse.errors import Location
from warehouse.findings import Finding, Severity
from warehouse.frontmatter import Unique
from warehouse.model import Model
from warehouse.model_lineage import analyse_model
from warehouse.names import TableName
from warehouse.project import Project
from warehouse.query_facts import Analysis
from warehouse.query_functions import BY_CLASS
from warehouse.sqltext import Tree
from warehouse.statement import Statement
from warehouse.windows import Window, read_windows

__all__ = ["Ddl", "Finding", "Hit", "Rule", "Severity", "Sql"]


class Hit(msgspec.Struct, frozen=True):
    """A place where a rule is broken: an offset in the statement, or a place in a file."""

    at: int | Location
    what: str
    why: str | None = None
    fix: str | None = None


@dataclass
class Sql:
    """A model's statement, as rendered for the probing hour, with everything that rules ask of it."""

    model: Model
    project: Project
    statement: Statement = field(init=False)
    analysis: Analysis = field(init=False)

    def __post_init__(self) -> None:
        self.statement = self.model.statement
        self.analysis = analyse_model(self.model, self.columns_of)

    def contract(self, name: TableName) -> Contract | None:
        return self.project.contract_or_none(name)

    def columns_of(self, name: TableName) -> tuple[Column, ...] | None:
        contract = self.contract(name)
        return contract.all_columns if contract is not None else None

    def partitions_of(self, name: TableName) -> tuple[Column, ...]:
        contract = self.contract(name)
        return contract.partitions if contract is not None else ()

    @cached_property
    def windows(self) -> dict[TableName, Window]:
        """What is read of each input, as the plan sees it."""
        known = {n: c for n in self.statement.input_tables if (c := self.contract(n)) is not None}
        return read_windows(
            self.statement,
            {name: contract.partitions for name, contract in known.items()},
            {name: contract.all_columns for name, contract in known.items()},
        )

    def keys_of(self, name: TableName) -> list[frozenset[str]] | None:
        """Columns of a table that its checks say are unique; None for a table that can have no checks."""
        if not self.project.has_sql(name):
            return None
        slices = self.project.contract(name).partition_columns
        return [
            frozenset((*check.args.columns, *slices))
            for check in self.project.front(name).checks
            if isinstance(check.args, Unique)
        ]

    def offset(self, node: Tree) -> int:
        """Where a node begins, as far as its parts tell."""
        best = -1
        stack = [node]
        while stack:
            part = stack.pop()
            start = part.meta.get("start") if part.meta else None
            if start is not None and (best < 0 or start < best):
                best = int(start)
            for value in part.args.values():
                if hasattr(value, "args"):
                    stack.append(value)
                elif isinstance(value, list):
                    stack += [item for item in value if hasattr(item, "args")]
        if best < 0:
            # CURRENT_DATE and its like, whose place sqlglot does not keep.
            word = BY_CLASS.get(type(node), str(node.key))
            found = re.compile(rf"\b{re.escape(word)}\b", re.IGNORECASE).search(
                self.statement.text, self.statement.header_end
            )
            return found.start() if found is not None else self.statement.header_end
        return best


class Ddl(msgspec.Struct):
    """A table's DDL: its files in order, each parsed, with its rendered text, and what they come to."""

    contract: Contract
    files: tuple[tuple[DdlFile, str, DdlStatement], ...]

    def place(self, key: str = "") -> Location:
        """Where a column was last written (or, without one, where the table was created)."""
        for file, text, statement in reversed(self.files):
            if key and key in statement.places:
                return Location.at(file.path, text, statement.places[key])
        file, text, statement = self.files[0]
        return Location.at(file.path, text, statement.places.get("", 0))


class Rule(msgspec.Struct, frozen=True):
    """``sql`` is asked about each statement, ``ddl`` about each table's DDL."""

    code: str
    severity: Severity
    sql: Callable[[Sql], Iterator[Hit]] | None = None
    ddl: Callable[[Ddl], Iterator[Hit]] | None = None
    text: str = ""
    """The documentation of a rule that is no module of its own."""

    @property
    def name(self) -> str:
        return self._module.rpartition(".")[2]

    @property
    def doc(self) -> str:
        return (self.text or sys.modules[self._module].__doc__ or "").strip()

    @property
    def _module(self) -> str:
        function = self.sql or self.ddl
        return function.__module__ if function is not None else f"{__package__}.{_NAMES[self.code]}"


_NAMES = {"W001": "unreadable", "W002": "noqa"}
