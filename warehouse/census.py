"""The nodes of a query's tree by their type: found in one walk, and looked up by everyone after that."""

from __future__ import annotations

from sqlglot import exp

from warehouse.sqltext import Tree

Census = dict[type, list[Tree]]
"""Insides of hints, types, names and literals are left out. A stack of its own: a thousand ORs are a
thousand levels."""


def census(tree: Tree) -> Census:
    found: Census = {}
    roles = _ROLES
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
            role = roles[type(value)]
            if role == _NODE:
                push(value)
            elif role == _LIST:
                for item in value:
                    if roles[type(item)] == _NODE:
                        push(item)
    return found


_LEAF, _NODE, _LIST = 0, 1, 2


class _Roles(dict[type, int]):
    """What a value in the tree is, by type, found once for each."""

    def __missing__(self, kind: type) -> int:
        role = _LEAF
        if issubclass(kind, list):
            role = _LIST
        elif issubclass(kind, exp.Expr) and not issubclass(kind, _LEAVES):
            role = _NODE
        self[kind] = role
        return role


_LEAVES = (exp.Identifier, exp.Literal, exp.DataType, exp.Hint)
_ROLES = _Roles()
