"""Every table of the four warehouses, raw ones too, is to Trino and to Hive what it is to Spark: rows, sums,
extremes."""

from __future__ import annotations

import re
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.readers import values
from tests.readers.hive import Hive
from tests.readers.lakes import Lake
from tests.readers.trino import Trino
from warehouse.contract import Contract
from warehouse.types import INTEGERS, HiveType, parse_type

pytestmark = [
    pytest.mark.spark,
    pytest.mark.metastore,
    pytest.mark.s3,
    pytest.mark.trino,
    pytest.mark.hive,
]

ROOT = Path(__file__).resolve().parents[2]
DOMAINS = {
    "music": ("2018-11-01", "2018-11-02", 200, ("2018-11-01", "2018-11-02")),
    "weblogs": ("2026-11-01", "2026-11-01", 1000, ("2026-11-01", "2026-11-01")),
    "retail": ("2018-01-01", "2018-01-02", 60, ("2018-01-01", "2018-01-02")),
    "chamber": ("2017-01-01", "2017-01-31", 100, ("2017", "2017")),
}
"""Days that are generated, records a day, and the intervals that they are run for."""

Facts = tuple[tuple[str, values.Value], ...]


def in_trino(sql: str) -> str:
    return re.sub(r"(octet_length|crc32)\((\w+)\)", r"\1(to_utf8(\2))", sql).replace("octet_length", "length")


def facts_of(contract: Contract) -> list[tuple[str, str, HiveType]]:
    """What is asked of each column: name, Spark's SQL, type of the answer."""
    bigint, text = HiveType("bigint"), HiveType("string")
    asked = [("rows", "count(*)", bigint)]
    for column in contract.all_columns:
        kind, name = parse_type(column.type), column.name
        asked.append((f"{name} not null", f"count({name})", bigint))
        if kind.nested or kind.name == "binary":
            continue
        if kind.name in INTEGERS:
            asked.append(
                (f"{name} sum", f"sum(CAST({name} AS DECIMAL(38, 0)))", HiveType("decimal", (38, 0)))
            )
        elif kind.name == "decimal":
            total = HiveType("decimal", (38, kind.args[1]))
            asked.append((f"{name} sum", f"sum(CAST({name} AS {total}))", total))
        elif kind.name == "boolean":
            asked.append((f"{name} true", f"sum(CASE WHEN {name} THEN 1 ELSE 0 END)", bigint))
        elif kind.name in ("string", "varchar", "char"):
            # Not characters: engines count those of bytes that are no UTF-8 differently.
            asked.append((f"{name} bytes", f"sum(octet_length({name}))", bigint))
            asked.append((f"{name} checksums", f"sum(crc32({name}))", bigint))
        if kind.name != "boolean":
            same = text if kind.name in ("varchar", "char") else kind
            asked += [(f"{name} least", f"min({name})", same), (f"{name} greatest", f"max({name})", same)]
    return asked


def _columns(asked: list[tuple[str, str, HiveType]]) -> str:
    return ", ".join(sql for _, sql, _ in asked)


def in_hive(contract: Contract) -> list[tuple[str, str, HiveType]]:
    """What is fetched of each row: name, Hive's SQL, type. No aggregates, for each would be a job; no text as
    it is, for it may have any characters."""
    fetched, whole = [("", "1", HiveType("int"))], HiveType("int")
    for column in contract.all_columns:
        kind, name = parse_type(column.type), column.name
        if kind.nested or kind.name == "binary":
            fetched.append((f"{name} not null", f"CASE WHEN {name} IS NULL THEN NULL ELSE 1 END", whole))
        elif kind.name in ("string", "varchar", "char"):
            fetched.append((f"{name} bytes", f"octet_length({name})", whole))
            fetched.append((f"{name} checksums", f"crc32({name})", HiveType("bigint")))
        else:
            fetched.append((name, name, kind))
    return fetched


def facts_of_rows(contract: Contract, rows: list[list[values.Value]]) -> Iterator[tuple[str, values.Value]]:
    """Of the facts as many as fetched rows tell: all but the extremes of texts."""
    yield "rows", len(rows)
    for at, (name, _, kind) in enumerate(in_hive(contract)):
        found = [row[at] for row in rows if row[at] is not None]
        of_column, _, what = name.partition(" ")
        if what == "not null" or (name and not what):
            yield f"{of_column} not null", len(found)
        elif what == "bytes":
            yield f"{of_column} not null", len(found)
            yield name, sum(found) if found else None
        elif what == "checksums":
            yield name, sum(found) if found else None
        if not name or what:
            continue
        if kind.name == "boolean":
            yield f"{name} true", sum(found) if rows else None
            continue
        if kind.name in (*INTEGERS, "decimal"):
            yield f"{name} sum", sum(found) if found else None
        order = float.fromhex if kind.name in ("float", "double") else None
        yield f"{name} least", min(found, key=order) if found else None
        yield f"{name} greatest", max(found, key=order) if found else None


@pytest.fixture(scope="module")
def seen(
    tmp_path_factory: pytest.TempPathFactory,
    s3: str,
    hive_uri: str,
    trino: Trino,
    catalogs: dict[str, str],
    hive: Hive,
) -> dict[str, dict[str, Facts]]:
    """Facts of each table, by who was asked: ``spark``, Trino's catalogs ``hive`` and ``glue``, Hive's
    ``cli``."""
    lake = Lake(tmp_path_factory.mktemp("domains"), s3, hive_uri)
    for kind in ("ddl", "sql"):
        shutil.copytree(ROOT / kind, lake.root / kind)
    found: dict[str, dict[str, Facts]] = {"spark": {}, "hive": {}, "glue": {}, "cli": {}}
    with lake:
        lake.apply()
        for domain, (start, end, rate, owned) in DOMAINS.items():
            lake.generate(domain, start, end, rate)
            lake.backfill(*owned, domain)
        contracts = lake.show_in_glue()
        for contract in contracts:
            asked = facts_of(contract)
            sql = f"SELECT {_columns(asked)} FROM "
            (row,) = lake.query(f"{sql}{contract.table}")
            found["spark"][contract.table] = tuple(
                (name, values.of_spark(kind, value))
                for (name, _, kind), value in zip(asked, row, strict=True)
            )
            for catalog in ("hive", "glue"):
                (answer,) = trino.rows(f"{in_trino(sql)}{catalogs[catalog]}.{contract.table}")
                found[catalog][contract.table] = tuple(
                    (name, values.of_trino(kind, value))
                    for (name, _, kind), value in zip(asked, answer, strict=True)
                )
        answers = hive.ask({c.table: f"SELECT {_columns(in_hive(c))} FROM {c.table}" for c in contracts})
    for contract in contracts:
        lines, kinds = answers[contract.table], [kind for _, _, kind in in_hive(contract)]
        assert isinstance(lines, list), f"{contract.table}: {lines}"
        cells = [zip(kinds, line.split("\t"), strict=True) for line in lines]
        rows = [[values.of_text(kind, cell) for kind, cell in line] for line in cells]
        found["cli"][contract.table] = tuple(facts_of_rows(contract, rows))
    return found


@pytest.mark.parametrize("catalog", ["hive", "glue"])
@pytest.mark.parametrize("domain", DOMAINS)
def test_trino_finds_what_spark_finds(seen: dict[str, dict[str, Facts]], domain: str, catalog: str) -> None:
    tables = {path.parent.name for path in (ROOT / "ddl" / domain).glob("*/V001__*.sql")}
    for name in sorted(tables):
        table = f"{domain}.{name}"
        assert seen[catalog][table] == seen["spark"][table], table
    rows = {name: seen["spark"][f"{domain}.{name}"][0][1] for name in tables}
    filled = [name for name, count in rows.items() if count]
    assert len(filled) > len(tables) / 2, rows


@pytest.mark.parametrize("domain", DOMAINS)
def test_hive_finds_what_spark_finds(seen: dict[str, dict[str, Facts]], domain: str) -> None:
    for table, facts in seen["cli"].items():
        if table.startswith(f"{domain}."):
            asked = dict(facts)
            wanted = {name: value for name, value in seen["spark"][table] if name in asked}
            assert asked == wanted, table
    assert any(dict(facts)["rows"] for table, facts in seen["cli"].items() if table.startswith(f"{domain}."))
