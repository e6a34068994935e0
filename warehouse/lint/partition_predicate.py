"""A partitioned table is read without a condition on its partitions.

Every run would read the whole table, and more of it every day. A condition that names the run's own dates
(``dt = '{{ ds }}'``, ``dt BETWEEN '{{ start_ds }}' AND '{{ end_ds }}'``, ``dt <= '{{ ds }}'``) also makes a
run of an old date give what it gave then. One that holds for whatever date there is (``dt IS NOT NULL``,
``dt = '{{ ds }}' OR true``, ``dt LIKE '%'``) is none. Tables without partitions are not meant.
"""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterator, Sequence

from warehouse.contract import Column
from warehouse.lint.rule import Hit, Rule, Severity, Sql
from warehouse.windows import Window

_NARROW = re.compile(r"\w+ (?:=|BETWEEN) ['\d]")
_TEXT = re.compile(r"'([^']+)'")
_ANY = {
    "string": ("!", "0000-01-01", "1970-01-01", "2024-02-29T12", "9999-12-31", "~"),
    "date": ("0001-01-01", "1970-01-01", "2024-02-29", "9999-12-31"),
    "int": ("-2147483648", "0", "19700101", "2147483647"),
}
"""Values of partitions that no condition holds for all of, if it narrows anything down."""


def check(sql: Sql) -> Iterator[Hit]:
    for name, window in sql.windows.items():
        partitions = sql.partitions_of(name)
        if not partitions or any(not note.startswith("no condition") for note in window.widened):
            continue
        first = partitions[0].name
        if not window.everything:
            if not _holds_always(window, partitions):
                continue
            why = f"{window.text[0]} holds whatever {first} is"
        else:
            why = f"nothing says which {first} a run needs"
        yield Hit(
            next(ref.start for ref in sql.statement.inputs if ref.table == name),
            f"all partitions of {name} are read",
            why,
            f"add a condition, like {first} = '{{{{ ds }}}}'",
        )


def _holds_always(window: Window, partitions: Sequence[Column]) -> bool:
    """Whether the conditions hold for all values: extreme ones, and those that they name themselves."""
    if all(map(_NARROW.match, window.text)):  # nearly all: they need not be evaluated
        return False
    named = {value for text in window.text for value in _TEXT.findall(text)}
    tried = []
    for column in partitions:
        values = _ANY.get(column.type.lower())
        if values is None:
            return False
        tried.append((*values, *(named if column.type.lower() == "string" else ())))
    names = [column.name for column in partitions]
    combined = itertools.islice(itertools.product(*tried), 2000)
    return bool(window.text) and all(
        window.matches(dict(zip(names, values, strict=True))) for values in combined
    )


RULE = Rule("W101", Severity.WARNING, check)
