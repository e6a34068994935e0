"""Who makes the lake and who lands files do it with nothing but what ``warehouse iam`` prints."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError
from fixtures_s3 import s3_server
from tiny import Tiny

from tests.aws.amazon import copy_music
from tests.aws.gate import REGION, Gate, gate
from tests.aws.permissions import allowances

pytestmark = pytest.mark.s3
LAKE = "s3://a-new-lake/deep/lake"
ROLES = ("setup", "landing", "runner")
KEYS = {role: f"AKIA{role.upper():X<16}" for role in ROLES}
LAND = ("land", "music", "--generate", "--start", "2018-11-01", "--end", "2018-11-02")


@dataclass
class World:
    gate: Gate
    project: Tiny

    def client(self, role: str = "") -> Any:
        """The role's own; without one, that of somebody who may do everything."""
        return boto3.client(
            "s3", endpoint_url=self.gate.url, region_name=REGION,
            aws_access_key_id=KEYS.get(role, "AKIAADMIN"), aws_secret_access_key="x",
        )  # fmt: skip

    def command(self, role: str, *words: str, code: int = 0) -> str:
        with pytest.MonkeyPatch.context() as patch:
            patch.setenv("AWS_ACCESS_KEY_ID", KEYS[role])
            done = self.project(*words)
        assert done.code == code, f"{words}\n{done.text}\n{self.gate.refused[-3:]}"
        return done.text


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    copy_music(tmp_path)
    with s3_server() as url, gate(url) as front:
        made = World(front, Tiny(tmp_path, "music", "glue", {}))
        made.project.configure(
            {"lake": LAKE, "region": REGION, "endpoint": front.url},
            '[tool.warehouse.landing]\nmusic = "landing.music"\n',
        )
        printed = json.loads(made.project.ok("iam", "--json").out)
        for role in ROLES:
            front.roles[KEYS[role]] = (role, printed[role]["policies"])
        yield made


def test_the_lake_is_made_and_files_land(world: World) -> None:
    assert "made the bucket a-new-lake" in world.command("setup", "lake", "create")
    assert "there is the bucket" in world.command("setup", "lake", "create")
    assert ": 98 files written" in world.command("landing", *LAND)
    assert " 0 files written" in world.command("landing", *LAND)
    listed = world.client("landing").list_objects_v2(
        Bucket="a-new-lake", Prefix="deep/lake/music/raw_events/"
    )
    assert listed["KeyCount"] == 2
    assert not world.gate.refused
    for role, documents in world.gate.roles.values():
        of_use = {(sid, action) for who, sid, action in world.gate.used if who == role}
        assert role == "runner" or allowances(documents) == of_use, "nothing is allowed for nothing"


def test_neither_does_the_others_work(world: World) -> None:
    assert "not allowed to s3:CreateBucket" in world.command("runner", "lake", "create", code=4)
    assert "not allowed to s3:CreateBucket" in world.command("landing", "lake", "create", code=4)
    world.command("setup", "lake", "create")
    assert "not allowed to s3:GetObject" in world.command("setup", *LAND, code=4)
    assert "not allowed to" in world.command("runner", *LAND, code=4)
    for key in ("music/songplays/part", "_warehouse/tables/music.raw_events/log/00000001.json", "elsewhere"):
        with pytest.raises(ClientError, match="AccessDenied"):
            world.client("landing").put_object(Bucket="a-new-lake", Key=f"deep/lake/{key}", Body=b"")
    world.command("landing", *LAND)
    with pytest.raises(ClientError, match="AccessDenied"):
        world.client("landing").delete_object(
            Bucket="a-new-lake", Key="deep/lake/music/raw_events/dt=2018-11-01/2018-11-01-events.json"
        )
    assert "Contents" in world.client().list_objects_v2(Bucket="a-new-lake")
