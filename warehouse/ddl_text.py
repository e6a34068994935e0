"""A contract as DDL text, and the differences between two contracts for people."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from warehouse.contract import Column, Contract, Format, Storage
from warehouse.ddl_properties import engines_own
from warehouse.ddl_storage import CLASSES, DELIMITERS, LAZY_SIMPLE, SERIALIZATION, delimited
from warehouse.errors import ProjectError
from warehouse.names import quote
from warehouse.tokens import literal
from warehouse.types import HiveType, canonical, parse_type

_PLAIN_NAME = re.compile(r"[a-z][a-z0-9_]*\Z")


def contract_text(contract: Contract) -> str:
    """A DDL file that replays to ``contract``, as version 1; its LOCATION only where it is not the usual one.

    It is a template: a location in the lake begins with ``{{ lake }}``. Hive's ``serialization.format`` is
    taken to be there.
    """
    name = contract.name
    lines = [f"CREATE EXTERNAL TABLE {_name(name.db)}.{_name(name.table)} ("]
    lines += [*_columns(contract.columns), ")"]
    if contract.comment:
        lines.append(f"COMMENT {literal(contract.comment)}")
    if len(contract.partitions) == 1:
        lines.append(f"PARTITIONED BY ({_columns(contract.partitions)[0].strip()})")
    elif contract.partitions:
        lines += ["PARTITIONED BY (", *_columns(contract.partitions), ")"]
    lines += _storage(contract.storage)
    if contract.location != f"{name.db}/{name.table}":
        inside = "://" not in contract.location
        text = literal(contract.location)[1:-1]
        lines.append(f"LOCATION '{'{{ lake }}/' if inside else ''}{text}'")
    if contract.properties:
        lines += _properties("TBLPROPERTIES", contract.properties)
    return "\n".join(lines) + ";\n"


def type_text(kind: HiveType) -> str:
    """A type as people write it in DDL: upper case, but for the names of fields."""
    if kind.name == "struct":
        fields = (f"{f}: {type_text(t)}" for f, t in zip(kind.fields, kind.items, strict=True))
        return f"STRUCT<{', '.join(fields)}>"
    if kind.items:
        return f"{kind.name.upper()}<{', '.join(map(type_text, kind.items))}>"
    args = f"({', '.join(map(str, kind.args))})" if kind.args else ""
    return kind.name.upper() + args


def _name(name: str) -> str:
    return name if _PLAIN_NAME.match(name) else quote(name)


def _columns(columns: Iterable[Column]) -> list[str]:
    """One line a column, types and comments aligned."""
    rows = [
        (_name(c.name), _type(c.type), f"COMMENT {literal(c.comment)}" if c.comment else "") for c in columns
    ]
    names = max((len(name) for name, _, _ in rows), default=0)
    kinds = max((len(kind) for _, kind, comment in rows if comment and len(kind) <= 24), default=0)
    lines = [
        f"  {name:{names}} {kind:{kinds if comment else 0}} {comment}".rstrip()
        for name, kind, comment in rows
    ]
    return [f"{line}," for line in lines[:-1]] + lines[-1:]


def _type(text: str) -> str:
    try:
        return type_text(parse_type(text))
    except ProjectError:
        return text


def _storage(storage: Storage) -> list[str]:
    properties = dict(storage.serde_properties)
    if properties.get(SERIALIZATION) == "1":
        del properties[SERIALIZATION]
    classes = (storage.input_format, storage.output_format)
    own = CLASSES.get(storage.format, ("", "", ""))
    if storage.format in {Format.PARQUET, Format.ORC} and not properties and (*classes, storage.serde) == own:
        return [f"STORED AS {storage.format.value.upper()}"]
    lines = []
    if storage.serde == LAZY_SIMPLE and (clauses := _delimited(properties)) is not None:
        lines += ["ROW FORMAT DELIMITED", *clauses] if clauses else []
    else:
        lines.append(f"ROW FORMAT SERDE {literal(storage.serde)}")
        lines += _properties("WITH SERDEPROPERTIES", properties) if properties else []
    if classes == CLASSES[Format.TEXTFILE][:2]:
        return [*lines, "STORED AS TEXTFILE"]
    return [*lines, f"STORED AS INPUTFORMAT {literal(classes[0])}", f"  OUTPUTFORMAT {literal(classes[1])}"]


_CLAUSES = {
    "FIELDS": "FIELDS TERMINATED BY",
    "ESCAPED": "ESCAPED BY",
    "COLLECTION": "COLLECTION ITEMS TERMINATED BY",
    "MAP": "MAP KEYS TERMINATED BY",
    "LINES": "LINES TERMINATED BY",
}


def _delimited(properties: Mapping[str, str]) -> list[str] | None:
    """The clauses of ROW FORMAT DELIMITED that give these properties; None where none do."""
    found = {word: properties[key] for word, key in DELIMITERS.items() if key in properties}
    if delimited({DELIMITERS[word]: value for word, value in found.items()}) != properties:
        return None
    if found.get("LINES", "\n") != "\n":
        return None
    return [f"  {_CLAUSES[word]} {literal(value)}" for word, value in found.items()]


def _properties(head: str, properties: Mapping[str, str]) -> list[str]:
    pairs = [f"  {literal(key)} = {literal(value)}" for key, value in sorted(properties.items())]
    return [f"{head} (", *(f"{pair}," for pair in pairs[:-1]), pairs[-1], ")"]


@dataclass(frozen=True)
class Difference:
    """One thing that two contracts say differently; an empty text where one says nothing of it."""

    what: str
    ours: str
    theirs: str

    def text(self, ours: str = "the DDL", theirs: str = "the metastore") -> str:
        if not self.theirs:
            return f"{self.what}: {self.ours} in {ours}, missing in {theirs}"
        if not self.ours:
            return f"{self.what}: {self.theirs} in {theirs}, missing in {ours}"
        return f"{self.what}: {self.ours} in {ours}, {self.theirs} in {theirs}"

    __str__ = text


def compare(ours: Contract, theirs: Contract, *, location: bool = True) -> list[Difference]:
    """What two contracts say differently, as readers would see it; engines' own properties are no difference.

    Locations are compared as they stand (make both relative or both absolute), or not at all.
    """
    found = [
        *_compare_columns("column", ours.columns, theirs.columns),
        *_compare_columns("partition column", ours.partitions, theirs.partitions),
        *_compare_text("input format", ours.storage.input_format, theirs.storage.input_format),
        *_compare_text("output format", ours.storage.output_format, theirs.storage.output_format),
        *_compare_text("serde", ours.storage.serde, theirs.storage.serde),
        *_compare_pairs("serde property", _serde_properties(ours), _serde_properties(theirs)),
        *_compare_text("comment", repr(ours.comment), repr(theirs.comment)),
        *_compare_pairs("property", own_properties(ours.properties), own_properties(theirs.properties)),
    ]
    if location:
        found += _compare_text("location", ours.location, theirs.location)
    return found


def own_properties(parameters: Mapping[str, str]) -> dict[str, str]:
    """A metastore's table parameters without those that engines write for themselves."""
    return {key: value for key, value in parameters.items() if not engines_own(key)}


def _serde_properties(contract: Contract) -> dict[str, str]:
    return {SERIALIZATION: "1", **contract.storage.serde_properties}


def _compare_text(what: str, ours: str, theirs: str) -> list[Difference]:
    return [] if ours == theirs else [Difference(what, ours, theirs)]


def _compare_pairs(what: str, ours: Mapping[str, str], theirs: Mapping[str, str]) -> list[Difference]:
    keys = [*ours, *(key for key in theirs if key not in ours)]
    return [
        Difference(f"{what} {key}", _shown(ours.get(key)), _shown(theirs.get(key)))
        for key in keys
        if ours.get(key) != theirs.get(key)
    ]


def _shown(value: str | None) -> str:
    return "" if value is None else repr(value)


def _compare_columns(what: str, ours: tuple[Column, ...], theirs: tuple[Column, ...]) -> list[Difference]:
    found = []
    there = {column.name: column for column in theirs}
    for column in ours:
        other = there.get(column.name)
        if other is None:
            found.append(Difference(f"{what} {column.name}", column.type, ""))
            continue
        if canonical(column.type) != canonical(other.type):
            found.append(Difference(f"{what} {column.name}", column.type, other.type))
        found += _compare_text(f"comment of {column.name}", repr(column.comment), repr(other.comment))
    here = {column.name for column in ours}
    found += [
        Difference(f"{what} {column.name}", "", column.type) for column in theirs if column.name not in here
    ]
    order = [column.name for column in ours if column.name in there]
    theirs_order = [column.name for column in theirs if column.name in here]
    if order != theirs_order:
        found.append(Difference(f"order of {what}s", ", ".join(order), ", ".join(theirs_order)))
    return found
