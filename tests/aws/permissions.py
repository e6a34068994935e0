"""IAM's decision on one request, from policy documents."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from functools import cache
from typing import Any

Context = Mapping[str, str]


def decide(documents: Sequence[Any], action: str, resource: str, context: Context) -> str | None:
    """The Sid of a statement that allows it; None where none does, or one denies it."""
    found = None
    for statement in _statements(documents):
        matches = (
            _any(statement["Action"], action, fold=True)
            and _any(statement["Resource"], resource)
            and _holds(statement.get("Condition", {}), context)
        )
        if matches and statement["Effect"] == "Deny":
            return None
        if matches:
            found = found or str(statement["Sid"])
    return found


def allowances(documents: Sequence[Any]) -> set[tuple[str, str]]:
    """Sid and action of all that is allowed."""
    return {(s["Sid"], a) for s in _statements(documents) if s["Effect"] == "Allow" for a in s["Action"]}


def _statements(documents: Sequence[Any]) -> Iterator[Any]:
    for document in documents:
        yield from document["Statement"]


def _any(patterns: Sequence[str], text: str, fold: bool = False) -> bool:
    return any(_pattern(p.lower() if fold else p).fullmatch(text.lower() if fold else text) for p in patterns)


@cache
def _pattern(text: str) -> re.Pattern[str]:
    parts = (".*" if c == "*" else "." if c == "?" else re.escape(c) for c in text)
    return re.compile("".join(parts), re.DOTALL)


def _holds(condition: Mapping[str, Mapping[str, Any]], context: Context) -> bool:
    return all(
        _operator(operator, values, context.get(key))
        for operator, keys in condition.items()
        for key, values in keys.items()
    )


def _operator(operator: str, values: Any, given: str | None) -> bool:
    wanted = [values] if isinstance(values, str) else list(values)
    if operator == "Null":
        return (given is None) == (wanted == ["true"])
    if given is None:  # a key that the request does not have fulfils nothing
        return False
    if operator == "StringEquals":
        return given in wanted
    if operator == "StringLike":
        return _any(wanted, given)
    raise AssertionError(f"no policy of ours uses {operator}")
