"""Files of a good size: what was staged in too many files, or in too large ones, is written again before
anyone can read it.

Python 3.9, standard library and pyspark only: it goes to clusters.
"""

from __future__ import annotations

from typing import Any, Optional

from runner.job.names import predicate

_NAMED = 100  # partitions that one predicate names: planning a longer one takes longer than two jobs


def wanted_files(size: int, files: int, target: int) -> Optional[int]:  # noqa: UP045 (Python 3.9)
    """How many files ``size`` bytes should be in; None where the ``files`` they are in will do.

    Up to half the target it is one file; above, files of half to twice the target.
    """
    least, most = -(-size // (2 * target)), max(1, 2 * size // target)
    if files == 0 or least <= files <= most:
        return None
    return max(1, round(size / target))


def rewrite(spark: Any, files: Any, staging: Any, found: Any, target: int) -> bool:
    """Write partitions of the staging table again where their files are no good; whether any was.

    ``found`` is by partition: ``files``, ``bytes``, ``names`` (of its files, below the staging directory).
    """
    wanted = {path: wanted_files(e["bytes"], e["files"], target) for path, e in found.items()}
    wanted = {path: n for path, n in wanted.items() if n}
    if not wanted:
        return False
    keys = [f"`{c['name']}`" for c in staging["dynamic"]]
    single = [path for path, n in wanted.items() if n == 1]
    if keys and single:
        for some in _chunks(single):
            where = " WHERE " + " OR ".join(_is(staging, path) for path in some)
            _again(spark, staging, keys, f"REPARTITION({', '.join(keys)})", where)
            _forget(files, staging, [name for path in some for name in found[path]["names"]])
    for path, n in wanted.items():
        if keys and n == 1:
            continue
        where = f" WHERE {_is(staging, path)}" if keys else ""
        hint = f"COALESCE({n})" if n < found[path]["files"] else f"REPARTITION({n})"
        _again(spark, staging, keys, hint, where)
        _forget(files, staging, found[path]["names"])
    spark.catalog.refreshTable(staging["table"])
    return True


def _again(spark: Any, staging: Any, keys: list[str], hint: str, where: str) -> None:
    """Add the same rows in other files; those that they were in are removed afterwards."""
    into = f" PARTITION ({', '.join(keys)})" if keys else ""
    table = staging["table"]
    spark.sql(f"INSERT INTO TABLE {table}{into} SELECT /*+ {hint} */ * FROM {table}{where}")


def _forget(files: Any, staging: Any, names: list[str]) -> None:
    directory = staging["directory"].rstrip("/")
    files.delete([f"{directory}/{name}" for name in names])


def _is(staging: Any, path: str) -> str:
    dynamic = [column["name"] for column in staging["dynamic"]]
    return "(" + predicate("/".join(p for p in path.split("/") if p.partition("=")[0] in dynamic)) + ")"


def _chunks(paths: list[str]) -> list[list[str]]:
    return [paths[i : i + _NAMED] for i in range(0, len(paths), _NAMED)]
