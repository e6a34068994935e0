"""What metastores write differently and mean alike, in one form, so that equal things compare equal."""

from __future__ import annotations

from collections.abc import Mapping

from warehouse.contract import Column, Format, Storage

_FORMATS = {
    "org.apache.hadoop.hive.ql.io.parquet.MapredParquetInputFormat": Format.PARQUET,
    "org.apache.hadoop.hive.ql.io.orc.OrcInputFormat": Format.ORC,
    "org.apache.hadoop.mapred.TextInputFormat": Format.TEXTFILE,
}

GENERATED = frozenset({"transient_lastDdlTime", "EXTERNAL", "comment"})
"""Table parameters that stand for fields of ours, or that the metastore makes by itself."""


def location(uri: str) -> str:
    """``file:/x`` (Hadoop's) and ``file:///x`` are one place; a trailing slash says nothing."""
    if uri.startswith("file:"):
        uri = "file:///" + uri[len("file:") :].lstrip("/")
    stripped = uri.rstrip("/")
    return uri if stripped.endswith(":") else stripped


def column_type(text: str) -> str:
    """Hive's text in lower case without spaces."""
    return "".join(text.split()).lower()


def column(name: str, type_: str, comment: str | None) -> Column:
    return Column(name=name.lower(), type=column_type(type_), comment=comment or "")


def storage(input_format: str, output_format: str, serde: str, properties: Mapping[str, str]) -> Storage:
    """A storage with the format that its input format means."""
    return Storage(
        format=_FORMATS.get(input_format, Format.CUSTOM),
        input_format=input_format,
        output_format=output_format,
        serde=serde,
        serde_properties=dict(properties),
    )


def parameters(found: Mapping[str, str] | None) -> dict[str, str]:
    """Parameters as people and engines set them, without :data:`GENERATED`."""
    return {key: value for key, value in (found or {}).items() if key not in GENERATED}
