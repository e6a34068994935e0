"""DDL, applied: files to log entries to the metastore; adoption of what is there already."""

from __future__ import annotations

import re
import secrets
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from runner.drift import differences
from runner.lake import Lake
from runner.metastores import Table
from runner.publish import append_or_lose, converge
from warehouse.contract import Contract
from warehouse.ddl import DdlFile, checksum
from warehouse.ddl_text import compare, contract_text, own_properties
from warehouse.errors import Location, ProjectError, WarehouseError
from warehouse.log import Adopt, Ddl, Drop, PartitionState, SliceState, State
from warehouse.names import Spec, TableName
from warehouse.protocol import CONTRACT_PROPERTY, EMPTY_DIRECTORY, adopt_rule


@dataclass(frozen=True)
class TableDdl:
    """How a table's files, log and metastore stand to each other.

    ``applied`` and ``written`` are versions (0: none); ``problems`` are what must be mended by hand,
    ``drift`` is where the metastore differs from the log (any command on the table mends it).
    """

    table: TableName
    written: int
    applied: int
    pending: tuple[str, ...] = ()
    problems: tuple[WarehouseError, ...] = ()
    drift: tuple[str, ...] = ()

    @property
    def word(self) -> str:
        if self.problems:
            return "problem"
        if self.pending:
            return "pending"
        return "drift" if self.drift else "applied"


@dataclass(frozen=True)
class Applied:
    """What ``apply`` did with a table: ``before`` and ``after`` are versions; ``written`` counts records."""

    table: TableName
    before: int
    after: int
    written: int


def status(lake: Lake, tables: Sequence[TableName]) -> Iterator[TableDdl]:
    """Compare files, log and metastore of each table; a table that is wrong does not hide the others."""
    for table in tables:
        state = lake.log(table).state()
        try:
            files = lake.project.ddl_files(table)
            contract = lake.project.contract_or_none(table)
        except WarehouseError as error:
            yield TableDdl(table, 0, _version(state), problems=(error,))
            continue
        problems = tuple(_edited(files, state))
        pending = tuple(f.path for f in files if f.file not in state.checksums)
        if contract is None and state.contract is None and state.dropped:
            pending = ()
        found = tuple(differences(lake, table, state))
        yield TableDdl(table, files[-1].version if files else 0, _version(state), pending, problems, found)


def apply(lake: Lake, tables: Sequence[TableName]) -> Iterator[Applied]:
    """Append what is pending, table by table, and converge each; databases are made where they lack.

    :class:`ProjectError` before anything is changed where files are wrong, were edited after they were
    applied, or a table of that name is there already that this tool did not make.
    """
    plans = []
    for table in tables:
        files = lake.project.ddl_files(table)
        contract = lake.project.contract_or_none(table)
        state = lake.log(table).state()
        edited = next(_edited(files, state), None)
        if edited is not None:
            raise edited
        if state.head == 0 and contract is not None:
            _refuse_foreign(lake, table)
        plans.append((table, files, contract, state))
    for table, files, contract, state in plans:
        before = _version(state)
        checksums = {f.file: checksum(f.text) for f in files}
        log = lake.log(table)
        if contract is None:
            if state.contract is not None:
                append_or_lose(log, Drop(), state.head, f"drop-{secrets.token_hex(8)}")
        elif state.contract is None or checksums != state.checksums:
            body = Ddl(contract, checksums)
            append_or_lose(log, body, state.head, f"ddl-{secrets.token_hex(8)}")
        done = converge(lake, table)
        yield Applied(table, before, contract.version if contract else 0, done.written)


def _version(state: State) -> int:
    return state.contract.version if state.contract else 0


def _edited(files: Sequence[DdlFile], state: State) -> Iterator[ProjectError]:
    """Applied files that have changed since, or are gone."""
    here = {f.file: f for f in files}
    for name, applied in state.checksums.items():
        file = here.get(name)
        if file is None:
            folder = files[0].path.rpartition("/")[0] if files else "its folder"
            yield ProjectError(
                f"{name} was applied, and is gone from {folder}",
                why="the log of the table has its checksum",
                fix="restore the file; to change the table, add the next one",
            )
        elif checksum(file.text) != applied:
            yield ProjectError(
                f"{name} was edited after it was applied",
                where=Location(file.path),
                why="what was applied cannot be changed afterwards: other targets have the old text",
                fix=f"restore it, and write the change into V{len(files) + 1:03}__….sql",
            )


def _refuse_foreign(lake: Lake, table: TableName) -> None:
    there = lake.metastore.table(table)
    if there is not None and CONTRACT_PROPERTY not in there.parameters:
        raise ProjectError(
            f"{table} is in the metastore already, and was not made by this project",
            where=Location(f"ddl/{table.db}/{table.table}"),
            why=f"it lies at {there.location}",
            fix=f"take it over with its partitions: warehouse ddl adopt {table}",
        )


# ------------------------------------------------------------------ writing files


def new_file(lake: Lake, table: TableName, name: str | None) -> Path:
    """The next DDL file of a table, with a first line to fill in; answers its path."""
    files = lake.project.ddl_files(table)
    version = len(files) + 1
    label = name or ("create" if version == 1 else "change")
    if not re.fullmatch(r"[a-z][a-z0-9_]*", label):
        raise ProjectError(f"{label!r} cannot be in a file's name", fix="use lower_snake_case")
    path = lake.root / "ddl" / table.db / table.table / f"V{version:03}__{label}.sql"
    if version == 1:
        text = (
            f"CREATE EXTERNAL TABLE {table} (\n"
            "  id STRING COMMENT 'what identifies a row'\n)\n"
            "COMMENT 'One row per …'\n"
            "PARTITIONED BY (dt STRING COMMENT 'UTC date, yyyy-MM-dd')\n"
            "STORED AS PARQUET;\n"
        )
    else:
        text = f"ALTER TABLE {table} ADD COLUMNS (\n  new_column STRING COMMENT '…'\n);\n"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")
    return path


def contract_of(lake: Lake, table: Table) -> Contract:
    """The contract that a metastore's table fulfils."""
    properties = {k: v for k, v in own_properties(table.parameters).items() if not k.startswith("warehouse.")}
    return Contract(
        str(table.name), table.columns, table.partitions, table.storage, lake.location(table.location),
        table.comment, properties,
    )  # fmt: skip


def import_table(lake: Lake, table: TableName) -> Path:
    """Write V001 of a table that someone else owns, from the metastore; answers its path."""
    there = _external(lake, table)
    if lake.project.ddl_files(table):
        raise ProjectError(f"{table} has DDL files already", where=Location(f"ddl/{table.db}/{table.table}"))
    path = lake.root / "ddl" / table.db / table.table / "V001__create.sql"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(contract_text(contract_of(lake, there)), encoding="utf-8")
    return path


def _external(lake: Lake, table: TableName) -> Table:
    there = lake.metastore.table(table)
    if there is None:
        raise ProjectError(f"{lake.metastore.name} has no table {table}")
    if there.kind != "EXTERNAL_TABLE":
        raise ProjectError(
            f"{table} is a {there.kind.lower().replace('_', ' ')}, not an external table",
            why="the metastore deletes a managed table's files when it is dropped",
            fix=f"make it external first: ALTER TABLE {table} SET TBLPROPERTIES ('EXTERNAL'='TRUE')",
        )
    return there


def adopt(lake: Lake, table: TableName) -> Applied:
    """Take over an existing external table with its partitions where they lie, rewriting nothing.

    Its DDL files must describe it as it is (``ddl import`` writes them). :class:`ProjectError` where they
    differ from the metastore; partitions whose location the log knows already are left alone.
    """
    there = _external(lake, table)
    contract = lake.project.contract(table)
    found = contract_of(lake, there)
    wrong = [str(d) for d in compare(contract, found) if not d.what.startswith(("comment", "property"))]
    if wrong:
        raise ProjectError(
            f"the DDL of {table} does not describe the table that is there",
            where=Location(f"ddl/{table.db}/{table.table}"),
            why="; ".join(wrong),
            fix="make the files say what is there, adopt, and change it with the next file",
        )
    log = lake.log(table)
    state = log.state()
    if state.contract is None:
        files = lake.project.ddl_files(table)
        body = Ddl(contract, {f.file: checksum(f.text) for f in files})
        state = append_or_lose(log, body, state.head, f"ddl-{secrets.token_hex(8)}")
    slices = tuple(_lying(lake, table, contract, there, state))
    if slices:
        append_or_lose(log, Adopt(slices), state.head, f"adopt-{secrets.token_hex(8)}")
    done = converge(lake, table)
    return Applied(table, 0, contract.version, done.written)


def _lying(
    lake: Lake, table: TableName, contract: Contract, there: Table, state: State
) -> Iterator[SliceState]:
    """The partitions as slices: those of one slice of the table's SQL together."""
    run_id = f"adopted-{secrets.token_hex(4)}"
    if contract.is_snapshot:
        location = lake.location(there.location)
        if location not in state.known:
            yield SliceState("", run_id, (PartitionState("", location, run_id),))
        return
    width = len(contract.partitions)
    if lake.project.has_sql(table):
        width = len(lake.project.model(table).slicing.columns)
    slices: dict[str, list[PartitionState]] = {}
    columns = contract.partition_columns
    for partition in lake.metastore.partitions(table):
        location = lake.location(partition.location)
        if location in state.known or location == f"{contract.location.rstrip('/')}/{EMPTY_DIRECTORY}":
            continue
        spec = Spec.of(columns, partition.values)
        slices.setdefault(Spec(spec.pairs[:width]).path, []).append(
            PartitionState(spec.path, location, run_id)
        )
    for path, partitions in sorted(slices.items()):
        found = SliceState(path, run_id, tuple(partitions))
        # What the log knows is not found elsewhere: neither a parked partition nor a published slice.
        if adopt_rule(found, state) is None:
            yield found


def diff(lake: Lake, table: TableName) -> list[str]:
    """What applying would change, and where the metastore differs from the log; empty when nothing."""
    state = lake.log(table).state()
    written = lake.project.contract_or_none(table)
    found = []
    if written is None and state.contract is not None:
        found.append("apply drops the table")
    elif written is not None and state.contract is None:
        found.append(f"apply creates the table at version {written.version}")
    elif written is not None and state.contract is not None:
        found += [d.text("the files", "the log") for d in compare(written, state.contract)]
    return found + [f"metastore: {line}" for line in differences(lake, table, state)]
