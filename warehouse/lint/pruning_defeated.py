"""A condition on partitions does not keep any from being read.

Spark chooses partitions before it reads rows, and only by what it can compute from the partition's name. A
condition that is mixed with other columns, that stands behind a LIMIT or a window function, or on the wrong
side of an outer join, comes too late: all partitions are read.
"""

from __future__ import annotations

from collections.abc import Iterator

from warehouse.lint.rule import Hit, Rule, Severity, Sql


def check(sql: Sql) -> Iterator[Hit]:
    for name, window in sql.windows.items():
        notes = [note for note in window.widened if not note.startswith("no condition")]
        if sql.partitions_of(name) and window.everything and notes:
            yield Hit(
                next(ref.start for ref in sql.statement.inputs if ref.table == name),
                f"all partitions of {name} are read, although a condition speaks of them",
                "; ".join(notes),
                f"compare {sql.partitions_of(name)[0].name} itself with literals, where {name} is read",
            )


RULE = Rule("W102", Severity.WARNING, check)
