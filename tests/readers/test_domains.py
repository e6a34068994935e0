"""Every table of the four warehouses, raw ones too, is to Trino what it is to Spark: rows, sums, extremes."""

from __future__ import annotations

import re
import shutil
from pathlib import Path

import pytest

from tests.readers import values
from tests.readers.lakes import Lake
from tests.readers.trino import Trino
from warehouse.contract import Contract
from warehouse.types import INTEGERS, HiveType, parse_type

pytestmark = [
    pytest.mark.spark,
    pytest.mark.metastore,
    pytest.mark.s3,
    pytest.mark.trino,
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


@pytest.fixture(scope="module")
def seen(
    tmp_path_factory: pytest.TempPathFactory,
    s3: str,
    hive_uri: str,
    trino: Trino,
    catalogs: dict[str, str],
) -> dict[str, dict[str, Facts]]:
    """Facts of each table, by who was asked: ``spark``, and Trino's catalogs ``hive`` and ``glue``."""
    lake = Lake(tmp_path_factory.mktemp("domains"), s3, hive_uri)
    for kind in ("ddl", "sql"):
        shutil.copytree(ROOT / kind, lake.root / kind)
    found: dict[str, dict[str, Facts]] = {"spark": {}, "hive": {}, "glue": {}}
    with lake:
        lake.apply()
        for domain, (start, end, rate, owned) in DOMAINS.items():
            lake.generate(domain, start, end, rate)
            lake.backfill(*owned, domain)
        contracts = lake.show_in_glue()
        for contract in contracts:
            asked = facts_of(contract)
            sql = f"SELECT {', '.join(sql for _, sql, _ in asked)} FROM "
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
