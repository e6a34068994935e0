"""docs/aws.md is true: its settings are read, its commands exist, no setting is left out."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from runner.cli import COMMANDS
from warehouse.clusters import Emr
from warehouse.config import load_config

TEXT = (Path(__file__).resolve().parents[2] / "docs" / "aws.md").read_text(encoding="utf-8")
BLOCKS = re.findall(r"```toml\n(.*?)```", TEXT, re.DOTALL)


@pytest.mark.parametrize("block", BLOCKS, ids=[re.split(r"[.\]]", block)[3] for block in BLOCKS])
def test_its_targets_are_read(block: str, tmp_path: Path) -> None:
    (tmp_path / "pyproject.toml").write_text(block)
    (target,) = load_config(tmp_path).targets.values()
    assert target.lake.startswith("s3://")


def test_its_commands_are_there() -> None:
    words = re.findall(r"^\$ warehouse (?:--target \S+ )?(\w+)", TEXT, re.MULTILINE)
    assert len(words) > 8
    assert set(words) <= set(COMMANDS)


def test_every_setting_of_a_cluster_is_told() -> None:
    told = set(re.findall(r"`(\w+)`", TEXT[TEXT.index("## Clusters") :]))
    assert set(Emr.__struct_fields__) <= told
