"""What Spark refuses is an error of lint; what Spark takes is none."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from spark_says import ask

from warehouse.lint.rule import Severity

from .test_rules import TABLES, found_in

HERE = Path(__file__).parent
REJECTED = (HERE / "rejected.txt").read_text().splitlines()
ACCEPTED = (HERE / "accepted.txt").read_text().splitlines()
FIT = {"output_columns", "unreadable"}
"""The accepted ones are about queries: their columns need not be d.t's."""


def errors(root: Path, sql: str) -> list[str]:
    findings, _ = found_in(root, sql + "\n")
    return [f"{f.code} {f.what}" for f in findings if f.severity is Severity.ERROR]


@pytest.mark.parametrize("sql", REJECTED)
def test_rejected(tmp_path: Path, sql: str) -> None:
    assert errors(tmp_path, sql)


@pytest.mark.parametrize("sql", ACCEPTED)
def test_accepted(tmp_path: Path, sql: str) -> None:
    found = errors(tmp_path, sql)
    assert [text for text in found if not re.match(r"W00[01] the SELECT gives|W202|W203", text)] == []


@pytest.mark.spark
def test_spark_agrees() -> None:
    tables = {f"d.{name}": f"{columns}, dt STRING" for name, columns in TABLES.items()}
    tables |= {
        "d.hourly": "k STRING, v INT, w BIGINT, dt STRING, hour STRING",
        "d.dim": "k STRING, name STRING",
    }
    tables["d.t"] = TABLES["t"]
    plain = [sql.replace("{{ ds }}", "2018-11-15") for sql in (*REJECTED, *ACCEPTED)]
    writing = [f"INSERT INTO d.t {sql}" for sql in plain[: len(REJECTED)]]
    answers = ask(tables, [*writing, *plain[len(REJECTED) :]])
    taken = [sql for sql, answer in zip(REJECTED, answers, strict=False) if "error" not in answer]
    refused = [
        (sql, answer["error"])
        for sql, answer in zip(ACCEPTED, answers[len(REJECTED) :], strict=True)
        if "error" in answer
    ]
    assert (taken, refused) == ([], [])
