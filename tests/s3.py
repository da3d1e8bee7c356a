"""Object storage and a web server on loopback, between which and the reader a proxy makes faults.

Its fixtures are known to all tests: `s3` is a bucket of moto's server, `web` a web server of files in memory. Both can be told to fail, keep a log of requests, and count how many
were in flight at once.

    s3.put("cats/1.png", data)
    s3.fail(503, times=2)                     # the next two requests
    s3.fail("truncate", rate=0.3, method="GET")
    dv.read(s3.url("cats"), storage_options=s3.options)
    s3.count("GET", "cats/1.png")
"""

import contextlib
import hashlib
import http.client
import io
import random
import re
import socket
import struct
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from email.utils import formatdate
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import quote, unquote, urlsplit

import numpy as np
import pytest
from PIL import Image


@dataclass
class Request:
    """A line of the log."""

    method: str
    path: str  # decoded, without the query
    query: str
    headers: dict[str, str]
    fault: object = None


@dataclass
class Fault:
    """What goes wrong, with which requests, how often."""

    kind: object  # a status, "timeout", "truncate", "reset"
    times: int | None = None
    rate: float = 1.0
    method: str | None = None
    match: str = ""
    dice: random.Random = field(default_factory=random.Random)

    def strikes(self, request: Request) -> bool:
        fits = self.method in (None, request.method) and self.match in request.path
        if not fits or self.times == 0 or self.dice.random() >= self.rate:
            return False
        if self.times is not None:
            self.times -= 1
        return True


class Server:
    """An HTTP/1.1 server whose answers are made by `answer` and spoilt by faults."""

    def __init__(self) -> None:
        self.lock = threading.Lock()
        self.released = threading.Event()
        self.on_request: Callable[[Request], None] | None = None
        self.clear()
        self.http = _HTTP(("127.0.0.1", 0), _Handler)
        self.http.owner = self
        self.address = f"http://127.0.0.1:{self.http.server_address[1]}"
        threading.Thread(target=self.http.serve_forever, args=(0.05,), daemon=True).start()

    def clear(self) -> None:
        """Forget faults and log, and let go of requests that hang."""
        self.released.set()
        self.released = threading.Event()
        self.faults: list[Fault] = []
        self.log: list[Request] = []
        self.latency = 0.0
        self.in_flight = self.most_in_flight = 0
        self.on_request = None

    def close(self) -> None:
        self.clear()
        self.http.shutdown()
        self.http.server_close()

    def fail(self, kind: object, *, seed: int = 0, **when: Any) -> None:
        """Spoil requests: an HTTP status, "timeout", "truncate" or "reset"; see `Fault`."""
        self.faults.append(Fault(kind, dice=random.Random(seed), **when))

    def count(self, method: str | None = None, match: str = "") -> int:
        """How many requests there were."""
        return sum(r.method == (method or r.method) and match in r.path for r in self.log)

    def answer(self, request: Request, body: bytes) -> tuple[int, dict[str, str], bytes]:
        raise NotImplementedError


class _HTTP(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 128
    owner: Server

    def handle_error(self, request: Any, client_address: Any) -> None:
        pass  # the other side has hung up, which is what faults are for


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: _HTTP

    def log_message(self, *_: Any) -> None:
        pass

    def do_GET(self) -> None:
        owner = self.server.owner
        url = urlsplit(self.path)
        request = Request(self.command, unquote(url.path), url.query, dict(self.headers))
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        with owner.lock:
            owner.log.append(request)
            fault = next((f for f in owner.faults if f.strikes(request)), None)
            request.fault = fault and fault.kind
            owner.in_flight += 1
            owner.most_in_flight = max(owner.most_in_flight, owner.in_flight)
        try:
            if owner.on_request:
                owner.on_request(request)
            time.sleep(owner.latency)
            self.respond(request, body)
        finally:
            with owner.lock:
                owner.in_flight -= 1

    do_HEAD = do_PUT = do_POST = do_DELETE = do_GET

    def respond(self, request: Request, body: bytes) -> None:
        owner, fault = self.server.owner, request.fault
        if fault == "timeout":
            owner.released.wait(60)
            fault = "reset"
        if fault == "reset":
            linger = struct.pack("ii", 1, 0)
            self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)
            self.close_connection = True
            self.connection.close()
            return
        if isinstance(fault, int):
            names = {503: "SlowDown", 500: "InternalError", 403: "AccessDenied", 404: "NoSuchKey"}
            code = names.get(fault, "Error")
            xml = f"<?xml version='1.0'?><Error><Code>{code}</Code><Message>no</Message></Error>"
            status, headers, data = fault, {"Content-Type": "application/xml"}, xml.encode()
        else:
            status, headers, data = owner.answer(request, body)
        self.send_response(status)
        for name, value in headers.items():
            if name.lower() not in ("connection", "transfer-encoding", "date", "server"):
                self.send_header(name, value)
        if "content-length" not in {name.lower() for name in headers}:
            self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        if request.method == "HEAD":
            return
        if fault == "truncate":
            data = data[: len(data) // 2]
            self.close_connection = True
        with contextlib.suppress(OSError):
            self.wfile.write(data)
            self.wfile.flush()


class Bucket(Server):
    """A proxy in front of moto's server, and a bucket behind it."""

    name = "pictures"

    def __init__(self, moto: str) -> None:
        self.moto = urlsplit(moto).netloc
        super().__init__()

    @property
    def options(self) -> dict[str, Any]:
        """`storage_options` for it."""
        return {"key": "user", "secret": "secret", "client_kwargs": {"endpoint_url": self.address}}

    def impatient(self, seconds: float = 1) -> dict[str, Any]:
        """The same with short timeouts."""
        times = {"connect_timeout": seconds, "read_timeout": seconds}
        return {**self.options, "config_kwargs": times}

    def url(self, key: str = "") -> str:
        return f"s3://{self.name}/{key}".rstrip("/")

    def answer(self, request: Request, body: bytes) -> tuple[int, dict[str, str], bytes]:
        path = quote(request.path, safe="/~") + (f"?{request.query}" if request.query else "")
        return self.direct(request.method, path, body, request.headers)

    def direct(
        self, method: str, path: str, body: bytes = b"", headers: dict[str, str] | None = None
    ) -> tuple[int, dict[str, str], bytes]:
        """Ask moto, past the proxy."""
        signed = {"Authorization": "AWS4-HMAC-SHA256 Credential=user/20260101/us-east-1/s3/x"}
        connection = http.client.HTTPConnection(self.moto, timeout=60)
        try:
            connection.request(method, path, body, {**signed, **(headers or {})})
            response = connection.getresponse()
            data = response.read()
            return response.status, dict(response.getheaders()), data
        finally:
            connection.close()

    def put(self, key: str, data: bytes) -> str:
        """Write an object; its ETag."""
        status, headers, text = self.direct("PUT", f"/{self.name}/{quote(key)}", data)
        assert status == 200, text
        return headers["ETag"]

    def delete(self, key: str) -> None:
        self.direct("DELETE", f"/{self.name}/{quote(key)}")


class Web(Server):
    """A web server of files in memory, that knows ranges; `tags` says how it names versions."""

    def __init__(self) -> None:
        self.files: dict[str, bytes] = {}
        super().__init__()

    def clear(self) -> None:
        super().clear()
        self.files = {}
        self.headers: dict[str, str] = {}
        self.tags: str | None = "etag"
        self.ranges = True

    def url(self, path: str = "") -> str:
        return f"{self.address}/{path}"

    def put(self, path: str, data: bytes) -> None:
        self.files[f"/{path}"] = data

    def answer(self, request: Request, body: bytes) -> tuple[int, dict[str, str], bytes]:
        path = request.path
        if path not in self.files:
            if not path.endswith("/"):
                return 404, {"Content-Type": "text/html"}, b"<html>not here</html>"
            below = {name[len(path) :] for name in self.files if name.startswith(path)}
            names = sorted({re.sub(r"/.*", "/", name) for name in below})
            links = "".join(f'<a href="{quote(name)}">{name}</a>\n' for name in names)
            return (200 if names else 404), {"Content-Type": "text/html"}, links.encode()
        data = self.files[path]
        kind = "image/png" if data.startswith(b"\x89PNG") else "application/octet-stream"
        headers = {"Content-Type": kind, **self.headers}
        if self.tags == "etag":
            headers["ETag"] = f'"{hashlib.md5(data).hexdigest()}"'
        elif self.tags == "modified":
            headers["Last-Modified"] = formatdate(len(data) * 1e6, usegmt=True)
        span = re.fullmatch(r"bytes=(\d+)-(\d+)", request.headers.get("Range", ""))
        if span and self.ranges:
            start, end = int(span[1]), min(int(span[2]) + 1, len(data))
            headers["Content-Range"] = f"bytes {start}-{end - 1}/{len(data)}"
            return 206, headers, data[start:end]
        return 200, headers, data


def png(level: int = 100, size: tuple[int, int] = (8, 6)) -> bytes:
    """A picture of one grey level."""
    out = io.BytesIO()
    Image.new("RGB", size, (level, level, level)).save(out, "PNG")
    return out.getvalue()


def noise(seed: int, side: int = 48) -> bytes:
    """A PNG of a few kilobytes that no other seed gives."""
    out = io.BytesIO()
    values = np.random.default_rng(seed).integers(0, 256, (side, side, 3), np.uint8)
    Image.fromarray(values).save(out, "PNG")
    return out.getvalue()


def level(data: Any) -> int:
    """The grey level of a picture of `png`, from its bytes or its array."""
    array = np.asarray(Image.open(io.BytesIO(data))) if isinstance(data, bytes) else data
    return int(array[0, 0, 0])


def _free_port() -> int:
    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        port: int = listening.getsockname()[1]
        return port


@pytest.fixture(scope="session")
def moto() -> Iterator[str]:
    """The address of moto's server, in a process of its own."""
    pytest.importorskip("moto.server")
    pytest.importorskip("s3fs")
    port = _free_port()
    command = [sys.executable, "-m", "moto.server", "-H", "127.0.0.1", "-p", str(port)]
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        for _ in range(600):
            with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), 1):
                break
            assert process.poll() is None, "moto's server has ended"
            time.sleep(0.1)
        yield f"http://127.0.0.1:{port}"
    finally:
        process.terminate()
        process.wait(10)


@pytest.fixture(scope="session")
def _bucket(moto: str) -> Iterator[Bucket]:
    bucket = Bucket(moto)
    yield bucket
    bucket.close()


@pytest.fixture
def s3(_bucket: Bucket) -> Iterator[Bucket]:
    """A new bucket behind a proxy that makes faults."""
    _bucket.clear()
    _bucket.name = f"pictures-{random.randrange(10**9)}"
    status, _, text = _bucket.direct("PUT", f"/{_bucket.name}")
    assert status == 200, text
    yield _bucket
    _bucket.clear()


@pytest.fixture(scope="session")
def _web() -> Iterator[Web]:
    web = Web()
    yield web
    web.close()


@pytest.fixture
def web(_web: Web) -> Iterator[Web]:
    """An empty web server that makes faults."""
    pytest.importorskip("aiohttp")
    _web.clear()
    yield _web
    _web.clear()
