from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from warehouse.errors import ProjectError
from warehouse.tokens import Cursor, jinja_tags, literal, scan, segments, tokens, unquote

PIECES = [
    "a", "B1", "`x``y`", "'it''s'", r"'a\'b'", '"q"', r"r'\n'", "1", "1.5e3", ".5", "10L", " ", "\n", "\t",
    "-- c\n", "-- c \\\n d\n", "/* a */", "/* a /* b */ c */", "/**/", "/*+ H(x) */", "<=>", ">=",
    "(", ")", ",", ";", ".", "-", "/", "*", "é", "\f", "=", "<", ">",
]  # fmt: skip


@given(st.lists(st.sampled_from(PIECES)).map("".join))
def test_nothing_is_lost(text: str) -> None:
    try:
        found = list(scan(text))
    except ProjectError:
        return
    assert "".join(token.text for token in found) == text
    assert all(text[token.offset : token.end] == token.text for token in found)


@given(st.text())
def test_any_text_is_tokens_or_an_error_with_its_place(text: str) -> None:
    for read in (scan, segments):
        try:
            assert "".join(token.text for token in read(text, "f.sql")) == text
        except ProjectError as error:
            assert error.where is not None and error.where.line is not None


@pytest.mark.parametrize(
    ("text", "kinds"),
    [
        ("select 1 -- c \\\n + 1", "word number"),
        ("1 /* a /* b */ c */ + 1", "number punct number"),
        ("1 /* a /*+ b */ + 1", "number punct number"),
        ("1 /*/ + 1 */", "number"),
        ("1 -- a\r+1", "number punct number"),
        ("/*+ BROADCAST(x) */", "punct word punct word punct punct"),
        ("'it''s'", "string string"),
        ("r'a\\'", "string"),
        ("var'x'", "word string"),
        ("array<array<int>>", "word punct word punct word punct punct"),
        ("db.t1", "word punct word"),
        ("1a b_2 10L 2e-3", "word word word number"),
    ],
)
def test_reads_as_spark_does(text: str, kinds: str) -> None:
    assert " ".join(token.kind for token in tokens(text)) == kinds


@pytest.mark.parametrize(
    ("text", "line", "column", "what"),
    [
        ("a\n 'b", 2, 2, "literal"),
        ('"b\\"', 1, 1, "literal"),
        ("`b", 1, 1, "quoted name"),
        ("a /* /* b */", 1, 3, "comment"),
    ],
)
def test_what_does_not_end(text: str, line: int, column: int, what: str) -> None:
    with pytest.raises(ProjectError, match=f"this {what} does not end") as caught:
        list(scan(text, "f.sql"))
    assert caught.value.where is not None
    assert (caught.value.where.line, caught.value.where.column) == (line, column)


def test_tags_are_opaque_in_a_template() -> None:
    text = (
        "SELECT '{{ f(ds, '%Y') }}', {{ {'a': {'b': 1}} }} -- {{ ds }}\n"
        "{% if x == '%}' %} {# don't #}{% endif %}"
    )
    found = [(token.kind, token.text) for token in segments(text)]
    assert ("string", "'{{ f(ds, '%Y') }}'") in found
    assert ("jinja", "{{ {'a': {'b': 1}} }}") in found
    assert ("comment", "-- {{ ds }}") in found
    assert ("jinja", "{% if x == '%}' %}") in found
    assert ("jinja", "{# don't #}") in found


def test_raw_blocks_are_one_tag() -> None:
    assert [t.kind for t in segments("{% raw %} '{{ %} {% endraw %} x")] == ["jinja", "code"]


@pytest.mark.timeout(60)  # matched again for every way to cut it, one of these would outlive the universe
@pytest.mark.parametrize(
    "part", ["{{ x }} ", "{{ f('x') }} ", "{% if a == '%}' %}", "``", "{{ x }}``", r"\'", "{"]
)
@pytest.mark.parametrize("begin", ["'", '"', "`", "{{ ", "{% ", "{{ '", "{{ {", "/*"])
def test_what_does_not_end_is_read_once(begin: str, part: str) -> None:
    text = begin + part * 5_000
    for read in (scan, segments):
        try:
            assert "".join(token.text for token in read(text)) == text
        except ProjectError as error:
            assert "does not end" in str(error)


@pytest.mark.parametrize("text", ["a {{ b", "a {% if b", "{# c", "{{ 'x }}"])
def test_a_tag_that_does_not_end(text: str) -> None:
    with pytest.raises(ProjectError, match="Jinja tag"):
        list(segments(text, "f.sql"))


# What Spark 3.5 answers to SELECT of each (test_spark_literals asks it again).
LITERALS = {
    r"'a\'b\n\0\Z\%\_\q\u0041\101\U0001F600'": "a'b\n\0\x1a\\%\\_qAA\U0001f600",
    r"'\400\12\u12'": "40012u12",
    "'a\\\nb'": "a\nb",
    r"'\uD83D\uDE00'": "\U0001f600",
    r"r'a\n'": "a\\n",
    r'R"a\n"': "a\\n",
    '"it\'s"': "it's",
    r"'\\\\n'": "\\\\n",
}


@pytest.mark.parametrize(("text", "value"), LITERALS.items())
def test_unquote(text: str, value: str) -> None:
    assert unquote(text) == value


def test_unquote_names() -> None:
    assert unquote("`a``b`") == "a`b"


@given(st.text(st.characters(exclude_categories=["Cs"])))
def test_literal_and_back(text: str) -> None:
    written = literal(text)
    assert unquote(written) == text
    assert [t.kind for t in tokens(written)] == ["string"]
    assert not jinja_tags().search(written) and not any(mark in written for mark in ("{{", "{%", "{#"))


def test_cursor_says_what_it_wanted_and_where() -> None:
    cursor = Cursor("create\n  tabel", "f.sql")
    cursor.expect("CREATE")
    with pytest.raises(ProjectError, match="expected TABLE, found 'tabel'") as caught:
        cursor.expect("TABLE")
    assert str(caught.value.where) == "f.sql:2:3"
