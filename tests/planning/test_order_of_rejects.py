"""A table of rejects is made after what was kept of the same lines: its check adds both up."""

from __future__ import annotations

from pathlib import Path

import pytest

from warehouse.graph import ordered, with_preferences
from warehouse.names import TableName
from warehouse.project import Context, Project


@pytest.mark.parametrize(
    ("rejects", "kept", "source"),
    [
        ("weblogs.rejected_lines", ["requests"], ["raw_lines"]),
        ("music.rejected_events", ["events"], ["raw_events"]),
        ("chamber.rejected_lines", ["expenses"], ["raw_expenses"]),
        (
            "retail.rejects",
            ["order_events", "items", "payments", "customers", "reviews"],
            ["raw_orders", "raw_items", "raw_payments", "raw_customers", "raw_reviews"],
        ),
        (
            "retail.reference_rejects",
            ["products", "sellers", "geolocation"],
            ["raw_products", "raw_sellers", "raw_geolocation"],
        ),
    ],
)
def test_rejects_come_after_what_was_kept(rejects: str, kept: list[str], source: list[str]) -> None:
    root, config = Project.find(Path(__file__))
    project = Project(root, config, Context("local", "file:/lake", {}))
    table = TableName.parse(rejects)
    models = {name: project.model(name) for name in project.sql_files if name.db == table.db}
    looked_at = {n: m.check_inputs for n, m in models.items()}
    assert {name.table for name in looked_at[table]} == {*kept, *source}
    order = ordered(with_preferences({n: m.inputs for n, m in models.items()}, looked_at))
    assert max(order.index(TableName(table.db, name)) for name in kept) < order.index(table)
