"""Where a column's values come from: light, for whoever only shows lineage."""

from __future__ import annotations

import msgspec

from warehouse.names import TableName


class Origin(msgspec.Struct, frozen=True):
    """A table's column; with an empty one, the whole table. Without a table it is not known what, and
    ``column`` says why."""

    table: TableName | None
    column: str

    def __str__(self) -> str:
        return f"{self.table}.{self.column}" if self.table is not None else f"unknown ({self.column})"

    @staticmethod
    def parse(text: str) -> Origin:
        """The inverse of ``str``."""
        if text.startswith("unknown ("):
            return Origin(None, text[len("unknown (") : -1])
        db, table, column = text.split(".", 2)
        return Origin(TableName(db, table), column)
