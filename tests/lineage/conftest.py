from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path

import pytest

from warehouse.lineage import Lineage
from warehouse.project import Context, Project

TOML = '[tool.warehouse.targets.local]\nlake = "lake"\n'
Made = Callable[[Mapping[str, tuple[str, str]]], Lineage]


@pytest.fixture
def make(tmp_path: Path) -> Made:
    """From table to (its columns as DDL, its SQL or nothing). Partitioned by dt unless it has no INSERT."""

    def made(tables: Mapping[str, tuple[str, str]]) -> Lineage:
        (tmp_path / "pyproject.toml").write_text(TOML)
        for name, (columns, sql) in tables.items():
            directory = tmp_path / "ddl" / "d" / name
            directory.mkdir(parents=True)
            (directory / "V001__create.sql").write_text(
                f"CREATE EXTERNAL TABLE d.{name} ({columns}) PARTITIONED BY (dt STRING) STORED AS PARQUET;"
            )
            if sql:
                file = tmp_path / "sql" / "d" / f"{name}.sql"
                file.parent.mkdir(parents=True, exist_ok=True)
                file.write_text(f"INSERT OVERWRITE TABLE d.{name} PARTITION (dt = '{{{{ ds }}}}')\n{sql}")
        root, config = Project.find(tmp_path)
        return Lineage(Project(root, config, Context("local", "file:/lake", {})))

    return made
