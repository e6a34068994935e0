"""The code behind what is published, kept beside the log so that a plan can tell what has changed since."""

from __future__ import annotations

import difflib
from collections.abc import Iterator

import msgspec

from runner.stores import Store
from warehouse.code_parts import CodeParts, changed_macros, changes
from warehouse.log import State
from warehouse.model import Model
from warehouse.names import TableName
from warehouse.plan import Decision, Reason


def keep_code(store: Store, model: Model) -> None:
    """Keep what the model's fingerprint is made of, unless it is kept. The SQL comes first: where the parts
    are, it is, too."""
    parts = _key(model.name, model.code, "parts.json")
    if store.read(parts) is None:
        store.put_if_absent(_key(model.name, model.code, "sql"), model.body.encode("utf-8"))
        store.put_if_absent(parts, msgspec.json.encode(model.code_parts))


class PublishedCode:
    """Compares a model with the code of published slices, of which each is read once."""

    def __init__(self, store: Store, model: Model, state: State) -> None:
        self.store = store
        self.model = model
        self.state = state
        self._kept: dict[str, tuple[str, CodeParts | None] | None] = {}
        self._changes: dict[str, str] = {}

    def explained(self, decision: Decision) -> Decision:
        """With what changed, where it runs for its code."""
        published = self.state.slices.get(decision.spec.path)
        if decision.reason is not Reason.CODE or published is None:
            return decision
        code = published.code
        if code not in self._changes:
            kept = self._read(code)
            told = changes(*kept, self.model.body, self.model.code_parts) if kept is not None else ()
            self._changes[code] = ", ".join(f"{what} changed" for what in told)
        return msgspec.structs.replace(decision, detail=self._changes[code])

    def diff(self) -> str:
        """What changed in the SQL and in macros since most of the published slices; empty where the old text
        is not kept."""
        codes = [s.code for s in self.state.slices.values() if s.code and s.code != self.model.code]
        kept = self._read(max(codes, key=codes.count)) if codes else None
        return "" if kept is None else "\n".join(self._lines(*kept))

    def _lines(self, body: str, parts: CodeParts | None) -> Iterator[str]:
        model = self.model
        yield from _unified(body, model.body, model.path)
        if parts is None:
            return
        new = model.code_parts
        for name in changed_macros(model.body, parts, new):
            path = model.macros.home.get(name, f"macro {name}")
            yield from _unified(parts.macros.get(name, ""), new.macros.get(name, ""), path)

    def _read(self, code: str) -> tuple[str, CodeParts | None] | None:
        if code not in self._kept:
            body = self.store.read(_key(self.model.name, code, "sql"))
            self._kept[code] = None if body is None else (body.decode("utf-8"), self._parts(code))
        return self._kept[code]

    def _parts(self, code: str) -> CodeParts | None:
        """None for code that an older version kept without them, or a newer one otherwise."""
        data = self.store.read(_key(self.model.name, code, "parts.json"))
        try:
            return None if data is None else msgspec.json.decode(data, type=CodeParts)
        except msgspec.DecodeError:
            return None


def _unified(old: str, new: str, path: str) -> Iterator[str]:
    before, after = old.splitlines(), new.splitlines()
    return difflib.unified_diff(before, after, "published", path, lineterm="", n=1)


def _key(table: TableName, code: str, kind: str) -> str:
    return f"_warehouse/tables/{table}/code/{code}.{kind}"
