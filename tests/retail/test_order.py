"""In which order retail's tables are made: what a check looks into comes before it, if it can."""

from __future__ import annotations

from pathlib import Path

from warehouse.graph import ordered, with_preferences
from warehouse.names import TableName
from warehouse.project import Context, Project


def test_checks_of_the_first_backfill_find_what_they_compare_with() -> None:
    root, config = Project.find(Path(__file__))
    project = Project(root, config, Context("local", "file:/lake", {}))
    models = {name: project.model(name) for name in project.sql_files if name.db == "retail"}
    reads = {name: model.inputs for name, model in models.items()}
    checked = {name: model.check_inputs for name, model in models.items()}
    order = [name.table for name in ordered(with_preferences(reads, checked))]
    events = order.index("order_events")
    # Free checks name the history, declared ones products, sellers and orders.
    assert all(events < order.index(table) for table in ("items", "payments", "customers", "orders"))
    assert max(order.index("products"), order.index("sellers")) < order.index("items")
    assert order.index("orders") < order.index("reviews")
    assert TableName("retail", "items") in checked[TableName("retail", "daily_report")]
