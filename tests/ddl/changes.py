"""Changes of a column's type over files of before: those that DDL lets pass, those it refuses, and values to
see them with."""

from __future__ import annotations

from warehouse.contract import Format

_INTEGERS = ("tinyint", "smallint", "int", "bigint")
_FIELDS = [
    ("struct<a:int>", "struct<a:int,b:string>"),
    ("struct<a:struct<b:int>,c:int>", "struct<a:struct<b:int,d:date>,c:int>"),
    ("array<struct<a:int>>", "array<struct<a:int,b:string>>"),
    ("map<string,struct<a:int>>", "map<string,struct<a:int,b:string>>"),
]
_PARQUET = [
    *((a, b) for n, a in enumerate(_INTEGERS[:3]) for b in _INTEGERS[n + 1 : 3]),
    ("varchar(3)", "varchar(9)"), ("varchar(3)", "string"), *_FIELDS,
]  # fmt: skip
_WIDER = [
    *((a, b) for n, a in enumerate(_INTEGERS) for b in _INTEGERS[n + 1 :]),
    ("float", "double"), ("decimal(9,2)", "decimal(18,2)"), ("varchar(3)", "varchar(9)"), *_FIELDS,
]  # fmt: skip
_TEXT = [
    *_WIDER, ("decimal(9,2)", "decimal(11,4)"), ("tinyint", "decimal(5,2)"), ("int", "decimal(12,0)"),
    ("bigint", "decimal(21,2)"), ("varchar(3)", "string"), ("tinyint", "string"), ("bigint", "string"),
    ("date", "string"),
]  # fmt: skip
_PASSED = {Format.PARQUET: _PARQUET, Format.ORC: _WIDER, Format.TEXTFILE: _TEXT}

# Of those that DDL refuses, the ones with which a reader fails or reads other values.
_STOPPED_IN_PARQUET = [
    ("int", "bigint"), ("smallint", "bigint"), ("float", "double"), ("int", "double"),
    ("decimal(9,2)", "decimal(11,4)"), ("int", "string"), ("date", "timestamp"),
    ("struct<a:int>", "struct<b:int>"), ("struct<a:int>", "struct<a:bigint,b:string>"), ("array<int>", "int"),
]  # fmt: skip
_STOPPED_IN_ORC = [
    ("int", "string"), ("decimal(9,2)", "double"), ("date", "timestamp"), ("date", "string")
]  # fmt: skip
_STOPPED_IN_TEXT = [("date", "timestamp"), ("struct<a:int>", "struct<b:string,a:int>")]
_STOPPED = {
    Format.PARQUET: _STOPPED_IN_PARQUET, Format.ORC: _STOPPED_IN_ORC, Format.TEXTFILE: _STOPPED_IN_TEXT
}  # fmt: skip

ALLOWED = [(storage, *pair) for storage, pairs in _PASSED.items() for pair in pairs]
REFUSED = [(storage, *pair) for storage, pairs in _STOPPED.items() for pair in pairs]

VALUES = {
    "tinyint": ["-128", "0", "127"],
    "smallint": ["-32768", "0", "32767"],
    "int": ["-2147483648", "0", "2147483647"],
    "bigint": ["'-9223372036854775808'", "0", "9223372036854775807"],
    "float": ["0.5", "-2.25"],
    "decimal(9,2)": ["-1234567.89", "0.00", "0.01"],
    "varchar(3)": ["''", "'abc'", "'é\U0001f600z'"],
    "date": ["'1969-07-20'", "'2024-02-29'"],
}
NESTED = {
    "struct<a:int>": "named_struct('a', 7)",
    "struct<a:struct<b:int>,c:int>": "named_struct('a', named_struct('b', 7), 'c', 8)",
    "array<struct<a:int>>": "array(named_struct('a', 7), named_struct('a', 8))",
    "map<string,struct<a:int>>": "map('k', named_struct('a', 7))",
    "array<int>": "array(5)",
}
WIDENED = {
    "struct<a:int,b:string>": "named_struct('a', 7, 'b', NULL)",
    "struct<a:struct<b:int,d:date>,c:int>": "named_struct('a', named_struct('b', 7, 'd', NULL), 'c', 8)",
    "array<struct<a:int,b:string>>": (
        "array(named_struct('a', 7, 'b', NULL), named_struct('a', 8, 'b', NULL))"
    ),
    "map<string,struct<a:int,b:string>>": "map('k', named_struct('a', 7, 'b', NULL))",
    "struct<b:string,a:int>": "named_struct('b', NULL, 'a', 7)",
    "struct<b:int>": "named_struct('b', NULL)",
    "struct<a:bigint,b:string>": "named_struct('a', 7, 'b', NULL)",
    "int": "5",
}
ROWS = 4


def written(old: str, new: str) -> tuple[list[str], list[str]]:
    """Expressions for :data:`ROWS` values of the old type, and for what they are in the new; NULL last."""
    if old in NESTED:
        values, widened = [f"CAST({NESTED[old]} AS {old})"], [f"CAST({WIDENED[new]} AS {new})"]
    else:
        values = [f"CAST({value} AS {old})" for value in VALUES[old]]
        widened = [f"CAST({value} AS {new})" for value in values]
    padding = ROWS - len(values)
    return values + [f"CAST(NULL AS {old})"] * padding, widened + [f"CAST(NULL AS {new})"] * padding
