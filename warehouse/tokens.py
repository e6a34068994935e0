"""The tokens of Hive's and Spark's SQL and the segments of its templates, each with its offset.

Follows Spark 3.5's SqlBaseLexer: bracketed comments nest, ``--`` goes on after a backslash at the end of a
line, ``''`` inside a literal ends one literal and begins the next, ``/*+`` is a hint and not a comment.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from typing import NamedTuple

from warehouse.errors import Location, ProjectError

# What may repeat is matched once and never again (atomic): a literal that does not end costs one walk and not
# one for every way to cut it. As groups, since Python 3.11.2 matches possessive repetitions of them wrongly
# (gh-106052).
_SINGLE = r"'(?>(?:[^'\\]|\\.)*)'"
_DOUBLE = r'"(?>(?:[^"\\]|\\.)*)"'
_ATOM = rf"[^'\"{{}}]|{_SINGLE}|{_DOUBLE}"
# Jinja balances braces inside an expression: {{ {'a': {}} }} ends where it seems to. Three levels do.
_BRACES = rf"\{{(?>(?:{_ATOM}|\{{(?>(?:{_ATOM}|\{{(?>(?:{_ATOM})*)\}})*)\}})*)\}}"
_EXPRESSION = rf"\{{\{{(?>(?:{_ATOM}|{_BRACES})*)\}}\}}"
_RAW = r"\{%[-+]?\s*raw\s*[-+]?%\}.*?\{%[-+]?\s*endraw\s*[-+]?%\}"
_STATEMENT = rf"\{{%(?>(?:[^'\"%{{}}]|%(?!\}})|{_SINGLE}|{_DOUBLE}|{_BRACES})*)%\}}"
_NOTE = r"\{#.*?#\}"
_COMMENT = r"--(?>(?:\\\n|[^\r\n])*)|/\*(?!\+)(?>(?:[^*/]|\*(?!/)|/(?!\*(?!\+)))*)\*/"
_RAW_LITERAL = r"(?<!\w)[rR](?:'[^']*+'|\"[^\"]*+\")"
_QUOTED = r"`(?>(?:[^`]|``)*)`"
_OPEN = r"/\*(?!\+)|'|\"|`"


@cache
def jinja_tags() -> re.Pattern[str]:
    """One Jinja tag. Group ``note`` is a ``{# comment #}``, ``raw`` a whole raw block."""
    return re.compile(
        rf"(?P<raw>{_RAW})|(?P<statement>{_STATEMENT})|(?P<note>{_NOTE})|(?P<expression>{_EXPRESSION})",
        re.DOTALL,
    )


@cache
def _sql() -> re.Pattern[str]:
    return re.compile(
        rf"(?P<space>[ \t\r\n]++)|(?P<comment>{_COMMENT})"
        rf"|(?P<string>{_RAW_LITERAL}|{_SINGLE}|{_DOUBLE})|(?P<quoted>{_QUOTED})"
        r"|(?P<number>\d+(?!\w|\.)|(?:\d+\.\d*|\.\d+)(?:[eE][+-]?\d+)?\w*|\d+[eE][+-]\d+\w*)"
        rf"|(?P<word>\w+)|(?P<open>{_OPEN})"
        r"|(?P<punct>/\*\+|\*/|<=>|<=|>=|<>|!=|!<|!>|==|\|\||->|=>|::|.)",
        re.DOTALL,
    )


@cache
def _template() -> re.Pattern[str]:
    """All of a template but its plain code. A tag inside a literal may hold quotes of its own."""
    inside = rf"{_EXPRESSION}|{_STATEMENT}|{_NOTE}|"
    single, double = _SINGLE.replace("(?:", f"(?:{inside}"), _DOUBLE.replace("(?:", f"(?:{inside}")
    return re.compile(
        rf"(?P<comment>{_COMMENT})|(?P<jinja>{_RAW}|{_STATEMENT}|{_NOTE}|{_EXPRESSION})|(?P<broken>\{{[{{%#])"
        rf"|(?P<string>{_RAW_LITERAL}|{single}|{double})|(?P<quoted>{_QUOTED.replace('(?:', f'(?:{inside}')})"
        rf"|(?P<open>{_OPEN})",
        re.DOTALL,
    )


_COMMENT_EDGE = re.compile(r"/\*(?!\+)|\*/")
_OPENED = {"'": "literal", '"': "literal", "`": "quoted name"}


class Token(NamedTuple):
    """``kind`` is space, comment, string, quoted, number, word, punct or end; code or jinja in templates."""

    kind: str
    text: str
    offset: int

    @property
    def end(self) -> int:
        return self.offset + len(self.text)


def scan(text: str, path: str = "") -> Iterator[Token]:
    """Every token of a rendered statement, white space and comments too: their texts joined are ``text``.

    What is begun and not ended is a :class:`ProjectError`.
    """
    return _scan(_sql(), text, path)


def segments(template: str, path: str = "") -> Iterator[Token]:
    """A template's comments, literals, quoted names and Jinja tags; what is between them is kind ``code``.

    Their texts joined are ``template``. What is begun and not ended is a :class:`ProjectError`.
    """
    position = 0
    for token in _scan(_template(), template, path):
        if token.offset > position:
            yield Token("code", template[position : token.offset], position)
        yield token
        position = token.end
    if position < len(template):
        yield Token("code", template[position:], position)


def tokens(text: str, path: str = "") -> list[Token]:
    """The tokens that mean something: no white space, no comments."""
    found: list[Token] = []
    for match in _sql().finditer(text):
        kind = match.lastgroup or ""
        if kind == "open":
            return [token for token in scan(text, path) if token.kind not in {"space", "comment"}]
        if kind not in ("space", "comment"):
            found.append(Token(kind, match[0], match.start()))
    return found


def _scan(pattern: re.Pattern[str], text: str, path: str) -> Iterator[Token]:
    position = 0
    while position < len(text):
        for match in pattern.finditer(text, position):
            kind, found = match.lastgroup or "", match[0]
            if found == "/*":
                position = _nested_comment(text, match.start(), path)
                yield Token("comment", text[match.start() : position], match.start())
                break
            if kind in {"open", "broken"}:
                what = _OPENED.get(found, f"Jinja tag {found!r}")
                raise ProjectError(
                    f"this {what} does not end",
                    where=Location.at(path, text, match.start()),
                    fix=f"close the {what}",
                )
            yield Token(kind, found, match.start())
        else:
            return


def _nested_comment(text: str, start: int, path: str) -> int:
    depth = 0
    for edge in _COMMENT_EDGE.finditer(text, start):
        depth += 1 if edge[0] == "/*" else -1
        if not depth:
            return edge.end()
    raise ProjectError(
        "this comment does not end",
        where=Location.at(path, text, start),
        why="bracketed comments nest: each /* needs its own */",
        fix="close the comment",
    )


_ESCAPE = re.compile(r"\\(?:u([0-9a-fA-F]{4})|U([0-9a-fA-F]{8})|([01][0-7]{2})|(.))", re.DOTALL)
_ESCAPED = {"0": "\0", "b": "\b", "n": "\n", "r": "\r", "t": "\t", "Z": "\x1a", "%": "\\%", "_": "\\_"}


def unquote(literal: str) -> str:
    """What a string literal, or a name in backticks, says: Spark's ``unescapeSQLString``."""
    if literal[0] == "`":
        return literal[1:-1].replace("``", "`")
    if literal[0] in "rR":
        return literal[2:-1]
    if "\\" not in literal:
        return literal[1:-1]
    return _pairs(_ESCAPE.sub(_unescape, literal[1:-1]))


def _unescape(match: re.Match[str]) -> str:
    short, long, octal, other = match.groups()
    if short or long:
        code = int(short or long, 16)
        return chr(code) if code < 0x110000 else match[0][1:]
    return chr(int(octal, 8)) if octal else _ESCAPED.get(other, other)


def _pairs(text: str) -> str:
    """Surrogate pairs written as two \\u escapes are one character."""
    if any("\ud800" <= char <= "\udfff" for char in text):
        return text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    return text


_UNSAFE = re.compile(r"['\\]|[\x00-\x1f\x7f-\x9f\u2028\u2029]|\{(?=[{%#])")
_ESCAPES = {"'": "\\'", "\\": "\\\\", "\n": "\\n", "\t": "\\t", "\r": "\\r"}


def literal(text: str) -> str:
    """``text`` as a literal that Spark, Hive and :func:`unquote` read alike and that Jinja leaves alone."""
    body = _UNSAFE.sub(lambda m: _ESCAPES.get(m[0]) or f"\\u{ord(m[0]):04x}", text)
    return f"'{body}'"


END = Token("end", "", 0)


@dataclass
class Cursor:
    """A place in the tokens of one file, for a parser by hand."""

    text: str
    path: str
    index: int = 0

    def __post_init__(self) -> None:
        self.tokens = tokens(self.text, self.path)
        self.tokens.append(END._replace(offset=len(self.text.rstrip())))
        self.words = [t.text.upper() if t.kind in ("word", "punct") else "" for t in self.tokens]

    @property
    def next(self) -> Token:
        return self.tokens[self.index]

    def looks(self, *words: str) -> bool:
        """Whether the next tokens are these keywords or punctuation (upper case)."""
        if self.words[self.index] != words[0]:
            return False
        return len(words) == 1 or self.words[self.index : self.index + len(words)] == list(words)

    def take(self, *words: str) -> bool:
        """Step over these keywords, if they are next."""
        if self.looks(*words):
            self.index += len(words)
            return True
        return False

    def expect(self, *words: str) -> None:
        for word in words:
            if not self.take(word):
                raise self.unexpected(word)

    def step(self) -> Token:
        token = self.next
        self.index = min(self.index + 1, len(self.tokens) - 1)
        return token

    def error(
        self, what: str, at: int | Token | None = None, *, why: str | None = None, fix: str | None = None
    ) -> ProjectError:
        """An error at an offset or a token; without one, at the next token."""
        place = at if isinstance(at, int) else (at or self.next).offset
        where = Location.at(self.path, self.text, place) if self.path else None
        return ProjectError(what, where=where, why=why, fix=fix)

    def unexpected(self, wanted: str) -> ProjectError:
        found = repr(self.next.text) if self.next.kind != "end" else "the end of the file"
        return self.error(f"expected {wanted}, found {found}")
