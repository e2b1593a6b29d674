"""A real HTTP server on loopback for stand-ins of foreign services, with faults that spoil its answers."""

import threading
import time
from collections import deque
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Any, Self


@dataclass(frozen=True, slots=True)
class Fault:
    """What goes wrong with one answer: another status, a slow or cut body, another shape."""

    status: int = 200
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes | None = None
    drip: float = 0.0  # seconds after each byte
    cut: int | None = None  # bytes after which the connection ends
    reshape: Callable[[dict[str, Any]], Any] | None = None  # of the JSON


@dataclass(frozen=True, slots=True)
class Reply:
    """What a service says."""

    body: bytes = b""
    status: int = 200
    headers: Mapping[str, str] = field(default_factory=dict)


class Served:
    """A service; `faults` go wrong one after the other, `before` is called with the number of each request."""

    kind = "application/json"

    def __init__(self) -> None:
        self.faults: deque[Fault | None] = deque()
        self.before: Callable[[int], None] = lambda number: None
        self._lock = threading.RLock()
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), _Handler)
        self._server.daemon_threads = True
        self._server.fake = self  # type: ignore[attr-defined]  # how a handler finds it
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.05,), daemon=True)
        self.root = f"http://127.0.0.1:{self._server.server_port}"

    def serve(self, method: str, target: str, headers: Mapping[str, str], body: bytes) -> tuple[Reply, Fault]:
        """Work out what to say to one request, and how to spoil it; note it."""
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


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    timeout = 30

    def do_GET(self) -> None:
        self._serve(b"")

    def do_POST(self) -> None:
        self._serve(self.rfile.read(int(self.headers.get("Content-Length", 0))))

    def log_message(self, *_: object) -> None:
        """Say nothing."""

    def _serve(self, body: bytes) -> None:
        fake: Served = self.server.fake  # type: ignore[attr-defined]  # put there by the fake
        said, fault = fake.serve(self.command, self.path, dict(self.headers.items()), body)
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
