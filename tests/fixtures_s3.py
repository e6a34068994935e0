"""An S3 server for tests: moto's, in this process, one request at a time."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest

BUCKET = "lakes"
Before = Callable[[str, str], None]


class _OneAtATime:
    """Moto looks whether an object is there and then writes it, which S3 does in one step.

    ``before`` is called with the method and the path of each request.
    """

    def __init__(self, app: Any, before: Before) -> None:
        self._app = app
        self._before = before
        self._lock = threading.Lock()

    def __call__(self, environ: dict[str, Any], start: Callable[..., Any]) -> Iterable[bytes]:
        self._before(environ["REQUEST_METHOD"], environ["PATH_INFO"])
        with self._lock:
            return list(self._app(environ, start))


@contextmanager
def s3_server(before: Before = lambda method, path: None) -> Iterator[str]:
    """The URL of a server with one bucket, :data:`BUCKET`; the environment has credentials for it."""
    import boto3
    from moto.server import DomainDispatcherApplication, create_backend_app
    from werkzeug.serving import make_server

    app = _OneAtATime(DomainDispatcherApplication(create_backend_app), before)
    server = make_server("127.0.0.1", 0, app, threaded=True)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        with pytest.MonkeyPatch.context() as patch:
            patch.setenv("AWS_ACCESS_KEY_ID", "test")
            patch.setenv("AWS_SECRET_ACCESS_KEY", "test")
            patch.setenv("AWS_DEFAULT_REGION", "us-east-1")
            patch.setenv("AWS_EC2_METADATA_DISABLED", "true")
            url = f"http://127.0.0.1:{server.server_port}"
            boto3.client("s3", endpoint_url=url).create_bucket(Bucket=BUCKET)
            yield url
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
