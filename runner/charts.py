"""Vega-Lite specifications of the figures that reports are made of. Nothing is drawn here.

A chart reads the data set ``rows``: one record per row of the figure's query, fields named as its columns.
Times are UTC. Text is drawn in ``currentColor``, so that a page's light and dark styles reach it; the hues
are Okabe and Ito's, distinct to colour-blind eyes and, in this order, legible on white and on near-black.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

Spec = dict[str, Any]

HUES = ("#0072b2", "#d55e00", "#009e73", "#cc79a7", "#e69f00", "#56b4e9", "#8c8c8c")
SCALE = "viridis"
"""Of values from little to much: even steps of lightness, for colour-blind eyes and for grey paper."""


@dataclass(frozen=True)
class Field:
    """A column of the query: its name, what the axis calls it (with its unit), and d3's number format."""

    name: str
    title: str
    format: str = ",~r"


def line(x: Field, *ys: Field, height: int = 220, area: bool = False) -> Spec:
    """Values over time (``x``: a date or a time). Several ``ys`` share one axis, in one unit."""
    when = {"field": x.name, "type": "temporal", "title": x.title, "scale": {"type": "utc"}, "axis": _days()}
    mark: Spec = {"type": "area" if area else "line", "point": not area, "strokeWidth": 2, "tooltip": True}
    if len(ys) == 1:
        y = ys[0]
        if area:
            mark |= {"opacity": 0.55, "line": True}
        return _chart(mark, {"x": when, "y": _amount(y), "tooltip": [_told(x, time=True), _told(y)]}, height)
    names = {y.name: y.title for y in ys}
    label = "{" + ", ".join(f"{n!r}: {t!r}" for n, t in names.items()) + "}[datum.key]"
    spec = _chart(
        mark,
        {
            "x": when,
            "y": {**_amount(ys[0]), "field": "value", "title": None, "stack": "zero" if area else None},
            "color": _hues("label", sort=list(names.values())),
            "tooltip": [
                _told(x, time=True),
                {"field": "label", "title": "what"},
                _told(Field("value", "value", ys[0].format)),
            ],
        },
        height,
    )
    spec["transform"] = [{"fold": list(names), "as": ["key", "value"]}, {"calculate": label, "as": "label"}]
    return spec


def columns(x: Field, y: Field, *, hue: Field | None = None, height: int = 220, time: bool = False) -> Spec:
    """Upright bars, stacked by ``hue``: of named things in the order of the rows, or of days (``time``)."""
    across: Spec = (
        {"field": x.name, "type": "temporal", "timeUnit": "utcyearmonthdate", "scale": {"type": "utc"}}
        | {"title": x.title, "axis": _days()}
        if time
        else {"field": x.name, "type": "ordinal", "title": x.title, "sort": None}
        | {"axis": {"labelAngle": 0, "labelOverlap": True}}
    )
    encoding: Spec = {"x": across, "y": _amount(y), "tooltip": [_told(x, time=time), _told(y)]}
    if hue is not None:
        encoding["color"] = _hues(hue.name)
        encoding["tooltip"].insert(1, _told(hue))
    return _chart({"type": "bar"}, encoding, height)


def bars(name: Field, value: Field, *, hue: Field | None = None) -> Spec:
    """Lying bars with their values at the end: a top list, in the order of the rows."""
    y: Spec = {
        "field": name.name,
        "type": "nominal",
        "title": None,
        "sort": None,
        "axis": {"labelLimit": 300, "labelPadding": 6, "ticks": False, "domain": False},
    }
    told = [_told(name), _told(value)]
    bar: Spec = {"mark": {"type": "bar", "height": {"band": 0.7}}, "encoding": {"x": _amount(value), "y": y}}
    if hue is not None:
        bar["encoding"]["color"] = _hues(hue.name)
        told.insert(1, _told(hue))
    bar["encoding"]["tooltip"] = told
    # The axis would say again what the labels say.
    bar["encoding"]["x"]["axis"] = {"grid": False, "labels": False, "ticks": False, "domain": False}
    bar["encoding"]["x"]["scale"] = {"range": [0, {"expr": "max(width - 56, 0)"}]}
    text: Spec = {
        "mark": {"type": "text", "align": "left", "dx": 4},
        "encoding": {"x": {"field": value.name, "type": "quantitative"}, "y": y}
        | {"text": {"field": value.name, "type": "quantitative", "format": value.format}},
    }
    layered: Spec = {
        "layer": [bar, text],
        "width": "container",
        "height": {"step": 22},
        "data": {"name": "rows"},
    }
    if hue is not None:
        del layered["layer"][1]
        bar["encoding"]["x"] = _amount(value)
    return layered


def histogram(low: Field, high: str, count: Field, *, height: int = 220) -> Spec:
    """A distribution that the query has binned: ``low`` and ``high`` are the ends of each bin."""
    x = {"field": low.name, "type": "quantitative", "title": low.title, "bin": {"binned": True}}
    x["axis"] = {"tickCount": 8, "format": low.format, "grid": False, "labelFlush": False}
    tooltip = [_told(Field(low.name, "from", low.format)), _told(Field(high, "to", low.format)), _told(count)]
    return _chart(
        {"type": "bar", "binSpacing": 1},
        {"x": x, "x2": {"field": high}, "y": _amount(count), "tooltip": tooltip},
        height,
    )


def heatmap(x: Field, y: Field, value: Field, *, step: int = 20) -> Spec:
    """Values by two named things, in the order of the rows."""
    return {
        "data": {"name": "rows"},
        "mark": {"type": "rect"},
        "width": "container",
        "height": {"step": step},
        "encoding": {
            "x": {"field": x.name, "type": "ordinal", "title": x.title}
            | {"axis": {"labelAngle": 0, "labelOverlap": True, "domain": False, "ticks": False}},
            "y": {"field": y.name, "type": "ordinal", "title": y.title, "sort": None}
            | {"axis": {"domain": False, "ticks": False, "labelLimit": 240, "labelPadding": 6}},
            "color": _shade(value),
            "tooltip": [_told(x), _told(y), _told(value)],
        },
    }


def tiles(
    places: Mapping[str, tuple[int, int]], key: Field, value: Field, more: Sequence[Field] = ()
) -> Spec:
    """A map of equal tiles: ``places`` has each one's column and row, from the top left. Tiles without a row
    of the query stay empty."""
    grid = [{"place": name, "column": c, "row": r} for name, (c, r) in places.items()]
    fields = [value.name, *(f.name for f in more)]
    middle = f"domain('color')[0] + 0.55 * (domain('color')[1] - domain('color')[0]) < datum['{value.name}']"
    known = f"isValid(datum['{value.name}'])"
    where: Spec = {
        "x": {"field": "column", "type": "ordinal", "axis": None, "scale": {"paddingInner": 0.06}},
        "y": {"field": "row", "type": "ordinal", "axis": None, "scale": {"paddingInner": 0.06}},
    }
    tooltip = [{"field": "place", "title": key.title}, _told(value), *map(_told, more)]
    ink = {"condition": {"test": middle, "value": "#111111"}, "value": "#ffffff"}
    number = f"{known} ? format(datum['{value.name}'], '{value.format}') : '–'"

    def text(dy: int, weight: str, channel: Spec, test: str, color: Spec) -> Spec:
        return {
            "transform": [{"filter": test}],
            "mark": {"type": "text", "dy": dy, "fontWeight": weight, "fontSize": 12},
            "encoding": {**where, "text": channel, "color": color, "tooltip": tooltip},
        }

    name: Spec = {"field": "place", "type": "nominal"}
    shown: Spec = {"field": "shown", "type": "nominal"}
    blank = {"value": "currentColor"}
    return {
        "data": {"values": grid},
        "transform": [
            {"lookup": "place", "from": {"data": {"name": "rows"}, "key": key.name, "fields": fields}},
            {"calculate": number, "as": "shown"},
        ],
        "width": {"step": 52},
        "height": {"step": 46},
        "layer": [
            {
                "mark": {"type": "rect", "cornerRadius": 4, "fillOpacity": 0, "stroke": "currentColor"}
                | {"strokeOpacity": 0.35},
                "encoding": {**where, "tooltip": tooltip},
            },
            {
                "transform": [{"filter": known}],
                "mark": {"type": "rect", "cornerRadius": 4},
                "encoding": {**where, "color": _shade(value), "tooltip": tooltip},
            },
            text(-8, "bold", name, known, ink),
            text(9, "normal", shown, known, ink),
            text(-8, "bold", name, f"!{known}", blank),
            text(9, "normal", shown, f"!{known}", blank),
        ],
    }


def quantiles(name: Field, low: str, quarter: str, middle: str, three: str, high: str, title: str) -> Spec:
    """A box for each row from the quartiles that the query has computed; whiskers to ``low`` and ``high``."""
    y: Spec = {"field": name.name, "type": "nominal", "title": None, "sort": None}
    y["axis"] = {"ticks": False, "domain": False, "labelLimit": 200, "labelPadding": 6}
    tooltip = [_told(name)] + [
        _told(Field(f, f.replace("_", " "))) for f in (low, quarter, middle, three, high)
    ]

    def mark(kind: Spec, start: str, end: str | None = None) -> Spec:
        x: Spec = {"field": start, "type": "quantitative", "title": title}
        x["axis"] = {"tickCount": 8, "labelFlush": False}
        encoding: Spec = {"y": y, "x": x, "tooltip": tooltip}
        if end:
            encoding["x2"] = {"field": end}
        return {"mark": kind, "encoding": encoding}

    return {
        "data": {"name": "rows"},
        "width": "container",
        "height": {"step": 24},
        "layer": [
            mark({"type": "rule", "color": HUES[0]}, low, high),
            mark({"type": "bar", "height": {"band": 0.6}, "color": HUES[0]}, quarter, three),
            mark({"type": "tick", "color": "#ffffff", "thickness": 2, "height": {"band": 0.6}}, middle),
        ],
    }


def sized(spec: Spec, rows: Sequence[Mapping[str, Any]]) -> Spec:
    """The chart with a height in pixels where it has one per name: Vega-Lite complains on the console about
    a chart that fits its place in one direction and grows with its names in the other."""
    height = spec.get("height")
    if not isinstance(height, dict) or spec["width"] != "container":
        return spec
    names = spec.get("layer", [spec])[0]["encoding"]["y"]["field"]
    return {**spec, "height": height["step"] * len({row[names] for row in rows})}


def _chart(mark: Spec, encoding: Spec, height: int) -> Spec:
    return {
        "data": {"name": "rows"},
        "mark": mark,
        "encoding": encoding,
        "width": "container",
        "height": height,
    }


def _amount(y: Field) -> Spec:
    return {
        "field": y.name,
        "type": "quantitative",
        "title": y.title,
        "axis": {"format": y.format, "tickCount": 5},
    }


def _days() -> Spec:
    form = "utchours(datum.value) ? '%H:%M' : utcdate(datum.value) == 1 ? '%b %Y' : '%d %b'"
    return {
        "grid": False,
        "labelOverlap": True,
        "tickCount": 8,
        "labelExpr": f"utcFormat(datum.value, {form})",
    }


def _hues(name: str, sort: list[str] | None = None) -> Spec:
    spec: Spec = {"field": name, "type": "nominal", "scale": {"range": list(HUES)}, "sort": sort}
    return spec | {"legend": {"title": None, "orient": "top"}}


def _shade(value: Field) -> Spec:
    return {
        "field": value.name,
        "type": "quantitative",
        "scale": {"scheme": SCALE},
        "legend": {"title": value.title, "format": value.format, "orient": "top", "gradientLength": 220},
    }


def _told(field: Field, *, time: bool = False) -> Spec:
    if time:
        return {"field": field.name, "title": field.title, "type": "temporal", "formatType": "utc"} | {
            "format": "%Y-%m-%d %H:%M"
        }
    return {"field": field.name, "title": field.title, "format": field.format}


CONFIG: Spec = {
    "background": None,
    "font": "system-ui, sans-serif",
    "view": {"stroke": None},
    "axis": {
        "labelColor": "currentColor",
        "titleColor": "currentColor",
        "domainColor": "currentColor",
        "tickColor": "currentColor",
        "gridColor": "currentColor",
        "gridOpacity": 0.13,
        "domainOpacity": 0.4,
        "tickOpacity": 0.4,
        "labelFontSize": 11.5,
        "labelSeparation": 6,
        "titleFontSize": 12,
        "titleFontWeight": "normal",
        "titlePadding": 8,
    },
    "legend": {"labelColor": "currentColor", "titleColor": "currentColor", "titleFontWeight": "normal"}
    | {"labelFontSize": 11.5, "titleFontSize": 12},
    "text": {"color": "currentColor", "fontSize": 11.5},
    "bar": {"color": HUES[0]},
    "line": {"color": HUES[0]},
    "area": {"color": HUES[0]},
    "point": {"color": HUES[0], "filled": True, "size": 22},
}
"""What all figures share. It says no colour of paper: print, light and dark are the page's business."""
