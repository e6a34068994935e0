"""What policies speak of: a project on its target, and the ARNs of what lies there."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from warehouse.names import TableName
from warehouse.policy_documents import Json, allow

RUN = "????????T??????-????????"
"""A run id, as a pattern: all that a job may write lies below a directory of this form."""

Names = Callable[[Iterable[TableName]], list[tuple[str, str]]]
"""Patterns of databases and tables that stand for tables."""


@dataclass(frozen=True)
class Lying:
    """A table and the URI where it lies. ``run``: its rows are written by runs; else files come from
    elsewhere, but for one that is ``dropped``. ``loaded``: Spark writes it through Hive's own writer, which
    notes it at the table."""

    name: TableName
    location: str
    run: bool
    loaded: bool = False
    dropped: bool = False


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
    lake_formation: bool = False
    """Readers get at rows through it, and not by rights on S3."""

    @property
    def partition(self) -> str:
        if self.region.startswith("cn-"):
            return "aws-cn"
        return "aws-us-gov" if self.region.startswith("us-gov-") else "aws"


def each(tables: Iterable[TableName]) -> list[tuple[str, str]]:
    return [(t.db, t.table) for t in sorted(set(tables))]


def by_database(tables: Iterable[TableName]) -> list[tuple[str, str]]:
    return [(db, "*") for db in sorted({t.db for t in tables})]


def by_letter(tables: Iterable[TableName]) -> list[tuple[str, str]]:
    return [(f"{letter}*", "*") for letter in sorted({t.db[0] for t in tables})]


def own(needs: Needs, table: Lying) -> bool:
    """Whether it lies where tables lie by default."""
    return table.location.rstrip("/") == f"{needs.lake}/{table.name.db}/{table.name.table}"


def inside(needs: Needs, tables: Sequence[Lying]) -> list[TableName]:
    return [t.name for t in tables if own(needs, t)]


def outside(needs: Needs, tables: Sequence[Lying]) -> list[str]:
    """URIs on S3 of tables that lie elsewhere."""
    return [t.location.rstrip("/") for t in tables if not own(needs, t) and t.location.startswith("s3://")]


class Arns:
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
        """The key below the directory of each table; empty for the directory itself."""
        lake, key = self.s3(self._needs.lake), f"/{key}" if key else ""
        return [f"{lake}/{db}/{table}{key}" for db, table in names(inside(self._needs, tables))] + [
            f"{self.s3(uri)}{key}" for uri in outside(self._needs, tables)
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
