"""What a machine lacks for a target, and how to get it."""

from __future__ import annotations

import os
import shutil
import sys
from collections.abc import Iterator
from importlib import metadata

from runner.lake import Lake
from runner.looking import Finding, Look, careful
from warehouse.errors import WarehouseError
from warehouse.names import TableName
from warehouse.project import Project


def examine(lake: Lake) -> Iterator[Finding]:
    """Look at everything a run needs, from the cheap to the slow; one that fails hides none of the others."""
    yield _python()
    here = lake.target.engine in ("local", "spark-submit")
    spark = ("pyspark",) if here else ()
    yield from map(_package, (*spark, "sqlglot", "thrift", "pymetastore"))
    looks: list[tuple[str, Look]] = []
    if here:
        looks = [("Java", _java), ("class archive", _archive), ("memory", _memory)]
    if uses_aws(lake):
        from runner import doctor_aws

        looks += doctor_aws.looks(lake)
    looks += [
        ("lake", lambda: _lake(lake)),
        ("project files", lambda: _files(lake)),
        ("metastore", lambda: _metastore(lake)),
        ("staging tables", lambda: _staging(lake)),
    ]
    if lake.target.engine == "local":
        looks.append(("Spark", lambda: _spark(lake)))
    for what, look in looks:
        yield careful(what, look)


def uses_aws(lake: Lake) -> bool:
    """Whether the target has something there, or on what speaks like it."""
    return lake.on_s3 or lake.target.metastore == "glue"


def _python() -> Finding:
    version = ".".join(map(str, sys.version_info[:3]))
    return Finding("Python", sys.version_info >= (3, 11), version, "install Python 3.11 or newer")


def _package(name: str) -> Finding:
    try:
        return Finding(name, True, metadata.version(name))
    except metadata.PackageNotFoundError:
        return Finding(name, False, "not installed", "pip install -e .")


def _java() -> Finding:
    from runner import java

    home = java.java_home()
    return Finding("Java", True, f"{java.major_version(home)} at {home}")


def _archive() -> Finding:
    """A missing one is no fault: it comes after the first command that starts Spark."""
    from runner import archive

    made = archive.path()
    if made is None:
        return Finding("class archive", True, f"none (Java before 17, or {archive.SWITCH}=off)")
    if made.exists():
        return Finding("class archive", True, f"{made}, {made.stat().st_size / 1e6:.0f} MB")
    tried = made.with_suffix(".log")
    if not tried.exists():
        return Finding("class archive", True, "not yet: made after the first command that starts Spark")
    lines = tried.read_text().strip().splitlines()
    return Finding("class archive", True, lines[0] if lines else "being made")


def _memory() -> Finding:
    total = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 1e9
    return Finding(
        "memory",
        total >= 3.5,
        f"{total:.0f} GB, {os.cpu_count()} cores",
        "Spark wants 4 GB; lower spark.driver.memory",
    )


def _lake(lake: Lake) -> Finding:
    key = f"_warehouse/doctor-{os.getpid()}"
    lake.store.write(key, b"")
    lake.store.delete([key])
    free = ""
    if lake.store.root.startswith("file:"):
        free = f", {shutil.disk_usage(lake.state_directory).free / 1e9:.0f} GB free"
    return Finding("lake", True, f"{lake.store.root} can be written{free}")


def _files(lake: Lake) -> Finding:
    project = lake.project
    problems = project.problems(tuple(name for name in project.tables if not _dropped(project, name)))
    if problems:
        return Finding(
            "project files", False, f"{len(problems)} errors; the first: {problems[0].what}", "warehouse ls"
        )
    return Finding("project files", True, f"{len(lake.project.tables)} tables")


def _dropped(project: Project, name: TableName) -> bool:
    """Whether its last DDL file drops it, and no SQL is left."""
    try:
        return not project.has_sql(name) and project.contract_or_none(name) is None
    except WarehouseError:
        return False


def _metastore(lake: Lake) -> Finding:
    # Asked one by one: to list all databases is a right that the runner does not need.
    wanted = sorted({name.db for name in lake.project.tables})
    missing = [db for db in wanted if lake.metastore.database(db) is None]
    if missing:
        return Finding(
            "metastore",
            True,
            f"{lake.metastore.name} answers, without {', '.join(missing)}: warehouse ddl apply makes them",
        )
    return Finding(
        "metastore", True, f"{lake.metastore.name} answers, {len(wanted)} databases of the project"
    )


def _staging(lake: Lake) -> Finding:
    left = lake.metastore.tables(lake.target.staging_database)
    if not left:
        return Finding("staging tables", True, "none left over")
    return Finding(
        "staging tables",
        True,
        f"{len(left)} in {lake.target.staging_database}: of runs at work, or that died",
        "",
    )


def _spark(lake: Lake) -> Finding:
    (row,) = lake.engine.query("SELECT version()").rows
    return Finding("Spark", True, f"{str(row[0]).split()[0]} answers")
