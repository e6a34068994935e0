"""What a statement has staged: files by partition, rows, digests.

Python 3.9, standard library and pyspark only: it goes to clusters.
"""

from __future__ import annotations

from typing import Any

from runner.job.errors import RefusedError
from runner.job.names import HIVE_DEFAULT_PARTITION, escape

Json = dict[str, Any]

SMALL_BYTES = 32 * 1024 * 1024  # staged rows below this are checked in one task, without a shuffle


def inventory(files: Any, manifest: Json) -> dict[str, Json]:
    """Partitions by path: location, files, bytes, names of files. Asked slices have one without rows too."""
    staging = manifest["staging"]
    directory = staging["directory"].rstrip("/")
    fixed = "/".join(f"{k}={escape(v)}" for k, v in staging["fixed"].items())
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


def rows_written(answer: Any) -> int | None:
    """What the INSERT itself counted, of the tasks that were committed; None where it does not say."""
    try:
        metrics = answer._jdf.queryExecution().commandExecuted().commandPhysicalPlan().metrics()
        return int(metrics.apply("numOutputRows").value())
    except Exception:
        return None  # another kind of command, or a Spark without these methods: the rows are counted


def measure(
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
    measures = ["count(*)"]
    if take_digest:
        measures.append(f"sum(CAST({manifest['digest']} AS DECIMAL(38,0)))")
        measures.append(f"bit_xor({manifest['digest']})")
    measures += [f"({measure})" for measure in checks]
    shown = [f"CAST(`{k}` AS STRING)" for k in keys]
    if keys:
        grouped = ", ".join(f"`{k}`" for k in keys)
        answer = spark.sql(
            f"SELECT {', '.join(shown + measures)} FROM `{manifest['view']}` GROUP BY {grouped}"
        )
    else:
        answer = rows.selectExpr(*measures)
    counted: dict[str, tuple[int, str]] = {}
    figures: dict[str, list[float]] = {}
    fixed = [f"{k}={escape(v)}" for k, v in staging["fixed"].items()]
    for row in answer.collect():
        # By their places: partition columns may have any names.
        measured = row[len(keys) :]
        path = "/".join(fixed + [f"{key}={escape(row[i])}" for i, key in enumerate(keys)])
        rows_found, digest = measured[0], ""
        if take_digest:
            digest = f"{rows_found:x}.{int(measured[1] or 0):x}.{int(measured[2] or 0):x}"
        counted[path] = (rows_found, digest)
        figures[path] = [float(figure or 0) for figure in measured[len(measured) - len(checks) :]]
    empty = (0, "0.0.0" if take_digest else "")
    missing = [path for path in counted if path not in found]
    if missing:
        raise RefusedError(f"rows were staged for {missing[0]}, but no file of it is there")
    partitions = [_staged(path, found[path], *counted.get(path, empty)) for path in sorted(found)]
    return partitions, figures if together else None


def _staged(path: str, entry: Json, rows: int, digest: str) -> Json:
    told = {key: entry[key] for key in ("location", "files", "bytes")}
    return {"partition": path, **told, "rows": rows, "digest": digest}


def _shorten(slices: list[str]) -> str:
    return ", ".join(slices) if len(slices) < 4 else f"{slices[0]} to {slices[-1]}"
