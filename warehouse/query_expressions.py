"""The type and the origins of every expression, found in one walk over sqlglot's tree."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from sqlglot import exp

from warehouse.expression_types import (
    INTEGERS,
    Type,
    arithmetic,
    as_decimal_literal,
    common_of,
    element,
    field,
    literal,
    written,
)
from warehouse.query_facts import Problem, Relation, Scope, Value
from warehouse.query_functions import Functions
from warehouse.sqltext import Tree

Handler = Callable[["Expressions", Tree, Scope], Value]


class Expressions(Functions):
    """Subqueries are the business of the class that extends this one."""

    def relation_of(self, node: Tree, scope: Scope) -> Relation:
        """A subquery's."""
        raise NotImplementedError

    def value(self, node: Tree, scope: Scope) -> Value:
        handler = _HANDLERS.get(type(node))
        if handler is not None:
            return handler(self, node, scope)
        return self.function(node, scope)

    def identifier(self, node: Tree, scope: Scope) -> Value:
        name = node.name.lower()
        for names in reversed(self.lambdas):
            if name in names:
                return names[name]
        return None, 0

    def literal(self, node: Tree, scope: Scope) -> Value:
        return ("string" if node.args["is_string"] else literal(node.this)), 0

    def alias(self, node: Tree, scope: Scope) -> Value:
        return self.value(node.this, scope)

    def bitwise(self, node: Tree, scope: Scope) -> Value:
        kinds, bits = self.children(node, scope)
        kind = common_of(kinds)
        return (kind if kind in INTEGERS else None), bits

    def boolean(self, node: Tree, scope: Scope) -> Value:
        return "boolean", self.children(node, scope)[1]

    def negation(self, node: Tree, scope: Scope) -> Value:
        return "boolean", self.condition(node.this, scope)

    def condition(self, node: Tree, scope: Scope) -> int:
        """The origins of what must be a BOOLEAN. Text may be cast to one."""
        kind, bits = self.value(node, scope)
        if kind is not None and kind not in ("boolean", "void", "string"):
            self.problems.append(Problem("condition", node, f"this condition is {kind.upper()}, not BOOLEAN"))
        return bits

    def connective(self, node: Tree, scope: Scope) -> Value:
        """AND and OR: a chain of a thousand is a thousand levels deep."""
        bits = 0
        stack = [node]
        while stack:
            part = stack.pop()
            if isinstance(part, exp.Connector):
                stack.append(part.expression)
                stack.append(part.this)
            else:
                bits |= self.condition(part, scope)
        return "boolean", bits

    def comparison(self, node: Tree, scope: Scope) -> Value:
        left, right = self.value(node.this, scope), self.value(node.expression, scope)
        self.comparisons.append((node, node.expression, left, right))
        return "boolean", left[1] | right[1]

    def between(self, node: Tree, scope: Scope) -> Value:
        value = self.value(node.this, scope)
        bits = value[1]
        for part in (node.args["low"], node.args["high"]):
            bound = self.value(part, scope)
            self.comparisons.append((node, part, value, bound))
            bits |= bound[1]
        return "boolean", bits

    def among(self, node: Tree, scope: Scope) -> Value:
        """IN."""
        value = self.value(node.this, scope)
        bits = value[1]
        for part in node.args.get("expressions") or ():
            other = self.value(part, scope)
            self.comparisons.append((node, part, value, other))
            bits |= other[1]
        query = node.args.get("query")
        if query is not None:
            relation = self.relation_of(query, scope)
            wanted = len(node.this.expressions) if isinstance(node.this, exp.Tuple) else 1
            self.narrow(node, relation, wanted)
            for _, more in relation.values:
                bits |= more
        return "boolean", bits

    def narrow(self, node: Tree, relation: Relation, wanted: int) -> None:
        if not relation.open and len(relation.values) != wanted:
            what = f"this subquery gives {len(relation.values)} columns, not {wanted}"
            self.problems.append(Problem("condition", node, what))

    def operation(self, node: Tree, scope: Scope) -> Value:
        left, right = node.this, node.expression
        (a, x), (b, y) = self.value(left, scope), self.value(right, scope)
        kinds = _literal_digits(left, a, b), _literal_digits(right, b, a)
        kind = arithmetic(_OPERATORS[type(node)], *kinds)
        self.operations.append((node, [a, b]))
        return kind, x | y

    def concatenation(self, node: Tree, scope: Scope) -> Value:
        kinds, bits = self.children(node, scope)
        plain = None not in kinds and not any(k == "binary" or "<" in str(k) for k in kinds)
        return ("string" if plain else common_of(kinds) if None not in kinds else None), bits

    def cast(self, node: Tree, scope: Scope) -> Value:
        bits = self.value(node.this, scope)[1]
        return written(node.args["to"]), bits

    def case(self, node: Tree, scope: Scope) -> Value:
        bits = 0
        given = node.this
        if given is not None:
            bits |= self.value(given, scope)[1]
        branches = []
        for branch in node.args["ifs"]:
            bits |= (
                self.value(branch.this, scope)[1] if given is not None else self.condition(branch.this, scope)
            )
            branches.append(branch.args["true"])
        default = node.args.get("default")
        if default is not None:
            branches.append(default)
        kinds = []
        for branch in branches:
            one, more = self.value(branch, scope)
            kinds.append(one)
            bits |= more
        return self.met(node, kinds), bits

    def interval(self, node: Tree, scope: Scope) -> Value:
        unit = node.args.get("unit")
        word = unit.name.lower().rstrip("s") if isinstance(unit, exp.Var) else ""
        bits = self.value(node.this, scope)[1] if node.this is not None else 0
        return (f"interval {word}" if word in _UNITS else None), bits

    def struct(self, node: Tree, scope: Scope) -> Value:
        found, bits = [], 0
        self.functions.append(("struct", node))
        for place, item in enumerate(node.expressions, 1):
            value = item
            name = f"col{place}"
            if isinstance(item, exp.PropertyEQ):
                value, name = item.expression, item.this.name
            elif isinstance(item, exp.Column | exp.Alias | exp.Dot):
                name = item.output_name or name
            kind, more = self.value(value, scope)
            bits |= more
            found.append(f"{name}:{kind}" if kind is not None else None)
            if isinstance(value, exp.Star) or (isinstance(value, exp.Column) and value.is_star):
                found.append(None)
        return (None if None in found else f"struct<{','.join(map(str, found))}>"), bits

    def dot(self, node: Tree, scope: Scope) -> Value:
        kind, bits = self.value(node.this, scope)
        last = node.expression
        if isinstance(last, exp.Identifier):
            return self.field(node, kind, last.name), bits
        return None, bits | self.value(last, scope)[1]

    def bracket(self, node: Tree, scope: Scope) -> Value:
        kind, bits = self.value(node.this, scope)
        for part in node.expressions:
            bits |= self.value(part, scope)[1]
        if kind is not None and kind.startswith("struct<"):
            part = node.expressions[0]
            return (field(kind, part.name) if isinstance(part, exp.Literal) else None), bits
        return element(kind), bits

    def window(self, node: Tree, scope: Scope) -> Value:
        function = node.this
        while isinstance(function, _AROUND):
            function = function.this
        if self.clause in ("WHERE", "GROUP BY", "HAVING", "ON"):
            self.problems.append(
                Problem("window", node, f"a window function cannot stand in {self.clause}",
                        "compute it in a subquery, and use its column")
            )  # fmt: skip
        windowed, self.windowed = self.windowed, function
        kind, bits = self.value(node.this, scope)
        self.windowed = None
        for part in (*(node.args.get("partition_by") or ()), node.args.get("order"), node.args.get("spec")):
            if part is not None:
                bits |= self.value(part, scope)[1]
        named = node.args.get("alias")
        if named is not None and self.select_fact is not None:
            for other in self.select_fact.node.args.get("windows") or ():
                if other.name.lower() == named.name.lower():
                    for part in (*(other.args.get("partition_by") or ()), other.args.get("order")):
                        if part is not None:
                            bits |= self.value(part, scope)[1]
        self.windowed = windowed
        return kind, bits

    def filtered(self, node: Tree, scope: Scope) -> Value:
        """``aggregate FILTER (WHERE …)``."""
        kind, bits = self.value(node.this, scope)
        windowed, self.windowed = self.windowed, None
        bits |= self.value(node.expression, scope)[1]
        self.windowed = windowed
        return kind, bits

    def passing(self, node: Tree, scope: Scope) -> Value:
        """IGNORE NULLS, DISTINCT, WHERE of a FILTER, ORDER BY of a window: what they hold."""
        windowed = self.windowed
        if not isinstance(node, exp.IgnoreNulls | exp.RespectNulls):
            self.windowed = None
        kinds, bits = self.children(node, scope)
        self.windowed = windowed
        return (kinds[0] if kinds else None), bits

    def subquery(self, node: Tree, scope: Scope) -> Value:
        relation = self.relation_of(node, scope)
        self.narrow(node, relation, 1)
        bits = 0
        for _, more in relation.values:
            bits |= more
        kind = relation.values[0][0] if len(relation.values) == 1 and not relation.open else None
        return kind, bits

    def exists(self, node: Tree, scope: Scope) -> Value:
        if isinstance(node.this, exp.Query):
            self.relation_of(node.this, scope)
            return "boolean", 0
        return self.function(node, scope)

    def nothing(self, node: Tree, scope: Scope) -> Value:
        return None, 0


def _literal_digits(node: Tree, kind: Type, other: Type) -> Type:
    """A whole number that meets a decimal has as many digits as are written."""
    if other is not None and other.startswith("decimal") and kind in ("int", "bigint"):
        if isinstance(node, exp.Neg):
            node = node.this
        if isinstance(node, exp.Literal) and node.this.isdigit():
            return as_decimal_literal(node.this)
    return kind


_AROUND = (exp.IgnoreNulls, exp.RespectNulls, exp.Filter)
_UNITS = frozenset({"year", "month", "day", "hour", "minute", "second", "week"})
_OPERATORS: dict[type[Any], str] = {
    exp.Add: "+",
    exp.Sub: "-",
    exp.Mul: "*",
    exp.Div: "/",
    exp.Mod: "%",
    exp.IntDiv: "div",
}
_E = Expressions
_HANDLERS: dict[type[Any], Handler] = {
    exp.Column: _E.column,
    exp.Star: _E.star,
    exp.Identifier: _E.identifier,
    exp.Literal: _E.literal,
    exp.Null: lambda self, node, scope: ("void", 0),
    exp.Boolean: lambda self, node, scope: ("boolean", 0),
    exp.Alias: _E.alias,
    exp.Aliases: _E.alias,
    exp.Paren: _E.alias,
    exp.Neg: _E.alias,
    exp.And: _E.connective,
    exp.Or: _E.connective,
    **dict.fromkeys(_OPERATORS, _E.operation),
    **dict.fromkeys((exp.EQ, exp.NEQ, exp.LT, exp.LTE, exp.GT, exp.GTE, exp.NullSafeEQ), _E.comparison),
    **dict.fromkeys((exp.Is, exp.Like, exp.ILike, exp.NullSafeNEQ, exp.Escape), _E.boolean),
    **dict.fromkeys((exp.BitwiseAnd, exp.BitwiseOr, exp.BitwiseXor, exp.BitwiseNot), _E.bitwise),
    exp.Not: _E.negation,
    exp.Between: _E.between,
    exp.In: _E.among,
    exp.DPipe: _E.concatenation,
    exp.Cast: _E.cast,
    exp.TryCast: _E.cast,
    exp.Case: _E.case,
    exp.Interval: _E.interval,
    exp.Struct: _E.struct,
    exp.Dot: _E.dot,
    exp.Bracket: _E.bracket,
    exp.Window: _E.window,
    exp.Filter: _E.filtered,
    **dict.fromkeys(
        (exp.IgnoreNulls, exp.RespectNulls, exp.Distinct, exp.Where, exp.Order, exp.Ordered, exp.WithinGroup),
        _E.passing,
    ),
    **dict.fromkeys((exp.Select, exp.Union, exp.Except, exp.Intersect, exp.Subquery), _E.subquery),
    exp.Exists: _E.exists,
    **dict.fromkeys((exp.Var, exp.DataType, exp.Hint, exp.WindowSpec, exp.Table), _E.nothing),
}
