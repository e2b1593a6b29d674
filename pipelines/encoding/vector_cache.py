"""Vectors that this host has worked out already, shared by its workers: a repeated text costs no model time.

One file per encoder artifact.
"""

import time
from collections.abc import Sequence
from hashlib import blake2b
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from pipelines.cache_file import CacheFile
from pipelines.encoding.encoder import Encoder, readable

CHECK = 4


def key(text: str) -> bytes:
    """Return the name of a text in the cache."""
    return blake2b(readable(text).encode(), digest_size=16).digest()


class VectorCache:
    """At most `rows` vectors in one SQLite file, rounded to float16; the oldest go first."""

    def __init__(self, path: Path, *, dimension: int, rows: int) -> None:
        self._file = CacheFile(path, table="vector", rows=rows)
        self._dimension = dimension

    def get(self, keys: Sequence[bytes]) -> dict[bytes, NDArray[np.float32]]:
        """Return the vectors that are there."""
        size = CHECK + 2 * self._dimension
        found = [(name, value) for name, value in self._file.get(keys) if len(value) == size]
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
        self._file.put([(name, row.tobytes()) for name, row in zip(keys, sealed, strict=True)])

    def erase(self, keys: Sequence[bytes]) -> None:
        """Forget these texts for good; where the file does not let them go, the whole file goes."""
        self._file.erase(keys)

    def close(self) -> None:
        """Let go of the file."""
        self._file.close()


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
