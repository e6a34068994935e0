"""The project's files: which tables there are, what each is made of. Nothing is read before it is needed."""

from __future__ import annotations

import difflib
import os
import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from warehouse import ddl
from warehouse.config import Config, find_root, load_config
from warehouse.contract import Contract
from warehouse.errors import Location, ProjectError, WarehouseError
from warehouse.mentions import makes_up_names, mentions
from warehouse.names import TableName, check_identifier

if TYPE_CHECKING:
    # A parser and a template engine cost a tenth of a second: only commands that read SQL pay it.
    from warehouse.frontmatter import FrontMatter
    from warehouse.model import Model
    from warehouse.template import Macros

_CHECKS = ".checks"
_WORD = re.compile(r"\w+")
_MACRO = re.compile(r"\{%[-+]?\s*macro\s+(\w+)")


@dataclass(frozen=True)
class Context:
    """What templates may know of the target. Neither is ever part of a fingerprint."""

    env: str
    lake: str
    variables: Mapping[str, str | int | float | bool]


class Project:
    """A directory with ``ddl/``, ``sql/`` and a pyproject.toml. Contracts and models are read lazily."""

    def __init__(self, root: Path, config: Config, context: Context) -> None:
        self.root = root
        self._prefix = f"{root}{os.sep}"
        self.config = config
        self.context = context
        self._ddl_files: dict[TableName, tuple[ddl.DdlFile, ...]] = {}
        self._ddl_statements: dict[ddl.DdlFile, tuple[str, ddl.DdlStatement]] = {}
        self._contracts: dict[TableName, Contract | None] = {}
        self._models: dict[TableName, Model] = {}
        self._raw: dict[Path, bytes] | None = None
        self._listed: dict[Path, list[Path]] = {}
        self._macros: dict[frozenset[str], Macros] = {}

    @staticmethod
    def find(start: Path) -> tuple[Path, Config]:
        """The project around ``start``, and its settings."""
        root = find_root(start)
        return root, load_config(root)

    @cached_property
    def tables(self) -> tuple[TableName, ...]:
        """Every table with DDL or SQL, by name."""
        return tuple(sorted(set(self.ddl_directories) | set(self.sql_files)))

    @cached_property
    def ddl_directories(self) -> dict[TableName, Path]:
        found: dict[TableName, Path] = {}
        for database in _directories(self.root / "ddl"):
            check_identifier(database.name, f"{self.relative(database)}: database")
            for directory in _directories(database):
                check_identifier(directory.name, f"ddl/{database.name}/{directory.name}: table")
                found[TableName(database.name, directory.name)] = directory
        return found

    @cached_property
    def sql_files(self) -> dict[TableName, Path]:
        return {name: path for name, path in self._sql_files.items() if not name.table.endswith(_CHECKS)}

    @cached_property
    def _sql_files(self) -> dict[TableName, Path]:
        """Files of checks, too, as tables with a dot in their names."""
        found: dict[TableName, Path] = {}
        for database in _directories(self.root / "sql"):
            if database.name == "macros":
                continue
            check_identifier(database.name, f"{self.relative(database)}: database")
            for file in _sql_in(database):
                stem = file.removesuffix(".sql")
                if not stem.endswith(_CHECKS):
                    check_identifier(stem, f"sql/{database.name}/{file}: table")
                found[TableName(database.name, stem)] = database / file
        return found

    def checks_file(self, name: TableName) -> Path | None:
        return self._sql_files.get(TableName(name.db, name.table + _CHECKS))

    def files_of(self, name: TableName) -> list[Path]:
        """A table's SQL, checks and DDL files, as far as there are any."""
        found = [path for path in (self.sql_files.get(name), self.checks_file(name)) if path is not None]
        return found + self._ddl_paths(name)

    def _ddl_paths(self, name: TableName) -> list[Path]:
        """A table's DDL files; inside :meth:`remembering` each directory is listed once."""
        directory = self.ddl_directories.get(name)
        if directory is None:
            return []
        found = self._listed.get(directory) if self._raw is not None else None
        if found is None:
            found = self._listed[directory] = [directory / file for file in _sql_in(directory)]
        return found

    def may_be_read(self, table: TableName) -> bool:
        """Whether another table's file, a macro or a variable has the bare name as a word anywhere, or a
        template may make it up: a hint, found without parsing."""
        word = table.table
        others = (self.text(path).lower() for name, path in self.sql_files.items() if name != table)
        return (
            any(mentions(text, word) for text in others)
            or any(mentions(text, word) for text in self._used_texts)
            or any(name != table for name in self._making_names_up)
        )

    @cached_property
    def _used_texts(self) -> list[str]:
        """What templates take texts from: macros and variables."""
        return [str(text).lower() for text in (*self.macro_files.values(), *self.context.variables.values())]

    @cached_property
    def _making_names_up(self) -> list[TableName | None]:
        """Tables whose SQL may read names that stand nowhere; None for a macro."""
        found: list[TableName | None] = [
            name for name, path in self.sql_files.items() if makes_up_names(self.text(path))
        ]
        return found + [None for text in self.macro_files.values() if makes_up_names(text)]

    @cached_property
    def macro_files(self) -> dict[str, str]:
        """Texts of ``sql/macros/*.sql`` by path."""
        directory = self.root / "sql" / "macros"
        return {self.relative(f): self.text(f) for f in sorted(directory.glob("*.sql"))}

    @cached_property
    def macro_homes(self) -> list[tuple[str, list[str]]]:
        """The macros that each file defines."""
        return [(path, _MACRO.findall(text)) for path, text in self.macro_files.items()]

    def macros_for(self, *texts: str) -> Macros:
        """The macros that these templates can call: of the files that define a word in them, or in such a
        file. Compiling all of a project's macros to render one table would be most of the work."""
        from warehouse.template import Macros

        needed: set[str] = set()
        words = set(_WORD.findall(" ".join(texts))) if self.macro_homes else set()
        while True:
            more = {
                path for path, names in self.macro_homes if path not in needed and words.intersection(names)
            }
            if not more:
                break
            needed |= more
            words |= {word for path in more for word in _WORD.findall(self.macro_files[path])}
        key = frozenset(needed)
        if key not in self._macros:
            self._macros[key] = Macros({path: self.macro_files[path] for path in sorted(needed)})
        return self._macros[key]

    def relative(self, path: Path) -> str:
        """A path as people know it: from the project's root."""
        text = str(path)
        return text[len(self._prefix) :] if text.startswith(self._prefix) else text

    def raw(self, path: Path) -> bytes:
        """A file's bytes; inside :meth:`remembering` each file is read once."""
        if self._raw is not None and path in self._raw:
            return self._raw[path]
        with open(path, "rb") as file:  # noqa: PTH123 -- a thousand files: pathlib costs twice as much
            data = file.read()
        if self._raw is not None:
            self._raw[path] = data
        return data

    @contextmanager
    def remembering(self) -> Iterator[None]:
        """Within it all is read as of one moment: what is digested is what is analysed."""
        self._raw, self._listed = {}, {}
        try:
            yield
        finally:
            self._raw = None

    def text(self, path: Path) -> str:
        """A file's text; :class:`ProjectError` where it cannot be read or is not UTF-8."""
        try:
            # Not read_text(): it would turn \r\n into \n, and a checksum is of what the author wrote.
            return self.raw(path).decode("utf-8")
        except UnicodeDecodeError as error:
            raise ProjectError(
                f"not UTF-8 at byte {error.start}",
                where=Location(self.relative(path)),
                fix="save the file as UTF-8",
            ) from None
        except OSError as error:
            raise ProjectError(f"{self.relative(path)} cannot be read: {error.strerror}") from None

    # ------------------------------------------------------------------ contracts

    def ddl_files(self, name: TableName) -> tuple[ddl.DdlFile, ...]:
        """A table's DDL files as they are now, in order; :class:`ProjectError` for gaps, doubled numbers."""
        files = [ddl.DdlFile.named(self.relative(p), self.text(p)) for p in self._ddl_paths(name)]
        self._ddl_files[name] = ddl.check_sequence(files)
        return self._ddl_files[name]

    def ddl_files_read(self, name: TableName) -> tuple[ddl.DdlFile, ...]:
        """The files that :meth:`contract` is made of."""
        found = self._ddl_files.get(name)
        return self.ddl_files(name) if found is None else found

    def ddl_statement(self, file: ddl.DdlFile) -> tuple[str, ddl.DdlStatement]:
        """A DDL file's rendered text, and its statement."""
        found = self._ddl_statements.get(file)
        if found is None:
            text = self.render_ddl(file.text, file.path)
            found = self._ddl_statements[file] = text, ddl.parse_ddl(text, file.path)
        return found

    def database_text(self, db: str) -> tuple[str, str] | None:
        """``ddl/<db>/database.sql`` as (path, rendered text), if there is one."""
        path = self.root / "ddl" / db / "database.sql"
        if not path.is_file():
            return None
        return self.relative(path), self.render_ddl(self.text(path), self.relative(path))

    def render_ddl(self, text: str, path: str) -> str:
        """A DDL file's text with ``lake``, ``env`` and ``var.*`` filled in."""
        if "{" not in text:
            return text
        from warehouse import template
        from warehouse.slicing import PROBE
        from warehouse.template_names import names_for

        context = self.context
        names = names_for(PROBE, env=context.env, lake=context.lake, variables=context.variables)
        return template.render(text, path, {name: names[name] for name in ("env", "lake", "var")}).text

    def contract(self, name: TableName) -> Contract:
        """What the DDL files say; :class:`ProjectError` where there are none, or they drop the table."""
        found = self.contract_or_none(name)
        if found is None:
            raise self._no_ddl(name, None)
        return found

    def _no_ddl(self, name: TableName, where: Location | None) -> ProjectError:
        return ProjectError(
            f"no DDL defines {name}",
            where=where,
            why=f"there is no ddl/{name.db}/{name.table}/V001__….sql" + self.nearest(name),
            fix=f"write it: warehouse ddl new {name} create",
        )

    def contract_or_none(self, name: TableName) -> Contract | None:
        if name not in self._contracts:
            files = self.ddl_files(name)
            self._contracts[name] = ddl.replay_read(files, self.ddl_statement, self.context.lake)
        return self._contracts[name]

    # ------------------------------------------------------------------ models

    def has_sql(self, name: TableName) -> bool:
        return name in self.sql_files

    def model(self, name: TableName) -> Model:
        """A table's SQL file, read; :class:`ProjectError` for an unknown table or a file that is wrong."""
        if name not in self._models:
            self._models[name] = self.read_model(name)
        return self._models[name]

    def read_model(self, name: TableName) -> Model:
        """:meth:`model`, for whoever lets go of it soon: a parsed statement is large."""
        from warehouse.model import Model

        path = self.sql_files.get(name)
        if path is None:
            self.require(name)
            raise ProjectError(
                f"{name} has no SQL",
                why="a table with DDL and no SQL is a source: its files come from elsewhere",
            )
        checks = self.checks_file(name)
        text = self.text(path)
        contract = self.contract_or_none(name)
        if contract is None:
            raise self._no_ddl(name, self._writes(name, path, text))
        checks_text = self.text(checks) if checks is not None else ""
        return Model.read(
            name=name,
            path=self.relative(path),
            text=text,
            checks_path=self.relative(checks) if checks is not None else "",
            checks_text=checks_text,
            contract=contract,
            macros=self.macros_for(text, checks_text),
            env=self.context.env,
            lake=self.context.lake,
            variables=self.context.variables,
        )

    def _writes(self, name: TableName, path: Path, text: str) -> Location:
        """Where a SQL file first names its table behind its front matter."""
        from warehouse.frontmatter import split

        parts = split(text, self.relative(path))
        at = parts.body.find(name.table)
        line = parts.first_line + parts.body.count("\n", 0, max(at, 0))
        return Location(self.relative(path), line, None, text.split("\n")[line - 1])

    def front(self, name: TableName) -> FrontMatter:
        """What a table's SQL file says of itself, the statement left unread."""
        from warehouse.frontmatter import split

        if name in self._models:
            return self._models[name].front
        path = self.sql_files[name]
        return split(self.text(path), self.relative(path)).front

    def require(self, name: TableName) -> None:
        """:class:`ProjectError` unless the project knows the table."""
        if name not in self.tables:
            raise ProjectError(f"there is no table {name} in this project" + self.nearest(name))

    def nearest(self, name: TableName) -> str:
        near = difflib.get_close_matches(str(name), [str(t) for t in self.tables if t != name], 2, 0.75)
        return f" (did you mean {' or '.join(near)}?)" if near else ""

    def problems(self, names: tuple[TableName, ...]) -> list[WarehouseError]:
        """Every error in these tables' files, instead of only the first."""
        found: list[WarehouseError] = []
        for name in names:
            try:
                _ = self.model(name).statement if self.has_sql(name) else self.contract(name)
            except WarehouseError as error:
                found.append(error)
        return found


def _directories(path: Path) -> list[Path]:
    if not path.is_dir():
        return []
    with os.scandir(path) as entries:
        names = sorted(e.name for e in entries if e.is_dir() and not e.name.startswith((".", "_")))
    return [path / name for name in names]


def _sql_in(path: Path) -> list[str]:
    """The names of a directory's SQL files, in order; none where it is not there."""
    try:
        return sorted(n for n in os.listdir(path) if n.endswith(".sql"))  # noqa: PTH208 -- names are enough
    except OSError:
        return []
