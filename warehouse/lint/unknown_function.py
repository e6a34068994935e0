"""A function that Spark 3.5 does not have.

It may be another engine's (``iff``, ``strpos``, ``string_agg``), a newer Spark's, or misspelled.
"""

from __future__ import annotations

import difflib
from collections.abc import Iterator

from warehouse.lint.rule import Hit, Rule, Severity, Sql
from warehouse.lint.spark_functions import SPARK_FUNCTIONS


def check(sql: Sql) -> Iterator[Hit]:
    for name, node in sql.analysis.functions:
        if name not in SPARK_FUNCTIONS:
            near = difflib.get_close_matches(name, SPARK_FUNCTIONS, 1, 0.75)
            yield Hit(
                sql.offset(node),
                f"Spark 3.5 has no function {name}",
                None,
                f"did you mean {near[0]}?" if near else None,
            )


RULE = Rule("W602", Severity.ERROR, check)
