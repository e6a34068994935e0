"""What Spark's errors say: the sentence, and the place in the statement.

Python 3.9, standard library and pyspark only: it goes to clusters.
"""

from __future__ import annotations

import re

from runner.job.redaction import redacted


class RefusedError(Exception):
    """The staged rows cannot be published; the message says why."""


_PLACES = (
    re.compile(r"== SQL(?: of [^(]*)?\s*\(line (\d+), position (\d+)\) =="),
    re.compile(r"\(line (\d+), pos(?:ition)? (\d+)\)"),
    re.compile(r"; line (\d+) pos (\d+)"),
)


def explain(error: BaseException) -> tuple[str, str, int, int]:
    """Spark's error as (sentence, class, line, column) of the statement; line 0 where it says none.

    S3 and Glue name the account in theirs, which is not for results, logs and terminals."""
    text = str(getattr(error, "desc", None) or error)
    java = getattr(error, "java_exception", None)
    if java is not None and not getattr(error, "desc", None):
        # Around what went wrong lie "stage failed" and "task failed while writing": the innermost says it.
        while java is not None:
            text = str(java.getMessage() or text)
            java = java.getCause()
    line, column = 0, 0
    for pattern in _PLACES:
        place = pattern.search(text)
        if place:
            line, column = int(place[1]), int(place[2])
            break
    if line == 1 and column <= 1:
        line = column = 0  # the whole statement, in Spark's words: no place
    # From a cluster the causes come as a stack trace only.
    inner = re.findall(r"[\w.$]+(?:Exception|Error): (.*?)\n\s+at ", text, re.DOTALL)
    sentence = (inner[-1] if inner else text).strip()
    sentence = re.split(r"\n\s*(?:== SQL|\tat |Driver stacktrace|'?[A-Z]\w+ .*\n[ :+])", sentence)[0]
    sentence = redacted(" ".join(sentence.split()), data=True)[:1000]
    try:
        kind = str(error.getErrorClass() or "")  # type: ignore[attr-defined]
    except Exception:
        kind = ""
    return sentence, kind or type(error).__name__, line, column


def of_statement(error: BaseException) -> bool:
    """Whether Spark refused the statement, before any row was read."""
    return any(kind.__name__ in ("AnalysisException", "ParseException") for kind in type(error).__mro__)
