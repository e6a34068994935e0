"""Partition values in names of directories and in predicates.

Python 3.9, standard library and pyspark only: it goes to clusters.
"""

from __future__ import annotations

from typing import Any
from urllib.parse import unquote

HIVE_DEFAULT_PARTITION = "__HIVE_DEFAULT_PARTITION__"
_UNSAFE = frozenset("\"#%'*/:=?\\\x7f{[]^") | frozenset(map(chr, range(1, 32)))


def escape(value: Any) -> str:
    """As Hive names a partition's directory (FileUtils.escapePathName)."""
    if value is None or value == "":
        return HIVE_DEFAULT_PARTITION
    return "".join(f"%{ord(c):02X}" if c in _UNSAFE else c for c in str(value))


def predicate(spec: str) -> str:
    parts = []
    for part in spec.split("/") if spec else []:
        column, _, value = part.partition("=")
        text = unquote(value).replace("\\", "\\\\").replace("'", "\\'")
        parts.append(f"CAST(`{column}` AS STRING) = '{text}'")
    return " AND ".join(parts) or "true"
