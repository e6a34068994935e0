"""What a code fingerprint is made of beside the SQL: kept with what was published, to tell what changed."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping

import msgspec

from warehouse.fingerprint import code_fingerprint


class CodeParts(msgspec.Struct, frozen=True):
    """Texts of the macros that a template uses, and marks of its variables' and settings' values, by name.

    A value may be a secret: its mark tells that it is another one, and less of it than the fingerprint does.
    """

    macros: dict[str, str] = {}
    variables: dict[str, str] = {}
    settings: dict[str, str] = {}

    @staticmethod
    def of(macros: dict[str, str], variables: Mapping[str, str], settings: Mapping[str, str]) -> CodeParts:
        return CodeParts(macros, _marks(variables), _marks(settings))


def _marks(values: Mapping[str, str]) -> dict[str, str]:
    return {
        name: hashlib.blake2b(f"{name}={value}".encode("utf-8", "surrogatepass"), digest_size=4).hexdigest()
        for name, value in values.items()
    }


def changed_macros(body: str, old: CodeParts, new: CodeParts) -> list[str]:
    """Those whose change counts in the fingerprint of ``body``: that of a comment does not."""
    now = code_fingerprint(body, macros=new.macros)
    return [
        name
        for name in sorted(old.macros.keys() | new.macros.keys())
        if name not in old.macros
        or name not in new.macros
        or code_fingerprint(body, macros={**new.macros, name: old.macros[name]}) != now
    ]


def changes(old_body: str, old: CodeParts | None, body: str, new: CodeParts) -> Iterator[str]:
    """What differs, for people; without ``old`` only the SQL is looked at."""
    if code_fingerprint(old_body) != code_fingerprint(body):
        yield "the SQL"
    if old is None:
        return
    yield from (f"macro {name}" for name in changed_macros(body, old, new))
    for kind, before, now in (
        ("variable", old.variables, new.variables),
        ("setting", old.settings, new.settings),
    ):
        yield from (f"{kind} {n}" for n in sorted(before.keys() | now.keys()) if before.get(n) != now.get(n))
