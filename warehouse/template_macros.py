"""The macros of a project, which all its templates know by their names."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from warehouse.errors import ProjectError
from warehouse.template_names import KNOWN

if TYPE_CHECKING:
    from jinja2 import Template


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
        from jinja2 import nodes

        from warehouse.template_parse import compile_template, macro_texts, parse, place, used

        tree = parse(text, path)
        for node in tree.body:
            if isinstance(node, nodes.Macro):
                if node.name in self.home or node.name in KNOWN:
                    other = self.home.get(node.name)
                    raise ProjectError(
                        f"the macro `{node.name}` is defined twice"
                        if other
                        else f"`{node.name}` is a name of every template, no macro can have it",
                        where=place(path, text, node.lineno, node.name),
                        why=f"{other} defines it too" if other else None,
                        fix="give it another name",
                    )
                self.home[node.name] = path
                self._uses[node.name] = used(node)
        self._texts.update(macro_texts(text))
        self._modules.append(compile_template(text, path, False, 1))

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
