"""A column's name is a reserved word of Athena, Trino or Hive.

It can be read, but only in quotes, which differ: backticks in Spark, in Hive and in Athena's DDL, double
quotes in Trino and in Athena's queries. People and tools forget them.
"""

from __future__ import annotations

from collections.abc import Iterator

from warehouse.lint.rule import Ddl, Hit, Rule, Severity

_HIVE = """all alter and array as authorization between bigint binary boolean both by case cast char column
    conf constraint commit create cross cube current cursor database date dayofweek decimal delete
    describe distinct div double drop else end exchange exists extended external extract false fetch
    float floor following for foreign from full function grant group grouping having if import in
    inner insert int integer intersect interval into is join lateral left less like local macro map
    more none not null numeric of on only or order out outer over partialscan partition percent
    preceding precision preserve primary procedure range reads reduce regexp references revoke right
    rlike rollback rollup row rows select set smallint start table tablesample then time timestamp
    to transform trigger true truncate unbounded union uniquejoin update user using values varchar
    views when where window with"""
_TRINO = """alter and as between by case cast constraint create cross cube current_date current_time
    current_timestamp current_user deallocate delete describe distinct drop else end escape except
    execute exists extract false for from full group grouping having in inner insert intersect into
    is join left like listagg localtime localtimestamp natural normalize not null on or order outer
    prepare recursive right rollup select skip table then trim true uescape union unnest using
    values when where with"""
WORDS = {
    **dict.fromkeys(_HIVE.split(), "Hive and in Athena's DDL"),
    **dict.fromkeys(_TRINO.split(), "Trino and Athena"),
}


def check(ddl: Ddl) -> Iterator[Hit]:
    for column in ddl.contract.all_columns:
        word = column.name
        if word in WORDS:
            yield Hit(
                ddl.place(word),
                f"{word} is a reserved word in {WORDS[word]}",
                "readers must put it into quotes, which differ from engine to engine",
                "choose another name, before the first partition is published",
            )


RULE = Rule("W701", Severity.WARNING, ddl=check)
