"""A project of a few lines in a temporary directory, worked through its command line."""

from __future__ import annotations

import contextlib
import io
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from runner.api import Warehouse
from runner.cli import run
from runner.metastores import Partition
from runner.metastores.hive import HiveMetastore
from warehouse.log import SliceState, State
from warehouse.names import TableName

COLUMNS = "k STRING COMMENT 'key', v INT COMMENT 'value'"
SPARK = {
    "spark.master": "local[2]",
    "spark.driver.memory": "1g",
    "spark.sql.shuffle.partitions": "2",
    "spark.ui.enabled": "false",
}


@dataclass(frozen=True)
class Answer:
    """How a command line ended, and what it printed."""

    code: int
    out: str
    err: str

    @property
    def text(self) -> str:
        return self.out + self.err


class Tiny:
    """One project, one database. ``lake`` is its lake's directory."""

    def __init__(self, root: Path, db: str, metastore: str, target: Mapping[str, Any]) -> None:
        self.root = root
        self.db = db
        self.metastore_uri = metastore
        self.lake = root / "lake"
        self.configure(target)

    def configure(self, target: Mapping[str, Any], more: str = "") -> None:
        settings: dict[str, Any] = {
            "engine": "local",
            "metastore": self.metastore_uri,
            "lake": "lake",
            "staging_database": f"{self.db}_staging",
            **target,
        }
        lines = [f"{key} = {json.dumps(value)}" for key, value in settings.items()]
        spark = [f"{json.dumps(key)} = {json.dumps(value)}" for key, value in SPARK.items()]
        self.write(
            "pyproject.toml",
            "[tool.warehouse]\n" + more + "\n[tool.warehouse.targets.local]\n" + "\n".join(lines)
            + "\n[tool.warehouse.targets.local.spark]\n" + "\n".join(spark) + "\n",
        )  # fmt: skip

    # ------------------------------------------------------------------ files

    def write(self, path: str, text: str) -> Path:
        file = self.root / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text, encoding="utf-8")
        return file

    def ddl(self, table: str, text: str, version: int = 1, label: str = "change") -> None:
        """A DDL file; ``{db}`` in ``text`` is the database."""
        self.write(f"ddl/{self.db}/{table}/V{version:03}__{label}.sql", text.replace("{db}", self.db))

    def sql(self, table: str, text: str) -> None:
        self.write(f"sql/{self.db}/{table}.sql", text.replace("{db}", self.db))

    def create(
        self,
        table: str,
        *,
        columns: str = COLUMNS,
        partitions: str = "dt STRING",
        stored: str = "STORED AS PARQUET",
        properties: str = "",
    ) -> None:
        """The first DDL file of a table."""
        by = f"PARTITIONED BY ({partitions})\n" if partitions else ""
        more = f"\nTBLPROPERTIES ({properties})" if properties else ""
        text = f"CREATE EXTERNAL TABLE {{db}}.{table} (\n  {columns}\n)\n{by}{stored}{more};\n"
        self.ddl(table, text, label="create")

    def source(self, partitions: str = "dt STRING", name: str = "raw", properties: str = "") -> None:
        """A source of lines."""
        self.create(
            name, columns="line STRING", partitions=partitions, stored="STORED AS TEXTFILE",
            properties=properties,
        )  # fmt: skip

    def daily(self, table: str = "daily", front: str = "", *, where: str = "", select: str = "") -> None:
        """The date form, reading ``raw``."""
        self.sql(
            table,
            _front(front)
            + f"INSERT OVERWRITE TABLE {{db}}.{table} PARTITION (dt = '{{{{ ds }}}}')\n"
            + (select or "SELECT\n  split(line, ',')[0] AS k,\n  CAST(split(line, ',')[1] AS INT) AS v\n")
            + f"FROM {{db}}.raw\nWHERE dt = '{{{{ ds }}}}'{where}\n",
        )

    def daily_as_text(self, days: Sequence[str], front: str = "", rows: str = "a,1\nb,2") -> None:
        """``daily`` over a source of these days, as the text engine makes it: every day has ``rows``."""
        self.write("rows.txt", rows)
        self.source()
        self.create("daily", stored="STORED AS TEXTFILE")
        self.daily(front=front)
        for day in days:
            self.land(f"dt={day}", ["x"])

    def ranged(self, table: str = "ranged", front: str = "", *, where: str = "") -> None:
        """The range form, reading ``raw``."""
        self.sql(
            table,
            _front(front) + f"INSERT OVERWRITE TABLE {{db}}.{table} PARTITION (dt)\n"
            "SELECT split(line, ',')[0] AS k, CAST(split(line, ',')[1] AS INT) AS v, dt\n"
            f"FROM {{db}}.raw\nWHERE dt BETWEEN '{{{{ start_ds }}}}' AND '{{{{ end_ds }}}}'{where}\n",
        )

    def land(self, partition: str, lines: Sequence[str], table: str = "raw", name: str = "lines") -> Path:
        """A source's file."""
        path = f"lake/{self.db}/{table}/{partition}/{name}".replace("//", "/")
        return self.write(path, "".join(f"{line}\n" for line in lines))

    # ------------------------------------------------------------------ commands

    def __call__(self, *words: str) -> Answer:
        """A command line, in this process. ``{db}`` in a word is the database."""
        out, err = io.StringIO(), io.StringIO()
        with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
            code = run(["--project", str(self.root), *(word.replace("{db}", self.db) for word in words)])
        return Answer(code, out.getvalue(), err.getvalue())

    def ok(self, *words: str) -> Answer:
        answer = self(*words)
        assert answer.code == 0, answer.text
        return answer

    def outcomes(self, *words: str) -> dict[str, tuple[str, str]]:
        """``run`` or ``backfill``: status and reason of each slice, by its spec."""
        answer = self(*words, "--json")
        assert answer.out, answer.err
        return {one["slice"]: (one["status"], one["reason"]) for one in json.loads(answer.out)}

    def query(self, sql: str, *words: str) -> list[list[str]]:
        """Rows as readers see them, as text."""
        answer = self.ok("query", "--format", "csv", sql, *words)
        return [line.split(",") for line in answer.out.splitlines()[1:]]

    def rows(self, table: str, where: str = "true") -> list[list[str]]:
        return self.query(f"SELECT * FROM {{db}}.{table} WHERE {where} ORDER BY ALL")

    # ------------------------------------------------------------------ what there is

    @contextlib.contextmanager
    def warehouse(self) -> Iterator[Warehouse]:
        with Warehouse.open(self.root) as warehouse:
            yield warehouse

    def name(self, table: str) -> TableName:
        return TableName(self.db, table)

    def state(self, table: str) -> State:
        with self.warehouse() as warehouse:
            return warehouse.lake.log(self.name(table)).state()

    def slice(self, table: str, spec: str) -> SliceState:
        return self.state(table).slices[spec]

    def partitions(self, table: str) -> dict[str, Partition]:
        """What the metastore has, by values joined with a slash."""
        metastore = HiveMetastore(self.metastore_uri)
        try:
            return {"/".join(p.values): p for p in metastore.partitions(self.name(table))}
        finally:
            metastore.close()

    def staging_tables(self) -> list[str]:
        metastore = HiveMetastore(self.metastore_uri)
        try:
            return metastore.tables(f"{self.db}_staging")
        finally:
            metastore.close()

    def jobs(self) -> int:
        """How many runs an engine was ever asked for."""
        return len(list(self.lake.glob("_warehouse/runs/*/manifest.json")))

    def entries(self, table: str) -> int:
        return self.state(table).head

    def everything(self) -> dict[str, Any]:
        """Files of the lake and records of the metastore: two of them are equal when nothing changed.

        Left out is what says nothing about tables: Spark's log and locks.
        """
        metastore = HiveMetastore(self.metastore_uri)
        try:
            tables = {
                f"{db}.{table}": (
                    metastore.table(TableName(db, table)), metastore.partitions(TableName(db, table))
                )
                for db in sorted(metastore.databases()) if db in (self.db, f"{self.db}_staging")
                for table in metastore.tables(db)
            }  # fmt: skip
        finally:
            metastore.close()
        files = {
            str(path.relative_to(self.lake)): path.read_bytes()
            for path in sorted(self.lake.rglob("*"))
            if path.is_file() and "/logs/" not in f"/{path}" and not path.name.endswith(".lock")
        }
        return {"tables": tables, "files": files}


def _front(text: str) -> str:
    return f"/* ---\n{text.strip()}\n--- */\n" if text else ""
