"""Read windows: the partitions of its inputs that a statement reads, found the way Spark prunes.

A condition that cannot be evaluated counts as true: a window may be too wide, never too narrow.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Any, NamedTuple

from warehouse.contract import Column
from warehouse.evaluate import FALSE, NULL, TRUE, MaskOf, compile_mask, decidable, fold
from warehouse.expressions import (
    Call,
    Col,
    Expr,
    Lit,
    columns_of,
    conjuncts,
    names_of,
    reasons,
    restrict,
    to_sql,
    type_of,
)
from warehouse.names import TableName
from warehouse.plans import Scan

if TYPE_CHECKING:
    from warehouse.statement import Statement

EVERYTHING = "*"
"""The text of a window that every partition is in."""


class Bound(NamedTuple):
    """What conditions say of one column alone, in values of the column's kind (``expressions.TYPES``): they
    lie from ``low`` to ``high``, both inclusive, or ``among`` some. The conditions may say more, unless it is
    ``exact``."""

    column: str
    kind: str
    low: Any = None
    high: Any = None
    among: frozenset[Any] | None = None
    exact: bool = False

    def both(self, other: Bound) -> Bound:
        """Of the same column, what two bounds allow."""
        among = [bound.among for bound in (self, other) if bound.among is not None]
        lows = [bound.low for bound in (self, other) if bound.low is not None]
        highs = [bound.high for bound in (self, other) if bound.high is not None]
        low, high = max(lows, default=None), min(highs, default=None)
        if among:
            kept = frozenset.intersection(*among)
            kept = frozenset(v for v in kept if (low is None or v >= low) and (high is None or v <= high))
            return Bound(self.column, self.kind, among=kept, exact=self.exact and other.exact)
        return Bound(self.column, self.kind, low, high, None, self.exact and other.exact)


@dataclass(frozen=True)
class Window:
    """Partitions of one table: those for which one of the alternatives holds.

    ``text`` has one condition for each alternative, readable and read back by :func:`parse_window`.
    ``widened`` tells why it is wider than the statement seems to say.
    """

    text: tuple[str, ...]
    widened: tuple[str, ...] = ()
    _conditions: tuple[tuple[Expr, ...], ...] = field(default=(), repr=False, compare=False)
    """For each alternative, what must hold."""

    @cached_property
    def _alternatives(self) -> tuple[tuple[MaskOf, ...], ...]:
        return tuple(tuple(_mask_of(condition) for condition in one) for one in self._conditions)

    @cached_property
    def bounds(self) -> tuple[tuple[Bound, ...], ...]:
        """For each alternative, what narrows the search for its partitions."""
        return tuple(map(_bounds, self._conditions))

    @property
    def everything(self) -> bool:
        return EVERYTHING in self.text

    def matches(self, values: Mapping[str, str]) -> bool:
        """Whether a partition may be in it. ``values`` are as Hive writes them; a missing one may be any."""
        return any(self.alternative_matches(number, values) for number in range(len(self._alternatives)))

    def alternative_matches(self, number: int, values: Mapping[str, str]) -> bool:
        """The same for one of the alternatives."""
        return all(mask(values) & TRUE for mask in self._alternatives[number])


def read_windows(
    statement: Statement,
    partition_columns: Mapping[TableName, tuple[Column, ...]],
    columns: Mapping[TableName, tuple[Column, ...]] | None = None,
) -> dict[TableName, Window]:
    """The window of every table that ``statement`` reads; several references to one are a union.

    ``columns`` are all columns of tables, partition columns last, where they are known: with them, more
    names and types are understood, and windows are narrower.
    """
    from warehouse.pushdown import push_down
    from warehouse.relations import Planner, TooManyScansError

    text = statement.text.lower()
    planner = Planner(partition_columns, columns or {}, statement.nodes, any(w in text for w in _CHANCE))
    try:
        push_down(planner.plan(statement.tree))
    except (RecursionError, TooManyScansError):
        note = "the statement is too large to be understood"
        return {table: _whole((note,)) for table in statement.input_tables}
    found: dict[TableName, Window] = {}
    for table in statement.input_tables:
        scans = [scan for scan in planner.scans if scan.table == table]
        found[table] = _union([_of_scan(scan, partition_columns.get(table, ())) for scan in scans])
    return found


def parse_window(text: Sequence[str], columns: Sequence[Column]) -> Window:
    """The window that has this ``text``, for a table with these partition columns."""
    known = {column.name: Col(n, column.name, column.type) for n, column in enumerate(columns, 1)}
    parts = []
    for condition in text:
        parts.append(_whole(()) if condition == EVERYTHING else _alternative(_parse(condition, known), ()))
    return _union(parts)


def _whole(notes: tuple[str, ...]) -> Window:
    return Window((EVERYTHING,), notes, ((),))


def _of_scan(scan: Scan, columns: Sequence[Column]) -> Window:
    if not columns:
        return _whole(())
    ids = scan.partition_ids
    usable: dict[Expr, None] = {}
    lost: list[Expr] = []
    for condition in scan.found:
        about = columns_of(condition)
        if about and not about & ids and not (isinstance(condition, Call) and condition.op in ("and", "or")):
            continue
        kept = restrict(condition, lambda atom: columns_of(atom) <= ids and decidable(atom))
        if kept is not None:
            usable[fold_all(kept)] = None
        if kept != condition and about & ids:
            lost.append(condition)
    return _alternative(list(usable), _notes(scan, lost, set().union(*map(columns_of, usable)), columns))


def _notes(scan: Scan, lost: list[Expr], bound: set[int], columns: Sequence[Column]) -> tuple[str, ...]:
    """Why columns are not bound. Of a column that something binds, nothing is told."""
    notes = dict.fromkeys(scan.notes)
    for condition in lost:
        if not columns_of(condition) & scan.partition_ids <= bound:
            why = "; ".join(dict.fromkeys(reasons(condition))) or "it speaks of other columns, too"
            notes[f"not evaluated: {to_sql(condition)} ({why})"] = None
    if not bound and not notes:
        notes[f"no condition on {', '.join(column.name for column in columns)}"] = None
    return tuple(notes) if not bound >= scan.partition_ids else ()


def fold_all(expr: Expr) -> Expr:
    """Constants computed, also inside AND and OR."""
    if isinstance(expr, Call) and expr.op in ("and", "or"):
        return Call(expr.op, tuple(fold_all(arg) for arg in expr.args))
    return fold(expr)


def _alternative(conditions: list[Expr], notes: tuple[str, ...]) -> Window:
    """A window of conditions that must all hold."""
    used: list[Expr] = []
    for condition in conditions:
        if not columns_of(condition):
            constant = compile_mask(condition)({})
            if not constant & TRUE:
                return Window((), notes)
            if constant == TRUE or not constant & (FALSE | NULL):
                continue
        used.append(condition)
    if not used:
        return _whole(notes)
    return Window((" AND ".join(_texts(used)),), notes, (tuple(used),))


def _mask_of(condition: Expr) -> MaskOf:
    mask = compile_mask(condition)
    if len(columns_of(condition)) == 1 and not _plain(condition):
        return _remembering(mask, condition)
    return mask


def _bounds(conditions: Sequence[Expr]) -> tuple[Bound, ...]:
    """One for each column; exact if it is the only one, and all there is."""
    found: dict[str, Bound] = {}
    alone = True
    for condition in conditions:
        bound = _bound_of(condition)
        if bound is None:
            alone = False
        else:
            before = found.get(bound.column)
            found[bound.column] = bound if before is None else before.both(bound)
    alone = alone and len(found) == 1
    return tuple(bound._replace(exact=bound.exact and alone) for bound in found.values())


def _bound_of(condition: Expr) -> Bound | None:
    """Of a comparison of a column with literals of its own type, in which nothing is cast."""
    if not isinstance(condition, Call) or condition.op not in ("=", "<", "<=", ">", ">=", "in"):
        return None
    column, *others = condition.args
    if not isinstance(column, Col) or (kind := type_of(column.type)) not in ("string", "int", "date"):
        return None
    values = [o.value for o in others if isinstance(o, Lit) and o.type == kind and o.value is not None]
    if len(values) != len(others):
        return None
    match condition.op:
        case "=" | "in":
            return Bound(column.name, kind, among=frozenset(values), exact=True)
        case "<" | "<=" as op:
            return Bound(column.name, kind, high=values[0], exact=op == "<=")
        case op:
            return Bound(column.name, kind, low=values[0], exact=op == ">=")


def _plain(condition: Expr) -> bool:
    """Whether computing it is as quick as remembering it: texts compared with texts."""
    if not isinstance(condition, Call):
        return False
    args = condition.args
    return all(isinstance(arg, Lit | Col) and type_of(arg.type) == "string" for arg in args)


def _remembering(mask: MaskOf, condition: Expr) -> MaskOf:
    """A mask of one column, which computes for each value once."""
    (name,) = names_of(condition)
    seen: dict[str | None, int] = {}

    def remembered(row: Mapping[str, str]) -> int:
        value = row.get(name)
        found = seen.get(value)
        if found is None:
            found = seen[value] = mask(row)
        return found

    return remembered


def _union(windows: Iterable[Window]) -> Window:
    texts: dict[str, tuple[Expr, ...]] = {}
    notes: dict[str, None] = {}
    for window in windows:
        notes.update(dict.fromkeys(window.widened))
        texts.update(zip(window.text, window._conditions, strict=True))
    if EVERYTHING in texts:
        return _whole(tuple(notes))
    return Window(tuple(texts), tuple(notes), tuple(texts.values()))


# The text of a window, and back.


def _texts(conditions: list[Expr]) -> list[str]:
    """In SQL, with the first two ends of a column's range as one BETWEEN."""
    if len(conditions) == 1:
        return [to_sql(conditions[0])]
    highs: dict[Col, Expr] = {}
    for condition in conditions:
        high = _bound(condition, "<=")
        if high is not None:
            highs.setdefault(high[0], condition)
    ranges: dict[Expr, Expr] = {}
    for condition in conditions:
        low = _bound(condition, ">=")
        if low is not None and low[0] in highs:
            ranges[condition] = highs.pop(low[0])
    ends = set(ranges.values())
    found: dict[str, None] = {}
    for condition in conditions:
        if condition in ranges:
            low, high = _bound(condition, ">="), _bound(ranges[condition], "<=")
            assert low is not None and high is not None
            found[f"{low[0].name} BETWEEN {to_sql(low[1])} AND {to_sql(high[1])}"] = None
        elif condition not in ends:
            found[to_sql(condition)] = None
    return list(found)


def _bound(expr: Expr, op: str) -> tuple[Col, Lit] | None:
    if isinstance(expr, Call) and expr.op == op:
        column, value = expr.args
        if isinstance(column, Col) and isinstance(value, Lit):
            return column, value
    return None


_CHANCE = ("rand", "uuid", "shuffle", "monotonically_increasing_id", "spark_partition_id", "input_file_name")
"""What the names of functions that depend on chance have in them."""
_TEXT = r"'(?:[^'\\]|\\.)*'"
_LITERAL = rf"(?:DATE )?{_TEXT}|-?[0-9]+"
_TERM = re.compile(
    rf"([a-z]\w*) (?:(=|<>|<=|>=|<|>) ({_LITERAL})|BETWEEN ({_LITERAL}) AND ({_LITERAL})"
    rf"|IN \(((?:{_LITERAL})(?:, (?:{_LITERAL}))*)\))(?: AND |\Z)",
    re.DOTALL,
)


def _parse(text: str, known: Mapping[str, Col]) -> list[Expr]:
    """Plain comparisons are read here, in microseconds; anything else by the SQL parser."""
    found: list[Expr] = []
    position = 0
    while position < len(text):
        match = _TERM.match(text, position)
        if match is None or match[1] not in known:
            return _parse_sql(text, known)
        column = known[match[1]]
        if match[2]:
            found.append(Call(match[2], (column, _literal(match[3]))))
        elif match[4]:
            found.append(Call(">=", (column, _literal(match[4]))))
            found.append(Call("<=", (column, _literal(match[5]))))
        else:
            items = tuple(_literal(item[0]) for item in re.finditer(_LITERAL, match[6], re.DOTALL))
            found.append(Call("in", (column, *items)))
        position = match.end()
    return found


def _literal(text: str) -> Lit:
    if text.endswith("'"):
        value = re.sub(r"\\(.)", r"\1", text[text.index("'") + 1 : -1], flags=re.DOTALL)
        if text.startswith("DATE"):
            folded = fold(Call("cast", (Lit(value, "string"),), "date"))
            assert isinstance(folded, Lit)
            return folded
        return Lit(value, "string")
    return Lit(int(text), "int")


def _parse_sql(text: str, known: Mapping[str, Col]) -> list[Expr]:
    from warehouse.conversion import convert
    from warehouse.sqltext import SqlText

    sql = SqlText(f"SELECT * FROM t WHERE {text}", "<read window>")
    tree = sql.parse(sql.tokens())
    return [
        fold_all(c)
        for c in conjuncts(convert(tree.args["where"].this, lambda node: known[node.name.lower()]))
    ]
