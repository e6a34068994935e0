"""Claims: who is working on which slices now. They save work; the log gives correctness."""

from __future__ import annotations

import getpass
import os
import socket
import threading
import time
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from types import TracebackType

import msgspec

from runner.stores import Store
from warehouse.errors import ConflictError, OutsideError
from warehouse.names import Spec, TableName

LIFETIME = 120.0
"""Seconds after which a claim that was not renewed is void."""
_RENEW = LIFETIME / 4


class Claim(msgspec.Struct, frozen=True):
    """``expires`` is in seconds since 1970; ``host`` and ``pid`` tell a dead runner on this machine."""

    run_id: str
    specs: tuple[str, ...]
    by: str
    since: str
    expires: float
    host: str
    pid: int

    def alive(self, now: float) -> bool:
        if self.expires < now:
            return False
        if self.host == _HOST and self.pid == os.getpid():
            return self.run_id in _at_work  # else its release did not get through
        return self.host != _HOST or process_lives(self.pid)


class _File(msgspec.Struct, frozen=True):
    claims: tuple[Claim, ...] = ()
    format: int = 1


_HOST = socket.gethostname()
_at_work: set[str] = set()
"""Runs of this process that hold claims."""


def identity() -> str:
    """Who runs this, for claims and log entries: ``user@host``."""
    try:
        user = getpass.getuser()
    except (KeyError, OSError):
        user = f"uid{os.getuid()}"
    return f"{user}@{_HOST}"


class Claims:
    """The claims of one table, a small file that is compared and swapped."""

    def __init__(self, store: Store, table: TableName, clock: Callable[[], float] = time.time) -> None:
        self.store = store
        self.table = table
        self.key = f"_warehouse/tables/{table}/claims.json"
        self.clock = clock

    def take(self, run_id: str, specs: Sequence[str], *, steal: bool = False) -> Held:
        """Claim slices, or :class:`ConflictError` that tells who has an overlapping one.

        ``steal`` breaks the others' claims; whoever appends first still wins.
        """
        since = datetime.now(UTC).isoformat(timespec="seconds")
        dead: list[Claim] = []
        wanted = [Spec.parse(s) for s in specs]

        def add(claims: tuple[Claim, ...]) -> tuple[Claim, ...]:
            mine = Claim(run_id, tuple(specs), identity(), since, self.clock() + LIFETIME, _HOST, os.getpid())
            kept = []
            dead.clear()
            now = self.clock()
            for claim in claims:
                if claim.run_id == run_id:  # an answer was lost, not the claim
                    continue
                overlap = [s for s in claim.specs for w in wanted if Spec.parse(s).overlaps(w)]
                if overlap and (steal or not claim.alive(now)):
                    dead.append(claim)
                    continue
                if overlap:
                    raise ConflictError(
                        f"{self.table} {overlap[0] or '(whole table)'} is being worked on",
                        why=f"{claim.by} (pid {claim.pid} on {claim.host}, run {claim.run_id}) "
                        f"holds it since {claim.since}",
                        fix="wait for it; or break the claim with --steal if that run is known to be dead "
                        f"(it expires by itself {LIFETIME:.0f} s after its runner's last sign of life)",
                    )
                kept.append(claim)
            return (*kept, mine)

        _at_work.add(run_id)
        try:
            self._swap(add)
        except BaseException:
            _at_work.discard(run_id)
            raise
        return Held(self, run_id, tuple(dead))

    def drop(self, run_id: str) -> None:
        self._swap(lambda claims: tuple(c for c in claims if c.run_id != run_id))

    def renew(self, run_id: str) -> bool:
        """Push the expiry on; False if the claim has been taken away."""
        held = False

        def push(claims: tuple[Claim, ...]) -> tuple[Claim, ...]:
            nonlocal held
            held = any(c.run_id == run_id for c in claims)
            until = self.clock() + LIFETIME
            return tuple(
                msgspec.structs.replace(c, expires=until) if c.run_id == run_id else c for c in claims
            )

        self._swap(push)
        return held

    def current(self) -> tuple[Claim, ...]:
        """Claims that are alive now."""
        data = self.store.read(self.key)
        now = self.clock()
        return tuple(c for c in _decode(data) if c.alive(now))

    def _swap(self, change: Callable[[tuple[Claim, ...]], tuple[Claim, ...]]) -> None:
        for _ in range(200):
            found = self.store.read_tagged(self.key)
            data, etag = found if found else (None, None)
            after = change(_decode(data))
            if self.store.replace(self.key, msgspec.json.encode(_File(after)), etag):
                return
            time.sleep(0.01)
        raise OutsideError(f"the claims of {self.table} change faster than they can be written")


class Held:
    """A claim that is kept alive by a thread until it is released; a context manager.

    ``inherited`` are the claims of runners that died, on slices that are claimed now.
    """

    def __init__(self, claims: Claims, run_id: str, inherited: tuple[Claim, ...] = ()) -> None:
        self.inherited = inherited
        self._claims = claims
        self._run_id = run_id
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._renew, name=f"claim-{run_id}", daemon=True)

    def _renew(self) -> None:
        while not self._stop.wait(_RENEW):
            try:
                if not self._claims.renew(self._run_id):
                    return
            except OutsideError:
                continue  # the next renewal may get through before the claim expires

    def __enter__(self) -> Held:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stop.set()
        try:
            self._claims.drop(self._run_id)
        except OutsideError:
            if kind is None:
                raise
        finally:
            _at_work.discard(self._run_id)


def _decode(data: bytes | None) -> tuple[Claim, ...]:
    """All claims of a file; none where it cannot be read: it is only a way to save work."""
    if data is None:
        return ()
    try:
        return msgspec.json.decode(data, type=_File).claims
    except msgspec.DecodeError:
        return ()


def process_lives(pid: int) -> bool:
    """Whether this machine has such a process."""
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True
