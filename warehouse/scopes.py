"""What a column's name means inside a query: which column of which reference to a table."""

from __future__ import annotations

import msgspec
from sqlglot import exp

from warehouse.conversion import Resolve, convert
from warehouse.expressions import Col, Expr, Opaque, conjuncts, depends_on_chance
from warehouse.plans import Columns
from warehouse.sqltext import Tree


class Source(msgspec.Struct):
    """What one item of FROM offers. ``names`` are the qualifiers that mean it."""

    names: tuple[tuple[str, ...], ...]
    columns: Columns


class Scope(msgspec.Struct):
    """The sources of one SELECT. ``merged`` are columns of USING, ``outer`` the query around a subquery."""

    sources: list[Source] = msgspec.field(default_factory=list)
    merged: dict[str, Expr] = msgspec.field(default_factory=dict)
    outer: Scope | None = None

    def resolve(self, node: Tree) -> Expr:
        """What a column's node means; never an error: Spark complains of what is not there."""
        args = node.args
        if args.get("table") is None:
            words = [args["this"].name.lower()]
        elif args.get("db") is None:
            words = [args["table"].name.lower(), args["this"].name.lower()]
        else:
            words = [p.name.lower() for word in _PARTS if (p := args.get(word)) is not None]
        scope: Scope | None = self
        while scope is not None:
            found = scope.unqualified(words[0]) if len(words) == 1 else scope.qualified(words)
            if found is not None:
                return found
            scope = scope.outer
        return Opaque(f"`{'.'.join(words)}` is not known")

    def qualified(self, words: list[str]) -> Expr | None:
        if len(words) == 2:
            table, column = words
            for source in self.sources:
                if (table,) in source.names:
                    return source.columns.get(column)
            return None
        for source in self.sources:
            for name in source.names:
                if tuple(words[: len(name)]) == name and len(words) > len(name):
                    if len(words) > len(name) + 1:
                        return Opaque(f"`{'.'.join(words)}` is a field of a column")
                    return source.columns.get(words[-1])
        return None

    def unqualified(self, word: str) -> Expr | None:
        if word in self.merged:
            return self.merged[word]
        known = [s for s in self.sources if word in s.columns.names]
        if known:
            return known[0].columns.get(word) if len(known) == 1 else Opaque(f"`{word}` is ambiguous")
        opened = [s for s in self.sources if s.columns.rest is not None]
        if len(opened) > 1:
            return Opaque(f"whose column `{word}` is, is not known")
        return opened[0].columns.get(word) if opened else None

    def star(self, name: tuple[str, ...] = ()) -> Columns:
        """``*``, or ``name.*``: columns of USING come first, and once."""
        if name:
            source = next((s for s in self.sources if name in s.names), None)
            found = Columns()
            if source is None:
                found.add_unknown(lambda word: Opaque(f"a column of {'.'.join(name)}.* is not known"))
            else:
                found.append(source.columns)
            return found
        found = Columns()
        for word, value in self.merged.items():
            found.add(word, value)
        for source in self.sources:
            found.append(source.columns, skip=self.merged)
        return found


_PARTS = ("catalog", "db", "table", "this")


def conditions_of(node: Tree, resolve: Resolve) -> list[Expr]:
    """The conjuncts of a condition, without those that depend on chance: Spark takes nothing from them."""
    return [c for c in conjuncts(convert(node, resolve)) if not depends_on_chance(c)]


def window_keys(node: Tree, window: Tree, scope: Scope) -> frozenset[int]:
    """The columns that a window function is partitioned by."""
    keys = list(window.args.get("partition_by") or ())
    base = window.args.get("alias")
    for named in node.args.get("windows") or () if base is not None else ():
        if named.name.lower() == base.name.lower():
            keys += named.args.get("partition_by") or ()
    if not all(isinstance(key, exp.Column) for key in keys):
        return frozenset()
    found = [scope.resolve(key) for key in keys]
    return frozenset(column.id for column in found if isinstance(column, Col))


def after_outputs(columns: Columns, scope: Scope) -> Resolve:
    """HAVING knows the SELECT list's names first: in ``max(dt) AS dt``, dt is no column any more."""

    def resolve(node: Tree) -> Expr:
        if node.args.get("table") is None and node.name.lower() in columns.names:
            return columns.get(node.name.lower()) or Opaque("not known")
        return scope.resolve(node)

    return resolve
