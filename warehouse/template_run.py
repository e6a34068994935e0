"""Templates run by Jinja, and where in the project's files a run failed."""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, NoReturn

from jinja2 import Template
from jinja2.exceptions import SecurityError

from warehouse.errors import Location, ProjectError
from warehouse.sandbox import MissingError, builtins
from warehouse.template_macros import Macros
from warehouse.template_names import Namespace
from warehouse.template_parse import compile_template, place, tag
from warehouse.template_text import LONGEST

_MARK = re.compile("\ue0f0([0-9]+)\ue0f1")


def fill(parts: list[str], names: Mapping[str, Any], macros: Macros) -> bool:
    """Put the tags' values in their places; False where one fails, for :func:`run` to tell its place."""
    scope = {**builtins(), **names}
    try:
        macros.into(scope)
        for at in range(1, len(parts), 2):
            value = scope.get(parts[at][2:-2].strip())
            if type(value) is str:
                parts[at] = value
            else:
                template = tag(parts[at])
                context = template.new_context(scope, shared=True)
                parts[at] = "".join(_limited(template.root_render_func(context), False))
    except Exception:
        return False
    return True


def run(
    source: str,
    path: str,
    names: Mapping[str, Any],
    macros: Macros,
    shown: str,
    first_line: int,
    *,
    marked: bool,
) -> str:
    template = compile_template(source, path, marked, first_line)
    scope = {**builtins(), **names}
    where = _Where(path, shown, first_line, scope, macros)
    try:
        macros.into(scope)
        return "".join(_limited(template.root_render_func(template.new_context(scope, shared=True)), marked))
    except MissingError as error:
        where.missing(error)
    except RecursionError as error:
        where.fail(error, "a macro calls itself without an end")
    except SecurityError as error:
        where.fail(error, f"not allowed in a template: {error}")
    except Exception as error:
        where.fail(error, f"the template failed: {type(error).__name__}: {error}")


def _limited(chunks: Iterator[str], marked: bool) -> Iterator[str]:
    total = 0
    for chunk in chunks:
        total += len(chunk)
        if total > LONGEST * (2 if marked else 1):
            raise SecurityError(f"the rendered statement is longer than {LONGEST} characters")
        yield chunk


def line_map(marked: str, text: str, first_line: int) -> list[int]:
    """The source line of every line of ``text``, from the same rendering with marks."""
    if _MARK.sub("", marked) != text:
        # A filter saw the marks. Better a place near the right one than a wrong claim about the text.
        return [first_line + n for n in range(text.count("\n") + 1)]
    lines, current = [], first_line
    for line in marked.split("\n"):
        leading = re.match("(?:\\s*\ue0f0[0-9]+\ue0f1)+", line)
        if leading:
            current = int(_MARK.findall(leading[0])[-1])
        lines.append(current)
        later = _MARK.findall(line)
        if later:
            current = int(later[-1])
    return lines


@dataclass(frozen=True)
class _Where:
    """Where in the project a rendering failed, found from the traceback of the compiled template."""

    path: str
    shown: str
    first_line: int
    scope: Mapping[str, Any]
    macros: Macros

    def line(self, error: BaseException) -> tuple[str, str, int | None]:
        """Path, its text, and the line. The innermost frame that lies in a template counts."""
        found: tuple[str, str, int | None] = (self.path, self.shown, None)
        trace = error.__traceback__
        while trace is not None:
            template = trace.tb_frame.f_globals.get("__jinja_template__")
            if isinstance(template, Template):
                line = template.get_corresponding_lineno(trace.tb_lineno)
                path = template.filename or self.path
                if path == self.path:
                    found = (path, self.shown, line + self.first_line - 1)
                else:
                    found = (path, self.macros.files[path], line)
            trace = trace.tb_next
        return found

    def fail(
        self, error: BaseException, what: str, word: str | None = None, fix: str | None = None
    ) -> NoReturn:
        path, text, line = self.line(error)
        where = place(path, text, line, word) if line else Location(path)
        raise ProjectError(what, where=where, fix=fix) from None

    def missing(self, error: MissingError) -> NoReturn:
        name = error.missing
        if error.owner is None:
            near = difflib.get_close_matches(name, [*self.scope, *self.macros.home], 2, 0.6)
            self.fail(error, f"`{name}` is not defined", name, _suggest(near))
        if isinstance(error.owner, Namespace):
            near = difflib.get_close_matches(name, error.owner.keys(), 2, 0.6)
            fix = _suggest(near) or error.owner.hint
            self.fail(error, f"`{error.owner.name}.{name}` is not defined", name, fix)
        self.fail(error, f"`{name}` is not defined: {type(error.owner).__name__} has no such attribute", name)


def _suggest(near: list[str]) -> str | None:
    return f"did you mean {' or '.join(f'`{n}`' for n in near)}?" if near else None
