"""What each role must be allowed in AWS, as IAM policies: from what the SQL reads and writes, and the DDL.

``job`` is what Spark runs as, ``runner`` is whoever gives the commands, ``vacuum`` deletes what nothing
needs, ``reader`` asks Athena, ``setup`` makes the lake, ``landing`` puts raw files there. Nothing here knows
an account: it is ``*`` unless given.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from warehouse.names import TableName
from warehouse.policy_documents import Json, allow, deny, documents
from warehouse.policy_names import (
    RUN,
    Arns,
    Names,
    Needs,
    by_database,
    by_letter,
    each,
    inside,
    outside,
)
from warehouse.policy_places import landing, setup


def policies(role: str, needs: Needs) -> tuple[Json, ...]:
    """The role's policy documents, each within :data:`LONGEST`.

    Tables are named one by one where that fits into one document, else by database, else by the first letters
    of databases.
    """
    for names, most in ((each, 1), (by_database, 4)):
        found = documents(_ROLES[role](needs, names))
        if len(found) <= most:
            return found
    return documents(_ROLES[role](needs, by_letter))


# ------------------------------------------------------------------ the roles


def _job(needs: Needs, names: Names) -> list[Json]:
    arn = Arns(needs)
    written = [t for t in needs.tables if t.run]
    read = [t for t in needs.tables if t.name in needs.read]
    found = []
    if needs.lake:
        runs = arn.below(written, names, f"{RUN}/*")
        records = arn.inside("_warehouse/runs/*")
        found += [
            # And the directory of a source without partitions: Spark asks first whether that is a file.
            allow(
                "ReadInputs",
                ["s3:GetObject"],
                [a for key in ("*", "") for a in arn.below(read, names, key)],
            ),
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
            *arn.listing("List", "s3:ListBucket", [needs.lake, *outside(needs, read)]),
            *arn.listing("ListUploads", "s3:ListBucketMultipartUploads", [
                *(f"{needs.lake}/{db}/{table}" for db, table in names(inside(needs, written))),
                *outside(needs, written),
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
    if needs.logs:
        # A cluster's machines and a job run's workers copy them there as this role, below what is theirs.
        below = "applications/*" if needs.engine == "emr-serverless" else "j-*"
        found.append(allow("WriteLogs", ["s3:PutObject"], [f"{arn.s3(needs.logs)}/{below}"]))
    return found


def _state(needs: Needs, names: Names, arn: Arns, more: Sequence[str] = ()) -> list[Json]:
    """Reading all that the tool keeps, and adding to what it keeps of tables (and to ``more``). Logs are only
    ever added to, whatever else the role is allowed."""
    tables = names([t.name for t in needs.tables])
    logs = arn.inside("_warehouse/tables/*/log/*")
    kept = [a for db, t in tables for a in arn.inside(f"_warehouse/tables/{db}.{t}/*")]
    return [
        allow("ReadState", ["s3:GetObject"], arn.inside("_warehouse/*")),
        allow("WriteState", ["s3:PutObject"], [*kept, *more]),
        deny("NeverOverwriteTheLog", ["s3:PutObject"], logs, {"Null": {"s3:if-none-match": "true"}}),
        deny("NeverDeleteTheLog", ["s3:DeleteObject", "s3:DeleteObjectVersion"], logs),
        *arn.listing("List", "s3:ListBucket", [
            f"{needs.lake}/_warehouse",
            *(f"{needs.lake}/{db}/{table}" for db, table in names(inside(needs, needs.tables))),
            *outside(needs, needs.tables),
        ]),
    ]  # fmt: skip


def _runner(needs: Needs, names: Names) -> list[Json]:
    arn = Arns(needs)
    tables = [t.name for t in needs.tables]
    found = []
    if needs.lake:
        trial = arn.inside("_warehouse/doctor-*")
        found += [
            *_state(needs, names, arn, [*arn.inside("_warehouse/runs/*"), *trial]),
            # Also of a source that has no partitions: until its first file comes it points there.
            allow("KeepEmptyDirectories", ["s3:PutObject"], arn.below(needs.tables, names, "_empty/.keep")),
            allow("EndDoctorsTrial", ["s3:DeleteObject"], trial),
        ]
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


def _vacuum(needs: Needs, names: Names) -> list[Json]:
    """It condemns (an entry of the log), looks at pointers, and deletes what runs wrote. It sees no rows."""
    arn = Arns(needs)
    tables = names([t.name for t in needs.tables])
    found = []
    if needs.lake:
        runs = arn.below([t for t in needs.tables if t.run], names, f"{RUN}/*")
        found += [
            *_state(needs, names, arn),
            allow("DeleteRuns", ["s3:DeleteObject"], runs),
            allow("DeleteRecords", ["s3:DeleteObject"], arn.inside("_warehouse/runs/*")),
        ]
    if needs.glue:
        found += [
            allow("ReadCatalog", VACUUM_READS, arn.glue(tables)),
            allow("MovePointers", MOVE_POINTERS, arn.glue(tables)),
        ]
    return found


def _engine(needs: Needs, arn: Arns) -> list[Json]:
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
    arn = Arns(needs)
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
        lying = [f"{needs.lake}/{db}" for db, _ in databases] + outside(needs, needs.tables)
        if needs.lake_formation:  # it lends rights on S3 for what it has granted; own ones would go round it
            found.append(allow("AskForRows", ["lakeformation:GetDataAccess"], ["*"]))
        else:
            found += [
                allow("ReadTables", ["s3:GetObject"], [f"{arn.s3(one)}/*" for one in lying]),
                *arn.listing("ListTables", "s3:ListBucket", lying),
            ]
        found += [
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
VACUUM_READS = [f"glue:{action}" for action in ("GetDatabase", "GetTable", "GetPartitions")]
MOVE_POINTERS = [
    f"glue:{action}"
    for action in (
        "CreateTable", "UpdateTable", "DeleteTable",
        "BatchCreatePartition", "BatchUpdatePartition", "BatchDeletePartition",
    )
]  # fmt: skip

_ROLES: dict[str, Callable[[Needs, Names], list[Json]]] = {
    "job": _job,
    "runner": _runner,
    "vacuum": _vacuum,
    "reader": _reader,
    "setup": setup,
    "landing": landing,
}
ROLES = tuple(_ROLES)
