"""Tables in the order of their inputs, and selecting tables by dbt's words."""

from __future__ import annotations

import difflib
import fnmatch
import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

from warehouse.errors import ProjectError
from warehouse.names import TableName

Graph = Mapping[TableName, Sequence[TableName]]
"""Table to the tables that it reads; those without SQL may be missing as keys."""


class CircleError(ProjectError):
    """Tables read each other in a circle: each of ``circle`` reads the next, the last is the first."""

    def __init__(self, circle: Sequence[TableName]) -> None:
        super().__init__(
            f"tables read each other in a circle: {' -> '.join(map(str, circle))}",
            fix="let one of them read an earlier table; only a table's own past may be read in a circle",
        )
        self.circle = tuple(circle)


def ordered(graph: Graph) -> list[TableName]:
    """The keys of ``graph``, inputs before readers, by name where that leaves a choice.

    A table may read its own past; any other circle is a :class:`CircleError` that shows it.
    """
    done: dict[TableName, None] = {}
    for name in sorted(graph):
        _visit(graph, name, done)
    return list(done)


def with_preferences(graph: Graph, preferred: Graph) -> Graph:
    """``graph`` with those edges of ``preferred`` that make no circle: a better order, not a needed one."""
    made = {name: list(reads) for name, reads in graph.items()}
    for name in sorted(preferred):
        for other in preferred[name]:
            if other in made and other not in made[name] and name not in _reach(made, other):
                made[name].append(other)
    return made


def _reach(graph: Graph, start: TableName) -> set[TableName]:
    seen, todo = {start}, [start]
    while todo:
        for other in graph.get(todo.pop(), ()):
            if other not in seen:
                seen.add(other)
                todo.append(other)
    return seen


def _visit(graph: Graph, start: TableName, done: dict[TableName, None]) -> None:
    """Depth first, without recursion: a chain of tables may be longer than Python's stack."""
    path = {start: _others(graph, start)} if start not in done else {}
    while path:
        name, others = next(reversed(path.items()))
        other = next(others, None)
        if other is None:
            path.popitem()
            done[name] = None
        elif other in path:
            names = list(path)
            circle = [*names[names.index(other) :], other]
            raise CircleError(circle)
        elif other not in done:
            path[other] = _others(graph, other)


def _others(graph: Graph, name: TableName) -> Iterator[TableName]:
    """What ``name`` reads and comes before it."""
    return iter(sorted({other for other in graph[name] if other in graph and other != name}))


_TERM = re.compile(r"(?:(\d*)\+)?([^+]+?)(?:\+(\d*))?\Z")


def select(
    names: Iterable[TableName],
    terms: Sequence[str],
    exclude: Sequence[str],
    *,
    graph: Callable[[], Graph],
    method: Callable[[str, str], set[TableName]],
) -> list[TableName]:
    """Tables that any of ``terms`` names and none of ``exclude``; all of them without terms.

    A term is a database, a table, a glob, or ``method:value`` (``tag:daily``), with ``+`` before it for
    what it reads and behind it for its readers, and a number of steps if not all. ``graph`` and ``method``
    are asked only where a term needs them. :class:`ProjectError` for a term that names nothing.
    """
    everything = sorted(names)
    chosen = set(everything) if not terms else set()
    for term in terms:
        found = _resolve(term, everything, graph, method)
        if not found:
            near = difflib.get_close_matches(term.strip("+"), [str(n) for n in everything], 1, 0.75)
            raise ProjectError(
                f"nothing is selected by {term!r}" + (f" (did you mean {near[0]}?)" if near else ""),
                fix="`warehouse ls` lists the tables; write a database, a table, a glob or tag:…",
            )
        chosen |= found
    for term in exclude:
        chosen -= _resolve(term, everything, graph, method)
    return sorted(chosen)


def _resolve(
    term: str,
    names: Sequence[TableName],
    graph: Callable[[], Graph],
    method: Callable[[str, str], set[TableName]],
) -> set[TableName]:
    match = _TERM.match(term.strip())
    if match is None:
        raise ProjectError(f"{term!r} is not a selector", fix="write +music.songplays, music.*, tag:daily")
    before, core, after = match.groups()
    kind, colon, value = core.partition(":")
    if colon:
        found = method(kind, value)
    else:
        pattern = core if "." in core else f"{core}.*"
        found = {n for n in names if fnmatch.fnmatchcase(str(n), pattern)}
    if before is not None:
        found |= _walk(found, {n: list(r) for n, r in graph().items()}, int(before or 0), names)
    if after is not None:
        readers: dict[TableName, list[TableName]] = {}
        for name, reads in graph().items():
            for read in reads:
                readers.setdefault(read, []).append(name)
        found |= _walk(found, readers, int(after or 0), names)
    return found


def _walk(
    start: set[TableName],
    edges: Mapping[TableName, Sequence[TableName]],
    steps: int,
    names: Sequence[TableName],
) -> set[TableName]:
    """Everything reachable in ``steps`` (0: however many)."""
    seen, frontier, taken = set(start), set(start), 0
    while frontier and (steps == 0 or taken < steps):
        frontier = {n for f in frontier for n in edges.get(f, ())} - seen
        seen |= frontier
        taken += 1
    return seen.intersection(names)
