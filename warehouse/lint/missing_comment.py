"""A table or a column has no COMMENT.

Comments travel with the table: people see them in Athena, in Trino and in ``DESCRIBE``, far from this
project's files. Say what a row is, what a column's unit is, what NULL means.
"""

from __future__ import annotations

from collections.abc import Iterator

from warehouse.lint.rule import Ddl, Hit, Rule, Severity


def check(ddl: Ddl) -> Iterator[Hit]:
    if not ddl.contract.comment.strip():
        yield Hit(ddl.place(), f"{ddl.contract.table} has no COMMENT", None, "say what one row is")
    for column in ddl.contract.all_columns:
        if not column.comment.strip():
            yield Hit(
                ddl.place(column.name),
                f"column {column.name} has no COMMENT",
                None,
                f"{column.name} {column.type.upper()} COMMENT '…'",
            )


RULE = Rule("W702", Severity.WARNING, ddl=check)
