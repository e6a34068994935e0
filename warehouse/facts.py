"""What is known of a table from its files alone, and the digest of all that went into it.

Facts are kept between commands, and believed only while that digest is the same: what is not sure to be the
same is found out again. Light: reading known facts needs no parser.
"""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Iterable
from functools import cached_property
from typing import TYPE_CHECKING

import msgspec

from warehouse import ddl
from warehouse.errors import Location, ProjectError
from warehouse.findings import Finding, Severity
from warehouse.graph import CircleError, ordered
from warehouse.names import TableName
from warehouse.project import Project

if TYPE_CHECKING:
    from warehouse.model import Model

UNREADABLE = ("W001", "unreadable")
"""Code and name of the rule that files can be read."""


class WindowFact(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """A read window of the probing hour, as its text, and why it is wider than it seems."""

    text: tuple[str, ...]
    widened: tuple[str, ...] = ()


class TableFacts(msgspec.Struct, frozen=True, array_like=True):
    """Of one table. A source has no inputs, windows or lineage, no ``grain``, ``form``, owner or tags.

    ``grain`` is that of its slices, or ``snapshot``; ``form`` of its SQL: ``range`` or ``date``.
    ``lineage`` has each column's origins: ``db.table.column``, or ``unknown (…)``. ``unused`` are findings
    about comments that silence nothing, which count only where all rules are asked for. Without ``readable``
    nothing but the findings is sure. ``key`` is the digest of what went in: the table's own files, those of
    its inputs, the macro files ``macros``.
    """

    table: str
    columns: dict[str, str] = {}
    contract: str = ""
    inputs: tuple[str, ...] = ()
    windows: dict[str, WindowFact] = {}
    lineage: dict[str, tuple[str, ...]] = {}
    findings: tuple[Finding, ...] = ()
    unused: tuple[Finding, ...] = ()
    macros: tuple[str, ...] = ()
    grain: str = ""
    form: str = ""
    owner: str = ""
    tags: tuple[str, ...] = ()
    readable: bool = True
    key: bytes = b""

    @property
    def name(self) -> TableName:
        db, _, table = self.table.partition(".")
        return TableName(db, table)


def described(facts: TableFacts, model: Model) -> TableFacts:
    """With what the model says of itself; :class:`ProjectError` where its SQL cannot be read."""
    return msgspec.structs.replace(
        facts,
        inputs=tuple(map(str, model.inputs)),
        grain="snapshot" if model.contract.is_snapshot else model.grain.value,
        form="range" if model.is_range else "date",
        owner=model.front.owner,
        tags=model.front.tags,
    )


class Keys:
    """The digests of a project's files as they are now. ``tool`` stands for the tool's own code."""

    def __init__(self, project: Project, tool: bytes) -> None:
        self.project = project
        self.tool = tool
        self._own: dict[str, bytes] = {}

    def key(self, facts: TableFacts) -> bytes:
        """What ``facts.key`` is if nothing has changed since."""
        digest = hashlib.blake2b(self.common, digest_size=16)
        digest.update(self.own(facts.table))
        for path in facts.macros:
            digest.update(self.macros.get(path, b"gone"))
        for name in facts.inputs:
            own = self.own(name)
            digest.update(name.encode())
            # For a table that nothing defines, the nearest of all names is looked for.
            digest.update(own if own else self.names)
        return digest.digest()

    def own(self, name: str) -> bytes:
        """Of a table's own files; empty where it has none."""
        found = self._own.get(name)
        if found is None:
            found = self._own[name] = self._read(name)
        return found

    def _read(self, name: str) -> bytes:
        db, _, table = name.partition(".")
        paths = self.project.files_of(TableName(db, table))
        if not paths:
            return b""
        digest = hashlib.blake2b(digest_size=16)
        for path in paths:
            try:
                data = self.project.raw(path)
            except OSError:
                data = b"?"
            digest.update(b"%s %d " % (path.name.encode("utf-8", "surrogateescape"), len(data)))
            digest.update(data)
        return digest.digest()

    @cached_property
    def common(self) -> bytes:
        """What goes into every table: the tool, the target, the variables, where macros are."""
        context = self.project.context
        homes = self.project.macro_homes
        parts = [context.env, context.lake, sorted((k, repr(v)) for k, v in context.variables.items()), homes]
        return hashlib.blake2b(self.tool + repr(parts).encode("utf-8", "replace"), digest_size=16).digest()

    @cached_property
    def names(self) -> bytes:
        return hashlib.blake2b(" ".join(map(str, self.project.tables)).encode(), digest_size=16).digest()

    @cached_property
    def macros(self) -> dict[str, bytes]:
        return {
            path: hashlib.blake2b(text.encode("utf-8", "replace"), digest_size=16).digest()
            for path, text in self.project.macro_files.items()
        }


def findings_of(project: Project, facts: Iterable[TableFacts], codes: Collection[str] = ()) -> list[Finding]:
    """All findings by file and line, of these rules or of all. Circles are those among these tables."""
    facts = list(facts)
    found = _databases(project, facts)
    found += [f for one in facts for f in (one.findings if codes else (*one.findings, *one.unused))]
    if all(one.readable for one in facts):
        found += _circles(project, facts)
    chosen = dict.fromkeys(f for f in found if not codes or f.code in codes)
    return sorted(chosen, key=lambda f: (f.where.path, f.where.line or 0, f.where.column or 0, f.code))


def unreadable(project: Project, name: TableName, error: ProjectError) -> Finding:
    """An error in a table's files as a finding."""
    path = project.sql_files.get(name) or project.ddl_directories.get(name)
    where = error.where or Location(project.relative(path) if path is not None else str(name))
    return Finding(*UNREADABLE, Severity.ERROR, error.what, where, error.why, error.fix)


def _databases(project: Project, facts: list[TableFacts]) -> list[Finding]:
    """What is wrong with the ``database.sql`` of these tables' databases."""
    found: list[Finding] = []
    for name in {one.name.db: one.name for one in facts}.values():
        try:
            text = project.database_text(name.db)
            if text is not None:
                ddl.parse_database(text[1], text[0])
        except ProjectError as error:
            found.append(unreadable(project, name, error))
    return found


def _circles(project: Project, facts: list[TableFacts]) -> list[Finding]:
    try:
        ordered({one.name: [TableName.parse(i) for i in one.inputs] for one in facts if one.inputs})
    except CircleError as error:
        return [unreadable(project, error.circle[0], error)]
    return []
