"""YAML of ours, read by hand from its nodes: every complaint needs the line and column of its key.

Anchors are refused (a few lines of them unfold to gigabytes), and so are tags and deep nesting.
"""

from __future__ import annotations

import difflib
from collections.abc import Iterable
from enum import StrEnum
from typing import Any, NoReturn, TypeVar

import yaml

from warehouse.errors import Location, ProjectError

DEEPEST = 12
LONGEST = 65_536

Node = Any
"""A composed yaml node; PyYAML's stubs know too little of them."""

Word = TypeVar("Word", bound=StrEnum)


class NodeReader:
    """Reads the YAML that stands in ``text`` (all of ``path``) from ``offset`` on. ``what`` names it."""

    def __init__(self, text: str, path: str, offset: int, what: str) -> None:
        self.text = text
        self.path = path
        self.offset = offset
        self.what = what
        self.line = text.count("\n", 0, offset)
        self.lines = text.split("\n")

    def fail(self, node: Node, what: str, *, why: str | None = None, fix: str | None = None) -> NoReturn:
        raise ProjectError(what, where=self.place(node.start_mark), why=why, fix=fix)

    def place(self, mark: Any) -> Location:
        line = self.line + mark.line
        shown = self.lines[line].rstrip("\r") if line < len(self.lines) else ""
        return Location(self.path, line + 1, mark.column + 1, shown)

    def compose(self, written: str) -> Node:
        loader: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
        try:
            self.refuse_tricks(yaml.parse(written, Loader=loader))
            return yaml.compose(written, Loader=loader)
        except yaml.MarkedYAMLError as error:
            mark = error.problem_mark or error.context_mark
            raise ProjectError(
                f"{self.what} is not YAML: {error.problem or error.context}",
                where=self.place(mark) if mark else Location.at(self.path, self.text, self.offset),
            ) from None
        except (yaml.YAMLError, ValueError) as error:
            raise ProjectError(
                f"{self.what} is not YAML: {' '.join(str(error).split())}",
                where=Location.at(self.path, self.text, self.offset),
            ) from None

    def refuse_tricks(self, events: Iterable[Any]) -> None:
        """Depth, anchors, tags. Events come one by one; the C composer recurses until it crashes."""
        depth = 0
        for event in events:
            if getattr(event, "anchor", None) is not None:
                self.fail(event, "anchors and aliases are not allowed here", fix="write the value twice")
            if getattr(event, "tag", None) is not None and event.tag != "!":
                self.fail(event, "tags are not allowed here", fix="leave the `!` word out")
            if isinstance(event, yaml.CollectionStartEvent):
                depth += 1
                if depth > DEEPEST:
                    self.fail(event, f"{self.what} is nested too deeply")
            elif isinstance(event, yaml.CollectionEndEvent):
                depth -= 1

    def mapping(
        self, node: Node, what: str, allowed: Iterable[str] | None = None
    ) -> dict[str, tuple[Node, Node]]:
        """Key to (key's node, value's node); unknown and doubled keys are complained about."""
        if not isinstance(node, yaml.MappingNode):
            self.fail(node, f"{what} must be a mapping, not {kind_of(node)}", fix="write `key: value` lines")
        found: dict[str, tuple[Node, Node]] = {}
        known = tuple(allowed) if allowed is not None else None
        for key, value in node.value:
            name = key.value if isinstance(key, yaml.ScalarNode) else ""
            if not name:
                self.fail(key, f"a key of {what} must be a word")
            if known is not None and name not in known:
                near = difflib.get_close_matches(name, known, 1)
                fix = f"did you mean `{near[0]}`?" if near else f"known are: {', '.join(known)}"
                self.fail(key, f"unknown key `{name}` in {what}", fix=fix)
            if name in found:
                self.fail(key, f"`{name}` stands twice in {what}")
            found[name] = (key, value)
        return found

    def items(self, node: Node, what: str) -> list[Node]:
        if not isinstance(node, yaml.SequenceNode):
            self.fail(node, f"`{what}` must be a list, not {kind_of(node)}", fix=f"write {what}: [a, b]")
        return list(node.value)

    def scalar(self, node: Node, what: str) -> str:
        """The text of a scalar that is no null."""
        if not isinstance(node, yaml.ScalarNode) or tag_of(node) == "null":
            self.fail(node, f"`{what}` must be a single value, not {kind_of(node)}")
        return str(node.value)

    def string(self, node: Node, what: str) -> str:
        text = self.scalar(node, what)
        if tag_of(node) not in ("str", "timestamp"):
            self.fail(node, f"`{what}` must be text, not {kind_of(node)}", fix=f'put it in quotes: "{text}"')
        return text

    def strings(self, node: Node, what: str) -> tuple[str, ...]:
        found = tuple(self.string(item, what) for item in self.items(node, what))
        if len(set(found)) != len(found):
            self.fail(node, f"`{what}` names something twice")
        return found

    def one_of(self, node: Node, what: str, words: type[Word]) -> Word:
        text = self.scalar(node, what)
        try:
            return words(text)
        except ValueError:
            allowed = ", ".join(word.value for word in words)
            self.fail(node, f"`{what}` cannot be {text!r}", fix=f"one of: {allowed}")


def tag_of(node: Node) -> str:
    return str(node.tag).removeprefix("tag:yaml.org,2002:")


def kind_of(node: Node) -> str:
    if isinstance(node, yaml.MappingNode):
        return "a mapping"
    if isinstance(node, yaml.SequenceNode):
        return "a list"
    words = {"null": "nothing", "int": "a number", "float": "a number", "bool": "a truth value"}
    return words.get(tag_of(node), "text")
