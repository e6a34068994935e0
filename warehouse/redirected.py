"""Checks pointed at other tables than the published ones."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import msgspec

from warehouse.manifest import Check
from warehouse.names import TableName, quote
from warehouse.query import Query, parse_query

_OWN = "staged"


def check_tables(check: Check, view: str) -> tuple[TableName, ...]:
    """The tables that a check reads besides the rows in ``view``."""
    found = dict.fromkeys(ref.table for ref in _parsed(check, view).inputs) if check.query else {}
    return tuple(table for table in found if table != TableName(_OWN, view))


def redirect_checks(
    checks: Iterable[Check], view: str, redirects: Mapping[TableName, str]
) -> tuple[Check, ...]:
    """The checks with other tables in the place of those they read; those that read one which is not
    among ``redirects`` are left out, unless it is the rows themselves."""
    found = []
    everything = {**redirects, TableName(_OWN, view): quote(view)}
    for check in checks:
        tables = check_tables(check, view)
        if not tables:
            found.append(check)
        elif all(table in redirects for table in tables):
            query = _parsed(check, view).spliced(everything)
            found.append(msgspec.structs.replace(check, query=query))
    return tuple(found)


def _parsed(check: Check, view: str) -> Query:
    """The parser wants a database for each name, which the view of the rows has none of."""
    return parse_query(check.query.replace(quote(view), TableName(_OWN, view).quoted))
