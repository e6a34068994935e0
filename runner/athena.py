"""Asking Athena: a query is started, waited for, and its pages read; on Ctrl-C it is cancelled there.

Facts: https://docs.aws.amazon.com/athena/latest/APIReference (StartQueryExecution, GetQueryResults).
"""

from __future__ import annotations

import secrets
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

import sqlglot
from botocore import xform_name
from botocore.config import Config as ClientConfig
from botocore.exceptions import BotoCoreError, ClientError
from sqlglot import exp

from runner import aws
from runner.engines import Progress, Rows
from runner.job.redaction import redacted
from warehouse.config import Athena
from warehouse.errors import Location, OutsideError, ProjectError, RunFailedError

LONGEST = 262_144
"""Bytes that a query may have (Athena's service limits)."""
LEAST_BILLED = 10_000_000
"""Bytes that a query costs at least, unless it fails (Athena's pricing)."""
_PAGE = 1000
_WAITING = ("QUEUED", "RUNNING")
_SETTINGS = Location("pyproject.toml")


@dataclass(frozen=True)
class Answer:
    """``scanned`` bytes were read for it, which cost about ``dollars``."""

    rows: Rows
    scanned: int
    dollars: float


class AthenaReader:
    """Queries in one work group. Results are read from the service, not from where it also writes them."""

    def __init__(
        self, settings: Athena, region: str, endpoint: str, progress: Progress, pause: float = 0.2
    ) -> None:
        self.settings = settings
        self._progress = progress
        self._pause = pause
        config = ClientConfig(retries={"mode": "adaptive", "max_attempts": 8})
        try:
            self._client = aws.session().client(
                "athena", region_name=region or None, endpoint_url=endpoint or None, config=config
            )
        except BotoCoreError as error:
            raise aws.unreachable(error, "Athena") from None

    def query(self, sql: str, limit: int | None = None) -> Answer:
        """The answer to one SELECT in Athena's SQL, at most ``limit`` rows of it.

        :class:`ProjectError` for what is no SELECT, :class:`RunFailedError` with Athena's words where it
        fails, :class:`OutsideError` where Athena cannot be asked.
        """
        text = sql.strip().rstrip(";")
        require_select(text)
        started = self._start(text)
        try:
            execution = self._wait(started)
            rows = self._rows(started, limit)
        except KeyboardInterrupt:
            self._call("StopQueryExecution", QueryExecutionId=started)
            raise
        scanned = int(execution.get("Statistics", {}).get("DataScannedInBytes", 0))
        billed = max(scanned, LEAST_BILLED) if scanned else 0
        return Answer(rows, scanned, billed * self.settings.dollars_per_tb / 1e12)

    def _start(self, sql: str) -> str:
        # The token makes a request that is sent twice one query.
        asked: dict[str, Any] = {
            "QueryString": sql,
            "ClientRequestToken": secrets.token_hex(32),
            "WorkGroup": self.settings.work_group,
            "QueryExecutionContext": {"Catalog": self.settings.catalog},
        }
        if self.settings.output:
            asked["ResultConfiguration"] = {"OutputLocation": self.settings.output}
        return str(self._call("StartQueryExecution", **asked)["QueryExecutionId"])

    def _wait(self, started: str) -> dict[str, Any]:
        pause, told = self._pause, False
        while True:
            answer = self._call("GetQueryExecution", QueryExecutionId=started)
            execution: dict[str, Any] = answer["QueryExecution"]
            status = execution["Status"]
            if status["State"] == "SUCCEEDED":
                return execution
            if status["State"] not in _WAITING:
                raise RunFailedError(
                    f"the query {status['State'].lower()} in Athena",
                    why=redacted(str(status.get("StateChangeReason", "Athena says no more"))),
                )
            if not told and status["State"] == "QUEUED":
                self._progress(f"Athena has queued the query (work group {self.settings.work_group})")
                told = True
            time.sleep(pause)
            pause = min(pause * 1.5, 10 * self._pause)

    def _rows(self, started: str, limit: int | None) -> Rows:
        columns: Sequence[dict[str, Any]] = ()
        rows: list[tuple[Any, ...]] = []
        for columns, page in self._pages(started, limit):
            rows += [_row(columns, row) for row in page]
            if limit is not None and len(rows) >= limit:
                del rows[limit:]
                break
        return Rows(tuple(c["Name"] for c in columns), rows)

    def _pages(
        self, started: str, limit: int | None
    ) -> Iterator[tuple[Sequence[dict[str, Any]], list[dict[str, Any]]]]:
        """Columns and rows, page by page; the first row of the first page repeats the columns' names."""
        asked: dict[str, Any] = {
            "QueryExecutionId": started,
            "MaxResults": _PAGE if limit is None else min(_PAGE, limit + 1),
        }
        first = True
        while True:
            answer = self._call("GetQueryResults", **asked)
            found = answer["ResultSet"]
            columns = found["ResultSetMetadata"]["ColumnInfo"]
            rows = found["Rows"]
            if (
                first
                and rows
                and [c.get("VarCharValue") for c in rows[0]["Data"]] == [c["Name"] for c in columns]
            ):
                rows = rows[1:]
            first = False
            yield columns, rows
            if not answer.get("NextToken"):
                return
            asked["NextToken"] = answer["NextToken"]

    def _call(self, operation: str, **asked: Any) -> Any:
        group = self.settings.work_group
        try:
            return getattr(self._client, xform_name(operation))(**asked)
        except ClientError as error:
            refused = aws.refused(error, f"athena:{operation}", f"work group {group}")
            if refused is not None:
                raise refused from None
            message = aws.message_of(error)
            if "output location" in message.lower():
                raise ProjectError(
                    f"Athena does not know where to write results of work group {group}",
                    where=_SETTINGS,
                    why=message,
                    fix="set `output` of the target's [athena] to an s3:// prefix, or one in the work group",
                ) from None
            if "workgroup" in message.lower().replace(" ", ""):
                raise ProjectError(
                    f"Athena has no work group {group} that can be used", where=_SETTINGS, why=message,
                    fix="set `work_group` of the target's [athena]",
                ) from None  # fmt: skip
            raise OutsideError(f"Athena refused the query: {message}", why=aws.code_of(error)) from None
        except BotoCoreError as error:
            raise aws.unreachable(error, "Athena") from None


def require_select(sql: str) -> None:
    """:class:`ProjectError` unless it is one SELECT: Athena would also write where tables are published."""
    size = len(sql.encode("utf-8"))
    if size > LONGEST:
        raise ProjectError(f"the query has {size:,} bytes, Athena takes {LONGEST:,}")
    try:
        statements = sqlglot.parse(sql, read="athena")
    except sqlglot.errors.SqlglotError as error:
        raise ProjectError(
            "the query cannot be read as Athena's SQL", why=str(error).splitlines()[0].strip()
        ) from None
    if len(statements) != 1 or not isinstance(statements[0], exp.Query):
        raise ProjectError("only one SELECT can be asked", fix="tables are written by `warehouse run` alone")


def _row(columns: Sequence[dict[str, Any]], row: dict[str, Any]) -> tuple[Any, ...]:
    return tuple(
        _value(cell.get("VarCharValue"), column["Type"])
        for cell, column in zip(row["Data"], columns, strict=True)
    )


def _value(text: str | None, kind: str) -> Any:
    """Athena answers all as text: numbers and booleans as they are meant, the rest as it stands."""
    if text is None:
        return None
    if kind in ("tinyint", "smallint", "integer", "int", "bigint"):
        return int(text)
    if kind in ("float", "real", "double"):
        return float(text)
    if kind == "decimal":
        return Decimal(text)
    if kind == "boolean":
        return text == "true"
    return text
