"""LIMIT without ORDER BY takes any rows.

Which ones depends on the files and on the cluster: a repeated run gives others. Order by a key first, or
choose with ``row_number()``.
"""

from __future__ import annotations

from collections.abc import Iterator

from warehouse.lint.rule import Hit, Rule, Severity, Sql


def check(sql: Sql) -> Iterator[Hit]:
    for select in sql.analysis.selects:
        limit = select.node.args.get("limit")
        if limit is not None and not any(select.node.args.get(word) for word in ("order", "sort")):
            if select.aggregates and select.node.args.get("group") is None:
                continue
            yield Hit(
                sql.offset(limit), "LIMIT without ORDER BY takes any rows", None, "add ORDER BY with a key"
            )


RULE = Rule("W403", Severity.WARNING, check)
