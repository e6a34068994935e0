"""What Spark has written through the tool is read the same by Spark, by Trino (from Hive's metastore and from
Glue) and by Hive: every type, NULLs, empty partitions, added columns, widenings, odd names of partitions.

The Spark that writes runs on a machine whose time zone is not UTC: readers' machines are elsewhere.
"""

from __future__ import annotations

import pytest

from tests.readers import changed, reading
from tests.readers.changed import FORMATS, Readers
from tests.readers.hive import Hive
from tests.readers.lakes import Lake
from tests.readers.reading import Rows, Table
from tests.readers.trino import Trino
from warehouse.types import widening

pytestmark = [pytest.mark.spark, pytest.mark.metastore, pytest.mark.s3, pytest.mark.trino, pytest.mark.hive]

READERS = ("spark", "trino, Hive's metastore", "trino, Glue", "hive")
ZONE = "America/New_York"
DAY, EMPTY, LATER = changed.OLD_DAY, "2024-01-02", changed.NEW_DAY
_STRUCT = "STRUCT<a:INT,b:STRING,c:DECIMAL(12,3),d:TIMESTAMP,e:DATE,f:BOOLEAN>"
_NESTED = "ARRAY<STRUCT<name:STRING,tags:ARRAY<STRING>,more:MAP<STRING,STRUCT<x:DOUBLE,y:DATE>>>>"

VALUES: dict[str, tuple[str, tuple[str, ...]]] = {
    "a_tinyint": ("TINYINT", ("-128", "127", "0")),
    "a_smallint": ("SMALLINT", ("-32768", "32767", "0")),
    "an_int": ("INT", ("-2147483648", "2147483647", "0")),
    "a_bigint": ("BIGINT", ("'-9223372036854775808'", "9223372036854775807", "0")),
    "a_float": ("FLOAT", ("1.1", "'NaN'", "'-Infinity'", "-0.0D", "3.4028235E38D", "1.4E-45D")),
    "a_double": ("DOUBLE", ("0.1D", "'NaN'", "'Infinity'", "-0.0D", "1.7976931348623157E308D", "4.9E-324D")),
    "a_boolean": ("BOOLEAN", ("true", "false")),
    "short_decimal": ("DECIMAL(9,2)", ("-9999999.99", "9999999.99", "0.01", "1.10")),
    "middle_decimal": ("DECIMAL(18,4)", ("-99999999999999.9999", "99999999999999.9999", "0")),
    "long_decimal": (
        "DECIMAL(38,10)",
        (f"-{'9' * 28}.{'9' * 10}", f"{'9' * 28}.{'9' * 10}", "0.0000000001"),
    ),
    "a_string": (
        "STRING",
        ("'plain'", "''", r"""'it\'s "quoted" \\ back'""", "'日本語 é 😀'", "' s '", "'NULL'"),
    ),
    "a_varchar": ("VARCHAR(20)", ("'plain'", "''", "'日本語 é 😀'", "' s '", "'exactly 20 charactrs'")),
    "a_char": ("CHAR(6)", ("'abc'", "''", "'日本'", "'sixsix'")),
    "a_date": ("DATE", ("'2024-02-29'", "'1970-01-01'", "'1969-12-31'", "'1582-10-15'", "'9999-12-31'")),
    "a_timestamp": (
        "TIMESTAMP",
        (
            "'2024-07-01 12:34:56.123456'",
            "'2024-03-10 02:30:00'",  # is no time at all in ZONE
            "'2024-11-03 01:30:00'",  # is there twice
            "'1969-12-31 23:59:58.999'",
            "'1900-01-01 00:00:00'",
            "'9999-12-31 23:59:59.999999'",
        ),
    ),
    "a_binary": ("BINARY", ("X'00FF10'", "X''", "X'6869'")),
    "numbers": ("ARRAY<INT>", ("array(1, NULL, 3)", "array()", "array(7)")),
    "texts": ("ARRAY<STRING>", (r"array('a', '', NULL, 'it\'s')", "array()", "array('x y')")),
    "decimals": ("ARRAY<DECIMAL(9,2)>", ("array(1.10, NULL, -9.99)", "array()")),
    "moments": ("ARRAY<TIMESTAMP>", ("array(TIMESTAMP'2024-07-01 12:34:56.123456', NULL)", "array()")),
    "blobs": ("ARRAY<BINARY>", ("array(X'6869')", "array()")),
    "by_text": ("MAP<STRING,INT>", ("map('a', 1, 'b', NULL, '', 3)", "map()")),
    "by_number": ("MAP<INT,STRING>", ("map(1, 'x', 2, NULL, 3, '')", "map()")),
    "by_date": ("MAP<DATE,DECIMAL(18,4)>", ("map(DATE'2024-02-29', 1.5)", "map()")),
    "a_struct": (
        _STRUCT,
        (
            "named_struct('a', 1, 'b', 'x', 'c', 1.5, 'd', TIMESTAMP'2024-07-01 12:34:56', 'e', "
            "DATE'2024-02-29', 'f', true)",
            "named_struct('a', NULL, 'b', NULL, 'c', NULL, 'd', NULL, 'e', NULL, 'f', NULL)",
        ),
    ),
    "nested": (
        _NESTED,
        (
            "array(named_struct('name', 'n', 'tags', array('p', 'q'), 'more', "
            "map('k', named_struct('x', 0.5D, 'y', DATE'2024-01-01'))), NULL)",
            "array()",
            "array(named_struct('name', NULL, 'tags', array(), 'more', map()))",
        ),
    ),
}
"""Column, type and what stands in its rows; a row without a value has NULL, the last one has nothing else."""

LABELS = (
    "plain", "with space", "a/b", "a=b", "50%", "it's", '"double"', "a:b", "a,b", "a#b?c&d", "[x]{y}",
    "back\\slash", "日本語 é", "2024-01-01 12:00:00", "dot.", "UPPER", "a*b", "100%25", "+plus", "a~b^c|d<e>",
)  # fmt: skip
"""Partition values. What no file name or URL takes is written as ``%XX``."""

EDGES = {
    "old_date": ("DATE", ("'1500-06-15'",)),
    "old_timestamp": ("TIMESTAMP", ("'1500-06-15 12:00:00'",)),
    "last_second": ("TIMESTAMP", ("'1969-12-31 23:59:59.999'",)),
}


def literals(values: dict[str, tuple[str, tuple[str, ...]]]) -> str:
    """A relation of the values, with ``id``."""
    rows = []
    for i in range(max(len(given) for _, given in values.values()) + 1):
        cells = [f"CAST({given[i] if i < len(given) else 'NULL'} AS {t})" for t, given in values.values()]
        rows.append(f"({', '.join([str(i), *cells])})")
    return "VALUES\n  " + ",\n  ".join(rows) + f"\nAS t (id, {', '.join(values)})"


def types_of(values: dict[str, tuple[str, tuple[str, ...]]]) -> dict[str, str]:
    return {"id": "INT", **{name: kind for name, (kind, _) in values.items()}}


def build(lake: Lake) -> None:
    """Write the files, and publish: tables are ``same.<what>_<format>``."""
    for kind in FORMATS:
        stored = kind.upper()
        for name, values in (("types", VALUES), ("edges", EDGES)):
            lake.write_ddl(f"same.{name}_{kind}", types_of(values), "dt STRING", stored)
            only = f"\nWHERE '{{{{ ds }}}}' = '{DAY}'" if name == "types" else ""
            lake.write_sql(
                f"same.{name}_{kind}", f"SELECT id, {', '.join(values)}\nFROM {literals(values)}{only}"
            )
        lake.write_ddl(f"same.labels_{kind}", {"id": "INT"}, "dt STRING, label STRING", stored)
        rows = ", ".join(f"({i}, {_quoted(label)})" for i, label in enumerate(LABELS))
        lake.write_sql(
            f"same.labels_{kind}",
            f"SELECT id, label\nFROM VALUES {rows} AS t (id, label)",
            "dt = '{{ ds }}', label",
        )
    changed.before(lake)
    lake.apply()
    lake.backfill(DAY, DAY)
    lake.backfill(EMPTY, EMPTY, *(f"same.types_{kind}" for kind in FORMATS))
    changed.change(lake)
    lake.apply()
    lake.backfill(LATER, LATER, *(f"same.grown_{kind}" for kind in FORMATS))


def _quoted(text: str) -> str:
    return "'" + text.replace("\\", "\\\\").replace("'", "\\'") + "'"


def tables() -> list[Table]:
    found = []
    for kind in FORMATS:
        found += [
            Table(f"same.types_{kind}", types_of(VALUES)),
            Table(f"same.edges_{kind}", types_of(EDGES)),
            Table(f"same.labels_{kind}", {"id": "INT", "dt": "STRING", "label": "STRING"}),
        ]
    return found


Read = dict[tuple[str, str], Rows | str]
"""What each reader found, by reader and table; ``written`` is what the statements say."""


@pytest.fixture(scope="module")
def read(
    tmp_path_factory: pytest.TempPathFactory,
    s3: str,
    hive_uri: str,
    trino: Trino,
    catalogs: dict[str, str],
    hive: Hive,
) -> Read:
    with Lake(tmp_path_factory.mktemp("types"), s3, hive_uri, ZONE) as lake:
        build(lake)
        lake.show_in_glue()
        readers = Readers(lake, trino, catalogs, hive)
        refusals = changed.make_wrong(lake)
        questions = {table.name: table for table in tables()} | changed.questions()
        answers: Read = readers.ask(questions)
        answers |= {("metastore", what): said for what, said in refusals.items()}
        kinds = Table("", types_of(VALUES))
        answers["written", "types"] = reading.by_spark(lake, kinds, f"SELECT * FROM {literals(VALUES)}")
        for kind in FORMATS:
            answers["written", f"grown_{kind}"] = changed.as_written(lake, kind)
            answers |= {("meant", name): rows for name, rows in changed.meant(lake, kind).items()}
    return answers


@pytest.mark.parametrize("reader", READERS)
@pytest.mark.parametrize("kind", FORMATS)
def test_every_type_is_read_as_it_was_written(read: Read, kind: str, reader: str) -> None:
    written, found = read["written", "types"], read[reader, f"same.types_{kind}"]
    assert isinstance(written, dict) and isinstance(found, dict), found
    for row in written.values():
        if row["a_char"] is not None:
            row["a_char"] = row["a_char"].ljust(6)
    assert found == written


@pytest.mark.parametrize("reader", READERS)
@pytest.mark.parametrize("kind", FORMATS)
def test_partition_values_with_special_characters(read: Read, kind: str, reader: str) -> None:
    expected = {i: {"id": i, "dt": DAY, "label": label} for i, label in enumerate(LABELS)}
    assert read[reader, f"same.labels_{kind}"] == expected


@pytest.mark.parametrize("reader", READERS)
@pytest.mark.parametrize("kind", FORMATS)
def test_old_partitions_under_a_wider_contract(read: Read, kind: str, reader: str) -> None:
    """With every change that DDL lets pass, and rows found by their values in files of before."""
    assert read[reader, f"same.grown_{kind}"] == read["written", f"grown_{kind}"]
    _, expected = changed.filtered(f"same.grown_{kind}", changed.PASSED[kind])
    assert {name: read[reader, name] for name in expected} == {
        name: {key: {"id": key}} for name, key in expected.items()
    }


READS, FAILS, OTHER = "reads", "fails", "other values"
FILTER_FAILS, FILTER_OTHER = "reads, fails with a filter", "reads, a filter finds other rows"
WHY = {
    "parquet: int to bigint": (FAILS, READS, READS),
    "parquet: smallint to bigint": (FAILS, READS, READS),
    "parquet: float to double": (FAILS, FILTER_FAILS, READS),
    "parquet: int to double": (FAILS, FILTER_FAILS, OTHER),
    "parquet: decimal(9,2) to decimal(11,4)": (FAILS, FILTER_OTHER, READS),
    "parquet: int to string": (FAILS, FILTER_FAILS, FAILS),
    "parquet: date to timestamp": (FAILS, FAILS, FAILS),
    "parquet: struct<a:int> to struct<b:int>": (OTHER, OTHER, OTHER),
    "parquet: struct<a:int> to struct<a:bigint,b:string>": (FAILS, READS, READS),
    "parquet: array<int> to int": (FAILS, FAILS, FAILS),
    "orc: int to string": (FILTER_FAILS, READS, READS),
    "orc: decimal(9,2) to double": (FILTER_FAILS, READS, READS),
    "orc: date to timestamp": (READS, FAILS, READS),
    "orc: date to string": (FILTER_FAILS, READS, READS),
    "textfile: date to timestamp": (OTHER, OTHER, OTHER),
    "textfile: struct<a:int> to struct<b:string,a:int>": (OTHER, OTHER, OTHER),
}
"""What Spark, Trino and Hive do with files of before, as docs/readers.md has it. Should all read one day, the
rule can be relaxed."""


def verdict(read: Read, reader: str, name: str) -> str:
    if isinstance(read[reader, name], str):
        return FAILS
    if read[reader, name] != read["meant", name]:
        return OTHER
    one = changed.WRONG[name]
    _, expected = changed.filtered(one.table, changed.STOPPED[one.kind])
    asked = f"{one.table}: {one.old} to {one.new}, filtered"
    if asked not in expected:
        return READS
    found, key = read[reader, asked], expected[asked]
    if isinstance(found, str):
        return FILTER_FAILS
    return READS if found == {key: {"id": key}} else FILTER_OTHER


@pytest.mark.parametrize("name", changed.WRONG)
def test_why_a_change_is_refused(read: Read, name: str) -> None:
    one = changed.WRONG[name]
    assert widening(one.old, one.new, one.kind)
    spark, trino, hive = WHY[name]
    assert [verdict(read, reader, name) for reader in READERS] == [spark, trino, trino, hive]


@pytest.mark.parametrize("odd", changed.ODD)
def test_why_a_type_is_refused(read: Read, odd: str) -> None:
    """Of a column that the files do not have: only Trino reads it as NULL, and only a UNIONTYPE."""
    answers = [read[reader, odd] for reader in READERS]
    failed = [isinstance(answer, str) for answer in answers]
    assert failed == [True, odd not in _READ_BY_TRINO, odd not in _READ_BY_TRINO, True], answers
    assert (("metastore", f"thrift: {odd}") in read) == (odd == "timestamp_ntz"), (
        "who does not take it at all"
    )


_READ_BY_TRINO = ("uniontype<int,string>",)


NOT_ALIKE = {
    # Before the Gregorian calendar: Spark's Parquet and Trino count days back without a gap, Hive has the
    # Julian calendar of the time, and so has ORC's library in Spark and in Hive.
    ("hive", "parquet"): {"old_date": "1500-06-05", "old_timestamp": "1500-06-05 12:00:00"},
    ("trino", "orc"): {"old_date": "1500-06-25", "old_timestamp": "1500-06-25 12:00:00"},
}


@pytest.mark.parametrize("reader", READERS)
@pytest.mark.parametrize("kind", FORMATS)
def test_what_is_not_read_alike_is_known(read: Read, kind: str, reader: str) -> None:
    """Dates of before 1582, and in ORC the last second before 1970: in docs/readers.md."""
    expected = {
        "id": 0,
        "old_date": "1500-06-15",
        "old_timestamp": "1500-06-15 12:00:00",
        "last_second": "1970-01-01 00:00:00.999" if kind == "orc" else "1969-12-31 23:59:59.999",
        **NOT_ALIKE.get((reader.partition(",")[0], kind), {}),
    }
    found = read[reader, f"same.edges_{kind}"]
    assert isinstance(found, dict), found
    assert found[0] == expected
