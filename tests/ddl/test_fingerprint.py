from __future__ import annotations

import random

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from warehouse.fingerprint import code_fingerprint, normalise

SPACES = [
    " ",
    "\n",
    "\t",
    "  \r\n ",
    " -- don't\n",
    "/* c */",
    "\n-- {{ ds }} of 'x\n",
    "/* a /* b */ c */",
    " {# n #} ",
]
# Tokens that stay apart whatever stands between them.
WORDS = st.sampled_from(
    ["a", "SELECT", "x_1", "é", "1", "1.5", "'s'", "'a  b'", "'-- no'", "`q  r`", '"/*"', "'{{ ds }}'"]
)
OPERATORS = st.sampled_from(["(", ")", ",", "=", "<", "+", "*", "<=", "||", ";", "/"])


@st.composite
def statements(draw: st.DrawFn) -> list[str]:
    """Words and operators by turns, so that no two tokens could merge."""
    length = draw(st.integers(1, 12))
    return [draw(WORDS if i % 2 == 0 else OPERATORS) for i in range(length)]


@given(statements(), st.randoms(use_true_random=False))
def test_comments_and_white_space_change_nothing(parts: list[str], source: random.Random) -> None:
    plain = " ".join(parts)
    laid_out = "".join(part + source.choice(SPACES) for part in parts)
    assert code_fingerprint(source.choice(SPACES) + laid_out) == code_fingerprint(plain)


@given(statements(), statements())
def test_different_tokens_differ(one: list[str], other: list[str]) -> None:
    assume(one != other)
    assert code_fingerprint(" ".join(one)) != code_fingerprint(" ".join(other))


@given(statements(), st.data())
def test_every_change_inside_a_token_counts(parts: list[str], data: st.DataObject) -> None:
    text = " ".join(parts)
    at = data.draw(st.integers(0, len(text)))
    changed = text[:at] + "z" + text[at:]
    assert code_fingerprint(changed) != code_fingerprint(text)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("SELECT a", "SELECT/**/a"),
        ("a+b", "a + b"),
        ("x = -1", "x=-1"),
        ("f( * )", "f(*)"),
        ("array<array<int>>", "array < array < int > >"),
        ("{{ds}}", "{{  ds }}"),
        ("f('{{ macros.ds_add(ds,-1) }}')", "f( '{{ macros.ds_add( ds, -1 ) }}' )"),
        ("{% if a  == 'x' %} b {% endif %}", "{% if a == 'x' %}\n  b\n{% endif %}"),
        ("SELECT a {# why #} FROM t", "SELECT a FROM t"),
        ("SELECT a{# why #}, b", "SELECT a, b"),
        ("a -- of {{ ds }} in {{ env }}\n", "a"),
        ("e . c", "e.c"),
        ("/*+ BROADCAST( d ) */", "/*+  BROADCAST(d)*/"),
    ],
)
def test_same(one: str, other: str) -> None:
    assert code_fingerprint(one) == code_fingerprint(other)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("SELECT a", "SELECT A"),
        ("SELECT a", "SELECTa"),
        ("1 .5", "1.5"),
        ("> =", ">="),
        ("a - -1", "a --1"),
        ("'a b'", "'a  b'"),
        ("'a' 'b'", "'a''b'"),
        ("'a'", '"a"'),
        ("r 'a'", "r'a'"),
        ("`a b`", "`a  b`"),
        ("/*+ BROADCAST(d) */ a", "a"),
        ("/*+ BROADCAST(d) */", "/* BROADCAST(d) */"),
        ("events_{{ ds }}", "events_ {{ ds }}"),
        ("{{ 'a b' }}", "{{ 'a  b' }}"),
        ("{{ ds }}", "{{ ts }}"),
        # A tag in a comment may end it.
        ("-- {{ x }} SELECT 1", "-- {{ x }} SELECT 2"),
        ("-- {% if x %}\nb -- {% endif %}", "b"),
        ("{% if a %}--{% endif %} b\nc", "{% if a %}--{% endif %} d\nc"),
        # Captured texts and texts whose quotes hang on a tag count with their white space.
        ("{% set l %}a b{% endset %}'{{ l }}'", "{% set l %}a  b{% endset %}'{{ l }}'"),
        ("{% if a %}'x{% else %}'y{% endif %} z'", "{% if a %}'x{% else %}'y{% endif %}  z'"),
        (
            "{% if a %}'x{% else %}'y{% endif %} z' = {% if a %}'x{% else %}'y{% endif %}'",
            "{% if a %}'x{% else %}'y{% endif %}  z' = {% if a %}'x{% else %}'y{% endif %}'",
        ),
        ("{% raw %}a b{% endraw %}", "{% raw %}a  b{% endraw %}"),
    ],
)
def test_different(one: str, other: str) -> None:
    assert code_fingerprint(one) != code_fingerprint(other)


@pytest.mark.parametrize("text", ["SELECT 'a", "{{ a", "/* a", "a \1 b"])
def test_what_cannot_be_read_counts_as_it_stands(text: str) -> None:
    assert code_fingerprint(text) == code_fingerprint(text)
    assert code_fingerprint(text) != code_fingerprint(text + " ")


def test_macros_variables_and_settings_count() -> None:
    body = "SELECT {{ m(var.x) }}"
    macro = "{% macro m(x) %}a + {{ x }} -- sum\n{% endmacro %}"
    base = code_fingerprint(body, macros={"m": macro}, variables={"x": "1"}, settings={"s": "1"})
    same = {"m": "{% macro  m( x ) %}a  + {{x}}\n\n{% endmacro %}"}
    assert code_fingerprint(body, macros=same, variables={"x": "1"}, settings={"s": "1"}) == base
    others = [
        code_fingerprint(
            body, macros={"m": macro.replace("+", "-")}, variables={"x": "1"}, settings={"s": "1"}
        ),
        code_fingerprint(body, macros={"n": macro}, variables={"x": "1"}, settings={"s": "1"}),
        code_fingerprint(body, macros={"m": macro}, variables={"x": "2"}, settings={"s": "1"}),
        code_fingerprint(body, macros={"m": macro}, variables={"s": "1"}, settings={"x": "1"}),
        code_fingerprint(body, macros={"m": macro}, variables={"x": "1"}),
        code_fingerprint(body),
    ]
    assert len({base, *others}) == len(others) + 1


def test_a_macro_inside_a_literal_counts_with_its_white_space() -> None:
    one, other = ("{% macro m() %}a%sb{% endmacro %}".replace("%s", gap) for gap in (" ", "  "))
    assert code_fingerprint("f({{ m() }})", macros={"m": one}) == code_fingerprint(
        "f({{ m() }})", macros={"m": other}
    )
    assert code_fingerprint("'{{ m() }}'", macros={"m": one}) != code_fingerprint(
        "'{{ m() }}'", macros={"m": other}
    )


@given(
    st.dictionaries(st.text(max_size=3), st.text(max_size=3)),
    st.dictionaries(st.text(max_size=3), st.text(max_size=3)),
)
def test_no_two_sets_of_variables_look_alike(one: dict[str, str], other: dict[str, str]) -> None:
    assume(one != other)
    fingerprints = {
        code_fingerprint("a", variables=one),
        code_fingerprint("a", variables=other),
        *([code_fingerprint("a", settings=one)] if one else []),
    }
    assert len(fingerprints) == (3 if one else 2)


def test_order_of_variables_does_not_matter() -> None:
    forth = code_fingerprint("a", variables={"x": "1", "y": "2"})
    assert forth == code_fingerprint("a", variables={"y": "2", "x": "1"})


def test_normal_form_is_readable() -> None:
    assert normalise("SELECT  a, -- b\n '{{ds}}' FROM t") == ["SELECT a,\2FROM t", "'{{ ds }}'"]


@given(
    st.lists(
        st.sampled_from(["{{", "}}", "{%", "%}", "{#", "#}", "'", '"', "`", "--", "/*", "*/", "\n", "a", " "])
    )
)
def test_every_text_has_a_fingerprint(parts: list[str]) -> None:
    text = "".join(parts)
    assert code_fingerprint(text) == code_fingerprint(text)
    assert code_fingerprint(text + "a") != code_fingerprint(text + "b") or _in_comment(text)


def _in_comment(text: str) -> bool:
    return any(mark in text for mark in ("--", "/*", "{#"))
