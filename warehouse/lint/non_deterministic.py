"""A function whose answer depends on when or where the statement runs.

A run of 2018-11-15 must give the same rows today and in a year: after a failure, in a backfill, after a
rollback. ``current_date`` and ``now`` are the run's interval (``'{{ ds }}'``, ``'{{ ts }}'``); ``uuid`` is
a hash of the row's key; ``rand`` is a hash, too. ``first`` and ``last`` without an order give any row's
value: ``min_by`` and ``max_by`` say which.
"""

from __future__ import annotations

from collections.abc import Iterator

from sqlglot import exp

from warehouse.lint.rule import Hit, Rule, Severity, Sql

_INSTEAD = {
    **dict.fromkeys(("current_date", "curdate"), "DATE '{{ ds }}'"),
    **dict.fromkeys(("current_timestamp", "now", "localtimestamp"), "TIMESTAMP '{{ ts }}'"),
    **dict.fromkeys(
        ("rand", "random", "randn", "uuid", "shuffle"), "a hash of the row's key: sha2(…), xxhash64(…)"
    ),
    **dict.fromkeys(
        ("monotonically_increasing_id", "spark_partition_id"), "row_number() OVER (ORDER BY a key)"
    ),
    **dict.fromkeys(("current_user", "user", "current_database", "current_catalog"), "a literal"),
    **dict.fromkeys(("input_file_name", "input_file_block_start"), "a partition column"),
}
_ANY = {"first": "min_by(x, order)", "last": "max_by(x, order)", "any_value": "min(x)"}


def check(sql: Sql) -> Iterator[Hit]:
    for name, node in sql.analysis.functions:
        instead = _INSTEAD.get(name)
        if instead is not None:
            yield Hit(
                sql.offset(node),
                f"{name} gives something else every time",
                "a run that is repeated must give the same rows",
                f"use {instead}",
            )
        elif name == "unix_timestamp" and isinstance(node.this, exp.CurrentTimestamp):
            yield Hit(
                sql.offset(node), "unix_timestamp() is the time of the run", None, "give it an argument"
            )
        elif name in _ANY and not node.find_ancestor(exp.Window):
            yield Hit(
                sql.offset(node),
                f"{name} gives the value of any row",
                "a group has no order",
                f"use {_ANY[name]}",
            )


RULE = Rule("W401", Severity.WARNING, check)
