"""The file that Spark runs: it executes run manifests and answers with results.

Standard library and pyspark only, Python 3.9, so that it runs as it is on EMR, with ``files.py`` and
``layout.py`` beside it in a package ``runner``. As a program:
``job.py [--jobs N] MANIFEST...``; each argument is a manifest's URI, and its result is written beside it as
``result.json``. Published partitions are never touched from here: it fills a staging table whose directory
nothing points at, and reads it back.
"""

from __future__ import annotations

import argparse
import json
import re
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from typing import Any
from urllib.parse import unquote

from runner.files import Files, files_of
from runner.layout import rewrite

FORMAT = 1
HIVE_DEFAULT_PARTITION = "__HIVE_DEFAULT_PARTITION__"
SMALL_BYTES = 32 * 1024 * 1024  # staged rows below this are checked in one task, without a shuffle

SAMPLED_SLICES = 3  # a check that fails everywhere is shown by the first slices, not by a query for each

Json = dict[str, Any]


class RefusedError(Exception):
    """The staged rows cannot be published; the message says why."""


def execute(session: Any, manifest: Json) -> Json:
    """Run one manifest in a Spark session of its own; the answer is a result, also when it failed."""
    if manifest["format"] > FORMAT:
        return _failed(manifest, {}, "the manifest was written by a newer version of this tool", "version")
    seconds: dict[str, float] = {}
    try:
        spark = _session(session, manifest["settings"])
        staging = manifest["staging"]
        if not manifest["statement"]:
            return _audit(spark, manifest, seconds)
        files = files_of(spark, staging["directory"])
        with _Timed(seconds, "stage"):
            # Glue makes no directory for a table, and Spark refuses to write where there is none.
            files.make(staging["directory"])
            written = _rows_written(spark.sql(manifest["statement"]))
        with _Timed(seconds, "list"):
            found = _inventory(files, manifest)
        if manifest["file_bytes"]:
            with _Timed(seconds, "rewrite"):
                if rewrite(spark, files, staging, found, manifest["file_bytes"]):
                    found = _inventory(files, manifest)
        with _Timed(seconds, "check"):
            partitions, measured = _measure(spark, manifest, found, written)
            checks = _run_checks(spark, manifest, measured)
    except RefusedError as error:
        return _failed(manifest, seconds, str(error), "refused")
    except Exception as error:
        if type(error).__name__ == "Py4JNetworkError":
            raise  # Spark itself is gone: no answer about the statement
        return _failed(manifest, seconds, *explain(error), refused=_of_statement(error))
    return _answer(manifest, partitions, checks, seconds)


def _audit(spark: Any, manifest: Json, seconds: dict[str, float]) -> Json:
    """Checks on published rows: a manifest without a statement, whose table is the published one."""
    with _Timed(seconds, "check"):
        wanted = " OR ".join(f"({_predicate(asked)})" for asked in manifest["slices"])
        spark.table(manifest["staging"]["table"]).where(wanted).createOrReplaceTempView(manifest["view"])
        checks = _run_checks(spark, manifest)
    return _answer(manifest, [], checks, seconds)


def _answer(manifest: Json, partitions: list[Json], checks: list[Json], seconds: dict[str, float]) -> Json:
    return {
        "format": FORMAT,
        "run_id": manifest["run_id"],
        "partitions": partitions,
        "checks": checks,
        "seconds": seconds,
    }


_configured: dict[tuple[Any, ...], Any] = {}


def _session(session: Any, settings: dict[str, str]) -> Any:
    """A session of one run's own, with these settings: its configuration and views are nobody else's.

    Setting them costs a call to the JVM each, so that is done once and the session copied.
    """
    from pyspark.sql import SparkSession

    key = (id(session), *sorted(settings.items()))
    if key not in _configured:
        made = session.newSession()
        for name, value in settings.items():
            made.conf.set(name, value)
        _configured[key] = made
    return SparkSession(session.sparkContext, _configured[key]._jsparkSession.cloneSession())


class _Timed:
    def __init__(self, seconds: dict[str, float], name: str) -> None:
        self.seconds, self.name = seconds, name

    def __enter__(self) -> None:
        self.began = time.monotonic()

    def __exit__(self, *_: object) -> None:
        self.seconds[self.name] = round(time.monotonic() - self.began, 4)


# ------------------------------------------------------------------ what was staged


def _inventory(files: Any, manifest: Json) -> dict[str, Json]:
    """Partitions by path: location, files, bytes, names of files. Asked slices have one without rows too."""
    staging = manifest["staging"]
    directory = staging["directory"].rstrip("/")
    fixed = "/".join(f"{k}={_escape(v)}" for k, v in staging["fixed"].items())
    found: dict[str, Json] = {}
    if not staging["dynamic"]:
        found[fixed] = _nothing(directory)
    for name, size in files.list(directory):
        below = name.rpartition("/")[0]
        path = "/".join(part for part in (fixed, below) if part)
        entry = found.setdefault(path, _nothing(f"{directory}/{below}".rstrip("/")))
        entry["files"] += 1
        entry["bytes"] += size
        entry["names"].append(name)
    columns = [c["name"] for c in staging["partition_columns"]]
    for asked in manifest["slices"]:
        named = [part.partition("=")[0] for part in asked.split("/")] if asked else []
        if named == columns and asked not in found:
            below = asked[len(fixed) :].strip("/")
            location = f"{directory}/{below}"
            files.make(location)
            found[asked] = _nothing(location)
    for path in found:
        values = [part.partition("=")[2] for part in path.split("/")]
        if HIVE_DEFAULT_PARTITION in values:
            raise RefusedError(
                f"the statement gave rows whose partition value is NULL or empty ({path}): "
                "Hive merges the two, so they cannot be read back as they were"
            )
        if not any(_within(path, asked) for asked in manifest["slices"]):
            raise RefusedError(
                f"the statement gave rows for {path}, which this run does not own "
                f"(it owns {_shorten(manifest['slices'])})"
            )
    return found


def _nothing(location: str) -> Json:
    return {"location": location, "files": 0, "bytes": 0, "names": []}


def _within(path: str, spec: str) -> bool:
    return not spec or path == spec or path.startswith(spec + "/")


def _rows_written(answer: Any) -> int | None:
    """What the INSERT itself counted, of the tasks that were committed; None where it does not say."""
    try:
        metrics = answer._jdf.queryExecution().commandExecuted().commandPhysicalPlan().metrics()
        return int(metrics.apply("numOutputRows").value())
    except Exception:
        return None  # another kind of command, or a Spark without these methods: the rows are counted


def _measure(
    spark: Any, manifest: Json, found: dict[str, Json], written: int | None
) -> tuple[list[Json], dict[str, list[float]] | None]:
    """Rows and digest of every staged partition, in one scan, and the view that checks read; no scan where
    nothing but the number of rows is asked and ``written`` says it.

    Where a partition is a slice, the checks' measures are taken in the same scan: figures by slice.
    """
    staging = manifest["staging"]
    if written is not None and not (staging["dynamic"] or manifest["checks"] or manifest["digest"]):
        return [_staged(path, entry, written, "") for path, entry in found.items()], {}
    rows = spark.table(staging["table"])
    for column in staging["partition_columns"]:
        if column["name"] in staging["fixed"]:
            value = staging["fixed"][column["name"]].replace("\\", "\\\\").replace("'", "\\'")
            rows = rows.selectExpr("*", f"CAST('{value}' AS {column['type']}) AS `{column['name']}`")
    staged_bytes = sum(entry["bytes"] for entry in found.values())
    if staged_bytes < SMALL_BYTES:
        rows = rows.coalesce(1)
    keys = [c["name"] for c in staging["dynamic"]]
    if keys or manifest["checks"]:
        rows.createOrReplaceTempView(manifest["view"])
    together = set(keys) <= set(manifest["slice_columns"])
    checks = [c["measure"] for c in manifest["checks"] if c["measure"]] if together else []
    take_digest = bool(manifest["digest"]) and staged_bytes < manifest["digest_below_bytes"]
    measures = ["count(*) AS n"]
    if take_digest:
        measures.append(f"sum(CAST({manifest['digest']} AS DECIMAL(38,0))) AS s")
        measures.append(f"bit_xor({manifest['digest']}) AS x")
    measures += [f"({measure}) AS m{i}" for i, measure in enumerate(checks)]
    shown = [f"CAST(`{k}` AS STRING) AS `{k}`" for k in keys]
    if keys:
        grouped = ", ".join(f"`{k}`" for k in keys)
        answer = spark.sql(
            f"SELECT {', '.join(shown + measures)} FROM `{manifest['view']}` GROUP BY {grouped}"
        )
    else:
        answer = rows.selectExpr(*measures)
    counted: dict[str, tuple[int, str]] = {}
    figures: dict[str, list[float]] = {}
    fixed = [f"{k}={_escape(v)}" for k, v in staging["fixed"].items()]
    for row in answer.collect():
        path = "/".join(fixed + [f"{k}={_escape(row[k])}" for k in keys])
        digest = f"{row['n']:x}.{int(row['s'] or 0):x}.{int(row['x'] or 0):x}" if take_digest else ""
        counted[path] = (row["n"], digest)
        figures[path] = [float(row[f"m{i}"] or 0) for i in range(len(checks))]
    empty = (0, "0.0.0" if take_digest else "")
    missing = [path for path in counted if path not in found]
    if missing:
        raise RefusedError(f"rows were staged for {missing[0]}, but no file of it is there")
    partitions = [_staged(path, found[path], *counted.get(path, empty)) for path in sorted(found)]
    return partitions, figures if together else None


def _staged(path: str, entry: Json, rows: int, digest: str) -> Json:
    told = {key: entry[key] for key in ("location", "files", "bytes")}
    return {"partition": path, **told, "rows": rows, "digest": digest}


# ------------------------------------------------------------------ checks


def _run_checks(spark: Any, manifest: Json, figures: dict[str, list[float]] | None = None) -> list[Json]:
    """Outcomes, one per check and slice. All measures share one scan; ``figures`` are they, if taken."""
    measured = [c for c in manifest["checks"] if c["measure"]]
    outcomes = []
    keys = manifest["slice_columns"]
    if measured and figures is None:
        select = [f"CAST(`{k}` AS STRING) AS k{i}" for i, k in enumerate(keys)]
        select += [f"({c['measure']}) AS m{i}" for i, c in enumerate(measured)]
        query = f"SELECT {', '.join(select)} FROM `{manifest['view']}`"
        if keys:
            query += " GROUP BY " + ", ".join(f"`{k}`" for k in keys)
        figures = {
            _slice_of(row, keys): [float(row[f"m{i}"] or 0) for i in range(len(measured))]
            for row in spark.sql(query).collect()
        }
    for asked in manifest["slices"] if measured else []:
        found = (figures or {}).get(asked, [0.0] * len(measured))
        for i, check in enumerate(measured):
            outcomes.append(_outcome(spark, manifest, check, asked, found[i]))
    for check in manifest["checks"]:
        if not check["measure"]:
            outcomes.extend(_run_query(spark, manifest, check))
    return outcomes


def _run_query(spark: Any, manifest: Json, check: Json) -> list[Json]:
    """A check that is a SELECT of offending rows: grouped where it shows the slice, else slice by slice."""
    keys = manifest["slice_columns"]
    slices = manifest["slices"]
    try:
        offending = spark.sql(check["query"])
        names = [name.lower() for name in offending.columns]
        if len(slices) == 1:
            figures = {slices[0]: offending.count()}
        elif all(names.count(key) == 1 for key in keys):
            counted = offending.groupBy(*[offending[k].cast("string").alias(k) for k in keys]).count()
            figures = {_slice_of(row, keys): row["count"] for row in counted.collect()}
        else:
            figures = {}
            everything = spark.table(manifest["view"])
            for asked in slices:
                everything.where(_predicate(asked)).createOrReplaceTempView(manifest["view"])
                figures[asked] = spark.sql(check["query"]).count()
            everything.createOrReplaceTempView(manifest["view"])
    except Exception as error:
        message, _, line, _ = explain(error)
        return [
            {
                "name": check["name"],
                "slice": asked,
                "severity": "error",
                "passed": False,
                "error": message,
                "path": check["path"],
                "line": check["line"] + max(line - 1, 0),
            }
            for asked in slices
        ]
    return [_outcome(spark, manifest, check, asked, float(figures.get(asked, 0))) for asked in slices]


def _outcome(spark: Any, manifest: Json, check: Json, asked: str, figure: float) -> Json:
    low, high = check["minimum"], check["maximum"]
    passed = (low is None or figure >= low) and (high is None or figure <= high)
    sample: list[str] = []
    if not passed and check["query"] and asked in manifest["slices"][:SAMPLED_SLICES]:
        rows = spark.sql(check["query"])
        if asked and all(part.partition("=")[0] in rows.columns for part in asked.split("/")):
            rows = rows.where(_predicate(asked))
        sample = rows.limit(manifest["sample_rows"]).toJSON().collect()
    return {
        "name": check["name"],
        "slice": asked,
        "severity": check["severity"],
        "passed": passed,
        "figure": figure,
        "sample": sample,
        "path": check["path"],
        "line": check["line"],
    }


def _slice_of(row: Any, keys: list[str]) -> str:
    return "/".join(f"{key}={_escape(row[i])}" for i, key in enumerate(keys))


def _predicate(spec: str) -> str:
    parts = []
    for part in spec.split("/") if spec else []:
        column, _, value = part.partition("=")
        text = unquote(value).replace("\\", "\\\\").replace("'", "\\'")
        parts.append(f"CAST(`{column}` AS STRING) = '{text}'")
    return " AND ".join(parts) or "true"


# ------------------------------------------------------------------ words and errors

_UNSAFE = frozenset("\"#%'*/:=?\\\x7f{[]^") | frozenset(map(chr, range(1, 32)))


def _escape(value: Any) -> str:
    """As Hive names a partition's directory (FileUtils.escapePathName)."""
    if value is None or value == "":
        return HIVE_DEFAULT_PARTITION
    return "".join(f"%{ord(c):02X}" if c in _UNSAFE else c for c in str(value))


def _shorten(slices: list[str]) -> str:
    return ", ".join(slices) if len(slices) < 4 else f"{slices[0]} to {slices[-1]}"


_PLACES = (
    re.compile(r"== SQL(?: of [^(]*)?\s*\(line (\d+), position (\d+)\) =="),
    re.compile(r"\(line (\d+), pos(?:ition)? (\d+)\)"),
    re.compile(r"; line (\d+) pos (\d+)"),
)


def explain(error: BaseException) -> tuple[str, str, int, int]:
    """Spark's error as (sentence, class, line, column) of the statement; line 0 where it says none."""
    text = str(getattr(error, "desc", None) or error)
    java = getattr(error, "java_exception", None)
    if java is not None and not getattr(error, "desc", None):
        # Around what went wrong lie "stage failed" and "task failed while writing": the innermost says it.
        while java is not None:
            text = str(java.getMessage() or text)
            java = java.getCause()
    line, column = 0, 0
    for pattern in _PLACES:
        place = pattern.search(text)
        if place:
            line, column = int(place[1]), int(place[2])
            break
    if line == 1 and column <= 1:
        line = column = 0  # the whole statement, in Spark's words: no place
    # From a cluster the causes come as a stack trace only.
    inner = re.findall(r"[\w.$]+(?:Exception|Error): (.*?)\n\s+at ", text, re.DOTALL)
    sentence = (inner[-1] if inner else text).strip()
    sentence = re.split(r"\n\s*(?:== SQL|\tat |Driver stacktrace|'?[A-Z]\w+ .*\n[ :+])", sentence)[0]
    sentence = " ".join(sentence.split())[:1000]
    try:
        kind = str(error.getErrorClass() or "")  # type: ignore[attr-defined]
    except Exception:
        kind = ""
    return sentence, kind or type(error).__name__, line, column


def _of_statement(error: BaseException) -> bool:
    """Whether Spark refused the statement, before any row was read."""
    return any(kind.__name__ in ("AnalysisException", "ParseException") for kind in type(error).__mro__)


def _failed(
    manifest: Json,
    seconds: dict[str, float],
    message: str,
    kind: str,
    line: int = 0,
    column: int = 0,
    *,
    refused: bool = False,
) -> Json:
    return {
        "format": FORMAT,
        "run_id": manifest["run_id"],
        "error": {
            "message": message,
            "kind": kind,
            "path": manifest["path"] if line else "",
            "line": line,
            "column": column,
            "refused": refused,
        },
        "seconds": seconds,
    }


def main(arguments: list[str]) -> int:
    """Run the manifests given by URI; 0 when each has its result, whatever the results say."""
    parser = argparse.ArgumentParser(prog="job.py")
    parser.add_argument("--jobs", type=int, default=1)
    parser.add_argument("manifests", nargs="+")
    options = parser.parse_args(arguments)
    from pyspark.sql import SparkSession

    session = SparkSession.builder.enableHiveSupport().getOrCreate()
    files = Files(session)

    def one(uri: str) -> None:
        result = execute(session, json.loads(files.read(uri)))
        files.write(uri.rsplit("/", 1)[0] + "/result.json", json.dumps(result))

    with ThreadPoolExecutor(max_workers=options.jobs) as pool:
        list(pool.map(one, options.manifests))
    session.stop()
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
