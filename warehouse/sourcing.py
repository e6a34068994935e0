"""Sources: tables whose files come from elsewhere. Where an interval's files lie, and when they are whole."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from warehouse.contract import Contract
from warehouse.errors import ProjectError
from warehouse.intervals import Interval
from warehouse.log import PartitionState, SliceState
from warehouse.names import Spec
from warehouse.slicing import Slicing, by_convention

_FIELD = re.compile(r"\{(\w+)(?::([^}]*))?\}")
_DURATION = re.compile(r"(\d+)\s*(minute|hour|day)s?\Z")
_DIGITS = {"%Y": r"\d{4}", "%m": r"\d{2}", "%d": r"\d{2}", "%H": r"\d{2}"}


@dataclass(frozen=True)
class Layout:
    """Directories of a source below its root: ``dt=…/`` by default, or TBLPROPERTIES ``source.path``."""

    contract: Contract
    slicing: Slicing
    pattern: str

    @staticmethod
    def of(contract: Contract) -> Layout:
        """:class:`ProjectError` where ``source.path`` names no column of the table."""
        slicing = by_convention(contract.partitions, None)
        pattern = contract.properties.get("source.path", "").strip("/")
        for name, _ in _FIELD.findall(pattern):
            if name not in contract.partition_columns:
                raise ProjectError(
                    f"'source.path' of {contract.table} names {{{name}}}, which is no partition column",
                    fix=f"its partition columns are: {', '.join(contract.partition_columns)}",
                )
        return Layout(contract, slicing, pattern)

    def directory(self, spec: Spec) -> str:
        """Where the files of a partition lie, relative to the root."""
        if not self.pattern:
            return spec.path

        def fill(match: re.Match[str]) -> str:
            value = spec.get(match[1]) or ""
            if not match[2]:
                return value
            column = next((c for c in self.slicing.columns if c.name == match[1]), None)
            if column is None:
                return value
            return f"{datetime.strptime(value, column.form):{match[2]}}"

        return _FIELD.sub(fill, self.pattern)

    def parse(self, directory: str) -> Spec | None:
        """The partition that a directory below the root is, or None where it is none."""
        columns = self.contract.partition_columns
        if not self.pattern:
            try:
                spec = Spec.parse(directory)
            except ProjectError:
                return None
            return spec if spec.columns == columns else None
        match = self._regex().match(directory)
        if match is None:
            return None
        values = []
        for name in columns:
            form = next((f for n, f in _FIELD.findall(self.pattern) if n == name), None)
            column = next((c for c in self.slicing.columns if c.name == name), None)
            text = match.groupdict().get(name)
            if text is None:
                return None
            if form and column is not None:
                try:
                    text = f"{datetime.strptime(text, form):{column.form}}"
                except ValueError:
                    return None
            values.append(text)
        return Spec.of(columns, values)

    def _regex(self) -> re.Pattern[str]:
        parts, end = [], 0
        for match in _FIELD.finditer(self.pattern):
            parts.append(re.escape(self.pattern[end : match.start()]))
            inner = re.escape(match[2] or "") or r"[^/]+"
            for code, digits in _DIGITS.items():
                inner = inner.replace(re.escape(code), digits)
            parts.append(f"(?P<{match[1]}>{inner})")
            end = match.end()
        return re.compile("".join(parts) + re.escape(self.pattern[end:]) + r"\Z")

    @property
    def depth(self) -> int:
        """How many directories deep partitions lie."""
        return len(self.pattern.split("/")) if self.pattern else len(self.contract.partitions)

    @property
    def may_wait(self) -> bool:
        """Whether there is a rule for when an interval may be read."""
        return bool(self.contract.properties.get("source.complete", "").strip())

    def waits_for(self, interval: Interval | None, names: Iterable[str], now: datetime) -> str | None:
        """Why an interval may not be read yet (TBLPROPERTIES ``source.complete``), or None when it may."""
        rule = self.contract.properties.get("source.complete", "").strip()
        if not rule:
            return None
        duration = _DURATION.match(rule)
        if duration is None:
            return None if rule in names else f"{rule} has not arrived"
        if interval is None:
            return None
        until = interval.end + timedelta(**{f"{duration[2]}s": int(duration[1])})
        return None if now >= until else f"complete at {until.astimezone(UTC):%Y-%m-%dT%H:%MZ}"


@dataclass(frozen=True, order=True)
class SourceFile:
    """A file of a source: name below its partition's directory, size in bytes, content tag."""

    name: str
    size: int
    etag: str


def observed(spec: Spec, location: str, files: Iterable[SourceFile]) -> SliceState:
    """A source's partition as it lies there. Its version is a digest of names, sizes and etags."""
    listed = sorted(files)
    digest = hashlib.blake2b(digest_size=12)
    for file in listed:
        digest.update(f"{file.name}\0{file.size}\0{file.etag}\n".encode())
    version = digest.hexdigest()
    partition = PartitionState(
        spec.path, location, version, files=len(listed), bytes=sum(f.size for f in listed)
    )
    return SliceState(spec.path, f"source-{version}", (partition,))
