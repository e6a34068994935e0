"""sqlglot's expressions, as its Spark dialect reads them, to ours. What has no counterpart is opaque."""

from __future__ import annotations

import re
from collections.abc import Callable

from sqlglot import exp

from warehouse.census import census
from warehouse.expressions import OPAQUE_ID, Call, Expr, Lit, Opaque, columns_of
from warehouse.sqlglot_names import (
    BY_NAME,
    CASTS_BY_NAME,
    CHANCE,
    COMPARISONS,
    DATE_PARTS,
    EXTRACTS,
    FORMATS,
    TYPES,
    UNITS,
)
from warehouse.sqltext import Tree

Resolve = Callable[[Tree], Expr]
"""From a column's node to what it stands for."""

NULL = Lit(None, "null")


def convert(node: Tree, resolve: Resolve) -> Expr:
    """``node`` as an expression; columns are what ``resolve`` says."""
    return _Converter(resolve).expr(node)


class _Converter:
    def __init__(self, resolve: Resolve) -> None:
        self.resolve = resolve

    def expr(self, node: Tree) -> Expr:
        kind = type(node)
        if kind is exp.Column:
            return self.resolve(node)
        if kind in COMPARISONS:
            return Call(COMPARISONS[kind], (self.expr(node.this), self.expr(node.expression)))
        if kind in DATE_PARTS:
            return Call(DATE_PARTS[kind], (self.expr(_bare(node.this)),))
        method = _METHODS.get(kind)
        if method is not None:
            return method(self, node)
        if isinstance(node, exp.Query | exp.Exists | exp.Subquery):
            return Opaque("a subquery")
        return self.opaque(node)

    def opaque(self, node: Tree | None) -> Opaque:
        """A function that is not understood, with the columns that it is about."""
        if node is None:
            return Opaque("an argument is missing")
        nodes = census(node)
        about: set[int] = set()
        for column in nodes.get(exp.Column, ()):
            if not isinstance(column.this, exp.Star):
                about |= columns_of(self.resolve(column))
        chance = any(function_name(some[0]) in CHANCE for some in nodes.values()) or any(
            function_name(call) in CHANCE for call in nodes.get(exp.Anonymous, ())
        )
        why = f"{_name(node)} is not understood"
        return Opaque(why, frozenset(about - {OPAQUE_ID}), chance)

    def all(self, *nodes: Tree) -> tuple[Expr, ...]:
        return tuple(self.expr(node) for node in nodes if node is not None)

    # Logic.

    def paren(self, node: Tree) -> Expr:
        return self.expr(node.this)

    def connect(self, node: Tree) -> Expr:
        """A chain of ANDs or ORs leans left, a thousand deep."""
        kind, parts = type(node), []
        while type(node) is kind:
            parts.append(node.expression)
            node = node.this
        parts.append(node)
        return Call("and" if kind is exp.And else "or", tuple(self.expr(p) for p in reversed(parts)))

    def negate(self, node: Tree) -> Expr:
        return Call("not", (self.expr(node.this),))

    def differs(self, node: Tree) -> Expr:
        return Call("not", (Call("<=>", self.all(node.this, node.expression)),))

    def is_(self, node: Tree) -> Expr:
        value, what = self.expr(node.this), node.expression
        if isinstance(what, exp.Null):
            return Call("isnull", (value,))
        if isinstance(what, exp.Boolean):
            return Call("<=>", (value, Lit(bool(what.this), "boolean")))
        return Opaque("IS is not understood here")

    def between(self, node: Tree) -> Expr:
        if node.args.get("symmetric"):
            return Opaque("BETWEEN SYMMETRIC is not understood")
        value, low, high = self.all(node.this, node.args["low"], node.args["high"])
        return Call("and", (Call(">=", (value, low)), Call("<=", (value, high))))

    def in_(self, node: Tree) -> Expr:
        if node.args.get("query") is not None:
            return Opaque("a subquery")
        if not node.expressions or isinstance(node.this, exp.Tuple):
            return Opaque("this IN is not understood")
        return Call("in", self.all(node.this, *node.expressions))

    def like(self, node: Tree) -> Expr:
        return Call("like", self.all(node.this, node.expression))

    def case(self, node: Tree) -> Expr:
        operand = node.args.get("this")
        subject = self.expr(operand) if operand is not None else None
        parts: list[Expr] = []
        for branch in node.args["ifs"]:
            condition = self.expr(branch.this)
            parts.append(condition if subject is None else Call("=", (subject, condition)))
            parts.append(self.expr(branch.args["true"]))
        default = node.args.get("default")
        return Call("case", (*parts, self.expr(default) if default is not None else NULL))

    def if_(self, node: Tree) -> Expr:
        other = node.args.get("false")
        return Call(
            "case",
            (*self.all(node.this, node.args["true"]), self.expr(other) if other is not None else NULL),
        )

    def coalesce(self, node: Tree) -> Expr:
        return Call("coalesce", self.all(node.this, *node.expressions))

    def nullif(self, node: Tree) -> Expr:
        a, b = self.all(node.this, node.expression)
        return Call("case", (Call("=", (a, b)), NULL, a))

    def nvl2(self, node: Tree) -> Expr:
        value, then, other = self.all(node.this, node.args["true"], node.args["false"])
        return Call("case", (Call("not", (Call("isnull", (value,)),)), then, other))

    # Values.

    def literal(self, node: Tree) -> Expr:
        text = str(node.this)
        if node.is_string:
            return Lit(text, "string")
        if text.isascii() and text.isdigit() and len(text) <= 18:
            return Lit(int(text), "int")
        return Opaque("this number is not understood")

    def boolean(self, node: Tree) -> Expr:
        return Lit(bool(node.this), "boolean")

    def null(self, node: Tree) -> Expr:
        return NULL

    def raw_text(self, node: Tree) -> Expr:
        return Lit(str(node.this), "string")

    def cast(self, node: Tree) -> Expr:
        to = node.args["to"]
        name = TYPES.get(getattr(to.this, "name", ""), "")
        if not name or node.args.get("format") is not None:
            return Call("cast", self.all(node.this), "a type that is not understood")
        if to.expressions:
            name += "(" + ",".join(str(param.this) for param in to.expressions) + ")"
        return Call("try_cast" if node.args.get("safe") else "cast", self.all(node.this), name)

    def interval(self, node: Tree) -> Expr:
        unit = node.args.get("unit")
        word = str(unit.name).upper().removesuffix("S") if isinstance(unit, exp.Var) else ""
        amount, sign = node.this, 1
        while isinstance(amount, exp.Paren | exp.Neg):
            sign, amount = (-sign if isinstance(amount, exp.Neg) else sign), amount.this
        text = str(amount.this).strip() if isinstance(amount, exp.Literal) else ""
        if word not in UNITS or not re.fullmatch(r"[-+]?[0-9]{1,6}", text):
            return Opaque("this INTERVAL is not understood")
        kind, factor = UNITS[word]
        return Lit(sign * int(text) * factor, kind)

    # Dates.

    def add_days(self, node: Tree) -> Expr:
        unit = node.args.get("unit")
        if unit is not None and unit.name.upper() != "DAY":
            return Opaque(f"{_name(node)} of {unit.name} is not understood")
        return Call("date_add", self.all(node.this, node.expression))

    def date_diff(self, node: Tree) -> Expr:
        unit = node.args.get("unit")
        if unit is not None and unit.name.upper() != "DAY":
            return Opaque("this datediff is not understood")
        return Call("datediff", self.all(_bare(node.this), _bare(node.expression)))

    def date(self, node: Tree) -> Expr:
        if node.args.get("format") is None:
            return Call("cast", self.all(node.this), "date")
        return Call("to_date", (self.expr(node.this), self.pattern(node.args["format"])))

    def moment(self, node: Tree) -> Expr:
        if node.args.get("format") is None:
            return Call("cast", self.all(node.this), "timestamp")
        return Call("to_timestamp", (self.expr(node.this), self.pattern(node.args["format"])))

    def format_date(self, node: Tree) -> Expr:
        return Call("date_format", (self.expr(_bare(node.this)), self.pattern(node.args["format"])))

    def pattern(self, node: Tree) -> Expr:
        """A time format, back to Spark's letters."""
        if not isinstance(node, exp.Literal) or not node.is_string:
            return Opaque("a pattern that is not fixed")
        found = []
        for field, text in re.findall(r"(%[A-Za-z](?:strict)?)|([^%A-Za-z']+|.)", str(node.this), re.DOTALL):
            if (field and field not in FORMATS) or (text and (text.isalpha() or text in "%'")):
                return Opaque("a pattern that is not understood")
            found.append(FORMATS[field] if field else text)
        return Lit("".join(found), "string")

    def truncate_date(self, node: Tree) -> Expr:
        unit = node.args.get("unit")
        if not isinstance(unit, exp.Literal | exp.Var):
            return Opaque("a unit that is not fixed")
        return Call("trunc", (self.expr(node.this), Lit(str(unit.this), "string")))

    def truncate_moment(self, node: Tree) -> Expr:
        unit = node.args.get("unit")
        if not isinstance(unit, exp.Literal | exp.Var) or node.args.get("zone") is not None:
            return Opaque("a unit that is not fixed")
        return Call("date_trunc", (Lit(str(unit.this), "string"), self.expr(node.this)))

    def extract(self, node: Tree) -> Expr:
        name = EXTRACTS.get(str(node.this.name).upper())
        return Call(name, self.all(node.expression)) if name else Opaque("this EXTRACT is not understood")

    # Texts.

    def concat(self, node: Tree) -> Expr:
        return Call("concat", self.all(*node.expressions))

    def pipes(self, node: Tree) -> Expr:
        return Call("concat", self.all(node.this, node.expression))

    def substring(self, node: Tree) -> Expr:
        return Call("substring", self.all(node.this, node.args.get("start"), node.args.get("length")))

    def pad(self, node: Tree) -> Expr:
        name = "lpad" if node.args.get("is_left") else "rpad"
        return Call(name, self.all(node.this, node.expression, node.args.get("fill_pattern")))

    def trim(self, node: Tree) -> Expr:
        if node.expression is not None:
            return Opaque("this TRIM is not understood")
        position = str(node.args.get("position") or "BOTH").upper()
        names = {"BOTH": "trim", "LEADING": "ltrim", "TRAILING": "rtrim"}
        return Call(names.get(position, "?"), self.all(node.this))

    def replace(self, node: Tree) -> Expr:
        return Call("replace", self.all(node.this, node.expression, node.args.get("replacement")))

    def bracket(self, node: Tree) -> Expr:
        inner, items = node.this, node.expressions
        plain = isinstance(inner, exp.RegexpSplit) and inner.args.get("limit") is None
        if plain and not node.args.get("offset") and len(items) == 1:
            return Call("split_item", self.all(inner.this, inner.expression, items[0]))
        return Opaque("an element of an array or a map")

    def by_name(self, node: Tree) -> Expr:
        name, args = str(node.this).lower(), node.expressions
        if name in ("isnull", "isnotnull") and len(args) == 1:
            test = Call("isnull", self.all(*args))
            return test if name == "isnull" else Call("not", (test,))
        if name in CASTS_BY_NAME and len(args) == 1:
            return Call("cast", self.all(*args), name)
        if BY_NAME.get(name) == len(args):
            return Call(name, self.all(*args))
        return self.opaque(node)


def _bare(node: Tree) -> Tree:
    """Without the cast that sqlglot puts around a date function's argument: ours cast for themselves."""
    if isinstance(node, exp.TsOrDsToDate | exp.TimeStrToTime) and node.args.get("format") is None:
        return node.this
    return node


def _name(node: Tree) -> str:
    return f"{function_name(node)}()" if isinstance(node, exp.Func) else str(node.key).upper()


def function_name(node: Tree) -> str:
    """A function's name in lower case; sqlglot's word for what is none."""
    return str(node.this if isinstance(node, exp.Anonymous) else node.key).lower()


_METHODS: dict[type[Tree], Callable[[_Converter, Tree], Expr]] = {
    exp.Paren: _Converter.paren,
    exp.And: _Converter.connect,
    exp.Or: _Converter.connect,
    exp.Not: _Converter.negate,
    exp.NullSafeNEQ: _Converter.differs,
    exp.Is: _Converter.is_,
    exp.Between: _Converter.between,
    exp.In: _Converter.in_,
    exp.Like: _Converter.like,
    exp.Case: _Converter.case,
    exp.If: _Converter.if_,
    exp.Coalesce: _Converter.coalesce,
    exp.Nullif: _Converter.nullif,
    exp.Nvl2: _Converter.nvl2,
    exp.Literal: _Converter.literal,
    exp.Boolean: _Converter.boolean,
    exp.Null: _Converter.null,
    exp.RawString: _Converter.raw_text,
    exp.Cast: _Converter.cast,
    exp.TryCast: _Converter.cast,
    exp.Interval: _Converter.interval,
    exp.TsOrDsAdd: _Converter.add_days,
    exp.DateDiff: _Converter.date_diff,
    exp.TsOrDsToDate: _Converter.date,
    exp.StrToDate: _Converter.date,
    exp.TimeStrToTime: _Converter.moment,
    exp.StrToTime: _Converter.moment,
    exp.TimeToStr: _Converter.format_date,
    exp.DateTrunc: _Converter.truncate_date,
    exp.TimestampTrunc: _Converter.truncate_moment,
    exp.Extract: _Converter.extract,
    exp.Concat: _Converter.concat,
    exp.DPipe: _Converter.pipes,
    exp.Substring: _Converter.substring,
    exp.Pad: _Converter.pad,
    exp.Trim: _Converter.trim,
    exp.Replace: _Converter.replace,
    exp.Bracket: _Converter.bracket,
    exp.Anonymous: _Converter.by_name,
}
