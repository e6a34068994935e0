"""The SELECT does not give the columns of the table, in their order.

INSERT goes by position, whatever the names are: two columns that change places are written into each other
without a word, if their types allow it.
"""

from __future__ import annotations

from collections.abc import Iterator

from warehouse.lint.rule import Hit, Rule, Severity, Sql
from warehouse.model_lineage import written_columns


def check(sql: Sql) -> Iterator[Hit]:
    output = sql.analysis.output
    if output.open:
        return
    wanted = written_columns(sql.model)
    target = sql.model.name
    if len(output.names) != len(wanted):
        lacks = [name for name in wanted if name not in output.names]
        yield Hit(
            sql.offset(sql.analysis.nodes[0]) if sql.analysis.nodes else sql.statement.header_end,
            f"the SELECT gives {len(output.names)} columns, {target} takes {len(wanted)}",
            f"missing: {', '.join(lacks)}" if lacks else None,
            f"in this order: {', '.join(wanted)}",
        )
        return
    for name, column, node in zip(output.names, wanted, sql.analysis.nodes, strict=False):
        if name and name != column:
            yield Hit(
                sql.offset(node),
                f"the SELECT gives {name} where {target} has {column}",
                "INSERT goes by position, whatever the names are",
                f"bring the columns into this order: {', '.join(wanted)}",
            )
            return


RULE = Rule("W202", Severity.ERROR, check)
