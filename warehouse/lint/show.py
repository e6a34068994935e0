"""Findings as SARIF 2.1.0, for code review, and the rules as documentation."""

from __future__ import annotations

import json
from collections.abc import Sequence

from warehouse.lint import RULES
from warehouse.lint.rule import Finding, Severity

_SCHEMA = "https://json.schemastore.org/sarif-2.1.0.json"


def sarif(findings: Sequence[Finding]) -> str:
    """One run, with every rule described."""
    rules = [
        {
            "id": rule.code,
            "name": rule.name,
            "shortDescription": {"text": rule.doc.partition("\n")[0]},
            "fullDescription": {"text": rule.doc},
            "defaultConfiguration": {"level": rule.severity.value},
        }
        for rule in RULES
    ]
    index = {rule.code: number for number, rule in enumerate(RULES)}
    results = []
    for finding in findings:
        text = ". ".join(part for part in (finding.what, finding.why, finding.fix) if part)
        place: dict[str, object] = {"artifactLocation": {"uri": finding.where.path}}
        if finding.where.line is not None:
            region: dict[str, object] = {"startLine": finding.where.line}
            if finding.where.column is not None:
                region["startColumn"] = finding.where.column
            place["region"] = region
        results.append(
            {
                "ruleId": finding.code,
                "ruleIndex": index[finding.code],
                "level": finding.severity.value,
                "message": {"text": text},
                "locations": [{"physicalLocation": place}],
            }
        )
    document = {
        "$schema": _SCHEMA,
        "version": "2.1.0",
        "runs": [{"tool": {"driver": {"name": "warehouse lint", "rules": rules}}, "results": results}],
    }
    return json.dumps(document, indent=2, ensure_ascii=False)


def documentation() -> str:
    """docs/lint.md."""
    lines = [
        "# What `warehouse lint` finds",
        "",
        "Every rule looks at the statement as Spark would get it, with the contracts of the tables that it",
        "reads. What is not known for sure (a type, a table's columns) makes no finding.",
        "",
        "`warehouse lint` ends with 1 if there are errors; with `--strict` warnings count, too. A line is",
        "excused by `-- noqa: W101` and the reason, at its end. `--sarif` is for code review, `--json` for",
        "other tools.",
        "",
        "[pre-commit](https://pre-commit.com) calls it before each commit, with the files that changed: the",
        "tables that these belong to are looked at (of a `database.sql` its tables, of a macro's file all).",
        "Put this into `.pre-commit-config.yaml` at the project's root, and run `pre-commit install` once in",
        "each clone. `repo` is where this tool comes from, `rev` a tag or commit of it:",
        "",
        "```yaml",
        "repos:",
        "  - repo: https://example.com/warehouse.git",
        "    rev: v0.1.0",
        "    hooks:",
        "      - id: warehouse-lint",
        "        args: [--strict]",
        "```",
        "",
        "`--strict` lets warnings stop a commit, too. Where `warehouse` is installed already, `repo: local`",
        "with the lines of `.pre-commit-hooks.yaml` and `language: system` saves installing it once more.",
        "",
        "This file is what `warehouse lint --docs` prints.",
        "",
        "| code | rule | severity |",
        "|---|---|---|",
    ]
    lines += [f"| [{r.code}](#{r.code.lower()}-{_anchor(r.name)}) | {r.name} | {r.severity} |" for r in RULES]
    for rule in RULES:
        kind = "an error" if rule.severity is Severity.ERROR else "a warning"
        lines += ["", f"## {rule.code} {rule.name}", "", f"{_plain(rule.doc)}", "", f"It is {kind}."]
    return "\n".join(lines) + "\n"


def _anchor(name: str) -> str:
    return name.replace(" ", "-")


def _plain(doc: str) -> str:
    """A docstring's double backticks are single ones in Markdown."""
    return doc.replace("``", "`")
