"""Templates that are text with ``{{ expressions }}`` in it, which most are, cut at those.

Compiling a whole file costs Jinja a millisecond; its few expressions recur from file to file.
"""

from __future__ import annotations

import re

LONGEST = 4_000_000
"""Characters that a template, or one text in it, may have."""

# No braces, no backslash and no white space control inside: such a tag ends where it seems to.
_TAG = re.compile(r"(\{\{(?![-+])(?:[^{}'\"\\]|'[^'{}\\]*'|\"[^\"{}\\]*\")*(?<![-+])\}\})")
_OTHER = re.compile(r"\{[{%#]|\{\Z|\r")


def pieces(source: str) -> list[str] | None:
    """Text, tag, text, tag, …, text; None for a template that Jinja must read as a whole."""
    found = _TAG.split(source)
    for text in found[::2]:
        if ("{" in text or "\r" in text) and _OTHER.search(text):
            return None
    return found
