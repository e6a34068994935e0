"""What lint answers. Light: whoever shows findings that are known already needs none of the rules."""

from __future__ import annotations

from enum import StrEnum

import msgspec

from warehouse.errors import Location, told


class Severity(StrEnum):
    """``ERROR``: a run will fail, or its rows cannot be right. ``WARNING``: they may not be."""

    ERROR = "error"
    WARNING = "warning"


class Finding(msgspec.Struct, frozen=True):
    """A broken rule with its place. ``where`` has the source's line and the line's text as rendered."""

    code: str
    rule: str
    severity: Severity
    what: str
    where: Location
    why: str | None = None
    fix: str | None = None

    def __str__(self) -> str:
        return told(f"{self.where}: {self.severity} {self.code} {self.what}", self)
