"""Lineage across a project: which columns a column derives from, and which derive from it.

A column derives from those that stand in its expression, through CTEs, subqueries, unions and stars; what
only filters, joins or groups is not counted. What is not known is said with the reason, never guessed.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field

from warehouse.contract import Column
from warehouse.errors import ProjectError
from warehouse.facts import UNREADABLE, TableFacts
from warehouse.names import TableName
from warehouse.origins import Origin
from warehouse.project import Project

FactsOf = Callable[[Sequence[TableName]], Iterable[TableFacts]]


class Lineage:
    """A project's lineage, read as far as it is asked for. ``facts`` are those that are kept, if any are."""

    def __init__(self, project: Project, facts: FactsOf | None = None) -> None:
        self.project = project
        self._find = facts or self._examined
        self._known: dict[TableName, TableFacts] = {}

    def _examined(self, names: Sequence[TableName]) -> list[TableFacts]:
        from warehouse.lint.run import examine

        return examine(self.project, names)

    def facts(self, names: Sequence[TableName]) -> list[TableFacts]:
        """:class:`ProjectError` where one of the tables cannot be read."""
        for one in self._find([name for name in names if name not in self._known]):
            for finding in one.findings:
                if not one.readable and finding.code == UNREADABLE[0]:
                    raise ProjectError(finding.what, where=finding.where, why=finding.why, fix=finding.fix)
            self._known[one.name] = one
        return [self._known[name] for name in names]

    def origins(self, thing: Origin) -> tuple[Origin, ...]:
        """What ``thing`` derives from directly."""
        if thing.table is None or not self.project.has_sql(thing.table):
            return ()
        (facts,) = self.facts([thing.table])
        if not thing.column:
            return tuple(Origin(TableName.parse(name), "") for name in facts.inputs)
        return tuple(map(Origin.parse, facts.lineage.get(thing.column, ())))

    def readers(self, columns: bool) -> dict[Origin, tuple[Origin, ...]]:
        """Everything in the project, to what derives from it directly."""
        found: dict[Origin, list[Origin]] = {}
        for facts in self.facts(sorted(self.project.sql_files)):
            things = [Origin(facts.name, c) for c in facts.columns] if columns else [Origin(facts.name, "")]
            for thing in things:
                for origin in self.origins(thing):
                    found.setdefault(origin, []).append(thing)
        return {thing: tuple(dict.fromkeys(others)) for thing, others in found.items()}

    def columns_of(self, name: TableName) -> tuple[Column, ...]:
        contract = self.project.contract_or_none(name)
        return contract.all_columns if contract is not None else ()

    def thing(self, text: str) -> Origin:
        """``db.table`` or ``db.table.column``; :class:`ProjectError` for what the project does not have."""
        parts = text.split(".")
        if len(parts) not in (2, 3):
            raise ProjectError(f"{text!r} is neither db.table nor db.table.column")
        name = TableName.parse(".".join(parts[:2]))
        self.project.require(name)
        if len(parts) == 2:
            return Origin(name, "")
        columns = [column.name for column in self.columns_of(name)]
        if parts[2] not in columns:
            raise ProjectError(
                f"{name} has no column {parts[2]!r}", fix=f"its columns are: {', '.join(columns)}"
            )
        return Origin(name, parts[2])

    def upstream(self, thing: Origin) -> Node:
        return _tree(thing, self.origins)

    def downstream(self, thing: Origin) -> Node:
        readers = self.readers(bool(thing.column))
        return _tree(thing, lambda other: readers.get(other, ()))


@dataclass
class Node:
    """A thing with what it leads to. ``note`` says why it is not followed further."""

    thing: Origin
    below: list[Node] = field(default_factory=list)
    note: str = ""

    def edges(self) -> Iterator[tuple[Origin, Origin]]:
        """Each pair of a thing and what it leads to, once."""
        seen: dict[tuple[Origin, Origin], None] = {}
        stack = [self]
        while stack:
            node = stack.pop()
            for below in node.below:
                seen[node.thing, below.thing] = None
                stack.append(below)
        return iter(seen)

    def lines(self) -> Iterator[str]:
        """As a tree for people."""
        yield label(self.thing)
        todo = list(reversed(self._rows("")))
        while todo:  # not recursion: a chain of tables may be longer than Python's stack
            indent, node, last = todo.pop()
            note = f" ({node.note})" if node.note else ""
            yield f"{indent}{'└─ ' if last else '├─ '}{label(node.thing)}{note}"
            todo += reversed(node._rows(indent + ("   " if last else "│  ")))

    def _rows(self, indent: str) -> list[tuple[str, Node, bool]]:
        """What it leads to, as rows of the tree; the last one is told."""
        return [(indent, node, node is self.below[-1]) for node in self.below]


def label(thing: Origin) -> str:
    return str(thing) if thing.column else str(thing.table)


def _tree(start: Origin, step: Callable[[Origin], tuple[Origin, ...]]) -> Node:
    root = Node(start)
    seen = {start}
    todo = [root]
    while todo:
        node = todo.pop(0)
        for thing in sorted(step(node.thing), key=label):
            below = Node(thing)
            node.below.append(below)
            if thing == node.thing:
                below.note = "its own past"
            elif thing in seen:
                below.note = "shown elsewhere" if step(thing) else ""
            else:
                seen.add(thing)
                todo.append(below)
    return root


def mermaid(edges: list[tuple[Origin, Origin]], start: Origin) -> str:
    """Edges (from, to) as a Mermaid flowchart, columns in a box for each table."""
    things = list(dict.fromkeys([start, *(thing for edge in edges for thing in edge)]))
    ids = {thing: f"n{number}" for number, thing in enumerate(things)}
    lines = ["flowchart LR"]
    tables: dict[TableName | None, list[Origin]] = {}
    for thing in things:
        tables.setdefault(thing.table, []).append(thing)
    for number, (table, inside) in enumerate(tables.items()):
        if table is None or not inside[0].column:
            lines += [f'  {ids[thing]}["{_plain(label(thing))}"]' for thing in inside]
            continue
        lines.append(f'  subgraph t{number}["{table}"]')
        lines += [f'    {ids[thing]}["{thing.column}"]' for thing in inside]
        lines.append("  end")
    lines += [f"  {ids[a]} --> {ids[b]}" for a, b in edges]
    return "\n".join(lines)


def _plain(text: str) -> str:
    return text.replace('"', "'")
