"""Ten thousand wrong projects: a clear error or facts, never another exception, never a hang."""

from __future__ import annotations

import signal
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import FrameType

import pytest

from warehouse.config import Config
from warehouse.errors import WarehouseError
from warehouse.lint.run import examine
from warehouse.names import TableName
from warehouse.project import Context, Project
from warehouse.query_analysis import analyse
from warehouse.slicing import PROBE
from warehouse.statement import parse_statement
from warehouse.windows import parse_window, read_windows

from .inputs import Files, inputs

COUNT = 10_000
SLOWEST = 20
"""Seconds of one input, of the processor, after which it counts as hanging."""
TABLE = TableName("d", "t")


class Written:
    """A project on disk that is written again and again: only what differs."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.there: dict[str, str] = {}

    def project(self, files: Files) -> Project:
        for path, text in files.items().items():
            if self.there.get(path) != text:
                (self.root / path).parent.mkdir(parents=True, exist_ok=True)
                (self.root / path).write_bytes(text.encode("utf-8", "surrogatepass"))
                self.there[path] = text
        return Project(self.root, Config(), Context("test", "file:/lake", {"country": "BR"}))


class HangsError(BaseException):
    """No Exception: nothing that is tested may catch it."""


@contextmanager
def within(seconds: int) -> Iterator[None]:
    """Of processor time: a busy machine is no hang."""

    def hangs(number: int, frame: FrameType | None) -> None:
        raise HangsError(f"not done after {seconds} s")

    before = signal.signal(signal.SIGPROF, hangs)
    signal.setitimer(signal.ITIMER_PROF, seconds)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_PROF, 0)
        signal.signal(signal.SIGPROF, before)


def look(project: Project) -> bool:
    """Read everything; whether it could be read. Findings have a place and a sentence."""
    (facts,) = examine(project, [TABLE])
    for finding in (*facts.findings, *facts.unused):
        assert str(finding)
        assert finding.where.path
    try:
        deeper(project)
    except WarehouseError as error:
        assert str(error)
    return facts.readable


def deeper(project: Project) -> None:
    """What lint leaves out where columns do not fit the contract, and what it does not need."""
    model = project.read_model(TABLE)
    assert model.code
    rendered = model.render(PROBE)
    statement = parse_statement(rendered.text, model.path, rendered.source_line)
    known = {t: c for t in statement.input_tables if (c := project.contract_or_none(t)) is not None}
    columns = {t: c.all_columns for t, c in known.items()}
    analysis = analyse(statement.text, statement.tree, columns.get)
    for _, bits in analysis.output.values:
        analysis.names(bits)
    for table, window in read_windows(
        statement, {t: c.partitions for t, c in known.items()}, columns
    ).items():
        whole = window.matches({})
        # A partition whose values are not known may be any: it can only be in more windows.
        assert whole or not window.matches({"dt": "2018-11-15"})
        if window.text and table in known:
            again = parse_window(window.text, known[table].partitions)
            assert again.matches({"dt": "2018-11-15"}) == window.matches({"dt": "2018-11-15"})


@pytest.mark.parametrize("part", range(10))
def test_never_another_exception(tmp_path: Path, part: int) -> None:
    written, readable = Written(tmp_path), 0
    for number, files in enumerate(inputs(COUNT // 10, part)):
        try:
            with within(SLOWEST):
                readable += look(written.project(files))
        except (Exception, HangsError) as error:
            texts = "\n".join(f"--- {path}\n{text}" for path, text in files.items().items())
            raise AssertionError(
                f"input {number} of seed {part}: {type(error).__name__}: {error}\n{texts}"
            ) from error
    # Otherwise the analysis behind the parser is not reached.
    assert COUNT // 10 * 0.1 < readable < COUNT // 10 * 0.95
