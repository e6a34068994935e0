"""A server for tests that speaks as AWS does: moto's, in this process, one request at a time."""

from __future__ import annotations

import functools
import threading
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest

BUCKET = "lakes"
Before = Callable[[str, str], None]


class OneAtATime:
    """Moto looks whether an object is there and then writes it, which S3 does in one step.

    ``before`` is called with the method and the path of each request.
    """

    def __init__(self, app: Any, before: Before) -> None:
        self.before = before
        self._app = app
        self._lock = threading.Lock()

    def __call__(self, environ: dict[str, Any], start: Callable[..., Any]) -> Iterable[bytes]:
        self.before(environ["REQUEST_METHOD"], environ["PATH_INFO"])
        with self._lock:
            return list(self._app(environ, start))


@contextmanager
def credentials() -> Iterator[None]:
    """The environment has some that the server takes."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("AWS_ACCESS_KEY_ID", "test")
        patch.setenv("AWS_SECRET_ACCESS_KEY", "test")
        patch.setenv("AWS_DEFAULT_REGION", "us-east-1")
        patch.setenv("AWS_EC2_METADATA_DISABLED", "true")
        yield


@contextmanager
def serving(before: Before) -> Iterator[tuple[str, OneAtATime]]:
    """The URL of a server. What it knows is this process's: two servers know the same."""
    from moto.server import DomainDispatcherApplication, create_backend_app
    from werkzeug.serving import WSGIRequestHandler, make_server

    class Quiet(WSGIRequestHandler):
        """Thousands of requests are not kept with a failing test."""

        def log(self, *_: Any, **__: Any) -> None:
            pass

    share_descriptions()
    app = OneAtATime(DomainDispatcherApplication(create_backend_app), before)
    server = make_server("127.0.0.1", 0, app, threaded=True, request_handler=Quiet)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}", app
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


@contextmanager
def s3_server(before: Before = lambda method, path: None) -> Iterator[str]:
    """The URL of a server with one empty bucket, :data:`BUCKET`; the environment has credentials for it."""
    with credentials(), serving(before) as (url, _):
        empty()
        make_bucket(url)
        yield url


def empty() -> None:
    """What servers of this process know is forgotten: an earlier test has left its buckets."""
    from moto.moto_api._internal.models import moto_api_backend

    moto_api_backend.reset()


def make_bucket(url: str) -> None:
    import boto3

    boto3.client("s3", endpoint_url=url).create_bucket(Bucket=BUCKET)


@functools.cache
def share_descriptions() -> None:
    """Each session of boto3's reads again what AWS's services are, a tenth of a second for a client, and each
    request to moto what services it has."""
    from botocore.loaders import Loader
    from moto import backends

    make, kept = Loader.__init__, dict[Any, Any]()

    def shared(self: Any, *arguments: Any, **named: Any) -> None:
        make(self, *arguments, **named)
        self._cache = kept

    Loader.__init__ = shared
    modules = list(backends.list_of_moto_modules())
    backends.list_of_moto_modules = lambda: modules
