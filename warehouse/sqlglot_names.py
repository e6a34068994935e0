"""What sqlglot's nodes, types, units and time formats are called by Spark, and so by our expressions."""

from __future__ import annotations

from sqlglot import exp

from warehouse.sqltext import Tree

COMPARISONS: dict[type[Tree], str] = {
    exp.EQ: "=",
    exp.NEQ: "<>",
    exp.LT: "<",
    exp.LTE: "<=",
    exp.GT: ">",
    exp.GTE: ">=",
    exp.NullSafeEQ: "<=>",
    exp.EqualNull: "<=>",
    exp.Add: "+",
    exp.Sub: "-",
    exp.Mul: "*",
    exp.Div: "/",
    exp.Mod: "%",
    exp.IntDiv: "div",
    exp.Left: "left",
    exp.Right: "right",
    exp.AddMonths: "add_months",
    exp.StartsWith: "startswith",
    exp.EndsWith: "endswith",
    exp.Contains: "contains",
}
"""Nodes with ``this`` and ``expression``."""
DATE_PARTS: dict[type[Tree], str] = {
    exp.Year: "year",
    exp.Quarter: "quarter",
    exp.Month: "month",
    exp.Day: "day",
    exp.DayOfMonth: "day",
    exp.DayOfWeek: "dayofweek",
    exp.DayOfYear: "dayofyear",
    exp.WeekOfYear: "weekofyear",
    exp.Hour: "hour",
    exp.Minute: "minute",
    exp.LastDay: "last_day",
    exp.Lower: "lower",
    exp.Upper: "upper",
    exp.Length: "length",
    exp.Neg: "neg",
}
"""Nodes with ``this`` alone."""
EXTRACTS = {
    "YEAR": "year",
    "QUARTER": "quarter",
    "MONTH": "month",
    "DAY": "day",
    "DAYOFWEEK": "dayofweek",
    "DOY": "dayofyear",
    "WEEK": "weekofyear",
    "HOUR": "hour",
    "MINUTE": "minute",
}
TYPES = {
    "TEXT": "string",
    "VARCHAR": "varchar",
    "CHAR": "char",
    "TINYINT": "tinyint",
    "SMALLINT": "smallint",
    "INT": "int",
    "BIGINT": "bigint",
    "FLOAT": "float",
    "DOUBLE": "double",
    "DECIMAL": "decimal",
    "BOOLEAN": "boolean",
    "DATE": "date",
    "TIMESTAMP": "timestamp",
    "TIMESTAMPTZ": "timestamp",
    "TIMESTAMPLTZ": "timestamp",
    "TIMESTAMPNTZ": "timestamp",
}
CASTS_BY_NAME = frozenset({"bigint", "smallint", "tinyint", "boolean", "float", "double", "decimal"})
BY_NAME = {"pmod": 2, "weekday": 1, "make_date": 3, "dayofyear": 1}
UNITS = {
    "YEAR": ("months", 12),
    "MONTH": ("months", 1),
    "WEEK": ("days", 7),
    "DAY": ("days", 1),
    "HOUR": ("seconds", 3600),
    "MINUTE": ("seconds", 60),
    "SECOND": ("seconds", 1),
}
# sqlglot's time formats; `strict` is its word for fields of fixed width.
FORMATS = {
    "%Y": "yyyy",
    "%mstrict": "MM",
    "%dstrict": "dd",
    "%Hstrict": "HH",
    "%Mstrict": "mm",
    "%Sstrict": "ss",
}
CHANCE = frozenset(
    {
        "rand",
        "random",
        "randn",
        "uuid",
        "shuffle",
        "monotonically_increasing_id",
        "spark_partition_id",
        "input_file_name",
    }
)
"""Functions that give something else at every call: Spark pushes nothing past them."""
