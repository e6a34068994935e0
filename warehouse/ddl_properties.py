"""Table properties in DDL: read, and refused where they would hide from readers what is published."""

from __future__ import annotations

from warehouse.ddl_clauses import COMMENT_LENGTH, literal_value
from warehouse.tokens import Cursor, Token, unquote


def properties_list(cursor: Cursor, places: dict[str, int] | None = None) -> dict[str, str]:
    """``('key' = 'value', …)``. With ``places`` they are a table's, and some keys are refused."""
    found: dict[str, str] = {}
    cursor.expect("(")
    while True:
        start = cursor.next
        key = property_key(cursor)
        if key in found:
            raise cursor.error(f"property {key!r} is there twice", start)
        if places is not None:
            check_property(cursor, key, start)
        cursor.expect("=")
        value = cursor.next
        if value.kind == "number" or (value.kind == "word" and value.text.lower() in {"true", "false"}):
            found[key] = cursor.step().text.lower()
        else:
            found[key] = literal_value(cursor, f"the value of {key!r}")
        if places is not None:
            places[f"property {key}"] = start.offset
        if not cursor.take(","):
            break
    cursor.expect(")")
    return found


def property_key(cursor: Cursor) -> str:
    """A key: a literal, or words with dots."""
    if cursor.next.kind == "string":
        return literal_value(cursor, "a property's name", most=COMMENT_LENGTH)
    parts = []
    while True:
        token = cursor.step()
        if token.kind not in {"word", "quoted"}:
            raise cursor.error(f"expected a property's name, found {token.text or 'nothing'!r}", token)
        parts.append(unquote(token.text) if token.kind == "quoted" else token.text)
        if not cursor.take("."):
            return ".".join(parts)


ENGINES_OWN = frozenset(
    (
        "external",
        "comment",
        "transient_lastddltime",
        "last_modified_by",
        "last_modified_time",
        "column_stats_accurate",
        "numrows",
        "numfiles",
        "numpartitions",
        "totalsize",
        "rawdatasize",
        "numfileserasurecoded",
        "bucketing_version",
    )
)
"""Table parameters, in lower case, that engines write for themselves or that have a clause of their own."""


def engines_own(key: str) -> bool:
    """Whether a table parameter is no part of a contract."""
    low = key.lower()
    return low in ENGINES_OWN or low.startswith(("spark.sql.", "warehouse.", "presto_", "trino_"))


def check_property(cursor: Cursor, key: str, at: Token) -> None:
    """Refuse what would make readers see something else than what is published."""
    low = key.lower()
    if low.startswith("projection.") or low == "storage.location.template":
        raise cursor.error(
            f"partition projection ({key}) is not allowed",
            at,
            why="Athena would then ignore every published partition",
            fix="leave it out: partitions are registered when they are published",
        )
    if low in {"transactional", "transactional_properties"}:
        raise cursor.error(
            "transactional tables are not allowed",
            at,
            why="Spark, Trino and Athena differ on them",
            fix="leave it out: runs publish whole partitions at once",
        )
    if low in {"external.table.purge", "auto.purge"}:
        raise cursor.error(
            f"{key} is not allowed",
            at,
            why="dropping the table would delete its data",
            fix="leave it out: `warehouse vacuum` deletes what nothing needs",
        )
    if low == "comment":
        raise cursor.error("the comment is not a property", at, fix="write COMMENT '…'")
    if engines_own(key):
        raise cursor.error(f"property {key!r} is not for a DDL file", at, why="engines write it themselves")
