"""The document that an engine gets, and the one it answers with.

A manifest is complete and rendered: an engine needs it and ``runner/job``, nothing else.
"""

from __future__ import annotations

import msgspec

from warehouse.log import InputRead

FORMAT = 1


class StagingColumn(msgspec.Struct, frozen=True):
    """A partition column of the target. ``type`` is Hive's."""

    name: str
    type: str


class Staging(msgspec.Struct, frozen=True):
    """Where the job writes: a table made by the runner, in a directory that nothing has pointed at.

    ``directory`` is the staging table's LOCATION: the slice's final partition directory when the spec is
    static, its parent when columns are dynamic. ``fixed`` are the values of the static columns. Where the job
    makes ``table`` itself, as a view of the directory that no metastore knows, ``view`` is the statement.
    """

    table: str
    directory: str
    fixed: dict[str, str] = {}
    dynamic: tuple[StagingColumn, ...] = ()
    partition_columns: tuple[StagingColumn, ...] = ()
    view: str = ""


class Check(msgspec.Struct, frozen=True):
    """A check on the staged rows, in SQL, ``{{ this }}`` already replaced.

    ``measure`` is an aggregate that counts offending rows or gives the figure (one scan takes all of
    them); ``query`` is a SELECT of offending rows, for the check itself when there is no measure, and for
    samples. The check holds when ``minimum <= figure <= maximum``.
    """

    name: str
    severity: str = "error"
    measure: str = ""
    query: str = ""
    minimum: float | None = None
    maximum: float | None = 0
    path: str = ""
    line: int = 0


class Stamp(msgspec.Struct, frozen=True):
    """What a slice will be recorded to be made of: code, contract, inputs; and for which interval."""

    code: str
    contract: str
    inputs: tuple[InputRead, ...]
    interval: str


class Manifest(msgspec.Struct, frozen=True):
    """One run: one statement over one or several slices of one table.

    ``view`` names the staged rows for checks. ``slices`` are the asked specs; each gets its partition even
    with zero rows. ``slice_columns`` are the partition columns that tell slices apart. ``statement`` is
    the analyst's, header and redirected names spliced; ``statement_line`` is where its first line stands in
    ``path``. ``base`` is the log's head before anything was rendered. ``digest`` is an SQL expression that
    hashes one row to a BIGINT, empty where the types allow none; it is taken when the staged files are
    smaller than ``digest_below_bytes``. ``file_bytes`` is the size that files should have, 0 leaves them as
    the statement wrote them. ``stamps`` are by slice, for whoever publishes the result.
    """

    run_id: str
    table: str
    slices: tuple[str, ...]
    slice_columns: tuple[str, ...]
    statement: str
    staging: Staging
    base: int
    path: str = ""
    statement_line: int = 1
    view: str = ""
    digest: str = ""
    checks: tuple[Check, ...] = ()
    settings: dict[str, str] = {}
    digest_below_bytes: int = 134217728
    file_bytes: int = 0
    sample_rows: int = 5
    stamps: dict[str, Stamp] = {}
    format: int = FORMAT


class StagedPartition(msgspec.Struct, frozen=True):
    """One partition that the job wrote: its path (``dt=…``, all columns), files and rows.

    ``digest`` is of its rows, empty where none was taken.
    """

    partition: str
    location: str
    rows: int
    files: int
    bytes: int
    digest: str = ""


class CheckOutcome(msgspec.Struct, frozen=True):
    """What a check found in one slice. ``sample`` are a few offending rows, as JSON texts."""

    name: str
    slice: str
    severity: str
    passed: bool
    figure: float = 0
    sample: tuple[str, ...] = ()
    error: str = ""
    path: str = ""
    line: int = 0


class JobError(msgspec.Struct, frozen=True):
    """Why a run failed. ``line``/``column`` are of the file at ``path``, 0 where Spark did not say.
    ``refused``: Spark did not take the statement, whatever the rows."""

    message: str
    kind: str = ""
    path: str = ""
    line: int = 0
    column: int = 0
    refused: bool = False


class Result(msgspec.Struct, frozen=True):
    """What the engine answers: partitions staged, checks' outcomes, seconds by step; or an error."""

    run_id: str
    partitions: tuple[StagedPartition, ...] = ()
    checks: tuple[CheckOutcome, ...] = ()
    error: JobError | None = None
    seconds: dict[str, float] = {}
    format: int = FORMAT
