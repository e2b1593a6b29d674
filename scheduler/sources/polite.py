"""A polite HTTP client for sources: only hosts they name, no private address, bounded bytes and time. Not a source."""

import contextlib
import socket
import threading
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any
from urllib.parse import urlsplit

from metier.errors import SourceRefused, SourceUnavailable
from scheduler import turns
from scheduler.addresses import is_loopback, permitted
from scheduler.answers import CONDITIONS, Answer

_CHUNK = 65536
_AGENT = "metier (a tagger of job postings)"


class TooLarge(SourceUnavailable):
    """An answer of more bytes than we take; ask for less at once."""


@dataclass(frozen=True, slots=True)
class Limits:
    """How much one answer may bring, how long it may take, and how long to wait between two calls."""

    size: int = 32 * 2**20
    patience: timedelta = timedelta(seconds=60)
    pace: timedelta = timedelta(milliseconds=100)


class Client:
    """Asks one service, one call at a time; `spend` is called before each call and may raise."""

    def __init__(
        self, name: str, url: str, *, spend: Callable[[], None] = lambda: None, limits: Limits | None = None
    ) -> None:
        self._name = name
        self._url = url
        self._host = urlsplit(url).hostname or ""
        self._spend = spend
        self._limits = limits or Limits()
        self._watch = _Watch(name, loopback=is_loopback(self._host))
        self._session = _session(self._watch)
        self._turn = turns.of(urlsplit(url).netloc)

    def get(self, path: str, params: Mapping[str, str], *, known: Mapping[str, str] | None = None) -> Answer:
        """Ask for a page; where it is as `known` (what an earlier answer said), the answer is `unchanged` and empty."""
        conditions = {CONDITIONS[name][1]: value for name, value in (known or {}).items() if name in CONDITIONS}
        return self._ask("GET", path, {"params": params, "headers": conditions})

    def post(self, path: str, params: Mapping[str, str], payload: Mapping[str, Any]) -> Answer:  # Any: JSON
        """Ask with a query in JSON."""
        return self._ask("POST", path, {"params": params, "json": payload})

    def slow_down(self, pace: timedelta) -> None:
        """Wait at least so long between two calls from now on."""
        self._limits = replace(self._limits, pace=max(self._limits.pace, pace))

    def close(self) -> None:
        """Leave the service."""
        self._session.close()

    def _ask(self, method: str, path: str, asked: Mapping[str, Any]) -> Answer:  # Any: options of requests
        import requests
        import urllib3

        self._turn.wait(self._limits.pace.total_seconds())
        self._spend()
        patience = self._limits.patience.total_seconds()
        try:
            with (
                self._watch.hurried(patience),
                self._session.request(
                    method, self._url + path, stream=True, allow_redirects=False,
                    timeout=(min(10.0, patience), patience), **asked,
                ) as response,
            ):  # fmt: skip
                return Answer(response.status_code, response.headers, self._body(response))
        except (requests.RequestException, urllib3.exceptions.HTTPError, OSError) as error:
            raise SourceUnavailable(f"{self._name}: {self._explained(error, patience)}") from error
        finally:
            self._turn.note()

    def _body(self, response: Any) -> bytes:  # Any: a response of requests, which is imported late
        body = bytearray()
        while chunk := response.raw.read1(_CHUNK, decode_content=True):
            body += chunk
            if self._watch.late:  # a connection that is closed after its answer is out of the watch's reach
                raise OSError("late")
            if len(body) > self._limits.size:
                raise TooLarge(f"{self._name}: an answer of more than {self._limits.size // 2**20} MiB was broken off")
        if self._watch.late:
            raise OSError("late")
        return bytes(body)

    def _explained(self, error: Exception, patience: float) -> str:
        """Say what went wrong without the URL, which may carry a key."""
        words = type(error).__name__ + str(error)
        if self._watch.late or "Timeout" in words or "timed out" in words:
            return f"{self._host} gave no whole answer within {patience:g} s; it is asked again later"
        if "certificate" in words.lower():
            return f"the certificate of {self._host} is not trusted here; is a proxy in between?"
        if "NewConnection" in words or "refused" in words:
            return f"{self._host} takes no connection; is this machine allowed to reach it?"
        return f"{self._host} cut the connection; it is asked again later"


class _Watch:
    """Looks where a connection goes, and ends it when its time is over."""

    def __init__(self, name: str, *, loopback: bool) -> None:
        self.late = False
        self.connection: Any = None  # a connection of urllib3, which is imported late
        self._name = name
        self._loopback = loopback

    def addresses(self, host: str, port: int) -> list[str]:
        """Return the addresses of a host that may be asked, resolved once so that they cannot change in between."""
        try:
            found = [str(info[4][0]) for info in socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)]
        except OSError as error:
            raise SourceUnavailable(f"{self._name}: the name {host} is not known here; is DNS at work?") from error
        fine = [address for address in dict.fromkeys(found) if permitted(address, loopback=self._loopback)]
        if not fine:
            raise SourceRefused(
                f"{self._name}: {host} leads to the private address {found[0]}; that is not asked. Is DNS right?"
            )
        return fine

    @contextlib.contextmanager
    def hurried(self, seconds: float) -> Iterator[None]:
        """Cut the connection after so many seconds, however slowly it goes on dripping."""
        self.late = False
        timer = threading.Timer(seconds, self._cut)
        timer.daemon = True
        timer.start()
        try:
            yield
        finally:
            timer.cancel()

    def _cut(self) -> None:
        self.late = True
        with contextlib.suppress(OSError, AttributeError):
            self.connection.sock.shutdown(socket.SHUT_RDWR)


def _session(watch: _Watch) -> Any:  # Any: a session of requests, which is imported late
    import requests
    from requests.adapters import HTTPAdapter
    from urllib3 import HTTPConnectionPool, HTTPSConnectionPool
    from urllib3.connection import HTTPConnection, HTTPSConnection
    from urllib3.exceptions import HTTPError

    def reach(connection: Any, connect: Callable[[], socket.socket]) -> socket.socket:
        watch.connection = connection
        name, failed = connection._dns_host, None
        try:
            for address in watch.addresses(name, connection.port):
                connection._dns_host = address
                try:
                    return connect()
                except HTTPError as error:
                    failed = error
            raise failed or OSError(name)
        finally:
            connection._dns_host = name  # certificates are for the name

    class Plain(HTTPConnection):
        def _new_conn(self) -> socket.socket:
            return reach(self, super()._new_conn)

    class Secure(HTTPSConnection):
        def _new_conn(self) -> socket.socket:
            return reach(self, super()._new_conn)

    class PlainPool(HTTPConnectionPool):
        ConnectionCls = Plain

    class SecurePool(HTTPSConnectionPool):
        ConnectionCls = Secure

    class Adapter(HTTPAdapter):
        def init_poolmanager(self, *args: Any, **options: Any) -> None:
            super().init_poolmanager(*args, **options)
            self.poolmanager.pool_classes_by_scheme = {"http": PlainPool, "https": SecurePool}

    class Session(requests.Session):
        def get_redirect_target(self, resp: Any) -> None:
            """Look at no target: even where none is followed, requests reads the whole body before it parses one."""

    session = Session()
    session.trust_env = False  # no proxy and no password file from the environment: they lead around these rules
    session.headers["User-Agent"] = _AGENT
    for scheme in ("http://", "https://"):
        session.mount(scheme, Adapter(pool_connections=1, pool_maxsize=1, max_retries=0))
    return session
