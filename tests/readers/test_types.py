"""What Spark has written through the tool is read the same by Spark, by Trino (from Hive's metastore and from
Glue) and by Hive: every type, NULLs, empty partitions, added columns, widenings, odd names of partitions.

The Spark that writes runs on a machine whose time zone is not UTC: readers' machines are elsewhere.
"""

from __future__ import annotations

import pytest

from tests.readers import changed, reading
from tests.readers.changed import Readers
from tests.readers.hive import Hive
from tests.readers.lakes import Lake
from tests.readers.reading import Rows, Table
from tests.readers.trino import Trino
from warehouse.contract import Format
from warehouse.types import widening

pytestmark = [pytest.mark.spark, pytest.mark.metastore, pytest.mark.s3, pytest.mark.trino, pytest.mark.hive]

FORMATS = ("parquet", "orc", "textfile")
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


class Project:
    """Writes the files; tables are ``same.<what>_<format>``."""

    def __init__(self, lake: Lake) -> None:
        self.lake = lake

    def create(self, table: str, columns: dict[str, str], by: str, stored: str) -> None:
        body = ",\n  ".join(f"{name} {kind}" for name, kind in columns.items())
        self.lake.write(
            f"ddl/same/{table}/V001__create.sql",
            f"CREATE EXTERNAL TABLE same.{table} (\n  {body}\n)\n"
            f"PARTITIONED BY ({by})\nSTORED AS {stored};\n",
        )

    def insert(self, table: str, select: str, by: str = "dt = '{{ ds }}'") -> None:
        self.lake.write(
            f"sql/same/{table}.sql", f"INSERT OVERWRITE TABLE same.{table} PARTITION ({by})\n{select}\n"
        )

    def build(self) -> None:
        for kind in FORMATS:
            stored = kind.upper()
            for name, values in (("types", VALUES), ("edges", EDGES)):
                self.create(f"{name}_{kind}", types_of(values), "dt STRING", stored)
                only = f"\nWHERE '{{{{ ds }}}}' = '{DAY}'" if name == "types" else ""
                self.insert(
                    f"{name}_{kind}", f"SELECT id, {', '.join(values)}\nFROM {literals(values)}{only}"
                )
            self.create(f"labels_{kind}", {"id": "INT"}, "dt STRING, label STRING", stored)
            rows = ", ".join(f"({i}, {_quoted(label)})" for i, label in enumerate(LABELS))
            self.insert(
                f"labels_{kind}",
                f"SELECT id, label\nFROM VALUES {rows} AS t (id, label)",
                "dt = '{{ ds }}', label",
            )
        changed.before(self.lake)
        self.lake.apply()
        self.lake.backfill(DAY, DAY)
        self.lake.backfill(EMPTY, EMPTY, *(f"same.types_{kind}" for kind in FORMATS))
        changed.change(self.lake)
        self.lake.apply()
        self.lake.backfill(LATER, LATER, *(f"same.grown_{kind}" for kind in FORMATS))


def _quoted(text: str) -> str:
    return "'" + text.replace("\\", "\\\\").replace("'", "\\'") + "'"


def tables() -> list[Table]:
    found = []
    for kind in FORMATS:
        found += [
            Table(f"same.types_{kind}", types_of(VALUES)),
            Table(f"same.edges_{kind}", types_of(EDGES)),
            Table(f"same.labels_{kind}", {"id": "INT", "dt": "STRING", "label": "STRING"}),
            changed.grown(Format(kind)),
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
        Project(lake).build()
        lake.show_in_glue()
        readers = Readers(lake, trino, catalogs, hive)
        wrong = changed.wrong()
        questions = {table.name: table for table in tables()}
        for kind in changed.FORMATS:
            of_kind, _ = changed.filtered(f"same.grown_{kind.value}", changed.PASSED[kind])
            questions |= of_kind
        refusals = changed.make_wrong(lake)
        questions |= {
            name: Table(one.table, {"id": "INT", one.column: one.new}) for name, one in wrong.items()
        }
        for kind in changed.FORMATS:
            questions |= changed.filtered(f"same.wrong_{kind.value}", changed.STOPPED[kind])[0]
        questions |= {
            odd: Table(f"same.odd_{n}", {"id": "INT", "odd": "STRING"}) for n, odd in enumerate(changed.ODD)
        }
        answers: Read = readers.ask(questions)
        answers |= {("metastore", what): said for what, said in refusals.items()}
        kinds = Table("", types_of(VALUES))
        answers["written", "types"] = reading.by_spark(lake, kinds, f"SELECT * FROM {literals(VALUES)}")
        for kind in changed.FORMATS:
            answers["written", f"grown_{kind.value}"] = changed.as_written(lake, kind)
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
    _, expected = changed.filtered(f"same.grown_{kind}", changed.PASSED[Format(kind)])
    assert {name: read[reader, name] for name in expected} == {
        name: {key: {"id": key}} for name, key in expected.items()
    }


@pytest.mark.parametrize("name", changed.wrong())
def test_why_a_change_is_refused(read: Read, name: str) -> None:
    """Somebody among the readers fails on files of before, or reads or finds other values."""
    one = changed.wrong()[name]
    kind = Format(one.table.rpartition("_")[2])
    assert widening(one.old, one.new, kind)
    values = [reader for reader in READERS if read[reader, name] != read["meant", name]]
    _, expected = changed.filtered(one.table, changed.STOPPED[kind])
    asked = f"{one.table}: {one.old} to {one.new}, filtered"
    key = expected.get(asked)
    found = [reader for reader in READERS if key is not None and read[reader, asked] != {key: {"id": key}}]
    assert values or found


@pytest.mark.parametrize("odd", changed.ODD)
def test_why_a_type_is_refused(read: Read, odd: str) -> None:
    """A metastore or a reader does not know it."""
    failed = [reader for reader in READERS if isinstance(read[reader, odd], str)]
    assert failed or ("metastore", f"thrift: {odd}") in read


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
