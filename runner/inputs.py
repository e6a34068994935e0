"""The inputs of a run as they are now: logs folded, sources listed, both brought into the metastore."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime

from runner import sources
from runner.lake import Lake
from runner.publish import Shown, append, converge
from warehouse.errors import ProjectError
from warehouse.intervals import Grain
from warehouse.log import Entry, Publish, State, fold
from warehouse.names import TableName
from warehouse.reading import Input
from warehouse.slicing import by_convention
from warehouse.sourcing import Layout


class Inputs:
    """Inputs by table, each looked at once; :meth:`refresh` after this command has published to one."""

    def __init__(self, lake: Lake) -> None:
        self.lake = lake
        self.now = datetime.now(UTC)
        self._known: dict[TableName, Input] = {}
        self._registered: set[TableName] = set()

    def look(self, tables: Iterable[TableName]) -> dict[TableName, Input]:
        """As they are, changing nothing: what a plan compares with."""
        for table in tables:
            if table not in self._known:
                self._known[table] = self._observe(table)
        return {table: self._known[table] for table in tables}

    def ready(self, tables: Iterable[TableName]) -> Settling:
        """Register sources now, and begin to converge every pointer: when that is done, Spark reads what the
        log says, and a run may start."""
        new = [table for table in dict.fromkeys(tables) if table not in self._registered]
        for table in new:
            self._register(table)
        self._registered.update(new)
        return Settling(self.lake, new)

    def refresh(self, table: TableName) -> None:
        """Forget what was seen of a table; its pointers stay converged."""
        self._known.pop(table, None)

    # ------------------------------------------------------------------ one table

    def _observe(self, table: TableName) -> Input:
        project, log = self.lake.project, self.lake.log(table)
        state = log.state()
        if project.has_sql(table):
            model = project.model(table)
            start, end = model.front.start, model.front.end
            return Input(
                table,
                state,
                model.slicing,
                False,
                start.start if start else None,
                end.end if end else None,
            )
        if state.contract is None:
            contract = project.contract(table)
            return Input(table, State(), by_convention(contract.partitions, None), True)
        seen = self._seen(table, state)
        if seen.changed:
            entry = Entry(state.head + 1, "observed", state.time, Publish(seen.changed))
            state = fold([entry], state)
        assert state.contract is not None
        slicing = Layout.of(state.contract).slicing
        return Input(table, state, slicing, True, waiting=seen.waiting, found=bool(seen.changed))

    def _seen(self, table: TableName, state: State) -> sources.Observation:
        assert state.contract is not None
        store, root = self.lake.place(state.contract.location)
        return sources.observe(store, root, state.contract, state, None, self.now)

    def _register(self, table: TableName) -> None:
        log = self.lake.log(table)
        state = log.state()
        if state.contract is None:
            raise ProjectError(f"{table} is read, but its DDL is not applied", fix="run: warehouse ddl apply")
        if not self.lake.project.has_sql(table):
            seen = self._seen(table, state)
            if seen.changed:
                self.lake.progress(f"{table}: {len(seen.changed)} new or changed source partitions")
                append(log, Publish(seen.changed), state.head, f"observe-{_nonce()}")
        self.refresh(table)


class Settling:
    """Tables being converged, beside whatever else is done until :meth:`wait`."""

    def __init__(self, lake: Lake, tables: Sequence[TableName]) -> None:
        self._pool = ThreadPoolExecutor(max(1, min(len(tables), 8)), thread_name_prefix="converge")
        self._work = {table: self._pool.submit(converge, lake, table) for table in tables}
        self.shown: dict[TableName, Shown] = {}
        """What the metastore showed of each, once it is waited for."""

    def wait(self) -> None:
        """Until all are done; raises what went wrong with the first that was not."""
        work, self._work = self._work, {}
        self._pool.shutdown()
        for table, done in work.items():
            self.shown[table] = done.result()


def grain_of(lake: Lake, table: TableName) -> Grain:
    """The grain of a table with SQL, or of a source by its partition columns."""
    if lake.project.has_sql(table):
        return lake.project.model(table).grain
    return by_convention(lake.project.contract(table).partitions, None).grain


def _nonce() -> str:
    import secrets

    return secrets.token_hex(8)
