"""Hive's own command line (2.3.9), on tables of S3, with MapReduce in its process."""

from __future__ import annotations

import os
import re
import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path
from xml.sax.saxutils import escape

import pyspark

from runner import java, s3a
from tests.readers import downloads

_OPENS = (
    "java.lang", "java.lang.invoke", "java.lang.reflect", "java.io", "java.net", "java.nio", "java.util",
    "java.util.concurrent", "java.util.concurrent.atomic", "sun.nio.ch",
)  # fmt: skip
_LOGGING = """status = error
appender.err.type = Console
appender.err.name = err
appender.err.target = SYSTEM_ERR
appender.err.layout.type = PatternLayout
appender.err.layout.pattern = %p %c{1}: %m%n
rootLogger.level = error
rootLogger.appenderRef.err.ref = err
"""


class Hive:
    """The CLI in ``directory``, on the metastore at ``uri`` and the S3 server at ``url``."""

    def __init__(self, directory: Path, uri: str, url: str) -> None:
        self._directory = directory
        self._jars = [*downloads.hive_jars(), *s3a.jars(print)]
        site = {
            **s3a.hadoop_settings("us-east-1", url),
            "hive.metastore.uris": uri,
            "hive.metastore.schema.verification": "false",
            "hive.execution.engine": "mr",
            "mapreduce.framework.name": "local",
            "hive.exec.mode.local.auto": "true",
            "hive.exec.scratchdir": str(directory / "scratch"),
            "hive.exec.local.scratchdir": str(directory / "local"),
            "hive.querylog.location": str(directory / "queries"),
            "hive.stats.autogather": "false",
            "hive.cli.errors.ignore": "true",
            "hive.session.silent": "true",
        }
        conf = directory / "conf"
        conf.mkdir(parents=True)
        lines = [f"<property><name>{k}</name><value>{escape(v)}</value></property>" for k, v in site.items()]
        (conf / "hive-site.xml").write_text("<configuration>" + "".join(lines) + "</configuration>")
        for name in ("hive-log4j2.properties", "hive-exec-log4j2.properties", "log4j2.properties"):
            (conf / name).write_text(_LOGGING)

    def ask(self, queries: Mapping[str, str]) -> dict[str, list[str] | str]:
        """Lines of each answer by its name, or the error's text; all in one process, as one script."""
        script = self._directory / "script.sql"
        script.write_text("".join(f"!echo @@{name};\n{sql};\n!echo @@;\n" for name, sql in queries.items()))
        done = subprocess.run(
            [*self._command(), "-S", "-f", str(script)],
            cwd=self._directory, env={**os.environ, **java.environment()}, text=True,
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
        )  # fmt: skip
        return {name: _answer(done.stdout, name) for name in queries}

    def _command(self) -> Sequence[str]:
        path = [self._directory / "conf", *self._jars, Path(pyspark.__file__).parent / "jars" / "*"]
        return [
            str(java.java()), "-Xmx768m", "-XX:TieredStopAtLevel=1", "-XX:+UseSerialGC",
            "-Duser.timezone=UTC", "-Dfile.encoding=UTF-8", "-Djava.awt.headless=true",
            "-Dlog4j2.contextSelector=org.apache.logging.log4j.core.selector.BasicContextSelector",
            f"-Dlog4j2.configurationFile={(self._directory / 'conf' / 'log4j2.properties').as_uri()}",
            *(f"--add-opens=java.base/{package}=ALL-UNNAMED" for package in _OPENS),
            "-cp", os.pathsep.join(map(str, path)), "org.apache.hadoop.hive.cli.CliDriver",
        ]  # fmt: skip


def _answer(output: str, name: str) -> list[str] | str:
    found = re.search(rf"^@@{re.escape(name)}\n(.*?)^@@$", output, re.DOTALL | re.MULTILINE)
    assert found, f"Hive's command line ended early:\n{output[-3000:]}"
    failed = re.search(r"^(?:FAILED|Failed|Exception).*", found[1], re.MULTILINE)
    return failed[0] if failed else found[1].split("\n")[:-1]
