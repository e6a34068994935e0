"""Athena is asked through its API. The server answers what it was told to: it has no engine."""

from __future__ import annotations

import json
import urllib.request
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any

import boto3
import pytest
from fixtures_s3 import BUCKET, s3_server
from tiny import Tiny

from runner.athena import LONGEST, AthenaReader
from tests.aws.gate import Answered, Asked, Send, gate
from warehouse.config import Athena
from warehouse.errors import OutsideError, ProjectError, RunFailedError

pytestmark = pytest.mark.s3
OUTPUT = f"s3://{BUCKET}/answers/"


@pytest.fixture(scope="module")
def server() -> Iterator[str]:
    with s3_server() as url:
        yield url


def answer(server: str, columns: list[tuple[str, str]], rows: list[list[str | None]]) -> None:
    """The next query's answer."""
    names = [{"VarCharValue": name} for name, _ in columns]
    result = {
        "rows": [
            {"Data": names},
            *({"Data": [{} if v is None else {"VarCharValue": v} for v in row]} for row in rows),
        ],
        "column_info": [_column(name, kind) for name, kind in columns],
    }
    body = json.dumps({"account_id": "123456789012", "region": "us-east-1", "results": [result]})
    request = urllib.request.Request(
        f"{server}/moto-api/static/athena/query-results", body.encode(), {"Content-Type": "application/json"}
    )
    urllib.request.urlopen(request).close()


def _column(name: str, kind: str) -> dict[str, Any]:
    return {
        "CatalogName": "hive", "SchemaName": "", "TableName": "", "Name": name, "Label": name, "Type": kind,
        "Precision": 0, "Scale": 0, "Nullable": "UNKNOWN", "CaseSensitive": False,
    }  # fmt: skip


def reader(server: str, **settings: Any) -> AthenaReader:
    return AthenaReader(Athena(**{"output": OUTPUT, **settings}), "us-east-1", server, print, pause=0.01)


def test_rows_come_with_their_types(server: str) -> None:
    answer(
        server,
        [
            ("n", "bigint"), ("x", "double"), ("money", "decimal"), ("ok", "boolean"), ("d", "date"),
            ("s", "varchar"),
        ],
        [["7", "0.5", "1.10", "true", "2018-11-15", "n"], [None, None, None, "false", None, ""]],
    )  # fmt: skip
    got = reader(server).query("SELECT * FROM music.songplays;")
    assert got.rows.columns == ("n", "x", "money", "ok", "d", "s")
    assert got.rows.rows == [
        (7, 0.5, Decimal("1.10"), True, "2018-11-15", "n"),
        (None, None, None, False, None, ""),
    ]
    client = boto3.client("athena", endpoint_url=server)
    asked = client.list_query_executions(WorkGroup="primary")["QueryExecutionIds"]
    texts = [client.get_query_execution(QueryExecutionId=i)["QueryExecution"]["Query"] for i in asked]
    assert "SELECT * FROM music.songplays" in texts


def test_a_limit_ends_the_reading(server: str) -> None:
    answer(server, [("n", "bigint")], [[str(n)] for n in range(20)])
    got = reader(server).query("SELECT n FROM t", limit=3)
    assert got.rows.rows == [(0,), (1,), (2,)]


class Scripted:
    """A client whose queries go through these states; pages of two rows."""

    def __init__(self, states: list[dict[str, Any]], rows: int = 0) -> None:
        self.states, self.rows = states, rows
        self.stopped: list[str] = []
        self.started: list[dict[str, Any]] = []

    def start_query_execution(self, **asked: Any) -> dict[str, Any]:
        self.started.append(asked)
        return {"QueryExecutionId": "q1"}

    def get_query_execution(self, QueryExecutionId: str) -> dict[str, Any]:  # noqa: N803 -- boto3's
        state = self.states.pop(0)
        if "interrupt" in state:
            raise KeyboardInterrupt
        return {"QueryExecution": {"Status": state, "Statistics": {"DataScannedInBytes": 2_000_000_000}}}

    def get_query_results(self, NextToken: str = "0", **_: Any) -> dict[str, Any]:  # noqa: N803
        at = int(NextToken)
        rows = [{"Data": [{"VarCharValue": str(n)}]} for n in range(at, min(at + 2, self.rows))]
        if at == 0:
            rows = [{"Data": [{"VarCharValue": "n"}]}, *rows]
        more = {"NextToken": str(at + 2)} if at + 2 < self.rows else {}
        columns = [{"Name": "n", "Type": "integer"}]
        return {"ResultSet": {"Rows": rows, "ResultSetMetadata": {"ColumnInfo": columns}}, **more}

    def stop_query_execution(self, QueryExecutionId: str) -> None:  # noqa: N803
        self.stopped.append(QueryExecutionId)


def scripted(server: str, monkeypatch: pytest.MonkeyPatch, client: Scripted) -> AthenaReader:
    made = reader(server)
    monkeypatch.setattr(made, "_client", client)
    return made


def test_it_waits_reads_every_page_and_says_what_it_cost(
    server: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    client = Scripted([{"State": "QUEUED"}, {"State": "RUNNING"}, {"State": "SUCCEEDED"}], rows=5)
    got = scripted(server, monkeypatch, client).query("SELECT n FROM t")
    assert got.rows.rows == [(n,) for n in range(5)]
    assert (got.scanned, got.dollars) == (2_000_000_000, pytest.approx(0.01))
    assert "queued the query" in capsys.readouterr().out
    assert "ResultReuseConfiguration" not in client.started[0], "a reused result is not what was published"


def test_a_failure_is_told_in_athenas_words(server: str, monkeypatch: pytest.MonkeyPatch) -> None:
    why = "COLUMN_NOT_FOUND: line 1:8: Column 'x' cannot be resolved in account 123456789012"
    client = Scripted([{"State": "FAILED", "StateChangeReason": why}])
    with pytest.raises(RunFailedError) as caught:
        scripted(server, monkeypatch, client).query("SELECT x FROM t")
    assert "Column 'x' cannot be resolved" in str(caught.value)
    assert "123456789012" not in str(caught.value)


def test_an_interrupt_cancels_the_query_there(server: str, monkeypatch: pytest.MonkeyPatch) -> None:
    client = Scripted([{"State": "RUNNING"}, {"interrupt": True}])
    with pytest.raises(KeyboardInterrupt):
        scripted(server, monkeypatch, client).query("SELECT n FROM t")
    assert client.stopped == ["q1"]


@pytest.mark.parametrize(
    "sql",
    ["INSERT INTO t SELECT 1", "DROP TABLE t", "SELECT 1; SELECT 2", "CREATE TABLE t AS SELECT 1 AS n", ""],
)
def test_only_a_select_is_sent(server: str, monkeypatch: pytest.MonkeyPatch, sql: str) -> None:
    client = Scripted([])
    with pytest.raises(ProjectError, match="only one SELECT"):
        scripted(server, monkeypatch, client).query(sql)
    assert not client.started


def test_what_is_no_sql_and_what_is_too_long_is_not_sent(server: str) -> None:
    with pytest.raises(ProjectError, match="cannot be read as Athena's SQL"):
        reader(server).query("SELECT (")
    with pytest.raises(ProjectError, match="Athena takes 262,144"):
        reader(server).query("SELECT '" + "x" * LONGEST + "'")


def test_a_work_group_that_is_not_there(server: str) -> None:
    with pytest.raises(ProjectError, match="no work group") as caught:
        reader(server, work_group="nobody").query("SELECT 1")
    assert "work_group" in str(caught.value)


def test_an_athena_that_cannot_be_reached() -> None:
    with pytest.raises(OutsideError, match="Athena cannot be reached"):
        reader("http://127.0.0.1:9").query("SELECT 1")


def test_the_command(server: str, tmp_path: Any) -> None:
    project = Tiny(tmp_path, "shop", "embedded", {"region": "us-east-1", "endpoint": server})
    project.configure(
        {"region": "us-east-1", "endpoint": server},
        f'\n[tool.warehouse.targets.local.athena]\noutput = "{OUTPUT}"\n',
    )
    answer(server, [("n", "bigint"), ("s", "varchar")], [["1", "a,b"], [None, "é"]])
    got = project("query", "--engine", "athena", "--format", "csv", "SELECT 1")
    assert got.code == 0, got.text
    assert got.out == 'n,s\n1,"a,b"\n,é\n'
    assert "Athena read 0 B" in got.err
    refused = project("query", "--engine", "athena", "--as-of", "2020-01-01", "SELECT 1")
    assert refused.code == 2
    assert "--as-of" in refused.text


@pytest.mark.parametrize(
    ("scanned", "told"),
    [
        (40_000_000_000, "Athena read 40.0 GB, which costs about $0.2700"),
        (
            1_234,
            "Athena read 1.2 kB, which costs about $0.0001",
        ),  # ten megabytes are the least that is billed
    ],
)
def test_the_command_prints_json_and_what_it_cost(
    server: str, tmp_path: Path, scanned: int, told: str
) -> None:
    def spoilt(asked: Asked, send: Send) -> Answered:
        """Moto has no engine and scans nothing."""
        found = send(asked)
        if asked.operation != "GetQueryExecution":
            return found
        body = json.loads(found.body)
        body["QueryExecution"]["Statistics"]["DataScannedInBytes"] = scanned
        return Answered(found.status, found.headers, json.dumps(body).encode())

    with gate(server) as front:
        front.wrong = spoilt
        project = Tiny(tmp_path, "shop", "embedded", {})
        project.configure(
            {"region": "us-east-1", "endpoint": front.url},
            f'\n[tool.warehouse.targets.local.athena]\noutput = "{OUTPUT}"\ndollars_per_tb = 6.75\n',
        )
        columns = [
            ("n", "bigint"), ("x", "double"), ("money", "decimal"), ("ok", "boolean"), ("d", "date"),
            ("s", "varchar"),
        ]  # fmt: skip
        answer(server, columns, [["7", "0.5", "1.10", "true", "2018-11-15", 'é "q"'], [None] * 6])
        got = project("query", "--engine", "athena", "--format", "json", "SELECT 1")
    assert got.code == 0, got.text
    assert got.out.splitlines() == [
        '{"n": 7, "x": 0.5, "money": "1.10", "ok": true, "d": "2018-11-15", "s": "é \\"q\\""}',
        '{"n": null, "x": null, "money": null, "ok": null, "d": null, "s": null}',
    ]
    assert told in got.err
