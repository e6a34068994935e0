"""Logs that AWS copies to S3, compressed and some time after they were written."""

from __future__ import annotations

import gzip
import time
import zlib
from collections.abc import Callable

from runner.engines.words import gist
from runner.stores.s3 import S3Store
from warehouse.errors import OutsideError

PATIENCE = 330.0
"""Seconds that a log is waited for: EMR copies them every five minutes."""
_EACH = 5.0


def told(
    locations: list[str],
    region: str,
    endpoint: str,
    progress: Callable[[str], None],
    *,
    patience: float = PATIENCE,
    pause: Callable[[float], None] = time.sleep,
) -> str:
    """What the first of these logs (``s3://…``) that appears says of an error; where they will be, if none
    does in time."""
    waited = 0.0
    while True:
        try:
            for location in locations:
                text = _read(location, region, endpoint)
                if text.strip():
                    return gist(text)
        except OutsideError as error:
            return f"its log at {locations[0]} cannot be read: {error.what}"
        if waited >= patience:
            return f"its log is not there yet; it will be at {locations[0]}"
        if not waited:
            progress(f"waiting for the log, which AWS copies every few minutes to {locations[0]}")
        pause(_EACH)
        waited += _EACH


def _read(location: str, region: str, endpoint: str) -> str:
    place, _, name = location.rpartition("/")
    data = S3Store(place, region=region, endpoint=endpoint).read(name) or b""
    try:
        return gzip.decompress(data).decode("utf-8", "replace")
    except (OSError, EOFError, zlib.error):
        return data.decode("utf-8", "replace")
