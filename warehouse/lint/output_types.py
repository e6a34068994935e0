"""A column's value is of a type that Spark does not write into the table's column.

Spark casts what it writes only where no value of the type is meaningless in the other: numbers among each
other, anything plain to STRING, DATE and TIMESTAMP. STRING to INT, BOOLEAN to INT or a number to TIMESTAMP
fail when the statement is analysed: write the cast that is meant, ``try_cast`` where NULL may stand for what
cannot be read.
"""

from __future__ import annotations

from collections.abc import Iterator

from warehouse.expression_types import storable
from warehouse.lint.rule import Hit, Rule, Severity, Sql
from warehouse.model_lineage import written_columns
from warehouse.query_facts import Value
from warehouse.sqltext import Tree


def columns(sql: Sql) -> Iterator[tuple[str, str, Value, Tree]]:
    """Column, its type, the value that the SELECT gives for it, and where."""
    output = sql.analysis.output
    wanted = written_columns(sql.model)
    if output.open or len(output.values) != len(wanted) or len(sql.analysis.nodes) != len(wanted):
        return
    types = {column.name: column.type for column in sql.model.contract.all_columns}
    for name, value, node in zip(wanted, output.values, sql.analysis.nodes, strict=True):
        if name in types:
            yield name, types[name], value, node


def check(sql: Sql) -> Iterator[Hit]:
    for name, kind, value, node in columns(sql):
        if not storable(value[0], kind):
            yield Hit(
                sql.offset(node),
                f"{name} is {str(value[0]).upper()}, and {sql.model.name} has it as {kind.upper()}",
                "Spark refuses to write the one into the other",
                f"CAST(… AS {kind.upper()}) AS {name}; try_cast makes NULL of what cannot be read",
            )


RULE = Rule("W203", Severity.ERROR, check)
