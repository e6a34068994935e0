"""Function calls: their names as written, the types they give, where aggregates may stand, lambdas."""

from __future__ import annotations

from sqlglot import exp

from warehouse.expression_types import Type, common, comparable_kinds, element, inner, is_number, schema
from warehouse.function_types import FUNCTIONS, rounded
from warehouse.query_facts import Problem, Scope, Value
from warehouse.query_names import Names
from warehouse.sqltext import Tree

BY_CLASS = {
    exp.If: "if",
    exp.Substring: "substring",
    exp.StrPosition: "position",
    exp.Trim: "trim",
    exp.Initcap: "initcap",
    exp.Chr: "chr",
    exp.Transform: "transform",
    exp.Extract: "extract",
    exp.ArgMax: "max_by",
    exp.ArgMin: "min_by",
    exp.Quantile: "percentile",
    exp.ApproxQuantile: "percentile_approx",
    exp.Floor: "floor",
    exp.Ceil: "ceil",
    exp.Overlay: "overlay",
    exp.CurrentDate: "current_date",
    exp.CurrentTimestamp: "current_timestamp",
    exp.Any: "any",
    exp.RegexpLike: "rlike",
    exp.CurrentUser: "current_user",
    exp.GroupConcat: "string_agg",
    exp.JSONObject: "json_object",
    exp.Decode: "decode",
    exp.Encode: "encode",
    exp.DecodeCase: "decode",
}
"""Functions whose name sqlglot does not keep the place of."""
_CASTS = {
    "int": "int", "bigint": "bigint", "smallint": "smallint", "tinyint": "tinyint", "double": "double",
    "float": "float", "string": "string", "boolean": "boolean", "date": "date", "timestamp": "timestamp",
    "binary": "binary", "decimal": "decimal(10,0)",
}  # fmt: skip
_AGGREGATE_NAMES = """bool_and bool_or every some any try_sum try_avg count_if percentile percentile_approx
    approx_percentile median mode regr_slope regr_count regr_r2 collect_list collect_set array_agg
    bit_and bit_or bit_xor histogram_numeric max_by min_by hll_sketch_agg bitmap_construct_agg
    kurtosis skewness"""
_OF_NUMBERS = frozenset(
    {"sum", "avg", "mean", "stddev", "variance", "sqrt", "exp", "ln", "radians", "degrees"}
)
_OF_MOMENTS = frozenset(
    {"year", "month", "quarter", "dayofweek", "dayofyear", "weekofyear", "weekday", "last_day"}
)
_MEETING = frozenset({"coalesce", "nvl", "ifnull", "greatest", "least"})
GENERATORS = frozenset(
    {
        "explode",
        "explode_outer",
        "posexplode",
        "posexplode_outer",
        "inline",
        "inline_outer",
        "stack",
        "json_tuple",
    }
)
AGGREGATES = frozenset(_AGGREGATE_NAMES.split())
_ONLY_WINDOWED = (
    exp.RowNumber,
    exp.Rank,
    exp.DenseRank,
    exp.PercentRank,
    exp.CumeDist,
    exp.Ntile,
    exp.Lag,
    exp.Lead,
)
_WORDS = (exp.Identifier, exp.Literal)
_NOT_AGGREGATES = (exp.Lag, exp.Lead)


class Functions(Names):
    """What a walk does at a call, and at every node that it knows nothing better for."""

    def children(self, node: Tree, scope: Scope) -> tuple[list[Type], int]:
        """Types of what stands below, in order, and all their origins."""
        kinds: list[Type] = []
        bits = 0
        for part in node.args.values():
            if isinstance(part, exp.Expr):
                kind, more = self.value(part, scope)
                kinds.append(kind)
                bits |= more
            elif isinstance(part, list):
                for item in part:
                    if isinstance(item, exp.Expr):
                        kind, more = self.value(item, scope)
                        kinds.append(kind)
                        bits |= more
        return kinds, bits

    def name(self, node: Tree) -> str:
        """A function's name as it is written, in lower case; empty for what is no function."""
        meta = node._meta
        if meta and "start" in meta and not isinstance(node, _WORDS):
            found = self.text[meta["start"] : meta["end"] + 1].lower()
            if found.isidentifier():
                return found
        return BY_CLASS.get(type(node), "")

    def function(self, node: Tree, scope: Scope) -> Value:
        name = self.name(node)
        if name in GENERATORS and not self.generating:
            what = f"{name} gives rows, and cannot stand inside an expression"
            self.problems.append(Problem("window", node, what, "put it into LATERAL VIEW"))
        aggregating = self.aggregating
        if not name:
            self.others.append(node)
        elif isinstance(node, exp.Func):
            self.functions.append((name, node))
            if isinstance(node, exp.AggFunc) or name in AGGREGATES:
                self.aggregate(node)
                self.aggregating = aggregating or node is not self.windowed
            elif isinstance(node, _ONLY_WINDOWED) and node is not self.windowed:
                self.problems.append(Problem("window", node, f"{name} needs an OVER"))
        windowed, self.windowed = self.windowed, None
        lambdas = [c for c in node.args.get("expressions") or () if type(c) is exp.Lambda]
        if lambdas or type(node.args.get("expression")) is exp.Lambda:
            kind, bits = self.higher(name, node, scope)
        else:
            kinds, bits = self.children(node, scope)
            kind = self.result(name, node, kinds)
        self.windowed = windowed
        self.aggregating = aggregating
        return kind, bits

    def aggregate(self, node: Tree) -> None:
        if self.aggregating:
            what = "an aggregate inside an aggregate"
            self.problems.append(Problem("aggregate", node, what, "compute the inner one in a subquery"))
        if node is self.windowed:
            return
        if isinstance(node, _NOT_AGGREGATES):
            self.problems.append(Problem("window", node, f"{self.name(node)} needs an OVER"))
            return
        if self.clause in ("WHERE", "GROUP BY", "ON"):
            what = f"an aggregate cannot stand in {self.clause}"
            fix = "put the condition into HAVING" if self.clause == "WHERE" else ""
            self.problems.append(Problem("aggregate", node, what, fix))
        elif self.select_fact is not None:
            self.select_fact.aggregates.append(node)

    def met(self, node: Tree, kinds: list[Type]) -> Type:
        """What several branches meet in."""
        met: Type = "void"
        for kind in kinds:
            found = common(met, kind)
            if found is None and comparable_kinds(met, kind):
                what = f"{str(met).upper()} and {str(kind).upper()} meet in no type"
                self.problems.append(Problem("types", node, what, "cast one to the other's type"))
            met = found
        return met

    def arguments(self, name: str, node: Tree, kinds: list[Type]) -> None:
        """Of functions that take numbers, or moments, only."""
        kind = kinds[0] if kinds else None
        if kind is None or kind in ("void", "string") or kind.startswith("interval"):
            return
        wants = "a number" if name in _OF_NUMBERS else "a date or timestamp" if name in _OF_MOMENTS else ""
        if not wants or (is_number(kind) if name in _OF_NUMBERS else kind.startswith(("date", "timestamp"))):
            return
        self.problems.append(Problem("types", node, f"{name} takes {wants}, not {kind.upper()}"))

    def result(self, name: str, node: Tree, kinds: list[Type]) -> Type:
        self.arguments(name, node, kinds)
        if name in _MEETING:
            return self.met(node, kinds)
        rule = FUNCTIONS.get(name)
        if rule is not None:
            return rule if isinstance(rule, str) else rule(kinds)
        match name:
            case "if":
                if kinds and kinds[0] is not None and kinds[0] not in ("boolean", "void", "string"):
                    what = f"this condition is {kinds[0].upper()}, not BOOLEAN"
                    self.problems.append(Problem("condition", node, what))
                return self.met(node, kinds[1:]) if len(kinds) == 3 else None
            case "round":
                places = node.args.get("decimals")
                number = 0 if places is None else _integer(places)
                return rounded(kinds[0], number) if number is not None and kinds else None
            case "from_json" | "from_csv":
                given = node.expressions[1] if len(node.expressions) > 1 else node.args.get("expression")
                return schema(given.this) if isinstance(given, exp.Literal) and given.is_string else None
            case "extract" | "date_part":
                first = next(iter(node.expressions), None) if isinstance(node, exp.Anonymous) else node.this
                unit = first.name.upper() if isinstance(first, exp.Expr) else ""
                return "decimal(8,6)" if unit in ("SECOND", "SECONDS", "SEC", "S") else "int"
            case "percentile" | "percentile_approx" | "approx_percentile":
                if len(kinds) < 2 or kinds[1] is None or "<" in kinds[1]:
                    return None
                return "double" if name == "percentile" else kinds[0]
        if isinstance(node, exp.TsOrDsToDate):
            # sqlglot's own, around the arguments of others.
            return kinds[0] if kinds else None
        return _CASTS.get(name) if len(kinds) == 1 else None

    def higher(self, name: str, node: Tree, scope: Scope) -> Value:
        """A function that takes a lambda."""
        parts = [
            item
            for part in node.args.values()
            for item in (part if isinstance(part, list) else [part])
            if isinstance(item, exp.Expr)
        ]
        first: Value = (None, 0)
        bits = 0
        kinds: list[Type] = []
        for place, part in enumerate(parts):
            if type(part) is exp.Lambda:
                names = [p.name.lower() for p in part.expressions]
                types = _parameters(name, kinds, len(names))
                self.lambdas.append({n: (t, 0) for n, t in zip(names, types, strict=True)})
                kind, more = self.value(part.this, scope)
                self.lambdas.pop()
            else:
                kind, more = self.value(part, scope)
            if place == 0:
                first = kind, more
            kinds.append(kind)
            bits |= more
        match name:
            case "transform":
                return (f"array<{kinds[1]}>" if kinds[1] is not None else None), bits
            case "filter" | "map_filter" | "array_sort":
                return first[0], bits
            case "exists" | "forall":
                return "boolean", bits
        return None, bits


def _integer(node: Tree) -> int | None:
    sign = 1
    if isinstance(node, exp.Neg):
        node, sign = node.this, -1
    return sign * int(node.this) if isinstance(node, exp.Literal) and node.this.isdigit() else None


def _parameters(name: str, kinds: list[Type], count: int) -> list[Type]:
    """The types of a lambda's parameters, after the arguments before it."""
    of = kinds[0] if kinds else None
    if name in ("transform", "filter", "exists", "forall", "array_sort"):
        types: list[Type] = [element(of) if of and of.startswith("array<") else None, "int"]
        return [*types, *[None] * count][:count]
    if name in ("transform_values", "transform_keys", "map_filter") and of and of.startswith("map<"):
        types = list(inner(of))
        return types[:count]
    return [None] * count
