"""Templates: what they know, what they refuse, and where a line came from."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from warehouse.errors import ProjectError
from warehouse.intervals import Grain, Interval
from warehouse.template import Macros, references, render
from warehouse.template_names import KNOWN, names_for

DAY = Interval.parse("2018-11-15", Grain.DAILY)
NAMES = names_for(DAY, env="dev", lake="s3://b/l", variables={"country": "BR", "values": 3})


def text(source: str, macros: Macros | None = None) -> str:
    return render(source, "sql/a.sql", NAMES, macros or Macros()).text


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("{{ ds }} {{ ds_nodash }} {{ ts }}", "2018-11-15 20181115 2018-11-15T00:00:00+00:00"),
        ("{{ hour }} {{ month }} {{ year }}", "00 2018-11 2018"),
        ("{{ prev_ds }} {{ next_ds }}", "2018-11-14 2018-11-16"),
        ("{{ data_interval_end - data_interval_start }}", "1 day, 0:00:00"),
        ("{{ data_interval_start.strftime('%d/%m') }}", "15/11"),
        ("{{ start_ds }}..{{ end_ds }} {{ end_ts }}", "2018-11-15..2018-11-15 2018-11-15T00:00:00+00:00"),
        ("{{ macros.ds_add(ds, -15) }}", "2018-10-31"),
        ("{{ macros.ds_format(ds, '%Y-%m-%d', '%d.%m.%y') }}", "15.11.18"),
        ("{{ macros.datetime(2018, 1, 1) + macros.timedelta(days=1) }}", "2018-01-02 00:00:00"),
        ("{{ var.country }} {{ var.values }} {{ var['country'] }}", "BR 3 BR"),
        ("{{ env }} {{ lake }}", "dev s3://b/l"),
        ("{% if nothing is defined %}a{% else %}b{% endif %}", "b"),
        ("{{ '%05.1f'|format(3.14159) }}", "003.1"),
        ("a\n", "a\n"),
    ],
)
def test_names(source: str, expected: str) -> None:
    assert text(source) == expected


def test_a_batch_has_its_ends_and_an_hour_its_hour() -> None:
    hour = Interval.parse("2018-11-15T07", Grain.HOURLY)
    names = names_for(hour, hour, hour.next().next())
    rendered = render("{{ ts }} {{ hour }} {{ start_ts }} {{ end_ts }} {{ prev_ds }}", "a", names)
    assert rendered.text.split() == [
        "2018-11-15T07:00:00+00:00",
        "07",
        "2018-11-15T07:00:00+00:00",
        "2018-11-15T09:00:00+00:00",
        "2018-11-15",
    ]


def test_every_name_but_this_is_there() -> None:
    assert set(names_for(DAY)) == set(KNOWN) - {"this", "range", "dict", "namespace"}


MACROS = Macros(
    {
        "sql/macros/a.sql": (
            "{% macro dedupe(t, keys) %}\nSELECT {{ columns(keys) }}\nFROM {{ t }}\n"
            "WHERE dt = '{{ ds }}'\n{% endmacro %}\n{% macro broken() %}\n\n{{ nope }}{% endmacro %}"
        ),
        "sql/macros/b.sql": (
            "{%- macro columns(keys) -%}{{ keys|join(', ') }}, '{{ var.country }}'{%- endmacro %}"
        ),
    }
)


def test_macros_call_each_other_across_files_and_see_the_names() -> None:
    assert text("{{ dedupe('a.b', ['x', 'y']) }}", MACROS) == (
        "\nSELECT x, y, 'BR'\nFROM a.b\nWHERE dt = '2018-11-15'\n"
    )


def test_references_go_through_macros() -> None:
    source = "{{ ds }} {{ dedupe('t', []) }} {% if var.flag and env %}{% endif %}{% set own = 1 %}{{ own }}"
    assert references(source, macros=MACROS) == {
        "ds",
        "env",
        "var.flag",
        "var.country",
        "macro:dedupe",
        "macro:columns",
    }
    assert references("{{ var[ds] }}") == {"ds", "var.*"}
    assert MACROS.text("dedupe").startswith("{% macro dedupe(t, keys) %}")
    assert MACROS.text("dedupe").endswith("{% endmacro %}")


@pytest.mark.parametrize(
    ("files", "what"),
    [
        ({"a": "{% macro x() %}{% endmacro %}", "b": "{% macro x() %}{% endmacro %}"}, "defined twice"),
        ({"a": "{% macro ds() %}{% endmacro %}"}, "is a name of every template"),
        ({"a": "{% macro x() %}"}, "cannot be read"),
    ],
)
def test_macros_that_cannot_be(files: dict[str, str], what: str) -> None:
    with pytest.raises(ProjectError, match=what):
        Macros(files)


def test_lines_lead_back_to_the_file() -> None:
    source = (
        "a {{ ds }}\n{% for i in range(3) %}\n  x{{ i }},\n{% endfor %}\n{# one\n two #}\n"
        "{{ dedupe('t', ['k']) }}\n{% if true %}\n{{ 'p\nq' }}\n{% endif %}\nend"
    )
    rendered = render(source, "sql/a.sql", NAMES, MACROS, first_line=11)
    lines = rendered.text.split("\n")
    found = {line.strip(): rendered.source_line(n) for n, line in enumerate(lines, 1)}
    assert [found[word] for word in ("a 2018-11-15", "x0,", "x2,")] == [11, 13, 13]
    assert [found[word] for word in ("SELECT k, 'BR'", "FROM t")] == [17, 17]
    assert (found["p"], found["end"]) == (19, 22)


@given(st.lists(st.sampled_from(["a", "{{ ds }}", "{% if true %}b\n{% endif %}", "{# c\n #}"]), max_size=8))
def test_a_line_that_stands_alone_keeps_its_number(parts: list[str]) -> None:
    source = "\n".join([*parts, "THE END"])
    rendered = render(source, "a.sql", NAMES, first_line=5)
    assert rendered.source_line(rendered.text.count("\n") + 1) == 5 + source.count("\n")


@pytest.mark.parametrize(
    ("source", "place", "what", "fix"),
    [
        ("x\n{{ dss }}", "12:4", "`dss` is not defined", "did you mean `ds`"),
        ("{{ var.contry }}", "11:8", "`var.contry` is not defined", "`country`"),
        ("{{ var.zzz }}", "11:8", "`var.zzz` is not defined", "pyproject.toml"),
        ("{{ macros.random() }}", "11:11", "`macros.random` is not defined", "ds_add"),
        ("{% if ds %}\n\n{{ ds.foo }}{% endif %}", "13:7", "has no such attribute", ""),
        ("a\n{% if %}", "12", "cannot be read", ""),
        ("{{ ds", "11", "cannot be read", ""),
        ("\n{{ 3|nofilter }}", "12", "No filter named", ""),
        ("{% include 'x' %}", "11", "do not include", "macros"),
        ("{% import 'x' as y %}", "11", "do not include", "macros"),
        ("\n{{ macros.ds_add('x', 1) }}", "12", "ValueError", ""),
        ("{{ 1/0 }}", "11", "ZeroDivisionError", ""),
        ("{{ ds + 1 }}", "11", "TypeError", ""),
        ("{{ data_interval_start.now() }}", "11", "different at every run", ""),
        ("{{ macros.datetime.utcnow() }}", "11", "different at every run", ""),
        ("{{ ''.__class__ }}", "11", "not allowed", ""),
        ("{{ ds.format.__globals__ }}", "11", "not allowed", ""),
        ("{{ [].append(1) }}", "11", "not allowed", ""),
    ],
)
def test_complaints_have_the_place_in_the_file(source: str, place: str, what: str, fix: str) -> None:
    with pytest.raises(ProjectError) as caught:
        render(source, "sql/a.sql", NAMES, first_line=11)
    assert str(caught.value.where) == f"sql/a.sql:{place}"
    assert what in caught.value.what
    assert fix in (caught.value.fix or "")


def test_what_goes_wrong_inside_a_macro_is_told_there() -> None:
    with pytest.raises(ProjectError) as caught:
        text("\n\n{{ broken() }}", MACROS)
    assert str(caught.value.where) == "sql/macros/a.sql:8:4"


@pytest.mark.parametrize(
    "source",
    [
        "{% for i in range(10**9) %}{% endfor %}",
        "{% for i in range(90000) %}{% for j in range(90000) %}{% endfor %}{% endfor %}",
        "{{ 'a' * 10**9 }}",
        "{{ 10 ** 10 ** 10 }}",
        "{{ 'a'|center(100000000) }}",
        "{{ 'a'.ljust(100000000) }}",
        "{{ '%1000000000d' % 1 }}",
        "{{ '%*d' % (1000000000, 1) }}",
        "{{ '{:>1000000000}'.format(1) }}",
        "{{ ('a' * 2000000).replace('a', 'b' * 2000000) }}",
        "{% for i in range(1000) %}{{ 'a' * 100000 }}{% endfor %}",
        "{% macro f(x) %}{{ f(x) }}{% endmacro %}{{ f(1) }}",
    ],
)
def test_runaway_templates_end(source: str) -> None:
    with pytest.raises(ProjectError):
        text(source)


@given(st.text(alphabet=st.sampled_from("{}%# dsvar.ifendo()[]'|+*~,x\n-"), max_size=60))
def test_no_template_makes_a_traceback(source: str) -> None:
    try:
        text(source)
    except ProjectError as error:
        assert error.where is not None
