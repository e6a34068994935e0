"""Brazil's 27 federal units as tiles of one size: each one's column and row, near its neighbours."""

from __future__ import annotations

_ROWS = (
    ".. RR .. AP .. ..",
    ".. AM PA MA CE RN",
    "AC RO TO PI PE PB",
    ".. MT GO BA SE AL",
    ".. MS DF MG ES ..",
    ".. PR SP RJ .. ..",
    ".. RS SC .. .. ..",
)

TILES = {
    name: (column, row)
    for row, names in enumerate(_ROWS)
    for column, name in enumerate(names.split())
    if name != ".."
}
