"""Wrong inputs by the thousand, from a seed: the project's own files and small generated ones, damaged.

Each is a project of three tables, so that ten thousand of them take a minute.
"""

from __future__ import annotations

import random
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
_TOKEN = re.compile(r"\w+|\s+|\{\{|\}\}|\{%|%\}|/\*|\*/|--|[^\w\s]")
_WORDS = Path(__file__).with_name("words.txt").read_text(encoding="utf-8").splitlines()
_NASTY = (*_WORDS, "\n", "\r", "\0", "\ufeff", "\u2028", "\ud800", "/* ---\n", "--- */\n")

HEADER = "INSERT OVERWRITE TABLE d.t PARTITION (dt = '{{ ds }}')\n"
DDL = (
    "CREATE EXTERNAL TABLE d.{name} (\n  k STRING COMMENT 'key',\n  v BIGINT COMMENT 'value',\n"
    "  m MAP<STRING,ARRAY<INT>> COMMENT 'map'\n)\nCOMMENT 'A table'\n"
    "PARTITIONED BY (dt STRING COMMENT 'day')\nSTORED AS PARQUET;\n"
)
FRONT = (
    "/* ---\nowner: me\ntags: [a, b]\nstart: 2018-11-01\nchecks:\n"
    "  - unique: [k]\n  - row_count: {min: 1}\n--- */\n"
)
MACRO = (
    "{% macro pick(t, n=1) %}(SELECT * FROM {{ t }} WHERE dt = '{{ macros.ds_add(ds, n) }}'){% endmacro %}\n"
)
CHECKS = "-- check: positive (warn)\nSELECT * FROM {{ this }} WHERE v < 0\n"


_OWN_MACROS = {
    f"sql/macros/{path.name}": path.read_text(encoding="utf-8")
    for path in sorted((ROOT / "sql/macros").glob("*.sql"))
}


@dataclass
class Files:
    """One table's files: what may be wrong. The tables ``d.a`` and ``d.b`` beside it are right."""

    sql: str
    checks: str = CHECKS
    ddl: str = DDL.format(name="t")
    macro: str = MACRO

    def items(self) -> dict[str, str]:
        return {
            "ddl/d/a/V001__create.sql": DDL.format(name="a"),
            "ddl/d/b/V001__create.sql": DDL.format(name="b"),
            "ddl/d/t/V001__create.sql": self.ddl,
            "sql/d/t.sql": self.sql,
            "sql/d/t.checks.sql": self.checks,
            "sql/macros/m.sql": self.macro,
            **_OWN_MACROS,
        }


def seeds() -> list[str]:
    """SQL files of this project, and shapes that they have not."""
    found = [path.read_text(encoding="utf-8") for path in sorted((ROOT / "sql").glob("*/*.sql"))]
    shapes = (ROOT / "tests/sql_understanding/shapes.sql").read_text(encoding="utf-8").split(";")
    return [text for text in found if "INSERT" in text] + [
        HEADER + shape for shape in shapes if shape.strip()
    ]


class Generator:
    """SELECTs from a small grammar: mostly right, of every kind that the analysis knows."""

    def __init__(self, chance: random.Random) -> None:
        self.chance = chance
        self.named = False
        """Whether a WITH names c."""

    def one(self, *choices: str) -> str:
        return self.chance.choice(choices)

    def expression(self, deep: int) -> str:
        if deep <= 0:
            return self.one(
                "k", "v", "dt", "m", "x.k", "y.v", "d.a.k", "1", "'2018-11-15'", "NULL", "1.5", "{{ ds }}"
            )
        a, b = self.expression(deep - 1), self.expression(deep - 2)
        kind = self.one("INT", "DATE", "DECIMAL(10,2)", "MAP<INT,INT>")
        query = self.select(deep - 2)
        return self.one(
            f"{a} + {b}", f"{a} = {b}", f"({a} AND {b})", f"NOT {a}", f"coalesce({a}, {b})", f"sum({a})",
            f"{a} IS NULL", f"CASE WHEN {a} THEN {b} ELSE {a} END", f"CAST({a} AS {kind})", f"{a} LIKE {b}",
            f"substr({a}, 1, {b})", f"max({a}) OVER (PARTITION BY {b})", f"{a} IN ({b}, {a})", f"({query})",
            f"{a} BETWEEN {b} AND {a}", f"date_add({a}, {b})", f"{a}[{b}]", f"transform({a}, q -> q + {b})",
            f"EXISTS ({query})", f"struct({a}, {b})", f"if({a}, {b}, {a})", f"-{a}", f"{a} IN ({query})",
            f"to_date({a}, 'yyyy-MM-dd')", f"concat({a}, {b})", f"{a} || {b}", f"extract(DAY FROM {a})",
            "rand()", f"({a} OR {b})", f"{a} <=> {b}", f"min({a}) FILTER (WHERE {b})", f"nullif({a}, {b})",
        )  # fmt: skip

    def table(self, deep: int) -> str:
        name = self.one(
            "d.a", "d.a", "d.b", "d.t", "d.nope", "{{ pick('d.a') }}", "c" if self.named else "d.b"
        )
        if deep > 0 and self.chance.random() < 0.4:
            name = f"({self.select(deep - 1)})"
        return f"{name} {self.one('AS x', 'y', '', 'AS x (k, v, m, dt)')}"

    def select(self, deep: int) -> str:
        if deep < -1:
            return "SELECT k FROM d.a"
        items = ", ".join(
            self.one(
                "*",
                "x.*",
                self.expression(deep),
                f"{self.expression(deep)} AS {self.one('k', 'v', 'm', 'dt')}",
            )
            for _ in range(self.chance.randint(1, 4))
        )
        how = self.one("", "", "", "DISTINCT", "/*+ BROADCAST(x) */")
        parts = [f"SELECT {how} {items} FROM {self.table(deep - 1)}"]
        if self.chance.random() < 0.4:
            kind = self.one(
                "JOIN",
                "LEFT JOIN",
                "FULL JOIN",
                "LEFT SEMI JOIN",
                "LEFT ANTI JOIN",
                "CROSS JOIN",
                ",",
                "NATURAL JOIN",
            )
            on = self.one(f"ON {self.expression(deep - 1)}", "USING (dt)", "USING (k, dt)", "")
            parts.append(f"{kind} {self.table(deep - 1)} {on}")
        if self.chance.random() < 0.15:
            parts.append("LATERAL VIEW explode(m) e AS a, b")
        if self.chance.random() < 0.6:
            parts.append(f"WHERE {self.expression(deep)}")
        if self.chance.random() < 0.3:
            behind = self.one("", " WITH ROLLUP", f" HAVING {self.expression(0)}")
            parts.append(f"GROUP BY {self.expression(deep - 1)}{behind}")
        if self.chance.random() < 0.15:
            parts.append(f"{self.one('UNION ALL', 'EXCEPT', 'INTERSECT', 'UNION')} {self.select(deep - 1)}")
        if self.chance.random() < 0.15:
            parts.append(
                self.one(
                    "LIMIT 10", "ORDER BY 1", "SORT BY k", "LIMIT 1 OFFSET 2", "WINDOW w AS (PARTITION BY k)"
                )
            )
        return " ".join(parts)

    def statement(self) -> str:
        self.named = False
        before = f"WITH c AS ({self.select(1)}) " if self.chance.random() < 0.4 else ""
        self.named = bool(before)
        header = self.one(
            HEADER, HEADER, "INSERT OVERWRITE TABLE d.t PARTITION (dt)\n", "INSERT OVERWRITE d.t\n"
        )
        return self.one("", FRONT) + header + before + self.select(2) + "\n"


def damaged(text: str, chance: random.Random, others: list[str]) -> str:
    """With a few tokens left out, doubled, swapped, replaced, or cut off."""
    tokens = _TOKEN.findall(text)
    for _ in range(chance.choice((1, 1, 1, 2, 3, 8))):
        if not tokens:
            break
        at = chance.randrange(len(tokens))
        match chance.randrange(16):
            case 0:
                del tokens[at]
            case 1 | 2:
                tokens.insert(at, f" {chance.choice(_NASTY)} ")
            case 3:
                tokens[at] = chance.choice(_NASTY)
            case 4:
                other = chance.randrange(len(tokens))
                tokens[at], tokens[other] = tokens[other], tokens[at]
            case 5:
                tokens[at:at] = tokens[at : at + chance.randrange(1, 12)] * chance.choice((1, 2, 30))
            case 6:
                del tokens[at : at + chance.randrange(1, 20)]
            case 7:
                part = _TOKEN.findall(chance.choice(others))
                start = chance.randrange(len(part))
                tokens[at:at] = part[start : start + chance.randrange(1, 15)]
            case 8:
                del tokens[at:]
            case _:
                # Mild: another word of the same text, so that much of it is still a statement.
                words = [place for place, token in enumerate(tokens) if token.isalnum()]
                if words:
                    tokens[chance.choice(words)] = tokens[chance.choice(words)]
    return "".join(tokens)


def inputs(count: int, seed: int) -> Iterator[Files]:
    """``count`` projects, the same for the same seed."""
    chance = random.Random(seed)
    known = seeds()
    generator = Generator(chance)
    for number in range(count):
        files = Files(generator.statement() if number % 3 else chance.choice(known))
        match number % 10:
            case 0 | 1:
                pass  # the grammar's own, or a file of another table: right or wrong as it is
            case 2:
                files.ddl = damaged(files.ddl, chance, known)
            case 3:
                files.macro = damaged(files.macro, chance, known)
            case 4:
                files.checks = damaged(files.checks, chance, known)
            case 5:
                files.sql = damaged(FRONT, chance, known) + HEADER + "SELECT k, v, m FROM d.a\n"
            case _:
                files.sql = damaged(files.sql, chance, known)
        yield files
