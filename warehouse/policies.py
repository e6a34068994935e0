"""What each role must be allowed in AWS, as IAM policies: from what the SQL reads and writes, and the DDL.

``job`` is what Spark runs as, ``runner`` is whoever gives the commands, ``reader`` asks Athena. Nothing here
knows an account: it is ``*`` unless given.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from warehouse.names import TableName
from warehouse.policy_documents import Json, allow, deny, documents

RUN = "????????T??????-????????"
"""A run id, as a pattern: all that a job may write lies below a directory of this form."""

Names = Callable[[Iterable[TableName]], list[tuple[str, str]]]
"""Patterns of databases and tables that stand for tables."""


@dataclass(frozen=True)
class Lying:
    """A table and the URI where it lies. ``run``: its rows are written by runs; else files come from
    elsewhere. ``loaded``: Spark writes it through Hive's own writer, which notes it at the table."""

    name: TableName
    location: str
    run: bool
    loaded: bool = False


@dataclass(frozen=True)
class Passed:
    """A role (name or ARN) that is handed to a service."""

    role: str
    services: tuple[str, ...]


@dataclass(frozen=True)
class Needs:
    """What a project does on a target. ``lake``, ``output`` and ``logs`` are ``s3://…`` or empty."""

    lake: str
    tables: tuple[Lying, ...]
    read: frozenset[TableName]
    """What statements and checks read."""
    staging: str
    glue: bool
    engine: str
    region: str = "*"
    account: str = "*"
    work_group: str = "primary"
    output: str = ""
    logs: str = ""
    passed: tuple[Passed, ...] = ()
    makes_clusters: bool = True
    scales: bool = False

    @property
    def partition(self) -> str:
        if self.region.startswith("cn-"):
            return "aws-cn"
        return "aws-us-gov" if self.region.startswith("us-gov-") else "aws"


def policies(role: str, needs: Needs) -> tuple[Json, ...]:
    """The role's policy documents, each within :data:`LONGEST`.

    Tables are named one by one where that fits into one document, else by database, else by the first letters
    of databases.
    """
    for names, most in ((_each, 1), (_by_database, 4)):
        found = documents(_ROLES[role](needs, names))
        if len(found) <= most:
            return found
    return documents(_ROLES[role](needs, _by_letter))


# ------------------------------------------------------------------ the roles


def _job(needs: Needs, names: Names) -> list[Json]:
    arn = _Arns(needs)
    written = [t for t in needs.tables if t.run]
    read = [t for t in needs.tables if t.name in needs.read]
    found = []
    if needs.lake:
        runs = arn.below(written, names, f"{RUN}/*")
        records = arn.inside("_warehouse/runs/*")
        found += [
            allow("ReadInputs", ["s3:GetObject"], arn.below(read, names, "*")),
            allow("ReadRequests", ["s3:GetObject"], records),
            # What was staged is counted and checked, and written again where its files are too small.
            allow(
                "WriteRuns",
                ["s3:GetObject", "s3:PutObject", "s3:DeleteObject", "s3:AbortMultipartUpload"],
                runs,
            ),
            # Spark asks what lies at the directory of a run before it lists it.
            allow("LookAtRuns", ["s3:GetObject"], arn.below(written, names, RUN)),
            allow("AnswerRequests", ["s3:PutObject"], arn.inside(f"_warehouse/runs/{RUN}/result.json")),
            # Before Hadoop makes a directory it looks for those above it, up to the lake.
            *arn.listing("List", "s3:ListBucket", [needs.lake, *_outside(needs, read)]),
            *arn.listing("ListUploads", "s3:ListBucketMultipartUploads", [
                *(f"{needs.lake}/{db}/{table}" for db, table in names(_inside(needs, written))),
                *_outside(needs, written),
            ], f"{RUN}/"),
        ]  # fmt: skip
    if needs.glue:
        used = [t.name for t in needs.tables if t.run or t.name in needs.read]
        found += [
            allow("ReadCatalog", READ_CATALOG, arn.glue(names(used), databases=("default",))),
            allow("ReadFunctions", ["glue:GetUserDefinedFunctions"], arn.functions(names(used))),
            allow("ReadStaging", READ_CATALOG, arn.glue([(needs.staging, "*")])),
            allow(
                "StagePartitions",
                ["glue:BatchCreatePartition", "glue:CreatePartition", "glue:UpdatePartition"]
                + (["glue:UpdateTable"] if any(t.loaded for t in written) else []),
                arn.glue([(needs.staging, "*")]),
            ),
        ]
    return found


def _runner(needs: Needs, names: Names) -> list[Json]:
    arn = _Arns(needs)
    tables = [t.name for t in needs.tables]
    written = [t for t in needs.tables if t.run]
    found = []
    if needs.lake:
        logs = arn.inside("_warehouse/tables/*/log/*")
        found += [
            allow("ReadState", ["s3:GetObject"], arn.inside("_warehouse/*")),
            allow(
                "WriteState",
                ["s3:PutObject"],
                [
                    *(a for db, t in names(tables) for a in arn.inside(f"_warehouse/tables/{db}.{t}/*")),
                    *arn.inside("_warehouse/runs/*"),
                    *arn.inside("_warehouse/doctor-*"),
                ],
            ),
            # The log is only ever added to, whatever else this role is allowed.
            deny(
                "NeverOverwriteTheLog", ["s3:PutObject"], logs, {"Null": {"s3:if-none-match": "true"}}
            ),
            deny("NeverDeleteTheLog", ["s3:DeleteObject", "s3:DeleteObjectVersion"], logs),
            allow("KeepEmptyDirectories", ["s3:PutObject"], arn.below(written, names, "_empty/.keep")),
            allow("EndDoctorsTrial", ["s3:DeleteObject"], arn.inside("_warehouse/doctor-*")),
            *arn.listing("List", "s3:ListBucket", [
                f"{needs.lake}/_warehouse",
                *(f"{needs.lake}/{db}/{table}" for db, table in names(_inside(needs, needs.tables))),
                *_outside(needs, needs.tables),
            ]),
        ]  # fmt: skip
    if needs.glue:
        found += [
            allow("ReadCatalog", RUNNER_READS, arn.glue([*names(tables), (needs.staging, "*")])),
            allow("MovePointers", MOVE_POINTERS, arn.glue(names(tables))),
            allow(
                "StagingTables", ["glue:CreateTable", "glue:DeleteTable"], arn.glue([(needs.staging, "*")])
            ),
            allow(
                "MakeDatabases",
                ["glue:CreateDatabase"],
                arn.databases([*(db for db, _ in names(tables)), needs.staging]),
            ),
        ]
    return found + _engine(needs, arn)


def _engine(needs: Needs, arn: _Arns) -> list[Json]:
    found = []
    if needs.engine == "emr":
        found += [
            allow("FindClusters", ["elasticmapreduce:ListClusters"], ["*"]),
            allow(
                "RunSteps",
                [f"elasticmapreduce:{a}" for a in ("DescribeCluster", "AddJobFlowSteps", "DescribeStep")]
                + ["elasticmapreduce:CancelSteps"],
                [arn.of("elasticmapreduce", "cluster/*")],
            ),
        ]
        if needs.makes_clusters:
            making = ["RunJobFlow", "AddTags", "PutAutoTerminationPolicy"]
            making += ["PutManagedScalingPolicy"] if needs.scales else []
            found += [
                allow("MakeClusters", [f"elasticmapreduce:{a}" for a in making], ["*"]),
                allow(
                    "EndClusters",
                    ["elasticmapreduce:TerminateJobFlows"],
                    [arn.of("elasticmapreduce", "cluster/*")],
                ),
            ]
    elif needs.engine == "emr-serverless":
        found += [
            allow(
                "Applications",
                [f"emr-serverless:{a}" for a in ("ListApplications", "CreateApplication", "TagResource")],
                [arn.of("emr-serverless", "/*")],
            ),
            allow(
                "RunJobs",
                [f"emr-serverless:{a}" for a in ("StartJobRun", "GetJobRun", "CancelJobRun")]
                + ["emr-serverless:StopApplication"],
                [arn.of("emr-serverless", "/applications/*")],
            ),
        ]
    for number, passed in enumerate(needs.passed, 1):
        condition = {"StringEquals": {"iam:PassedToService": sorted(passed.services)}}
        found.append(allow(f"PassRole{number}", ["iam:PassRole"], [arn.role(passed.role)], condition))
    if needs.logs:
        found += [
            allow("ReadLogs", ["s3:GetObject"], [f"{arn.s3(needs.logs)}/*"]),
            *arn.listing("ListLogs", "s3:ListBucket", [needs.logs]),
        ]
    return found


def _reader(needs: Needs, names: Names) -> list[Json]:
    arn = _Arns(needs)
    databases = names([TableName(db, "*") for db in sorted({t.name.db for t in needs.tables})])
    found = [
        allow(
            "Ask",
            [f"athena:{a}" for a in ("StartQueryExecution", "GetQueryExecution", "GetQueryResults")]
            + ["athena:StopQueryExecution", "athena:GetWorkGroup"],
            [arn.of("athena", f"workgroup/{needs.work_group}")],
        )
    ]
    if needs.glue:
        found.append(allow("ReadCatalog", READ_CATALOG, arn.glue(databases)))
    if needs.lake:
        lying = [f"{needs.lake}/{db}" for db, _ in databases] + _outside(needs, needs.tables)
        found += [
            allow("ReadTables", ["s3:GetObject"], [f"{arn.s3(one)}/*" for one in lying]),
            *arn.listing("ListTables", "s3:ListBucket", lying),
            allow("FindTheBucket", ["s3:GetBucketLocation"], arn.buckets([needs.lake, needs.output])),
            deny("NeverTheState", ["s3:GetObject", "s3:PutObject"], arn.inside("_warehouse/*")),
        ]
    if needs.output:
        found += [
            allow(
                "KeepAnswers",
                ["s3:GetObject", "s3:PutObject", "s3:AbortMultipartUpload"],
                [f"{arn.s3(needs.output)}/*"],
            ),
            *arn.listing("ListAnswers", "s3:ListBucket", [needs.output]),
        ]
    return found


READ_CATALOG = [
    f"glue:{action}"
    for action in ("GetDatabase", "GetTable", "GetTables", "GetPartition", "GetPartitions")
] + ["glue:BatchGetPartition"]  # fmt: skip
RUNNER_READS = [
    f"glue:{action}"
    for action in ("GetDatabase", "GetTable", "GetTables", "GetPartitions", "BatchGetPartition")
]  # fmt: skip
MOVE_POINTERS = [
    f"glue:{action}"
    for action in (
        "CreateTable", "UpdateTable", "DeleteTable",
        "BatchCreatePartition", "BatchUpdatePartition", "BatchDeletePartition",
    )
]  # fmt: skip

_ROLES: dict[str, Callable[[Needs, Names], list[Json]]] = {"job": _job, "runner": _runner, "reader": _reader}
ROLES = tuple(_ROLES)


# ------------------------------------------------------------------ names of things


def _each(tables: Iterable[TableName]) -> list[tuple[str, str]]:
    return [(t.db, t.table) for t in sorted(set(tables))]


def _by_database(tables: Iterable[TableName]) -> list[tuple[str, str]]:
    return [(db, "*") for db in sorted({t.db for t in tables})]


def _by_letter(tables: Iterable[TableName]) -> list[tuple[str, str]]:
    return [(f"{letter}*", "*") for letter in sorted({t.db[0] for t in tables})]


def _own(needs: Needs, table: Lying) -> bool:
    """Whether it lies where tables lie by default."""
    return table.location.rstrip("/") == f"{needs.lake}/{table.name.db}/{table.name.table}"


def _inside(needs: Needs, tables: Sequence[Lying]) -> list[TableName]:
    return [t.name for t in tables if _own(needs, t)]


def _outside(needs: Needs, tables: Sequence[Lying]) -> list[str]:
    """URIs on S3 of tables that lie elsewhere."""
    return [t.location.rstrip("/") for t in tables if not _own(needs, t) and t.location.startswith("s3://")]


class _Arns:
    def __init__(self, needs: Needs) -> None:
        self._needs = needs

    def of(self, service: str, what: str) -> str:
        return f"arn:{self._needs.partition}:{service}:{self._needs.region}:{self._needs.account}:{what}"

    def s3(self, uri: str) -> str:
        """Of a URI, which may hold patterns; without a slash at its end."""
        return f"arn:{self._needs.partition}:s3:::{uri.removeprefix('s3://').rstrip('/')}"

    def inside(self, key: str) -> list[str]:
        return [f"{self.s3(self._needs.lake)}/{key}"]

    def below(self, tables: Sequence[Lying], names: Names, key: str) -> list[str]:
        """The key below the directory of each table."""
        lake = self.s3(self._needs.lake)
        return [f"{lake}/{db}/{table}/{key}" for db, table in names(_inside(self._needs, tables))] + [
            f"{self.s3(uri)}/{key}" for uri in _outside(self._needs, tables)
        ]

    def buckets(self, uris: Sequence[str]) -> list[str]:
        return list(dict.fromkeys(self.s3(f"s3://{_split(uri)[0]}") for uri in uris if uri))

    def listing(self, sid: str, action: str, uris: Sequence[str], more: str = "") -> list[Json]:
        """An action on buckets, below these directories only (and ``more`` below them). That a key is not
        there is told to those who may list it; others hear that it is forbidden."""
        by_bucket: dict[str, list[str]] = {}
        for uri in dict.fromkeys(uris):
            bucket, key = _split(uri)
            by_bucket.setdefault(bucket, []).append(key)
        found = []
        for number, (bucket, keys) in enumerate(by_bucket.items(), 1):
            prefixes = [p for key in keys for p in _prefixes(key, more)]
            # A lake may be a whole bucket.
            condition = {"StringLike": {"s3:prefix": prefixes}} if more or "" not in keys else None
            name = sid if len(by_bucket) == 1 else f"{sid}{number}"
            found.append(allow(name, [action], [self.s3(f"s3://{bucket}")], condition))
        return found

    def glue(self, tables: Sequence[tuple[str, str]], databases: Sequence[str] = ()) -> list[str]:
        """A call on a table is checked on the table, its database and the catalog."""
        return [
            *self.databases([*(db for db, _ in tables), *databases]),
            *(self.of("glue", f"table/{db}/{table}") for db, table in dict.fromkeys(tables)),
        ]

    def functions(self, tables: Sequence[tuple[str, str]]) -> list[str]:
        databases = [*dict.fromkeys(db for db, _ in tables), "default"]
        return [
            *self.databases(databases),
            *(self.of("glue", f"userDefinedFunction/{db}/*") for db in databases),
        ]

    def databases(self, names: Sequence[str]) -> list[str]:
        found = (self.of("glue", f"database/{name}") for name in dict.fromkeys(names))
        return [self.of("glue", "catalog"), *found]

    def role(self, role: str) -> str:
        if not role.startswith("arn:"):
            return f"arn:{self._needs.partition}:iam::{self._needs.account}:role/{role}"
        parts = role.split(":")
        return ":".join([*parts[:4], self._needs.account, *parts[5:]])


def _split(uri: str) -> tuple[str, str]:
    bucket, _, key = uri.removeprefix("s3://").partition("/")
    return bucket, key.strip("/")


def _prefixes(key: str, more: str) -> list[str]:
    if more:
        return [f"{key}/{more}*".lstrip("/")]
    return [key, f"{key}/*"]
