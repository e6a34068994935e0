"""What selectors with a colon mean: ``tag:``, ``owner:``, ``source:``, ``state:``."""

from __future__ import annotations

from runner.lake import Lake
from warehouse.errors import ProjectError
from warehouse.names import TableName


def tables_by(lake: Lake, kind: str, value: str) -> set[TableName]:
    """The tables that ``kind:value`` names."""
    project = lake.project
    match kind:
        case "tag":
            return {n for n in project.sql_files if value in project.front(n).tags}
        case "owner":
            return {n for n in project.sql_files if project.front(n).owner == value}
        case "source":
            return {n for n in project.tables if not project.has_sql(n) and n.db == value}
        case "state" if value == "stale":
            from runner import ahead

            return ahead.stale(lake, list(project.sql_files))
        case "state":
            raise ProjectError(f"tables have no state {value!r}", fix="write state:stale")
        case _:
            raise ProjectError(f"selectors know no {kind!r}", fix="tag:, owner:, source: or state:stale")
