"""``init``."""

from __future__ import annotations

from pathlib import Path

import click

from runner.console import say
from warehouse.errors import ProjectError

_SETTINGS = """[tool.warehouse]
default_target = "local"

[tool.warehouse.targets.local]
engine = "local"          # Spark in this process
metastore = "embedded"    # Hive's own metastore, started on demand; or "thrift://host:9083"
lake = ".lake"            # a directory
"""

_FILES = {
    "ddl/example/database.sql": "CREATE DATABASE example COMMENT 'What this project was started with';\n",
    "ddl/example/raw_lines/V001__create.sql": (
        "-- A table with DDL and no SQL is a source: put files into .lake/example/raw_lines/dt=2024-01-01/\n"
        "CREATE EXTERNAL TABLE example.raw_lines (\n"
        "  line STRING COMMENT 'One line as it arrived'\n)\n"
        "COMMENT 'Lines as they arrive'\n"
        "PARTITIONED BY (dt STRING COMMENT 'UTC date of arrival, yyyy-MM-dd')\n"
        "STORED AS TEXTFILE;\n"
    ),
    "ddl/example/words/V001__create.sql": (
        "CREATE EXTERNAL TABLE example.words (\n"
        "  word  STRING COMMENT 'A word, in lower case',\n"
        "  times BIGINT COMMENT 'How often it stands in the lines of the day'\n)\n"
        "COMMENT 'One row per word and day'\n"
        "PARTITIONED BY (dt STRING COMMENT 'UTC date of the lines, yyyy-MM-dd')\n"
        "STORED AS PARQUET;\n"
    ),
    "sql/example/words.sql": (
        "/* ---\n"
        "owner: you\n"
        "description: Words and how often they came\n"
        "tags: [daily]\n"
        "checks:\n"
        "  - not_null: [word, times]\n"
        "  - unique: [word]\n"
        "--- */\n"
        "INSERT OVERWRITE TABLE example.words PARTITION (dt = '{{ ds }}')\n"
        "SELECT lower(word) AS word, count(*) AS times\n"
        "FROM example.raw_lines\n"
        "LATERAL VIEW explode(split(line, '[^A-Za-z]+')) AS word\n"
        "WHERE dt = '{{ ds }}' AND word <> ''\n"
        "GROUP BY lower(word)\n"
    ),
}


@click.command()
@click.argument("directory", type=click.Path(path_type=Path), default=Path())
def init(directory: Path) -> None:
    """Start a project in DIRECTORY: settings, a source, a table over it. Nothing is overwritten."""
    settings = directory / "pyproject.toml"
    if settings.exists() and "[tool.warehouse" in settings.read_text(encoding="utf-8"):
        raise ProjectError(f"{directory} is a warehouse project already")
    try:
        for name, text in _FILES.items():
            path = directory / name
            path.parent.mkdir(parents=True, exist_ok=True)
            with path.open("x", encoding="utf-8") as file:
                file.write(text)
            say(f"  {name}")
        with settings.open("a", encoding="utf-8") as file:
            file.write(("\n" if settings.stat().st_size else "") + _SETTINGS)
    except FileExistsError as error:
        raise ProjectError(f"{error.filename} is there already", fix="choose another directory") from None
    except OSError as error:
        raise ProjectError(f"{error.filename} cannot be written: {error.strerror}") from None
    say("  pyproject.toml")
    say("next: warehouse ddl apply, then put a file into .lake/example/raw_lines/dt=2024-01-01/ and")
    say("      warehouse run --select example --date 2024-01-01")
