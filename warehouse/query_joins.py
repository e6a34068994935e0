"""Small questions about joins: whether a comma makes one, and what the columns of USING are."""

from __future__ import annotations

from sqlglot import exp

from warehouse.expression_types import common
from warehouse.query_facts import Scope, Source, Value
from warehouse.query_generators import Generators
from warehouse.sqltext import Tree


class Joins(Generators):
    """What a walk asks at a join."""

    def comma(self, node: Tree) -> bool:
        """Whether a comma stands before a table."""
        first = node.args.get("db") or node.this
        start = first.meta.get("start") if isinstance(first, exp.Identifier) else None
        return start is not None and self.text[:start].rstrip(" \t\r\n`").endswith(",")

    def using(
        self, names: tuple[str, ...], kind: str, left: list[Source], right: list[Source], scope: Scope
    ) -> None:
        for name in names:
            a = scope.merged.get(name) or _first(left, name) or self.unknown(f"{name} of USING")
            b = _first(right, name) or self.unknown(f"{name} of USING")
            if kind == "RIGHT":
                scope.merged[name] = b
            elif kind == "FULL":
                scope.merged[name] = (common(a[0], b[0]), a[1] | b[1])
            else:
                scope.merged[name] = a


def _first(sources: list[Source], name: str) -> Value | None:
    for source in sources:
        place = source.relation.index.get(name)
        if place is not None and place >= 0:
            return source.relation.values[place]
    return None
