"""Vectors that this host has worked out already, shared by its workers: a repeated text costs no model time.

Only a cache: whatever goes wrong with the file is logged, and the model answers instead. One file per encoder artifact.
"""

import contextlib
import sqlite3
import time
from collections.abc import Callable, Sequence
from hashlib import blake2b
from pathlib import Path
from threading import Lock

import numpy as np
import structlog
from numpy.typing import NDArray

from pipelines import installation_lock
from pipelines.encoder import Encoder, readable

KEYS_A_QUERY = 512
CHECK = 4
PRAGMAS = (
    "PRAGMA journal_mode = WAL",
    "PRAGMA synchronous = OFF",
    "PRAGMA cache_size = -16000",
    "PRAGMA mmap_size = 1073741824",
    "PRAGMA journal_size_limit = 16000000",
)
TABLE = "CREATE TABLE IF NOT EXISTS vector (age INTEGER PRIMARY KEY, key BLOB NOT NULL UNIQUE, value BLOB NOT NULL)"
log = structlog.get_logger(__name__)


def key(text: str) -> bytes:
    """Return the name of a text in the cache."""
    return blake2b(readable(text).encode(), digest_size=16).digest()


class VectorCache:
    """At most `rows` vectors in one SQLite file, rounded to float16; the oldest go first."""

    def __init__(self, path: Path, *, dimension: int, rows: int) -> None:
        self._path = path
        self._dimension = dimension
        self._rows = rows
        self._lock = Lock()
        self._database: sqlite3.Connection | None = None
        self._file = 0
        self._failing = False

    def get(self, keys: Sequence[bytes]) -> dict[bytes, NDArray[np.float32]]:
        """Return the vectors that are there."""
        found: list[tuple[bytes, bytes]] = []

        def read(database: sqlite3.Connection) -> None:
            for start in range(0, len(keys), KEYS_A_QUERY):
                some = keys[start : start + KEYS_A_QUERY]
                marks = ",".join("?" * len(some))
                found.extend(database.execute(f"SELECT key, value FROM vector WHERE key IN ({marks})", some))  # noqa: S608

        if not keys or not self._try(read):
            return {}
        size = CHECK + 2 * self._dimension
        found = [(name, value) for name, value in found if len(value) == size]
        names = [name for name, _ in found]
        sealed = np.frombuffer(b"".join(value for _, value in found), np.uint8).reshape(-1, size)
        halves = sealed[:, CHECK:].copy().view("<f2")
        sound = (sealed[:, :CHECK] == _checks(names, halves)).all(axis=1)
        vectors = halves.astype(np.float32)
        if not sound.all():
            return {name: row for name, row, good in zip(names, vectors, sound, strict=True) if good}
        return dict(zip(names, vectors, strict=True))

    def put(self, keys: Sequence[bytes], vectors: NDArray[np.float32]) -> None:
        """Keep these vectors, and let the oldest go where they are too many."""
        halves = np.ascontiguousarray(vectors, dtype="<f2")
        sealed = np.hstack([_checks(keys, halves), halves.view(np.uint8)])
        rows = [(name, row.tobytes()) for name, row in zip(keys, sealed, strict=True)]

        def save(database: sqlite3.Connection) -> None:
            with database:
                database.execute("BEGIN IMMEDIATE")
                database.executemany("INSERT OR REPLACE INTO vector (key, value) VALUES (?, ?)", rows)
                database.execute("DELETE FROM vector WHERE age <= (SELECT max(age) FROM vector) - ?", (self._rows,))

        if rows:
            self._try(save)

    def erase(self, keys: Sequence[bytes]) -> None:
        """Forget these texts for good; where the file does not let them go, the whole file goes."""

        def delete(database: sqlite3.Connection) -> None:
            database.execute("PRAGMA secure_delete = ON")
            with database:
                database.executemany("DELETE FROM vector WHERE key = ?", [(name,) for name in keys])
            database.execute("PRAGMA secure_delete = OFF")
            database.execute("PRAGMA wal_checkpoint(TRUNCATE)")

        if self._path.exists() and not self._try(delete):
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
                    log.warning("vector cache damaged, starting anew", path=str(self._path), error=str(error))
                    self._start_anew()
                    work(self._open())
            except (sqlite3.Error, OSError) as error:
                self._close()
                if not self._failing:
                    log.warning("vector cache skipped", path=str(self._path), error=str(error))
                self._failing = True
                return False
            self._failing = False
            return True

    def _open(self) -> sqlite3.Connection:
        if self._database is None:
            # SQLite does not wait for its turn when two processes make the same file a write-ahead one
            with installation_lock.held(self._path.with_suffix(".lock")):
                # autocommit, and used by any thread under the lock
                self._database = sqlite3.connect(self._path, timeout=2, isolation_level=None, check_same_thread=False)
                for statement in (*PRAGMAS, TABLE):
                    self._database.execute(statement)
            self._file = self._path.stat().st_ino
        return self._database

    def _start_anew(self) -> None:
        """Remove the file, unless another process has replaced it since it was opened here."""
        self._close()
        with contextlib.suppress(FileNotFoundError):
            if self._file in (0, self._path.stat().st_ino):
                for suffix in ("", "-wal", "-shm"):
                    Path(f"{self._path}{suffix}").unlink(missing_ok=True)
        self._file = 0

    def _close(self) -> None:
        if self._database is not None:
            with contextlib.suppress(sqlite3.Error):
                self._database.close()
        self._database = None


class CachedEncoder:
    """An encoder that asks its cache first; a text that comes twice in one call is encoded once.

    Answers are rounded as the cache rounds them, so that a text has the same vector the first time and later.
    """

    def __init__(self, encoder: Encoder, cache: VectorCache) -> None:
        self._encoder = encoder
        self._cache = cache
        self.name = encoder.name
        self.dimension = encoder.dimension
        self.encoded = 0
        self.hits = 0
        self.seconds = 0.0

    def encode(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """Return one row a text, in their order."""
        keys = [key(text) for text in texts]
        wanted = dict(zip(keys, texts, strict=True))
        known = self._cache.get(list(wanted))
        missing = [name for name in wanted if name not in known]
        if missing:
            begun = time.perf_counter()
            vectors = self._encoder.encode([wanted[name] for name in missing])
            self.seconds += time.perf_counter() - begun
            known |= zip(missing, vectors.astype(np.float16).astype(np.float32), strict=True)
            self._cache.put(missing, vectors)
        self.encoded += len(missing)
        self.hits += len(texts) - len(missing)
        return np.array([known[name] for name in keys], dtype=np.float32).reshape(len(keys), self.dimension)


def _checks(keys: Sequence[bytes], halves: NDArray[np.float16]) -> NDArray[np.uint8]:
    """Return four bytes for each key with its vector; SQLite itself does not see a flipped bit."""
    sums = halves.view("<u2").sum(axis=1, dtype="<u4")
    starts = np.frombuffer(b"".join(name[:CHECK] for name in keys), "<u4")
    checks: NDArray[np.uint8] = (sums ^ starts).reshape(-1, 1).view(np.uint8)
    return checks
