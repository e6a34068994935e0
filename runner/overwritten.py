"""Published files that are not those which a run wrote: somebody has written into them in place."""

from __future__ import annotations

from collections.abc import Iterator

from runner.lake import Lake
from warehouse.log import PartitionState, State


def overwritten(lake: Lake, state: State) -> Iterator[str]:
    """One line for each partition whose files differ in number or size from what the log says.

    Of tables that runs write, below the lake; what was adopted was never counted. One listing of the table.
    """
    contract = state.contract
    runs = [s for s in state.slices.values() if s.code]
    wanted = {p.location.rstrip("/"): p for s in runs for p in s.partitions if p.files or p.bytes}
    if contract is None or not wanted or lake.uri(contract.location) == contract.location:
        return
    found: dict[str, tuple[int, int]] = dict.fromkeys(wanted, (0, 0))
    for info in lake.store.list(f"{contract.location.rstrip('/')}/"):
        directory, _, name = info.key.rpartition("/")
        if directory in found and not name.startswith(("_", ".")):
            files, size = found[directory]
            found[directory] = files + 1, size + info.size
    differing = sorted(p.partition for at, p in wanted.items() if found[at] != (p.files, p.bytes))
    by_name = {p.partition: p for p in wanted.values()}
    for partition in differing[:3]:
        yield f"{partition or 'the table'}: {_what(by_name[partition], found)}"
    if len(differing) > 3:
        yield f"and {len(differing) - 3} more partitions: written into by somebody else"


def _what(partition: PartitionState, found: dict[str, tuple[int, int]]) -> str:
    files, size = found[partition.location.rstrip("/")]
    return (
        f"written into by somebody else: {files} files of {size} bytes, its run wrote {partition.files} of "
        f"{partition.bytes}"
    )
