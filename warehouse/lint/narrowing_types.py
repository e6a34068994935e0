"""A column's value is of a type whose values do not all fit into the table's column.

Spark casts it without a word: a number that is too large fails the job, on the day when it first comes;
digits after the point are rounded away; the time of day is lost. A CAST says that it is meant.
"""

from __future__ import annotations

from collections.abc import Iterator

from warehouse.expression_types import narrows, storable
from warehouse.lint.output_types import columns
from warehouse.lint.rule import Hit, Rule, Severity, Sql


def check(sql: Sql) -> Iterator[Hit]:
    for name, kind, value, node in columns(sql):
        why = narrows(value[0], kind)
        if why is not None and storable(value[0], kind):
            yield Hit(
                sql.offset(node),
                f"{name} is {str(value[0]).upper()}, and {sql.model.name} has it as {kind.upper()}",
                why,
                f"CAST(… AS {kind.upper()}) AS {name}, or a wider column",
            )


RULE = Rule("W204", Severity.WARNING, check)
