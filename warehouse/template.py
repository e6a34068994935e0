"""Templates: strict, sandboxed Jinja. What it gives is what Spark gets, byte for byte.

Every macro of ``sql/macros/*.sql`` is known by its name; nothing is imported or included.
"""

from __future__ import annotations

import difflib
import functools
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, NoReturn

from jinja2 import Template, TemplateError, TemplateSyntaxError, nodes
from jinja2.exceptions import SecurityError
from jinja2.meta import find_undeclared_variables

from warehouse.errors import Location, ProjectError
from warehouse.sandbox import LONGEST, MissingError, builtins, make_sandbox
from warehouse.template_names import KNOWN, Namespace
from warehouse.template_text import pieces

_NO_FILES = (nodes.Include, nodes.Import, nodes.FromImport, nodes.Extends)
_MARK = re.compile("\ue0f0([0-9]+)\ue0f1")
_env = make_sandbox()


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


class Macros:
    """The macros of a project, compiled. Made once; :class:`ProjectError` at the place of what is wrong."""

    def __init__(self, files: Mapping[str, str] | None = None) -> None:
        """``files``: path to text of ``sql/macros/*.sql``."""
        self.files = dict(files or {})
        self.home: dict[str, str] = {}
        """Macro name to path."""
        self._texts: dict[str, str] = {}
        self._uses: dict[str, frozenset[str]] = {}
        self._modules: list[Template] = []
        for path, text in self.files.items():
            self._add(path, text)

    def _add(self, path: str, text: str) -> None:
        tree = _parse(text, path)
        for node in tree.body:
            if isinstance(node, nodes.Macro):
                if node.name in self.home or node.name in KNOWN:
                    other = self.home.get(node.name)
                    raise ProjectError(
                        f"the macro `{node.name}` is defined twice"
                        if other
                        else f"`{node.name}` is a name of every template, no macro can have it",
                        where=_place(path, text, node.lineno, node.name),
                        why=f"{other} defines it too" if other else None,
                        fix="give it another name",
                    )
                self.home[node.name] = path
                self._uses[node.name] = _used(node)
        self._texts.update(_macro_texts(text))
        self._modules.append(_compile(text, path, False, 1))

    def text(self, name: str) -> str:
        """A macro as written, from ``{% macro`` to ``endmacro %}``."""
        return self._texts[name]

    def uses(self, name: str) -> frozenset[str]:
        return self._uses[name]

    def into(self, names: dict[str, Any]) -> None:
        """Add the macros to ``names``, which they see too: macros call each other across files."""
        for module in self._modules:
            made = module.make_module(names, shared=True)
            names.update((k, v) for k, v in vars(made).items() if self.home.get(k) == module.filename)


NO_MACROS = Macros()


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
        parts = None
        text = _run(source, path, names, macros, shown, first_line, marked=False)

    @functools.cache
    def lines() -> list[int]:
        # Tags without a line's end, filled with texts without one, move no line.
        if parts is not None and text.count("\n") == source.count("\n") == _line_ends(parts[::2]):
            return [first_line + n for n in range(text.count("\n") + 1)]
        return _line_map(_run(source, path, names, macros, shown, first_line, marked=True), text, first_line)

    return Rendered(text, path, lines)


def references(source: str, path: str = "<template>", macros: Macros = NO_MACROS) -> frozenset[str]:
    """What a template depends on: ``ds``, ``var.country``, ``macro:dedupe``, and what those macros use.

    ``var`` used as a whole, other than by a fixed name, is ``var.*``.
    """
    found: set[str] = set()
    parts = pieces(source)
    try:
        todo = {name for tag in parts[1::2] for name in _used_in(tag)} if parts is not None else None
    except ProjectError:
        todo = None
    if todo is None:
        todo = set(_used(_parse(source, path)))
    while todo:
        name = todo.pop()
        if name in macros.home:
            if f"macro:{name}" not in found:
                found.add(f"macro:{name}")
                todo |= macros.uses(name)
        else:
            found.add(name)
    return frozenset(found)


@functools.lru_cache(maxsize=4096)
def _used_in(tag: str) -> frozenset[str]:
    return _used(_parse(tag, ""))


def _used(node: nodes.Node) -> frozenset[str]:
    if isinstance(node, nodes.Template):
        tree = node
    else:
        tree = nodes.Template([node], lineno=1)
        tree.set_environment(_env)
    names = set(find_undeclared_variables(tree))
    if "var" in names:
        names.discard("var")
        whole = sum(1 for n in tree.find_all(nodes.Name) if n.name == "var")
        accesses: list[Any] = [*tree.find_all(nodes.Getattr), *tree.find_all(nodes.Getitem)]
        for access in accesses:
            if isinstance(access.node, nodes.Name) and access.node.name == "var":
                key = access.attr if isinstance(access, nodes.Getattr) else getattr(access.arg, "value", None)
                if isinstance(key, str):
                    names.add(f"var.{key}")
                    whole -= 1
        if whole:
            names.add("var.*")
    return frozenset(names)


def _fill(parts: list[str], names: Mapping[str, Any], macros: Macros) -> bool:
    """Put the tags' values in their places; False where one fails, for Jinja to tell its place."""
    if len(parts) == 1:
        return len(parts[0]) <= LONGEST
    scope = {**builtins(), **names}
    try:
        macros.into(scope)
        for place in range(1, len(parts), 2):
            value = scope.get(parts[place][2:-2].strip())
            if type(value) is str:
                parts[place] = value
            else:
                template = _tag(parts[place])
                context = template.new_context(scope, shared=True)
                parts[place] = "".join(_limited(template.root_render_func(context), False))
    except Exception:
        return False
    return sum(map(len, parts)) <= LONGEST


@functools.lru_cache(maxsize=4096)
def _tag(text: str) -> Template:
    return _compile(text, "", False, 1)


def _line_ends(texts: list[str]) -> int:
    return sum(text.count("\n") for text in texts)


# The compiled template, and what it does.


@functools.lru_cache(maxsize=512)
def _parse(source: str, path: str, first_line: int = 1) -> nodes.Template:
    try:
        tree = _env.parse(source)
    except TemplateSyntaxError as error:
        line = error.lineno + first_line - 1
        shown = "\n" * (first_line - 1) + source
        raise ProjectError(
            f"the template cannot be read: {error.message}", where=_place(path, shown, line, None)
        ) from None
    except RecursionError:
        raise ProjectError("the template is nested too deeply", where=Location(path)) from None
    for node in tree.find_all(_NO_FILES):
        raise ProjectError(
            "templates do not include or import files",
            where=_place(path, "\n" * (first_line - 1) + source, node.lineno + first_line - 1, None),
            fix="macros of sql/macros/*.sql are known by their names: write {{ my_macro(…) }}",
        )
    return tree


@functools.lru_cache(maxsize=512)
def _compile(source: str, path: str, marked: bool, first_line: int) -> Template:
    tree = _parse(source, path, first_line)
    if marked:
        tree = _env.parse(source)
        for data in tree.find_all(nodes.TemplateData):
            data.data = _mark(data.data, data.lineno + first_line - 1)
    try:
        code = _env.compile(tree, filename=path)
    except TemplateSyntaxError as error:
        line = error.lineno + first_line - 1
        where = _place(path, "\n" * (first_line - 1) + source, line, None)
        raise ProjectError(f"the template cannot be read: {error.message}", where=where) from None
    except (TemplateError, RecursionError, SyntaxError) as error:
        raise ProjectError(f"the template cannot be read: {error}", where=Location(path)) from None
    return Template.from_code(_env, code, {}, None)


def _mark(data: str, line: int) -> str:
    return "\n".join(f"\ue0f0{line + n}\ue0f1{part}" for n, part in enumerate(data.split("\n")))


def _run(
    source: str,
    path: str,
    names: Mapping[str, Any],
    macros: Macros,
    shown: str,
    first_line: int,
    *,
    marked: bool,
) -> str:
    template = _compile(source, path, marked, first_line)
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


def _line_map(marked: str, text: str, first_line: int) -> list[int]:
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
        where = _place(path, text, line, word) if line else Location(path)
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


def _place(path: str, text: str, line: int, word: str | None) -> Location:
    """Line ``line`` of ``text``; the column of ``word`` where it stands there or in the next few lines."""
    lines = text.split("\n")
    if word:
        for at in range(line, min(line + 10, len(lines) + 1)):
            match = re.search(rf"(?<![A-Za-z0-9_]){re.escape(word)}(?![A-Za-z0-9_])", lines[at - 1])
            if match:
                return Location(path, at, match.start() + 1, lines[at - 1].rstrip("\r"))
    shown = lines[line - 1].rstrip("\r") if line <= len(lines) else ""
    return Location(path, line, None, shown)


def _macro_texts(text: str) -> dict[str, str]:
    """Each top-level macro's text, from its opening block to its closing one."""
    found: dict[str, str] = {}
    parts: list[str] = []
    words: list[str] = []
    depth, name = 0, ""
    for _, token, value in _env.lex(text):
        if token == "block_begin":
            words = []
            parts = parts if depth else []
        parts.append(value)
        if token == "name":
            words.append(value)
            if words == ["macro"]:
                depth += 1
            elif words[0] == "macro" and len(words) == 2 and depth == 1:
                name = value
        elif token == "block_end" and words[:1] == ["endmacro"]:
            depth -= 1
            if depth == 0:
                found[name] = "".join(parts)
    return found
