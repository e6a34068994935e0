"""A table is read that no DDL defines.

It may be there on one metastore and not on the next, nobody knows when it changes, and plans cannot wait for
it. A table that someone else owns is written down by ``warehouse ddl import``.
"""

from __future__ import annotations

from collections.abc import Iterator

from warehouse.lint.rule import Hit, Rule, Severity, Sql


def check(sql: Sql) -> Iterator[Hit]:
    for ref in sql.statement.inputs:
        if sql.contract(ref.table) is None:
            yield Hit(
                ref.start,
                f"no DDL defines {ref.table}{sql.project.nearest(ref.table)}",
                None,
                f"write it (warehouse ddl new {ref.table}), or import it (warehouse ddl import {ref.table})",
            )


RULE = Rule("W501", Severity.ERROR, check)
