"""The two databases as the chaos runs use them: start, harm, ask; nothing of the system is used."""

import contextlib
import sqlite3
import tempfile
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any, Protocol

import psycopg

from tests.chaos import disk
from tests.servers import Postgres

Rows = list[tuple[Any, ...]]  # Any: what the columns hold
AWAY = (sqlite3.OperationalError, psycopg.Error)


class Database(Protocol):
    """What may be done to a database."""

    name: str
    url: str
    folder: Path
    root: Path
    """The folder that goes when all goes; its disk may lie in or over it."""
    small: bool
    """Whether it has a disk of its own that can be filled."""

    def rows(self, sql: str) -> Rows:
        """Return what this query finds; wait while the database is away."""
        ...

    def execute(self, sql: str, values: Sequence[object] = ()) -> None:
        """Carry out one statement, its parameters written as %s; raise one of AWAY."""
        ...

    def lock(self, table: str, seconds: float) -> None:
        """Let nobody write for so long."""
        ...

    def away(self, seconds: float) -> None:
        """Be gone for so long."""
        ...

    def fill_disk(self, seconds: float, stop: threading.Event) -> None:
        """Have no room for so long, then see that it serves again."""
        ...


class Sqlite:
    """A file, on a small disk where that is possible."""

    name = "sqlite"

    def __init__(self, folder: Path, *, small: bool) -> None:
        self.folder, self.small = folder, small
        self.root = folder.parent
        self.path = folder / "metier.db"
        self.url = f"sqlite:///{self.path}"

    def rows(self, sql: str) -> Rows:
        """Return what this query finds."""
        return _patiently(lambda: self._rows(sql))

    def execute(self, sql: str, values: Sequence[object] = ()) -> None:
        """Carry out one statement."""
        with contextlib.closing(self._connect()) as connection:
            connection.execute(sql.replace("%s", "?"), tuple(values))

    def lock(self, table: str, seconds: float) -> None:
        """Hold the write lock, which is one for all tables."""
        del table
        with contextlib.closing(self._connect()) as connection:
            _patiently(lambda: connection.execute("BEGIN IMMEDIATE").fetchall())
            time.sleep(seconds)
            connection.execute("ROLLBACK")

    def away(self, seconds: float) -> None:
        """Hold the write lock: a file has no server that could be gone."""
        self.lock("", seconds)

    def fill_disk(self, seconds: float, stop: threading.Event) -> None:
        """Leave no room on its disk."""
        disk.keep_full(self.folder, seconds, stop)

    def _rows(self, sql: str) -> Rows:
        with contextlib.closing(self._connect()) as connection:
            return connection.execute(sql).fetchall()

    def _connect(self) -> sqlite3.Connection:
        return sqlite3.connect(self.path, timeout=30, isolation_level=None)


class Server:
    """A Postgres of its own, which can be stopped and killed."""

    name = "postgres"

    def __init__(self, server: Postgres, *, small: bool) -> None:
        self.server, self.small = server, small
        self.folder = self.root = server.folder
        self.url = server.database()
        self._dsn = self.url.replace("+psycopg", "")

    def rows(self, sql: str) -> Rows:
        """Return what this query finds."""
        return _patiently(lambda: self._rows(sql))

    def execute(self, sql: str, values: Sequence[object] = ()) -> None:
        """Carry out one statement."""
        with psycopg.connect(self._dsn, autocommit=True, connect_timeout=5) as connection:
            connection.execute(sql.encode(), tuple(values))

    def lock(self, table: str, seconds: float) -> None:
        """Hold this table."""
        with psycopg.connect(self._dsn, connect_timeout=5) as connection:
            connection.execute(f"LOCK TABLE {table} IN ACCESS EXCLUSIVE MODE".encode())
            time.sleep(seconds)

    def away(self, seconds: float) -> None:
        """Stop the server and start it later."""
        self.server.stop()
        time.sleep(seconds)
        self.server.start()

    def crash(self, seconds: float) -> None:
        """Kill the server and start it later."""
        self.server.kill()
        time.sleep(seconds)
        self.server.start()

    def fill_disk(self, seconds: float, stop: threading.Event) -> None:
        """Leave no room on its disk; a server that gave up over it is started again."""
        disk.keep_full(self.folder, seconds, stop)
        for _ in range(20):
            if self.server.answers():
                return
            time.sleep(0.5)
        self.crash(0.0)

    def _rows(self, sql: str) -> Rows:
        with psycopg.connect(self._dsn, autocommit=True, connect_timeout=5) as connection:
            return connection.execute(sql.encode()).fetchall()


@contextlib.contextmanager
def sqlite() -> Iterator[Sqlite]:
    """Make a folder for an SQLite file."""
    with tempfile.TemporaryDirectory(prefix="metier-chaos-") as name:
        folder = Path(name, "database")
        folder.mkdir()
        with disk.small(folder, 200) as small:
            yield Sqlite(folder, small=small)


@contextlib.contextmanager
def postgres() -> Iterator[Server]:
    """Start a Postgres with one database."""
    server = Postgres("fsync=off", "max_wal_size=64MB", "min_wal_size=32MB", "wal_init_zero=off")
    with disk.small(server.folder, 700) as small, server:
        yield Server(server, small=small)


def _patiently(ask: Callable[[], Rows]) -> Rows:
    until = time.monotonic() + 120
    while True:
        try:
            return ask()
        except AWAY:
            if time.monotonic() > until:
                raise
            time.sleep(0.3)
