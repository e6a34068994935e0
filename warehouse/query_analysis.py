"""Queries resolved: what FROM offers, what SELECT gives, how CTEs, unions and lateral views pass it on."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from sqlglot import exp

from warehouse.contract import Column
from warehouse.expression_types import Type, common
from warehouse.names import TableName
from warehouse.query_facts import (
    Analysis,
    JoinFact,
    Problem,
    Relation,
    Scope,
    Select,
    SetFact,
    Source,
    Value,
    renamed,
)
from warehouse.query_generators import generates
from warehouse.query_joins import Joins
from warehouse.sqltext import Tree

ColumnsOf = Callable[[TableName], tuple[Column, ...] | None]
"""All columns of a table, partition columns last; None for a table that nothing describes."""
Ctes = Mapping[str, Relation]


def analyse(text: str, tree: Tree, columns_of: ColumnsOf) -> Analysis:
    """Of the query ``tree`` of the statement ``text``. What is not understood is unknown, never an error."""
    walk = _Queries(text, columns_of)
    try:
        output = walk.query(tree, {}, None)
    except RecursionError:
        output = Relation([], [], open="the statement is nested too deeply")
    select = output.select
    return Analysis(
        output=output,
        nodes=select.items if select is not None else [],
        origins=walk.origins,
        selects=walk.selects,
        sets=walk.sets,
        problems=walk.problems,
        comparisons=walk.comparisons,
        functions=walk.functions,
        others=walk.others,
        operations=walk.operations,
        located=walk.located,
    )


class _Queries(Joins):
    def __init__(self, text: str, columns_of: ColumnsOf) -> None:
        super().__init__(text)
        self.columns_of = columns_of
        self.tables: dict[TableName, Relation] = {}
        self.ctes: Ctes = {}

    def relation_of(self, node: Tree, scope: Scope) -> Relation:
        before = self.clause, self.select_fact, self.windowed, self.aggregating
        self.windowed, self.aggregating = None, False
        relation = self.query(node, self.ctes, scope)
        self.clause, self.select_fact, self.windowed, self.aggregating = before
        return relation

    def query(self, node: Tree, ctes: Ctes, outer: Scope | None) -> Relation:
        with_ = node.args.get("with_")
        if with_ is not None:
            known = dict(ctes)
            for cte in with_.expressions:
                relation = self.query(cte.this, known, None)
                known[cte.alias.lower()] = renamed(relation, _column_names(cte))
            ctes = known
        before, self.ctes = self.ctes, ctes
        try:
            if isinstance(node, exp.Select):
                return self.select(node, ctes, outer)
            if isinstance(node, exp.SetOperation):
                return self.set_operation(node, ctes, outer)
            if isinstance(node, exp.Subquery):
                if isinstance(node.this, exp.Table):
                    scope = Scope(outer)
                    self.table(node.this, scope, ctes, [])
                    return scope.sources[0].relation
                return self.query(node.this, ctes, outer)
        finally:
            self.ctes = before
        return Relation([], [], open=f"{str(node.key).upper()} is not understood")

    def set_operation(self, node: Tree, ctes: Ctes, outer: Scope | None) -> Relation:
        chain, first = [node], node.this
        while isinstance(first, exp.SetOperation) and first.args.get("with_") is None:
            chain.append(first)
            first = first.this
        relation = self.query(first, ctes, outer)
        for step in reversed(chain):
            right = self.query(step.expression, ctes, outer)
            combined = self.combined(step, relation, right)
            self.sets.append(SetFact(step, relation, right, combined.values))
            relation = combined
        return relation

    def combined(self, node: Tree, left: Relation, right: Relation) -> Relation:
        if left.open or right.open:
            why = left.open or right.open
            return Relation([], [], open=why, select=left.select)
        if len(left.values) != len(right.values):
            what = f"the sides of {node.key.upper()} have {len(left.values)} and {len(right.values)} columns"
            self.problems.append(Problem("union", node, what))
            return Relation([], [], open=what, select=left.select)
        takes = isinstance(node, exp.Union | exp.Intersect)
        values: list[Value] = [
            (common(a, b), x | y if takes else x)
            for (a, x), (b, y) in zip(left.values, right.values, strict=True)
        ]
        return Relation(left.names, values, select=left.select, index=left.index)

    # SELECT.

    def select(self, node: Tree, ctes: Ctes, outer: Scope | None) -> Relation:
        scope = Scope(outer)
        fact = Select(node, scope)
        self.selects.append(fact)
        args = node.args
        self.select_fact = fact
        self.clause = "FROM"
        item = args.get("from_")
        if item is not None:
            self.item(item.this, scope, ctes, fact.joins)
        for lateral in args.get("laterals") or ():
            self.lateral(lateral, scope, ctes)
        self.joins(args.get("joins") or (), scope, ctes, fact)
        self.select_fact = fact
        where = args.get("where")
        if where is not None:
            self.clause = "WHERE"
            self.condition(where.this, scope)
        self.clause = "SELECT"
        self.outputs(node, scope, fact)
        self.after(node, scope, fact)
        return fact.relation

    def after(self, node: Tree, scope: Scope, fact: Select) -> None:
        """GROUP BY, HAVING and ORDER BY: they know the SELECT list's names, too."""
        args = node.args
        group = args.get("group")
        relation = fact.relation
        if group is not None:
            self.clause = "GROUP BY"
            self.children(group, scope)
        if args.get("having") is not None or args.get("order") is not None or args.get("sort") is not None:
            names = {n: v for n, v in zip(relation.names, relation.values, strict=True) if n}
            around = Scope(scope, aliases=names)
            for word, clause in (("having", "HAVING"), ("order", "ORDER BY"), ("sort", "SORT BY")):
                part = args.get(word)
                if part is not None:
                    self.clause = clause
                    self.children(part, around)

    def outputs(self, node: Tree, scope: Scope, fact: Select) -> None:
        names: list[str] = []
        values: list[Value] = []
        items: list[Tree] = []
        open_ = ""
        for item in node.expressions:
            kind = type(item)
            if kind is exp.Star or (kind is exp.Column and type(item.this) is exp.Star):
                open_ = self.expand(item, scope, names, values, items) or open_
                continue
            if kind is exp.Alias and generates(item.this, self) is None:
                value = self.value(item.this, scope)
                name = item.args["alias"].name.lower()
                scope.aliases.setdefault(name, value)
            elif kind is exp.Column:
                value = self.value(item, scope)
                name = item.this.this.lower()
            elif kind is exp.Dot and isinstance(item.expression, exp.Identifier):
                value, name = self.value(item, scope), item.expression.name.lower()
            else:
                generator = item.this if kind in (exp.Alias, exp.Aliases) else item
                if generates(generator, self) is not None:
                    made = self.generated(generator, scope)
                    given = [a.name.lower() for a in item.expressions] if kind is exp.Aliases else []
                    if kind is exp.Alias:
                        given = [item.alias.lower()]
                    if made is None and not given:
                        open_ = "a generator's columns"
                        continue
                    bits = self.origins_of(generator, scope) if made is None else 0
                    pairs: list[tuple[str, Value]] = made or [(n, (None, bits)) for n in given]
                    for place, (name, value) in enumerate(pairs):
                        names.append(given[place] if place < len(given) else name)
                        values.append(value)
                        items.append(item)
                    continue
                value, name = self.value(item, scope), ""
            names.append(name)
            values.append(value)
            items.append(item)
        fact.items = items
        fact.relation = Relation(names, values, open=open_, select=fact)

    def expand(
        self, node: Tree, scope: Scope, names: list[str], values: list[Value], items: list[Tree]
    ) -> str:
        """``*``: every column of its sources; why that is not all, where it is not."""
        open_ = ""
        sources = self.starred(node, scope)
        skipped = scope.merged if sources is scope.sources else {}
        for name, value in skipped.items():
            names.append(name)
            values.append(value)
            items.append(node)
        for source in sources:
            relation = source.relation
            for name, value in zip(relation.names, relation.values, strict=True):
                if name not in skipped:
                    names.append(name)
                    values.append(value)
                    items.append(node)
            if relation.open:
                open_ = relation.open
        if not sources and not skipped:
            open_ = "nothing is known of this *"
        return open_

    # FROM.

    def item(self, node: Tree, scope: Scope, ctes: Ctes, joins: list[JoinFact]) -> None:
        if isinstance(node, exp.Table):
            self.table(node, scope, ctes, joins)
            return
        if isinstance(node, exp.Subquery) and isinstance(node.this, exp.Table):
            self.table(node.this, scope, ctes, joins)
            if node.alias:
                scope.sources[-1] = Source(((node.alias.lower(),),), scope.sources[-1].relation, node)
            return
        if isinstance(node, exp.Values):
            relation = self.values(node, scope)
        elif isinstance(node, exp.Query):
            relation = self.relation_of_from(node, ctes)
        elif isinstance(node, exp.Lateral):
            self.lateral(node, scope, ctes)
            return
        else:
            relation = Relation([], [], open=f"{str(node.key).upper()} is not understood")
        if node.args.get("pivots"):
            relation = Relation([], [], open="a PIVOT's columns")
        alias = node.args.get("alias")
        names = ((alias.name.lower(),),) if alias is not None and alias.name else ()
        relation = renamed(relation, _column_names(node))
        scope.sources.append(Source(names, relation, node))
        self.nested(node, scope, ctes, joins)

    def relation_of_from(self, node: Tree, ctes: Ctes) -> Relation:
        clause, fact = self.clause, self.select_fact
        relation = self.query(node, ctes, None)
        self.clause, self.select_fact = clause, fact
        return relation

    def nested(self, node: Tree, scope: Scope, ctes: Ctes, joins: list[JoinFact]) -> None:
        for lateral in node.args.get("laterals") or ():
            self.lateral(lateral, scope, ctes)
        if node.args.get("joins"):
            holder = Select(node, scope, joins)
            self.joins(node.args["joins"], scope, ctes, holder)

    def values(self, node: Tree, scope: Scope) -> Relation:
        """VALUES: columns are called col1, col2, unless they are named."""
        found: list[Value] = []
        for row in node.expressions:
            cells = row.expressions if isinstance(row, exp.Tuple) else [row]
            values = [self.value(cell, scope) for cell in cells]
            if not found:
                found = values
            elif len(found) == len(values):
                found = [(common(a, b), x | y) for (a, x), (b, y) in zip(found, values, strict=True)]
        return Relation([f"col{n}" for n in range(1, len(found) + 1)], found)

    def table(self, node: Tree, scope: Scope, ctes: Ctes, joins: list[JoinFact]) -> None:
        this, db = node.this, node.args.get("db")
        name = this.name.lower() if isinstance(this, exp.Identifier) else ""
        names: tuple[tuple[str, ...], ...] = ((name,),)
        if not name:
            relation = self.function_table(this, scope)
            names = ()
        elif db is None and name in ctes:
            relation = ctes[name]
        else:
            relation = self.scan(TableName(db.name.lower() if db is not None else "", name))
            names = ((name,), (db.name.lower() if db is not None else "", name))
        if node.args.get("pivots"):
            relation = Relation([], [], open="a PIVOT's columns")
        alias = node.args.get("alias")
        if alias is not None and alias.name:
            names = ((alias.name.lower(),),)
            relation = renamed(relation, _column_names(node))
        scope.sources.append(Source(names, relation, node))
        self.nested(node, scope, ctes, joins)

    def scan(self, name: TableName) -> Relation:
        relation = self.tables.get(name)
        if relation is None:
            columns = self.columns_of(name)
            if columns is None:
                relation = Relation([], [], open=f"the columns of {name}", table=name)
            else:
                values: list[Value] = [(_spark(c.type), self.bit(name, c.name)) for c in columns]
                relation = Relation([c.name for c in columns], values, table=name)
            self.tables[name] = relation
        return relation

    def function_table(self, node: Tree, scope: Scope) -> Relation:
        """``range(10)``, ``explode(…)`` in FROM."""
        if self.name(node) == "range" or str(node.name).lower() == "range":
            return Relation(["id"], [("bigint", 0)])
        made = self.generated(node, scope) if generates(node, self) is not None else None
        if made is None:
            return Relation([], [], open="the columns of a function")
        return Relation([n for n, _ in made], [v for _, v in made])

    def lateral(self, node: Tree, scope: Scope, ctes: Ctes) -> None:
        alias = node.args.get("alias")
        label = ((alias.name.lower(),),) if alias is not None and alias.name else ()
        given = _column_names(node)
        if isinstance(node.this, exp.Query):
            relation = self.query(
                node.this, ctes, Scope(scope.outer, list(scope.sources), dict(scope.merged))
            )
            scope.sources.append(Source(label, renamed(relation, given), node))
            return
        # The generator sees the sources before it, by its own view of them.
        made = self.generated(node.this, scope)
        if made is None:
            bits = self.origins_of(node.this, scope)
            relation = Relation(
                list(given), [(None, bits)] * len(given), open="" if given else "a generator's columns"
            )
        else:
            relation = renamed(Relation([n for n, _ in made], [v for _, v in made]), given)
            if not given and label and len(made) == 1:
                # LATERAL VIEW explode(…) AS parsed: sqlglot takes the column for the table's name.
                relation = Relation([label[0][0]], [made[0][1]])
        scope.sources.append(Source(label, relation, node, generated=True))

    # Joins.

    def joins(self, joins: list[Tree] | tuple[Tree, ...], scope: Scope, ctes: Ctes, fact: Select) -> None:
        for node in joins:
            if isinstance(node.this, exp.Lateral):
                self.lateral(node.this, scope, ctes)
                continue
            left = len(scope.sources)
            before = list(scope.sources)
            self.item(node.this, scope, ctes, fact.joins)
            kind = node.kind if node.kind in ("SEMI", "ANTI", "CROSS") else (node.side or "INNER")
            natural = node.args.get("method") == "NATURAL"
            using = tuple(name.name.lower() for name in node.args.get("using") or ())
            on = node.args.get("on")
            right = scope.sources[left:]
            if natural:
                using = tuple(
                    n for s in before for n in s.relation.index if any(n in r.relation.index for r in right)
                )
            if using:
                self.using(using, kind, before, right, scope)
            if on is not None:
                clause, self.clause = self.clause, "ON"
                self.condition(on, scope)
                self.clause = clause
            # A comma is a CROSS to sqlglot, a JOIN without ON has TRUE for one.
            always = on is None or (isinstance(on, exp.Boolean) and on.this)
            plain = always and not using and not natural and (node.kind != "CROSS" or self.comma(node.this))
            fact.joins.append(JoinFact(node, kind, left, len(scope.sources), on, using, plain, natural))
            if kind in ("SEMI", "ANTI"):
                fact.hidden += right
                del scope.sources[left:]


def _spark(kind: str) -> Type:
    """Hive's text of a type as Spark reads it."""
    return "string" if kind.startswith(("varchar(", "char(")) else kind


def _column_names(node: Tree) -> tuple[str, ...]:
    alias = node.args.get("alias")
    if not isinstance(alias, exp.TableAlias):
        return ()
    return tuple(c.name.lower() for c in alias.args.get("columns") or ())
