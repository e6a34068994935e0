from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from warehouse.contract import Format
from warehouse.ddl_text import type_text
from warehouse.errors import ProjectError
from warehouse.types import HiveType, canonical, parse_type, supported, widening

from .changes import ALLOWED
from .strategies import TYPES


@given(TYPES)
def test_canonical_text_reads_back(kind: HiveType) -> None:
    assert parse_type(str(kind)) == kind
    assert canonical(str(kind)) == str(kind)
    assert parse_type(type_text(kind)) == kind
    assert " " not in str(kind) and str(kind) == str(kind).lower()


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("INTEGER", "int"),
        ("Dec(5)", "decimal(5,0)"),
        ("numeric( 9 , 2 )", "decimal(9,2)"),
        ("DECIMAL", "decimal(10,0)"),
        ("long", "bigint"),
        ("STRUCT<A : INT, `b`:Array< string >>", "struct<a:int,b:array<string>>"),
        ("MAP<STRING,ARRAY<ARRAY<INT>>>", "map<string,array<array<int>>>"),
        ("uniontype<int,string>", "uniontype<int,string>"),
        ("Foo (1)", "foo(1)"),
    ],
)
def test_canonical(text: str, wanted: str) -> None:
    assert canonical(text) == wanted


@pytest.mark.parametrize(
    "text",
    [
        "uniontype<int,string>", "void", "interval", "timestamp_ntz", "real", "foo", "", "int int", "int(3)",
        "varchar", "varchar(0)", "varchar(65536)", "char(256)", "decimal(39,0)", "decimal(5,6)", "decimal(0)",
        "decimal(1,2,3)", "array<>", "array<int", "array<int,int>", "array<void>", "map<int>", "struct<>",
        "map<array<int>,int>", "struct<a:int,A:int>", "struct<a int>", "double precision",
        "timestamp with time zone", "array<" * 3000 + "int" + ">" * 3000,
    ],
)  # fmt: skip
def test_unsupported(text: str) -> None:
    assert supported(text)
    with pytest.raises(ProjectError):
        parse_type(text)


@given(TYPES)
def test_supported(kind: HiveType) -> None:
    assert supported(str(kind)) is None


@given(TYPES, st.sampled_from([Format.PARQUET, Format.ORC, Format.TEXTFILE, Format.CUSTOM]))
def test_no_change_is_no_widening(kind: HiveType, storage: Format) -> None:
    assert widening(str(kind), str(kind), storage) is None


@pytest.mark.parametrize(("storage", "old", "new"), ALLOWED)
def test_allowed_widening(storage: Format, old: str, new: str) -> None:
    assert widening(old, new, storage) is None
    assert widening(new, old, storage), "and not back"


@pytest.mark.parametrize(
    ("storage", "old", "new"),
    [
        (Format.PARQUET, "int", "bigint"),
        (Format.PARQUET, "smallint", "bigint"),
        (Format.PARQUET, "float", "double"),
        (Format.PARQUET, "int", "double"),
        (Format.PARQUET, "decimal(9,2)", "decimal(18,2)"),
        (Format.PARQUET, "decimal(9,2)", "decimal(11,4)"),
        (Format.PARQUET, "char(4)", "string"),
        (Format.PARQUET, "char(4)", "char(8)"),
        (Format.PARQUET, "int", "string"),
        (Format.PARQUET, "date", "timestamp"),
        (Format.PARQUET, "string", "varchar(9)"),
        (Format.PARQUET, "struct<a:int>", "struct<b:string,a:int>"),
        (Format.PARQUET, "struct<a:int>", "struct<b:int>"),
        (Format.PARQUET, "struct<a:int>", "struct<a:bigint,b:string>"),
        (Format.PARQUET, "array<smallint>", "array<int>"),
        (Format.PARQUET, "map<varchar(2),int>", "map<string,int>"),
        (Format.PARQUET, "struct<a:smallint>", "struct<a:int>"),
        (Format.PARQUET, "array<int>", "int"),
        (Format.ORC, "int", "string"),
        (Format.ORC, "decimal(9,2)", "decimal(18,4)"),
        (Format.TEXTFILE, "int", "decimal(9,0)"),
        (Format.TEXTFILE, "string", "int"),
        (Format.CUSTOM, "smallint", "int"),
    ],
)
def test_refused_widening_names_a_way(storage: Format, old: str, new: str) -> None:
    reason = widening(old, new, storage)
    assert reason is not None and "new column" in reason and "rebuild" in reason
