"""Checks on staged or published rows.

Python 3.9, standard library and pyspark only: it goes to clusters.
"""

from __future__ import annotations

from typing import Any

from runner.job.errors import explain
from runner.job.names import escape, predicate

Json = dict[str, Any]

SAMPLED_SLICES = 3  # a check that fails everywhere is shown by the first slices, not by a query for each


def run_checks(spark: Any, manifest: Json, figures: dict[str, list[float]] | None = None) -> list[Json]:
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
            slice_of(row, keys): [float(row[f"m{i}"] or 0) for i in range(len(measured))]
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
            figures = {slice_of(row, keys): row["count"] for row in counted.collect()}
        else:
            figures = {}
            everything = spark.table(manifest["view"])
            for asked in slices:
                everything.where(predicate(asked)).createOrReplaceTempView(manifest["view"])
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
            rows = rows.where(predicate(asked))
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


def slice_of(row: Any, keys: list[str]) -> str:
    return "/".join(f"{key}={escape(row[i])}" for i, key in enumerate(keys))
