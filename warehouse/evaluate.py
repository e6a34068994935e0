"""Expressions compiled to closures over a partition's values, which may be known in part.

A truth value is the set of what it may be: a mask of TRUE, FALSE and NULL, which tells NULL from unknown.
"""

from __future__ import annotations

import operator
from collections.abc import Callable
from typing import Any

from warehouse.expressions import Call, Col, Expr, Lit, Opaque, type_of
from warehouse.functions import ARITHMETIC, FUNCTIONS, Function
from warehouse.names import HIVE_DEFAULT_PARTITION
from warehouse.rowvalues import UNKNOWN, Row, ValueOf, cast_to, column_reader, common_type, null_or_unknown
from warehouse.sparkvalues import SqlError, cast, like

TRUE, FALSE, NULL, ANY = 1, 2, 4, 7

MaskOf = Callable[[Row], int]
Typed = tuple[str | None, ValueOf]

_AND = [[0] * 8 for _ in range(8)]
_OR = [[0] * 8 for _ in range(8)]
for _a in range(8):
    for _b in range(8):
        for _x in (1, 2, 4):
            for _y in (1, 2, 4):
                if _a & _x and _b & _y:
                    _AND[_a][_b] |= FALSE if FALSE in (_x, _y) else NULL if NULL in (_x, _y) else TRUE
                    _OR[_a][_b] |= TRUE if TRUE in (_x, _y) else NULL if NULL in (_x, _y) else FALSE
_NOT = [(m & NULL) | ((m & TRUE) << 1) | ((m & FALSE) >> 1) for m in range(8)]


def compile_mask(expr: Expr, nulls: frozenset[int] = frozenset()) -> MaskOf:
    """What a condition may be, for partitions. Columns in ``nulls`` are NULL, whatever the row says."""
    return _Compiler(nulls).mask(expr)


def fold(expr: Expr) -> Expr:
    """With constant parts replaced by their values; what Spark would fail on stays as it is."""
    if type(expr) is not Call:
        return expr
    if any(type(arg) is Call for arg in expr.args):
        expr = Call(expr.op, tuple([fold(arg) for arg in expr.args]), expr.to)
    if not all(type(arg) is Lit for arg in expr.args):
        return expr
    kind, value = _Compiler(frozenset()).value(expr)
    if kind is None or kind in ("double", "decimal", "months", "days", "seconds"):
        return expr
    result = value({})
    return expr if result is UNKNOWN else Lit(result, kind)


def result_type(expr: Expr) -> str | None:
    if type(expr) is Col:
        return type_of(expr.type)
    if type(expr) is Lit:
        return expr.type
    return _Compiler(frozenset()).value(expr)[0]


def decidable(expr: Expr) -> bool:
    """Whether a condition can ever be told: false for types and functions that are not known here."""
    if isinstance(expr, Call):
        if expr.op in ("and", "or", "not"):
            return all(decidable(arg) for arg in expr.args)
        if expr.op == "isnull":
            return result_type(expr.args[0]) is not None
        if expr.op in _TESTS or expr.op in ("<=>", "in"):
            return common_type([result_type(arg) for arg in expr.args]) is not None
        if expr.op == "like":
            return isinstance(expr.args[1], Lit) and "\\" not in str(expr.args[1].value)
    return result_type(expr) in ("boolean", "null")


def _unknown(_: Row) -> Any:
    return UNKNOWN


def _any(_: Row) -> int:
    return ANY


class _Compiler:
    def __init__(self, nulls: frozenset[int]) -> None:
        self.nulls = nulls

    # Conditions, as masks.

    def mask(self, expr: Expr) -> MaskOf:
        if isinstance(expr, Call):
            match expr.op:
                case "and":
                    return self.connect(_AND, TRUE, FALSE, [self.mask(a) for a in expr.args])
                case "or":
                    return self.connect(_OR, FALSE, TRUE, [self.mask(a) for a in expr.args])
                case "not":
                    inner = self.mask(expr.args[0])
                    return lambda row: _NOT[inner(row)]
                case "isnull":
                    return self.is_null(expr.args[0])
                case "=" | "<>" | "<" | "<=" | ">" | ">=" as op:
                    return self.compare(op, expr.args[0], expr.args[1])
                case "<=>":
                    return self.null_safe(expr.args[0], expr.args[1])
                case "in":
                    return self.is_in(expr.args[0], expr.args[1:])
                case "like":
                    return self.like(expr.args[0], expr.args[1])
        kind, value = self.value(expr)
        if kind == "null":
            return lambda row: NULL
        if kind != "boolean":
            return _any

        def mask(row: Row) -> int:
            got = value(row)
            return ANY if got is UNKNOWN else NULL if got is None else TRUE if got else FALSE

        return mask

    def connect(self, table: list[list[int]], start: int, end: int, parts: list[MaskOf]) -> MaskOf:
        def mask(row: Row) -> int:
            result = start
            for part in parts:
                result = table[result][part(row)]
                if result == end:
                    break
            return result

        return mask

    def is_null(self, arg: Expr) -> MaskOf:
        _, value = self.value(arg)

        def mask(row: Row) -> int:
            got = value(row)
            return TRUE | FALSE if got is UNKNOWN else TRUE if got is None else FALSE

        return mask

    def operands(self, *args: Expr) -> tuple[str | None, list[ValueOf]]:
        """The operands, cast to the type that they are compared in."""
        typed = [self.value(arg) for arg in args]
        kind = common_type([t for t, _ in typed])
        return kind, [cast_to(t, value, kind) for t, value in typed]

    def compare(self, op: str, left: Expr, right: Expr) -> MaskOf:
        kind, (a, b) = self.operands(left, right)
        if kind == "null" or Lit(None, "null") in (left, right):
            return lambda row: NULL
        text = right.value if isinstance(right, Lit) and kind == "string" else None
        if isinstance(text, str) and isinstance(left, Col) and left.id not in self.nulls:
            return _text_test(op, left.name, text)
        # Of an unknown type, only NULL can be told.
        test = _TESTS[op] if kind is not None else None

        def mask(row: Row) -> int:
            x, y = a(row), b(row)
            if x is None or y is None:
                return NULL
            if x is UNKNOWN or y is UNKNOWN or test is None:
                return ANY
            return TRUE if test(x, y) else FALSE

        return mask

    def null_safe(self, left: Expr, right: Expr) -> MaskOf:
        kind, (a, b) = self.operands(left, right)

        def mask(row: Row) -> int:
            x, y = a(row), b(row)
            if x is UNKNOWN or y is UNKNOWN or (kind is None and x is not None and y is not None):
                return TRUE | FALSE
            return TRUE if x == y else FALSE

        return mask

    def is_in(self, left: Expr, items: tuple[Expr, ...]) -> MaskOf:
        kind, (value, *others) = self.operands(left, *items)
        if kind is None:
            return self.connect(_OR, FALSE, TRUE, [self.compare("=", left, item) for item in items])
        if all(isinstance(item, Lit) for item in items):
            fixed = [other({}) for other in others]
            if UNKNOWN not in fixed:
                known = frozenset(fixed) - {None}
                missing = NULL if None in fixed else FALSE

                def fast(row: Row) -> int:
                    got = value(row)
                    if got is None or got is UNKNOWN:
                        return NULL if got is None else ANY
                    return TRUE if got in known else missing

                return fast
        return self.connect(_OR, FALSE, TRUE, [self.compare("=", left, item) for item in items])

    def like(self, left: Expr, pattern: Expr) -> MaskOf:
        kind, value = self.value(left)
        if not isinstance(pattern, Lit) or not isinstance(pattern.value, str) or kind is None:
            return _any
        try:
            test = like(pattern.value)
        except SqlError:
            return _any
        value = cast_to(kind, value, "string")

        def mask(row: Row) -> int:
            got = value(row)
            return ANY if got is UNKNOWN else NULL if got is None else TRUE if test(got) else FALSE

        return mask

    # Values.

    def value(self, expr: Expr) -> Typed:
        """Type (of ``expressions.TYPES``; None: not known) and closure; SqlError never leaves it."""
        if isinstance(expr, Lit):
            fixed = expr.value
            return expr.type, lambda row: fixed
        if isinstance(expr, Opaque):
            return None, _unknown
        if isinstance(expr, Col):
            return self.column(expr)
        match expr.op:
            case (
                "and" | "or" | "not" | "isnull" | "=" | "<>" | "<" | "<=" | ">" | ">=" | "<=>" | "in" | "like"
            ):
                return "boolean", _from_mask(self.mask(expr))
            case "cast" | "try_cast":
                return self.cast(expr)
            case "case":
                return self.case(expr)
            case "coalesce":
                return self.coalesce(expr)
            case "neg":
                return self.negative(expr)
            case "+" | "-" | "*" | "/" | "%":
                kinds = [self.value(arg)[0] for arg in expr.args]
                if (kinds[0] == "string" and kinds[1] == "int") or kinds == ["int", "string"]:
                    kinds = ["int", "int"]
                function = ARITHMETIC.get((expr.op, kinds[0] or "", kinds[1] or ""))
                if function is None:
                    return None, null_or_unknown([self.value(arg)[1] for arg in expr.args])
                return self.call(function, expr.args)
        return self.call(FUNCTIONS.get(expr.op), expr.args)

    def column(self, expr: Col) -> Typed:
        if expr.id in self.nulls:
            return type_of(expr.type), lambda row: None
        return type_of(expr.type), column_reader(expr.name, expr.type)

    def cast(self, expr: Call) -> Typed:
        kind = type_of(expr.to)
        from_kind, value = self.value(expr.args[0])
        if kind is None or from_kind is None:
            # Of an unknown value, too, NULL stays NULL.
            return kind, null_or_unknown([value])

        def run(row: Row) -> Any:
            got = value(row)
            if got is UNKNOWN or got is None:
                return got
            try:
                return cast(got, kind, expr.to)
            except (SqlError, ValueError, OverflowError):
                return UNKNOWN  # Of a try_cast, too: what is not read here may be read by Spark.

        return kind, run

    def case(self, expr: Call) -> Typed:
        """``case(condition, value, …, default)``."""
        conditions = [self.mask(arg) for arg in expr.args[:-1:2]]
        results = [*expr.args[1:-1:2], expr.args[-1]]
        kind, values = self.operands(*results)
        if kind is None:
            return None, _unknown

        def run(row: Row) -> Any:
            for condition, value in zip(conditions, values, strict=False):
                got = condition(row)
                if got & TRUE:
                    return value(row) if got == TRUE else UNKNOWN
            return values[-1](row)

        return kind, run

    def coalesce(self, expr: Call) -> Typed:
        kind, values = self.operands(*expr.args)

        def run(row: Row) -> Any:
            for value in values:
                got = value(row)
                if got is not None:
                    return UNKNOWN if kind is None else got
            return None

        return kind, run

    def negative(self, expr: Call) -> Typed:
        kind, value = self.value(expr.args[0])
        if kind not in ("int", "double", "decimal", "days", "months", "seconds"):
            return None, null_or_unknown([value])

        def run(row: Row) -> Any:
            got = value(row)
            return got if got is None or got is UNKNOWN else -got

        return kind, run

    def call(self, function: Function | None, args: tuple[Expr, ...]) -> Typed:
        typed = [self.value(arg) for arg in args]
        if function is None or len(args) < function.least:
            return None, _unknown
        values: list[ValueOf] = []
        for index, (kind, value) in enumerate(typed):
            wanted = function.arg(index)
            if wanted is None:
                return None, _unknown
            values.append(cast_to(kind, value, wanted))
        run_function = function.run

        def run(row: Row) -> Any:
            got = [value(row) for value in values]
            if None in got:
                return None
            if any(g is UNKNOWN for g in got):
                return UNKNOWN
            try:
                return run_function(*got)
            except (SqlError, ValueError, OverflowError, TypeError):
                return UNKNOWN

        return function.result, run


def _from_mask(mask: MaskOf) -> ValueOf:
    results: dict[int, Any] = {TRUE: True, FALSE: False, NULL: None}
    return lambda row: results.get(mask(row), UNKNOWN)


def _text_test(op: str, name: str, text: str) -> MaskOf:
    """The commonest condition of all, a text column against a text, without detours."""
    test = _TESTS[op]

    def mask(row: Row) -> int:
        got = row.get(name)
        if got is None or got == HIVE_DEFAULT_PARTITION:
            return ANY if got is None else NULL
        return TRUE if test(got, text) else FALSE

    return mask


_CONDITIONS = frozenset(("and", "or", "not", "isnull", "=", "<>", "<", "<=", ">", ">=", "<=>", "in", "like"))

_TESTS: dict[str, Callable[[Any, Any], bool]] = {
    "=": operator.eq,
    "<>": operator.ne,
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
}
