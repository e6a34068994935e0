"""What must not be done twice is sent again only where it was turned away."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer

import pytest

from runner.emr.service import Service
from warehouse.errors import OutsideError


class Answers(HTTPServer):
    """Answers requests with these, one after the other, and counts."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.answers: list[tuple[int, dict[str, object]]] = []
        self.asked = 0


class _Handler(BaseHTTPRequestHandler):
    server: Answers

    def do_POST(self) -> None:
        self.rfile.read(int(self.headers["Content-Length"]))
        status, body = self.server.answers[min(self.server.asked, len(self.server.answers) - 1)]
        self.server.asked += 1
        data = json.dumps(body).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/x-amz-json-1.1")
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002
        pass


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Iterator[Answers]:
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "test")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "test")
    made = Answers()
    thread = threading.Thread(target=made.serve_forever)
    thread.start()
    yield made
    made.shutdown()
    thread.join()
    made.server_close()


FAILED = (500, {"__type": "InternalServerException", "message": "it may have been done"})
THROTTLED = (400, {"__type": "ThrottlingException", "message": "Rate exceeded"})


def service(server: Answers, waited: list[float]) -> Service:
    return Service("emr", "us-east-1", f"http://127.0.0.1:{server.server_port}", waited.append)


def test_a_step_whose_fate_is_unknown_is_not_added_again(server: Answers) -> None:
    server.answers = [FAILED]
    with pytest.raises(OutsideError, match="AddJobFlowSteps"):
        service(server, []).once("add_job_flow_steps", JobFlowId="j-1", Steps=[])
    assert server.asked == 1


def test_one_that_was_turned_away_is_sent_again_and_not_without_end(server: Answers) -> None:
    waited: list[float] = []
    server.answers = [THROTTLED, THROTTLED, (200, {"StepIds": ["s-1"]})]
    assert service(server, waited).once("add_job_flow_steps", JobFlowId="j-1", Steps=[])["StepIds"] == ["s-1"]
    assert (server.asked, len(waited)) == (3, 2)
    server.answers, server.asked = [THROTTLED], 0
    with pytest.raises(OutsideError, match="AddJobFlowSteps"):
        service(server, waited).once("add_job_flow_steps", JobFlowId="j-1", Steps=[])
    assert server.asked == 6
