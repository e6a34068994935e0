"""A server in front of moto's: each role has a key of its own, and may do what its policies say.

A request is turned into IAM's terms (action, resource, condition keys) and answered as AWS does where it is
not allowed. ``wrong`` may answer a request itself, or spoil the answer to it.
"""

from __future__ import annotations

import contextlib
import http.client
import json
import re
import threading
import xml.etree.ElementTree as ElementTree
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

from tests.aws.permissions import decide

ACCOUNT = "123456789012"
REGION = "us-east-1"
_SCOPE = re.compile(r"Credential=([^/]+)/\d+/([^/]+)/([^/]+)/aws4_request")
_NOT_SENT_ON = ("connection", "transfer-encoding", "content-length", "keep-alive", "server", "date")


@dataclass
class Asked:
    """A request as it came in."""

    method: str
    uri: str
    headers: dict[str, str]
    body: bytes

    @property
    def path(self) -> str:
        return unquote(urlsplit(self.uri).path)

    @property
    def query(self) -> dict[str, str]:
        return {k: v[0] for k, v in parse_qs(urlsplit(self.uri).query, keep_blank_values=True).items()}

    @property
    def scope(self) -> tuple[str, str]:
        """Access key and service."""
        found = _SCOPE.search(self.headers.get("authorization", ""))
        return (found[1], found[3]) if found else ("", "")

    @property
    def operation(self) -> str:
        """Of services that name it."""
        return self.headers.get("x-amz-target", "").rpartition(".")[2]


@dataclass
class Answered:
    status: int
    headers: dict[str, str] = field(default_factory=dict)
    body: bytes = b""


class CutError(Exception):
    """The connection breaks instead of an answer."""


Send = Callable[[Asked], Answered]
Need = tuple[str, str, dict[str, str]]
"""Action, resource, condition keys."""


class Gate:
    """``roles`` are policies by access key; keys that have none may do everything."""

    def __init__(self, upstream: str) -> None:
        self._upstream = urlsplit(upstream)
        self.url = ""
        self.roles: dict[str, tuple[str, Sequence[Any]]] = {}
        self.used: set[tuple[str, str, str]] = set()
        """Role, Sid, action."""
        self.refused: list[tuple[str, str, str]] = []
        """Role, action, resource."""
        self.wrong: Callable[[Asked, Send], Answered] = lambda asked, send: send(asked)
        self._groups: dict[str, str] = {}
        self._lock = threading.Lock()

    def __call__(self, environ: dict[str, Any], start: Callable[..., Any]) -> list[bytes]:
        headers = {k[5:].replace("_", "-").lower(): v for k, v in environ.items() if k.startswith("HTTP_")}
        if environ.get("CONTENT_TYPE"):
            headers["content-type"] = environ["CONTENT_TYPE"]
        length = int(environ.get("CONTENT_LENGTH") or 0)
        body = environ["wsgi.input"].read(length) if length else b""
        asked = Asked(environ["REQUEST_METHOD"], environ["RAW_URI"], headers, body)
        try:
            answer = self.wrong(asked, self._checked)
        except CutError:
            environ["werkzeug.socket"].shutdown(2)
            raise ConnectionError("cut") from None
        start(f"{answer.status} {http.client.responses.get(answer.status, '')}", [
            *((k, v) for k, v in answer.headers.items() if k.lower() not in _NOT_SENT_ON),
            ("Content-Length", answer.headers.get("Content-Length", str(len(answer.body)))
             if asked.method == "HEAD" else str(len(answer.body))),
        ])  # fmt: skip
        return [] if asked.method == "HEAD" else [answer.body]

    def send(self, asked: Asked) -> Answered:
        """Moto's answer."""
        if asked.operation == "GetUserDefinedFunctions":  # moto has none
            return Answered(200, {}, b'{"UserDefinedFunctions": []}')
        connection = http.client.HTTPConnection(
            self._upstream.hostname or "", self._upstream.port, timeout=60
        )
        headers = {k: v for k, v in asked.headers.items() if k not in ("host", "expect", *_NOT_SENT_ON)}
        try:
            connection.request(asked.method, asked.uri, asked.body or None, headers)
            found = connection.getresponse()
            return Answered(found.status, dict(found.getheaders()), found.read())
        finally:
            connection.close()

    # ------------------------------------------------------------------ checking

    def _checked(self, asked: Asked) -> Answered:
        key, service = asked.scope
        if key not in self.roles:
            return self.send(asked)
        name, _ = self.roles[key]
        if service == "s3" and asked.method == "POST" and "delete" in asked.query:
            return self._delete_many(name, asked)
        for need in self._needs(asked, service):
            if not self._may(name, need):
                return denied(asked, service, *need[:2])
        answer = self.send(asked)
        if service == "s3" and answer.status == 404 and asked.method in ("GET", "HEAD"):
            bucket, key = _place(asked)
            # Whether a key is there is only told to those who may list it.
            need = ("s3:ListBucket", f"arn:aws:s3:::{bucket}", {"s3:prefix": key})
            if key and not self._may(name, need):
                return denied(asked, service, *need[:2])
        if asked.operation == "StartQueryExecution" and answer.status == 200:
            started = json.loads(answer.body)["QueryExecutionId"]
            self._groups[started] = json.loads(asked.body)["WorkGroup"]
        return answer

    def _may(self, role: str, need: Need) -> bool:
        action, resource, context = need
        policies = next(p for name, p in self.roles.values() if name == role)
        sid = decide(policies, action, resource, context)
        with self._lock:
            if sid is None:
                self.refused.append((role, action, resource))
            else:
                self.used.add((role, sid, action))
        return sid is not None

    def _delete_many(self, role: str, asked: Asked) -> Answered:
        """Each key by itself: those that are not allowed are told as errors, the others are deleted."""
        bucket, _ = _place(asked)
        space = re.search(rb'xmlns="([^"]+)"', asked.body)
        prefix = f"{{{space[1].decode()}}}" if space else ""
        root = ElementTree.fromstring(asked.body)
        errors = ""
        for one in root.findall(f"{prefix}Object"):
            key = one.findtext(f"{prefix}Key") or ""
            if not self._may(role, ("s3:DeleteObject", f"arn:aws:s3:::{bucket}/{key}", {})):
                root.remove(one)
                said = f"<Code>AccessDenied</Code><Message>{_words(role)}</Message>"
                errors += f"<Error><Key>{key}</Key>{said}</Error>"
        body = b'<DeleteResult xmlns="http://s3.amazonaws.com/doc/2006-03-01/"></DeleteResult>'
        if root.findall(f"{prefix}Object"):
            ElementTree.register_namespace("", prefix.strip("{}"))
            headers = {k: v for k, v in asked.headers.items() if k != "content-md5"}
            answer = self.send(Asked(asked.method, asked.uri, headers, ElementTree.tostring(root)))
            body = answer.body
        body = body.replace(b"</DeleteResult>", f"{errors}</DeleteResult>".encode())
        return Answered(200, {"Content-Type": "application/xml"}, body)

    def _needs(self, asked: Asked, service: str) -> list[Need]:
        if service == "s3":
            return [_s3(asked)]
        if service == "glue":
            return _glue(asked)
        if service == "athena":
            return self._athena(asked)
        if service == "elasticmapreduce":
            return _emr(asked)
        if service == "emr-serverless":
            return _serverless(asked)
        if service == "sts":
            return []  # who one is may be asked by everybody
        return [(f"{service}:{asked.operation or asked.path}", "*", {})]

    def _athena(self, asked: Asked) -> list[Need]:
        body = json.loads(asked.body)
        group = body.get("WorkGroup") or self._groups.get(body.get("QueryExecutionId", ""), "primary")
        return [(f"athena:{asked.operation}", f"arn:aws:athena:{REGION}:{ACCOUNT}:workgroup/{group}", {})]


def _place(asked: Asked) -> tuple[str, str]:
    bucket, _, key = asked.path.lstrip("/").partition("/")
    return bucket, key


def _s3(asked: Asked) -> Need:
    """One action, which is all that is asked for here: nothing of ours copies objects."""
    bucket, key = _place(asked)
    query, method = asked.query, asked.method
    assert "x-amz-copy-source" not in asked.headers, "objects are never copied"
    if key:
        action = {"GET": "GetObject", "HEAD": "GetObject", "PUT": "PutObject", "POST": "PutObject"}.get(
            method, "AbortMultipartUpload" if "uploadId" in query else "DeleteObject"
        )
        if method == "GET" and "uploadId" in query:
            action = "ListMultipartUploadParts"
        if method == "DELETE" and "versionId" in query:
            action = "DeleteObjectVersion"
        condition = asked.headers.get("if-none-match") if method == "PUT" else None
        return f"s3:{action}", f"arn:aws:s3:::{bucket}/{key}", (
            {} if condition is None else {"s3:if-none-match": condition}
        )  # fmt: skip
    named = {
        "location": "GetBucketLocation", "versioning": "GetBucketVersioning",
        "encryption": "GetEncryptionConfiguration", "uploads": "ListBucketMultipartUploads",
        "publicAccessBlock": "GetBucketPublicAccessBlock", "lifecycle": "GetLifecycleConfiguration",
    }  # fmt: skip
    action = next((v for k, v in named.items() if k in query), "ListBucket")
    if method == "PUT":
        action = "CreateBucket" if not query else f"Put{action.removeprefix('Get')}"
    context = {"s3:prefix": query["prefix"]} if "prefix" in query else {}
    return f"s3:{action}", f"arn:aws:s3:::{bucket}", context


def _glue(asked: Asked) -> list[Need]:
    """A call is checked on the catalog, the database and the table."""
    body = json.loads(asked.body or b"{}")
    operation = asked.operation
    db, table = body.get("DatabaseName", ""), body.get("TableName", "")
    if operation in ("GetTable", "DeleteTable"):
        table = body["Name"]
    elif operation in ("CreateTable", "UpdateTable"):
        table = body["TableInput"]["Name"]
    elif operation == "GetTables":
        table = "*"
    elif operation in ("GetDatabase", "DeleteDatabase"):
        db = body["Name"]
    elif operation == "CreateDatabase":
        db = body["DatabaseInput"]["Name"]
    resources = ["catalog"]
    if db:
        resources.append(f"database/{db}")
    if operation == "GetUserDefinedFunctions":
        resources.append(f"userDefinedFunction/{db}/*")
    if operation == "GetDatabases":
        resources.append("database/*")
    if operation == "GetTables":
        # Tables that one may not see would be left out; the policies name what is asked for.
        return [(f"glue:{operation}", f"arn:aws:glue:{REGION}:{ACCOUNT}:{r}", {}) for r in resources]
    if table:
        resources.append(f"table/{db}/{table}")
    return [(f"glue:{operation}", f"arn:aws:glue:{REGION}:{ACCOUNT}:{r}", {}) for r in resources]


def _emr(asked: Asked) -> list[Need]:
    body, operation = json.loads(asked.body or b"{}"), asked.operation
    action, arn = f"elasticmapreduce:{operation}", f"arn:aws:elasticmapreduce:{REGION}:{ACCOUNT}:cluster/"
    if operation == "RunJobFlow":
        needs: list[Need] = [(action, "*", {})]
        for field_, action, service in (
            ("Tags", "elasticmapreduce:AddTags", ""),
            ("AutoTerminationPolicy", "elasticmapreduce:PutAutoTerminationPolicy", ""),
            ("ManagedScalingPolicy", "elasticmapreduce:PutManagedScalingPolicy", ""),
            ("ServiceRole", "iam:PassRole", "elasticmapreduce.amazonaws.com"),
            ("JobFlowRole", "iam:PassRole", "ec2.amazonaws.com"),
        ):
            if body.get(field_) and service:
                needs.append(_passing(body[field_], service))
            elif body.get(field_):
                needs.append((action, arn + "*", {}))
        return needs
    ids = body.get("JobFlowIds") or [body.get("ClusterId") or body.get("JobFlowId")]
    return [(action, arn + str(i) if i else "*", {}) for i in ids]


def _serverless(asked: Asked) -> list[Need]:
    parts = asked.path.strip("/").split("/")
    arn = f"arn:aws:emr-serverless:{REGION}:{ACCOUNT}:/{'/'.join(parts)}"
    action = {
        ("GET", 1): "ListApplications", ("POST", 1): "CreateApplication", ("POST", 3): "StartJobRun",
        ("GET", 4): "GetJobRun", ("DELETE", 4): "CancelJobRun",
    }[asked.method, len(parts)]  # fmt: skip
    if parts[-1] == "stop":
        action, arn = "StopApplication", arn.removesuffix("/stop")
    needs: list[Need] = [(f"emr-serverless:{action}", arn, {})]
    body = json.loads(asked.body or b"{}")
    if action == "CreateApplication" and body.get("tags"):
        needs.append(("emr-serverless:TagResource", arn, {}))
    if action == "StartJobRun":
        needs.append(_passing(body["executionRoleArn"], "emr-serverless.amazonaws.com"))
    return needs


def _passing(role: str, service: str) -> Need:
    arn = role if role.startswith("arn:") else f"arn:aws:iam::{ACCOUNT}:role/{role}"
    return "iam:PassRole", arn, {"iam:PassedToService": service}


def _words(role: str, action: str = "", resource: str = "") -> str:
    """As AWS says it: with the account."""
    who = f"User: arn:aws:sts::{ACCOUNT}:assumed-role/{role}/session"
    return f"{who} is not authorized to perform: {action} on resource: {resource}"


def denied(asked: Asked, service: str, action: str, resource: str) -> Answered:
    words = _words("someone", action, resource)
    if service == "s3":
        return s3_error(403, "AccessDenied", words)
    if service in ("iam", "ec2"):
        error = f"<Error><Code>AccessDenied</Code><Message>{words}</Message></Error>"
        outer = "Response" if service == "ec2" else "ErrorResponse"
        error = f"<Errors>{error}</Errors>" if service == "ec2" else error
        return Answered(403, {"Content-Type": "text/xml"}, f"<{outer}>{error}</{outer}>".encode())
    return json_error(400, "AccessDeniedException", words)


def s3_error(status: int, code: str, words: str) -> Answered:
    text = f'<?xml version="1.0"?><Error><Code>{code}</Code><Message>{words}</Message></Error>'
    return Answered(status, {"Content-Type": "application/xml"}, text.encode())


def json_error(status: int, code: str, words: str) -> Answered:
    body = json.dumps({"__type": code, "Message": words, "message": words}).encode()
    return Answered(status, {"Content-Type": "application/x-amz-json-1.1", "x-amzn-ErrorType": code}, body)


@contextlib.contextmanager
def gate(upstream: str) -> Iterator[Gate]:
    """One that serves until the end."""
    from werkzeug.serving import WSGIRequestHandler, make_server

    class Quiet(WSGIRequestHandler):
        def log(self, *_: Any, **__: Any) -> None:
            pass

    made = Gate(upstream)
    server = make_server("127.0.0.1", 0, made, threaded=True, request_handler=Quiet)
    made.url = f"http://127.0.0.1:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield made
    server.shutdown()
    thread.join()
    server.server_close()
