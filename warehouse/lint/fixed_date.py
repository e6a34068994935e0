"""A partition column is compared with a date that is written out, where the run's date belongs.

Every run would read the same days, whatever its date. A fixed date as the lower end of a range
(``dt >= '2018-11-01'``) is where a history begins, and is fine.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from sqlglot import exp

from warehouse.lint.rule import Hit, Rule, Severity, Sql

_CASTS = (exp.Cast, exp.TryCast)
_OPEN = (exp.GT, exp.GTE, exp.NEQ)
_DATE = re.compile(r"\d{4}-?\d{2}(-?\d{2}(T\d{2})?)?\Z")


def check(sql: Sql) -> Iterator[Hit]:
    model = sql.model
    for item in sql.statement.static_partition:
        if _DATE.match(item.value or "") and _fixed(sql, item.value or "") and "-" in (item.value or ""):
            yield Hit(
                sql.statement.header_start,
                f"PARTITION ({item.column} = '{item.value}') is the same for every run",
                None,
                f"write {item.column} = '{{{{ ds }}}}'",
            )
    for node, other, left, _ in sql.analysis.comparisons:
        value = other.this if type(other) in _CASTS else other
        if type(value) is not exp.Literal or not (value.is_string and _DATE.match(value.this)):
            continue
        low = isinstance(node, exp.Between) and other is node.args.get("low")
        if low or type(node) in _OPEN or not _fixed(sql, value.this):
            continue
        partitions = [
            origin
            for origin in sql.analysis.names(left[1])
            if origin.table is not None and origin.column in {c.name for c in sql.partitions_of(origin.table)}
        ]
        if partitions:
            yield Hit(
                sql.offset(value),
                f"{partitions[0]} is compared with a fixed date",
                f"every run of {model.name} reads the same partitions",
                "use the run's date: '{{ ds }}', '{{ start_ds }}', '{{ end_ds }}', macros.ds_add(ds, -1)",
            )


def _fixed(sql: Sql, value: str) -> bool:
    """Whether the file itself has it, in quotes, rather than a template's answer."""
    texts = (sql.model.body, *sql.model.macros.files.values())
    return any(f"'{value}'" in text for text in texts)


RULE = Rule("W402", Severity.WARNING, check)
