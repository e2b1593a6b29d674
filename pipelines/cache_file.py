"""A bounded SQLite file of bytes by key that the processes of a host share; the oldest go first.

Only a cache: whatever goes wrong with the file is logged and the caller does without. The keys are hashes of texts.
"""

import contextlib
import sqlite3
from collections.abc import Callable, Sequence
from pathlib import Path
from threading import Lock

import structlog

from pipelines import installation_lock

KEYS_A_QUERY = 512
PRAGMAS = (
    "PRAGMA journal_mode = WAL",
    "PRAGMA synchronous = OFF",
    "PRAGMA cache_size = -16000",
    "PRAGMA mmap_size = 1073741824",
    "PRAGMA journal_size_limit = 16000000",
)
log = structlog.get_logger(__name__)


class CacheFile:
    """At most `rows` values in one table of one file; no rows switch it off and leave no file."""

    def __init__(self, path: Path, *, table: str, rows: int) -> None:
        self.path = path
        self._table = table
        self._rows = rows
        self._lock = Lock()
        self._database: sqlite3.Connection | None = None
        self._file = 0
        self._failing = False

    def get(self, keys: Sequence[bytes]) -> list[tuple[bytes, bytes]]:
        """Return the keys that are there, with their values."""
        found: list[tuple[bytes, bytes]] = []

        def read(database: sqlite3.Connection) -> None:
            for start in range(0, len(keys), KEYS_A_QUERY):
                some = keys[start : start + KEYS_A_QUERY]
                marks = ",".join("?" * len(some))
                sql = f"SELECT key, value FROM {self._table} WHERE key IN ({marks})"  # noqa: S608  a name of ours
                found.extend(database.execute(sql, some))

        return found if keys and self._try(read) else []

    def put(self, pairs: Sequence[tuple[bytes, bytes]]) -> None:
        """Keep these values, and let the oldest go where they are too many."""
        table = self._table

        def save(database: sqlite3.Connection) -> None:
            with database:
                database.execute("BEGIN IMMEDIATE")
                database.executemany(f"INSERT OR REPLACE INTO {table} (key, value) VALUES (?, ?)", pairs)  # noqa: S608
                database.execute(
                    f"DELETE FROM {table} WHERE age <= (SELECT max(age) FROM {table}) - ?",  # noqa: S608
                    (self._rows,),
                )

        if pairs:
            self._try(save)

    def erase(self, keys: Sequence[bytes]) -> None:
        """Forget these keys for good; where the file does not let them go, the whole file goes."""

        def delete(database: sqlite3.Connection) -> None:
            database.execute("PRAGMA secure_delete = ON")
            with database:
                database.executemany(f"DELETE FROM {self._table} WHERE key = ?", [(name,) for name in keys])  # noqa: S608
            database.execute("PRAGMA secure_delete = OFF")
            database.execute("PRAGMA wal_checkpoint(TRUNCATE)")

        if self.path.exists() and not self._try(delete):
            with self._lock:
                self._start_anew()

    def close(self) -> None:
        """Let go of the file."""
        with self._lock:
            self._close()

    def _try(self, work: Callable[[sqlite3.Connection], None]) -> bool:
        """Do this with the file, once more with a new file if it is damaged; say whether it was done."""
        if not self._rows:
            return False
        with self._lock:
            try:
                try:
                    work(self._open())
                except sqlite3.OperationalError:
                    raise
                except sqlite3.DatabaseError as error:
                    log.warning("cache damaged, starting anew", path=str(self.path), error=str(error))
                    self._start_anew()
                    work(self._open())
            except (sqlite3.Error, OSError) as error:
                self._close()
                if not self._failing:
                    log.warning("cache skipped", path=str(self.path), error=str(error))
                self._failing = True
                return False
            self._failing = False
            return True

    def _open(self) -> sqlite3.Connection:
        if self._database is None:
            # SQLite does not wait for its turn when two processes make the same file a write-ahead one
            with installation_lock.held(self.path.with_suffix(".lock")):
                # autocommit, and used by any thread under the lock
                self._database = sqlite3.connect(self.path, timeout=2, isolation_level=None, check_same_thread=False)
                for statement in (*PRAGMAS, self._made()):
                    self._database.execute(statement)
            self._file = self.path.stat().st_ino
        return self._database

    def _start_anew(self) -> None:
        """Remove the file, unless another process has replaced it since it was opened here."""
        self._close()
        with contextlib.suppress(FileNotFoundError):
            if self._file in (0, self.path.stat().st_ino):
                for suffix in ("", "-wal", "-shm"):
                    Path(f"{self.path}{suffix}").unlink(missing_ok=True)
        self._file = 0

    def _close(self) -> None:
        if self._database is not None:
            with contextlib.suppress(sqlite3.Error):
                self._database.close()
        self._database = None

    def _made(self) -> str:
        return (
            f"CREATE TABLE IF NOT EXISTS {self._table} "
            "(age INTEGER PRIMARY KEY, key BLOB NOT NULL UNIQUE, value BLOB NOT NULL)"
        )
