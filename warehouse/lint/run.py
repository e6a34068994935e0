"""All rules over a project's files."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from warehouse.ddl import DdlFile
from warehouse.errors import Location, ProjectError, WarehouseError
from warehouse.graph import ordered
from warehouse.lint import NOQA, RULES, UNREADABLE
from warehouse.lint.noqa import Noqa, comments, faults
from warehouse.lint.rule import Ddl, Finding, Hit, Rule, Severity, Sql
from warehouse.names import TableName
from warehouse.project import Project
from warehouse.slicing import PROBE

_KNOWN = frozenset(rule.code for rule in RULES)


def choose(terms: Sequence[str]) -> tuple[Rule, ...]:
    """Rules by code (``W101``), by its beginning (``W1``) or by name; :class:`ProjectError` for none."""
    chosen: list[Rule] = []
    for term in terms:
        found = [r for r in RULES if r.code.startswith(term.upper()) or r.name == term.replace("-", "_")]
        if not found:
            raise ProjectError(
                f"there is no rule {term!r}", fix=f"the rules are: {', '.join(r.code for r in RULES)}"
            )
        chosen += found
    return tuple(dict.fromkeys(chosen)) or RULES


def lint(
    project: Project, names: Iterable[TableName], rules: Sequence[Rule] = RULES, *, circles: bool = True
) -> list[Finding]:
    """Findings in the files of these tables, by file and line. ``circles`` are looked for in all tables."""
    run = _Run(project, rules)
    for name in names:
        run.table(name)
    if circles and not run.unreadable and UNREADABLE in rules:
        run.circles()
    return sorted(
        dict.fromkeys(run.findings),
        key=lambda f: (f.where.path, f.where.line or 0, f.where.column or 0, f.code),
    )


class _Run:
    def __init__(self, project: Project, rules: Sequence[Rule]) -> None:
        self.project = project
        self.rules = rules
        self.findings: list[Finding] = []
        self.used: set[tuple[str, int, str]] = set()
        """Path, line and code of what a noqa silenced."""
        self.unreadable = False
        self.everything = len(rules) == len(RULES)

    def table(self, name: TableName) -> None:
        texts: list[tuple[str, str]] = []
        try:
            files = self.project.ddl_files_read(name)
            texts += [(file.path, file.text) for file in files]
            self.ddl(name, files)
        except ProjectError as error:
            self.error(error, name)
        if self.project.has_sql(name):
            path = self.project.sql_files[name]
            try:
                text = self.project.text(path)
                texts.append((self.project.relative(path), text))
                self.sql(name, text)
            except ProjectError as error:
                self.error(error, name)
        for path_, text in texts:
            self.noqa(path_, text)

    def ddl(self, name: TableName, written: Sequence[DdlFile]) -> None:
        contract = self.project.contract_or_none(name)
        if contract is None:
            return
        files = [(file, *self.project.ddl_statement(file)) for file in written]
        silent = {(file.path, n.line): n for file in written for n in comments(file.text)}
        subject = Ddl(contract, tuple(files))
        for rule in self.rules:
            for hit in rule.ddl(subject) if rule.ddl is not None else ():
                assert isinstance(hit.at, Location)
                comment = silent.get((hit.at.path, hit.at.line or 0))
                self.add(rule, hit, hit.at, [comment] if comment is not None else [])

    def sql(self, name: TableName, text: str) -> None:
        model = self.project.model(name)
        _ = model.slicing
        model.checks("checked", PROBE, PROBE, PROBE)
        subject = Sql(model, self.project)
        sql = subject.statement.sql
        of_file = {n.line: n for n in comments(text)}
        of_text = {n.line: n for n in comments(sql.text)}
        for rule in self.rules:
            for hit in rule.sql(subject) if rule.sql is not None else ():
                if isinstance(hit.at, Location):
                    where, line = hit.at, 0
                else:
                    where, line = sql.location(hit.at), sql.text.count("\n", 0, hit.at) + 1
                found = [n for n in (of_file.get(where.line or 0), of_text.get(line)) if n is not None]
                self.add(rule, hit, where, found)

    def add(self, rule: Rule, hit: Hit, where: Location, silent: list[Noqa]) -> None:
        if any(rule.code in noqa.codes and noqa.reason for noqa in silent):
            self.used.add((where.path, where.line or 0, rule.code))
            return
        self.findings.append(Finding(rule.code, rule.name, rule.severity, hit.what, where, hit.why, hit.fix))

    def error(self, error: WarehouseError, name: TableName) -> None:
        self.unreadable = True
        if UNREADABLE not in self.rules:
            return
        path = self.project.sql_files.get(name) or self.project.ddl_directories.get(name)
        where = error.where or Location(self.project.relative(path) if path is not None else str(name))
        self.findings.append(
            Finding(UNREADABLE.code, UNREADABLE.name, Severity.ERROR, error.what, where, error.why, error.fix)
        )

    def circles(self) -> None:
        try:
            ordered({name: self.project.model(name).inputs for name in self.project.sql_files})
        except ProjectError as error:
            first = error.what.rpartition(": ")[2].split(" -> ")[0]
            self.error(error, TableName.parse(first))

    def noqa(self, path: str, text: str) -> None:
        if NOQA not in self.rules:
            return
        for noqa in comments(text):
            for what, fix in self.faults(path, noqa):
                where = Location.at(path, text, noqa.offset)
                self.findings.append(Finding(NOQA.code, NOQA.name, NOQA.severity, what, where, None, fix))

    def faults(self, path: str, noqa: Noqa) -> Iterator[tuple[str, str]]:
        wrong = list(faults(noqa, _KNOWN))
        yield from wrong
        if not wrong and self.everything and not self.unreadable:
            for code in noqa.codes:
                if (path, noqa.line, code) not in self.used:
                    yield f"nothing is found here that noqa: {code} could silence", "take it out"
