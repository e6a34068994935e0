"""Which tables a template may read, found without rendering or parsing it: a hint that costs little."""

from __future__ import annotations

import re

from warehouse.errors import ProjectError
from warehouse.tokens import segments

# In the skeleton of a template a tag that gives a text and one that gives none are one character each.
_GIVES, _RULES = "\1", "\2"
_JOINED = re.compile(r"\w\x02*\x01|\x01\x02*[\w\x01]|\w\x02+\w")
_CONSTANT = re.compile(r"'(?:[^'\\]|\\.)*'|\"(?:[^\"\\]|\\.)*\"", re.DOTALL)
_COMPUTED = re.compile(r"[~+%]|\b(?:format\b|replace\b|join\b(?!\(','\)))")
_NAME = re.compile(r"[\w.]*")
_RAW = re.compile(r"\{%[-+]?\s*raw\b")
_EDGE = re.compile(r"\{%[-+]?\s*(?:end)?macro\b")


def mentions(text: str, word: str) -> bool:
    """Whether ``word`` stands in ``text`` by itself. Both are in lower case."""
    return word in text and re.search(rf"(?<!\w){re.escape(word)}(?!\w)", text) is not None


def makes_up_names(template: str) -> bool:
    """Whether a name may come out of ``template`` that does not stand in it as one word: outside literals, a
    tag has text beside it (``daily_{{ x }}``), or puts texts together (``'dai' ~ x``)."""
    if "{" not in template:
        return False
    skeleton, strips = "", False
    try:
        for kind, part, _ in segments(template):
            if kind != "jinja" or _RAW.match(part):
                if kind == "quoted" and "{" in part:
                    return True
                text = part if kind in ("code", "jinja") else "'"
                skeleton += text.lstrip() if strips else text
                strips = strips and not text.strip()
                continue
            if not part.startswith("{#") and _computes(part):
                return True
            skeleton = (skeleton.rstrip() if part[2] == "-" else skeleton) + _mark(part)
            strips = part[-3] == "-"
    except ProjectError:
        return True
    return _JOINED.search(skeleton) is not None


def _computes(tag: str) -> bool:
    """Whether it puts texts together, other than with what cannot stand in a name: ``join(', ')``."""
    plain = _CONSTANT.sub(lambda m: "''" if _NAME.fullmatch(m[0][1:-1]) else "','", tag[2:-2].strip("-+"))
    return _COMPUTED.search(plain) is not None


def _mark(tag: str) -> str:
    """Of a tag in the skeleton. A macro's text joins none that stands beside its definition."""
    return _GIVES if tag.startswith("{{") else "'" if _EDGE.match(tag) else _RULES
