"""Expressions over columns, as small values: what read windows are computed with.

They are made from sqlglot's tree by :mod:`warehouse.conversion`, and evaluated by :mod:`warehouse.evaluate`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from datetime import date, datetime
from decimal import Decimal
from functools import lru_cache

import msgspec

Value = str | int | float | Decimal | bool | date | datetime | None
"""A SQL value. Timestamps are UTC without a zone; None is NULL."""


class Lit(msgspec.Struct, frozen=True, gc=False):
    """A literal. ``type`` is one of :data:`TYPES`."""

    value: Value
    type: str


class Col(msgspec.Struct, frozen=True, gc=False):
    """A column of one reference to a table. ``id`` is unique to the reference; ``type`` is Hive's."""

    id: int
    name: str
    type: str | None


class Call(msgspec.Struct, frozen=True, gc=False):
    """An operator or a function by Spark's name; ``to`` is the type of a cast."""

    op: str
    args: tuple[Expr, ...]
    to: str = ""


class Opaque(msgspec.Struct, frozen=True, gc=False):
    """What cannot be evaluated, and why. ``about`` are the columns in it, for telling what is lost.

    ``chance`` is true where it is different at every evaluation.
    """

    why: str
    about: frozenset[int] = frozenset()
    chance: bool = False


Expr = Lit | Col | Call | Opaque
OPAQUE_ID = -1
"""Stands among an expression's columns for everything that is opaque."""

TYPES = (
    "string",
    "int",
    "double",
    "decimal",
    "boolean",
    "date",
    "timestamp",
    "null",
    "months",
    "days",
    "seconds",
)
"""What is told apart: all integers are ``int``; ``months``, ``days``, ``seconds`` are intervals."""

_NAMES = {
    "tinyint": "int",
    "smallint": "int",
    "integer": "int",
    "bigint": "int",
    "float": "double",
    "real": "double",
    "timestamp_ntz": "timestamp",
    "void": "null",
}


@lru_cache(1000)
def type_of(hive_type: str | None) -> str | None:
    """Hive's or Spark's name of a type, as one of :data:`TYPES`; None where values are not understood."""
    if hive_type is None:
        return None
    name = hive_type.strip().lower().partition("(")[0].strip()
    name = "string" if name == "varchar" else _NAMES.get(name, name)
    return name if name in TYPES else None


def columns_of(expr: Expr) -> frozenset[int]:
    """The ids of its columns, with :data:`OPAQUE_ID` where a part is opaque."""
    kind = type(expr)
    if kind is Col:
        return frozenset((expr.id,))  # type: ignore[union-attr]
    if kind is Lit:
        return _NO_COLUMNS
    if kind is Opaque:
        return expr.about | _OPAQUE  # type: ignore[union-attr]
    found = _NO_COLUMNS
    for arg in expr.args:  # type: ignore[union-attr]
        below = columns_of(arg)
        if below:
            found = found | below if found else below
    return found


_NO_COLUMNS: frozenset[int] = frozenset()
_OPAQUE = frozenset((OPAQUE_ID,))


def names_of(expr: Expr) -> frozenset[str]:
    """The names of its columns."""
    if isinstance(expr, Col):
        return frozenset((expr.name,))
    return frozenset().union(*map(names_of, expr.args)) if isinstance(expr, Call) else frozenset()


def depends_on_chance(expr: Expr) -> bool:
    if isinstance(expr, Call):
        return any(map(depends_on_chance, expr.args))
    return isinstance(expr, Opaque) and expr.chance


def reasons(expr: Expr) -> Iterable[str]:
    """Why its opaque parts are."""
    stack = [expr]
    while stack:
        node = stack.pop()
        if isinstance(node, Opaque):
            yield node.why
        elif isinstance(node, Call):
            stack.extend(node.args)


def substitute(expr: Expr, new: Mapping[int, Expr]) -> Expr:
    """With columns replaced, by id."""
    if type(expr) is Col:
        return new.get(expr.id, expr)
    if type(expr) is Call:
        return Call(expr.op, tuple([substitute(arg, new) for arg in expr.args]), expr.to)
    return expr


_NEGATED = {"=": "<>", "<>": "=", "<": ">=", ">=": "<", ">": "<=", "<=": ">"}


def conjuncts(expr: Expr) -> list[Expr]:
    """The parts that must all be true. NOT is moved inwards, which changes no truth value, NULL included."""
    found: list[Expr] = []
    stack = [_push_not(expr, False)]
    while stack:
        node = stack.pop()
        if type(node) is Call and node.op == "and":
            stack.extend(reversed(node.args))
        else:
            found.append(node)
    return found


def _push_not(expr: Expr, negate: bool) -> Expr:
    if type(expr) is Call:
        if expr.op == "not":
            return _push_not(expr.args[0], not negate)
        if expr.op in ("and", "or"):
            op = expr.op if not negate else {"and": "or", "or": "and"}[expr.op]
            return Call(op, tuple([_push_not(arg, negate) for arg in expr.args]))
        if negate and expr.op in _NEGATED:
            return Call(_NEGATED[expr.op], expr.args)
    return Call("not", (expr,)) if negate else expr


def restrict(expr: Expr, keep: Callable[[Expr], bool]) -> Expr | None:
    """What of a conjunct is made of conditions to keep; None where that is nothing.

    It is true wherever the conjunct is. Only AND and OR are taken apart, as Spark does.
    """
    if isinstance(expr, Call) and expr.op == "and":
        parts = [p for arg in expr.args if (p := restrict(arg, keep)) is not None]
        return Call("and", tuple(parts)) if len(parts) > 1 else (parts[0] if parts else None)
    if isinstance(expr, Call) and expr.op == "or":
        some = [restrict(arg, keep) for arg in expr.args]
        return Call("or", tuple(p for p in some if p is not None)) if None not in some else None
    return expr if keep(expr) else None


def to_sql(expr: Expr) -> str:
    """As SQL that :func:`warehouse.windows.parse_window` reads back."""
    if isinstance(expr, Lit):
        return literal_sql(expr)
    if isinstance(expr, Col):
        return expr.name
    if isinstance(expr, Opaque):
        return f"<{expr.why}>"
    args = [to_sql(arg) for arg in expr.args]
    match expr.op:
        case "and" | "or" as word:
            return "(" + f" {word.upper()} ".join(args) + ")"
        case "not":
            return f"NOT ({args[0]})"
        case "isnull":
            return f"{args[0]} IS NULL"
        case "in":
            return f"{args[0]} IN ({', '.join(args[1:])})"
        case "like":
            return f"{args[0]} LIKE {args[1]}"
        case "split_item":
            return f"split({args[0]}, {args[1]})[{args[2]}]"
        case "neg":
            return f"-({args[0]})"
        case "cast" | "try_cast" as word:
            return f"{word.upper()}({args[0]} AS {expr.to.upper()})"
        case "case":
            pairs = "".join(f" WHEN {args[n]} THEN {args[n + 1]}" for n in range(0, len(args) - 1, 2))
            return f"CASE{pairs} ELSE {args[-1]} END"
        case "<" | "<=" | ">" | ">=" | "=" | "<>" | "<=>" | "+" | "-" | "*" | "/" | "%" | "div" as sign:
            left, right = (f"({a})" if _is_operation(e) else a for a, e in zip(args, expr.args, strict=True))
            return f"{left} {sign} {right}"
    return f"{expr.op}({', '.join(args)})"


_INFIX = frozenset({*_NEGATED, "<=>", "+", "-", "*", "/", "%", "div", "in", "like", "isnull"})


def _is_operation(expr: Expr) -> bool:
    return isinstance(expr, Call) and expr.op in _INFIX


def literal_sql(lit: Lit) -> str:
    value = lit.value
    if value is None:
        return "NULL"
    if lit.type == "string":
        return "'" + str(value).replace("\\", "\\\\").replace("'", "\\'") + "'"
    if isinstance(value, bool):
        return "TRUE" if value else "FALSE"
    if lit.type == "date":
        return f"DATE '{value}'"
    if lit.type == "timestamp":
        return f"TIMESTAMP '{value}'"
    if lit.type in ("months", "days", "seconds"):
        return f"INTERVAL '{value}' {lit.type[:-1].upper()}"
    return f"{value!r}D" if isinstance(value, float) else str(value)
