"""The Spark settings that decide what readers can read, pinned in one place."""

from __future__ import annotations

from collections.abc import Mapping

PINNED: dict[str, str] = {
    "spark.sql.session.timeZone": "UTC",
    # A bad cast or an overflow fails the job instead of turning into NULL.
    "spark.sql.ansi.enabled": "true",
    "spark.sql.storeAssignmentPolicy": "ANSI",
    # Hive before 4 reads neither INT64 timestamps nor short decimals stored as INT32 or INT64.
    "spark.sql.parquet.outputTimestampType": "INT96",
    "spark.sql.parquet.writeLegacyFormat": "true",
    "spark.sql.parquet.int96RebaseModeInWrite": "CORRECTED",
    "spark.sql.parquet.datetimeRebaseModeInWrite": "CORRECTED",
    "spark.sql.parquet.compression.codec": "snappy",
    "spark.sql.orc.compression.codec": "snappy",
    "spark.sql.legacy.timeParserPolicy": "CORRECTED",
    "spark.sql.caseSensitive": "false",
    # ${…} in a statement is the analyst's text, not Spark's to replace.
    "spark.sql.variable.substitute": "false",
    "spark.sql.sources.partitionOverwriteMode": "dynamic",
    "hive.exec.dynamic.partition": "true",
    "hive.exec.dynamic.partition.mode": "nonstrict",
    "hive.exec.max.dynamic.partitions": "100000",
    "hive.exec.max.dynamic.partitions.pernode": "100000",
    # Statistics are the runner's to write: Hive answers count(*) from stale ones.
    "spark.sql.statistics.size.autoUpdate.enabled": "false",
    # Nobody reads a run's directory before the pointers move: tasks may commit straight into it, and no
    # marker file is needed to say that it is whole.
    "mapreduce.fileoutputcommitter.algorithm.version": "2",
    "mapreduce.fileoutputcommitter.marksuccessfuljobs": "false",
}
"""Set for every statement, on every engine. A statement's own ``settings`` may not change them."""

_JAVA_OPTIONS = ("spark.driver.extraJavaOptions", "spark.executor.extraJavaOptions")


def in_utc(spark: Mapping[str, str]) -> dict[str, str]:
    """Settings of an application, with Java's own time zone pinned too.

    Writers of ORC and text convert timestamps by it, whatever the session's is: rows from a machine in New
    York would be hours off for readers elsewhere.
    """
    return {**spark, **{key: f"{spark.get(key, '')} -Duser.timezone=UTC".strip() for key in _JAVA_OPTIONS}}


RESULT_NEUTRAL = (
    "spark.sql.shuffle.",
    "spark.sql.adaptive.",
    "spark.sql.autoBroadcastJoinThreshold",
    "spark.sql.files.",
    "spark.executor.",
    "spark.driver.",
)
"""Prefixes of settings that change how fast rows come, not which: they are no part of a fingerprint."""


def changes_results(key: str) -> bool:
    """Whether a statement's setting belongs to its code fingerprint."""
    return not key.startswith(RESULT_NEUTRAL)
