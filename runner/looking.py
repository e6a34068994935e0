"""What doctor says of one thing it looked at."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from warehouse.errors import WarehouseError


@dataclass(frozen=True)
class Finding:
    """One thing looked at: ``ok`` or not, what was found, what to do."""

    what: str
    ok: bool
    found: str
    fix: str = ""


Look = Callable[[], Finding]


def careful(what: str, look: Look) -> Finding:
    """A look that fails is a finding, too."""
    try:
        return look()
    except WarehouseError as error:
        return Finding(what, False, error.what + (f" ({error.why})" if error.why else ""), error.fix or "")
