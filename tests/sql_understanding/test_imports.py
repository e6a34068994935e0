"""What a command pays for: templates, front matter and windows read back from the log need no SQL parser."""

from __future__ import annotations

import subprocess
import sys

import pytest


@pytest.mark.parametrize("module", ["template", "template_names", "frontmatter", "windows"])
def test_no_sql_parser_is_imported(module: str) -> None:
    code = (
        f"import sys, warehouse.{module} as m\n"
        "from warehouse.contract import Column\n"
        "if hasattr(m, 'parse_window'):\n"
        "    columns = (Column('dt', 'string'), Column('hour', 'int'))\n"
        "    m.parse_window((\"dt BETWEEN 'a' AND 'b' AND hour IN (1, 2)\",), columns)\n"
        "assert 'sqlglot' not in sys.modules\n"
    )
    subprocess.run([sys.executable, "-c", code], check=True, timeout=60)
