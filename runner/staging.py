"""Tables as metastores hold them, made from contracts: the published one and a run's staging table."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

from runner.metastores import Partition, Table
from warehouse.cells import sql_text, sql_type
from warehouse.contract import Column, Contract, Format
from warehouse.manifest import Staging, StagingColumn
from warehouse.names import Spec, TableName, quote
from warehouse.types import parse_type


def table_of(contract: Contract, location: str) -> Table:
    """The contract as a table whose LOCATION is the URI ``location``."""
    return Table(
        name=contract.name,
        columns=contract.columns,
        partitions=contract.partitions,
        storage=contract.storage,
        location=location,
        comment=contract.comment,
        parameters={**contract.properties, "EXTERNAL": "TRUE"},
    )


def partition_of(
    contract: Contract, values: Sequence[str], location: str, parameters: Mapping[str, str]
) -> Partition:
    """A partition under this contract: location, columns and storage together, never read back."""
    return Partition(tuple(values), contract.columns, contract.storage, location, dict(parameters))


def staging(
    contract: Contract, fixed: Spec, database: str, run_id: str, directory: str, *, named: bool = False
) -> tuple[Table | None, Staging]:
    """Where a run's rows go, and the table to make for that.

    With a fully static spec it has no partition columns and lies at the partition's final directory;
    otherwise it is partitioned by the dynamic columns alone. There is no table to make where the job can do
    with a view of the directory, unless ``named`` asks for one that other sessions know.
    """
    known = fixed.as_dict()
    dynamic = tuple(c for c in contract.partitions if c.name not in known)
    columns = tuple(StagingColumn(c.name, c.type) for c in contract.partitions)
    by = tuple(StagingColumn(c.name, c.type) for c in dynamic)
    if not named and _writable_as_view(contract.storage.format, (*contract.columns, *dynamic)):
        view = quote(f"staging_{run_id.lower().replace('-', '_')}")
        create = _create_view(view, contract, dynamic, directory)
        return None, Staging(view, directory, known, by, columns, create)
    name = TableName(
        database, f"{contract.name.db}__{contract.name.table}__{run_id.lower().replace('-', '_')}"
    )
    table = Table(
        name=name,
        columns=contract.columns,
        partitions=dynamic,
        storage=contract.storage,
        location=directory,
        comment=f"staged rows of {contract.table}",
        parameters={**_writing_properties(contract), "EXTERNAL": "TRUE", "warehouse.run_id": run_id},
    )
    return table, Staging(
        table=name.quoted,
        directory=directory,
        fixed=known,
        dynamic=by,
        partition_columns=columns,
    )


def _writable_as_view(written: Format, columns: Sequence[Column]) -> bool:
    """Whether Spark writes the files of such a table by itself, without Hive's classes. A view knows STRING
    alone, and checks no lengths."""
    lengths = any(re.search(r"\b(?:var)?char\b", c.type, re.IGNORECASE) for c in columns)
    return written in (Format.PARQUET, Format.ORC) and not lengths


def _create_view(view: str, contract: Contract, dynamic: Sequence[Column], directory: str) -> str:
    written = (*contract.columns, *dynamic)
    columns = ", ".join(f"{quote(c.name)} {sql_type(parse_type(c.type))}" for c in written)
    options = {**contract.storage.serde_properties, **_writing_properties(contract)}
    # Of what stands in a path nothing is a pattern.
    options |= {"path": directory, "__globPaths__": "false"}
    given = ", ".join(f"{sql_text(key)} {sql_text(value)}" for key, value in sorted(options.items()))
    return f"CREATE TEMPORARY VIEW {view} ({columns}) USING {contract.storage.format.value} OPTIONS ({given})"


def _writing_properties(contract: Contract) -> dict[str, str]:
    """Table properties that decide how files are written (``parquet.compression``, ``orc.compress``)."""
    return {k: v for k, v in contract.properties.items() if k.startswith(("parquet.", "orc."))}
