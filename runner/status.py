"""How tables stand: what is published, held, claimed, and whether the metastore shows it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from runner.claims import Claim, Claims
from runner.drift import differences
from runner.lake import Lake
from runner.overwritten import overwritten
from warehouse.errors import WarehouseError
from warehouse.log import Hold
from warehouse.names import TableName


@dataclass(frozen=True)
class TableStatus:
    """One table. ``first`` and ``last`` are its slices' specs in order; ``rows`` is -1 where unknown."""

    table: TableName
    kind: str
    version: int = 0
    slices: int = 0
    first: str = ""
    last: str = ""
    rows: int = -1
    bytes: int = 0
    published: str = ""
    holds: tuple[Hold, ...] = ()
    claims: tuple[Claim, ...] = ()
    drift: tuple[str, ...] = ()
    warnings: tuple[str, ...] = ()
    error: WarehouseError | None = None


def status(lake: Lake, tables: Sequence[TableName]) -> Iterator[TableStatus]:
    """Compare what the log says of each table with what the metastore shows, and with the files."""
    for table in tables:
        kind = "table" if lake.project.has_sql(table) else "source"
        try:
            yield _one(lake, table, kind)
        except WarehouseError as error:
            yield TableStatus(table, kind, error=error)


def _one(lake: Lake, table: TableName, kind: str) -> TableStatus:
    state = lake.log(table).state()
    specs = sorted(s for s, held in state.slices.items() if held.partitions)
    partitions = [p for s in state.slices.values() for p in s.partitions]
    rows = -1 if any(p.rows < 0 for p in partitions) else sum(p.rows for p in partitions)
    return TableStatus(
        table,
        kind,
        state.contract.version if state.contract else 0,
        len(specs),
        specs[0] if specs else "",
        specs[-1] if specs else "",
        rows if partitions else 0,
        sum(p.bytes for p in partitions),
        state.time,
        tuple(state.holds.values()),
        Claims(lake.store, table).current(),
        (*differences(lake, table, state), *overwritten(lake, state)),
        tuple(f"{s.spec or 'table'}: {w}" for s in state.slices.values() for w in s.warnings),
    )
