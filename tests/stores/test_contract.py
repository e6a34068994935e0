"""What every store must do, whatever it is made of. A new kind is one more entry in ``KINDS``."""

from __future__ import annotations

import json
import multiprocessing
import os
import signal
import subprocess
import sys
import textwrap
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from fixtures_s3 import BUCKET, s3_server
from hypothesis import given, settings
from hypothesis import strategies as st

from runner.stores import Store
from runner.stores.local import LocalStore
from runner.stores.s3 import S3Store
from warehouse.errors import OutsideError


def _s3(root: Path) -> Store:
    """A prefix of the server's bucket, named as the directory."""
    return S3Store(f"s3://{BUCKET}{root}", endpoint=os.environ[ENDPOINT])


ENDPOINT = "TESTS_S3_ENDPOINT"
KINDS: dict[str, Callable[[Path], Store]] = {"local": LocalStore, "s3": _s3}
ROUNDS = {"local": 50, "s3": 15}
"""Of a race; the server of S3 answers one request at a time."""
ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="module", autouse=True)
def s3_endpoint() -> Iterator[None]:
    with s3_server() as url, pytest.MonkeyPatch.context() as patch:
        patch.setenv(ENDPOINT, url)
        yield


@pytest.fixture(params=sorted(KINDS))
def kind(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def store(kind: str, tmp_path: Path) -> Store:
    return KINDS[kind](tmp_path / "lake")


def test_what_is_written_is_read(store: Store) -> None:
    assert store.read("a/b") is None
    assert store.read_tagged("a/b") is None
    store.write("a/b", b"one")
    assert store.read("a/b") == b"one"
    store.write("a/b", b"")
    assert store.read("a/b") == b""
    assert store.read("a") is None, "a directory is no object"
    assert store.read("a/b/c") is None


def test_put_if_absent_writes_once(store: Store) -> None:
    assert store.put_if_absent("log/1", b"one")
    assert not store.put_if_absent("log/1", b"two")
    assert store.read("log/1") == b"one"
    store.delete(["log/1"])
    assert store.put_if_absent("log/1", b"three")


def test_replace_compares_before_it_swaps(store: Store) -> None:
    assert not store.replace("k", b"x", "1-1"), "nothing is there to have a tag"
    assert store.replace("k", b"one", None)
    assert not store.replace("k", b"two", None)
    found = store.read_tagged("k")
    assert found is not None
    assert store.replace("k", b"two", found[1])
    assert not store.replace("k", b"three", found[1])
    assert store.read("k") == b"two"


def test_lists_in_the_order_of_keys(store: Store) -> None:
    keys = ["a/1", "a/10", "a/2", "a-b/1", "a.txt", "a0", "a/b/c", "a/b.c", "b", "Z", "ü/x"]
    for key in keys:
        store.write(key, key.encode())
    assert [i.key for i in store.list("")] == sorted(keys)
    assert [i.key for i in store.list("a/")] == ["a/1", "a/10", "a/2", "a/b.c", "a/b/c"]
    assert [i.key for i in store.list("a/1")] == ["a/1", "a/10"], "a prefix may end within a name"
    assert [i.key for i in store.list("a/", after="a/10")] == ["a/2", "a/b.c", "a/b/c"]
    assert [i.key for i in store.list("nothing/here/")] == []
    (info,) = store.list("ü/")
    assert info.size == len("ü/x".encode())
    tagged = store.read_tagged("ü/x")
    assert tagged is not None
    assert tagged[1] == info.etag


def test_children_are_directories(store: Store) -> None:
    for key in ("t/b=2/x", "t/a=1/x", "t/a=1/y/z", "t/file"):
        store.write(key, b"")
    assert store.children("t") == ["a=1", "b=2"]
    assert store.children("nothing") == []
    store.delete(["t/b=2/x", "t/b=2/x", "never/there"])
    assert store.children("t") == ["a=1"], "a directory ends with its last object"


def test_a_directory_that_is_made_is_no_object(store: Store) -> None:
    for marked in (False, True):
        store.make_directory(f"d/{marked}", marked=marked)
        store.make_directory(f"d/{marked}", marked=marked)
    assert list(store.list("d/")) == []
    assert store.read("d/True") is None
    assert "True" in store.children("d")
    store.write("d/True/x", b"1")
    assert [info.key for info in store.list("d/")] == ["d/True/x"]


def _plain(name: str) -> bool:
    """Not one of the names that a store on a disk keeps for itself."""
    return not name.startswith(".") and not name.endswith((".crc", ".lock")) and len(name.encode()) < 200


ODD = st.text(
    st.characters(exclude_characters="/\0", exclude_categories=["Cs", "Cc"]), min_size=1, max_size=20
)


@settings(max_examples=60, deadline=None)
@given(names=st.lists(ODD.filter(_plain), min_size=1, max_size=3))
def test_any_name_comes_back_and_survives_being_a_uri(
    tmp_path_factory: pytest.TempPathFactory, names: list[str]
) -> None:
    for make in KINDS.values():
        store = make(tmp_path_factory.mktemp("odd") / "a lake %20#?")
        key = "/".join(names)
        store.write(key, b"x")
        assert [i.key for i in store.list("")] == [key]
        assert store.read(key) == b"x"
        assert store.key(store.uri(key)) == key
        assert store.uri(key).startswith(store.root + "/")
        assert store.key(store.root) == ""
        assert store.key(store.root + "-other/x") is None


# ------------------------------------------------------------------ races


def _put(kind: str, root: Path, barrier: object, name: str, rounds: int, won: object) -> None:
    store = KINDS[kind](root)
    mine = []
    for n in range(rounds):
        barrier.wait()  # type: ignore[attr-defined]
        if store.put_if_absent(f"log/{n}", name.encode() * 1000):
            mine.append(n)
    won.put((name, mine))  # type: ignore[attr-defined]


def _count(kind: str, root: Path, barrier: object, name: str, rounds: int, won: object) -> None:
    store = KINDS[kind](root)
    barrier.wait()  # type: ignore[attr-defined]
    for _ in range(rounds):
        while True:
            found = store.read_tagged("counter")
            data, etag = found if found else (b"0", None)
            if store.replace("counter", str(int(data) + 1).encode(), etag):
                break
    won.put((name, []))  # type: ignore[attr-defined]


def _race(task: Callable[..., None], kind: str, root: Path, rounds: int) -> dict[str, list[int]]:
    fork = multiprocessing.get_context("spawn")
    barrier, won = fork.Barrier(8), fork.Queue()
    players = [fork.Process(target=task, args=(kind, root, barrier, f"p{i}", rounds, won)) for i in range(8)]
    for player in players:
        player.start()
    results = dict(won.get(timeout=600) for _ in players)
    for player in players:
        player.join(60)
    return results


def test_eight_processes_put_the_same_key_and_one_wins(kind: str, tmp_path: Path) -> None:
    rounds = ROUNDS[kind]
    won = _race(_put, kind, tmp_path, rounds)
    assert sorted(n for mine in won.values() for n in mine) == list(range(rounds))
    store = KINDS[kind](tmp_path)
    for name, mine in won.items():
        for n in mine:
            assert store.read(f"log/{n}") == name.encode() * 1000, "whoever won wrote all of it"


def test_eight_processes_count_and_no_step_is_lost(kind: str, tmp_path: Path) -> None:
    rounds = ROUNDS[kind] // 2
    _race(_count, kind, tmp_path, rounds)
    assert KINDS[kind](tmp_path).read("counter") == str(8 * rounds).encode()


# ------------------------------------------------------------------ crashes and refusals

_KILLED = """
import os, signal, sys
from pathlib import Path
from runner.stores.local import LocalStore
real = getattr(os, sys.argv[2])
def deadly(*args, **kwargs):
    if sys.argv[3] == "before":
        os.kill(os.getpid(), signal.SIGKILL)
    real(*args, **kwargs)
    os.kill(os.getpid(), signal.SIGKILL)
setattr(os, sys.argv[2], deadly)
store = LocalStore(Path(sys.argv[1]))
getattr(store, sys.argv[4])("log/1", b"x" * 100000)
"""


@pytest.mark.parametrize("method", ["write", "put_if_absent"])
@pytest.mark.parametrize("when", ["before", "after"])
@pytest.mark.parametrize("call", ["fsync", "link", "unlink"])
def test_a_crash_leaves_all_of_an_object_or_nothing(
    tmp_path: Path, method: str, when: str, call: str
) -> None:
    done = subprocess.run(
        [sys.executable, "-c", textwrap.dedent(_KILLED), str(tmp_path), call, when, method],
        cwd=ROOT,
        capture_output=True,
    )
    killed = done.returncode == -signal.SIGKILL
    assert killed or (call, method) != ("fsync", "put_if_absent"), done.stderr
    store = LocalStore(tmp_path)
    assert store.read("log/1") in (None, b"x" * 100000)
    assert [i.key for i in store.list("log/")] in ([], ["log/1"]), "what is half written is not shown"
    assert store.put_if_absent("log/2", b"next")


@pytest.mark.skipif(os.geteuid() == 0, reason="nothing is forbidden to root")
def test_a_directory_that_cannot_be_written_is_told(tmp_path: Path) -> None:
    tmp_path.chmod(0o500)
    with pytest.raises(OutsideError, match="cannot be used"):
        LocalStore(tmp_path / "lake").write("a", b"")
    tmp_path.chmod(0o700)


def test_a_lake_that_is_a_file_is_told(tmp_path: Path) -> None:
    (tmp_path / "lake").write_text("")
    with pytest.raises(OutsideError, match="cannot be used"):
        LocalStore(tmp_path / "lake").write("a/b", b"")


def test_etags_tell_contents_of_the_same_size_apart(store: Store) -> None:
    seen: dict[str, bytes] = {}
    for n in range(20):
        data = json.dumps(n % 10).encode()
        store.write("k", data)
        found = store.read_tagged("k")
        assert found is not None
        assert seen.setdefault(found[1], data) == data


# ------------------------------------------------------------------ what is S3's own


@pytest.fixture
def s3(s3_endpoint: None) -> S3Store:
    return S3Store(f"s3://{BUCKET}/own", endpoint=os.environ[ENDPOINT])


def test_more_keys_than_a_page_or_a_call_takes(s3: S3Store) -> None:
    from moto.core import DEFAULT_ACCOUNT_ID
    from moto.s3.models import s3_backends

    keys = [f"many/{n:05}" for n in range(1100)]
    for key in keys:  # without asking a thousand times
        s3_backends[DEFAULT_ACCOUNT_ID]["aws"].put_object(BUCKET, s3.prefix + key, b"")
    assert [i.key for i in s3.list("many/")] == keys
    s3.delete(keys)
    assert list(s3.list("many/")) == []


def test_a_directory_that_a_console_made_is_no_object(s3: S3Store) -> None:
    s3.write("folder/", b"")
    s3.write("folder/a", b"")
    assert [i.key for i in s3.list("folder/")] == ["folder/a"]


def test_all_schemes_of_s3_name_the_same(s3: S3Store) -> None:
    assert s3.uri("a/b") == f"s3://{BUCKET}/own/a/b"
    assert {s3.key(f"{scheme}://{BUCKET}/own/a/b/") for scheme in ("s3", "s3a", "s3n")} == {"a/b"}
    assert s3.key(f"s3://other-{BUCKET}/own/a/b") is None


def test_a_bucket_that_is_not_there_is_told(s3_endpoint: None) -> None:
    store = S3Store("s3://no-such-bucket/lake", endpoint=os.environ[ENDPOINT])
    for call in (lambda: store.read("a"), lambda: store.write("a", b""), lambda: list(store.list(""))):
        with pytest.raises(OutsideError, match="no bucket no-such-bucket"):
            call()


def test_a_server_that_is_not_there_is_told(hurried: None) -> None:
    with pytest.raises(OutsideError, match="cannot be reached"):
        S3Store("s3://b/lake", endpoint="http://127.0.0.1:9").read("a")


def test_credentials_that_are_not_there_are_told(s3_endpoint: None, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in [name for name in os.environ if name.startswith("AWS_")]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    monkeypatch.setenv("AWS_CONFIG_FILE", "/nonexistent")
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", "/nonexistent")
    with pytest.raises(OutsideError, match="no AWS credentials"):
        S3Store("s3://b/lake", region="eu-west-1", endpoint=os.environ[ENDPOINT]).read("a")
