"""The scheduler's port: GET /metrics for Prometheus, GET /health for whoever watches over the process."""

import json
import socket
import sys
import threading
from collections.abc import Callable, Mapping
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import structlog
from prometheus_client import CONTENT_TYPE_LATEST

from scheduler.work import described

_log = structlog.get_logger()
Address = tuple[str, int]
"""Where to listen: loopback, unless an operator says otherwise."""


class Port(ThreadingHTTPServer):
    """Answers from threads of its own."""

    daemon_threads = True

    def __init__(
        self, address: Address, *, metrics: Callable[[], bytes], health: Callable[[], Mapping[str, object]]
    ) -> None:
        super().__init__(address, _Handler)
        self.metrics = metrics
        self.health = health

    def handle_error(self, request: object, client_address: object) -> None:
        """Say in one line what went wrong, and nothing of somebody who hung up before the answer was there."""
        error = sys.exc_info()[1]
        if isinstance(error, Exception) and not isinstance(error, OSError):
            _tell(error)


class _Handler(BaseHTTPRequestHandler):
    server: Port
    timeout = 10

    def do_GET(self) -> None:
        """Answer one question."""
        path = self.path.split("?", 1)[0]
        if path == "/metrics":
            self._tell_metrics()
        elif path == "/health":
            found = self.server.health()
            status = HTTPStatus.OK if found["ok"] else HTTPStatus.SERVICE_UNAVAILABLE
            self._answer(status, "application/json", json.dumps(found).encode() + b"\n")
        else:
            self._answer(HTTPStatus.NOT_FOUND, "text/plain", b"there are /metrics and /health\n")

    def _tell_metrics(self) -> None:
        try:
            page = self.server.metrics()
        except Exception as error:  # noqa: BLE001  whatever it is, the scraper gets an answer
            _tell(error)
            self._answer(HTTPStatus.INTERNAL_SERVER_ERROR, "text/plain", b"no metrics: see the log of the scheduler\n")
            return
        self._answer(HTTPStatus.OK, CONTENT_TYPE_LATEST, page)

    def _answer(self, status: HTTPStatus, kind: str, body: bytes) -> None:
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:
        """Say nothing: a line a scrape would drown the rest."""


def _tell(error: Exception) -> None:
    _log.error("a question to the port failed", reason=described(error))


def hindrance(address: Address) -> str:
    """Return why nobody can listen there now; empty where it is free, or switched off."""
    host, port = address
    if port == 0:
        return ""
    try:
        with socket.socket() as probe:  # as the server does
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            probe.bind((host, port))
            probe.listen()
            return ""
    except OSError as error:
        return error.strerror or str(error)


def serve(address: Address, *, metrics: Callable[[], bytes], health: Callable[[], Mapping[str, object]]) -> Port | None:
    """Open the port and answer in a thread; None where it is switched off (0) or taken, which is said."""
    host, port = address
    if port == 0:
        return None
    try:
        server = Port(address, metrics=metrics, health=health)
    except OSError as error:
        _log.warning("no metrics", port=port, reason=error.strerror, remedy="set METIER_METRICS_PORT to a free port")
        return None
    threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.5}, name="port", daemon=True).start()
    _log.info("metrics", url=f"http://{host}:{server.server_port}/metrics")
    return server
