"""For every table of the project whose SQL takes a range: thirty intervals at once are thirty single ones.

The statements are compared, in one Spark session: a batch's SELECT with the thirty SELECTs of its intervals.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import pytest

from runner.api import Warehouse
from runner.request import Options, interval_range
from tests.domain_session import ROOT, configure
from warehouse.config import load_config
from warehouse.intervals import Interval
from warehouse.model import Model
from warehouse.names import TableName
from warehouse.project import Context, Project
from warehouse.settings import PINNED
from warehouse.splice import splice

pytestmark = [pytest.mark.spark, pytest.mark.metastore]

NUMBER = 30
AT_ONCE = 6
"""Single statements in one query of the test."""


@dataclass(frozen=True)
class Generated:
    start: str
    end: str
    rate: float


FILES = {
    "music": Generated("2018-11-01", "2018-11-30", 30),
    "retail": Generated("2017-09-01", "2017-09-30", 8),
    "weblogs": Generated("2015-05-01", "2015-05-02", 60),
}
FAULTY = {
    "music/raw_events/dt=2018-11-02/faulty.json": b'{"ts": 15\n\n',
    "music/raw_events/dt=2018-11-17/faulty.json": b"oops\n",
    "retail/raw_payments/dt=2017-09-02/faulty.jsonl": b'{"order_id":"o1","payment_sequential":"?"}\noops\n',
    "retail/raw_orders/dt=2017-09-17/faulty.jsonl": b'{"broken":"a,b","why":"2 fields"}\n',
    "weblogs/raw_lines/dt=2015-05-01/hour=02/faulty.log": b"no line of a log\n\n",
    "weblogs/raw_lines/dt=2015-05-01/hour=17/faulty.log": b"no line of a log\n",
}
"""Lines for the tables of rejects, on two days or hours, beside the files that are generated."""
QUICK = {
    "spark.sql.codegen.wholeStage": "false",
    "spark.sql.codegen.factoryMode": "NO_CODEGEN",
    "spark.sql.adaptive.enabled": "false",
    "spark.sql.shuffle.partitions": "1",
}
STRETCHED = {TableName("weblogs", "traffic_daily"): TableName("weblogs", "requests")}
"""Daily tables of hourly ones: thirty days are made of one day's rows, for 720 hours take minutes to run."""
TABLES = {
    "music": ("events", "rejected_events", "songplays", "times"),
    "retail": (
        "baskets", "customers", "daily_report", "items", "order_events", "payments", "rejects", "reviews"
    ),
    "weblogs": ("rejected_lines", "requests", "traffic_daily", "traffic_hourly"),
}  # fmt: skip


def test_these_are_all_of_them() -> None:
    project = Project(ROOT, load_config(ROOT), Context("local", "lake", {}))
    ranged = {name for name in project.sql_files if project.model(name).is_range}
    assert ranged == {TableName(db, table) for db, tables in TABLES.items() for table in tables}


@pytest.fixture(scope="module", params=FILES)
def domain(
    request: pytest.FixtureRequest,
    metastore_uri: str,
    one_spark: None,
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[tuple[str, Warehouse]]:
    """A warehouse of one domain with generated files, all of its tables built in batches."""
    db = request.param
    root = tmp_path_factory.mktemp(db)
    configure(root, db, metastore_uri)
    with Warehouse.open(root) as warehouse:
        files = FILES[db]
        list(warehouse.ddl_apply())
        list(warehouse.land_generated(db, files.start, files.end, rate=files.rate))
        for key, lines in FAULTY.items():
            if key.startswith(f"{db}/"):
                warehouse.lake.store.write(key, lines)
        needed = [f"+{db}.{table}" for table in TABLES[db]]
        report = warehouse.backfill(needed, files.start, files.end, options=Options(batch=1000))
        assert not report.exit_code, next(o for o in report.outcomes if o.status.exit_code)
        yield db, warehouse
        session(warehouse).catalog.clearCache()
        for name in warehouse.project.tables:
            warehouse.lake.metastore.drop_table(name)


def test_a_batch_equals_its_single_intervals(domain: tuple[str, Warehouse]) -> None:
    db, warehouse = domain
    spark = session(warehouse)
    cached: dict[TableName, str] = {}
    for table in TABLES[db]:
        model = warehouse.project.model(TableName(db, table))
        files = FILES[db]
        source = STRETCHED.get(model.name)
        intervals = interval_range(files.start, "2015-05-30" if source else files.end)(model)[:NUMBER]
        for name in model.inputs:
            if name not in cached and name != source:
                cached[name] = shared(spark, spark.table(str(name)), f"rows_of_{name.table}")
        redirects = cached | ({source: stretched(spark, source, files.start)} if source else {})
        together = rows(spark, [select(model, intervals, redirects)])
        alone = [select(model, [one], redirects) for one in intervals]
        singly: Counter[tuple[object, ...]] = Counter()
        for at in range(0, len(alone), AT_ONCE):
            singly += rows(spark, alone[at : at + AT_ONCE])
        assert len(intervals) == NUMBER
        assert together == singly, (table, (together - singly) + (singly - together))
        assert together, f"{table} has no rows to compare"
        assert not table.startswith("reject") or together.total() >= 3, f"{table} lacks the faulty lines"


def session(warehouse: Warehouse) -> Any:
    """A session that interprets expressions: compiling Java for every day's statement takes minutes."""
    spark: Any = warehouse.lake.engine.session().newSession()  # type: ignore[attr-defined]
    for key, value in {**PINNED, **QUICK}.items():
        spark.conf.set(key, value)
    return spark


def select(model: Model, intervals: Sequence[Interval], redirects: Mapping[TableName, str]) -> str:
    """The statement without its header."""
    rendered = model.render(intervals[0], intervals[0], intervals[-1])
    return splice(model.parse(rendered), "", redirects).strip()


def shared(spark: Any, frame: Any, name: str) -> str:
    """Rows kept in memory, under a name."""
    frame.coalesce(1).cache().createOrReplaceGlobalTempView(name)
    return f"global_temp.{name}"


def stretched(spark: Any, table: TableName, day: str) -> str:
    """A view of the table in which each of thirty days has other rows of ``day``."""
    days = spark.range(NUMBER).withColumnRenamed("id", "n")
    rows = spark.table(str(table)).where(f"dt = '{day}'").drop("dt").crossJoin(days)
    rows = rows.where("pmod(hash(host, n), 3) > 0")
    rows = rows.selectExpr("*", f"CAST(date_add(DATE '{day}', CAST(n AS INT)) AS STRING) AS dt")
    return shared(spark, rows.drop("n"), f"stretched_{table.table}")


def rows(spark: Any, statements: Sequence[str]) -> Counter[tuple[object, ...]]:
    found = spark.sql("\nUNION ALL\n".join(f"(\n{text}\n)" for text in statements)).collect()
    return Counter(tuple(map(repr, row)) for row in found)
