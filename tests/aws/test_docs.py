"""docs/aws.md and docs/s3.md are true: settings are read, commands exist, no setting is left out."""

from __future__ import annotations

import re
from pathlib import Path

import msgspec
import pytest

from runner.cli import COMMANDS
from warehouse.clusters import Emr, Nodes, Scaling, Serverless, Workers
from warehouse.config import Athena, load_config

DOCS = Path(__file__).resolve().parents[2] / "docs"
TEXT = (DOCS / "aws.md").read_text(encoding="utf-8")
BOTH = TEXT + (DOCS / "s3.md").read_text(encoding="utf-8")
BLOCKS = re.findall(r"```toml\n(.*?)```", BOTH, re.DOTALL)


@pytest.mark.parametrize("block", BLOCKS, ids=[re.split(r"[.\]]", block)[3] for block in BLOCKS])
def test_its_targets_are_read(block: str, tmp_path: Path) -> None:
    (tmp_path / "pyproject.toml").write_text(block)
    (target,) = load_config(tmp_path).targets.values()
    assert target.lake.startswith("s3://")


def test_its_commands_are_there() -> None:
    words = re.findall(
        r"^(?:\$|>  ) (?:AWS_PROFILE=\S+ )?warehouse (?:--target \S+ )?(\w+)", BOTH, re.MULTILINE
    )
    assert len(words) > 12
    assert set(words) <= set(COMMANDS)


@pytest.mark.parametrize(
    ("table", "kinds"),
    [
        ("emr", (Emr, Nodes, Scaling)),
        ("emr_serverless", (Serverless, Workers)),
        ("athena", (Athena,)),
    ],
)
def test_every_setting_is_told_in_its_table(table: str, kinds: tuple[type[msgspec.Struct], ...]) -> None:
    found = re.search(rf"^\| setting of `[^`]*\.{table}\]`.*?\n\n", TEXT, re.MULTILINE | re.DOTALL)
    assert found is not None
    first = re.findall(r"^\| (.*?) \|", found[0], re.MULTILINE)
    told = set(re.findall(r"`(\w+)`", " ".join(first)))
    (whole, *parts) = kinds
    assert told == set(whole.__struct_fields__)
    inner = set(re.findall(r"(\w+) =", found[0]))
    for part in parts:
        assert set(part.__struct_fields__) <= inner
