"""What each column of one model's table derives from, as its statement says."""

from __future__ import annotations

from collections.abc import Callable

from warehouse.contract import Column
from warehouse.model import Model
from warehouse.names import TableName
from warehouse.origins import Origin
from warehouse.query_analysis import analyse
from warehouse.query_facts import Analysis


def analyse_model(model: Model, columns_of: Callable[[TableName], tuple[Column, ...] | None]) -> Analysis:
    """The analysis of a model's statement, as rendered for the probing hour."""
    statement = model.statement
    return analyse(statement.text, statement.tree, columns_of)


def written_columns(model: Model) -> tuple[str, ...]:
    """The columns that the SELECT fills, in its order."""
    statement = model.statement
    dynamic = [item.column for item in statement.partition if item.value is None]
    return statement.columns or (*(column.name for column in model.contract.columns), *dynamic)


def column_origins(model: Model, analysis: Analysis) -> dict[str, tuple[Origin, ...]]:
    """What each column of a model's table derives from. A partition column with a fixed value: nothing."""
    output = analysis.output
    found: dict[str, tuple[Origin, ...]] = {c.name: () for c in model.contract.all_columns}
    wanted = written_columns(model)
    known = not output.open and len(output.values) == len(wanted)
    for place, name in enumerate(wanted):
        if known:
            found[name] = tuple(analysis.names(output.values[place][1]))
        else:
            found[name] = (Origin(None, output.open or "the SELECT does not give the table's columns"),)
    return found
