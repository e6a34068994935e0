from __future__ import annotations

import msgspec
from hypothesis import given
from hypothesis import strategies as st

from warehouse.contract import Column, Contract, Format
from warehouse.ddl import DdlFile, replay
from warehouse.ddl_storage import CLASSES, OPEN_CSV, delimited, make_storage
from warehouse.ddl_text import compare, contract_text, own_properties

from .strategies import TYPES

LAKE = "file:///lake"
NAME = st.from_regex(r"[a-z][a-z0-9_]{0,8}", fullmatch=True)
TEXT = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=20)
TRICKY = TEXT | st.sampled_from(
    ["it's", "{{ lake }}", "{% if %}", "{# #}", "a\\", '"', "a\nb\t", "é\U0001f600", "--", "/*", ";"]
)
KEY = st.from_regex(r"[a-z]{1,4}\.[a-z ']{1,4}", fullmatch=True).filter(lambda k: not k.startswith("spark"))


@st.composite
def columns(draw: st.DrawFn) -> tuple[tuple[Column, ...], tuple[Column, ...]]:
    names = draw(st.lists(NAME, min_size=1, max_size=6, unique=True))
    count = draw(st.integers(0, len(names) - 1))
    kinds = st.sampled_from(["string", "date", "int", "bigint", "varchar(9)"])
    return (
        tuple(Column(n, str(draw(TYPES)), draw(TRICKY)) for n in names[count:]),
        tuple(Column(n, draw(kinds), draw(TRICKY)) for n in names[:count]),
    )


STORAGES = st.one_of(
    st.sampled_from([Format.PARQUET, Format.ORC, Format.TEXTFILE]).map(lambda f: make_storage(*CLASSES[f])),
    st.tuples(
        st.sampled_from([Format.PARQUET, Format.ORC, Format.TEXTFILE]),
        st.dictionaries(KEY, TRICKY, max_size=2),
    ).map(lambda fp: make_storage(*CLASSES[fp[0]], fp[1])),
    st.dictionaries(
        st.sampled_from(["field.delim", "escape.delim", "colelction.delim", "mapkey.delim"]), TRICKY
    ).map(lambda p: make_storage(*CLASSES[Format.TEXTFILE], delimited(p))),
    st.dictionaries(st.sampled_from(["field.delim", "line.delim", "serialization.format"]), TRICKY).map(
        lambda p: make_storage(*CLASSES[Format.TEXTFILE], p)
    ),
    st.dictionaries(KEY, TRICKY, max_size=2).map(lambda p: make_storage("x.In", "x.Out", "x.Serde", p)),
)


@st.composite
def contracts(draw: st.DrawFn) -> Contract:
    mine, partitions = draw(columns())
    storage = draw(STORAGES)
    place = draw(st.sampled_from(["music/plays", "else/where", "s3://other/it's {{ here", "it's/{%"]))
    return Contract(
        table="music.plays",
        columns=mine,
        partitions=partitions,
        storage=storage,
        location=place,
        comment=draw(TRICKY),
        properties=draw(st.dictionaries(KEY, TRICKY, max_size=3)),
        version=1,
    )


def render(text: str, path: str) -> str:
    """As Jinja would, for the only tag that may be there."""
    done = text.replace("{{ lake }}", LAKE)
    assert not any(tag in done for tag in ("{{", "{%", "{#"))
    return done


@given(contracts())
def test_the_text_replays_to_the_contract(contract: Contract) -> None:
    text = contract_text(contract)
    again = replay([DdlFile.named("ddl/music/plays/V001__create.sql", text)], render, LAKE)
    assert again == contract
    assert compare(contract, again) == []


PLAYS = Contract(
    table="music.plays",
    columns=(
        Column("id", "string", "it's a key"),
        Column("amount", "decimal(9,2)"),
        Column("s", "struct<a:int,b:array<string>>", "nested"),
    ),
    partitions=(Column("dt", "string", "day"),),
    storage=make_storage(*CLASSES[Format.PARQUET]),
    location="music/plays",
    comment="One row per play",
    properties={"source.path": "x"},
    version=1,
)


def test_the_text_is_as_people_write_it() -> None:
    assert contract_text(PLAYS) == (
        "CREATE EXTERNAL TABLE music.plays (\n"
        "  id     STRING COMMENT 'it\\'s a key',\n"
        "  amount DECIMAL(9, 2),\n"
        "  s      STRUCT<a: INT, b: ARRAY<STRING>> COMMENT 'nested'\n"
        ")\n"
        "COMMENT 'One row per play'\n"
        "PARTITIONED BY (dt STRING COMMENT 'day')\n"
        "STORED AS PARQUET\n"
        "TBLPROPERTIES (\n"
        "  'source.path' = 'x'\n"
        ");\n"
    )


def test_text_formats_as_people_write_them() -> None:
    tabs = make_storage(*CLASSES[Format.TEXTFILE], delimited({"field.delim": "\t"}))
    text = contract_text(msgspec.structs.replace(PLAYS, storage=tabs))
    assert "ROW FORMAT DELIMITED\n  FIELDS TERMINATED BY '\\t'\nSTORED AS TEXTFILE" in text
    csv = make_storage(*CLASSES[Format.TEXTFILE][:2], OPEN_CSV, {"separatorChar": ";"})
    text = contract_text(msgspec.structs.replace(PLAYS, storage=csv))
    wanted = f"ROW FORMAT SERDE '{OPEN_CSV}'\nWITH SERDEPROPERTIES (\n  'separatorChar' = ';'\n)\n"
    assert wanted + "STORED AS TEXTFILE" in text


@given(contracts(), contracts())
def test_differences_are_found_both_ways(one: Contract, other: Contract) -> None:
    there, back = compare(one, other), compare(other, one)
    assert bool(there) == bool(back)
    same = msgspec.structs.replace(one, version=0) == msgspec.structs.replace(other, version=0)
    assert same == (not there)


def test_differences_in_words() -> None:
    theirs = msgspec.structs.replace(
        PLAYS,
        columns=(Column("s", "struct<a:int>", "nested"), Column("id", "string", "key"), Column("new", "int")),
        storage=make_storage(*CLASSES[Format.ORC]),
        comment="",
        properties={
            "numFiles": "3",
            "transient_lastDdlTime": "1",
            "spark.sql.create.version": "3.5.6",
            "mine": "1",
        },
        location="elsewhere",
    )
    found = [str(difference) for difference in compare(PLAYS, theirs)]
    assert "comment of id: \"it's a key\" in the DDL, 'key' in the metastore" in found
    assert "column amount: decimal(9,2) in the DDL, missing in the metastore" in found
    assert "column s: struct<a:int,b:array<string>> in the DDL, struct<a:int> in the metastore" in found
    assert "column new: int in the metastore, missing in the DDL" in found
    assert "order of columns: id, s in the DDL, s, id in the metastore" in found
    assert any(line.startswith("serde: ") for line in found)
    assert "property source.path: 'x' in the DDL, missing in the metastore" in found
    assert "property mine: '1' in the metastore, missing in the DDL" in found
    assert "location: music/plays in the DDL, elsewhere in the metastore" in found
    assert not any("numFiles" in line or "spark.sql" in line or "transient" in line for line in found)
    assert not any("location" in str(d) for d in compare(PLAYS, theirs, location=False))


def test_engines_own_properties() -> None:
    assert own_properties({"EXTERNAL": "TRUE", "numRows": "1", "a": "b", "COLUMN_STATS_ACCURATE": "x"}) == {
        "a": "b"
    }
