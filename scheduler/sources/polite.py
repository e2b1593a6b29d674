"""A polite HTTP client for sources: only hosts they name, no private address, bounded bytes and time. Not a source."""

import contextlib
import ipaddress
import json
import socket
import threading
import time
from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from typing import Any
from urllib.parse import urlsplit

from metier.errors import ConfigError, MetierError, SourceChanged, SourceRefused, SourceUnavailable

UNASKED = timedelta(minutes=15)
"""How long to stay away after a 429 that does not say."""
LONGEST = timedelta(days=1)
_CHUNK = 65536
_CONDITIONS = {"etag": ("ETag", "If-None-Match"), "modified": ("Last-Modified", "If-Modified-Since")}
_LONGEST_MARK = 300
_AGENT = "metier (a tagger of job postings)"


class TooLarge(SourceUnavailable):
    """An answer of more bytes than we take; ask for less at once."""


@dataclass(frozen=True, slots=True)
class Limits:
    """How much one answer may bring, how long it may take, and how long to wait between two calls."""

    size: int = 32 * 2**20
    patience: timedelta = timedelta(seconds=60)
    pace: timedelta = timedelta(milliseconds=100)


@dataclass(frozen=True, slots=True)
class Answer:
    """What a service answered, whatever the status."""

    status: int
    headers: Mapping[str, str]
    body: bytes

    @property
    def known(self) -> dict[str, str]:
        """Return by what the service knows this answer again: keep it in a cursor and give it to the next `get`."""
        found = {name: self.headers.get(header, "") for name, (header, _) in _CONDITIONS.items()}
        return {name: value for name, value in found.items() if 0 < len(value) <= _LONGEST_MARK}

    @property
    def unchanged(self) -> bool:
        """Tell whether there is nothing new since the answer that was named with the question."""
        return self.status == 304


def checked(url: str, hosts: Collection[str], *, setting: str) -> str:
    """Return a base URL that may be asked: https at a host of the source, or http at a literal loopback address."""
    parts = urlsplit(url)
    fine = parts.scheme == "https" and parts.hostname in hosts and not (parts.username or parts.password)
    if not fine and not (parts.scheme in ("http", "https") and _is_loopback(parts.hostname or "")):
        raise ConfigError(f"{setting}: give an https URL at {' or '.join(sorted(hosts))}, not {url[:100]!r}")
    return url.rstrip("/")


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
        self._watch = _Watch(name, loopback=_is_loopback(self._host))
        self._session = _session(self._watch)
        self._turn = _turn(urlsplit(url).netloc)

    def get(self, path: str, params: Mapping[str, str], *, known: Mapping[str, str] | None = None) -> Answer:
        """Ask for a page; where it is as `known` (what an earlier answer said), the answer is `unchanged` and empty."""
        conditions = {_CONDITIONS[name][1]: value for name, value in (known or {}).items() if name in _CONDITIONS}
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


def read_json(name: str, answer: Answer) -> Any:  # Any: JSON
    """Return the JSON of an answer; what is no JSON at all is a changed shape, half of one a broken connection."""
    try:
        return json.loads(answer.body)
    except ValueError as error:
        if answer.body.lstrip()[:1] in (b"{", b"["):
            raise SourceUnavailable(f"{name}: the answer breaks off after {len(answer.body)} bytes") from error
        kind = answer.headers.get("Content-Type", "of no type").partition(";")[0]
        raise SourceChanged(f"{name}: the answer is no JSON but {kind}; is there a page in between?") from error


def fault(name: str, answer: Answer, *, remedies: Mapping[int, str]) -> MetierError | None:
    """Return what a status other than 2xx means; `remedies` says for some what a person can do."""
    status = answer.status
    if 200 <= status < 300:
        return None
    remedy = f": {remedies[status]}" if status in remedies else ""
    if status in {408, 429} or 500 <= status < 600:
        wait = retry_after(answer.headers.get("Retry-After", ""), now=datetime.now(UTC))
        said = "asks to be left alone" if status == 429 else "is in trouble"
        after = wait or (UNASKED if status == 429 else None)
        when = f" for {after.total_seconds():.0f} s" if after else ""
        remedy = remedy or "; it is asked again later"
        return SourceUnavailable(f"{name}: the service {said}{when} (status {status}){remedy}", after=after)
    if status in (401, 403, 410, 451, 999):
        return SourceRefused(f"{name}: the service does not let us in (status {status}){remedy}")
    if 300 <= status < 400:
        target = urlsplit(answer.headers.get("Location", "")).hostname or "nowhere"
        return SourceChanged(
            f"{name}: the service sends us on to {target[:100]} (status {status}), which we do not follow; "
            "is the address right?"
        )
    remedy = remedy or "; look for a newer Metier"
    return SourceChanged(f"{name}: the service does not understand the question (status {status}){remedy}")


def retry_after(value: str, *, now: datetime) -> timedelta | None:
    """Read a Retry-After header, seconds or a date; None where it says nothing of use."""
    try:
        wait = timedelta(seconds=int(value))
    except (ValueError, OverflowError):
        try:
            wait = parsedate_to_datetime(value) - now
        except (ValueError, TypeError, OverflowError):
            return None
    return min(max(wait, timedelta(seconds=1)), LONGEST)


def permitted(address: str, *, loopback: bool) -> bool:
    """Tell whether an address may be asked: a public one, or loopback alone where the setting says so."""
    ip = ipaddress.ip_address(address.partition("%")[0])
    if isinstance(ip, ipaddress.IPv6Address):
        if ip.ipv4_mapped is not None:
            return permitted(str(ip.ipv4_mapped), loopback=loopback)
        if ip.sixtofour is not None or ip.teredo is not None:
            return False
    return ip.is_loopback if loopback else ip.is_global and not ip.is_multicast


class _Turn:
    """Keeps the calls to one server apart, whichever sources of this process make them."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._next = float("-inf")
        self._ended = float("-inf")

    def wait(self, pace: float) -> None:
        """Wait until it is one's turn: so long after the last call began, and after one that has ended ended."""
        with self._lock:
            begin = max(time.monotonic(), self._next, self._ended + pace)
            self._next = begin + pace
        time.sleep(max(0.0, begin - time.monotonic()))

    def note(self) -> None:
        """Note that a call has ended."""
        self._ended = time.monotonic()


_turns: dict[str, _Turn] = {}


def _turn(server: str) -> _Turn:
    return _turns.setdefault(server, _Turn())


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


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

    session = requests.Session()
    session.trust_env = False  # no proxy and no password file from the environment: they lead around these rules
    session.headers["User-Agent"] = _AGENT
    for scheme in ("http://", "https://"):
        session.mount(scheme, Adapter(pool_connections=1, pool_maxsize=1, max_retries=0))
    return session
