"""The order in which tables run, from what their SQL reads."""

from __future__ import annotations

from collections.abc import Mapping

from warehouse.errors import ProjectError
from warehouse.graph import CircleError, ordered, with_preferences
from warehouse.model import Model
from warehouse.names import TableName


def run_order(models: Mapping[TableName, Model]) -> list[TableName]:
    """Inputs before readers, and where that leaves a choice what checks look into before them, too.

    :class:`ProjectError` where tables read each other in a circle, at a place where one of them does.
    """
    reads = {name: model.inputs for name, model in models.items()}
    looks = {name: model.check_inputs for name, model in models.items()}
    try:
        return ordered(with_preferences(reads, looks))
    except CircleError as error:
        name, read = error.circle[:2]
        statement = models[name].statement
        start = min(ref.start for ref in statement.inputs if ref.table == read)
        where = statement.sql.location(start)
        raise ProjectError(error.what, where=where, why=error.why, fix=error.fix) from None
