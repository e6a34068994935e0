"""A column is CHAR(n).

Spark and Trino pad its values with spaces when they read, Hive compares without them, and a CHAR that was
written by another engine may come back longer or shorter. VARCHAR(n) and STRING are the same everywhere.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from warehouse.lint.rule import Ddl, Hit, Rule, Severity


def check(ddl: Ddl) -> Iterator[Hit]:
    for column in ddl.contract.all_columns:
        if re.search(r"\bchar\(", column.type):
            yield Hit(
                ddl.place(column.name),
                f"column {column.name} is {column.type.upper()}",
                "engines pad and compare CHAR differently",
                "use VARCHAR(n) or STRING",
            )


RULE = Rule("W704", Severity.WARNING, ddl=check)
