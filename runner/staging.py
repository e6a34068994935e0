"""Tables as metastores hold them, made from contracts: the published one and a run's staging table."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from runner.metastores import Partition, Table
from warehouse.contract import Contract
from warehouse.manifest import Staging, StagingColumn
from warehouse.names import Spec, TableName


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


def staging_table(
    contract: Contract, fixed: Spec, database: str, run_id: str, directory: str
) -> tuple[Table, Staging]:
    """A run's staging table, and how the manifest tells of it.

    With a fully static spec it has no partition columns and lies at the partition's final directory;
    otherwise it is partitioned by the dynamic columns alone.
    """
    known = fixed.as_dict()
    dynamic = tuple(c for c in contract.partitions if c.name not in known)
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
        dynamic=tuple(StagingColumn(c.name, c.type) for c in dynamic),
        partition_columns=tuple(StagingColumn(c.name, c.type) for c in contract.partitions),
    )


def _writing_properties(contract: Contract) -> dict[str, str]:
    """Table properties that decide how files are written (``parquet.compression``, ``orc.compress``)."""
    return {k: v for k, v in contract.properties.items() if k.startswith(("parquet.", "orc."))}
