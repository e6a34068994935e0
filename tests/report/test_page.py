"""The page: what it says, what it must not let through, and that a browser draws it."""

from __future__ import annotations

import json
import re
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from report.browser import open_page
from reports.brazil import TILES
from runner import charts
from runner.charts import Field
from runner.report import (
    Answered,
    Figure,
    Listing,
    Numbers,
    Page,
    Quality,
    Record,
    Section,
    Window,
    plain,
    scan,
    unpack,
)
from runner.report_page import _json, html, number, write
from warehouse.contract import Column, Contract, Format, Storage
from warehouse.errors import ProjectError

HOSTILE = "</script><script>document.title = 'owned'</script><img src=x onerror=\"document.title='owned'\">"
STORAGE = Storage(Format.PARQUET, "in", "out", "serde")
CONTRACT = Contract(
    "web.hits",
    (Column("path", "string", "what is asked for"), Column("tags", "array<string>"), Column("n", "bigint")),
    (Column("dt", "string"),),
    STORAGE,
    "web/hits",
)


def page(*parts: tuple[Figure | Numbers | Listing | Quality, list[Record]]) -> Page:
    answered = [
        Answered(part, ("web.hits",), "SELECT 1 < 2", records, CONTRACT.all_columns)
        for part, records in parts
    ]
    section = Section("One", tuple(part for part, _ in parts), "About `one`.")
    moment = datetime(2026, 1, 2, 3, 4, tzinfo=UTC)
    return Page(
        "web",
        "Web <&>",
        "A page.",
        Window("2026-01-01", "2026-01-31"),
        moment,
        [(section, answered)],
    )


DAY, HITS = Field("dt", "day"), Field("hits", "hits")
ROWS: list[Record] = [{"dt": f"2026-01-{d:02}", "hits": d * 10, "what": "ab"[d % 2]} for d in range(1, 31)]
EVERY_CHART = [
    (Figure("line", "", charts.line(DAY, HITS)), ROWS),
    (Figure("area", "", charts.line(DAY, HITS, Field("more", "more"), area=True)),
     [{**r, "more": 5} for r in ROWS]),
    (Figure("columns", "", charts.columns(DAY, HITS, hue=Field("what", "what"), time=True)), ROWS),
    (Figure("bars", "", charts.bars(Field("dt", "day"), HITS)), ROWS[:9]),
    (Figure("histogram", "", charts.histogram(Field("low", "from"), "high", HITS)),
     [{"low": n, "high": n + 1, "hits": n} for n in range(9)]),
    (Figure("heatmap", "", charts.heatmap(Field("what", "what"), DAY, HITS)), ROWS),
    (Figure("tiles", "", charts.tiles(TILES, Field("state", "state"), HITS)),
     [{"state": s, "hits": n} for n, s in enumerate(sorted(TILES)[:20])]),
    (Figure("quantiles", "", charts.quantiles(Field("what", "w"), "a", "b", "c", "d", "e", "days")),
     [{"what": "x", "a": 1, "b": 2, "c": 3, "d": 4, "e": 5}]),
]  # fmt: skip


@pytest.mark.browser
def test_a_browser_draws_every_kind_of_chart(tmp_path: Path) -> None:
    file = tmp_path / "page.html"
    write(page(*EVERY_CHART), file)
    opened = open_page(file)
    assert opened.console == []
    assert opened.attribute("data-drawn") == str(len(EVERY_CHART))
    assert opened.attribute("data-failed") == "0"
    assert len(re.findall(r"<svg[^>]*marks", opened.dom)) == len(EVERY_CHART)
    # The tiles with rows have their names; so have those without.
    assert all(f">{state}</text>" in opened.dom for state in TILES)


@pytest.mark.browser
def test_nothing_from_the_data_is_run_as_a_script(tmp_path: Path) -> None:
    file = tmp_path / "page.html"
    records: list[Record] = [{"path": HOSTILE, "hits": 3}]
    listing = Listing(HOSTILE, HOSTILE, (Field("path", HOSTILE), HITS), HOSTILE)
    write(page((Figure(HOSTILE, HOSTILE, charts.bars(Field("path", HOSTILE), HITS), HOSTILE), records),
               (listing, records)), file)  # fmt: skip
    opened = open_page(file)
    assert opened.console == []
    assert opened.attribute("data-drawn") == "1"
    assert "<title>Web &lt;&amp;&gt;" in opened.dom


def test_the_page_needs_no_network() -> None:
    text = html(page(*EVERY_CHART))
    own = text[: text.index("<script type=module>")]
    assert "default-src 'none'" in own
    assert not re.findall(r"(?:src|href)=[\"']?(?!data:|#)\w+", own)


def test_a_window_without_rows_says_so() -> None:
    text = html(page((Figure("line", "", charts.line(DAY, HITS)), []), (Listing("l", "", (HITS,)), [])))
    assert text.count("No rows in this window.") == 3  # the figure, its numbers, the listing
    assert "data-figure" not in text[: text.index("<script")]


def test_a_column_that_lacks_one_value_is_not_full() -> None:
    row = (100_000, 99_999, 7, "/", "/z", 100_000, 0, 0, None, None, 100_000, 1, "2026-01-01", "2026-01-01")
    text = html(page((Quality("web.hits"), unpack(CONTRACT.all_columns, row))))
    shares = re.findall(r"</i></span> (\S+?)</td>", text)
    assert shares == ["&lt;100%", "100%", "0%", "100%"]
    assert "what is asked for" in text


def test_the_scan_asks_what_the_page_unpacks() -> None:
    sql = scan(CONTRACT, "dt = '2026-01-01'")
    asked = len(re.findall(r" AS c\d+", sql))
    row = list(range(asked))
    records = unpack(CONTRACT.all_columns, row)
    assert [r["column"] for r in records] == ["path", "tags", "n", "dt"]
    assert "distinct" not in records[1]  # arrays have no order
    assert records[-1]["most"] == asked - 1
    assert sql.endswith("WHERE dt = '2026-01-01'")


@given(
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.floats() | st.text() | st.binary()
        | st.decimals(allow_nan=False, allow_infinity=False, places=2) | st.dates() | st.datetimes(),
        lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
        max_leaves=8,
    )
)  # fmt: skip
def test_any_value_becomes_json_that_ends_no_script(value: object) -> None:
    text = _json(plain(value))
    assert "<" not in text
    assert json.loads(text) == plain(value)


@given(st.decimals(min_value=-(10**12), max_value=10**12, places=2))
def test_money_is_shown_to_the_cent(value: Decimal) -> None:
    assert number(plain(value), ",.2f") == f"{value:,.2f}"


@pytest.mark.parametrize(
    ("start", "end", "days"),
    [
        ("2018", "2018", ("2018-01-01", "2018-12-31")),
        ("2018-11", "2018-11-15", ("2018-11-01", "2018-11-15")),
        ("2020-02-28", "2020-02", ("2020-02-28", "2020-02-29")),
    ],
)
def test_a_window_is_what_a_person_writes(start: str, end: str, days: tuple[str, str]) -> None:
    window = Window.of(start, end)
    assert (window.start, window.end) == days


def test_a_window_that_ends_before_it_starts_is_refused() -> None:
    with pytest.raises(ProjectError, match="before it starts"):
        Window.of("2018-11-15", "2018-11-14")


def test_predicates_follow_the_partition_columns() -> None:
    window = Window("2018-11-01", "2019-01-31")
    assert window.predicate(["dt", "hour"]) == "dt BETWEEN '2018-11-01' AND '2019-01-31'"
    assert window.predicate(["year"]) == "year BETWEEN '2018' AND '2019'"
    assert "'2018-11' AND '2019-01'" in str(window.predicate(["year", "month"]))
    assert window.predicate([]) is None
    assert window.predicate(["country"]) is None
