"""A table's DDL files, and the contract that replaying them gives."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Mapping, Sequence

import msgspec

from warehouse.contract import Column, Contract
from warehouse.ddl_parse import (
    AddColumns,
    ChangeColumn,
    CommentOnTable,
    CreateDatabase,
    CreateTable,
    DdlStatement,
    DropTable,
    SetProperties,
    UnsetProperties,
    parse_ddl,
)
from warehouse.ddl_storage import OPEN_CSV, TAKES_REST
from warehouse.errors import Location, ProjectError
from warehouse.names import TableName
from warehouse.tokens import segments
from warehouse.types import widening

__all__ = [
    "DdlFile",
    "DdlStatement",
    "apply_statement",
    "check_sequence",
    "checksum",
    "parse_database",
    "parse_ddl",
    "relative_location",
    "replay",
    "replay_read",
]

Render = Callable[[str, str], str]
"""A template's text and path to its rendered text."""
Read = Callable[["DdlFile"], tuple[str, DdlStatement]]
"""A file to its rendered text and its statement."""

_NAME = re.compile(r"V(\d{3,6})__([a-z][a-z0-9_]*)\.sql\Z")


class DdlFile(msgspec.Struct, frozen=True):
    """One step of a table's DDL. ``path`` is the project's: ``ddl/<db>/<table>/V001__create.sql``."""

    path: str
    version: int
    name: str
    text: str

    @staticmethod
    def named(path: str, text: str) -> DdlFile:
        """From a path; :class:`ProjectError` when the file's name is none of a DDL file."""
        match = _NAME.match(path.rpartition("/")[2])
        if match is None:
            raise ProjectError(
                f"{path} is not the name of a DDL file",
                where=Location(path),
                fix="name it like V002__add_platform.sql: number, two underscores, lower case",
            )
        return DdlFile(path, int(match[1]), match[2], text)

    @property
    def table(self) -> TableName:
        """As its folders say."""
        folders = self.path.split("/")[-3:-1]
        if len(folders) != 2:
            raise ProjectError(
                f"{self.path} does not lie under ddl/<database>/<table>/", where=Location(self.path)
            )
        return TableName.parse(".".join(folders))

    @property
    def file(self) -> str:
        return self.path.rpartition("/")[2]


def check_sequence(files: Sequence[DdlFile]) -> tuple[DdlFile, ...]:
    """The files in their order; :class:`ProjectError` unless they count 1, 2, 3 … and begin with a CREATE."""
    ordered = tuple(sorted(files, key=lambda file: (file.version, file.path)))
    for wanted, file in enumerate(ordered, start=1):
        if file.version == wanted:
            continue
        before = ordered[wanted - 2] if wanted > 1 else None
        if before is not None and file.version == before.version:
            raise ProjectError(
                f"two DDL files have the number {file.version}: {before.file} and {file.file}",
                where=Location(file.path),
                why="their order would be anybody's guess",
                fix=f"give one of them the number {ordered[-1].version + 1}",
            )
        raise ProjectError(
            f"the number {wanted} is missing before {file.file}",
            where=Location(file.path),
            why="DDL files are applied in the order of their numbers, without a gap",
            fix=f"restore the missing file, or rename this one to V{wanted:03}__{file.name}.sql",
        )
    if ordered and not _first_word(ordered[0]).startswith("CREATE"):
        raise ProjectError(
            f"{ordered[0].file} does not create the table",
            where=Location.at(ordered[0].path, ordered[0].text, 0),
            fix="begin with CREATE EXTERNAL TABLE",
        )
    return ordered


def _first_word(file: DdlFile) -> str:
    if file.text.lstrip(" \t\r\n;")[:6].upper() == "CREATE":
        return "CREATE"
    plain = (s.text.strip(" \t\r\n;") for s in segments(file.text, file.path) if s.kind == "code")
    return next((text.upper() for text in plain if text), "")


def checksum(text: str) -> str:
    """Of a DDL file's text as its author wrote it, before rendering."""
    return hashlib.blake2b(text.encode("utf-8", "surrogatepass"), digest_size=16).hexdigest()


def parse_database(text: str, path: str) -> CreateDatabase:
    """The statement of a rendered ``ddl/<db>/database.sql``; :class:`ProjectError` for any other."""
    statement = parse_ddl(text, path)
    folder = path.split("/")[-2:-1]
    where = Location.at(path, text, statement.places.get("", 0))
    if not isinstance(statement, CreateDatabase):
        raise ProjectError(
            "this file creates no database", where=where, fix="write CREATE DATABASE; tables have folders"
        )
    if folder and folder[0] != statement.name:
        raise ProjectError(
            f"this file lies in the folder of {folder[0]} and speaks of {statement.name}",
            where=where,
            fix=f"move it to ddl/{statement.name}/, or correct the name",
        )
    return statement


def replay(files: Sequence[DdlFile], render: Render, lake: str) -> Contract | None:
    """The contract after all files; None when there are none or the last one drops the table.

    ``lake`` is the target's root as templates see it: locations below it become relative.
    """

    def read(file: DdlFile) -> tuple[str, DdlStatement]:
        text = render(file.text, file.path)
        return text, parse_ddl(text, file.path)

    return replay_read(check_sequence(files), read, lake)


def replay_read(files: Sequence[DdlFile], read: Read, lake: str) -> Contract | None:
    """:func:`replay` of files in their order, for whoever keeps what was read."""
    contract: Contract | None = None
    for file in files:
        text, statement = read(file)
        contract = apply_statement(contract, statement, file, text, lake)
    return contract


def apply_statement(
    contract: Contract | None, statement: DdlStatement, file: DdlFile, text: str, lake: str
) -> Contract | None:
    """One statement onto what the files before it gave; ``text`` is the rendered one, for places."""
    step = _Step(file, text, statement.places)
    if isinstance(statement, CreateDatabase):
        raise step.error(
            "CREATE DATABASE in a table's folder", fix=f"put it into ddl/{statement.name}/database.sql"
        )
    if statement.table != file.table:
        raise step.error(
            f"this file lies in the folder of {file.table} and speaks of {statement.table}",
            fix=f"move it to ddl/{statement.table.db}/{statement.table.table}/, or correct the name",
        )
    if isinstance(statement, CreateTable):
        if contract is not None:
            raise step.error(f"{statement.table} is created already", fix="change it with ALTER TABLE")
        return _create(statement, step, lake)
    if contract is None:
        raise step.error(
            f"{statement.table} is not there at this point", fix="begin with CREATE EXTERNAL TABLE"
        )
    changed = _alter(contract, statement, step)
    return None if changed is None else msgspec.structs.replace(changed, version=file.version)


class _Step(msgspec.Struct, frozen=True):
    file: DdlFile
    text: str
    places: Mapping[str, int]

    def error(
        self, what: str, at: str = "", *, why: str | None = None, fix: str | None = None
    ) -> ProjectError:
        offset = self.places.get(at, self.places.get("", 0))
        return ProjectError(what, where=Location.at(self.file.path, self.text, offset), why=why, fix=fix)


def _create(statement: CreateTable, step: _Step, lake: str) -> Contract:
    location = f"{statement.table.db}/{statement.table.table}"
    if statement.location is not None:
        found = relative_location(statement.location, lake)
        if found is None:
            raise step.error(
                f"{statement.location!r} is no place for a table",
                "location",
                why="it is relative, the lake itself, or where the tool keeps its own files",
                fix="leave LOCATION out, or write '{{ lake }}/…' or a whole URI",
            )
        location = found
    return Contract(
        table=str(statement.table),
        columns=statement.columns,
        partitions=statement.partitions,
        storage=statement.storage,
        location=location,
        comment=statement.comment,
        properties=statement.properties,
        version=step.file.version,
    )


def relative_location(location: str, lake: str) -> str | None:
    """A location relative to the lake if it lies in it, else as a URI; None where no table can be."""
    place, root = _uri(location), _uri(lake)
    if place == root:
        return None
    if place.startswith(root + "/"):
        below = place[len(root) + 1 :]
        return None if below.split("/")[0] == "_warehouse" else below
    return place if "://" in place else None


def _uri(text: str) -> str:
    """``file:/x``, ``file:///x`` and ``/x`` are one place."""
    text = text.rstrip("/")
    if text.startswith("file:"):
        text = "/" + text.removeprefix("file:").lstrip("/")
    return f"file://{text}" if text.startswith("/") else text


def _alter(
    contract: Contract,
    statement: AddColumns | ChangeColumn | SetProperties | UnsetProperties | CommentOnTable | DropTable,
    step: _Step,
) -> Contract | None:
    match statement:
        case DropTable():
            return None
        case CommentOnTable(comment=comment):
            return msgspec.structs.replace(contract, comment=comment)
        case SetProperties(properties=properties):
            return msgspec.structs.replace(contract, properties={**contract.properties, **properties})
        case UnsetProperties(keys=keys, if_exists=if_exists):
            unknown = next((key for key in keys if key not in contract.properties), None)
            if unknown is not None and not if_exists:
                raise step.error(f"property {unknown!r} is not set", f"property {unknown}")
            left = {key: value for key, value in contract.properties.items() if key not in keys}
            return msgspec.structs.replace(contract, properties=left)
        case AddColumns(columns=columns):
            return _add(contract, columns, step)
        case ChangeColumn():
            return _change(contract, statement, step)


def _add(contract: Contract, columns: tuple[Column, ...], step: _Step) -> Contract:
    if contract.storage.serde_properties.get(TAKES_REST) == "true":
        raise step.error(
            f"{contract.table} keeps the rest of a line in its last column",
            why="with another column after it, old lines would be cut differently",
            fix="make a new table, or read the new part from that column in SQL",
        )
    there = {column.name for column in contract.all_columns}
    for column in columns:
        if column.name in there:
            raise step.error(f"column {column.name!r} is there already", column.name)
        if contract.storage.serde == OPEN_CSV and column.type != "string":
            raise step.error(
                f"column {column.name!r} of a CSV table is {column.type.upper()}",
                column.name,
                why="OpenCSVSerde reads every column as STRING",
                fix="make it STRING here and cast it in the SQL that reads it",
            )
    return msgspec.structs.replace(contract, columns=(*contract.columns, *columns))


def _change(contract: Contract, change: ChangeColumn, step: _Step) -> Contract:
    if change.column in contract.partition_columns:
        raise step.error(
            f"partition column {change.column!r} cannot be changed",
            change.column,
            why="it is part of every partition's name, and metastores refuse it",
            fix="make a new table and rebuild",
        )
    old = next((column for column in contract.columns if column.name == change.column), None)
    if old is None:
        names = ", ".join(column.name for column in contract.columns)
        raise step.error(f"there is no column {change.column!r}", change.column, why=f"there are: {names}")
    kind = change.type or old.type
    why = widening(old.type, kind, contract.storage.format)
    if why is not None:
        raise step.error(f"column {old.name!r} cannot become {kind.upper()}", "type", why=why)
    comment = old.comment if change.comment is None else change.comment
    new = Column(old.name, kind, comment)
    columns = tuple(new if column is old else column for column in contract.columns)
    return msgspec.structs.replace(contract, columns=columns)
