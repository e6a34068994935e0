"""The music warehouse with three days of files, on Spark or an engine that only says what rows there would
be."""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Callable, Iterator, Sequence
from datetime import date
from pathlib import Path
from typing import ClassVar

from tiny import Tiny

from landing.music import generated
from runner.engines import Rows
from runner.engines.local import LocalEngine
from runner.lake import Lake
from tests.domain_session import ROOT
from warehouse.manifest import Manifest, Result, StagedPartition

START, END = "2018-11-09", "2018-11-11"
DAYS = ("2018-11-09", "2018-11-10", "2018-11-11")
RANGE = ("--start", START, "--end", END)

Run = tuple[str, str]
"""Table and slice (``dt=…``, empty for a snapshot)."""


class SayingEngine:
    """Gives each slice rows that follow from what was read and from ``salt`` of the table: a statement that
    says something else is a new salt. ``asked`` are the slices of all jobs, in order."""

    salt: ClassVar[dict[str, str]] = {}
    asked: ClassVar[list[Run]] = []

    def __init__(self, lake: Lake) -> None:
        self.lake = lake

    def run(self, manifests: Sequence[Manifest], *, jobs: int = 1) -> Iterator[Result]:
        for manifest in manifests:
            table = manifest.table.partition(".")[2]
            type(self).asked += [(table, spec) for spec in manifest.slices]
            yield Result(manifest.run_id, tuple(self._staged(manifest, table)))

    def _staged(self, manifest: Manifest, table: str) -> Iterator[StagedPartition]:
        for spec in manifest.slices:
            inputs = [read.digest for read in manifest.stamps[spec].inputs]
            said = repr([table, self.salt.get(table), inputs, spec]).encode()
            place = manifest.staging.directory
            if not place.endswith(spec):
                place += f"/{spec}"
            Path(place.removeprefix("file://")).mkdir(parents=True, exist_ok=True)
            yield StagedPartition(spec, place, 1, 1, 10, hashlib.blake2b(said, digest_size=8).hexdigest())

    def query(self, sql: str, limit: int | None = None) -> Rows:
        raise NotImplementedError

    def close(self) -> None:
        pass


def heard(run: Callable[..., Iterator[Result]]) -> Callable[..., Iterator[Result]]:
    """Spark's ``run`` that tells :class:`SayingEngine` what it is asked."""

    def told(engine: LocalEngine, manifests: Sequence[Manifest], *, jobs: int = 1) -> Iterator[Result]:
        for manifest in manifests:
            table = manifest.table.partition(".")[2]
            SayingEngine.asked += [(table, spec) for spec in manifest.slices]
        return run(engine, manifests, jobs=jobs)

    return told


def music(root: Path, db: str, metastore: str, engine: str) -> Tiny:
    """The project's own files with the database renamed, so that others may have a ``music`` beside it."""
    project = Tiny(root, db, metastore, {"engine": engine})
    for kind in ("ddl", "sql"):
        for path in sorted((ROOT / kind / "music").rglob("*.sql")):
            within = path.relative_to(ROOT / kind / "music")
            text = path.read_text().replace("music.", f"{db}.").replace("DATABASE music", f"DATABASE {db}")
            project.write(f"{kind}/{db}/{within}", text)
    project.write(
        "sql/macros/music.sql", (ROOT / "sql/macros/music.sql").read_text().replace("music.", f"{db}.")
    )
    for piece in generated(date.fromisoformat(START), date.fromisoformat(END), rate=40):
        path = project.lake / db / piece.key.removeprefix("music/")
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(piece.data)
    project.ok("ddl", "apply")
    return project


def another_event(project: Tiny, day: str) -> str:
    """A line of the app's log that it does not have yet: a play of a song, in a session of its own."""
    directory = project.lake / project.db / "raw_events" / f"dt={day}"
    lines = [json.loads(line) for path in directory.iterdir() for line in path.read_text().splitlines()]
    play = next(line for line in lines if line["page"] == "NextSong")
    return json.dumps(play | {"sessionId": 1 + max(line["sessionId"] for line in lines)}) + "\n"


def edit(project: Tiny, table: str, old: str, new: str) -> None:
    path = project.root / "sql" / project.db / f"{table}.sql"
    text = path.read_text()
    assert text.count(old) == 1, f"{old!r} stands {text.count(old)} times in {table}.sql"
    path.write_text(text.replace(old, new))


def planned(project: Tiny) -> dict[str, list[Run]]:
    """By reason, what is not fresh, in order."""
    found: dict[str, list[Run]] = {}
    for step in json.loads(project.ok("plan", *RANGE, "--json").out)["steps"]:
        decision = step["decision"]
        if decision["reason"] != "fresh":
            slice_ = decision["spec"].replace("(whole table)", "")
            found.setdefault(decision["reason"], []).append((decision["table"].partition(".")[2], slice_))
    return found


def backfilled(project: Tiny, *words: str) -> list[Run]:
    """What a backfill computes, in order."""
    SayingEngine.asked = []
    project.ok("backfill", *RANGE, *words)
    return SayingEngine.asked


def days(table: str, *numbers: int) -> list[Run]:
    return [(table, f"dt=2018-11-{n:02}") for n in numbers or (9, 10, 11)]


def die_before_the_append(project: Tiny, *words: str) -> None:
    """A runner that is gone after its first job, before anything of it is published."""
    child = os.fork()
    if child == 0:
        from runner import run

        run.append = lambda *_: os._exit(9)
        project(*words)
        os._exit(1)
    _, status = os.waitpid(child, 0)
    assert os.waitstatus_to_exitcode(status) == 9
