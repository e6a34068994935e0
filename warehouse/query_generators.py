"""Functions that give columns and rows: explode and its like, in LATERAL VIEW, in FROM and in SELECT."""

from __future__ import annotations

from sqlglot import exp

from warehouse.expression_types import fields, inner
from warehouse.query_expressions import Expressions
from warehouse.query_facts import Problem, Scope, Value
from warehouse.query_functions import GENERATORS, Functions
from warehouse.sqltext import Tree


class Generators(Expressions):
    """What a walk does where rows are generated."""

    def origins_of(self, node: Tree, scope: Scope) -> int:
        """Of a generator whose columns are not known."""
        before, self.generating = self.generating, True
        bits = self.value(node, scope)[1]
        self.generating = before
        return bits

    def generated(self, node: Tree, scope: Scope) -> list[tuple[str, Value]] | None:
        """The columns of a generator; None where they are not known."""
        name = generates(node, self) or ""
        plain = name.removesuffix("_outer")
        if plain == "json_tuple":
            parts = [self.value(part, scope) for part in node.expressions]
            self.functions.append((name, node))
            return [(f"c{n}", ("string", parts[0][1])) for n in range(len(parts) - 1)]
        if plain not in ("explode", "posexplode", "inline") or node.this is None:
            return None
        argument = node.this if isinstance(node.this, exp.Expr) else node.expressions[0]
        kind, bits = self.value(argument, scope)
        self.functions.append((name, node))
        before: list[tuple[str, Value]] = [("pos", ("int", bits))] if plain == "posexplode" else []
        if kind is None:
            return None if plain == "inline" else [*before, ("col", (None, bits))] if before == [] else None
        if not kind.startswith("array<" if plain == "inline" else ("array<", "map<")):
            self.problems.append(
                Problem("types", node, f"{name} takes an ARRAY or a MAP, not {kind.upper()}")
            )
            return None
        if plain == "inline":
            items = fields(inner(kind)[0]) if kind.startswith("array<struct<") else None
            return [(n, (t, bits)) for n, t in items.items()] if items is not None else None
        if kind.startswith("map<"):
            key, value = inner(kind)
            return [*before, ("key", (key, bits)), ("value", (value, bits))]
        return [*before, ("col", (inner(kind)[0] if kind.startswith("array<") else None, bits))]


_PERHAPS = (exp.Explode, exp.Inline, exp.Stack, exp.Anonymous, exp.Posexplode, exp.Func)


def generates(node: Tree, walk: Functions) -> str | None:
    """A generator's name."""
    if isinstance(node, _PERHAPS):
        name = walk.name(node)
        return name if name in GENERATORS else None
    return None
