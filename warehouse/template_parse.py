"""Templates read and compiled by Jinja, and the names that they use. Heavy: most need none of it."""

from __future__ import annotations

import functools
import re
from typing import Any

from jinja2 import Template, TemplateError, TemplateSyntaxError, nodes
from jinja2.meta import find_undeclared_variables

from warehouse.errors import Location, ProjectError
from warehouse.sandbox import make_sandbox

_NO_FILES = (nodes.Include, nodes.Import, nodes.FromImport, nodes.Extends)
_env = make_sandbox()


@functools.lru_cache(maxsize=512)
def parse(source: str, path: str, first_line: int = 1) -> nodes.Template:
    try:
        tree = _env.parse(source)
    except TemplateSyntaxError as error:
        line = error.lineno + first_line - 1
        shown = "\n" * (first_line - 1) + source
        raise ProjectError(
            f"the template cannot be read: {error.message}", where=place(path, shown, line, None)
        ) from None
    except RecursionError:
        raise ProjectError("the template is nested too deeply", where=Location(path)) from None
    for node in tree.find_all(_NO_FILES):
        raise ProjectError(
            "templates do not include or import files",
            where=place(path, "\n" * (first_line - 1) + source, node.lineno + first_line - 1, None),
            fix="macros of sql/macros/*.sql are known by their names: write {{ my_macro(…) }}",
        )
    return tree


@functools.lru_cache(maxsize=512)
def compile_template(source: str, path: str, marked: bool, first_line: int) -> Template:
    tree = parse(source, path, first_line)
    if marked:
        tree = _env.parse(source)
        for data in tree.find_all(nodes.TemplateData):
            data.data = _mark(data.data, data.lineno + first_line - 1)
    try:
        code = _env.compile(tree, filename=path)
    except TemplateSyntaxError as error:
        line = error.lineno + first_line - 1
        where = place(path, "\n" * (first_line - 1) + source, line, None)
        raise ProjectError(f"the template cannot be read: {error.message}", where=where) from None
    except (TemplateError, RecursionError, SyntaxError) as error:
        raise ProjectError(f"the template cannot be read: {error}", where=Location(path)) from None
    return Template.from_code(_env, code, {}, None)


def _mark(data: str, line: int) -> str:
    return "\n".join(f"\ue0f0{line + n}\ue0f1{part}" for n, part in enumerate(data.split("\n")))


@functools.lru_cache(maxsize=4096)
def tag(text: str) -> Template:
    return compile_template(text, "", False, 1)


@functools.lru_cache(maxsize=4096)
def used_in(tag: str) -> frozenset[str]:
    return used(parse(tag, ""))


def used(node: nodes.Node) -> frozenset[str]:
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


def place(path: str, text: str, line: int, word: str | None) -> Location:
    """Line ``line`` of ``text``; the column of ``word`` where it stands there or in the next few lines."""
    lines = text.split("\n")
    if word:
        for at in range(line, min(line + 10, len(lines) + 1)):
            match = re.search(rf"(?<![A-Za-z0-9_]){re.escape(word)}(?![A-Za-z0-9_])", lines[at - 1])
            if match:
                return Location(path, at, match.start() + 1, lines[at - 1].rstrip("\r"))
    shown = lines[line - 1].rstrip("\r") if line <= len(lines) else ""
    return Location(path, line, None, shown)


def macro_texts(text: str) -> dict[str, str]:
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
