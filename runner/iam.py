"""What a project needs of AWS on a target, read from its SQL, its DDL and its settings."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from runner.lake import Lake
from warehouse.config import expand
from warehouse.contract import Format
from warehouse.errors import Location, ProjectError
from warehouse.names import TableName
from warehouse.policies import ROLES, policies
from warehouse.policy_names import Lying, Needs, Passed

_CONVERTED = (Format.PARQUET, Format.ORC)
"""Formats that Spark writes itself; others go through Hive's writer."""


@dataclass(frozen=True)
class Role:
    """A role's policy documents, and what a person should know of them."""

    name: str
    policies: tuple[dict[str, Any], ...]
    notes: tuple[str, ...]


def roles(lake: Lake, wanted: str | None = None, account: str = "*") -> list[Role]:
    """All roles, or the one ``wanted``. ``account`` stands in their ARNs."""
    if not re.fullmatch(r"\*|\d{12}", account):
        raise ProjectError(f"--account {account!r} is no account id", fix="it has 12 digits")
    found = needs(lake, account)
    return [
        Role(name, policies(name, found), tuple(_notes(lake, name, found)))
        for name in ROLES
        if wanted in (None, name)
    ]


def needs(lake: Lake, account: str = "*") -> Needs:
    """:class:`ProjectError` where the target has nothing on AWS."""
    target, project = lake.target, lake.project
    glue = expand(target.metastore) == "glue"
    if not lake.on_s3 and not glue:
        raise ProjectError(
            f"target {lake.target_name!r} has nothing on AWS: no role is needed",
            fix="name one whose lake is s3://…: warehouse --target NAME iam",
        )
    root = lake.store.root if lake.on_s3 else ""
    if re.search(r"[*?$]", root):
        raise ProjectError(
            f"no policy can name the lake {root}", where=Location("pyproject.toml"),
            why="in a policy *, ? and $ stand for other characters", fix="choose another prefix",
        )  # fmt: skip
    tables, read = [], set[TableName]()
    for name in project.tables:
        contract = project.contract_or_none(name)
        if contract is None:  # dropped: its log goes on, and the catalog's table goes
            tables.append(Lying(name, lake.uri(f"{name.db}/{name.table}"), False, dropped=True))
            continue
        run = project.has_sql(name)
        if run:
            model = project.model(name)
            read |= {*model.inputs, *model.check_inputs}
        loaded = contract.storage.format not in _CONVERTED
        tables.append(Lying(name, lake.uri(contract.location.rstrip("/")), run, loaded))
    emr, serverless = target.emr, target.emr_serverless
    passed, logs, makes = list[Passed](), "", True
    if target.engine == "emr":
        logs, makes = expand(emr.log_uri), not expand(emr.cluster).startswith("j-")
        if makes:
            passed = [
                Passed(expand(emr.service_role), ("elasticmapreduce.amazonaws.com",)),
                Passed(expand(emr.job_role), ("ec2.amazonaws.com",)),
            ]
    elif target.engine == "emr-serverless":
        logs = expand(serverless.log_uri)
        if serverless.role:
            passed = [Passed(expand(serverless.role), ("emr-serverless.amazonaws.com",))]
    return Needs(
        root, tuple(tables), frozenset(read), target.staging_database, glue, target.engine,
        expand(target.region) or "*", account, target.athena.work_group, expand(target.athena.output), logs,
        tuple(passed), makes, emr.scaling is not None, target.athena.lake_formation,
    )  # fmt: skip


def _notes(lake: Lake, role: str, found: Needs) -> Iterator[str]:
    together = found.engine in ("local", "spark-submit")
    if role == "job":
        trusted = {"emr": "ec2.amazonaws.com", "emr-serverless": "emr-serverless.amazonaws.com"}
        if found.engine in trusted:
            yield f"the role trusts {trusted[found.engine]} (sts:AssumeRole)"
        yield (
            "it can reach every run directory of the tables above, also published ones: what it overwrites "
            "or deletes comes back from the bucket's versions, which it cannot delete"
        )
    if role == "runner":
        if together:
            yield (
                f"engine {found.engine}: Spark has this machine's credentials; attach the policies of job "
                "and of runner to the same role"
            )
        yield (
            "`warehouse diff` deletes what it staged, and needs those of job, too; `warehouse land` writes "
            "sources, and needs those of landing"
        )
        if not found.glue:
            yield (
                "the metastore makes directories: its own role needs s3:PutObject, s3:GetObject and "
                "s3:ListBucket below the lake"
            )
    if role == "reader":
        if not found.output:
            yield "the work group says where answers are written: add s3:PutObject and s3:GetObject there"
        if found.lake_formation:
            yield "Lake Formation says what it reads: grant SELECT and DESCRIBE on the published databases"
        elif found.glue:
            yield "where Lake Formation governs the catalog, set `lake_formation` of the target's [athena]"
        else:
            yield "Athena reads Glue's catalog, this target has another"
    if found.lake:
        yield "objects that are encrypted with a key of yours need kms:Decrypt and kms:GenerateDataKey on it"
