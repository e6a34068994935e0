"""All rules over a project's files, and what else is found on the way."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence

import msgspec

from warehouse.errors import Location, ProjectError
from warehouse.facts import TableFacts, WindowFact, described, findings_of, unreadable
from warehouse.findings import Finding
from warehouse.lint import NOQA, RULES
from warehouse.lint.noqa import Noqa, comments, faults
from warehouse.lint.rule import Ddl, Hit, Rule, Sql
from warehouse.model import Model
from warehouse.model_lineage import column_origins
from warehouse.names import TableName
from warehouse.project import Project
from warehouse.slicing import PROBE

_KNOWN = frozenset(rule.code for rule in RULES)
_OF_DDL = tuple((rule, rule.ddl) for rule in RULES if rule.ddl is not None)
_OF_SQL = tuple((rule, rule.sql) for rule in RULES if rule.sql is not None)


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


def lint(project: Project, names: Iterable[TableName]) -> list[Finding]:
    """Findings in the files of these tables, by file and line."""
    return findings_of(project, examine(project, list(names)))


def examine(project: Project, names: Sequence[TableName]) -> list[TableFacts]:
    """All that is known of tables from their files, without the key; what is wrong with them is a finding."""
    found: list[TableFacts] = []
    for at in range(0, len(names), _TOGETHER):
        some = [_Examination(project, name) for name in names[at : at + _TOGETHER]]
        for step in _Examination.STEPS:
            for one in some:
                one.go(step)
        found += [one.facts() for one in some]
    return found


_TOGETHER = 8
"""Tables that take each step one after the other: what the step needs stays in the processor's caches."""


class _Examination:
    def __init__(self, project: Project, name: TableName) -> None:
        self.project = project
        self.name = name
        self.findings: list[Finding] = []
        self.used: set[tuple[str, int, str]] = set()
        """Path, line and code of what a noqa silenced."""
        self.unused: list[Finding] = []
        self.unreadable = False
        self.texts: list[tuple[str, str]] = []
        self.model: Model | None = None
        self.subject: Sql | None = None

    def go(self, step: Callable[[_Examination], None]) -> None:
        try:
            step(self)
        except ProjectError as error:
            self.unreadable = True
            self.model = self.subject = None
            self.findings.append(unreadable(self.project, self.name, error))

    def facts(self) -> TableFacts:
        found = TableFacts(str(self.name), findings=tuple(self.findings), readable=not self.unreadable)
        if self.unreadable:
            return found
        replace = msgspec.structs.replace
        contract = self.project.contract_or_none(self.name)
        if contract is not None:
            columns = {c.name: c.type for c in contract.all_columns}
            found = replace(found, columns=columns, contract=contract.digest, unused=tuple(self.unused))
        if self.subject is None:
            return found
        model = self.subject.model
        origins = column_origins(model, self.subject.analysis)
        return replace(
            described(found, model),
            windows={str(t): WindowFact(w.text, w.widened) for t, w in self.subject.windows.items()},
            lineage={column: tuple(map(str, found)) for column, found in origins.items()},
            macros=tuple(model.macros.files),
        )

    # The steps.

    def ddl(self) -> None:
        written = self.project.ddl_files_read(self.name)
        self.texts += [(file.path, file.text) for file in written]
        contract = self.project.contract_or_none(self.name)
        if contract is None:
            return
        files = [(file, *self.project.ddl_statement(file)) for file in written]
        silent = {(file.path, n.line): n for file in written for n in comments(file.text)}
        subject = Ddl(contract, tuple(files))
        for rule, hits in _OF_DDL:
            for hit in hits(subject):
                assert isinstance(hit.at, Location)
                comment = silent.get((hit.at.path, hit.at.line or 0))
                self.add(rule, hit, hit.at, [comment] if comment is not None else [])

    def read(self) -> None:
        if not self.project.has_sql(self.name):
            return
        path = self.project.sql_files[self.name]
        self.texts.append((self.project.relative(path), self.project.text(path)))
        model = self.project.read_model(self.name)
        _ = model.slicing
        model.checks("checked", PROBE, PROBE, PROBE)
        self.model = model

    def analyse(self) -> None:
        if self.model is not None:
            self.subject = Sql(self.model, self.project)

    def windows(self) -> None:
        if self.subject is not None:
            _ = self.subject.windows

    def sql(self) -> None:
        subject = self.subject
        if subject is None:
            return
        sql = subject.statement.sql
        of_file = {n.line: n for n in comments(self.texts[-1][1])}
        of_text = {n.line: n for n in comments(sql.text)}
        for rule, hits in _OF_SQL:
            for hit in hits(subject):
                if isinstance(hit.at, Location):
                    where, line = hit.at, 0
                else:
                    where, line = sql.location(hit.at), sql.text.count("\n", 0, hit.at) + 1
                found = [n for n in (of_file.get(where.line or 0), of_text.get(line)) if n is not None]
                self.add(rule, hit, where, found)

    def noqa(self) -> None:
        for path, text in self.texts:
            for noqa in comments(text):
                where = Location.at(path, text, noqa.offset)
                wrong = list(faults(noqa, _KNOWN))
                self.findings += [_about(what, where, fix) for what, fix in wrong]
                if not wrong:
                    self.unused += [
                        _about(f"nothing is found here that noqa: {code} could silence", where, "take it out")
                        for code in noqa.codes
                        if (path, noqa.line, code) not in self.used
                    ]

    STEPS = (ddl, read, analyse, windows, sql, noqa)

    def add(self, rule: Rule, hit: Hit, where: Location, silent: list[Noqa]) -> None:
        if any(rule.code in noqa.codes and noqa.reason for noqa in silent):
            self.used.add((where.path, where.line or 0, rule.code))
            return
        self.findings.append(Finding(rule.code, rule.name, rule.severity, hit.what, where, hit.why, hit.fix))


def _about(what: str, where: Location, fix: str) -> Finding:
    return Finding(NOQA.code, NOQA.name, NOQA.severity, what, where, None, fix)
