"""What ``runner/job`` says again, because it imports nothing of ``warehouse``, is what the tool says."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from runner.job import names
from warehouse.names import escape_value


@given(st.text(min_size=1))
def test_partition_values_are_escaped_alike(value: str) -> None:
    assert names.escape(value) == escape_value(value)
