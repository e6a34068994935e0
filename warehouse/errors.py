"""The errors a user can cause or meet: data first, the sentence built at the edge."""

from __future__ import annotations

from typing import ClassVar, Protocol

import msgspec


class Location(msgspec.Struct, frozen=True):
    """A place in a project file. ``line`` and ``column`` count from 1; ``text`` is the line itself."""

    path: str
    line: int | None = None
    column: int | None = None
    text: str | None = None

    @staticmethod
    def at(path: str, source: str, offset: int) -> Location:
        """The place of code point ``offset`` (from 0) in ``source``, the text of ``path``."""
        offset = max(0, min(offset, len(source)))
        start = source.rfind("\n", 0, offset) + 1
        end = source.find("\n", offset)
        text = source[start : end if end >= 0 else len(source)].rstrip("\r")
        return Location(path, source.count("\n", 0, offset) + 1, offset - start + 1, text)

    def __str__(self) -> str:
        parts = [self.path]
        if self.line is not None:
            parts.append(str(self.line))
            if self.column is not None:
                parts.append(str(self.column))
        return ":".join(parts)

    def excerpt(self) -> str:
        """The line with a caret under the column, or an empty string where there is no line."""
        if self.text is None:
            return ""
        shown = self.text[:200]
        if self.column is None or self.column > len(shown) + 1:
            return f"    {shown}"
        pad = "".join("\t" if c == "\t" else " " for c in shown[: self.column - 1])
        return f"    {shown}\n    {pad}^"


class _Told(Protocol):
    @property
    def where(self) -> Location | None: ...
    @property
    def why(self) -> str | None: ...
    @property
    def fix(self) -> str | None: ...


def told(first: str, rest: _Told) -> str:
    """``first``, the line it is about, and below why it is so and what to do."""
    lines = [first]
    if rest.where and rest.where.text is not None:
        lines.append(rest.where.excerpt())
    if rest.why:
        lines.append(f"  why: {rest.why}")
    if rest.fix:
        lines.append(f"  fix: {rest.fix}")
    return "\n".join(lines)


class WarehouseError(Exception):
    """Base of every expected error.

    ``what`` happened, ``where`` in the project's files, ``why``, and ``fix``: what to do about it.
    ``exit_code`` is what the command line ends with.
    """

    exit_code: ClassVar[int] = 1

    def __init__(
        self, what: str, *, where: Location | None = None, why: str | None = None, fix: str | None = None
    ) -> None:
        super().__init__(what)
        self.what = what
        self.where = where
        self.why = why
        self.fix = fix

    def __str__(self) -> str:
        return told(f"{self.where}: {self.what}" if self.where else self.what, self)


class RunFailedError(WarehouseError):
    """A run or a check failed; what was published before is untouched."""

    exit_code = 1


class ProjectError(WarehouseError):
    """The project's files or the command's words are wrong; nothing was done."""

    exit_code = 2


class ConflictError(WarehouseError):
    """Somebody else holds the slice, or won the race for it."""

    exit_code = 3


class OutsideError(WarehouseError):
    """The outside world failed: metastore, store, Spark's start, AWS."""

    exit_code = 4


class LogError(OutsideError):
    """A table's log cannot be believed: a gap, a cut entry, or one from a newer version."""
