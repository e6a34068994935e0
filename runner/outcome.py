"""What a command did, slice by slice, for callers and for the console."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING

from warehouse.errors import Location, WarehouseError
from warehouse.manifest import CheckOutcome
from warehouse.names import TableName

if TYPE_CHECKING:
    from warehouse.model import Model


class Status(StrEnum):
    """How it ended for one slice."""

    PUBLISHED = "published"
    SKIPPED = "skipped"
    WAITING = "waiting"
    BLOCKED = "blocked"
    CHECK_FAILED = "check failed"
    FAILED = "failed"
    LOST = "lost"

    @property
    def exit_code(self) -> int:
        if self in (Status.PUBLISHED, Status.SKIPPED):
            return 0
        return 3 if self is Status.LOST else 1


@dataclass(frozen=True)
class Outcome:
    """One slice: ``rows`` is -1 where nobody counted; ``seconds`` are of the job that it was part of,
    divided by its slices. ``changed`` says whether the rows differ from what was published before. ``where``
    is the file and line of what went wrong."""

    table: TableName
    slice: str
    interval: str
    status: Status
    reason: str = ""
    run_id: str = ""
    rows: int = -1
    files: int = 0
    bytes: int = 0
    seconds: float = 0
    changed: bool = True
    error: WarehouseError | None = None
    checks: tuple[CheckOutcome, ...] = ()
    notes: tuple[str, ...] = ()
    where: str = ""

    @property
    def warnings(self) -> tuple[CheckOutcome, ...]:
        return tuple(c for c in self.checks if not c.passed and c.severity != "error")

    @property
    def failures(self) -> tuple[CheckOutcome, ...]:
        return tuple(c for c in self.checks if not c.passed and c.severity == "error")


def place(model: Model, error: WarehouseError) -> str:
    """``file:line`` to open for an error of a table: where it says it is, else where the statement begins."""
    where = error.where or Location(model.path)
    return f"{where.path}:{where.line or (model.first_line if where.path == model.path else 1)}"


@dataclass
class Report:
    """All outcomes of a command, in the order in which they came."""

    outcomes: list[Outcome] = field(default_factory=list)

    @property
    def exit_code(self) -> int:
        """1 if anything failed, else 3 if something was lost to another runner, else 0."""
        codes = {o.status.exit_code for o in self.outcomes}
        return 1 if 1 in codes else 3 if 3 in codes else 0

    def count(self, status: Status) -> int:
        return sum(o.status is status for o in self.outcomes)
