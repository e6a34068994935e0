"""A rendered statement's text with its tokens, and where they stand in the file it came from."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from contextvars import ContextVar
from typing import Any, NoReturn

from sqlglot import TokenType
from sqlglot.dialects.spark import Spark
from sqlglot.errors import ParseError, SqlglotError, TokenError

from warehouse.errors import Location, ProjectError

_spark = Spark()

_tokenizer: ContextVar[Any] = ContextVar("tokenizer")
"""Each thread's own: what it reads is its state. Making one takes as long as a short statement's tokens."""
_LONGEST = 4_000_000
_BARE_JOINS = 10
_DEEPEST = 200
_WORD = re.compile(r"\w+\Z")

Token = Any
"""sqlglot's: ``start`` and ``end`` (inclusive) are code points."""
Tree = Any
"""A node of sqlglot's tree."""


class SqlText:
    """``text`` came from ``path``; ``source_line`` leads from its lines (from 1) to the file's."""

    def __init__(self, text: str, path: str, source_line: Callable[[int], int] | None = None) -> None:
        self.text = text
        self.path = path
        self.source_line = source_line

    def location(self, offset: int) -> Location:
        """The place of a code point: the file's line, the rendered line's column and text."""
        where = Location.at(self.path, self.text, offset)
        if self.source_line is None or where.line is None:
            return where
        return Location(self.path, self.source_line(where.line), where.column, where.text)

    def fail(self, offset: int, what: str, *, why: str | None = None, fix: str | None = None) -> NoReturn:
        raise ProjectError(what, where=self.location(offset), why=why, fix=fix)

    def tokens(self) -> list[Token]:
        """All tokens; :class:`ProjectError` for text that is none, too long or nested too deeply."""
        if len(self.text) > _LONGEST:
            self.fail(0, f"the statement is longer than {_LONGEST} characters")
        try:
            found = list(_own_tokenizer().tokenize(self.text))
        except TokenError as error:
            self._token_error(error)
        if self.text.count("(") + self.text.count("[") > _DEEPEST:
            self._check_depth(found)
        if self.text.upper().count("JOIN") > _BARE_JOINS:
            self._check_joins(found)
        return found

    def _check_depth(self, tokens: list[Token]) -> None:
        depth = 0
        for token in tokens:
            if token.text in ("(", "["):
                depth += 1
                if depth > _DEEPEST:
                    self.fail(token.start, f"the statement is nested deeper than {_DEEPEST} parentheses")
            elif token.text in (")", "]"):
                depth -= 1

    def _check_joins(self, tokens: list[Token]) -> None:
        """sqlglot looks twice at whatever follows a JOIN without a condition: thirty of them take hours."""
        bare, before, word = [0], [False], ""
        for token in tokens:
            last, word = word, str(token.text).upper()
            if word == "(":
                bare.append(0)
                before.append(False)
            elif word == ")" and len(bare) > 1:
                bare.pop()
                before.pop()
            elif word == "SELECT":
                bare[-1], before[-1] = 0, False
            elif word in ("ON", "USING"):
                before[-1] = False
            elif word == "JOIN" and last not in ("CROSS", "NATURAL"):
                bare[-1] += before[-1]
                before[-1] = True
                if bare[-1] > _BARE_JOINS:
                    self.fail(
                        token.start,
                        f"more than {_BARE_JOINS} joins have no ON and no USING",
                        fix="write CROSS JOIN where that is meant, else the condition behind each table",
                    )

    def _token_error(self, error: TokenError) -> NoReturn:
        offset = _unclosed(self.text)
        if offset is not None:
            self.fail(offset, "this text, name or comment is not closed")
        self.fail(0, "this is not SQL", why=str(error.__cause__ or error).splitlines()[0])

    def parse(self, tokens: Sequence[Token]) -> Tree:
        """The one tree of ``tokens``; :class:`ProjectError` with the place of what sqlglot cannot read."""
        parser = _spark.parser(error_message_context=len(self.text) + 1)
        try:
            trees = parser.parse(list(tokens), self.text)
        except ParseError as error:
            self._parse_error(error)
        except (SqlglotError, ValueError, TypeError, AttributeError, IndexError, KeyError) as error:
            # Fuzzed text makes the parser itself stumble.
            self.fail(tokens[0].start, "this statement cannot be parsed", why=f"{type(error).__name__}")
        except RecursionError:
            self.fail(tokens[0].start, "the statement is nested too deeply")
        if len(trees) != 1 or trees[0] is None:
            self.fail(tokens[0].start, "this is not one statement")
        return trees[0]

    def _parse_error(self, error: ParseError) -> NoReturn:
        details: dict[str, Any] = error.errors[0] if error.errors else {}
        offset = len(str(details.get("start_context") or ""))
        reason = _plain(str(details.get("description") or error))
        word = str(details.get("highlight") or "")
        fix = None
        if word.lower() == "values":
            fix = "if it is a column's name, put it in backticks: `values`"
        self.fail(offset, f"syntax error near {word!r}" if word else "syntax error", why=reason, fix=fix)


def _own_tokenizer() -> Any:
    found = _tokenizer.get(None)
    if found is None:
        found = _spark.tokenizer()
        _tokenizer.set(found)
    return found


def _unclosed(text: str) -> int | None:
    """Where the first text, name or comment opens that never closes."""
    position = 0
    while True:
        opening = re.compile(r"--|/\*|['\"`]").search(text, position)
        if opening is None:
            return None
        closing = _CLOSED[opening[0]].match(text, opening.start())
        if closing is None:
            return opening.start()
        position = closing.end()


_CLOSED = {
    "--": re.compile(r"--[^\n]*"),
    "/*": re.compile(r"/\*.*?\*/", re.DOTALL),
    "'": re.compile(r"'(?:[^'\\]|\\.)*'", re.DOTALL),
    '"': re.compile(r'"(?:[^"\\]|\\.)*"', re.DOTALL),
    "`": re.compile(r"`[^`]*`"),
}


def _plain(reason: str) -> str:
    """sqlglot's reasons, without its own insides."""
    reason = re.sub(
        r"but got <Token token_type: TokenType\.SENTINEL.*", "but the statement ends here", reason
    )
    reason = re.sub(r"<Token token_type: [^,]*, text: ([^,]*),.*?>", r"`\1`", reason)
    reason = reason.replace("Invalid expression / Unexpected token", "this does not fit here")
    match = re.match(r"Required keyword: '\w+' missing for <class '[\w.]*\.(\w+)'>", reason)
    return f"{match[1].upper()} lacks an operand here" if match else reason


_LITERALS = frozenset((TokenType.STRING, TokenType.NUMBER, TokenType.RAW_STRING))
NO_WORDS = _LITERALS | {TokenType.IDENTIFIER}


def is_name(token: Token) -> bool:
    """Whether a token can be a name: backticked, or a bare word (Spark reserves none outside ANSI mode)."""
    kind = token.token_type
    return kind == TokenType.IDENTIFIER or (kind not in _LITERALS and bool(_WORD.match(token.text)))


def word(token: Token) -> str:
    """A token as a keyword: upper case; empty for :data:`NO_WORDS`, names in backticks and literals."""
    return "" if token.token_type in NO_WORDS else str(token.text.upper())


def words_of(tokens: Sequence[Token]) -> list[str]:
    """Each token as :func:`word` gives it."""
    return ["" if token.token_type in NO_WORDS else token.text.upper() for token in tokens]
