"""A plan names what changed of a table's code, also where its SQL file is as before."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from tiny import Tiny

from warehouse.code_parts import CodeParts, changes

pytestmark = pytest.mark.metastore

DAY = ("--start", "2024-01-01", "--end", "2024-01-01")
MACROS = "sql/macros/people.sql"
MASKED = "{% macro masked(x) %}\nsha2({{ x }}, 256)\n{% endmacro %}\n"
SALTED = "{% macro salted(x) %}concat('{{ var.salt }}', {{ x }}){% endmacro %}\n"
SETTINGS = "settings:\n  spark.sql.legacy.sizeOfNull: '{}'"


@pytest.fixture
def shop(make_tiny: Callable[..., Tiny], text_engine: None) -> Tiny:
    """A published day of a table whose SQL uses a macro, a variable by way of another, and a setting."""
    project = make_tiny(engine="text")
    project.write("rows.txt", "a,1")
    project.write(MACROS, MASKED + SALTED)
    salt(project, "tomato")
    project.source()
    project.create("daily", stored="STORED AS TEXTFILE")
    write(project)
    project.land("dt=2024-01-01", ["x"])
    project.ok("ddl", "apply")
    project.ok("backfill", *DAY)
    return project


def write(project: Tiny, value: str = "{{ masked(salted('line')) }}", setting: str = "true") -> None:
    project.daily(front=SETTINGS.format(setting), select=f"SELECT {value} AS k, 1 AS v\n")


def salt(project: Tiny, value: str) -> None:
    project.configure({"engine": "text"}, more=f"[tool.warehouse.vars]\nsalt = {json.dumps(value)}\n")


def planned(project: Tiny) -> tuple[str, str, str]:
    """The day's reason and its detail, and the diff."""
    made = json.loads(project.ok("plan", *DAY, "--json").out)
    (step,) = made["steps"]
    return step["decision"]["reason"], step["decision"]["detail"], "".join(made["diffs"].values())


def test_a_macro_is_named_with_its_diff(shop: Tiny) -> None:
    shop.write(MACROS, MASKED.replace("256", "512") + SALTED)
    reason, detail, diff = planned(shop)
    assert (reason, detail) == ("code changed", "macro masked changed")
    assert diff.splitlines() == [
        "--- published",
        f"+++ {MACROS}",
        "@@ -1,3 +1,3 @@",
        " {% macro masked(x) %}",
        "-sha2({{ x }}, 256)",
        "+sha2({{ x }}, 512)",
        " {% endmacro %}",
    ]
    told = shop.ok("plan", *DAY).out
    assert "code changed: macro masked changed" in told
    assert f"{shop.db}.daily: the code changed\n--- published\n+++ {MACROS}\n" in told
    shop.ok("backfill", *DAY)
    assert planned(shop)[0] == "fresh"


def test_a_variable_is_named_without_its_values(shop: Tiny) -> None:
    """It is used by a macro that the table uses."""
    salt(shop, "potato")
    assert planned(shop) == ("code changed", "variable salt changed", "")
    shop.ok("backfill", *DAY)
    kept = [path for path in shop.lake.glob("_warehouse/tables/**/*") if path.is_file()]
    assert any(path.name.endswith(".parts.json") for path in kept)
    assert not [path for path in kept if b"tomato" in path.read_bytes() or b"potato" in path.read_bytes()]


def test_a_setting_is_named(shop: Tiny) -> None:
    write(shop, setting="false")
    assert planned(shop) == ("code changed", "setting spark.sql.legacy.sizeOfNull changed", "")


def test_all_that_changed_is_named(shop: Tiny) -> None:
    shop.write(MACROS, MASKED.replace("256", "512") + SALTED)
    salt(shop, "potato")
    write(shop, value="{{ masked(salted('line')) | lower }}")
    reason, detail, diff = planned(shop)
    assert (reason, detail) == (
        "code changed",
        "the SQL changed, macro masked changed, variable salt changed",
    )
    assert f"+++ sql/{shop.db}/daily.sql" in diff and f"+++ {MACROS}" in diff


def test_what_an_older_version_kept_is_read_and_added_to(shop: Tiny) -> None:
    (parts,) = parts_of(shop)
    parts.unlink()
    salt(shop, "potato")
    assert planned(shop) == ("code changed", "", "")
    write(shop, value="line")
    assert planned(shop)[1] == "the SQL changed"
    salt(shop, "tomato")
    write(shop)
    shop.ok("backfill", *DAY, "--force")
    assert parts_of(shop) == [parts], "the same code, kept whole now"


@pytest.mark.parametrize("data", [b"", b"[]", b'{"macros": 1}'])
def test_parts_that_cannot_be_read_explain_nothing(shop: Tiny, data: bytes) -> None:
    parts_of(shop)[0].write_bytes(data)
    salt(shop, "potato")
    assert planned(shop) == ("code changed", "", "")


def test_code_that_was_accepted_is_compared_with_later(shop: Tiny) -> None:
    salt(shop, "potato")
    shop.ok("accept", "{db}.daily", "--reason", "the old day was right")
    assert planned(shop)[0] == "fresh"
    shop.write(MACROS, MASKED.replace("256", "512") + SALTED)
    assert planned(shop)[:2] == ("code changed", "macro masked changed")


def parts_of(project: Tiny) -> list[Path]:
    return sorted((project.lake / f"_warehouse/tables/{project.db}.daily/code").glob("*.parts.json"))


def test_a_macro_whose_comment_changed_is_not_named() -> None:
    old = CodeParts.of(
        {"a": "{% macro a() %}1 + 2{% endmacro %}", "b": "{% macro b() %}1{% endmacro %}"}, {}, {}
    )
    macros = {"a": "{% macro a() %}1 + -- one\n  2{% endmacro %}", "c": "{% macro c() %}1{% endmacro %}"}
    body = "SELECT {{ a() }}"
    assert list(changes(body, old, body, CodeParts.of(macros, {}, {}))) == ["macro b", "macro c"]
    assert list(changes(body, old, body + " -- a remark", old)) == []
