"""``lint``."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import click

from runner.cli.options import json_output, selection
from runner.console import as_json as to_json
from runner.console import opened, say

if TYPE_CHECKING:
    from warehouse.names import TableName
    from warehouse.project import Project


@click.command()
@click.argument("files", nargs=-1, type=click.Path(path_type=Path))
@selection
@click.option("--rule", "rules", multiple=True, metavar="RULE", help="Only these: W101, W1 or a rule's name.")
@click.option("--strict", is_flag=True, help="End with 1 for warnings, too.")
@click.option("--sarif", "as_sarif", is_flag=True, help="Answer as SARIF 2.1.0, for code review.")
@click.option("--docs", is_flag=True, help="Print what the rules are, as Markdown.")
@json_output
@click.pass_context
def lint(
    ctx: click.Context,
    files: tuple[Path, ...],
    select: tuple[str, ...],
    exclude: tuple[str, ...],
    rules: tuple[str, ...],
    strict: bool,
    as_sarif: bool,
    docs: bool,
    as_json: bool,
) -> int:
    """Find mistakes in SQL and DDL before Spark does. FILES: only the tables that these belong to."""
    from warehouse.findings import Severity

    if docs:
        from warehouse.lint.show import documentation

        print(documentation(), end="")
        return 0
    with opened(ctx) as warehouse:
        names = warehouse.tables(select, exclude)
        if files:
            wanted = _tables(warehouse.project, files)
            names = [name for name in names if name in wanted]
        findings = warehouse.lint(names, rules)
    errors = sum(finding.severity is Severity.ERROR for finding in findings)
    warnings = len(findings) - errors
    if as_sarif:
        from warehouse.lint.show import sarif

        print(sarif(findings))
    elif as_json:
        print(to_json([_plain(finding) for finding in findings]))
    else:
        for finding in findings:
            print(finding)
        say(f"{errors} errors, {warnings} warnings in {len(names)} tables" if findings else
            f"nothing found in {len(names)} tables")  # fmt: skip
    return 1 if errors or (strict and warnings) else 0


def _plain(finding: object) -> dict[str, object]:
    from warehouse.findings import Finding

    assert isinstance(finding, Finding)
    return {
        "code": finding.code,
        "rule": finding.rule,
        "severity": finding.severity.value,
        "what": finding.what,
        "path": finding.where.path,
        "line": finding.where.line,
        "column": finding.where.column,
        "why": finding.why,
        "fix": finding.fix,
    }


def _tables(project: Project, files: Sequence[Path]) -> set[TableName]:
    """Tables whose SQL, checks or DDL these files are; a database's file is that of all its tables, a macro's
    that of every table."""
    found: set[TableName] = set()
    for file in files:
        path = file.resolve()
        for name, sql in project.sql_files.items():
            if path in (sql.resolve(), sql.with_name(f"{sql.stem}.checks.sql").resolve()):
                found.add(name)
        for name, directory in project.ddl_directories.items():
            home = directory.resolve()
            if home in path.parents or path == home.with_name("database.sql"):
                found.add(name)
        if (project.root / "sql" / "macros").resolve() in path.parents:
            found |= set(project.sql_files)
    return found
