"""Makes the archive of ``archive``: works a small warehouse, notes which classes that took, and packs them.

``python -m runner.training`` does it once a machine, in about 50 seconds of one core; others wait for the one
that is at it. ``--nice`` gives way to whatever else runs and does not wait. How it went is in a file
beside the archive, ``.log``; with that file there, no command tries again by itself.
"""

from __future__ import annotations

import fcntl
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from runner import archive
from runner.java import java
from warehouse.errors import OutsideError, WarehouseError

_PROJECT = """\
[tool.warehouse.targets.local]
engine = "local"
metastore = "{metastore}"
lake = "lake"
[tool.warehouse.targets.local.spark]
"spark.driver.memory" = "1g"
"spark.driver.extraJavaOptions" = "-Xshare:off -XX:DumpLoadedClassList={classes} -XX:TieredStopAtLevel=1"
"""
_FILES = {
    "ddl/training/raw/V001__create.sql": """\
CREATE EXTERNAL TABLE training.raw (line STRING) PARTITIONED BY (dt STRING) STORED AS TEXTFILE;
""",
    "ddl/training/words/V001__create.sql": """\
CREATE EXTERNAL TABLE training.words (word STRING, n BIGINT, amount DECIMAL(12,2), at TIMESTAMP, place INT)
PARTITIONED BY (dt STRING) STORED AS PARQUET;
""",
    "ddl/training/days/V001__create.sql": """\
CREATE EXTERNAL TABLE training.days (word STRING, days INT, amount DECIMAL(22,2))
PARTITIONED BY (dt STRING) STORED AS ORC;
""",
    "sql/training/words.sql": """\
/* ---
checks:
  - unique: [word]
  - row_count: {min: 1}
--- */
INSERT OVERWRITE TABLE training.words PARTITION (dt)
WITH parts AS (SELECT split(line, ',') AS part, dt FROM training.raw
               WHERE dt BETWEEN '{{ start_ds }}' AND '{{ end_ds }}'),
counted AS (SELECT part[0] AS word, count(*) AS n, count(DISTINCT part[1]) AS kinds,
                   sum(CAST(part[1] AS DECIMAL(12,2))) AS amount, dt
            FROM parts GROUP BY part[0], dt)
SELECT a.word, a.n, CAST(CASE WHEN a.n > 1 THEN a.amount END AS DECIMAL(12,2)) AS amount,
       CAST(get_json_object(concat('{"t": "', a.dt, '"}'), '$.t') AS TIMESTAMP) AS at,
       row_number() OVER (PARTITION BY a.dt ORDER BY a.amount DESC, a.word) AS place, a.dt
FROM counted AS a LEFT JOIN counted AS b ON a.word = b.word AND a.dt = b.dt
""",
    "sql/training/days.sql": """\
INSERT OVERWRITE TABLE training.days PARTITION (dt = '{{ ds }}')
SELECT word, CAST(count(DISTINCT dt) AS INT) AS days, sum(amount) AS amount
FROM training.words
WHERE dt >= date_sub('{{ ds }}', 2) AND dt <= '{{ ds }}' GROUP BY word
UNION ALL
SELECT regexp_replace(word, 'a', 'b'), 0, CAST(0 AS DECIMAL(22,2)) FROM training.words WHERE dt = '{{ ds }}'
""",
}
_DAYS = ("2020-01-01", "2020-01-02", "2020-01-03")


def main() -> int:
    nice = "--nice" in sys.argv[1:]
    made = archive.path()
    if made is None or made.exists():
        return 0
    try:
        made.parent.mkdir(parents=True, exist_ok=True)
        lock = made.with_suffix(".lock").open("w")
    except OSError as error:
        print(f"no archive of classes, Java starts without one: {error}", file=sys.stderr)
        return 1
    with lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | (fcntl.LOCK_NB if nice else 0))
        except BlockingIOError:
            return 0
        if made.exists():
            return 0
        if nice:
            os.nice(19)
        else:
            print("preparing an archive of Spark's classes (once, about a minute)", flush=True)
        return _make(made)


def _make(made: Path) -> int:
    began = time.monotonic()
    with made.with_suffix(".log").open("w") as log:
        with tempfile.TemporaryDirectory(prefix="warehouse-training-") as name:
            try:
                size = _pack(sorted(_classes(Path(name))), made, Path(name))
            except (OSError, WarehouseError, subprocess.SubprocessError) as error:
                # The third line says where to look: in a directory that is about to go.
                said = "; ".join(line.strip() for line in str(error).splitlines()[:2])
                log.write(f"no archive: {said}\n")
                print(f"no archive of classes, Java starts without one: {said}", file=sys.stderr)
                return 1
        log.write(
            f"{made.name}: {size / 1e6:.0f} MB in {time.monotonic() - began:.0f} s\n{archive.spark_home()}\n"
        )
    _sweep(made.parent)
    return 0


def _classes(root: Path) -> set[str]:
    """Lines of Java's class lists: what Spark and what the metastore loaded for the small warehouse."""
    from runner.api import Warehouse
    from runner.metastores import embedded

    lists = {name: root / f"{name}.classes" for name in ("metastore", "spark")}
    uri = embedded.ensure(
        root / "state", options=("-Xshare:off", f"-XX:DumpLoadedClassList={lists['metastore']}"), timeout=300
    )
    try:
        (root / "pyproject.toml").write_text(_PROJECT.format(metastore=uri, classes=lists["spark"]))
        for path, text in _FILES.items():
            file = root / path
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(text)
        for day in _DAYS:
            file = root / "lake" / "training" / "raw" / f"dt={day}" / "lines.csv"
            file.parent.mkdir(parents=True)
            file.write_text("a,1.5\na,2\nb,3\n")
        with Warehouse.open(root) as warehouse:
            list(warehouse.ddl_apply())
            if warehouse.backfill([], _DAYS[0], _DAYS[-1]).exit_code:
                raise OutsideError("the small warehouse did not run")
            warehouse.query("SELECT * FROM training.words JOIN training.days USING (word) ORDER BY word")
            _end_spark()
    finally:
        embedded.stop(root / "state")
    return {
        line
        for file in lists.values()
        for line in file.read_text().splitlines()
        if line and not line.startswith("#")
    }


def _end_spark() -> None:
    """Wait until Java has ended and its list is whole."""
    from pyspark import SparkContext

    gateway = SparkContext._gateway
    if gateway is not None:
        process = gateway.proc
        gateway.shutdown()
        process.stdin.close()
        process.wait(60)


def _pack(classes: list[str], made: Path, root: Path) -> int:
    """The archive of these classes; bytes. It gets its name when it is whole."""
    names, part = root / "classes", made.with_suffix(f".{os.getpid()}.part")
    names.write_text("\n".join(classes) + "\n")
    try:
        done = subprocess.run(
            [
                *(java(), "-Xshare:dump", "-XX:TieredStopAtLevel=1"),
                *(f"-XX:SharedClassListFile={names}", f"-XX:SharedArchiveFile={part}"),
                *("-cp", os.pathsep.join(archive.class_path())),
            ],
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            errors="replace",
            timeout=600,
        )
        if done.returncode or not part.exists():
            raise OSError((done.stdout.strip().splitlines() or ["Java said nothing"])[-1])
        part.replace(made)
    finally:
        part.unlink(missing_ok=True)
    return made.stat().st_size


def _sweep(directory: Path) -> None:
    """Remove archives of Sparks that are no more: their file tells where they were."""
    for log in directory.glob("*.log"):
        lines = log.read_text().splitlines()
        if len(lines) == 2 and not Path(lines[1]).exists():
            for suffix in (".jsa", ".lock", ".log"):
                log.with_suffix(suffix).unlink(missing_ok=True)


if __name__ == "__main__":
    sys.exit(main())
