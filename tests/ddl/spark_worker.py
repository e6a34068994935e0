"""Spark in a process of its own: reads one JSON request a line, answers each with one JSON line.

A test process can have one Spark only, and other tests want theirs with other settings. A request is
``[statement, …]``; the answer is ``{"rows": rows of the last one}`` or ``{"error": message}``.
"""

from __future__ import annotations

import json
import os
import sys
from typing import Any


def main() -> None:
    # What Spark prints itself must not end up among the answers.
    answers = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)
    from pyspark.sql import SparkSession

    builder = SparkSession.builder.master("local[2]").enableHiveSupport()
    for key, value in json.loads(sys.argv[1]).items():
        builder = builder.config(key, value)
    session: Any = builder.getOrCreate()
    for line in sys.stdin:
        try:
            rows: list[Any] = []
            for statement in json.loads(line):
                rows = [row.asDict(recursive=True) for row in session.sql(statement).collect()]
            answer: dict[str, Any] = {"rows": [list(row.values()) for row in rows]}
        except Exception as error:
            answer = {"error": str(error)}
        answers.write(json.dumps(answer, default=str) + "\n")
        answers.flush()
    session.stop()


if __name__ == "__main__":
    main()
