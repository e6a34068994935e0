"""Statements cut, mixed and repeated at random: findings, never a traceback."""

from __future__ import annotations

import re
import tempfile
from pathlib import Path

from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from .test_against_spark import ACCEPTED, REJECTED
from .test_rules import found_in

WORDS = sorted({w for sql in (*ACCEPTED, *REJECTED) for w in re.findall(r"\w+|'[^']*'|\S", sql)})


@st.composite
def statements(draw: st.DrawFn) -> str:
    words = re.findall(r"\w+|'[^']*'|\S", draw(st.sampled_from((*ACCEPTED, *REJECTED))))
    for _ in range(draw(st.integers(1, 4))):
        place = draw(st.integers(0, len(words) - 1))
        match draw(st.integers(0, 3)):
            case 0 if len(words) > 3:
                del words[place]
            case 1:
                words.insert(place, draw(st.sampled_from(WORDS)))
            case 2:
                words[place] = draw(st.sampled_from(WORDS))
            case _:
                other = re.findall(r"\w+|'[^']*'|\S", draw(st.sampled_from(ACCEPTED)))
                words[place : place + 3] = other[: draw(st.integers(1, len(other)))]
    return " ".join(words)


@settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@example("SELECT k , year ( ) AS v FROM d . a")
@given(statements())
def test_never_a_traceback(sql: str) -> None:
    with tempfile.TemporaryDirectory() as directory:
        findings, _ = found_in(Path(directory), f"{sql}\n")
    for finding in findings:
        assert str(finding)
        assert finding.where.path
