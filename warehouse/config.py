"""What pyproject.toml says: targets, variables, landings. Typed, with unknown settings refused."""

from __future__ import annotations

import os
import re
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import msgspec

from warehouse.clusters import Emr, Nodes, Scaling, Serverless, Workers
from warehouse.errors import Location, ProjectError


class Athena(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """How Athena is asked: its work group, where results are written if that does not say it (``s3://…``),
    the catalog, what a terabyte that is read costs, and whether Lake Formation says who reads which table."""

    work_group: str = "primary"
    output: str = ""
    catalog: str = "AwsDataCatalog"
    dollars_per_tb: float = 5.0
    lake_formation: bool = False


class Target(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Where the files run: ``engine``, ``metastore`` (``embedded``, ``thrift://host:port``, ``glue``) and
    ``lake`` (a path relative to the project, or a URI; ``${NAME}`` is taken from the environment).

    ``spark`` are Spark settings of the session; ``idle_minutes`` is when an embedded metastore stops.
    ``region`` and ``endpoint`` are of AWS, or of what speaks like it (MinIO, LocalStack). ``master`` and
    ``spark_submit`` (the program) are of the engine spark-submit, ``emr`` and ``emr_serverless`` of those.
    """

    lake: str
    engine: str = "local"
    metastore: str = "embedded"
    spark: dict[str, str] = {}
    staging_database: str = "warehouse_staging"
    idle_minutes: float = 30
    metastore_port: int = 0
    region: str = ""
    endpoint: str = ""
    athena: Athena = Athena()
    master: str = ""
    spark_submit: str = ""
    emr: Emr = Emr()
    emr_serverless: Serverless = Serverless()


class Config(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """``[tool.warehouse]``. ``file_size_mb``: a partition below half of it is one file, larger ones are files
    of half to twice of it; 0 leaves them as statements write them."""

    targets: dict[str, Target] = {}
    default_target: str = "local"
    vars: dict[str, str | int | float | bool] = {}
    landing: dict[str, str] = {}
    reports: dict[str, str] = {}
    max_runs: int = 1000
    file_size_mb: float = 256

    def target(self, name: str | None) -> Target:
        """The named target, or the default; :class:`ProjectError` lists those there are."""
        wanted = name or self.default_target
        if wanted not in self.targets:
            known = ", ".join(sorted(self.targets)) or "none"
            raise ProjectError(
                f"there is no target {wanted!r}", fix=f"use one of pyproject.toml's targets: {known}"
            )
        return self.targets[wanted]


def find_root(start: Path) -> Path:
    """The nearest directory, from ``start`` upwards, whose pyproject.toml has a ``[tool.warehouse]``."""
    for directory in (start, *start.parents):
        file = directory / "pyproject.toml"
        if file.is_file() and "[tool.warehouse" in file.read_text(encoding="utf-8", errors="replace"):
            return directory
    raise ProjectError(
        f"no warehouse project here: {start}",
        why="neither this directory nor one above it has a pyproject.toml with [tool.warehouse]",
        fix="go to the project, or name it with --project",
    )


def load_config(root: Path) -> Config:
    """Read ``<root>/pyproject.toml``; errors name the setting's line."""
    path = root / "pyproject.toml"
    try:
        text = path.read_text(encoding="utf-8")
        document = tomllib.loads(text)
    except OSError as error:
        raise ProjectError(f"{path} cannot be read: {error.strerror}") from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        place = re.search(r"line (\d+), column (\d+)", str(error))
        where = (
            Location("pyproject.toml", int(place[1]), int(place[2])) if place else Location("pyproject.toml")
        )
        raise ProjectError(f"not TOML: {error}", where=where) from None
    section: Any = document.get("tool", {}).get("warehouse", {})
    try:
        return msgspec.convert(section, Config)
    except msgspec.ValidationError as error:
        raise ProjectError(
            f"[tool.warehouse]: {error}", where=_place(text, str(error)), fix=_allowed(str(error))
        ) from None


def _place(text: str, message: str) -> Location:
    """The line that ``message`` is about: of the unknown field, else of the last key of its path."""
    unknown = re.search(r"unknown field `([^`]+)`", message)
    path = re.findall(r"\.(\w+)", message.rpartition(" - at ")[2])
    for key in [unknown[1]] if unknown else path[::-1]:
        found = re.search(rf"^\s*(?:\[.*\b)?{re.escape(key)}\b", text, re.MULTILINE)
        if found:
            return Location.at("pyproject.toml", text, found.end() - len(key))
    return Location("pyproject.toml")


def _allowed(message: str) -> str | None:
    if "unknown field" not in message:
        return None
    path = re.findall(r"\.(\w+)", message.rpartition(" - at ")[2])
    kinds: dict[str, type[msgspec.Struct]] = {
        "emr": Emr, "emr_serverless": Serverless, "scaling": Scaling, "driver": Workers, "executors": Workers,
        "primary": Nodes, "core": Nodes, "task": Nodes,
    }  # fmt: skip
    kind = kinds.get(path[-1] if path else "", Target if "targets" in message else Config)
    return "known settings: " + ", ".join(kind.__struct_fields__)


def expand(text: str, environment: Mapping[str, str] = os.environ) -> str:
    """``${NAME}`` from the environment; :class:`ProjectError` names what is not set."""

    def value(match: re.Match[str]) -> str:
        if match[1] not in environment:
            raise ProjectError(
                f"the environment variable {match[1]} is not set",
                where=Location("pyproject.toml"),
                why=f"the target's setting is {text!r}",
                fix=f"export {match[1]}=…",
            )
        return environment[match[1]]

    return re.sub(r"\$\{(\w+)\}", value, text)
