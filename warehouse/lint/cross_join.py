"""Two tables are joined without a condition.

Every row of the one meets every row of the other. Where that is meant, CROSS JOIN says so; where it is not,
a condition was forgotten. A comma in FROM is fine if WHERE ties the two sides together.
"""

from __future__ import annotations

from collections.abc import Iterator

from sqlglot import exp

from warehouse.lint.rule import Hit, Rule, Severity, Sql
from warehouse.query_facts import JoinFact, Select


def check(sql: Sql) -> Iterator[Hit]:
    for select in sql.analysis.selects:
        for join in select.joins:
            if join.plain and not _tied(sql, select, join):
                sources = select.scope.sources[join.left : join.right]
                label = sources[0].label if sources else "what is joined"
                yield Hit(
                    sql.offset(join.node),
                    f"{label} is joined without a condition",
                    "every row meets every row",
                    "add ON …, or write CROSS JOIN if it is meant",
                )


def _tied(sql: Sql, select: Select, join: JoinFact) -> bool:
    """Whether a condition of WHERE speaks of both sides."""
    where = select.node.args.get("where")
    if where is None:
        return False
    sources = select.scope.sources
    left = {id(source) for source in sources[: join.left]}
    right = {id(source) for source in sources[join.left : join.right]}
    stack = [where.this]
    while stack:
        node = stack.pop()
        if isinstance(node, exp.And | exp.Paren):
            stack += [part for part in (node.this, node.args.get("expression")) if part is not None]
            continue
        # A column that cannot be placed may be of either side.
        whose = {
            id(found[0]) if (found := sql.analysis.located.get(id(column))) else 0
            for column in node.find_all(exp.Column)
        }
        if (whose & left or 0 in whose) and (whose & right or 0 in whose):
            return True
    return False


RULE = Rule("W301", Severity.ERROR, check)
