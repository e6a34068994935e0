"""A text partition is compared with a DATE, a TIMESTAMP or a number.

Spark then casts the partition's value, for every partition there is, while it plans. With ANSI on, the first
value that is no date (``dt=unknown``, Hive's default partition) fails the whole query, and no metastore can
prune by a cast. Compare text with text: ``dt = '{{ ds }}'``, ``dt >= date_format(…, 'yyyy-MM-dd')``.
"""

from __future__ import annotations

from collections.abc import Iterator

from sqlglot import exp

from warehouse.lint.rule import Hit, Rule, Severity, Sql

_CAST = ("date", "timestamp", "boolean", "tinyint", "smallint", "int", "bigint", "float", "double")


def check(sql: Sql) -> Iterator[Hit]:
    for node, other, left, right in sql.analysis.comparisons:
        for side, mine, theirs in ((node.this, left, right), (other, right, left)):
            if mine[0] != "string" or not isinstance(side, exp.Column):
                continue
            kind = theirs[0]
            if kind is None or (kind not in _CAST and not kind.startswith("decimal")):
                continue
            for origin in sql.analysis.names(mine[1]):
                if origin.table is None:
                    continue
                if origin.column in [column.name for column in sql.partitions_of(origin.table)]:
                    yield Hit(
                        sql.offset(side),
                        f"{origin}, a STRING, is compared with a value of {kind.upper()}",
                        "one partition whose value cannot be cast fails the query while it is planned",
                        "compare it with text"
                        + (", like '{{ ds }}'" if kind in ("date", "timestamp") else ""),
                    )
                    break


RULE = Rule("W103", Severity.WARNING, check)
