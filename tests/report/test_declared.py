"""What the four reports declare: queries that can be asked, charts that Vega-Lite understands."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
import sqlglot
import vl_convert
from sqlglot import exp

from reports.brazil import TILES
from runner.report import Figure, Listing, Numbers, Part, Quality, Window, load, tables
from warehouse.config import load_config

ROOT = Path(__file__).resolve().parents[2]
DOMAINS = ("chamber", "music", "retail", "weblogs")
WINDOW = Window("2018-11-01", "2018-11-30")


def parts(domain: str) -> list[Part]:
    module = load(ROOT, {domain: f"reports.{domain}"}, domain)
    return [part for section in module.sections(WINDOW) for part in section.parts]


def asked(kind: type[Figure] | type[Listing] | type[Numbers]) -> list[Any]:
    found = []
    for domain in DOMAINS:
        for number, part in enumerate(parts(domain)):
            if isinstance(part, kind):
                name = getattr(part, "title", f"numbers {number}")
                found.append(pytest.param(part, id=f"{domain}: {name}"))
    return found


def columns(sql: str) -> list[str]:
    tree = sqlglot.parse_one(sql, dialect="spark")
    assert isinstance(tree, exp.Query)
    return tree.named_selects


def fields(spec: Any) -> set[str]:
    """Every column of the data set ``rows`` that a specification names."""
    found: set[str] = set()
    if isinstance(spec, dict):
        for key, value in spec.items():
            if key == "field" and isinstance(value, str):
                found.add(value)
            elif key == "fold":
                found |= set(value)
            else:
                found |= fields(value)
    elif isinstance(spec, list):
        for value in spec:
            found |= fields(value)
    return found


@pytest.mark.parametrize("domain", DOMAINS)
def test_reads_only_published_tables_of_the_domain(domain: str) -> None:
    module = load(ROOT, {domain: f"reports.{domain}"}, domain)
    read = tables(module.sections(WINDOW))
    there = {f"{d.parent.name}.{d.name}" for d in (ROOT / "ddl" / domain).iterdir() if d.is_dir()}
    assert read <= there
    assert not {t for t in read if t.split(".")[1].startswith("raw_")}


@pytest.mark.parametrize("part", asked(Figure))
def test_a_chart_names_columns_of_its_query(part: Figure) -> None:
    made_by_the_chart = {"key", "value", "label", "place", "shown", "column", "row"}
    assert fields(part.chart) - made_by_the_chart <= set(columns(part.sql))


@pytest.mark.parametrize("part", [*asked(Listing), *asked(Numbers)])
def test_a_table_names_columns_of_its_query(part: Listing | Numbers) -> None:
    assert {f.name for f in part.fields} <= set(columns(part.sql))


@pytest.mark.parametrize("part", asked(Figure))
def test_vega_lite_understands_the_chart(part: Figure) -> None:
    row = dict.fromkeys(columns(part.sql), 1)
    vega = vl_convert.vegalite_to_vega({**part.chart, "datasets": {"rows": [row]}})
    assert vega["marks"]


@pytest.mark.parametrize("part", [*asked(Figure), *asked(Listing), *asked(Numbers)])
def test_partitioned_tables_are_read_in_the_window_only(part: Figure | Listing | Numbers) -> None:
    """Each table with days or years is filtered by them: a report does not read ten years for one month."""
    tree = sqlglot.parse_one(part.sql, dialect="spark")
    whole = {"users", "songs", "artists", "products", "sellers", "orders", "geolocation", "deputies"}
    whole |= {"categories", "suppliers", "parties", "delivery_features"}
    for select in tree.find_all(exp.Select):
        source = select.args.get("from_") or select.args.get("from")
        if source is None or not isinstance(source.this, exp.Table) or source.this.name in whole:
            continue
        where = select.args.get("where")
        assert where is not None, part.sql
        assert re.search(r"\b(dt|year) BETWEEN '2018", where.sql(dialect="spark")), part.sql


@pytest.mark.parametrize("domain", DOMAINS)
def test_quality_is_of_every_published_table(domain: str) -> None:
    published = {f"{domain}.{path.stem}" for path in (ROOT / "sql" / domain).glob("*.sql")}
    published = {name for name in published if not name.endswith(".checks")}
    shown = [part.table for part in parts(domain) if isinstance(part, Quality)]
    assert sorted(shown) == sorted(published)


def test_the_tiles_are_the_27_units_of_brazil_side_by_side() -> None:
    assert " ".join(sorted(TILES)) == (
        "AC AL AM AP BA CE DF ES GO MA MG MS MT PA PB PE PI PR RJ RN RO RR RS SC SE SP TO"
    )
    assert len(set(TILES.values())) == 27
    # Neighbours on the ground are not far on the map: states of one border are at most two tiles apart.
    for one, other in [("RS", "SC"), ("SC", "PR"), ("PR", "SP"), ("SP", "RJ"), ("MG", "ES"), ("AC", "RO")]:
        (x, y), (u, v) = TILES[one], TILES[other]
        assert abs(x - u) + abs(y - v) <= 2, (one, other)


def test_the_project_names_its_reports() -> None:
    config = load_config(ROOT)
    if not config.reports:
        pytest.skip("[tool.warehouse.reports] is not in pyproject.toml")
    assert sorted(config.reports) == list(DOMAINS)
