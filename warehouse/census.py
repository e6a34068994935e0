"""The nodes of a query's tree by their type: found in one walk, and looked up by everyone after that."""

from __future__ import annotations

from sqlglot import exp

from warehouse.sqltext import Tree

Census = dict[type, list[Tree]]
"""Insides of hints, types, names and literals are left out. A stack of its own: a thousand ORs are a
thousand levels."""


def census(tree: Tree) -> Census:
    found: Census = {}
    leaves = _LEAVES
    stack = [tree]
    pop, push = stack.pop, stack.append
    while stack:
        node = pop()
        kind = type(node)
        if kind in found:
            found[kind].append(node)
        else:
            found[kind] = [node]
        for value in node.args.values():
            kind = type(value)
            if kind in leaves:
                continue
            if kind is list:
                for item in value:
                    if type(item) not in leaves and _is_node(item):
                        push(item)
            elif _is_node(value):
                push(value)
    return found


def _is_node(value: object) -> bool:
    """Whether it is looked into; what is not is remembered by its type."""
    if isinstance(value, exp.Expr):
        return True
    if type(value) is not list:
        _LEAVES.add(type(value))
    return False


_LEAVES: set[type] = {exp.Identifier, exp.Literal, exp.DataType, exp.Hint, type(None), bool, str}
