"""The code fingerprint: what a table's SQL says, with all that changes no row left out."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Mapping
from functools import lru_cache

from warehouse.errors import ProjectError
from warehouse.tokens import jinja_tags, segments

# In the skeleton of a template a tag, a literal and a quoted name are one character each.
_TAG, _LITERAL, _QUOTED = "\1", "\2", "\3"
_MARKS = re.compile("[\1-\3]")
_SPACE = re.compile(r"[ \t\r\n]+")
# A space that keeps no two tokens apart. It stays beside a tag, whose text joins its neighbours, and
# between two literals: 'a''b' is one to Spark 4.
_NEEDLESS = re.compile(
    r" (?:(?<=[(),;] )|(?=[(),;])"
    r"|(?!\x01)(?<!\x01 )(?!(?<=\w )\w|(?<=\x02 )\x02|(?<=\d )\.|(?<=\. )\d|(?<=\d\. )\w"
    r"|(?<=[<=!] )[=>]|(?<=! )<|(?<=> )=|(?<=\| )\||(?<=- )[->]|(?<=: ):|(?<=/ )\*|(?<=\* )/))"
)
_INNER = re.compile(r"'(?:[^'\\]|\\.)*'|\"(?:[^\"\\]|\\.)*\"|\w+|\S", re.DOTALL)
_EDGES = re.compile(r"(\{[{%][-+]?)(.*?)([-+]?[}%]\})\Z", re.DOTALL)
# Texts that Jinja captures may end up inside a literal, where white space counts.
_CAPTURE = re.compile(r"\{%[-+]?\s*(?:call|filter|macro|set\s+[\w\s,.]+?[-+]?%\})")
_MACRO = re.compile(r"\{%[-+]?\s*macro\b")
# Names whose values can end no comment, so that a comment which speaks of them is still one.
_HARMLESS = re.compile(
    r"\{\{\s*(?:ds|ds_nodash|ts|hour|month|year|prev_ds|next_ds|start_ds|end_ds|start_ts|end_ts|env|lake)\s*\}\}"
)


class _NotSureError(Exception):
    """What is a literal and what is not depends on the template's tags."""


def code_fingerprint(
    body: str,
    *,
    macros: Mapping[str, str] | None = None,
    variables: Mapping[str, str] | None = None,
    settings: Mapping[str, str] | None = None,
) -> str:
    """Of a template's text, the macros and variables that it uses and the settings that change results.

    ``macros`` are their texts by name. Comments and white space outside literals count for nothing, hints
    and everything else do. Where a template hides what is a literal and what is not, its text counts as
    it stands: a rebuild too many, never one too few.
    """
    macros = macros or {}
    parts = ["code", *_code(body)]
    exact = bool(macros) and _in_literals([body, *macros.values()], macros)
    for name, text in sorted(macros.items()):
        parts += ["macro", name, *([text] if exact else _code(text, macro=True))]
    for kind, pairs in (("variable", variables), ("setting", settings)):
        for name, value in sorted((pairs or {}).items()):
            parts += [kind, name, value]
    digest = hashlib.blake2b(digest_size=16)
    for part in parts:
        data = part.encode("utf-8", "surrogatepass")
        digest.update(b"%d:%b" % (len(data), data))
    return digest.hexdigest()


def normalise(template: str, *, macro: bool = False) -> list[str]:
    """A template without comments and needless white space: a skeleton, then its tags and literals in order.

    :class:`ProjectError` where something does not end.
    """
    if _MARKS.search(template):
        raise _NotSureError
    if "{%" in template and _CAPTURE.search(_MACRO.sub("", template) if macro else template):
        raise _NotSureError
    text = _without_notes(template) if "{#" in template and "#}" in template else template
    skeleton, details = [], []
    for kind, part, _ in segments(text):
        if kind == "code":
            skeleton.append(part)
        elif kind == "comment":
            skeleton.append(" ")
            if "{" in part and jinja_tags().search(_HARMLESS.sub("", part)):
                skeleton.append(_TAG)
                details.append(part)
        elif kind == "jinja":
            skeleton.append(_TAG)
            details.append(_tag(part))
        else:
            skeleton.append(_LITERAL if kind == "string" else _QUOTED)
            details.append(_literal(part) if "{" in part else part)
    return [_NEEDLESS.sub("", _SPACE.sub(" ", "".join(skeleton)).strip(" ")), *details]


def _code(template: str, *, macro: bool = False) -> list[str]:
    try:
        parts = normalise(template, macro=macro)
    except (ProjectError, _NotSureError):
        parts = ["as it stands", template]
    return [str(len(parts)), *parts]


def _without_notes(template: str) -> str:
    return jinja_tags().sub(lambda m: m[0] if m["note"] is None else _strip_mark(m[0]), template)


def _strip_mark(note: str) -> str:
    """A note that also strips the white space beside it leaves its marks, as a tag would."""
    marks = "-" * note.startswith("{#-") + "-" * note.endswith("-#}")
    return f"{{{{'{marks}'}}}}" if marks else ""


@lru_cache(4096)
def _tag(tag: str) -> str:
    """A Jinja tag with one space between its tokens; a raw block as it is."""
    edges = _EDGES.match(tag)
    if edges is None or re.match(r"\{%[-+]?\s*raw\b", tag):
        return tag
    return " ".join([edges[1], *_INNER.findall(edges[2]), edges[3]])


@lru_cache(4096)
def _literal(part: str) -> str:
    """A literal as it is, but for the white space in its tags."""
    if "{%" in part and not _balanced(part):
        raise _NotSureError
    return jinja_tags().sub(lambda m: _tag(m[0]), part)


def _balanced(part: str) -> bool:
    """Whether the blocks that begin in ``part`` end in it."""
    depth = 0
    for match in jinja_tags().finditer(part):
        if match["statement"] is None:
            continue
        word = re.search(r"\w+", match[0])
        name = word[0] if word else ""
        if name.startswith("end"):
            depth -= 1
        elif name in {"if", "for", "with"}:
            depth += 1
        if depth < 0 or (name in {"else", "elif"} and depth == 0):
            return False
    return depth == 0


def _in_literals(texts: Iterable[str], macros: Mapping[str, str]) -> bool:
    """Whether a macro's result may stand inside a literal, so that its white space counts."""
    names = re.compile(r"\b(?:" + "|".join(map(re.escape, macros)) + r")\b")
    for text in texts:
        try:
            for kind, part, _ in segments(text):
                in_literal = kind in {"string", "quoted"} and "{" in part
                if in_literal and any(names.search(tag[0]) for tag in jinja_tags().finditer(part)):
                    return True
        except ProjectError:
            return True
    return False
