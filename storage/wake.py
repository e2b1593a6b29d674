"""Wait until somebody wrote a job: Postgres tells (NOTIFY), SQLite is asked often and cheaply."""

import threading
import time
from types import TracebackType
from typing import TYPE_CHECKING, Protocol, Self

from sqlalchemy import Engine

from storage.jobs import CHANNEL

if TYPE_CHECKING:  # loaded with a Postgres only: it takes nine megabytes
    import psycopg

_LOOK = 0.02


class Wake(Protocol):
    """Something to wait on; `wait` returns early when there may be work."""

    def wait(self, seconds: float, stop: threading.Event) -> bool:
        """Wait this long at the most; True when something was written."""
        ...

    def __enter__(self) -> Self: ...

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None: ...


def listen(engine: Engine) -> Wake:
    """Return what to wait on for this database."""
    return _Notified(engine) if engine.dialect.name == "postgresql" else _Asked(engine)


class _Asked:
    """SQLite counts the commits of others; asking costs some microseconds."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._connection = engine.raw_connection()
        self._seen = self._version()

    def wait(self, seconds: float, stop: threading.Event) -> bool:
        """Look at the count until it changes."""
        until = time.monotonic() + seconds
        while not stop.is_set():
            version = self._version()
            if version != self._seen:
                self._seen = version
                return True
            left = until - time.monotonic()
            if left <= 0:
                return False
            stop.wait(min(_LOOK, left))
        return False

    def _version(self) -> int:
        return int(self._connection.cursor().execute("PRAGMA data_version").fetchone()[0])

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._connection.close()


class _Notified:
    """A connection of its own that listens; when it breaks, waiting is only waiting."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._connection: psycopg.Connection[tuple[object, ...]] | None = None

    def wait(self, seconds: float, stop: threading.Event) -> bool:
        """Wait for a notification; short steps keep a stop from waiting long."""
        import psycopg

        until = time.monotonic() + seconds
        while not stop.is_set() and (left := until - time.monotonic()) > 0:
            try:
                if self._connection is None:
                    self._connection = self._connect()
                for _ in self._connection.notifies(timeout=min(left, 0.5), stop_after=1):
                    return True
            except psycopg.Error:
                self._close()
                stop.wait(min(left, 0.5))
        return False

    def _connect(self) -> "psycopg.Connection[tuple[object, ...]]":
        import psycopg

        url = self._engine.url.set(drivername="postgresql").render_as_string(hide_password=False)
        connection = psycopg.connect(url, autocommit=True, connect_timeout=5)
        connection.execute(f"LISTEN {CHANNEL}")
        return connection

    def _close(self) -> None:
        if self._connection is not None:
            self._connection.close()
            self._connection = None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._close()
