"""``unquote`` reads every literal as Spark does."""

from __future__ import annotations

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from warehouse.tokens import literal, tokens, unquote

from .conftest import Spark
from .test_tokens import LITERALS

pytestmark = [pytest.mark.spark, pytest.mark.metastore]

PIECE = st.sampled_from(
    ["\\", "\\\\", "n", "u0041", "U0001F600", "U0000004", "u00e", "101", "400", "07", "Z", "0"]
)
PLAIN = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\\'\"\0"), max_size=3)
BODY = st.lists(PIECE | PLAIN | st.sampled_from(["%", "_", '\\"', "\\'", "\n"]), max_size=8).map("".join)
TEXTS = BODY.flatmap(lambda body: st.sampled_from([f"'{body}'", f'"{body}"', f"r'{body}'"]))


def one_literal(text: str) -> bool:
    try:
        return [token.kind for token in tokens(text)] == ["string"]
    except Exception:
        return False


@settings(max_examples=4, deadline=None, suppress_health_check=list(HealthCheck))
@given(st.lists(TEXTS.filter(one_literal), min_size=60, max_size=120))
def test_read_as_spark_does(spark: Spark, texts: list[str]) -> None:
    asked = [*LITERALS, *texts]
    columns = ", ".join(f"{text} AS c{number}" for number, text in enumerate(asked))
    assert spark(f"SELECT {columns}")[0] == [unquote(text) for text in asked]


@settings(max_examples=2, deadline=None, suppress_health_check=list(HealthCheck))
@given(st.lists(st.text(st.characters(exclude_categories=["Cs"]), max_size=5), min_size=50, max_size=100))
def test_what_we_write_spark_reads_back(spark: Spark, texts: list[str]) -> None:
    columns = ", ".join(f"{literal(text)} AS c{number}" for number, text in enumerate(texts))
    assert spark(f"SELECT {columns}")[0] == texts
