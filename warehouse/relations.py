"""From sqlglot's tree of a query to a plan: names become columns of one reference, CTEs unfold.

What is not understood reads everything: its tables become scans that no condition reaches.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial

import msgspec
from sqlglot import exp

from warehouse.census import Census
from warehouse.contract import Column
from warehouse.conversion import convert, function_name
from warehouse.evaluate import result_type
from warehouse.expressions import Call, Col, Expr, Opaque
from warehouse.names import TableName
from warehouse.plans import (
    Barrier,
    Columns,
    Filter,
    Join,
    Kind,
    Nothing,
    Plan,
    Project,
    Scan,
    Union,
    unknown_columns,
)
from warehouse.scopes import Scope, Source, after_outputs, conditions_of, window_keys
from warehouse.select_parts import (
    CUTS,
    Parts,
    alias_names,
    around_parts,
    collect,
    column_names,
    columns_below,
    has_cut,
    join_kind,
    parts_of_select,
)
from warehouse.sqlglot_names import CHANCE
from warehouse.sqltext import Tree

_MOST_SCANS = 2000
_CUTTING = frozenset((*CUTS, "pivots", "alias"))
_GENERATORS = (exp.Explode, exp.Inline, exp.Stack, exp.QueryTransform, exp.Anonymous)
_NONE: frozenset[int] = frozenset()

Types = Mapping[TableName, tuple[Column, ...]]


class TooManyScansError(Exception):
    """CTEs that read CTEs twice unfold without an end."""


class Cte(msgspec.Struct, frozen=True):
    query: Tree
    names: tuple[str, ...]
    known: Mapping[str, Cte]


Ctes = Mapping[str, Cte]


class Relation(msgspec.Struct):
    plan: Plan
    columns: Columns


class Planner:
    """``partitions`` are the partition columns of tables; ``columns`` all columns in order, where known.

    ``nodes`` are the statement's; ``chance`` is false where the text has no function that depends on it;
    ``scans`` are all references to tables that were found.
    """

    def __init__(self, partitions: Types, columns: Types, nodes: Census, chance: bool = True) -> None:
        self.partitions = partitions
        self.columns = columns
        self.around = around_parts(nodes)
        self.chance = chance
        self.scans: list[Scan] = []
        self.next_id = 0

    def new(self, name: str, type_: str | None) -> Col:
        self.next_id += 1
        return Col(self.next_id, name, type_)

    def plan(self, query: Tree) -> Plan:
        """Of a whole statement's query: all of its columns are asked for, whatever they come to."""
        relation = self.query(query, {})
        for index, item in enumerate(relation.columns.items):
            if item is not None and isinstance(item[1], partial):
                for column in columns_below(item[1].args[0]):
                    item[1].args[1](column)
            else:
                relation.columns.at(index)
        return relation.plan

    # Queries.

    def query(self, node: Tree, ctes: Ctes, outer: Scope | None = None) -> Relation:
        with_ = node.args.get("with_")
        if with_ is not None:
            known = dict(ctes)
            for cte in with_.expressions:
                known[cte.alias.lower()] = Cte(cte.this, column_names(cte), dict(known))
            ctes = known
        if isinstance(node, exp.Select):
            return self.select(node, ctes, outer)
        if isinstance(node, exp.SetOperation):
            return self.cut(node, self.set_operation(node, ctes, outer))
        if isinstance(node, exp.Subquery):
            if isinstance(node.this, exp.Table):
                scope = Scope(outer=outer)
                return self.cut(node, Relation(self.table(node.this, scope, ctes), scope.star()))
            return self.cut(node, self.query(node.this, ctes, outer))
        return self.unknown(node, ctes)

    def cut(self, node: Tree, relation: Relation) -> Relation:
        """LIMIT and the like, PIVOT, and new names for columns."""
        if _CUTTING.isdisjoint(node.args):
            return relation
        plan, columns = relation.plan, relation.columns
        for word, why in CUTS.items():
            if node.args.get(word):
                plan = Barrier(plan, _NONE, why)
        if node.args.get("pivots"):
            return Relation(Barrier(plan, _NONE, "PIVOT"), unknown_columns("a column of a PIVOT"))
        names = column_names(node)
        return Relation(plan, columns.renamed(names) if names else columns)

    def unknown(self, node: Tree, ctes: Ctes) -> Relation:
        """All tables below, each read as a whole."""
        why = f"{str(node.key).upper()} is not understood"
        plan: Plan = Nothing()
        for table in node.find_all(exp.Table):
            plan = Join(plan, Barrier(self.table(table, Scope(), ctes), _NONE, why), Kind.FULL, [])
        return Relation(plan, unknown_columns(why))

    def set_operation(self, node: Tree, ctes: Ctes, outer: Scope | None) -> Relation:
        nodes, first = [node.expression], node.this
        while type(node) is exp.Union and type(first) is exp.Union and not has_cut(first):
            nodes.append(first.expression)
            first = first.this
        relations = [self.query(n, ctes, outer) for n in (first, *reversed(nodes))]
        if type(node) is exp.Union:
            return self.union(relations)
        left, right = relations
        why = "EXCEPT" if isinstance(node, exp.Except) else "INTERSECT"
        return Relation(Join(left.plan, Barrier(right.plan, _NONE, why), Kind.EXISTENCE, []), left.columns)

    def union(self, relations: list[Relation]) -> Relation:
        """Columns go by position; where ``*`` hides how many there are, from the front and from the back."""
        all_columns = [relation.columns for relation in relations]
        maps: list[dict[int, Expr]] = [{} for _ in relations]
        head = min(columns.head for columns in all_columns)
        tail = 0
        hidden = any(None in columns.items for columns in all_columns)
        if hidden:
            tail = min(columns.tail for columns in all_columns)
        found = Columns()
        for index in (*range(head), None, *range(-tail, 0)) if hidden else range(head):
            if index is None:
                found.add_unknown(lambda name: Opaque(f"`{name}` of a UNION is not known"))
            else:
                values = [columns.at(index % len(columns.items)) for columns in all_columns]
                item = all_columns[0].items[index]
                name = item[0] if item is not None else None
                found.add(name, self.union_column(name or "", values, maps))
        return Relation(Union([(r.plan, m) for r, m in zip(relations, maps, strict=True)]), found)

    def union_column(self, name: str, values: list[Expr], maps: list[dict[int, Expr]]) -> Expr:
        types = {result_type(value) for value in values} - {"null"}
        if None in types or len(types) != 1:
            return Opaque(f"`{name}` of a UNION has several types, or one that is not known")
        declared = {value.type for value in values if isinstance(value, Col)}
        column = self.new(name, declared.pop() if len(declared) == 1 else types.pop())
        for branch, value in zip(maps, values, strict=True):
            branch[column.id] = value
        return column

    # SELECT.

    def select(self, node: Tree, ctes: Ctes, outer: Scope | None) -> Relation:
        scope = Scope(outer=outer)
        plan = self.from_(node, scope, ctes)
        where = node.args.get("where")
        if where is not None:
            plan = self.where(plan, where.this, scope, ctes)
        parts = parts_of_select(node, self.around)
        plan = self.subqueries(plan, parts, scope, ctes)
        columns = self.outputs(node, scope, parts)
        having = node.args.get("having")
        if node.args.get("group") is not None or parts.aggregates or having is not None:
            grouped = node.args.get("group") is not None
            plan = Barrier(plan, _aggregate_lets(node, parts), "an aggregate", keeps=grouped)
        if having is not None and not parts.rollup:
            plan = Filter(plan, conditions_of(having.this, after_outputs(columns, scope)))
        for window in parts.windows:
            plan = Barrier(plan, window_keys(node, window, scope), "a window function")
        if node.args.get("distinct") is not None:
            plan = Barrier(plan, None, "DISTINCT")
        if parts.random:
            plan = Barrier(plan, _NONE, f"{parts.random}() in the SELECT list")
        return self.cut(node, Relation(Project(plan, columns.seen), columns))

    def outputs(self, node: Tree, scope: Scope, parts: Parts) -> Columns:
        columns = Columns()
        for item in node.expressions:
            kind = type(item)
            if kind is exp.Alias:
                name = item.args["alias"].name.lower() or None
                columns.add(name, partial(convert, item.this, scope.resolve))
            elif isinstance(item, exp.Star):
                columns.append(scope.star())
            elif kind is exp.Column and isinstance(item.this, exp.Star):
                words = [p.name.lower() for word in ("db", "table") if (p := item.args.get(word)) is not None]
                columns.append(scope.star(tuple(words)))
            elif isinstance(item, exp.Aliases):
                for name in item.expressions:
                    columns.add(name.name.lower(), Opaque("a generator's column"))
            elif isinstance(item, _GENERATORS):
                # Generators may give several columns; a call without a name is asked for by nobody.
                columns.append(unknown_columns("a generator's column"))
            else:
                columns.add(item.alias_or_name.lower() or None, partial(convert, item, scope.resolve))
        if parts.rollup:
            return columns.hidden("a column of ROLLUP, CUBE or GROUPING SETS")
        if parts.aggregates and node.args.get("group") is None:
            return columns.hidden("an aggregate of all rows")
        return columns

    # FROM.

    def from_(self, node: Tree, scope: Scope, ctes: Ctes) -> Plan:
        item = node.args.get("from_")
        plan = self.item(item.this, scope, ctes) if item is not None else Nothing()
        for lateral in node.args.get("laterals") or ():
            plan = self.lateral(plan, lateral, scope, ctes)
        return self.joins(plan, node.args.get("joins") or (), scope, ctes)

    def item(self, node: Tree, scope: Scope, ctes: Ctes) -> Plan:
        if isinstance(node, exp.Table):
            return self.table(node, scope, ctes)
        if isinstance(node, exp.Subquery) and isinstance(node.this, exp.Table) and not node.alias:
            return self.table(node.this, scope, ctes)
        if isinstance(node, exp.Values):
            relation = Relation(Nothing(), unknown_columns("a column of VALUES"))
        elif isinstance(node, exp.Query):
            relation = self.query(node, ctes)
        else:
            relation = self.unknown(node, ctes)
        scope.sources.append(Source(alias_names(node), relation.columns))
        return self.joins(relation.plan, node.args.get("joins") or (), scope, ctes)

    def table(self, node: Tree, scope: Scope, ctes: Ctes) -> Plan:
        name = node.name.lower() if isinstance(node.this, exp.Identifier) else ""
        db = node.args.get("db")
        names: tuple[tuple[str, ...], ...] = ((name,),)
        if not name:
            relation = Relation(Nothing(), unknown_columns("a column of a function's table"))
        elif db is None and name in ctes:
            cte = ctes[name]
            relation = self.query(cte.query, cte.known)
            if self.chance and any(function_name(f) in CHANCE for f in cte.query.find_all(exp.Func)):
                # Spark computes it once for all its readers.
                why = f"chance in WITH {name}"
                relation = Relation(Barrier(relation.plan, _NONE, why, keeps=False), relation.columns)
            if cte.names:
                relation = Relation(relation.plan, relation.columns.renamed(cte.names))
        else:
            relation = self.scan(node, TableName(db.name if db is not None else "", node.name))
            names = ((name,), (db.name.lower() if db is not None else "", name))
        relation = self.cut(node, relation)
        scope.sources.append(Source(alias_names(node) or names, relation.columns))
        plan = relation.plan
        for lateral in node.args.get("laterals") or ():
            plan = self.lateral(plan, lateral, scope, ctes)
        return self.joins(plan, node.args.get("joins") or (), scope, ctes)

    def scan(self, node: Tree, table: TableName) -> Relation:
        if len(self.scans) >= _MOST_SCANS:
            raise TooManyScansError
        partitions = self.partitions.get(table, ())
        names = {column.name for column in partitions}
        every = self.columns.get(table)
        scan = Scan(table, node, _NONE, set())
        columns = Columns()
        if every is None:
            more: dict[str, Col] = {}

            def data(name: str) -> Expr:
                if name not in more:
                    more[name] = self.new(name, None)
                    scan.ids.add(more[name].id)
                return more[name]

            columns.add_unknown(data)
        made = [self.new(column.name, column.type) for column in every or partitions]
        for column in made:
            columns.add(column.name, column)
            scan.ids.add(column.id)
        scan.partition_ids = frozenset(column.id for column in made if column.name in names)
        self.scans.append(scan)
        return Relation(scan, columns)

    def lateral(self, plan: Plan, node: Tree, scope: Scope, ctes: Ctes) -> Plan:
        """A generator, or a subquery that sees the sources before it."""
        alias = node.args.get("alias")
        names = alias_names(node)
        if isinstance(node.this, exp.Query):
            relation = self.query(node.this, ctes, Scope(list(scope.sources), outer=scope.outer))
            plan = Join(plan, relation.plan, Kind.EXISTENCE, [])
            scope.sources.append(Source(names, unknown_columns("a column of LATERAL")))
            return plan
        given = column_names(node)
        columns = Columns() if given else unknown_columns("a generator's column")
        for name in given:
            columns.add(name, Opaque("a generator's column"))
        if alias is not None and not given and alias.name:
            columns.add(alias.name.lower(), Opaque("a generator's column"))
        scope.sources.append(Source(names, columns))
        return Barrier(plan, None, "a generator")

    def joins(self, plan: Plan, joins: list[Tree] | tuple[Tree, ...], scope: Scope, ctes: Ctes) -> Plan:
        crossed = False
        for join in joins:
            plan = self.join(plan, join, scope, ctes, crossed)
            crossed = crossed or join.kind == "CROSS"
        return plan

    def join(self, plan: Plan, node: Tree, scope: Scope, ctes: Ctes, crossed: bool) -> Plan:
        if isinstance(node.this, exp.Lateral):
            return self.lateral(plan, node.this, scope, ctes)
        kind = join_kind(node)
        left = Scope(list(scope.sources), dict(scope.merged))
        right = Scope(outer=scope.outer)
        right_plan = self.item(node.this, right, ctes)
        scope.sources += right.sources
        using = [name.name.lower() for name in node.args.get("using") or ()]
        if node.args.get("method") == "NATURAL":
            using = [name for source in left.sources for name in source.columns.names if _has(right, name)]
        conditions = self.using(kind, using, left, right, scope)
        on = node.args.get("on")
        if on is not None:
            conditions += conditions_of(on, scope.resolve)
        if crossed and kind in (Kind.RIGHT, Kind.FULL):
            # `a, b RIGHT JOIN c` joins b and c first, which the tree does not show.
            kind, conditions = Kind.FULL, []
        joined: Plan = Join(plan, right_plan, kind, conditions)
        if on is not None:
            for query, _ in collect(on, Parts(), self.around).queries:
                joined = Join(joined, self.query(query, ctes, scope).plan, Kind.EXISTENCE, [])
        if kind in (Kind.SEMI, Kind.ANTI):
            scope.sources, scope.merged = left.sources, left.merged
        return joined

    def using(self, kind: Kind, names: list[str], left: Scope, right: Scope, scope: Scope) -> list[Expr]:
        conditions: list[Expr] = []
        for name in names:
            a = left.unqualified(name) or Opaque(f"`{name}` is not known")
            b = right.unqualified(name) or Opaque(f"`{name}` is not known")
            conditions.append(Call("=", (a, b)))
            merged = {Kind.RIGHT: b, Kind.FULL: Opaque(f"`{name}` of a FULL JOIN")}
            scope.merged[name] = merged.get(kind, a)
        return conditions

    # Conditions with subqueries.

    def where(self, plan: Plan, condition: Tree, scope: Scope, ctes: Ctes) -> Plan:
        parts = collect(condition, Parts(), self.around)
        plan = Filter(plan, conditions_of(condition, scope.resolve))
        if parts.random:
            plan = Barrier(plan, _NONE, f"{parts.random}() in WHERE")
        return self.subqueries(plan, parts, scope, ctes)

    def subqueries(self, plan: Plan, parts: Parts, scope: Scope, ctes: Ctes) -> Plan:
        """Spark turns EXISTS and IN into joins too late for inferring anything from them."""
        for query, scalar in parts.queries:
            relation = self.query(query, ctes, scope)
            plan = Join(plan, relation.plan, Kind.ANTI if scalar else Kind.EXISTENCE, [])
        return plan


def _aggregate_lets(node: Tree, parts: Parts) -> frozenset[int] | None:
    """Conditions on grouping keys pass: all other columns of an aggregate are opaque anyway."""
    if node.args.get("group") is None or parts.rollup or parts.by_order or parts.random:
        return _NONE
    return None


def _has(scope: Scope, name: str) -> bool:
    return any(name in source.columns.names for source in scope.sources)
