"""A real HTTP server on loopback for stand-ins of foreign services: pages by path, ETags, faults, and a log."""

import hashlib
import threading
import time
from collections import deque
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Self
from urllib.parse import parse_qsl, urlsplit

from tests.fakes.reliefweb import Fault


@dataclass(frozen=True, slots=True)
class Asked:
    """One request as it came, when, and the status it got."""

    path: str
    params: Mapping[str, str]
    headers: Mapping[str, str]
    at: float
    status: int


@dataclass(frozen=True, slots=True)
class Reply:
    """What a service says: it is given an ETag unless it has its own."""

    body: bytes = b""
    status: int = 200
    headers: Mapping[str, str] = field(default_factory=dict)


class FakeHttp:
    """A service; `faults` go wrong one after the other, `before` is called with the number of each request."""

    kind = "application/json"
    etags = True

    def __init__(self) -> None:
        self.log: list[Asked] = []
        self.faults: deque[Fault | None] = deque()
        self.always: Fault | None = None
        self.before: Callable[[int], None] = lambda number: None
        self._lock = threading.RLock()
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), _Handler)
        self._server.daemon_threads = True
        self._server.fake = self  # type: ignore[attr-defined]  # how a handler finds it
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.05,), daemon=True)
        self.root = f"http://127.0.0.1:{self._server.server_port}"

    def reply(self, path: str, params: Mapping[str, str]) -> Reply:
        """Say what is at a path."""
        raise NotImplementedError

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """End the server."""
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    def answer(self, target: str, headers: Mapping[str, str]) -> tuple[Reply, Fault]:
        """Work out what to say to one request, and note it."""
        parts = urlsplit(target)
        params = dict(parse_qsl(parts.query))
        with self._lock:
            self.before(len(self.log))
            fault = (self.faults.popleft() if self.faults else None) or self.always
            said = self._said(parts.path, params, headers)
            if fault is not None:
                status = fault.status if fault.status != 200 else said.status
                body = fault.body if fault.body is not None else said.body
                said = Reply(body, status, {**said.headers, **fault.headers})
            self.log.append(Asked(parts.path, params, headers, time.monotonic(), said.status))
        return said, fault or Fault()

    def _said(self, path: str, params: Mapping[str, str], headers: Mapping[str, str]) -> Reply:
        found = self.reply(path, params)
        if found.status != 200 or not self.etags:
            return found
        etag = f'"{hashlib.sha256(found.body).hexdigest()[:16]}"'
        known = {"ETag": etag, **found.headers}
        if headers.get("If-None-Match") == known["ETag"]:
            return Reply(b"", 304, known)
        return Reply(found.body, 200, known)


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    timeout = 30

    def do_GET(self) -> None:
        fake: FakeHttp = self.server.fake  # type: ignore[attr-defined]  # put there by the fake
        said, fault = fake.answer(self.path, dict(self.headers.items()))
        try:
            self.send_response(said.status)
            for name, value in {"Content-Type": fake.kind, **said.headers}.items():
                self.send_header(name, value)
            if said.status != 304:
                self.send_header("Content-Length", str(len(said.body)))
            self.end_headers()
            for place in range(0, len(said.body), 1) if fault.drip else ():
                self.wfile.write(said.body[place : place + 1])
                time.sleep(fault.drip)
            if not fault.drip:
                self.wfile.write(said.body[: fault.cut])
            self.close_connection = fault.cut is not None
        except OSError:
            self.close_connection = True

    def log_message(self, *_: object) -> None:
        """Say nothing."""
