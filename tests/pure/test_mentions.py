"""Whether a table may be read by another, as far as files tell without being parsed."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.domain_session import ROOT
from warehouse.config import load_config
from warehouse.mentions import makes_up_names
from warehouse.names import TableName
from warehouse.project import Context, Project

MADE_UP = [
    "FROM music.daily_{{ x }} WHERE a",
    "FROM music.{{ x }}_daily",
    "FROM music.{{ x }}{{ y }}",
    "FROM music.dai{# why #}ly",
    "FROM music.daily{% if x %}_old{% endif %}\n",
    "FROM music.daily {%- if x %}_old{% endif %}\n",
    "FROM music.dai\n{{- x -}}\nly\n",
    "FROM `music`.`dai{{ x }}`",
    "FROM {{ 'music.dai' ~ x }}",
    "{% set t = 'dai' + 'ly' %}FROM music.{{ t }}",
    "{% set t = ['dai', 'ly'] | join %}FROM music.{{ t }}",
    "{% macro of(x) %}music.{{ x }}_daily{% endmacro %}",
    "FROM music.{{ ['dai', x] | join('_') }}",
    "FROM {{ 'a literal that does not end",
]
PLAIN = [
    "FROM music.daily WHERE dt = '{{ ds }}' AND at < '{{ ds }}T12:00'",
    "FROM music.daily -- not daily_{{ x }}\nWHERE true",
    "FROM music.{{ x }} AS t",
    "SELECT {{ masked('a ~ b') }} AS k,\n  {{ one(x) }}\nFROM {{ var.source }}",
    "{% for c in ['a', 'b'] %}{{ c }},\n{% endfor %}",
    "{% if x %}AND a = 1{% endif %}\nORDER BY a",
    "{% macro a(x) -%}\n{{ x }} IS NULL\n{%- endmacro %}\n\n{#- A remark. -#}\n{% macro b() -%}\nEND",
    "SELECT {{ columns | join(', ') }}",
    "{% raw %}FROM a{% endraw %}",
    "SELECT 1",
]  # fmt: skip


@pytest.mark.parametrize("template", MADE_UP)
def test_names_that_are_made_up(template: str) -> None:
    assert makes_up_names(template)


@pytest.mark.parametrize("template", PLAIN)
def test_names_that_stand_there(template: str) -> None:
    assert not makes_up_names(template)


def project(root: Path, files: dict[str, str], **variables: str) -> Project:
    for path, text in files.items():
        file = root / "sql" / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text)
    (root / "pyproject.toml").write_text('[tool.warehouse.targets.local]\nlake = "lake"\n')
    return Project(root, load_config(root), Context("local", "lake", variables))


DAILY = {"d/daily.sql": "SELECT '{{ ds }}' AS daily", "d/daily_old.sql": "SELECT 1"}


@pytest.mark.parametrize(
    ("files", "read"),
    [
        ({}, False),
        ({"d/other.sql": "FROM d.daily_new"}, False),
        ({"d/other.sql": "FROM d.DAILY"}, True),
        ({"macros/m.sql": "{% macro days() %}(SELECT * FROM d.daily){% endmacro %}"}, True),
        ({"macros/m.sql": "{% macro days() %}(SELECT * FROM d.weekly){% endmacro %}"}, False),
        ({"macros/m.sql": "{% macro days(x) %}FROM d.{{ x }}ly{% endmacro %}"}, True),
        ({"d/other.sql": "FROM d.{{ x }}ly"}, True),
        ({"d/daily.sql": "FROM d.{{ x }}ly"}, False),
    ],
)
def test_whether_a_table_may_be_read(tmp_path: Path, files: dict[str, str], read: bool) -> None:
    assert project(tmp_path, DAILY | files).may_be_read(TableName("d", "daily")) is read


def test_a_variable_may_name_it(tmp_path: Path) -> None:
    files = DAILY | {"d/other.sql": "FROM {{ var.source }}"}
    assert project(tmp_path, files, source="d.daily").may_be_read(TableName("d", "daily"))
    assert not project(tmp_path, files, source="d.other").may_be_read(TableName("d", "daily"))


def test_no_file_of_this_project_makes_names_up() -> None:
    """Else every table's rows would be digested, whoever reads them."""
    found = Project(ROOT, load_config(ROOT), Context("local", "lake", {}))
    texts = [*(path.read_text() for path in found.sql_files.values()), *found.macro_files.values()]
    assert len(texts) > 20
    assert [text for text in texts if makes_up_names(text)] == []
