"""A report as one HTML page: text and tables in the markup, figures drawn by Vega when it is opened.

Nothing is fetched, and the page's own policy forbids it: values come from raw files of others. Every figure
says which tables and which query it comes from, and has its numbers as a table for readers without a picture.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from datetime import date
from html import escape
from pathlib import Path
from typing import Any

from runner.charts import CONFIG, Field, sized
from runner.report import LONGEST, MOST_ROWS, Answered, Figure, Listing, Numbers, Page, Record
from warehouse.errors import ProjectError

SHOWN_ROWS = 200
_POLICY = (
    "default-src 'none'; script-src 'unsafe-inline' 'unsafe-eval'; style-src 'unsafe-inline'; img-src data:"
)


def write(page: Page, output: Path) -> int:
    """Write the page, whole or not at all; answers its size in bytes."""
    data = html(page).encode()
    output.parent.mkdir(parents=True, exist_ok=True)
    unfinished = output.with_name(output.name + ".part")
    unfinished.write_bytes(data)
    unfinished.replace(output)
    return len(data)


def html(page: Page) -> str:
    """The whole page; :class:`ProjectError` where the drawing library is not installed."""
    return "".join(_document(page))


def drawing_library() -> str:
    """Vega, Vega-Lite and their embedding as one script, from the wheel of vl-convert."""
    try:
        import vl_convert
    except ImportError:
        raise ProjectError(
            "reports are drawn with Vega, which is not installed", fix="pip install 'warehouse[report]'"
        ) from None
    script: str = vl_convert.javascript_bundle("window.vegaEmbed = vegaEmbed;")
    return script


def _beside(name: str) -> str:
    """The text of a file beside this one: the page's style, and what draws its figures."""
    return Path(__file__).with_name(name).read_text(encoding="utf-8")


def _document(page: Page) -> Iterator[str]:
    figures: list[Any] = []
    yield "<!doctype html>\n<html lang=en>\n<head>\n<meta charset=utf-8>\n"
    yield f'<meta http-equiv="Content-Security-Policy" content="{_POLICY}">\n'
    yield '<meta name=viewport content="width=device-width, initial-scale=1">\n'
    yield '<link rel=icon href="data:,">\n'
    yield f"<title>{escape(page.title)}, {_days(page)}</title>\n<style>{_beside('report.css')}</style>\n"
    yield "</head>\n<body>\n"
    yield f"<header>\n<h1>{escape(page.title)}</h1>\n<p class=days>{_days(page)}</p>\n"
    yield f"<p class=about>{_words(page.about)}</p>\n</header>\n<nav aria-label=Sections>"
    for number, (section, _) in enumerate(page.sections):
        yield f"<a href='#s{number}'>{escape(section.title)}</a>"
    yield "</nav>\n<main>\n"
    for number, (section, parts) in enumerate(page.sections):
        yield f"<section id=s{number}>\n<h2>{escape(section.title)}</h2>\n"
        if section.about:
            yield f"<p class=about>{_words(section.about)}</p>\n"
        yield "<div class=parts>\n"
        for answered in parts:
            yield from _part(answered, figures)
        yield "</div>\n</section>\n"
    yield "</main>\n<footer><p>"
    yield f"Made {page.made:%Y-%m-%d %H:%M} UTC by <code>warehouse report {escape(page.domain)} "
    yield f"--start {page.window.start} --end {page.window.end}</code>. Times are UTC.</p></footer>\n"
    yield "<noscript><p class=failed>The figures need JavaScript; their numbers are below each.</p>"
    yield "</noscript>\n"
    yield f"<script type=application/json id=figures>{_json(figures)}</script>\n"
    yield f"<script type=application/json id=config>{_json(CONFIG)}</script>\n"
    # What would end a script's element must not stand in it.
    yield "<script type=module>" + re.sub(r"</(script)", r"<\\/\1", drawing_library(), flags=re.I)
    yield f"</script>\n<script type=module>{_beside('report.js')}</script>\n</body>\n</html>\n"


def _part(answered: Answered, figures: list[Any]) -> Iterator[str]:
    match answered.part:
        case Numbers(fields=fields):
            yield from _numbers(answered, fields)
        case Figure() as figure:
            yield f"<figure class='{'wide' if figure.wide else 'half'}'>\n<h3>{escape(figure.title)}</h3>\n"
            if answered.records:
                yield f"<div class=plot data-figure={len(figures)} role=img "
                yield f'aria-label="{escape(figure.title)}"></div>\n'
                figures.append({"spec": sized(figure.chart, answered.records), "rows": answered.records})
            else:
                yield "<p class=none>No rows in this window.</p>\n"
            yield f"<figcaption>{_words(figure.about)} {_source(answered)}</figcaption>\n"
            names = list(answered.records[0]) if answered.records else []
            numbers = _details("Numbers", _table(answered.records, [Field(n, n) for n in names]))
            yield f"<div class=links>{numbers}{_query(answered)}</div></figure>\n"
        case Listing(title=title, fields=fields, about=about):
            yield f"<figure class=wide>\n<h3>{escape(title)}</h3>\n"
            yield _table(answered.records, list(fields))
            yield f"<figcaption>{_words(about)} {_source(answered)}</figcaption>\n"
            yield _query(answered) + "</figure>\n"
        case quality:
            yield f"<figure class=wide>\n<h3><code>{escape(quality.table)}</code></h3>\n"
            yield _quality(answered)
            yield _query(answered) + "</figure>\n"


def _numbers(answered: Answered, fields: tuple[Field, ...]) -> Iterator[str]:
    yield "<div class=wide><dl class=numbers>\n"
    record = answered.records[0] if answered.records else {}
    for field in fields:
        yield f"<div><dd>{_value(record.get(field.name), field)}</dd><dt>{escape(field.title)}</dt></div>\n"
    yield f"</dl>\n<p class=caption>{_source(answered)}</p>\n{_query(answered)}</div>\n"


def _quality(answered: Answered) -> str:
    rows = answered.records[0]["rows"] if answered.records else 0
    if not rows:
        return "<p class=none>No rows in this window.</p>\n"
    comments = {column.name: column.comment for column in answered.columns}
    lines = []
    for record in answered.records:
        missing = rows - record["filled"]
        share = record["filled"] / rows
        distinct = "" if record.get("distinct") is None else f"{min(record['distinct'], record['filled']):,}"
        narrow = " class=nowrap" if len(record["type"]) < 24 else ""
        lines.append(
            f'<tr><th scope=row title="{escape(comments[record["column"]])}">'
            f"<code>{escape(record['column'])}</code></th>"
            f"<td{narrow}><code>{escape(record['type'])}</code></td>"
            f"<td class=nowrap><span class=bar><i style='width:{100 * share:.1f}%'></i></span> "
            f"{_percent(share)}</td>"
            f"<td class=n>{missing:,}</td><td class=n>{distinct}</td>"
            f"<td>{_short(record.get('least'))}</td><td>{_short(record.get('most'))}</td></tr>\n"
        )
    return (
        f"<div class=scroll><table>\n<caption>{rows:,} rows. Distinct values are estimated (±5%).</caption>\n"
        "<thead><tr><th>column<th>type<th>filled<th class=n>NULL<th class=n>distinct<th>least<th>most</tr>"
        f"</thead>\n<tbody>\n{''.join(lines)}</tbody></table></div>\n"
    )


def _percent(share: float) -> str:
    """100% only where nothing is missing, 0% only where all is."""
    text = f"{100 * share:.1f}%"
    if share < 1 and text == "100.0%":
        return "&lt;100%"
    return {"100.0%": "100%", "0.0%": "0%" if share == 0 else "&gt;0%"}.get(text, text)


def _short(value: Any) -> str:
    if value is None:
        return "<span class=none>–</span>"
    text = str(value)
    shown = text if len(text) <= LONGEST else text[:LONGEST] + "…"
    return escape("".join(c if c.isprintable() else "\N{REPLACEMENT CHARACTER}" for c in shown)) or (
        "<span class=none>empty</span>"
    )


def _table(records: list[Record], fields: list[Field]) -> str:
    if not records:
        return "<p class=none>No rows in this window.</p>\n"
    numeric = {
        f.name
        for f in fields
        if all(isinstance(r[f.name], int | float | None) and not isinstance(r[f.name], bool) for r in records)
    }

    def kind(field: Field) -> str:
        return " class=n" if field.name in numeric else ""

    head = "".join(f"<th{kind(f)}>{escape(f.title)}" for f in fields)
    body = "".join(
        "<tr>" + "".join(f"<td{kind(f)}>{_value(record[f.name], f)}" for f in fields) + "\n"
        for record in records[:SHOWN_ROWS]
    )
    more = len(records) - SHOWN_ROWS
    note = f"<p class=caption>and {more:,} more rows</p>" if more > 0 else ""
    return (
        f"<div class=scroll><table><thead><tr>{head}</thead>\n<tbody>\n{body}</tbody></table></div>{note}\n"
    )


def _value(value: Any, field: Field) -> str:
    match value:
        case None:
            return "<span class=none>–</span>"
        case bool():
            return "true" if value else "false"
        case int() | float():
            return number(value, field.format)
        case _:
            return _short(value)


def number(value: float, form: str) -> str:
    """A number as d3 would write it, for the formats that fields use: ``,~r``, ``d``, ``,.2f``, ``.1%``."""
    match = re.fullmatch(r"(,?)\.(\d)(f|%)", form)
    if match:
        return format(value, f"{match[1]}.{match[2]}{match[3]}")
    if form == "d":
        return format(value, ".0f")
    if isinstance(value, int) or value == int(value):
        return f"{int(value):,}"
    return f"{value:,.2f}" if abs(value) >= 1 else f"{value:.3g}"


def _source(answered: Answered) -> str:
    names = ", ".join(f"<code>{escape(table)}</code>" for table in answered.tables)
    cut = f" The first {MOST_ROWS:,} rows of the answer only." if answered.cut else ""
    return f"<span class=source>Source: {names}.{cut}</span>"


def _query(answered: Answered) -> str:
    return _details("Query", f"<pre><code>{escape(answered.sql)}</code></pre>")


def _details(title: str, body: str) -> str:
    return f"<details><summary>{title}</summary>{body}</details>\n"


def _days(page: Page) -> str:
    first, last = (date.fromisoformat(text) for text in (page.window.start, page.window.end))
    days = (last - first).days + 1
    if days == 1:
        return f"{first:%Y-%m-%d}"
    return f"{first:%Y-%m-%d} to {last:%Y-%m-%d}, {days:,} days"


def _words(text: str) -> str:
    """Text with `code` in backquotes."""
    return re.sub(r"`([^`]+)`", r"<code>\1</code>", escape(text))


def _json(value: Any) -> str:
    """JSON that may stand in a script's element: no ``<`` is left that could end it."""
    text = json.dumps(value, ensure_ascii=False, separators=(",", ":"), allow_nan=False)
    return text.replace("<", "\\u003c").replace("\u2028", "\\u2028").replace("\u2029", "\\u2029")
