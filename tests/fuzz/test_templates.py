"""A template cut at its expressions gives what Jinja gives for the whole, or nothing at all."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from warehouse.errors import ProjectError
from warehouse.intervals import Grain, Interval
from warehouse.template import Macros, references, render
from warehouse.template_names import names_for
from warehouse.template_parse import parse, used
from warehouse.template_run import line_map, run
from warehouse.template_text import pieces

DAY = Interval.parse("2018-11-15", Grain.DAILY)
NAMES = names_for(DAY, env="dev", lake="/l", variables={"a": "x\ny", "n": 3})
MACROS = Macros({"m.sql": "{% macro twice(x) %}{{ x }}\n{{ x }}{{ var.n }}{% endmacro %}"})
_PARTS = """{{ ds }} ¦{{ds}}¦{{ nope }}¦{{ var.a }}¦{{ var['n'] }}¦{{ var }}¦{{ twice(ds) }}¦{{ 1 + 1 }}
¦{{ '}}' }}¦{{ {'a': 1}['a'] }}¦{{- ds -}}¦{{ ds -}}¦{{ 1 -}}
¦{{ -1 }}¦{{ ds|upper }}¦{{ }}¦{{ macros.ds_add(ds, -1) }}¦{{ ds¦}}¦{¦}¦{{¦{%¦%}¦{#¦#}
¦{% if ds %}¦{% endif %}¦{% set ds = 'z' %}¦{# note #}
¦{% raw %}¦{% endraw %}¦ ¦a
¦'¦"¦\\¦SELECT¦{{ "a'b" }}¦{{ 'a"b' }}¦{{ 'a\\'b' }}¦{{ range(3)|list }}¦{{ range(150000)|length }}¦{{ none }}
¦{{ ds\n}}¦{{ true }}¦{{ [1][5] }}¦{{ 1 // 0 }}¦{{ data_interval_start }}¦😀¦\r\n¦\r"""
PARTS = st.sampled_from(_PARTS.split("¦"))


def whole(source: str) -> str | None:
    try:
        return run(source, "f.sql", NAMES, MACROS, source, 1, marked=False)
    except ProjectError:
        return None


@settings(max_examples=400, deadline=None)
@given(st.lists(PARTS, max_size=7).map("".join))
def test_cut_or_whole_the_text_is_the_same(source: str) -> None:
    wanted = whole(source)
    try:
        rendered = render(source, "f.sql", NAMES, MACROS)
    except ProjectError:
        assert wanted is None
        return
    assert rendered.text == wanted
    tree = used(parse(source, "f.sql"))
    known = {name.replace("twice", "macro:twice") for name in tree}
    assert references(source, "f.sql", MACROS) >= known - {"var.n"}
    # The lines are those that marks in the text tell.
    marked = run(source, "f.sql", NAMES, MACROS, source, 1, marked=True)
    lines = line_map(marked, rendered.text, 1)
    assert [rendered.source_line(n) for n in range(1, rendered.text.count("\n") + 2)] == lines


def test_most_templates_are_cut() -> None:
    assert pieces("SELECT '{{ ds }}' WHERE {{ macros.ds_add(ds, -1) }}") is not None
    assert pieces("{% if a %}{% endif %}") is None
