"""Front matter: the YAML in the leading ``/* --- … --- */`` comment of a SQL file, as typed values.

Every key has a default. Unknown keys, wrong types and impossible dates are told with their place.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from datetime import timedelta
from enum import StrEnum
from functools import lru_cache
from typing import Any

import msgspec
import yaml

from warehouse.errors import Location, ProjectError
from warehouse.intervals import Grain, Moment
from warehouse.names import TableName
from warehouse.settings import PINNED
from warehouse.yaml_nodes import LONGEST, Node, NodeReader, tag_of

_OPENING = re.compile(r"\ufeff?\s*/\*[ \t]*---[ \t]*(\r?\n)?")
_CLOSING = re.compile(r"^[ \t]*---[ \t]*\*/[ \t]*(\r?\n)?", re.MULTILINE)
_DURATION = re.compile(r"(\d{1,6})\s*(hour|day|week)s?\Z")


class Severity(StrEnum):
    """``ERROR`` stops the slice that fails, ``WARN`` reports."""

    ERROR = "error"
    WARN = "warn"


class InputPolicy(StrEnum):
    """Whether a new version of an input makes a slice stale."""

    RERUN = "rerun"
    IGNORE = "ignore"


class NotNull(msgspec.Struct, frozen=True):
    columns: tuple[str, ...]


class Unique(msgspec.Struct, frozen=True):
    """``columns`` together are a key."""

    columns: tuple[str, ...]


class AcceptedValues(msgspec.Struct, frozen=True):
    """Values as SQL would compare them: text stays text, 1 stays a number."""

    column: str
    values: tuple[str | int | float | bool, ...]


class Relationships(msgspec.Struct, frozen=True):
    """Every value of ``column`` that is not NULL is in ``to``'s ``field``."""

    column: str
    to: TableName
    field: str


class RowCount(msgspec.Struct, frozen=True):
    minimum: int | None = None
    maximum: int | None = None


class Expression(msgspec.Struct, frozen=True):
    """A boolean in Spark's SQL that must be true of every row."""

    sql: str


CheckArgs = NotNull | Unique | AcceptedValues | Relationships | RowCount | Expression


class DeclaredCheck(msgspec.Struct, frozen=True):
    """One item of ``checks``; ``line`` is where it stands in the file."""

    kind: str
    args: CheckArgs
    severity: Severity = Severity.ERROR
    line: int = 0


class FrontMatter(msgspec.Struct, frozen=True):
    """What a SQL file says about itself. ``start`` and ``end`` are inclusive, as written."""

    owner: str = ""
    description: str = ""
    tags: tuple[str, ...] = ()
    start: Moment | None = None
    end: Moment | None = None
    grain: Grain | None = None
    checks: tuple[DeclaredCheck, ...] = ()
    inputs: Mapping[TableName, InputPolicy] = msgspec.field(default_factory=dict)
    freeze_after: timedelta | None = None
    settings: Mapping[str, str] = msgspec.field(default_factory=dict)


class SplitFile(msgspec.Struct, frozen=True):
    """A SQL file in two. ``body`` is what follows the front matter, starting on ``first_line`` (from 1)."""

    front: FrontMatter
    body: str
    first_line: int


def split(text: str, path: str) -> SplitFile:
    """Front matter and the statement's template; :class:`ProjectError` at the place of what is wrong."""
    opening = _OPENING.match(text)
    if opening is None:
        return SplitFile(FrontMatter(), text.removeprefix("\ufeff"), 1)
    if opening[1] is None:
        raise ProjectError(
            "the front matter begins in its comment's first line",
            where=Location.at(path, text, opening.end()),
            fix="put `/* ---` and `--- */` on lines of their own",
        )
    closing = _CLOSING.search(text, opening.end())
    if closing is None:
        raise ProjectError(
            "the front matter has no end",
            where=Location.at(path, text, text.index("/*")),
            fix="close it with a line of its own: --- */",
        )
    written = text[opening.end() : closing.start()]
    try:
        front = _read(written, text.count("\n", 0, opening.end()))
    except ProjectError:
        front = _Reader(text, path, opening.end(), "the front matter").front_matter(written)
    return SplitFile(front, text[closing.end() :], text.count("\n", 0, closing.end()) + 1)


@lru_cache(maxsize=1024)
def _read(written: str, line: int) -> FrontMatter:
    """Many tables of a project say the same of themselves. An error is told by whoever knows the file."""
    before = "\n" * line
    return _Reader(before + written, "", line, "the front matter").front_matter(written)


class _Reader(NodeReader):
    """Turns the nodes into values, key by key."""

    def front_matter(self, written: str) -> FrontMatter:
        if len(written) > LONGEST:
            where = Location.at(self.path, self.text, self.offset)
            raise ProjectError(f"the front matter is longer than {LONGEST} characters", where=where)
        root = self.compose(written)
        if root is None:
            return FrontMatter()
        values: dict[str, Any] = {}
        pairs = self.mapping(root, "the front matter", _KEYS)
        for name, (_, node) in pairs.items():
            values[name] = _KEYS[name](self, node, name)
        start, end = values.get("start"), values.get("end")
        if start is not None and end is not None and end.end <= start.start:
            self.fail(pairs["end"][1], "`end` lies before `start`", fix="both dates are inclusive")
        return FrontMatter(**values)

    def moment(self, node: Node, what: str) -> Moment:
        try:
            return Moment.parse(self.scalar(node, what).strip())
        except ProjectError as error:
            if error.where is not None:
                raise
            self.fail(node, f"`{what}`: {error.what}", why=error.why, fix=error.fix)

    def grain(self, node: Node, what: str) -> Grain:
        return self.one_of(node, what, Grain)

    def duration(self, node: Node, what: str) -> timedelta:
        text = self.scalar(node, what).strip()
        match = _DURATION.match(text)
        if match is None:
            self.fail(node, f"`{what}`: {text!r} is not a duration", fix="write 12 hours, 90 days or 4 weeks")
        return timedelta(**{f"{match[2]}s": int(match[1])})

    def tables(self, node: Node, what: str) -> dict[TableName, InputPolicy]:
        found = {}
        for name, (key, value) in self.mapping(node, f"`{what}`").items():
            found[self.table(key, name)] = self.one_of(value, name, InputPolicy)
        return found

    def table(self, node: Node, text: str) -> TableName:
        try:
            return TableName.parse(text)
        except ProjectError as error:
            self.fail(node, error.what, why=error.why, fix=error.fix)

    def settings(self, node: Node, what: str) -> dict[str, str]:
        found = {}
        for name, (key, value) in self.mapping(node, f"`{what}`").items():
            if name in PINNED:
                self.fail(
                    key,
                    f"`{name}` is the same for every statement",
                    why="it decides what readers can read, or what a statement means",
                    fix="leave it out",
                )
            if not name.startswith(("spark.sql.", "parquet.", "orc.")):
                self.fail(
                    key,
                    f"`{name}` is not a setting of one statement",
                    why="only Spark's SQL settings can change between statements of a session",
                    fix="write spark.sql.…, parquet.… or orc.…; others belong to the target",
                )
            text = self.scalar(value, name)
            found[name] = text.lower() if tag_of(value) == "bool" else text
        return found

    def checks(self, node: Node, what: str) -> tuple[DeclaredCheck, ...]:
        return tuple(self.check(item) for item in self.items(node, what))

    def check(self, node: Node) -> DeclaredCheck:
        pairs = self.mapping(node, "a check", (*_CHECKS, "severity"))
        kinds = [name for name in pairs if name != "severity"]
        if len(kinds) != 1:
            self.fail(node, "an item of `checks` is one check", fix=f"one of: {', '.join(_CHECKS)}")
        kind = kinds[0]
        key, value = pairs[kind]
        severity = pairs.get("severity")
        inner: dict[str, tuple[Node, Node]] | None = None
        if isinstance(value, yaml.MappingNode):
            inner = self.mapping(value, f"`{kind}`", (*_CHECKS[kind][0], "severity"))
            within = inner.pop("severity", None)
            if severity is not None and within is not None:
                self.fail(within[0], "`severity` stands twice")
            severity = severity or within
        args = _CHECKS[kind][1](self, kind, value, inner)
        level = self.one_of(severity[1], "severity", Severity) if severity else Severity.ERROR
        return DeclaredCheck(kind, args, level, self.line + key.start_mark.line + 1)

    def wanted(
        self, kind: str, node: Node, inner: dict[str, tuple[Node, Node]] | None, *names: str
    ) -> list[Node]:
        """The values of keys that must be there."""
        if inner is None:
            self.fail(node, f"`{kind}` must be a mapping", fix=f"write {kind}: {{{': …, '.join(names)}: …}}")
        for name in names:
            if name not in inner:
                self.fail(node, f"`{kind}` lacks `{name}`")
        return [inner[name][1] for name in names]

    def key_columns(
        self, kind: str, node: Node, inner: dict[str, tuple[Node, Node]] | None
    ) -> tuple[str, ...]:
        if inner is not None:
            (node,) = self.wanted(kind, node, inner, "columns")
        columns = self.strings(node, kind)
        if not columns:
            self.fail(node, f"`{kind}` names no column")
        return columns

    def accepted(self, kind: str, node: Node, inner: dict[str, tuple[Node, Node]] | None) -> AcceptedValues:
        column, values = self.wanted(kind, node, inner, "column", "values")
        found = tuple(self.literal(item) for item in self.items(values, "values"))
        if not found:
            self.fail(values, "`values` is empty")
        return AcceptedValues(self.string(column, "column"), found)

    def literal(self, node: Node) -> str | int | float | bool:
        text, tag = self.scalar(node, "values"), tag_of(node)
        try:
            if tag == "int" and re.fullmatch(r"[-+]?(0|[1-9][0-9]*)", text):
                return int(text)
            if tag == "float":
                return float(text)
        except (ValueError, OverflowError):
            self.fail(node, f"{text!r} is not a number", fix=f'put it in quotes: "{text}"')
        if tag == "bool" and text.lower() in ("true", "false"):
            return text.lower() == "true"
        # YAML's `no`, `on`, 0x1F, 1_000 and dates: what was written is what was meant.
        return text

    def relationships(
        self, kind: str, node: Node, inner: dict[str, tuple[Node, Node]] | None
    ) -> Relationships:
        column, to, target = self.wanted(kind, node, inner, "column", "to", "field")
        return Relationships(
            self.string(column, "column"),
            self.table(to, self.string(to, "to")),
            self.string(target, "field"),
        )

    def row_count(self, kind: str, node: Node, inner: dict[str, tuple[Node, Node]] | None) -> RowCount:
        if not inner:
            self.fail(node, "`row_count` needs `min`, `max` or both", fix="write row_count: {min: 1}")
        bounds: dict[str, int] = {}
        for name, (_, value) in inner.items():
            text = self.scalar(value, name)
            if not re.fullmatch(r"[0-9]{1,18}", text):
                self.fail(value, f"`{name}` must be a number of rows, not {text!r}")
            bounds[name] = int(text)
        low, high = bounds.get("min"), bounds.get("max")
        if low is not None and high is not None and low > high:
            self.fail(node, "`min` is more than `max`")
        return RowCount(low, high)

    def expression(self, kind: str, node: Node, inner: dict[str, tuple[Node, Node]] | None) -> Expression:
        if inner is not None:
            (node,) = self.wanted(kind, node, inner, "sql")
        sql = self.string(node, kind).strip()
        if not sql:
            self.fail(node, "`expression` is empty")
        return Expression(sql)


_KEYS: dict[str, Callable[[_Reader, Node, str], Any]] = {
    "owner": _Reader.string,
    "description": _Reader.string,
    "tags": _Reader.strings,
    "start": _Reader.moment,
    "end": _Reader.moment,
    "grain": _Reader.grain,
    "checks": _Reader.checks,
    "inputs": _Reader.tables,
    "freeze_after": _Reader.duration,
    "settings": _Reader.settings,
}

_CHECKS: dict[
    str,
    tuple[tuple[str, ...], Callable[[_Reader, str, Node, dict[str, tuple[Node, Node]] | None], CheckArgs]],
] = {
    "not_null": (("columns",), lambda r, kind, node, inner: NotNull(r.key_columns(kind, node, inner))),
    "unique": (("columns",), lambda r, kind, node, inner: Unique(r.key_columns(kind, node, inner))),
    "accepted_values": (("column", "values"), _Reader.accepted),
    "relationships": (("column", "to", "field"), _Reader.relationships),
    "row_count": (("min", "max"), _Reader.row_count),
    "expression": (("sql",), _Reader.expression),
}
