"""DDL that is not allowed, a file of each kind, as ``warehouse lint`` tells it."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from .test_command import CLEAN, command
from .test_rules import project, write

CREATE = "CREATE EXTERNAL TABLE d.fresh (\n  k STRING\n)\n"
ALTER = "ALTER TABLE d.t\n"
FRESH = "CREATE EXTERNAL TABLE d.fresh (\n  "
PROJECTED = "TBLPROPERTIES (\n'projection.enabled'='true');"
NAME = "is not a name that all engines read alike"
TYPE = "is not a type that all engines read"
CASES = {
    "a column renamed": (ALTER + "RENAME COLUMN k TO key;", 2, "RENAME COLUMN", "new name"),
    "renamed as in Hive": ("ALTER TABLE d.t CHANGE\nk key STRING;", 2, "'k' cannot be", "new name"),
    "a column dropped": (ALTER + "DROP COLUMN k;", 2, "DROP COLUMN", "stop filling it"),
    "a column narrowed": ("ALTER TABLE d.t CHANGE COLUMN v v\nTINYINT;", 2, "'v' cannot become", "beside it"),
    "columns replaced": (ALTER + "REPLACE COLUMNS (k STRING);", 2, "REPLACE COLUMNS", "CHANGE COLUMN"),
    "a partition added": (ALTER + "ADD PARTITION (dt='2024-01-01');", 2, "ADD", "ddl adopt"),
    "projection": (CREATE + PROJECTED, 5, "projection.enabled", "leave it out"),
    "projection, later": (ALTER + f"SET {PROJECTED}", 3, "projection.enabled", "leave it out"),
    "purging": (CREATE + "TBLPROPERTIES ('external.table.purge'='true');", 4, "table.purge", "leave it out"),
    "transactional": (CREATE + "TBLPROPERTIES ('transactional'='true');", 4, "transactional", "leave it out"),
    "USING": (CREATE + "USING parquet;", 4, "USING", "STORED AS PARQUET"),
    "a managed table": ("CREATE\nTABLE d.fresh (k STRING);", 2, "managed", "CREATE EXTERNAL TABLE"),
    "MSCK": ("\nMSCK REPAIR TABLE d.t;", 2, "'MSCK'", "ddl adopt"),
    "upper case in a column": (FRESH + "userId STRING);", 2, f"column 'userId' {NAME}", "lower_snake_case"),
    "upper case in a struct": (FRESH + "s STRUCT<aB: INT>);", 2, f"field 'aB' {NAME}", "lower_snake_case"),
    "upper case in a table": (
        "CREATE EXTERNAL TABLE\nd.Fresh (k STRING);", 2, f"table 'Fresh' {NAME}", "lower_snake_case"
    ),
    "TIMESTAMP_NTZ": (FRESH + "k TIMESTAMP_NTZ);", 2, f"'TIMESTAMP_NTZ' {TYPE}", "use TIMESTAMP"),
    "VARIANT": (FRESH + "k VARIANT);", 2, f"'VARIANT' {TYPE}", "use STRING"),
    "UNIONTYPE": (FRESH + "k UNIONTYPE<INT, STRING>);", 2, f"'UNIONTYPE' {TYPE}", "use a STRUCT"),
}  # fmt: skip
"""Kind to text, the line that is wrong, what is said of it, and the way that works."""


@pytest.mark.parametrize("kind", CASES)
def test_it_is_found(tmp_path: Path, kind: str) -> None:
    text, line, what, way = CASES[kind]
    project(tmp_path, CLEAN)
    path = f"ddl/d/{'t/V002__change' if 'd.t' in text else 'fresh/V001__create'}.sql"
    write(tmp_path / path, f"{text}\n")
    code, out = command(tmp_path, "--json", "--rule", "W001")
    assert code == 1
    (found,) = json.loads(out)
    assert (found["path"], found["line"], found["severity"]) == (path, line, "error")
    assert what in found["what"]
    assert found["why"]
    assert way in f"{found['why']} {found['fix']}"


def test_each_is_found_beside_the_others(tmp_path: Path) -> None:
    """One table's DDL that cannot be read hides nobody else's; of one table's files the first is told."""
    project(tmp_path, CLEAN)
    texts = [text for text, *_ in CASES.values() if "d.fresh" in text]
    for n, text in enumerate(texts):
        write(tmp_path / f"ddl/d/fresh{n}/V001__create.sql", text.replace("d.fresh", f"d.fresh{n}"))
    code, out = command(tmp_path, "--json", "--rule", "W001")
    assert code == 1
    assert {one["path"] for one in json.loads(out)} == {
        f"ddl/d/fresh{n}/V001__create.sql" for n in range(len(texts))
    }
    assert len(texts) > 8


def test_a_folder_in_upper_case_stops_everything(tmp_path: Path) -> None:
    """Nobody knows what table it is."""
    project(tmp_path, CLEAN)
    write(tmp_path / "ddl/d/Fresh/V001__create.sql", CREATE + ";\n")
    assert command(tmp_path) == (2, "")
