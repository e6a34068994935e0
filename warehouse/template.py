"""Templates: strict, sandboxed Jinja. What it gives is what Spark gets, byte for byte.

Every macro of ``sql/macros/*.sql`` is known by its name; nothing is imported or included. Jinja, which takes
50 ms to import, is loaded for the first template that is more than text with plain names in it.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from warehouse.errors import ProjectError
from warehouse.template_macros import NO_MACROS, Macros
from warehouse.template_names import KNOWN
from warehouse.template_text import LONGEST, pieces

__all__ = ["NO_MACROS", "Macros", "Rendered", "references", "render"]


@dataclass(frozen=True)
class Rendered:
    """A rendered template. ``source_line(n)`` is the file's line (from 1) that gave line ``n`` of the text.

    The map is made when it is first asked for, by rendering once more with marks in the template's text.
    """

    text: str
    path: str
    _lines: Callable[[], list[int]] = field(repr=False, compare=False)

    def source_line(self, line: int) -> int:
        lines = self._lines()
        return lines[max(1, min(line, len(lines))) - 1] if lines else line


def render(
    source: str,
    path: str,
    names: Mapping[str, Any],
    macros: Macros = NO_MACROS,
    *,
    first_line: int = 1,
    file_text: str | None = None,
) -> Rendered:
    """Render ``source``, which starts on line ``first_line`` of the file at ``path``.

    :class:`ProjectError` for whatever goes wrong inside, with the place in the file; ``file_text`` is the
    whole file, for showing its line (taken as ``source`` behind empty lines where it is not given).
    """
    shown = file_text if file_text is not None else "\n" * (first_line - 1) + source
    parts = pieces(source)
    if parts is not None and _fill(parts, names, macros):
        text = "".join(parts)
    else:
        from warehouse.template_run import run

        parts = None
        text = run(source, path, names, macros, shown, first_line, marked=False)

    @functools.cache
    def lines() -> list[int]:
        # Tags without a line's end, filled with texts without one, move no line.
        if parts is not None and text.count("\n") == source.count("\n") == _line_ends(parts[::2]):
            return [first_line + n for n in range(text.count("\n") + 1)]
        from warehouse.template_run import line_map, run

        return line_map(run(source, path, names, macros, shown, first_line, marked=True), text, first_line)

    return Rendered(text, path, lines)


def references(source: str, path: str = "<template>", macros: Macros = NO_MACROS) -> frozenset[str]:
    """What a template depends on: ``ds``, ``var.country``, ``macro:dedupe``, and what those macros use.

    ``var`` used as a whole, other than by a fixed name, is ``var.*``.
    """
    found: set[str] = set()
    parts = pieces(source)
    try:
        todo = {name for tag in parts[1::2] for name in _names_of(tag)} if parts is not None else None
    except ProjectError:
        todo = None
    if todo is None:
        from warehouse.template_parse import parse, used

        todo = set(used(parse(source, path)))
    while todo:
        name = todo.pop()
        if name in macros.home:
            if f"macro:{name}" not in found:
                found.add(f"macro:{name}")
                todo |= macros.uses(name)
        else:
            found.add(name)
    return frozenset(found)


def _names_of(tag: str) -> frozenset[str]:
    name = tag[2:-2].strip()
    if name in KNOWN and name != "var":
        return frozenset((name,))
    from warehouse.template_parse import used_in

    return used_in(tag)


def _fill(parts: list[str], names: Mapping[str, Any], macros: Macros) -> bool:
    """Put the tags' values in their places; False where one fails, for Jinja to tell its place."""
    if len(parts) > 1:
        found = (names.get(tag[2:-2].strip()) for tag in parts[1::2])
        values = [value for value in found if type(value) is str]
        if not macros.home and len(values) == len(parts) // 2:
            parts[1::2] = values
        else:
            from warehouse.template_run import fill

            if not fill(parts, names, macros):
                return False
    return sum(map(len, parts)) <= LONGEST


def _line_ends(texts: list[str]) -> int:
    return sum(text.count("\n") for text in texts)
