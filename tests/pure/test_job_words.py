"""What ``runner/job.py`` says again, because it imports nothing of ours, is what the tool says."""

from __future__ import annotations

import ast
from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st

from runner import job
from warehouse.names import escape_value


@given(st.text(min_size=1))
def test_partition_values_are_escaped_alike(value: str) -> None:
    assert job._escape(value) == escape_value(value)


def test_it_is_python_3_9_of_the_standard_library_and_pyspark() -> None:
    source = Path(job.__file__).read_text(encoding="utf-8")
    tree = ast.parse(source, feature_version=(3, 9))
    named = {
        (node.module if isinstance(node, ast.ImportFrom) else alias.name).partition(".")[0]
        for node in ast.walk(tree)
        if isinstance(node, ast.Import | ast.ImportFrom)
        for alias in node.names
    }
    ours = {"warehouse", "runner", "landing", "msgspec", "sqlglot", "jinja2", "boto3"}
    assert not named & ours
    assert named <= {
        "__future__", "argparse", "concurrent", "json", "os", "pathlib", "pyspark", "re", "sys", "time",
        "typing", "urllib",
    }  # fmt: skip
