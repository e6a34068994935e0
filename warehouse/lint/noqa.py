"""A ``noqa`` without a reason, for a rule that does not exist, or where nothing is found.

``-- noqa: W101 the table has one partition`` on a line silences W101 there. The reason is for whoever reads
the line next year. In a macro it counts for the macro's line, wherever it is used.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator

import msgspec

_COMMENT = re.compile(
    r"--[ \t]*noqa\b(?:[ \t]*:[ \t]*([A-Za-z]\d+(?:[ \t]*,[ \t]*[A-Za-z]\d+)*))?[ \t:,-]*(.*?)[ \t]*\r?$",
    re.MULTILINE | re.IGNORECASE,
)


class Noqa(msgspec.Struct, frozen=True):
    """One comment. ``line`` counts from 1; ``offset`` is where it begins."""

    line: int
    offset: int
    codes: tuple[str, ...]
    reason: str


def comments(text: str) -> list[Noqa]:
    """All in ``text``."""
    if "noqa" not in text.lower():
        return []
    found = []
    for match in _COMMENT.finditer(text):
        codes = tuple(re.split(r"[ \t]*,[ \t]*", match[1].upper())) if match[1] else ()
        found.append(Noqa(text.count("\n", 0, match.start()) + 1, match.start(), codes, match[2]))
    return found


def faults(noqa: Noqa, known: Collection[str]) -> Iterator[tuple[str, str]]:
    """What is wrong with one, and what to do."""
    if not noqa.codes:
        yield "this noqa names no rule", "write -- noqa: W101 and the reason"
        return
    for code in noqa.codes:
        if code not in known:
            yield f"there is no rule {code}", "`warehouse lint --docs` lists the rules"
    if not noqa.reason:
        yield "this noqa gives no reason", f"write -- noqa: {', '.join(noqa.codes)} and the reason"
