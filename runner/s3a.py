"""S3 as Hadoop reaches it from this machine: the jars of S3A, and its settings for Spark and for Hive.

Versions and settings are those that were measured together: hadoop-aws of pyspark's own Hadoop (3.3.4), and
S3A's committers by spark-hadoop-cloud: nothing is renamed, and no file is seen before it is whole.
"""

from __future__ import annotations

import os
import subprocess
from collections.abc import Callable
from pathlib import Path

from runner import java
from runner.job.redaction import redacted
from warehouse.errors import OutsideError

PACKAGES = ("org.apache.hadoop:hadoop-aws:3.3.4", "org.apache.spark:spark-hadoop-cloud_2.12:3.5.7")
_JARS = (
    "org.apache.hadoop_hadoop-aws-3.3.4.jar",
    "org.apache.spark_spark-hadoop-cloud_2.12-3.5.7.jar",
    "com.amazonaws_aws-java-sdk-bundle-1.12.262.jar",
    "org.wildfly.openssl_wildfly-openssl-1.0.7.Final.jar",
)
# What these drag in and pyspark has already, or nothing here uses.
_EXCLUDED = (
    "org.apache.hadoop:hadoop-common",
    "org.apache.hadoop:hadoop-client-api",
    "org.apache.hadoop:hadoop-client-runtime",
    "org.apache.hadoop:hadoop-azure",
    "org.apache.hadoop:hadoop-openstack",
    "org.apache.hadoop:hadoop-cloud-storage",
    "com.google.cloud.bigdataoss:gcs-connector",
    "joda-time:joda-time",
)
_S3A = "org.apache.hadoop.fs.s3a.S3AFileSystem"

COMMITTER = {
    "spark.sql.sources.commitProtocolClass": "org.apache.spark.internal.io.cloud.PathOutputCommitProtocol",
    "spark.sql.parquet.output.committer.class": (
        "org.apache.spark.internal.io.cloud.BindingParquetOutputCommitter"
    ),
}


def jars(progress: Callable[[str], None]) -> list[Path]:
    """The jars, in Ivy's directory of this user; fetched by Spark's own package resolution the first time."""
    where = Path.home() / ".ivy2" / "jars"
    found = [where / name for name in _JARS]
    if not all(jar.is_file() for jar in found):
        progress("fetching the jars for S3 (280 MB, once)")
        _fetch()
        missing = [jar.name for jar in found if not jar.is_file()]
        if missing:
            raise OutsideError(
                f"the jars for S3 could not be fetched: {', '.join(missing)}",
                fix=f"put them into {where}",
            )
    return found


def hadoop_settings(region: str, endpoint: str) -> dict[str, str]:
    """For a hive-site.xml or, with ``spark.hadoop.`` before each, for Spark. No credentials: they come from
    AWS's default chain."""
    settings = {
        "fs.s3.impl": _S3A,
        "fs.s3n.impl": _S3A,
        "fs.s3a.aws.credentials.provider": "com.amazonaws.auth.DefaultAWSCredentialsProviderChain",
        "fs.s3a.committer.name": "magic",
        "fs.s3a.committer.magic.enabled": "true",
        # A run's directory is its own: no other job left anything unfinished there, and what a killed task
        # left the bucket's lifecycle ends. So commits need not look for unfinished uploads at their end.
        "fs.s3a.committer.abort.pending.uploads": "false",
        "mapreduce.outputcommitter.factory.scheme.s3": "org.apache.hadoop.fs.s3a.commit.S3ACommitterFactory",
        "mapreduce.outputcommitter.factory.scheme.s3a": "org.apache.hadoop.fs.s3a.commit.S3ACommitterFactory",
    }
    if region:
        settings["fs.s3a.endpoint.region"] = region
    if endpoint:
        settings["fs.s3a.endpoint"] = endpoint
        settings["fs.s3a.path.style.access"] = "true"
        settings["fs.s3a.connection.ssl.enabled"] = str(endpoint.startswith("https")).lower()
    return settings


def spark_settings(region: str, endpoint: str, with_jars: list[Path]) -> dict[str, str]:
    """Of a session on this machine."""
    hadoop = {f"spark.hadoop.{key}": value for key, value in hadoop_settings(region, endpoint).items()}
    return {**hadoop, **COMMITTER, "spark.jars": ",".join(jar.as_uri() for jar in with_jars)}


def one_machine_settings(notes: Path) -> dict[str, str]:
    """Of a session whose tasks all run here: what they have uploaded is noted below ``notes``, on this disk,
    until the job is done. The magic committer notes it on S3, with three times the requests.

    Each run has a fresh directory, so there is nothing to look for or to keep from being overwritten.
    """
    settings = {
        "name": "directory",
        "staging.conflict-mode": "append",
        "staging.tmp.path": notes.as_uri(),
        "staging.unique-filenames": "false",
    }
    return {f"spark.hadoop.fs.s3a.committer.{key}": value for key, value in settings.items()}


def submit_settings(region: str, endpoint: str, with_jars: list[Path] | None) -> dict[str, str]:
    """Of an application that ``spark-submit`` starts. Without jars of ours its Spark brings S3A itself, and
    knows where its credentials come from."""
    if with_jars is not None:
        # The program itself lies on S3: spark-submit reads it before it looks at spark.jars.
        path = os.pathsep.join(map(str, with_jars))
        return {**spark_settings(region, endpoint, with_jars), "spark.driver.extraClassPath": path}
    settings = hadoop_settings(region, endpoint)
    del settings["fs.s3a.aws.credentials.provider"]
    return {f"spark.hadoop.{key}": value for key, value in settings.items()}


def _fetch() -> None:
    home = java.pyspark_home()
    done = subprocess.run(
        [
            str(home / "bin" / "spark-submit"), "--master", "local",
            "--packages", ",".join(PACKAGES), "--exclude-packages", ",".join(_EXCLUDED),
            "--class", "org.apache.hadoop.util.VersionInfo", "spark-internal",
        ],
        env={**os.environ, **java.environment(), "SPARK_HOME": str(home)},
        capture_output=True,
        text=True,
        check=False,
    )  # fmt: skip
    if done.returncode:
        said = [line for line in done.stderr.splitlines() if "not found" in line or "Exception" in line]
        raise OutsideError(
            "the jars for S3 could not be fetched",
            why=redacted(said[0].strip()) if said else "Spark's package resolution failed",
            fix="see that this machine reaches Maven Central, or put the jars into ~/.ivy2/jars: "
            + ", ".join(_JARS),
        )
