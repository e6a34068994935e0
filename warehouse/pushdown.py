"""Which conditions reach which scan: how Spark pushes filters through a plan, and what it infers.

Rules of Spark 3.5: PushPredicateThroughNonJoin, PushPredicateThroughJoin, EliminateOuterJoin,
InferFiltersFromConstraints. A condition that reaches a scan is true of every row that can matter.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence

import msgspec

from warehouse.evaluate import TRUE, compile_mask
from warehouse.expressions import OPAQUE_ID, Call, Col, Expr, columns_of, restrict, substitute, to_sql
from warehouse.plans import Barrier, Filter, Join, Kind, Nothing, Plan, Project, Scan, Union, ids_of

_MOST_INFERRED = 400
Conditions = list[Expr]


def push_down(plan: Plan) -> None:
    """Fill ``found`` and ``notes`` of every scan in ``plan``."""
    _Push().push(plan, Above(), [])


class Above(msgspec.Struct, frozen=True):
    """Conditions on a plan's rows that matter.

    Spark infers once, when what was ``given`` has come down as far as it can: what was ``inferred`` above
    the end of a query falls further (``late``), but nothing more is inferred from it.
    """

    given: Conditions = msgspec.field(default_factory=list)
    inferred: Conditions = msgspec.field(default_factory=list)
    late: Conditions = msgspec.field(default_factory=list)

    def map(self, change: Callable[[Conditions], Conditions]) -> Above:
        if not self.all:
            return self
        return Above(change(self.given), change(self.inferred), change(self.late))

    def behind(self) -> Above:
        """As it is beyond the end of a query."""
        if not self.inferred:
            return self
        return Above(self.given, [], self.inferred + self.late)

    @property
    def sources(self) -> Conditions:
        return self.given + self.inferred

    @property
    def all(self) -> Conditions:
        return self.given + self.inferred + self.late


class _Push:
    def __init__(self) -> None:
        self.known: dict[int, Conditions] = {}

    def push(self, plan: Plan, above: Above, outer: Conditions) -> None:
        """``outer`` holds of the row that a subquery is asked for."""
        match plan:
            case Scan():
                plan.found += above.all
            case Nothing():
                pass
            case Filter():
                self.filter(plan, above, outer)
            case Project():
                self.push(plan.child, above.behind(), outer)
            case Barrier() if not above.all:
                self.push(plan.child, above, outer)
            case Barrier():
                stopped = [c for c in above.given if not _passes(c, plan.allowed)]
                _note(plan, stopped)
                passed = above.map(lambda cs: [c for c in cs if _passes(c, plan.allowed)])
                self.push(plan.child, passed, outer)
            case Union():
                for branch, columns in plan.branches:
                    mapped = above.behind().map(lambda cs, to=columns: [substitute(c, to) for c in cs])  # type: ignore[misc]
                    self.push(branch, mapped, outer)
            case Join():
                self.join(plan, above, outer)

    def filter(self, plan: Filter, above: Above, outer: Conditions) -> None:
        below = self.constraints(plan.child)
        given = above.given + plan.conditions
        ids = ids_of(plan.child)
        known = set(infer(below, []))
        inferred = [
            c for c in infer(given + above.inferred, below) if c not in known and columns_of(c) <= ids
        ]
        of_outer = [c for c in infer(plan.conditions, outer) if columns_of(c) <= ids] if outer else []
        self.push(plan.child, Above(given, above.inferred + inferred, above.late + of_outer), outer)

    def join(self, plan: Join, above: Above, outer: Conditions) -> None:
        left_ids, right_ids = ids_of(plan.left), ids_of(plan.right)
        on = plan.conditions

        def sided(conditions: Conditions, more: Conditions) -> Conditions:
            """What follows for one side alone: Spark takes nothing it inferred apart."""
            found = infer(conditions, more)
            return [c for c in found if columns_of(c) <= left_ids or columns_of(c) <= right_ids]

        of_left, of_right = self.constraints(plan.left), self.constraints(plan.right)
        given = above.given
        both: Conditions = []
        to_left: Conditions = []
        to_right: Conditions = []
        # What was inferred above still stands above the join, where only an inner join's columns are seen.
        match _settled(plan.kind, given, left_ids, right_ids):
            case Kind.INNER:
                both = sided(above.sources + on, of_left + of_right)
            case Kind.SEMI:
                both = sided(given + on, of_left + of_right)
            case Kind.LEFT:
                to_right = sided(on, _only(given, left_ids) + of_left)
            case Kind.ANTI:
                to_right = sided(on, given + of_left)
            case Kind.RIGHT:
                to_left = sided(on, _only(given, right_ids) + of_right)
        kind = _settled(plan.kind, above.all, left_ids, right_ids)
        if kind is not Kind.INNER:
            # Only what becomes part of an inner join's condition is taken apart.
            left_only, right_only = left_ids | _OPAQUE, right_ids | _OPAQUE
            above = above.map(
                lambda cs: [c for c in cs if (about := columns_of(c)) <= left_only or about <= right_only]
            )
        left, right = _sides(kind, above, on)
        left = Above(left.given, left.inferred + both + to_left, left.late)
        right = Above(right.given, right.inferred + both + to_right, right.late)
        asked = of_left + given if kind is Kind.ANTI else outer
        self.push(plan.left, left.map(lambda cs: _only(cs, left_ids)), outer)
        self.push(plan.right, right.map(lambda cs: _only(cs, right_ids)), asked)

    def constraints(self, plan: Plan) -> Conditions:
        """What is known to hold of every row that a plan gives."""
        found = self.known.get(id(plan))
        if found is None:
            found = self.known[id(plan)] = self.compute_constraints(plan)
        return found

    def compute_constraints(self, plan: Plan) -> Conditions:
        match plan:
            case Filter():
                return self.constraints(plan.child) + plan.conditions
            case Barrier():
                return self.constraints(plan.child) if plan.keeps else []
            case Project():
                inner = self.constraints(plan.child)
                return [c for c in inner + infer(inner, []) if columns_of(c) <= plan.visible]
            case Join():
                left, right = self.constraints(plan.left), self.constraints(plan.right)
                match plan.kind:
                    case Kind.INNER | Kind.SEMI:
                        return left + right + plan.conditions
                    case Kind.LEFT | Kind.ANTI | Kind.EXISTENCE:
                        return left
                    case Kind.RIGHT:
                        return right
        return []


def _sides(kind: Kind, above: Above, on: Conditions) -> tuple[Above, Above]:
    """What goes to the left and to the right of a join, as far as it speaks of them."""
    joined = Above(above.given + on, above.inferred, above.late)
    match kind:
        case Kind.INNER | Kind.SEMI:
            return joined, joined
        case Kind.LEFT | Kind.ANTI:
            return above, Above(on)
        case Kind.RIGHT:
            return Above(on), above
        case Kind.EXISTENCE:
            return above, Above()
        case _:
            return Above(), Above()


def _settled(kind: Kind, above: Conditions, left: frozenset[int], right: frozenset[int]) -> Kind:
    """An outer join whose empty side is thrown away later is no outer join."""
    if kind not in (Kind.LEFT, Kind.RIGHT, Kind.FULL) or not above:
        return kind
    needs_right = kind is not Kind.RIGHT and any(rejects_nulls(c, right) for c in above)
    needs_left = kind is not Kind.LEFT and any(rejects_nulls(c, left) for c in above)
    match kind, needs_left, needs_right:
        case (Kind.LEFT, _, True) | (Kind.RIGHT, True, _) | (Kind.FULL, True, True):
            return Kind.INNER
        case Kind.FULL, True, False:
            return Kind.LEFT
        case Kind.FULL, False, True:
            return Kind.RIGHT
    return kind


def rejects_nulls(condition: Expr, ids: frozenset[int]) -> bool:
    """Whether Spark sees that it cannot be true where all of ``ids`` are NULL.

    It evaluates conditions on these columns alone; of others it knows only operators that give NULL for NULL.
    """
    if columns_of(condition) <= ids:
        return not compile_mask(condition, ids)({}) & TRUE
    return bool(_null_for_null(condition) & ids)


_NULL_FOR_NULL = frozenset(
    ("=", "<>", "<", "<=", ">", ">=", "+", "-", "*", "/", "%", "div", "neg", "cast", "like", "not")
)


def _null_for_null(expr: Expr) -> frozenset[int]:
    """Columns that make the expression NULL when they are."""
    if isinstance(expr, Col):
        return frozenset((expr.id,))
    if isinstance(expr, Call) and expr.op in _NULL_FOR_NULL:
        return frozenset().union(*map(_null_for_null, expr.args))
    return frozenset()


def _passes(condition: Expr, allowed: frozenset[int] | None) -> bool:
    columns = columns_of(condition)
    return columns <= allowed if allowed is not None else all(column > 0 for column in columns)


_OPAQUE = frozenset((OPAQUE_ID,))


def _only(conditions: Iterable[Expr], ids: frozenset[int]) -> Conditions:
    """Those that speak of ``ids`` alone, as they are, and of the others what does."""
    found = []
    wide = ids | _OPAQUE
    for condition in conditions:
        if columns_of(condition) <= wide:
            found.append(condition)
        elif type(condition) is Call and condition.op in ("and", "or"):
            part = restrict(condition, lambda atom: columns_of(atom) <= ids)
            if part is not None:
                found.append(part)
    return found


def infer(conditions: Sequence[Expr], more: Sequence[Expr]) -> Conditions:
    """What follows from equal columns: of ``a = b AND a = 'x'``, ``b = 'x'``.

    Only for columns of the same type: a comparison of others casts one of them.
    """
    every = [*conditions, *more]
    classes = _equal_columns(every) if every else None
    if not classes:
        return []
    found: dict[Expr, None] = {}
    for condition in every:
        columns = columns_of(condition)
        if _equality(condition):
            continue
        for column in columns & classes.keys():
            for other in classes[column]:
                if other.id not in columns and len(found) < _MOST_INFERRED:
                    found[substitute(condition, {column: other})] = None
    for condition in every:
        found.pop(condition, None)
    return list(found)


def _equality(condition: Expr) -> tuple[Col, Col] | None:
    if type(condition) is Call and condition.op == "=":
        a, b = condition.args
        if type(a) is Col and type(b) is Col and a.type is not None and a.type == b.type:
            return a, b
    return None


def _equal_columns(conditions: Iterable[Expr]) -> dict[int, tuple[Col, ...]]:
    """Column to all columns that must be equal to it, itself included."""
    classes: dict[int, set[Col]] = {}
    for condition in conditions:
        pair = _equality(condition)
        if pair is not None:
            merged = classes.get(pair[0].id, {pair[0]}) | classes.get(pair[1].id, {pair[1]})
            for column in merged:
                classes[column.id] = merged
    return {key: tuple(sorted(value, key=lambda c: c.id)) for key, value in classes.items()}


def _note(barrier: Barrier, stopped: Conditions) -> None:
    """Tell the scans below what could have made their windows narrower."""
    for scan in _scans(barrier.child):
        for condition in stopped:
            if columns_of(condition) & scan.partition_ids:
                scan.notes.append(f"{barrier.why} stops {to_sql(condition)}")


def _scans(plan: Plan) -> list[Scan]:
    match plan:
        case Scan():
            return [plan]
        case Filter() | Barrier() | Project():
            return _scans(plan.child)
        case Join():
            return _scans(plan.left) + _scans(plan.right)
        case Union():
            return [scan for branch, _ in plan.branches for scan in _scans(branch)]
        case _:
            return []
