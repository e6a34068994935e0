"""A partitioned table is read without a condition on its partitions.

Every run would read the whole table, and more of it every day. A condition that names the run's own dates
(``dt = '{{ ds }}'``, ``dt BETWEEN '{{ start_ds }}' AND '{{ end_ds }}'``, ``dt <= '{{ ds }}'``) also makes a
run of an old date give what it gave then. Tables without partitions are not meant.
"""

from __future__ import annotations

from collections.abc import Iterator

from warehouse.lint.rule import Hit, Rule, Severity, Sql


def check(sql: Sql) -> Iterator[Hit]:
    for name, window in sql.windows.items():
        partitions = sql.partitions_of(name)
        if not partitions or not window.everything:
            continue
        if any(not note.startswith("no condition") for note in window.widened):
            continue
        first = partitions[0].name
        yield Hit(
            next(ref.start for ref in sql.statement.inputs if ref.table == name),
            f"all partitions of {name} are read",
            f"nothing says which {first} a run needs",
            f"add a condition, like {first} = '{{{{ ds }}}}'",
        )


RULE = Rule("W101", Severity.WARNING, check)
