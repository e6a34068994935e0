"""Source files as others hand them over: gzipped or not, in Latin-1, with lines of any length."""

from __future__ import annotations

import gzip
import re
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO, cast

from warehouse.errors import Location, ProjectError

LONGEST = 1024 * 1024
"""Bytes of a line that are read at once: a longer one comes in pieces, the last with its end."""

_GZIP = b"\x1f\x8b"
_UTF8_MARK = b"\xef\xbb\xbf"
_UTF16_MARKS = (b"\xff\xfe", b"\xfe\xff")
_UTF8_LETTER = re.compile(rb"[\xc2-\xdf][\x80-\xbf]|[\xe0-\xef][\x80-\xbf]{2}|[\xf0-\xf4][\x80-\xbf]{3}")
_NO_LETTER = re.compile(rb"[\x81\x8d\x8f\x90\x9d]")


def unpacked(path: Path) -> BinaryIO:
    """The file's bytes, those inside where it is gzipped, whatever its name says."""
    with path.open("rb") as file:
        is_gzip = file.read(2) == _GZIP
    return cast(BinaryIO, gzip.open(path)) if is_gzip else path.open("rb")


def lines(file: BinaryIO, path: Path) -> Iterator[bytes]:
    """The lines of a file with their ends, without the byte order mark, each at most :data:`LONGEST` at once.

    :class:`ProjectError` where it cannot be read to its end, or is UTF-16.
    """
    try:
        first = file.readline(LONGEST)
        if first.startswith(_UTF16_MARKS) and b"\0" in first:  # else it is a line of garbage
            raise ProjectError(
                f"{path.name} is UTF-16, which is not read",
                where=Location(str(path), 1),
                fix=f"iconv -f UTF-16 -t UTF-8 {path.name}",
            )
        while first.startswith(_UTF8_MARK):
            first = first.removeprefix(_UTF8_MARK)
        if first:
            yield first
        while line := file.readline(LONGEST):
            yield line
    except (OSError, EOFError, zlib.error) as error:
        raise ProjectError(f"{path.name} cannot be read: {error}", where=Location(str(path))) from None


def text(line: bytes, errors: str) -> str:
    """UTF-8; a line that is none and has no letter of it is Latin-1, as Windows writes it. ``errors`` says
    what becomes of wrong bytes elsewhere."""
    try:
        return line.decode()
    except UnicodeDecodeError:
        if _UTF8_LETTER.search(line) or _NO_LETTER.search(line):
            return line.decode("utf-8", errors)
        return line.decode("cp1252")
