"""A project of any number of models, for this tool and for its peers, all with the same queries.

Model i < 10 is one SELECT of literals. Any other reads model i - 1 through a filtering CTE, i // 2 and i // 3
through grouping ones, joins them, numbers rows, and has a CASE and a CAST: about 22 lines.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

FIRST = 10
"""Models before this one are literals."""

Ref = Callable[[int], str]
"""A model's number to how another model's text names it."""


def name(number: int) -> str:
    return f"m{number:04}"


def query(number: int, ref: Ref, ds: str) -> str:
    """The SELECT of one model. ``ds`` is the template's text of the run date."""
    if number < FIRST:
        return (
            f"SELECT CAST({number} AS BIGINT) AS id, 'g{number}' AS grp, CAST({number}.5 AS DOUBLE) AS val,\n"
            "  'low' AS band, 1 AS place\n"
        )
    return f"""\
WITH base AS (
  SELECT id, grp, val, band
  FROM {ref(number - 1)}
  WHERE dt = '{ds}' AND val > {number % 7}
),
halves AS (
  SELECT grp, sum(val) AS total, count(*) AS n
  FROM {ref(number // 2)}
  WHERE dt = '{ds}'
  GROUP BY grp
),
thirds AS (
  SELECT grp, max(id) AS top, avg(val) AS mean
  FROM {ref(number // 3)}
  WHERE dt = '{ds}'
  GROUP BY grp
)
SELECT
  b.id,
  b.grp,
  CAST(coalesce(b.val, 0) + coalesce(h.total, 0) / {number} AS DOUBLE) AS val,
  CASE WHEN b.val > t.mean THEN 'high' WHEN t.mean IS NULL THEN 'none' ELSE 'low' END AS band,
  row_number() OVER (PARTITION BY b.grp ORDER BY b.val DESC, b.id) AS place
FROM base AS b
LEFT JOIN halves AS h ON h.grp = b.grp
LEFT JOIN thirds AS t ON t.grp = b.grp
"""


COLUMNS = (
    ("id", "BIGINT", "Which row"),
    ("grp", "STRING", "Its group"),
    ("val", "DOUBLE", "Its value"),
    ("band", "STRING", "How the value compares with its group"),
    ("place", "INT", "Its place in its group by value"),
)


def write_ours(root: Path, count: int) -> None:
    """A project of this tool: DDL and SQL of every model."""
    _write(
        root / "pyproject.toml",
        '[tool.warehouse]\ndefault_target = "local"\n'
        '[tool.warehouse.targets.local]\nengine = "local"\nmetastore = "embedded"\nlake = ".lake"\n',
    )
    columns = ",\n".join(f"  {column} {kind} COMMENT '{about}'" for column, kind, about in COLUMNS)
    for number in range(count):
        table = name(number)
        _write(
            root / "ddl" / "gen" / table / "V001__create.sql",
            f"CREATE EXTERNAL TABLE gen.{table} (\n{columns}\n)\nCOMMENT 'Generated model {number}'\n"
            "PARTITIONED BY (dt STRING COMMENT 'UTC date, yyyy-MM-dd')\nSTORED AS PARQUET;\n",
        )
        _write(
            root / "sql" / "gen" / f"{table}.sql",
            f"/* ---\nowner: team{number % 5}\ntags: [daily]\nstart: 2018-11-01\nchecks:\n"
            "  - not_null: [id, grp]\n  - unique: [id]\n--- */\n"
            f"INSERT OVERWRITE TABLE gen.{table} PARTITION (dt = '{{{{ ds }}}}')\n"
            + query(number, lambda other: f"gen.{name(other)}", "{{ ds }}"),
        )


def write_dbt(root: Path, count: int) -> None:
    """A dbt project on DuckDB with its profile beside it; each model has a file of its columns."""
    _write(
        root / "profiles.yml",
        "gen:\n  target: dev\n  outputs:\n    dev:\n      type: duckdb\n      schema: gen\n"
        "      threads: 2\n      path: gen.duckdb\n",
    )
    _write(
        root / "dbt_project.yml",
        "name: gen\nversion: '1.0'\nprofile: gen\nmodel-paths: [models]\nvars:\n  ds: '2018-11-15'\n"
        "flags:\n  send_anonymous_usage_stats: false\n",
    )
    types = {"BIGINT": "bigint", "STRING": "varchar", "DOUBLE": "double", "INT": "int"}
    for number in range(count):
        table = name(number)
        day = "CAST('{{ var(\"ds\") }}' AS VARCHAR) AS dt"
        text = query(number, lambda other: f"{{{{ ref('{name(other)}') }}}}", '{{ var("ds") }}')
        _write(root / "models" / f"{table}.sql", with_day(text, day))
        columns = "\n".join(
            f"      - name: {column}\n        data_type: {types[kind]}\n        description: {about}"
            for column, kind, about in (*COLUMNS, ("dt", "STRING", "UTC date"))
        )
        _write(
            root / "models" / f"{table}.yml",
            f"version: 2\nmodels:\n  - name: {table}\n    description: Generated model {number}\n"
            f"    columns:\n{columns}\n",
        )


def write_sqlmesh(root: Path, count: int) -> None:
    """A SQLMesh project on DuckDB."""
    _write(
        root / "config.yaml",
        "gateways:\n  local:\n    connection:\n      type: duckdb\n      database: gen.duckdb\n"
        "default_gateway: local\nmodel_defaults:\n  dialect: duckdb\n  start: '2018-11-01'\n"
        "disable_anonymized_analytics: true\n",
    )
    for number in range(count):
        table = name(number)
        text = query(number, lambda other: f"gen.{name(other)}", "2018-11-15")
        _write(
            root / "models" / f"{table}.sql",
            f"MODEL (\n  name gen.{table},\n  kind FULL,\n  owner team{number % 5},\n"
            "  columns (id BIGINT, grp TEXT, val DOUBLE, band TEXT, place INT, dt TEXT)\n);\n\n"
            + with_day(text, "CAST('2018-11-15' AS TEXT) AS dt"),
        )


def with_day(text: str, day: str) -> str:
    """The peers' models carry the day as a column of the SELECT."""
    return text.replace(" AS place\n", f" AS place,\n  {day}\n")


def _write(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")
