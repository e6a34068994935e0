"""What a log of Spark's driver says about its end, in a few lines."""

from __future__ import annotations

import re

from runner.job.redaction import redacted

_NOISE = re.compile(
    r"^\s*(?:at |\.\.\. \d+ more|File \"|\d\d/\d\d/\d\d \d\d:\d\d:\d\d (?:INFO|DEBUG|WARN) |\^|~)"
    r"|^\S+ \S+ (?:INFO|DEBUG|WARN) "
)
_TELLING = re.compile(
    r"(?:Exception|Error)\b|\bERROR\b|\bKilled\b|exited with|No such|not found|denied", re.I
)


def gist(text: str, most: int = 4) -> str:
    """The last lines that tell of an error, else the last lines; without stack frames, keys and accounts."""
    lines = [line.strip() for line in text.splitlines() if line.strip() and not _NOISE.match(line)]
    telling = [line for line in lines if _TELLING.search(line)]
    chosen = list(dict.fromkeys((telling or lines)[-most:]))
    return "\n       ".join(redacted(line)[:500] for line in chosen) or "it said nothing"
