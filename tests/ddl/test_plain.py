"""The quick way of reading a plain CREATE TABLE says what the thorough one says, or nothing."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from warehouse.ddl_parse import TABLE_COMMENT_LENGTH, CreateTable, parse_ddl, parse_tokens
from warehouse.ddl_plain import read_plain
from warehouse.errors import ProjectError

ROOT = Path(__file__).parents[2]
PLAIN = (
    "CREATE EXTERNAL TABLE d.t (\n  a STRING COMMENT 'what; it -- is',\n  b bigint,\tc_1 Date COMMENT ''\n)\n"
    "COMMENT 'all (of) it'\nPARTITIONED BY (dt STRING COMMENT 'day', hour INT)\nSTORED AS PARQUET;\n"
)
PIECES = (
    *("CREATE", " EXTERNAL", " TABLE", " d.t", " (", "(", ")", ",", ", ", ";", "\n", " ", "--", "/* x */"),
    *("a STRING", "b INT", "dt", " STRING", " DATE", " DOUBLE", " PRECISION", " VARCHAR(3)", "MAP<INT, INT>"),
    *(" COMMENT", " 'x'", "'it\\'s'", "''", "'a' 'b'", " PARTITIONED BY", " STORED AS", " PARQUET", " ORC"),
    *(
        " TEXTFILE",
        " LOCATION 's3://b/c'",
        "A",
        "é",
        "`a`",
        "primary",
        " key",
        " NOT NULL",
        "\x0b",
        "constraint",
    ),
)


def same(text: str) -> bool:
    """Whether it is plain; then, both ways say the same."""
    plain = read_plain(text, TABLE_COMMENT_LENGTH)
    if plain is None:
        return False
    found, wanted = parse_ddl(text, "x.sql"), parse_tokens(text, "x.sql")
    assert found == wanted
    assert found.places == wanted.places
    return True


@pytest.mark.parametrize(
    "path", sorted(ROOT.glob("ddl/**/*.sql")), ids=lambda path: str(path.relative_to(ROOT))
)
def test_the_project_s_own(path: Path) -> None:
    text = path.read_text()
    if not same(text):
        parse_ddl(text, str(path))


def test_a_plain_one() -> None:
    assert same(PLAIN)
    assert same(PLAIN.replace("COMMENT 'all (of) it'\n", "").replace("PARQUET;", "orc ; ;"))


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("b bigint", "a bigint"),
        ("(dt STRING", "(a STRING"),
        ("hour INT", "hour DOUBLE"),
        ("'all (of) it'", f"'{'x' * 2001}'"),
        ("'day'", f"'{'x' * 256}'"),
        ("d.t", "D.t"),
        (" PARQUET", " PARQUET AS SELECT 1"),
        ("c_1 Date", "C_1 Date"),
        ("'day'", "'day' 'night'"),
    ],
)
def test_what_is_wrong_is_told_as_ever(old: str, new: str) -> None:
    with pytest.raises(ProjectError):
        parse_ddl(PLAIN.replace(old, new), "x.sql")


@given(st.data())
def test_whatever_is_written(data: st.DataObject) -> None:
    text = PLAIN
    for _ in range(data.draw(st.integers(1, 4))):
        start = data.draw(st.integers(0, len(text)))
        end = data.draw(st.integers(start, min(len(text), start + 12)))
        text = text[:start] + data.draw(st.sampled_from(PIECES)) + text[end:]
    same(text)


def test_it_is_a_table_like_any_other() -> None:
    found = parse_ddl(PLAIN, "x.sql")
    assert isinstance(found, CreateTable)
    assert [(c.name, c.type, c.comment) for c in found.columns] == [
        ("a", "string", "what; it -- is"),
        ("b", "bigint", ""),
        ("c_1", "date", ""),
    ]
