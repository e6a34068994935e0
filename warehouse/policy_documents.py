"""IAM's policy documents: statements, and as few documents as hold them."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

LONGEST = 6144
"""Characters of a managed policy, white space not counted (IAM's quotas)."""

Json = dict[str, Any]


def size(document: Json) -> int:
    """As IAM counts it."""
    return len(json.dumps(document, separators=(",", ":"), ensure_ascii=False))


def allow(sid: str, actions: Sequence[str], resources: Sequence[str], condition: Json | None = None) -> Json:
    return _statement("Allow", sid, actions, resources, condition)


def deny(sid: str, actions: Sequence[str], resources: Sequence[str], condition: Json | None = None) -> Json:
    return _statement("Deny", sid, actions, resources, condition)


def _statement(
    effect: str, sid: str, actions: Sequence[str], resources: Sequence[str], condition: Json | None
) -> Json:
    found: Json = {
        "Sid": sid, "Effect": effect, "Action": list(dict.fromkeys(actions)),
        "Resource": list(dict.fromkeys(resources)),
    }  # fmt: skip
    return found | ({"Condition": condition} if condition else {})


def documents(statements: Sequence[Json]) -> tuple[Json, ...]:
    """As few documents as hold them in this order; a statement that is too long becomes several."""
    filled = [s for s in statements if s["Resource"]]
    parts = [part for statement in filled for part in _parts(statement)]
    found: list[Json] = []
    for part in parts:
        if found and size(_document([*found[-1]["Statement"], part])) <= LONGEST:
            found[-1]["Statement"].append(part)
        else:
            found.append(_document([part]))
    return tuple(found)


def _document(statements: list[Json]) -> Json:
    return {"Version": "2012-10-17", "Statement": statements}


def _parts(statement: Json, sid: str = "") -> list[Json]:
    sid = sid or statement["Sid"]
    if size(_document([statement])) <= LONGEST:
        return [{**statement, "Sid": sid}]
    prefixes = statement.get("Condition", {}).get("StringLike", {}).get("s3:prefix", ())
    halves = []
    if len(prefixes) > len(statement["Resource"]):
        for some in _halves(prefixes):
            halves.append({**statement, "Condition": {"StringLike": {"s3:prefix": some}}})
    else:
        halves = [{**statement, "Resource": some} for some in _halves(statement["Resource"])]
    return [part for n, half in enumerate(halves, 1) for part in _parts(half, f"{sid}{n}")]


def _halves(items: Sequence[str]) -> tuple[list[str], list[str]]:
    middle = len(items) // 2
    return list(items[:middle]), list(items[middle:])
