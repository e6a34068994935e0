"""A table's or its database's name is a reserved word of Athena, Trino, Hive or Spark.

Nobody can name it in a query as it is written here (``SELECT * FROM cross.plays`` is no SQL in any of them),
and Spark, Hive and Athena's DDL want other quotes than Trino and Athena's queries.
"""

from __future__ import annotations

from collections.abc import Iterator

from warehouse.lint.reserved_names import WORDS
from warehouse.lint.rule import Ddl, Hit, Rule, Severity

_SPARK = frozenset(
    {"anti", "cross", "except", "full", "inner", "intersect", "join", "lateral", "left", "minus", "natural"}
    | {"on", "right", "semi", "union", "using"}
)
"""Its strict non-reserved keywords: names that a FROM clause does not end with."""


def check(ddl: Ddl) -> Iterator[Hit]:
    name = ddl.contract.name
    for word, what in ((name.db, "database"), (name.table, "table")):
        where = WORDS.get(word) or ("Spark" if word in _SPARK else None)
        if where is not None:
            yield Hit(
                ddl.place(),
                f"the {what}'s name {word} is a reserved word in {where}",
                f"queries of {name} fail, unless they quote it as the engine wants",
                "choose another name, before the first partition is published",
            )


RULE = Rule("W706", Severity.ERROR, ddl=check)
