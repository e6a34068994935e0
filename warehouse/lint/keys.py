"""Which columns of a query's result are unique together, as far as checks, GROUP BY and joins tell."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from sqlglot import exp

from warehouse.names import TableName
from warehouse.query_facts import Analysis, JoinFact, Relation, Select, SetFact, Source
from warehouse.sqltext import Tree

Keys = list[frozenset[str]]
"""Sets of column names; an empty set: there is one row at most."""
Declared = Callable[[TableName], Keys | None]
_EQUALITIES = (exp.EQ, exp.NullSafeEQ)
_Column = tuple[int, str]
"""A source's id and a column's name."""


class KeyFinder:
    """``declared`` gives the keys of tables. None is: not known at all; an empty list: none is known."""

    def __init__(self, analysis: Analysis, declared: Declared) -> None:
        self.analysis = analysis
        self.declared = declared
        self.sets: dict[int, SetFact] = {id(fact.result): fact for fact in analysis.sets}

    def of(self, relation: Relation) -> Keys | None:
        if relation.table is not None:
            return self.declared(relation.table)
        fact = self.sets.get(id(relation.values))
        if fact is not None:
            return self._of_set(fact, relation)
        if relation.select is None:
            return None
        select = relation.select
        keys = self.of_select(select)
        if keys is None or relation.names == select.relation.names:
            return keys
        # The same columns under other names.
        names = dict(zip(select.relation.names, relation.names, strict=False))
        return [frozenset(names[n] for n in key) for key in keys if all(n in names for n in key)]

    def _of_set(self, fact: SetFact, relation: Relation) -> Keys | None:
        if isinstance(fact.node, exp.Union) and not fact.node.args.get("distinct"):
            return []
        return [frozenset(relation.names)] if all(relation.names) else []

    def of_select(self, select: Select) -> Keys | None:
        args = select.node.args
        names = select.relation.names
        if args.get("group") is not None:
            return self._grouped(select)
        if select.aggregates:
            return [frozenset()]
        keys = self._projected(select)
        if args.get("distinct") is not None and all(names):
            keys = [*(keys or []), frozenset(names)]
        return keys

    def _grouped(self, select: Select) -> Keys:
        found = set()
        items = list(zip(select.items, select.relation.names, strict=False))
        for key in select.node.args["group"].expressions:
            if isinstance(key, exp.Literal):
                place = int(key.this) - 1 if key.this.isdigit() else -1
                name = items[place][1] if 0 <= place < len(items) else ""
            else:
                name = next((n for item, n in items if _value(item) == key), "")
                if not name and isinstance(key, exp.Column):
                    located = self.analysis.located.get(id(key))
                    name = next(
                        (n for item, n in items if located and self._located(item) == located),
                        key.name.lower() if key.name.lower() in select.relation.index else "",
                    )
            if not name:
                return []
            found.add(name)
        return [frozenset(found)]

    def _projected(self, select: Select) -> Keys | None:
        keys = self.of_sources(select)
        if keys is None:
            return None
        out = self.outputs(select)
        return [frozenset(out[c] for c in key) for key in keys if all(c in out for c in key)]

    def outputs(self, select: Select) -> dict[_Column, str]:
        """Columns of sources that the SELECT passes on, with their names in its result."""
        found: dict[_Column, str] = {}
        for item, name in zip(select.items, select.relation.names, strict=False):
            if isinstance(item, exp.Star) or (isinstance(item, exp.Column) and item.is_star):
                for source in select.scope.sources:
                    if name in source.relation.index:
                        found.setdefault((id(source), name), name)
            else:
                located = self._located(item)
                if located is not None and name:
                    found[id(located[0]), located[1]] = name
        return found

    def _located(self, item: Tree) -> tuple[Source, str] | None:
        return self.analysis.located.get(id(_value(item)))

    # Joins.

    def of_sources(self, select: Select) -> list[frozenset[_Column]] | None:
        """Keys of what FROM and WHERE give."""
        sources = select.scope.sources
        if not sources or any(source.generated for source in sources):
            return []
        where = select.node.args.get("where")
        conditions = _conjuncts(where.this) if where is not None else []
        fixed = self.fixed(conditions)
        current = self._of_source(sources[0], conditions, fixed)
        hidden = [j for j in select.joins if j.kind in ("SEMI", "ANTI")]
        for join in select.joins:
            if join in hidden:
                continue
            right = sources[join.left : join.right]
            theirs = self.right(join, right[0], conditions, fixed) if len(right) == 1 else None
            current = self.joined(join, right, current, theirs, fixed)
        return current

    def right(
        self, join: JoinFact, source: Source, conditions: list[Tree], fixed: set[_Column]
    ) -> list[frozenset[_Column]] | None:
        """Keys of a join's right side, with what ON says of it alone."""
        on = _conjuncts(join.on) if join.on is not None else []
        return self._of_source(source, [*conditions, *on], fixed)

    def _of_source(
        self, source: Source, conditions: list[Tree], fixed: set[_Column]
    ) -> list[frozenset[_Column]] | None:
        keys = self.of(source.relation)
        found = [frozenset((id(source), n) for n in key) - fixed for key in keys or []]
        found += self._numbered(source, conditions)
        return found if keys is not None or found else None

    def _numbered(self, source: Source, conditions: list[Tree]) -> list[frozenset[_Column]]:
        """Of ``row_number() OVER (PARTITION BY …) AS n`` and ``n = 1``: what it is partitioned by."""
        inner = source.relation.select
        if inner is None:
            return []
        for condition in conditions:
            if not isinstance(condition, exp.EQ) or condition.expression.name != "1":
                continue
            located = self.analysis.located.get(id(condition.this))
            if located is None or located[0] is not source:
                continue
            place = source.relation.index.get(located[1], -1)
            window = _value(inner.items[place]) if 0 <= place < len(inner.items) else None
            if isinstance(window, exp.Window) and isinstance(window.this, exp.RowNumber):
                out = self.outputs(inner)
                columns = [self.analysis.located.get(id(c)) for c in window.args.get("partition_by") or ()]
                names = [out.get((id(c[0]), c[1])) if c is not None else None for c in columns]
                if None not in names:
                    return [frozenset((id(source), str(name)) for name in names)]
        return []

    def joined(
        self,
        join: JoinFact,
        right: list[Source],
        mine: list[frozenset[_Column]] | None,
        theirs: list[frozenset[_Column]] | None,
        fixed: set[_Column],
    ) -> list[frozenset[_Column]] | None:
        if mine is None or theirs is None:
            return None
        bound = self.bound(join, right) | fixed
        found = [a | b for a in mine for b in theirs]
        ids = {id(source) for source in right}
        if any({c for c in key if c[0] in ids} <= bound for key in theirs):
            found += mine
        if any(key <= bound for key in mine):
            found += theirs
        return found[:40]

    def bound(self, join: JoinFact, right: list[Source]) -> set[_Column]:
        """Columns, of either side, that the join's equalities tie to the other side or to a constant."""
        found: set[_Column] = set()
        for name in join.using:
            found |= {(id(source), name) for source in right}
        ids = {id(source) for source in right}
        for condition in _conjuncts(join.on) if join.on is not None else []:
            if type(condition) not in _EQUALITIES:
                continue
            for one, other in (
                (condition.this, condition.expression),
                (condition.expression, condition.this),
            ):
                located = self.analysis.located.get(id(one))
                if located is None:
                    continue
                whose = {
                    id(at[0]) if (at := self.analysis.located.get(id(c))) else 0 for c in columns_in(other)
                }
                same_side = (id(located[0]) in ids, bool(whose & ids))
                if same_side[0] != same_side[1] or not whose:
                    found.add((id(located[0]), located[1]))
        return found

    def fixed(self, conditions: list[Tree]) -> set[_Column]:
        """Columns that are equal to a constant."""
        found = set()
        for condition in conditions:
            if isinstance(condition, exp.EQ) and isinstance(condition.expression, exp.Literal):
                located = self.analysis.located.get(id(condition.this))
                if located is not None:
                    found.add((id(located[0]), located[1]))
        return found


def columns_in(node: Tree) -> Iterable[Tree]:
    """The columns in an expression, and in its subqueries."""
    kind = type(node)
    if kind is exp.Column:
        return (node,)
    return () if kind is exp.Literal else node.find_all(exp.Column)


def _value(item: Tree) -> Tree:
    return item.this if type(item) is exp.Alias else item


def _conjuncts(node: Tree) -> list[Tree]:
    found, stack = [], [node]
    while stack:
        part = stack.pop()
        if isinstance(part, exp.And):
            stack += [part.expression, part.this]
        elif isinstance(part, exp.Paren):
            stack.append(part.this)
        else:
            found.append(part)
    return found
