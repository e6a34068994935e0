"""Answering questions: over what readers see, or over what the logs say they saw at a moment."""

from __future__ import annotations

import contextlib
import secrets
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from runner.engines import Rows
from runner.lake import Lake
from runner.staging import partition_of, table_of
from warehouse.errors import OutsideError, ProjectError
from warehouse.log import State, fold
from warehouse.names import Spec, TableName
from warehouse.query import parse_query

if TYPE_CHECKING:
    from runner.athena import Answer


def query(lake: Lake, sql: str, *, limit: int | None = None, as_of: str | None = None) -> Rows:
    """The answer to one SELECT. ``as_of`` reads every table of the project as its log had it then.

    :class:`ProjectError` for what is no single SELECT; :class:`RunFailedError` with Spark's words otherwise.
    """
    parsed = parse_query(sql)
    if as_of is None:
        return lake.engine.query(sql.strip().rstrip(";"), limit)
    moment = _moment(as_of)
    with contextlib.ExitStack() as stack:
        redirects = {}
        for table in sorted({r.table for r in parsed.inputs}):
            state = _state_at(lake, table, moment)
            if state is not None:
                redirects[table] = _shadow(lake, stack, table, state, as_of)
        return lake.engine.query(parsed.spliced(redirects), limit)


def athena(lake: Lake, sql: str, limit: int | None = None) -> Answer:
    """The answer to one SELECT, asked of Athena in its own SQL; see :class:`AthenaReader`."""
    from runner.athena import AthenaReader

    region, endpoint = lake.aws()
    return AthenaReader(lake.target.athena, region, endpoint, lake.progress).query(sql, limit)


def _moment(text: str) -> str:
    """As log entries write their time; a day means its end."""
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        raise ProjectError(
            f"{text!r} is not a time", fix="write 2018-11-15T12:00:00 (UTC) or a day"
        ) from None
    if len(text) == 10:
        moment = moment.replace(hour=23, minute=59, second=59, microsecond=999000)
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=UTC)
    return moment.astimezone(UTC).isoformat(timespec="milliseconds")


def _state_at(lake: Lake, table: TableName, moment: str) -> State | None:
    """The fold of the entries up to a moment; None for tables without a log, which are read as they are."""
    entries = lake.log(table).entries(0)
    if not entries:
        return None
    state = fold(e for e in entries if e.time <= moment)
    if state.contract is None:
        raise ProjectError(f"{table} did not exist at {moment}", why=f"its log begins at {entries[0].time}")
    return state


def _shadow(lake: Lake, stack: contextlib.ExitStack, table: TableName, state: State, as_of: str) -> str:
    """A table of our own over the directories of then; gone when ``stack`` closes."""
    contract = state.contract
    assert contract is not None
    now = lake.log(table).state()
    for partition in state.partitions().values():
        if now.doomed(partition.location) is not None:
            raise ProjectError(
                f"{table} {partition.partition} cannot be read as of {as_of}",
                why="vacuum has condemned its directory",
                fix="ask for a later time",
            )
    database = lake.staging_database()
    name = TableName(database, f"{table.db}__{table.table}__as_of_{secrets.token_hex(6)}")
    location = contract.location
    if contract.is_snapshot and state.partitions():
        location = state.partitions()[""].location
    made = table_of(contract, lake.uri(location))
    shadow = type(made)(
        name,
        made.columns,
        made.partitions,
        made.storage,
        made.location,
        f"{table} as of {as_of}",
        {"EXTERNAL": "TRUE"},
    )
    stack.callback(_drop, lake, name)
    lake.metastore.create_table(shadow)
    if not contract.is_snapshot:
        partitions = [
            partition_of(contract, Spec.parse(p.partition).values, lake.uri(p.location), {})
            for p in state.partitions().values()
        ]
        failed = lake.metastore.add_partitions(shadow, partitions) if partitions else []
        if failed:
            raise OutsideError(f"{table} could not be read as of {as_of}", why=failed[0].why)
    return name.quoted


def _drop(lake: Lake, name: TableName) -> None:
    with contextlib.suppress(OutsideError):
        lake.metastore.drop_table(name)
