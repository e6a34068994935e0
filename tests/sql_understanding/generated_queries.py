"""Random queries over a few partitioned tables, for comparing read windows with what Spark selects."""

from __future__ import annotations

import random

from warehouse.contract import Column
from warehouse.names import TableName

DAYS = (
    "2018-10-30",
    "2018-10-31",
    "2018-11-01",
    "2018-11-02",
    "2018-11-14",
    "2018-11-15",
    "2018-12-01",
    "2019-01-01",
)
HOURS = ("00", "01", "7", "07", "23")

PARTITIONS: dict[TableName, tuple[Column, ...]] = {
    TableName("m", "e"): (Column("dt", "string"),),
    TableName("m", "u"): (Column("dt", "string"),),
    TableName("m", "h"): (Column("dt", "string"), Column("hour", "string")),
    TableName("m", "i"): (Column("year", "int"), Column("month", "int")),
    TableName("m", "d"): (Column("day", "date"),),
    TableName("m", "n"): (),
}
DATA = (Column("k", "int"), Column("v", "string"), Column("ds", "string"), Column("at", "date"))
COLUMNS = {table: (*DATA, *columns) for table, columns in PARTITIONS.items()}
VALUES: dict[str, tuple[dict[str, str], ...]] = {
    "e": tuple({"dt": d} for d in DAYS),
    "u": tuple({"dt": d} for d in DAYS),
    "h": tuple({"dt": d, "hour": h} for d in DAYS[2:6] for h in HOURS),
    "i": tuple({"year": y, "month": m} for y in ("2018", "2019") for m in ("1", "2", "10", "11", "12")),
    "d": tuple({"day": d} for d in DAYS),
    "n": ({},),
}


class Queries:
    """One random query for each seed; what it gives has a name for every column."""

    def __init__(self, seed: int) -> None:
        self.random = random.Random(seed)
        self.aliases = 0
        self.ctes: list[tuple[str, str, list[tuple[str, str]]]] = []

    def pick(self, *options: str) -> str:
        return self.random.choice(options)

    def chance(self, share: float) -> bool:
        return self.random.random() < share

    def alias(self) -> str:
        self.aliases += 1
        return f"t{self.aliases}"

    # What columns are compared with, by type.

    def day(self) -> str:
        return self.random.choice(DAYS)

    def text_day(self) -> str:
        day = self.day()
        return self.pick(
            f"'{day}'",
            f"'{day}'",
            f"'{day}'",
            f"date_format(DATE '{day}', 'yyyy-MM-dd')",
            f"CAST(date_sub('{day}', 1) AS STRING)",
            f"concat('{day[:8]}', '{day[8:]}')",
            f"CAST(add_months(DATE '{day}', -1) AS STRING)",
            f"substr('{day}T00', 1, 10)",
            f"date_format(DATE '{day}' - INTERVAL 1 DAY, 'yyyy-MM-dd')",
            f"lower('{day}')",
        )

    def date(self) -> str:
        day = self.day()
        return self.pick(
            f"DATE '{day}'",
            f"'{day}'",
            f"to_date('{day}')",
            f"date_add('{day}', 1)",
            f"DATE '{day}' - INTERVAL 1 MONTH",
            f"CAST('{day}' AS DATE)",
            f"trunc('{day}', 'MM')",
            f"last_day('{day}')",
            f"CAST(date_trunc('month', '{day}') AS DATE)",
            f"to_date('{day.replace('-', '')}', 'yyyyMMdd')",
        )

    def condition(self, column: str, kind: str) -> str:
        """On one column of type ``kind``: text day, hour, date, int or other."""
        op = self.pick("=", "=", "=", "<", "<=", ">", ">=", "<>")
        if kind == "dt":
            return self.pick(
                f"{column} {op} {self.text_day()}",
                f"{column} {op} {self.text_day()}",
                f"{column} BETWEEN {self.text_day()} AND {self.text_day()}",
                f"{column} IN ({self.text_day()}, {self.text_day()})",
                f"{column} LIKE '{self.day()[: self.random.choice((4, 7))]}%'",
                f"substr({column}, 1, 7) = '{self.day()[:7]}'",
                f"left({column}, 4) {op} '{self.day()[:4]}'",
                f"right({column}, 2) {op} '{self.day()[8:]}'",
                f"{column} {op} {self.date()}",
                f"to_date({column}) {op} {self.date()}",
                f"CAST({column} AS DATE) {op} {self.date()}",
                f"date_format({column}, 'yyyyMM') {op} '{self.day()[:7].replace('-', '')}'",
                f"year({column}) {op} {self.day()[:4]}",
                f"month(to_date({column})) {op} {self.random.randint(1, 12)}",
                f"trunc({column}, 'MM') {op} DATE '{self.day()[:7]}-01'",
                f"datediff({column}, '{self.day()}') {op} {self.random.randint(-3, 3)}",
                f"coalesce({column}, 'x') {op} {self.text_day()}",
                f"if({column} > '{self.day()}', 'a', 'b') = 'a'",
                f"CASE WHEN {column} > '{self.day()}' THEN 1 WHEN {column} = '{self.day()}' THEN 2 END = 2",
                f"{column} <=> {self.text_day()}",
                f"nullif({column}, '{self.day()}') IS NULL",
                f"split({column}, '-')[1] = '11'",
                f"length(trim({column})) = 10 AND {column} {op} {self.text_day()}",
                f"{column} IS NOT NULL",
                f"{column} IS NULL",
                f"date_add({column}, 1) {op} {self.date()}",
                f"replace({column}, '-', '') {op} '{self.day().replace('-', '')}'",
                f"{column} || 'T' {op} '{self.day()}T'",
            )
        if kind == "hour":
            return self.pick(
                f"{column} {op} '07'",
                f"{column} {op} 7",
                f"{column} IN ('00', '23')",
                f"lpad({column}, 2, '0') {op} '07'",
                f"CAST({column} AS INT) + 1 {op} {self.random.randint(0, 9)}",
                f"{column} BETWEEN 0 AND 7",
            )
        if kind == "day":
            return self.pick(
                f"{column} {op} {self.date()}",
                f"{column} BETWEEN {self.date()} AND {self.date()}",
                f"{column} IN ({self.date()}, {self.date()})",
                f"year({column}) {op} {self.day()[:4]}",
                f"date_format({column}, 'yyyy-MM-dd') {op} {self.text_day()}",
                f"{column} >= '2018-11'",
                f"date_trunc('month', {column}) {op} TIMESTAMP '{self.day()[:7]}-01 00:00:00'",
                f"CAST({column} AS STRING) LIKE '2018-11%'",
            )
        if kind == "int":
            number = self.random.choice((1, 2, 10, 11, 2018, 2019))
            return self.pick(
                f"{column} {op} {number}",
                f"{column} {op} '{number:02d}'",
                f"{column} IN (1, 11, 2018)",
                f"{column} * 100 + 1 {op} {number * 100}",
                f"{column} % 2 = 0",
                f"{column} BETWEEN {number} AND 2018",
                f"lpad({column}, 2, '0') {op} '02'",
                f"{column} div 2 {op} {number // 2}",
            )
        if kind == "at":
            return f"{column} {op} {self.date()}"
        if kind == "k":
            return self.pick(f"{column} > 1", f"{column} IS NULL", "rand() < 0.5", f"{column} IN (1, 2)")
        return self.pick(f"{column} = 'x'", f"{column} IS NOT NULL", f"{column} LIKE 'a%'")

    def logic(self, columns: list[tuple[str, str]], depth: int = 0) -> str:
        roll = self.random.random()
        if depth < 3 and roll < 0.2:
            return f"({self.logic(columns, depth + 1)} OR {self.logic(columns, depth + 1)})"
        if depth < 3 and roll < 0.35:
            return f"({self.logic(columns, depth + 1)} AND {self.logic(columns, depth + 1)})"
        if depth < 3 and roll < 0.45:
            return f"NOT ({self.logic(columns, depth + 1)})"
        partition = [c for c in columns if c[1] in ("dt", "hour", "day", "int")]
        pool = partition if partition and self.chance(0.75) else columns
        return self.condition(*self.random.choice(pool))

    # Relations: SQL of a FROM item, and its columns as (qualified name, kind).

    def item(self, depth: int) -> tuple[str, list[tuple[str, str]]]:
        alias = self.alias()
        roll = self.random.random()
        if self.ctes and roll < 0.2:
            name, _, columns = self.random.choice(self.ctes)
            return f"{name} AS {alias}", [(f"{alias}.{c}", k) for c, k in columns]
        if depth < 2 and roll < 0.4:
            sql, columns = self.query(depth + 1)
            return f"({sql}) AS {alias}", [(f"{alias}.{c}", k) for c, k in columns]
        table = self.pick("e", "e", "e", "u", "u", "h", "i", "d", "n")
        kinds = {"k": "k", "v": "v", "ds": "v", "at": "at", "dt": "dt", "hour": "hour", "year": "int"}
        kinds |= {"month": "int", "day": "day"}
        names = [c.name for c in COLUMNS[TableName("m", table)]]
        sample = " TABLESAMPLE (50 PERCENT)" if self.chance(0.03) else ""
        return f"m.{table}{sample} AS {alias}", [(f"{alias}.{n}", kinds[n]) for n in names]

    def from_(self, depth: int) -> tuple[str, list[tuple[str, str]]]:
        sql, columns = self.item(depth)
        for _ in range(self.random.choice((0, 0, 0, 1, 1, 2))):
            right, more = self.item(depth)
            kind = self.pick(
                "JOIN",
                "JOIN",
                "LEFT JOIN",
                "LEFT JOIN",
                "RIGHT JOIN",
                "FULL JOIN",
                "LEFT SEMI JOIN",
                "LEFT ANTI JOIN",
            )
            conditions = []
            pairs = [(a, b) for a, ka in columns for b, kb in more if ka == kb and ka not in ("v",)]
            if pairs:
                conditions += [
                    "{} = {}".format(*self.random.choice(pairs)) for _ in range(self.random.choice((1, 1, 2)))
                ]
            if self.chance(0.2):
                conditions.append(self.logic(columns + more))
            if not conditions:
                conditions = [self.logic(columns + more)]
            sql += f" {kind} {right} ON {' AND '.join(conditions)}"
            if "SEMI" not in kind and "ANTI" not in kind:
                columns = columns + more
        return sql, columns

    def select(self, depth: int) -> tuple[str, list[tuple[str, str]]]:
        source, columns = self.from_(depth)
        conditions = [self.logic(columns) for _ in range(self.random.choice((0, 1, 1, 1, 1, 2)))]
        if self.chance(0.2):
            conditions.append(self.subquery_condition(columns, depth))
        where = f" WHERE {' AND '.join(conditions)}" if conditions else ""
        shown = self.random.sample(columns, min(len(columns), self.random.choice((2, 3, 4))))
        names = [f"{c.split('.')[1]}" for c, _ in shown]
        names = [n if names.count(n) == 1 else f"{n}_{i}" for i, n in enumerate(names)]
        out = list(zip(names, (k for _, k in shown), strict=True))
        items = [f"{c} AS {n}" for (c, _), (n, _) in zip(shown, out, strict=True)]
        roll = self.random.random()
        if roll < 0.12:
            keys = [c for c, _ in shown]
            cut = max(1, len(keys) - 1)
            aggregate = self.pick("max", "min")
            items[cut:] = [f"{aggregate}({c}) AS {n}" for c, n in zip(keys[cut:], names[cut:], strict=True)]
            group = ", ".join(keys[:cut])
            if self.chance(0.15):
                group = f"ROLLUP ({group})"
            having = f" HAVING {self.logic([(c, k) for c, k in shown[:cut]])}" if self.chance(0.3) else ""
            return f"SELECT {', '.join(items)} FROM {source}{where} GROUP BY {group}{having}", out
        if roll < 0.2:
            key, other = self.random.choice(columns)[0], self.random.choice(columns)[0]
            items.append(f"row_number() OVER (PARTITION BY {key} ORDER BY {other}) AS rn")
            return f"SELECT {', '.join(items)} FROM {source}{where}", [*out, ("rn", "k")]
        if roll < 0.26:
            return f"SELECT DISTINCT {', '.join(items)} FROM {source}{where}", out
        if roll < 0.3:
            return f"SELECT {', '.join(items)} FROM {source}{where} LIMIT 5", out
        if roll < 0.33:
            items.append("rand() AS r")
            return f"SELECT {', '.join(items)} FROM {source}{where}", [*out, ("r", "v")]
        if roll < 0.38 and any(k == "dt" for _, k in shown):
            index = next(i for i, (_, k) in enumerate(shown) if k == "dt")
            items[index] = f"date_format({shown[index][0]}, 'yyyy-MM-dd') AS {names[index]}"
        if roll < 0.41:
            items.append(f"(SELECT max(s.k) FROM m.u AS s WHERE {self.correlation('s', columns)}) AS sub")
            out = [*out, ("sub", "k")]
        if roll > 0.94:
            alias = self.alias()
            source += f" LATERAL VIEW explode(array(1, 2)) {alias} AS x"
        return f"SELECT {', '.join(items)} FROM {source}{where}", out

    def correlation(self, alias: str, columns: list[tuple[str, str]]) -> str:
        days = [c for c, k in columns if k == "dt"]
        if days and self.chance(0.8):
            return f"{alias}.dt = {self.random.choice(days)}"
        return self.condition(f"{alias}.dt", "dt")

    def subquery_condition(self, columns: list[tuple[str, str]], depth: int) -> str:
        days = [c for c, k in columns if k == "dt"]
        inner = self.alias()
        extra = f" AND {self.condition(f'{inner}.dt', 'dt')}" if self.chance(0.5) else ""
        negate = self.pick("", "", "NOT ")
        if days and self.chance(0.5):
            column = self.random.choice(days)
            return f"{column} {negate}IN (SELECT {inner}.dt FROM m.u AS {inner} WHERE {inner}.k > 0{extra})"
        found = (
            f"{negate}EXISTS (SELECT 1 FROM m.u AS {inner} WHERE {self.correlation(inner, columns)}{extra})"
        )
        return f"({found} OR {self.logic(columns)})" if self.chance(0.2) else found

    def query(self, depth: int = 0) -> tuple[str, list[tuple[str, str]]]:
        sql, columns = self.select(depth)
        if self.chance(0.12):
            operator = self.pick("UNION ALL", "UNION ALL", "UNION", "EXCEPT", "INTERSECT")
            for _ in range(20):
                other, more = self.select(depth)
                if [k for _, k in more] == [k for _, k in columns] and "LIMIT" not in sql + other:
                    return f"{sql} {operator} {other}", columns
        return sql, columns

    def statement(self) -> str:
        for _ in range(self.random.choice((0, 0, 1, 2))):
            name = f"c{len(self.ctes)}"
            sql, columns = self.query(1)
            self.ctes.append((name, sql, columns))
        sql, _ = self.query()
        with_ = ", ".join(f"{name} AS ({cte})" for name, cte, _ in self.ctes)
        return f"WITH {with_} {sql}" if with_ else sql
