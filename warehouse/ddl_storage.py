"""Hive's storage descriptors: what a STORED AS and a ROW FORMAT stand for, as Spark 3.5 writes them."""

from __future__ import annotations

from collections.abc import Mapping

import msgspec

from warehouse.contract import Column, Format, Storage
from warehouse.ddl_clauses import literal_value
from warehouse.ddl_properties import properties_list
from warehouse.tokens import Cursor

LAZY_SIMPLE = "org.apache.hadoop.hive.serde2.lazy.LazySimpleSerDe"
OPEN_CSV = "org.apache.hadoop.hive.serde2.OpenCSVSerde"
JSON = "org.apache.hive.hcatalog.data.JsonSerDe"
# Exists in Hive 3 and later only; Hive 2.3, Spark and Trino have none of that name.
HIVE3_JSON = "org.apache.hadoop.hive.serde2.JsonSerDe"

_TEXT_INPUT = "org.apache.hadoop.mapred.TextInputFormat"
_TEXT_OUTPUT = "org.apache.hadoop.hive.ql.io.HiveIgnoreKeyTextOutputFormat"
CLASSES: Mapping[Format, tuple[str, str, str]] = {
    Format.PARQUET: (
        "org.apache.hadoop.hive.ql.io.parquet.MapredParquetInputFormat",
        "org.apache.hadoop.hive.ql.io.parquet.MapredParquetOutputFormat",
        "org.apache.hadoop.hive.ql.io.parquet.serde.ParquetHiveSerDe",
    ),
    Format.ORC: (
        "org.apache.hadoop.hive.ql.io.orc.OrcInputFormat",
        "org.apache.hadoop.hive.ql.io.orc.OrcOutputFormat",
        "org.apache.hadoop.hive.ql.io.orc.OrcSerde",
    ),
    Format.TEXTFILE: (_TEXT_INPUT, _TEXT_OUTPUT, LAZY_SIMPLE),
}
"""Input format, output format and serde of each STORED AS."""

DELIMITERS = {
    "FIELDS": "field.delim",
    "ESCAPED": "escape.delim",
    "COLLECTION": "colelction.delim",
    "MAP": "mapkey.delim",
    "LINES": "line.delim",
}
"""Serde properties of ROW FORMAT DELIMITED; ``colelction`` is how Hive spells it."""

SERIALIZATION = "serialization.format"
TAKES_REST = "serialization.last.column.takes.rest"


def make_storage(
    input_format: str, output_format: str, serde: str, properties: Mapping[str, str] | None = None
) -> Storage:
    """A descriptor with the format that its input format says; Hive adds ``serialization.format`` to each."""
    kind = next((known for known, classes in CLASSES.items() if classes[0] == input_format), Format.CUSTOM)
    return Storage(kind, input_format, output_format, serde, {SERIALIZATION: "1", **(properties or {})})


def delimited(properties: Mapping[str, str]) -> dict[str, str]:
    """The serde properties of ROW FORMAT DELIMITED; the field's delimiter is the serialization format."""
    field = properties.get("field.delim")
    return {**properties, **({SERIALIZATION: field} if field is not None else {})}


class RowFormat(msgspec.Struct, frozen=True):
    """``serde`` None: ROW FORMAT DELIMITED."""

    serde: str | None
    properties: Mapping[str, str]
    at: int


def read_row_format(cursor: Cursor) -> RowFormat:
    """After ROW."""
    at = cursor.next.offset
    cursor.expect("FORMAT")
    if cursor.take("SERDE"):
        token = cursor.next
        serde = literal_value(cursor, "the serde's class")
        if serde == HIVE3_JSON:
            raise cursor.error(
                f"{serde} is in Hive 3 only",
                token,
                why="Spark and Trino do not find it",
                fix=f"write {JSON!r}",
            )
        properties: dict[str, str] = {}
        if cursor.take("WITH"):
            cursor.expect("SERDEPROPERTIES")
            properties = properties_list(cursor)
        return RowFormat(serde, properties, at)
    cursor.expect("DELIMITED")
    found: dict[str, str] = {}
    while cursor.next.kind == "word" and (word := cursor.next.text.upper()) in {*DELIMITERS, "NULL"}:
        start = cursor.step()
        if word == "NULL":
            raise cursor.error(
                "NULL DEFINED AS is not allowed",
                start,
                why="Spark ignores it",
                fix=f"write ROW FORMAT SERDE '{LAZY_SIMPLE}' "
                "WITH SERDEPROPERTIES ('serialization.null.format' = '…')",
            )
        if word == "COLLECTION":
            cursor.expect("ITEMS")
        elif word == "MAP":
            cursor.expect("KEYS")
        cursor.expect(*(("BY",) if word == "ESCAPED" else ("TERMINATED", "BY")))
        key = DELIMITERS[word]
        if key in found:
            raise cursor.error(f"{word} is there twice", start)
        value = cursor.next
        found[key] = literal_value(cursor, "the delimiter")
        if word == "LINES" and found[key] != "\n":
            raise cursor.error("lines end with a line feed only", value, fix=r"write '\n', or leave it out")
    return RowFormat(None, delimited(found), at)


class Stored(msgspec.Struct, frozen=True):
    """``classes`` are input format and output format; ``format`` None where only they were given."""

    format: Format | None
    classes: tuple[str, str]


def read_stored(cursor: Cursor) -> Stored:
    """After STORED."""
    if cursor.looks("BY"):
        raise cursor.error("STORED BY is not allowed", fix="use STORED AS PARQUET")
    cursor.expect("AS")
    if cursor.take("INPUTFORMAT"):
        input_format = literal_value(cursor, "the input format's class")
        cursor.expect("OUTPUTFORMAT")
        return Stored(None, (input_format, literal_value(cursor, "the output format's class")))
    token = cursor.step()
    known = next((kind for kind in CLASSES if kind.value == token.text.lower()), None)
    if known is None:
        raise cursor.error(
            f"STORED AS {token.text.upper() or '…'} is not allowed",
            token,
            why="not every engine here reads and writes it",
            fix="use PARQUET, ORC or TEXTFILE",
        )
    return Stored(known, CLASSES[known][:2])


def storage_of(cursor: Cursor, row: RowFormat | None, stored: Stored | None) -> Storage:
    """What the two clauses make together: Hive's default is TEXTFILE with LazySimpleSerDe."""
    stored = stored or Stored(Format.TEXTFILE, CLASSES[Format.TEXTFILE][:2])
    if row is None:
        own = stored.format or next(
            (kind for kind, classes in CLASSES.items() if classes[:2] == stored.classes), Format.TEXTFILE
        )
        if stored.format is None and own is not Format.TEXTFILE:
            raise cursor.error(
                "INPUTFORMAT without a serde",
                why="Spark would read these files with the serde of text",
                fix=f"write STORED AS {own.value.upper()}",
            )
        return make_storage(*stored.classes, CLASSES[own][2])
    if stored.format not in {None, Format.TEXTFILE}:
        raise cursor.error(
            f"ROW FORMAT does not go with STORED AS {stored.format.value.upper() if stored.format else ''}",
            row.at,
            why="the format brings its own serde",
            fix="leave ROW FORMAT out, or write STORED AS INPUTFORMAT … OUTPUTFORMAT …",
        )
    serde = row.serde or LAZY_SIMPLE
    owner = next((kind for kind, classes in CLASSES.items() if classes[2] == serde), None)
    if owner in {Format.PARQUET, Format.ORC} and stored.classes != CLASSES[owner][:2]:
        raise cursor.error(
            f"this serde reads {owner.value.upper()} files only",
            row.at,
            fix=f"write STORED AS {owner.value.upper()}",
        )
    if row.serde is None and stored.classes != CLASSES[Format.TEXTFILE][:2]:
        raise cursor.error("ROW FORMAT DELIMITED is for text", row.at, fix="write STORED AS TEXTFILE")
    return make_storage(*stored.classes, serde, row.properties)


def check_serde_columns(
    cursor: Cursor, storage: Storage, columns: tuple[Column, ...], places: Mapping[str, int]
) -> None:
    """OpenCSVSerde knows no type but STRING."""
    wrong = next((c for c in columns if c.type != "string"), None) if storage.serde == OPEN_CSV else None
    if wrong is not None:
        raise cursor.error(
            f"column {wrong.name!r} of a CSV table is {wrong.type.upper()}",
            places.get(wrong.name, 0),
            why="OpenCSVSerde reads every column as STRING, and Trino refuses other types",
            fix="make it STRING here and cast it in the SQL that reads it",
        )
