"""``warehouse test --generate`` writes a case from real rows that belong together, and it passes."""

from __future__ import annotations

import pytest
from tiny import Tiny

from runner.api import Warehouse
from runner.unit import cases_of

pytestmark = [pytest.mark.spark, pytest.mark.metastore]


@pytest.fixture
def shop(tiny: Tiny) -> Tiny:
    """``sales`` of fifty lines, each with its price among a hundred."""
    tiny.source(name="lines")
    tiny.land("dt=2018-11-15", [f'{{"item":"item-{n:03}"}}' for n in range(50)], table="lines")
    tiny.source(name="prices", partitions="")
    tiny.land("", [f"item-{n:03},{n}.50" for n in range(100)], table="prices")
    tiny.create("sales", columns="item STRING, price DECIMAL(8,2), sold_at TIMESTAMP")
    tiny.sql(
        "sales",
        "INSERT OVERWRITE TABLE {db}.sales PARTITION (dt = '{{ ds }}')\n"
        "SELECT get_json_object(l.line, '$.item') AS item,\n"
        "  CAST(split(p.line, ',')[1] AS DECIMAL(8,2)) AS price,\n"
        "  timestamp('{{ ds }} 10:00:00.25') AS sold_at\n"
        "FROM {db}.lines AS l\n"
        "LEFT JOIN {db}.prices AS p ON split(p.line, ',')[0] = get_json_object(l.line, '$.item')\n"
        "WHERE l.dt = '{{ ds }}'\n",
    )
    tiny.ok("ddl", "apply")
    tiny.ok("run", "--select", "{db}.sales", "--date", "2018-11-15")
    return tiny


def test_a_case_is_written_from_rows_that_belong_together_and_passes(shop: Tiny) -> None:
    before = shop.everything()
    answer = shop.ok("test", "--generate", "{db}.sales", "--date", "2018-11-15")
    path = f"tests/sql/{shop.db}/sales/2018-11-15.yaml"
    assert answer.out.startswith(f"wrote {path}")
    with Warehouse.open(shop.root) as warehouse:
        ((_, (case,)),) = cases_of(warehouse.lake, [shop.name("sales")])
    assert case.expect is not None and case.expect.columns == ("item", "price", "sold_at", "dt")
    assert len(case.expect.rows) >= 3
    assert len(case.given[shop.name("lines")].rows) < 10
    found = [row for row in case.expect.rows if row[1] is not None]
    assert len(found) >= 3, "the prices of the chosen lines were found"
    assert all(str(price) == f"{int(item[-3:])}.50" for item, price, *_ in found)
    assert "1 passed" in shop.ok("test").err
    assert shop.everything() == before
    answer = shop("test", "--generate", "{db}.sales", "--date", "2018-11-15")
    assert answer.code == 2 and "is there already" in answer.err
    answer = shop("test", "--generate", "{db}.sales", "--date", "2018-11-16")
    assert answer.code == 2 and "is not published" in answer.err
    assert shop("test", "--generate", "{db}.sales").code == 2
