"""Which conditions reach which scan: how Spark pushes filters through a plan, and what it infers.

Rules of Spark 3.5: PushPredicateThroughNonJoin, PushPredicateThroughJoin, EliminateOuterJoin,
InferFiltersFromConstraints. A condition that reaches a scan is true of every row that can matter.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from warehouse.evaluate import TRUE, compile_mask
from warehouse.expressions import Call, Col, Expr, columns_of, restrict, substitute, to_sql
from warehouse.plans import Barrier, Filter, Join, Kind, Nothing, Plan, Scan, Union, ids_of

_MOST_INFERRED = 400
Conditions = list[Expr]


def push_down(plan: Plan) -> None:
    """Fill ``found`` and ``notes`` of every scan in ``plan``."""
    _Push().push(plan, [], [])


class _Push:
    def __init__(self) -> None:
        self.known: dict[int, Conditions] = {}

    def push(self, plan: Plan, above: Conditions, outer: Conditions) -> None:
        """``above`` holds of the rows that matter, ``outer`` of the row that a subquery is asked for."""
        match plan:
            case Scan():
                plan.found += above
            case Nothing():
                pass
            case Filter():
                every = above + plan.conditions
                below = [*self.constraints(plan.child), *outer]
                known = infer(below, [])
                ids = ids_of(plan.child)
                inferred = [c for c in infer(every, below) if c not in known and columns_of(c) <= ids]
                self.push(plan.child, every + inferred, outer)
            case Barrier():
                passed = [c for c in above if _passes(c, plan.allowed)]
                if len(passed) < len(above):
                    _note(plan, [c for c in above if c not in passed])
                self.push(plan.child, passed, outer)
            case Union():
                for branch, columns in plan.branches:
                    self.push(branch, [substitute(c, columns) for c in above], outer)
            case Join():
                self.join(plan, above, outer)

    def join(self, plan: Join, above: Conditions, outer: Conditions) -> None:
        left_ids, right_ids = ids_of(plan.left), ids_of(plan.right)
        kind, on = _settled(plan, above, left_ids, right_ids), plan.conditions
        of_left = [*self.constraints(plan.left), *outer]
        of_right = [*self.constraints(plan.right), *outer]
        left: Conditions = above
        right: Conditions = on
        to_right = outer

        def sided(conditions: Conditions, more: Conditions) -> Conditions:
            """What follows for one side alone: Spark takes nothing it inferred apart."""
            found = infer(conditions, more)
            return [c for c in found if columns_of(c) <= left_ids or columns_of(c) <= right_ids]

        match kind:
            case Kind.INNER:
                every = above + on
                left = right = every + sided(every, of_left + of_right)
            case Kind.LEFT:
                right = on + sided(on, _only(above, left_ids) + of_left)
            case Kind.RIGHT:
                left = on + sided(on, _only(above, right_ids) + of_right)
                right = above
            case Kind.SEMI:
                every = above + on
                left = right = every + sided(every, of_left + of_right)
                to_right = of_left + above
            case Kind.ANTI:
                right = on + sided(on, above + of_left)
                to_right = of_left + above
            case Kind.FULL:
                left = right = []
            case Kind.EXISTENCE:
                right, to_right = [], []
        self.push(plan.left, _only(left, left_ids), outer)
        self.push(plan.right, _only(right, right_ids), to_right)

    def constraints(self, plan: Plan) -> Conditions:
        """What holds of every row that a plan gives."""
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


def _settled(plan: Join, above: Conditions, left: frozenset[int], right: frozenset[int]) -> Kind:
    """An outer join whose empty side is thrown away later is no outer join."""
    kind = plan.kind
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


def _only(conditions: Iterable[Expr], ids: frozenset[int]) -> Conditions:
    """What of them speaks of ``ids`` alone."""
    parts = (restrict(c, lambda atom: columns_of(atom) <= ids) for c in conditions)
    return [part for part in parts if part is not None]


def infer(conditions: Sequence[Expr], more: Sequence[Expr]) -> Conditions:
    """What follows from equal columns: of ``a = b AND a = 'x'``, ``b = 'x'``.

    Only for columns of the same type: a comparison of others casts one of them.
    """
    every = [*conditions, *more]
    classes = _equal_columns(every)
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
    if isinstance(condition, Call) and condition.op == "=":
        a, b = condition.args
        if isinstance(a, Col) and isinstance(b, Col) and a.type is not None and a.type == b.type:
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
        case Filter() | Barrier():
            return _scans(plan.child)
        case Join():
            return _scans(plan.left) + _scans(plan.right)
        case Union():
            return [scan for branch, _ in plan.branches for scan in _scans(branch)]
        case _:
            return []
