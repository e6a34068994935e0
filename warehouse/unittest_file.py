"""Unit tests of a table's SQL: the YAML files in ``tests/sql/<db>/<table>/``, read with types and places.

A file is a mapping of cases by name; ``defaults`` holds what all of its cases share.
"""

from __future__ import annotations

import difflib
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field

import yaml

from warehouse.cells import Value, read_cell
from warehouse.contract import Contract
from warehouse.errors import Location, ProjectError
from warehouse.intervals import Grain, Interval
from warehouse.model import Model
from warehouse.names import TableName
from warehouse.types import parse_type
from warehouse.yaml_nodes import Node, NodeReader

DEFAULTS = "defaults"
_SHARED = ("date", "start", "end", "given")
_EXPECTED = ("expect", "contains", "rows", "fails", "error")
_KEYS = (*_SHARED, *_EXPECTED, "ordered")
LONGEST = 1_000_000


@dataclass(frozen=True)
class Rows:
    """Rows of a table or of a part of its columns. ``lines`` are those of the file where each begins."""

    columns: tuple[str, ...]
    rows: tuple[tuple[Value, ...], ...]
    lines: tuple[int, ...] = ()


@dataclass(frozen=True)
class Case:
    """One case. ``expect`` are all rows that the SQL gives, ``contains`` some of them, ``count`` how many;
    ``fails`` the checks that fail, no more and no less; ``error`` a part of what Spark says."""

    name: str
    where: Location
    first: Interval
    last: Interval
    given: Mapping[TableName, Rows]
    expect: Rows | None = None
    contains: Rows | None = None
    count: int | None = None
    fails: tuple[str, ...] | None = None
    error: str | None = None
    ordered: bool = False


@dataclass(frozen=True)
class Subject:
    """What a file's cases are about: the model, the contracts of other tables, its checks' names, and the
    tables that only checks read."""

    model: Model
    contract_of: Callable[[TableName], Contract]
    checks: tuple[str, ...] = ()
    check_tables: tuple[TableName, ...] = ()


def read_cases(text: str, path: str, subject: Subject) -> tuple[Case, ...]:
    """The cases of a file; :class:`ProjectError` at the place of what is wrong."""
    return tuple(_Reader(text, path, 0, "the file").cases(subject))


@dataclass(frozen=True)
class _Shared:
    date: tuple[str, Node] | None = None
    start: tuple[str, Node] | None = None
    end: tuple[str, Node] | None = None
    given: Mapping[TableName, Rows] = field(default_factory=dict)


class _Reader(NodeReader):
    def cases(self, subject: Subject) -> Iterable[Case]:
        if len(self.text) > LONGEST:
            raise ProjectError(f"longer than {LONGEST} characters", where=Location(self.path))
        root = self.compose(self.text)
        if root is None:
            raise ProjectError("the file is empty", where=Location(self.path), fix="write `case: {date: …}`")
        named = self.mapping(root, "the file")
        shared = _Shared()
        if DEFAULTS in named:
            pairs = self.mapping(named.pop(DEFAULTS)[1], f"`{DEFAULTS}`", _SHARED)
            shared = self.shared(pairs, subject, shared)
        for name, (key, node) in named.items():
            yield self.case(name, key, node, subject, shared)

    def case(self, name: str, key: Node, node: Node, subject: Subject, shared: _Shared) -> Case:
        pairs = self.mapping(node, f"case `{name}`", _KEYS)
        if not any(k in pairs for k in _EXPECTED):
            self.fail(key, f"case {name!r} expects nothing", fix=f"add one of: {', '.join(_EXPECTED)}")
        own = self.shared(pairs, subject, shared)
        for table in subject.model.inputs:
            if table not in own.given:
                self.fail(key, f"case {name!r} gives no rows of {table}", fix=f"add to given: {table}: []")
        first, last = self.interval(key, own, subject.model.grain)
        target = subject.model.contract
        return Case(
            name,
            self.place(key.start_mark),
            first,
            last,
            own.given,
            self.rows(pairs["expect"][1], "expect", target, True) if "expect" in pairs else None,
            self.rows(pairs["contains"][1], "contains", target, True) if "contains" in pairs else None,
            self.number(pairs["rows"][1]) if "rows" in pairs else None,
            self.fails(pairs["fails"][1], subject.checks) if "fails" in pairs else None,
            self.scalar(pairs["error"][1], "error") if "error" in pairs else None,
            "ordered" in pairs and self.truth(pairs["ordered"][1], "ordered"),
        )

    def shared(self, pairs: Mapping[str, tuple[Node, Node]], subject: Subject, before: _Shared) -> _Shared:
        """What a case says itself goes before its file's defaults, table by table."""
        dates = {
            k: (self.scalar(pairs[k][1], k), pairs[k][1]) for k in ("date", "start", "end") if k in pairs
        }
        if not dates:
            dates = {k: d for k in ("date", "start", "end") if (d := getattr(before, k)) is not None}
        given = dict(before.given)
        if "given" in pairs:
            given.update(self.given(pairs["given"][1], subject))
        return _Shared(**dates, given=given)

    def interval(self, key: Node, own: _Shared, grain: Grain) -> tuple[Interval, Interval]:
        if own.date is not None and (own.start or own.end):
            self.fail(own.date[1], "`date` and `start`, `end` exclude each other")
        if own.date is not None:
            one = self.one_interval(own.date, grain)
            return one, one
        if own.start is None or own.end is None:
            self.fail(
                key, "the case has no date", fix="write date: 2018-11-15, or start: and end: for a batch"
            )
        first, last = self.one_interval(own.start, grain), self.one_interval(own.end, grain)
        if last < first:
            self.fail(own.end[1], "`end` lies before `start`")
        return first, last

    def one_interval(self, given: tuple[str, Node], grain: Grain) -> Interval:
        text, node = given
        try:
            return Interval(Interval.parse(text, Grain.DAILY if grain is Grain.NONE else grain).start, grain)
        except ProjectError as error:
            self.fail(node, error.what, fix=error.fix)

    def given(self, node: Node, subject: Subject) -> dict[TableName, Rows]:
        found = {}
        model = subject.model
        known = {str(t): t for t in (*model.inputs, *model.check_inputs, *subject.check_tables)}
        for name, (key, rows) in self.mapping(node, "`given`").items():
            table = known.get(name)
            if table is None:
                near = difflib.get_close_matches(name, known, 1, 0.5)
                fix = f"did you mean {near[0]}?" if near else f"it reads {', '.join(known) or 'no table'}"
                self.fail(key, f"{model.name} reads no table {name}", fix=fix)
            found[table] = self.rows(rows, name, subject.contract_of(table), False)
        return found

    def rows(self, node: Node, what: str, contract: Contract, partial: bool) -> Rows:
        """Rows by column. ``partial``: of the columns that some row names; else of all columns."""
        types = {c.name: parse_type(c.type) for c in contract.all_columns}
        read: list[dict[str, Value]] = []
        lines = []
        for item in self.items(node, what):
            pairs = self.mapping(item, f"a row of {contract.table}", types)
            read.append({c: read_cell(self, cell, types[c], c) for c, (_, cell) in pairs.items()})
            lines.append(self.line + item.start_mark.line + 1)
        columns = tuple(c for c in types if not partial or not read or any(c in row for row in read))
        if partial and read and not columns:
            self.fail(node, f"the rows of `{what}` name no column")
        return Rows(columns, tuple(tuple(row.get(c) for c in columns) for row in read), tuple(lines))

    def truth(self, node: Node, what: str) -> bool:
        text = self.scalar(node, what).lower()
        if text not in ("true", "false"):
            self.fail(node, f"`{what}` is true or false, not {text!r}")
        return text == "true"

    def number(self, node: Node) -> int:
        text = self.scalar(node, "rows")
        if not text.isdecimal():
            self.fail(node, f"`rows` must be a number of rows, not {text!r}")
        return int(text)

    def fails(self, node: Node, known: Iterable[str]) -> tuple[str, ...]:
        """Checks by name: ``"unique: user_id"`` or, as in front matter, ``unique: [user_id]``."""
        found = []
        names = tuple(known)
        for item in self.items(node, "fails"):
            if isinstance(item, yaml.MappingNode) and len(item.value) == 1:
                key, value = item.value[0]
                columns = value.value if isinstance(value, yaml.SequenceNode) else [value]
                name = f"{key.value}: {', '.join(str(c.value) for c in columns)}"
            else:
                name = self.scalar(item, "fails")
            if name not in names:
                near = difflib.get_close_matches(name, names, 1, 0.5)
                fix = (
                    f"did you mean {near[0]!r}?" if near else f"its checks are: {'; '.join(names) or 'none'}"
                )
                self.fail(item, f"there is no check {name!r}", fix=fix)
            found.append(name)
        return tuple(found)
