"""What a column's name means in a query: whose column it is, its type, and its origins."""

from __future__ import annotations

import difflib

from sqlglot import exp

from warehouse.expression_types import Type, field
from warehouse.names import TableName
from warehouse.origins import Origin
from warehouse.query_facts import Problem, Relation, Scope, Select, SetFact, Source, Value
from warehouse.sqltext import Tree


class Names:
    """The facts that a walk collects, and names looked up. ``text`` is the statement's."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.origins: list[Origin] = []
        self.bits: dict[tuple[TableName | None, str], int] = {}
        self.selects: list[Select] = []
        self.sets: list[SetFact] = []
        self.problems: list[Problem] = []
        self.comparisons: list[tuple[Tree, Tree, Value, Value]] = []
        self.functions: list[tuple[str, Tree]] = []
        self.operations: list[tuple[Tree, list[Type]]] = []
        self.located: dict[int, tuple[Source, str]] = {}
        self.lambdas: list[dict[str, Value]] = []
        self.clause = ""
        self.select_fact: Select | None = None
        self.windowed: Tree | None = None
        self.generating = False
        self.aggregating = False
        self.others: list[Tree] = []

    def value(self, node: Tree, scope: Scope) -> Value:
        """Of any expression."""
        raise NotImplementedError

    def star(self, node: Tree, scope: Scope) -> Value:
        """Of ``*`` as an argument."""
        if isinstance(node.parent, exp.Count):
            return None, 0
        return None, self.all_of(scope.sources)

    def bit(self, table: TableName | None, column: str) -> int:
        key = (table, column)
        found = self.bits.get(key)
        if found is None:
            found = self.bits[key] = 1 << len(self.origins)
            self.origins.append(Origin(table, column))
        return found

    def unknown(self, why: str) -> Value:
        return None, self.bit(None, why)

    def column(self, node: Tree, scope: Scope) -> Value:
        args = node.args
        table = args.get("table")
        this = args["this"]
        if table is None:
            if type(this) is exp.Star:
                return self.star(node, scope)
            return self.bare(node, this.this.lower(), scope)
        if args.get("db") is None and type(this) is exp.Identifier:
            # As nearly all of them are.
            key = (table.this.lower(),) if type(table) is exp.Identifier else ()
            for source in scope.sources:
                if key in source.names:
                    return self.of_source(node, source, this.this.lower(), scope)
        words = [p.name.lower() for w in ("catalog", "db", "table", "this") if (p := args.get(w)) is not None]
        if type(this) is exp.Star:
            return None, self.all_of(self.starred(node, scope))
        for level in _levels(scope):
            for source in level.sources:
                for name in source.names:
                    size = len(name)
                    if len(words) > size and tuple(words[:size]) == name:
                        value = self.of_source(node, source, words[size], level)
                        return self.fields(node, value, words[size + 1 :])
        if words[0] in ("spark_catalog",) and len(words) > 2:
            return self.unknown(f"`{'.'.join(words)}` names a catalog")
        found = self.find(node, words[0], scope)
        if found is None:
            return self.missing(node, ".".join(words), scope)
        return self.fields(node, found, words[1:])

    def fields(self, node: Tree, value: Value, words: list[str]) -> Value:
        kind, bits = value
        for word in words:
            kind = self.field(node, kind, word)
        return kind, bits

    def field(self, node: Tree, kind: Type, name: str) -> Type:
        found = field(kind, name)
        if found is None and kind is not None and not kind.startswith(("map<", "interval")):
            self.problems.append(Problem("column", node, f"{kind.upper()} has no field {name}"))
        return found

    def of_source(self, node: Tree, source: Source, name: str, scope: Scope) -> Value:
        relation = source.relation
        place = relation.index.get(name)
        if place is None:
            if relation.open:
                return self.of_open(relation, name)
            what = f"{source.label} has no column {name}"
            self.problems.append(Problem("column", node, what, _near(name, relation.names)))
            return self.unknown(what)
        if place < 0:
            self.problems.append(Problem("ambiguous", node, f"{source.label} has two columns {name}"))
            return self.unknown(f"{name} is ambiguous")
        self.located[id(node)] = (source, name)
        return relation.values[place]

    def of_open(self, relation: Relation, name: str) -> Value:
        if relation.table is not None:
            return None, self.bit(relation.table, name)
        return self.unknown(relation.open)

    def bare(self, node: Tree, name: str, scope: Scope) -> Value:
        for names in reversed(self.lambdas):
            if name in names:
                return names[name]
        found = self.find(node, name, scope)
        return found if found is not None else self.missing(node, name, scope)

    def find(self, node: Tree, name: str, scope: Scope) -> Value | None:
        """An unqualified name, here and in the queries around."""
        level: Scope | None = scope
        while level is not None:
            if name in level.merged:
                return level.merged[name]
            hit: Source | None = None
            hits = 0
            for source in level.sources:
                if name in source.relation.index:
                    hit = source
                    hits += 1
            if hit is not None:
                if hits > 1:
                    whose = " and ".join(s.label for s in level.sources if name in s.relation.index)
                    self.problems.append(
                        Problem("ambiguous", node, f"{name} is a column of {whose}", "say whose it is")
                    )
                    return self.unknown(f"{name} is ambiguous")
                return self.of_source(node, hit, name, level)
            if name in level.aliases:
                return level.aliases[name]
            opened = [s for s in level.sources if s.relation.open]
            if len(opened) == 1:
                return self.of_open(opened[0].relation, name)
            if opened:
                return self.unknown(f"whose column {name} is")
            level = level.outer
        return None

    def missing(self, node: Tree, name: str, scope: Scope) -> Value:
        known = [n for level in _levels(scope) for s in level.sources for n in s.relation.names]
        self.problems.append(Problem("column", node, f"there is no column {name} here", _near(name, known)))
        return self.unknown(f"{name} is not there")

    def starred(self, node: Tree, scope: Scope) -> list[Source]:
        """The sources of ``*`` or ``name.*``."""
        if type(node) is exp.Star:
            return scope.sources
        words = tuple(
            p.name.lower() for w in ("catalog", "db", "table") if (p := node.args.get(w)) is not None
        )
        if not words:
            return scope.sources
        return [s for s in scope.sources if words in s.names]

    def all_of(self, sources: list[Source]) -> int:
        bits = 0
        for source in sources:
            for _, more in source.relation.values:
                bits |= more
            if source.relation.open:
                bits |= self.bit(None, source.relation.open)
        return bits


def _levels(scope: Scope) -> list[Scope]:
    found: list[Scope] = []
    level: Scope | None = scope
    while level is not None:
        found.append(level)
        level = level.outer
    return found


def _near(name: str, known: list[str]) -> str:
    near = difflib.get_close_matches(name.rpartition(".")[2], known, 1)
    return f"did you mean {near[0]}?" if near else ""
