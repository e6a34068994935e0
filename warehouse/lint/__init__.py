"""Mistakes in SQL and DDL, found before Spark starts. One rule a module; a rule is added to :data:`RULES`."""

from __future__ import annotations

from warehouse.lint import (
    char_column,
    cross_join,
    fixed_date,
    join_key_types,
    join_multiplies,
    limit_without_order,
    misplaced,
    missing_comment,
    narrowing_types,
    non_deterministic,
    noqa,
    not_grouped,
    operand_types,
    output_columns,
    output_types,
    partition_column_type,
    partition_compared,
    partition_predicate,
    pruning_defeated,
    reserved_names,
    reserved_table,
    select_star,
    spark_syntax,
    text_table,
    unknown_column,
    unknown_function,
    unknown_table,
)
from warehouse.lint.rule import Rule, Severity

UNREADABLE = Rule(
    "W001",
    Severity.ERROR,
    text="""A file cannot be read, or contradicts itself.

Everything that would stop ``plan`` and ``run``, of all files at once: template, front matter and SQL syntax,
checks of columns that are not there, DDL that is not allowed (each with its reason and the way that works),
tables that read each other in a circle.""",
)
NOQA = Rule("W002", Severity.WARNING, text=noqa.__doc__ or "")
RULES: tuple[Rule, ...] = (
    UNREADABLE,
    NOQA,
    partition_predicate.RULE,
    pruning_defeated.RULE,
    partition_compared.RULE,
    select_star.RULE,
    output_columns.RULE,
    output_types.RULE,
    narrowing_types.RULE,
    cross_join.RULE,
    join_multiplies.RULE,
    join_key_types.RULE,
    non_deterministic.RULE,
    fixed_date.RULE,
    limit_without_order.RULE,
    unknown_table.RULE,
    unknown_column.RULE,
    spark_syntax.RULE,
    unknown_function.RULE,
    not_grouped.RULE,
    misplaced.RULE,
    operand_types.RULE,
    reserved_names.RULE,
    missing_comment.RULE,
    partition_column_type.RULE,
    char_column.RULE,
    text_table.RULE,
    reserved_table.RULE,
)
"""In the order of their codes. The first digit: 0 files, 1 partitions, 2 columns, 3 joins, 4 repeatability,
5 names, 6 what Spark refuses, 7 what readers meet."""
