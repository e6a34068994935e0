"""A partition column is neither STRING nor DATE.

Partition values are text in the metastore. Glue and Hive choose partitions by STRING columns themselves; for
others engines read the whole list first, and ``07`` and ``7`` name different directories but equal numbers.
"""

from __future__ import annotations

from collections.abc import Iterator

from warehouse.lint.rule import Ddl, Hit, Rule, Severity


def check(ddl: Ddl) -> Iterator[Hit]:
    for column in ddl.contract.partitions:
        if column.type not in ("string", "date"):
            yield Hit(
                ddl.place(column.name),
                f"partition column {column.name} is {column.type.upper()}",
                "metastores choose partitions by text",
                f"{column.name} STRING, with values of one width (07, not 7)",
            )


RULE = Rule("W703", Severity.WARNING, ddl=check)
