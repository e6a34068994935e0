from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from warehouse.contract import Column, Contract, Format
from warehouse.ddl import DdlFile, check_sequence, checksum, parse_database, relative_location, replay
from warehouse.errors import ProjectError

LAKE = "s3://bucket/lake"
CREATE = """CREATE EXTERNAL TABLE music.plays (a SMALLINT COMMENT 'first', s STRUCT<x: INT>)
COMMENT 'plays' PARTITIONED BY (dt STRING) STORED AS PARQUET TBLPROPERTIES ('source.path'='x')"""


def render(text: str, path: str) -> str:
    return text.replace("{{ lake }}", LAKE)


def files(*texts: str) -> list[DdlFile]:
    return [
        DdlFile.named(f"ddl/music/plays/V{number:03}__step.sql", text)
        for number, text in enumerate(texts, start=1)
    ]


def after(*texts: str) -> Contract:
    contract = replay(files(*texts), render, LAKE)
    assert contract is not None
    return contract


def refused(*texts: str) -> ProjectError:
    with pytest.raises(ProjectError) as caught:
        replay(files(*texts), render, LAKE)
    return caught.value


def test_create() -> None:
    contract = after(CREATE)
    assert contract.table == "music.plays"
    assert contract.location == "music/plays"
    assert contract.version == 1
    assert contract.storage.format is Format.PARQUET
    assert contract.properties == {"source.path": "x"}


def test_every_kind_of_step() -> None:
    contract = after(
        CREATE,
        "ALTER TABLE music.plays ADD COLUMNS (b STRING COMMENT 'second', c VARCHAR(3))",
        "ALTER TABLE music.plays CHANGE COLUMN a a INT",
        "ALTER TABLE music.plays CHANGE c c VARCHAR(9) COMMENT 'third'",
        "ALTER TABLE music.plays CHANGE s s STRUCT<x: INT, y: DATE>",
        "ALTER TABLE music.plays SET TBLPROPERTIES ('source.path'='y', 'owner.team'='m')",
        "ALTER TABLE music.plays UNSET TBLPROPERTIES ('source.path')",
        "COMMENT ON TABLE music.plays IS 'new'",
        "ALTER TABLE music.plays ALTER COLUMN b COMMENT ''",
    )
    assert contract.columns == (
        Column("a", "int", "first"),
        Column("s", "struct<x:int,y:date>"),
        Column("b", "string"),
        Column("c", "varchar(9)", "third"),
    )
    assert (contract.properties, contract.comment, contract.version) == ({"owner.team": "m"}, "new", 9)


def test_drop_and_create_anew() -> None:
    drop = "DROP TABLE music.plays"
    assert replay(files(CREATE, drop), render, LAKE) is None
    again = "CREATE EXTERNAL TABLE music.plays (z DATE) STORED AS ORC"
    contract = after(CREATE, drop, again)
    assert [c.name for c in contract.columns] == ["z"] and contract.version == 3
    assert "not there at this point" in refused(CREATE, drop, drop).what


def test_no_files() -> None:
    assert replay([], render, LAKE) is None


@pytest.mark.parametrize(
    ("step", "what", "column"),
    [
        ("CREATE EXTERNAL TABLE music.plays (a INT)", "created already", 1),
        ("CREATE DATABASE music", "CREATE DATABASE in a table's folder", 1),
        ("ALTER TABLE music.other ADD COLUMNS (b INT)", "speaks of music.other", 1),
        ("ALTER TABLE music.plays ADD COLUMNS (b INT, a INT)", "'a' is there already", 45),
        ("ALTER TABLE music.plays ADD COLUMNS (dt INT)", "'dt' is there already", 38),
        ("ALTER TABLE music.plays CHANGE x x INT", "no column 'x'", 32),
        ("ALTER TABLE music.plays CHANGE dt dt INT", "partition column 'dt'", 32),
        ("ALTER TABLE music.plays CHANGE dt dt STRING COMMENT 'c'", "partition column 'dt'", 32),
        ("ALTER TABLE music.plays CHANGE a a BIGINT", "cannot become BIGINT", 36),
        ("ALTER TABLE music.plays CHANGE s s STRUCT<y: INT>", "cannot become", 36),
        ("ALTER TABLE music.plays UNSET TBLPROPERTIES ('none')", "'none' is not set", 46),
        ("DROP TABLE music.other", "speaks of music.other", 1),
    ],
)
def test_steps_that_do_not_fit(step: str, what: str, column: int) -> None:
    error = refused(CREATE, step)
    assert what in error.what
    assert error.where is not None
    assert (error.where.path, error.where.column) == ("ddl/music/plays/V002__step.sql", column)


def test_a_refused_widening_names_a_way() -> None:
    assert "new column" in (refused(CREATE, "ALTER TABLE music.plays CHANGE a a BIGINT").why or "")


def test_csv_columns_are_text() -> None:
    serde = "org.apache.hadoop.hive.serde2.OpenCSVSerde"
    csv = f"CREATE EXTERNAL TABLE music.plays (a STRING) ROW FORMAT SERDE '{serde}'"
    assert after(csv, "ALTER TABLE music.plays ADD COLUMNS (b STRING)").columns[-1].name == "b"
    assert "CSV" in refused(csv, "ALTER TABLE music.plays ADD COLUMNS (b INT)").what


def test_nothing_comes_after_a_column_that_takes_the_rest() -> None:
    lazy = "org.apache.hadoop.hive.serde2.lazy.LazySimpleSerDe"
    rest = f"ROW FORMAT SERDE '{lazy}' WITH SERDEPROPERTIES ('serialization.last.column.takes.rest'='true')"
    create = f"CREATE EXTERNAL TABLE music.plays (line STRING) {rest}"
    assert "rest of a line" in refused(create, "ALTER TABLE music.plays ADD COLUMNS (b STRING)").what


@pytest.mark.parametrize(
    ("location", "wanted"),
    [
        ("{{ lake }}/music/plays", "music/plays"),
        ("{{ lake }}/elsewhere/", "elsewhere"),
        ("s3://other/plays", "s3://other/plays"),
        ("s3://bucket/lakeside/plays", "s3://bucket/lakeside/plays"),
    ],
)
def test_location(location: str, wanted: str) -> None:
    assert after(f"{CREATE} LOCATION '{location}'").location == wanted


@pytest.mark.parametrize("location", ["{{ lake }}", "{{ lake }}/_warehouse/x", "music/plays", "./x"])
def test_no_place_for_a_table(location: str) -> None:
    error = refused(f"{CREATE} LOCATION '{location}'")
    assert "no place for a table" in error.what
    assert error.where is not None and error.where.line == 2


def test_locations_of_files_are_one_place() -> None:
    for lake in ("file:///data/lake", "file:/data/lake", "/data/lake/"):
        for place in ("file:///data/lake/a/b", "file:/data/lake/a/b/", "/data/lake/a/b"):
            assert relative_location(place, lake) == "a/b"
    assert relative_location("/data/other", "/data/lake") == "file:///data/other"
    assert relative_location(".lake/a/b", ".lake") == "a/b"


def test_order_of_files_does_not_matter() -> None:
    steps = files(
        CREATE, "ALTER TABLE music.plays ADD COLUMNS (b INT)", "ALTER TABLE music.plays ADD COLUMNS (c INT)"
    )
    assert replay(steps[::-1], render, LAKE) == replay(steps, render, LAKE)


@given(st.lists(st.integers(1, 8), min_size=1, max_size=6))
def test_only_counting_from_one_is_a_sequence(numbers: list[int]) -> None:
    given_files = [DdlFile.named(f"ddl/music/plays/V{n:03}__n{i}.sql", CREATE) for i, n in enumerate(numbers)]
    if sorted(numbers) == list(range(1, len(numbers) + 1)):
        assert [f.version for f in check_sequence(given_files)] == sorted(numbers)
    else:
        with pytest.raises(ProjectError, match=r"missing before|have the number"):
            check_sequence(given_files)


def test_gap_and_double_say_the_files() -> None:
    one, two = (
        DdlFile.named("ddl/a/b/V001__create.sql", CREATE),
        DdlFile.named("ddl/a/b/V003__add.sql", "ALTER"),
    )
    with pytest.raises(ProjectError, match=r"number 2 is missing before V003__add\.sql"):
        check_sequence([one, two])
    with pytest.raises(ProjectError, match=r"V001__again\.sql and V001__create\.sql"):
        check_sequence([one, DdlFile.named("ddl/a/b/V001__again.sql", CREATE)])


@pytest.mark.parametrize(
    "name", ["V1__x.sql", "v001__x.sql", "V001_x.sql", "V001__X.sql", "create.sql", "V001__x.SQL"]
)
def test_bad_file_names(name: str) -> None:
    with pytest.raises(ProjectError, match="not the name of a DDL file"):
        DdlFile.named(f"ddl/music/plays/{name}", CREATE)


def test_the_first_file_creates() -> None:
    alter = DdlFile.named(
        "ddl/music/plays/V001__x.sql", "-- CREATE\n/* CREATE */ ALTER TABLE music.plays ADD COLUMNS (b INT)"
    )
    with pytest.raises(ProjectError, match="does not create the table"):
        check_sequence([alter])
    assert check_sequence(
        [DdlFile.named("ddl/music/plays/V001__x.sql", f"-- why\n{{# note #}} {CREATE.lower()}")]
    )


@given(st.text(), st.text())
def test_checksum_is_of_the_text(one: str, other: str) -> None:
    assert (checksum(one) == checksum(other)) == (one == other)
    assert checksum("a\r\nb") != checksum("a\nb")


def test_database() -> None:
    path = "ddl/music/database.sql"
    assert parse_database("CREATE DATABASE music COMMENT 'm'", path).comment == "m"
    with pytest.raises(ProjectError, match="creates no database"):
        parse_database("DROP TABLE music.plays", path)
    with pytest.raises(ProjectError, match="folder of music"):
        parse_database("CREATE DATABASE other", path)
