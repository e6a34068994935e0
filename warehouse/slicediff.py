"""The SQL that compares two versions of a slice: rows added, removed and, where there is a key, changed.

Rows are compared as multisets: what both versions have, as often, is gone after one aggregation, and only the
rest is paired. A row that a version has twice is paired with as many of the other.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from warehouse.cells import sql_text
from warehouse.contract import Column, Contract
from warehouse.frontmatter import DeclaredCheck, Unique
from warehouse.names import Spec, quote


@dataclass(frozen=True)
class Shape:
    """Which columns two contracts have in common, and which only the new or the old one. ``key`` are
    the columns that tell rows apart; none where no check says so."""

    columns: tuple[Column, ...]
    added: tuple[str, ...]
    removed: tuple[str, ...]
    key: tuple[str, ...]

    @staticmethod
    def of(old: Contract, new: Contract, checks: Sequence[DeclaredCheck]) -> Shape:
        before = {c.name for c in old.all_columns}
        after = {c.name for c in new.all_columns}
        keys = [c.args.columns for c in checks if isinstance(c.args, Unique)]
        return Shape(
            tuple(c for c in new.all_columns if c.name in before),
            tuple(c.name for c in new.all_columns if c.name not in before),
            tuple(c.name for c in old.all_columns if c.name not in after),
            next((key for key in keys if set(key) <= before & after), ()),
        )


def relation(shape: Shape, source: str, spec: Spec, *, fixed: bool) -> str:
    """A version's rows as a SELECT. ``fixed``: the source has no column for what the spec says."""
    known = spec.as_dict()
    select = []
    for column in shape.columns:
        value = sql_text(known[column.name]) if fixed and column.name in known else quote(column.name)
        cast = f"CAST({value} AS {column.type})"
        # A map can be neither grouped nor compared.
        select.append(f"{f'to_json({cast})' if 'map<' in column.type else cast} AS {quote(column.name)}")
    where = " AND ".join(f"CAST({quote(c)} AS STRING) = {sql_text(v)}" for c, v in spec.pairs)
    return f"SELECT {', '.join(select)} FROM {source}" + (f" WHERE {where}" if where and not fixed else "")


def counts(shape: Shape, old: str, new: str) -> str:
    """One row: rows of old and new, added, removed, changed, then changed by column of the shape."""
    by_column = [
        f"count_if(is_new AND is_old AND NOT ({_new(c)} <=> {_old(c)})) AS {quote(f'c{n}')}"
        for n, c in enumerate(shape.columns)
    ]
    select = [
        f"(SELECT count(*) FROM ({old})) AS old_rows",
        f"(SELECT count(*) FROM ({new})) AS new_rows",
        "count_if(is_new AND NOT is_old) AS added",
        "count_if(is_old AND NOT is_new) AS removed",
        "count_if(is_new AND is_old) AS changed",
        *by_column,
    ]
    return f"{_paired(shape, old, new)}\nSELECT {', '.join(select)} FROM paired"


def samples(shape: Shape, old: str, new: str, most: int) -> str:
    """At most ``most`` rows of each kind: ``is_new``, ``is_old``, the old values as text, then the new."""
    texts = [f"CAST({side(c)} AS STRING)" for side in (_old, _new) for c in shape.columns]
    order = ", ".join(f"coalesce({_new(c)}, {_old(c)})" for c in _first(shape))
    return (
        f"{_paired(shape, old, new)}\n"
        f"SELECT is_new, is_old, {', '.join(f'{t} AS t{n}' for n, t in enumerate(texts))} FROM (\n"
        f"  SELECT *, row_number() OVER (PARTITION BY is_new, is_old ORDER BY {order}) AS place FROM paired\n"
        f") WHERE place <= {most} ORDER BY is_new AND is_old DESC, is_new, place"
    )


def _first(shape: Shape) -> list[Column]:
    """By what samples are ordered: the key, else all columns."""
    return [c for c in shape.columns if c.name in shape.key] or list(shape.columns)


def _new(column: Column) -> str:
    return f"new_row.{quote(column.name)}"


def _old(column: Column) -> str:
    return f"old_row.{quote(column.name)}"


def _paired(shape: Shape, old: str, new: str) -> str:
    names = ", ".join(quote(c.name) for c in shape.columns)
    key = [quote(c) for c in shape.key]
    by = ", ".join(["__new", *key])
    row = ", ".join(f"{sql_text(c.name)}, {quote(c.name)}" for c in shape.columns)
    # Without a key no two rows are of one thing: a new row never meets an old one.
    same = " AND ".join([*(f"n.{k} <=> o.{k}" for k in key), "n.__nth = o.__nth" if key else "false"])
    return f"""\
WITH sides AS (
  SELECT {names}, 1 AS __sign FROM ({new})
  UNION ALL
  SELECT {names}, -1 AS __sign FROM ({old})
),
moved AS (
  SELECT {names}, sum(__sign) AS __times FROM sides GROUP BY {names} HAVING sum(__sign) <> 0
),
copies AS (
  SELECT {"".join(f"{k}, " for k in key)}named_struct({row}) AS __row, __times > 0 AS __new, __copy
  FROM moved LATERAL VIEW explode(sequence(1, abs(__times))) AS __copy
),
numbered AS (
  SELECT *, row_number() OVER (PARTITION BY {by} ORDER BY __row, __copy) AS __nth FROM copies
),
paired AS (
  SELECT
    n.__row AS new_row, o.__row AS old_row, n.__nth IS NOT NULL AS is_new, o.__nth IS NOT NULL AS is_old
  FROM (SELECT * FROM numbered WHERE __new) AS n
  FULL JOIN (SELECT * FROM numbered WHERE NOT __new) AS o ON {same}
)"""
