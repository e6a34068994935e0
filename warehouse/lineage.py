"""Lineage across a project: which columns a column derives from, and which derive from it.

A column derives from those that stand in its expression, through CTEs, subqueries, unions and stars; what
only filters, joins or groups is not counted. What is not known is said with the reason, never guessed.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field

from warehouse.contract import Column
from warehouse.errors import ProjectError
from warehouse.model import Model
from warehouse.names import TableName
from warehouse.project import Project
from warehouse.query_analysis import analyse
from warehouse.query_facts import Analysis, Origin

Edges = Mapping[Origin, tuple[Origin, ...]]
"""A thing to what it derives from. Origins with an empty column stand for whole tables."""


def analyse_model(model: Model, columns_of: Callable[[TableName], tuple[Column, ...] | None]) -> Analysis:
    """The analysis of a model's statement, as rendered for the probing hour."""
    statement = model.statement
    return analyse(statement.text, statement.tree, columns_of)


def written_columns(model: Model) -> tuple[str, ...]:
    """The columns that the SELECT fills, in its order."""
    statement = model.statement
    dynamic = [item.column for item in statement.partition if item.value is None]
    return statement.columns or (*(column.name for column in model.contract.columns), *dynamic)


def column_origins(model: Model, analysis: Analysis) -> dict[str, tuple[Origin, ...]]:
    """What each column of a model's table derives from. A partition column with a fixed value: nothing."""
    output = analysis.output
    found: dict[str, tuple[Origin, ...]] = {c.name: () for c in model.contract.all_columns}
    wanted = written_columns(model)
    known = not output.open and len(output.values) == len(wanted)
    for place, name in enumerate(wanted):
        if known:
            found[name] = tuple(analysis.names(output.values[place][1]))
        else:
            found[name] = (Origin(None, output.open or "the SELECT does not give the table's columns"),)
    return found


class Lineage:
    """A project's lineage, read as far as it is asked for."""

    def __init__(self, project: Project) -> None:
        self.project = project
        self._columns: dict[TableName, dict[str, tuple[Origin, ...]]] = {}

    def columns_of(self, name: TableName) -> tuple[Column, ...] | None:
        contract = self.project.contract_or_none(name)
        return contract.all_columns if contract is not None else None

    def origins(self, thing: Origin) -> tuple[Origin, ...]:
        """What ``thing`` derives from directly."""
        if thing.table is None or not self.project.has_sql(thing.table):
            return ()
        model = self.project.model(thing.table)
        if not thing.column:
            return tuple(Origin(name, "") for name in model.inputs)
        if thing.table not in self._columns:
            self._columns[thing.table] = column_origins(model, analyse_model(model, self.columns_of))
        return self._columns[thing.table].get(thing.column, ())

    def readers(self, columns: bool) -> dict[Origin, tuple[Origin, ...]]:
        """Everything in the project, to what derives from it directly."""
        found: dict[Origin, list[Origin]] = {}
        for name in sorted(self.project.sql_files):
            model = self.project.model(name)
            things = (
                [Origin(name, c.name) for c in model.contract.all_columns] if columns else [Origin(name, "")]
            )
            for thing in things:
                for origin in self.origins(thing):
                    found.setdefault(origin, []).append(thing)
        return {thing: tuple(dict.fromkeys(others)) for thing, others in found.items()}

    def thing(self, text: str) -> Origin:
        """``db.table`` or ``db.table.column``; :class:`ProjectError` for what the project does not have."""
        parts = text.split(".")
        if len(parts) not in (2, 3):
            raise ProjectError(f"{text!r} is neither db.table nor db.table.column")
        name = TableName.parse(".".join(parts[:2]))
        self.project.require(name)
        if len(parts) == 2:
            return Origin(name, "")
        columns = [column.name for column in self.columns_of(name) or ()]
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
        yield from self._below("")

    def _below(self, indent: str) -> Iterator[str]:
        for place, node in enumerate(self.below):
            last = place == len(self.below) - 1
            note = f" ({node.note})" if node.note else ""
            yield f"{indent}{'└─ ' if last else '├─ '}{label(node.thing)}{note}"
            yield from node._below(indent + ("   " if last else "│  "))


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
