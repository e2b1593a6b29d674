"""MinHash over the words of a text in numpy: a sketch that tells how much of two texts is the same, and its bands.

Three words in a row are one piece of a text. The share of pieces that two texts have in common (Jaccard) is how
likely one number of their sketches is equal: https://en.wikipedia.org/wiki/MinHash. Hashes are the same in every
process and release, since bands are kept in the database.
"""

from base64 import b64decode, b64encode
from collections.abc import Sequence
from hashlib import blake2b
from zlib import crc32

import numpy as np
from numpy.typing import NDArray

NUMBERS = 128  # of a sketch: the estimate is off by 0.04 on average where half is the same
BANDS, ROWS = 16, 3  # texts that share 0.57 have a band in common 96 times of 100, those that share 0.1 twice
LEAST = 3  # words; so many in a row are one piece
_REMEMBERED = 200_000  # hashes of words


def _drawn(name: str, count: int) -> NDArray[np.uint64]:
    """Return numbers that look random and are the same for ever, whatever a library makes of a seed."""
    drawn = b"".join(blake2b(f"{name} {place}".encode(), digest_size=8).digest() for place in range(count))
    return np.frombuffer(drawn, dtype="<u8").astype(np.uint64)


_TIMES = (_drawn("times", NUMBERS) | np.uint64(1)).astype(np.uint32)
_PLUS = _drawn("plus", NUMBERS).astype(np.uint32)
_MIX = _drawn("mix", 8) | np.uint64(1)
_HALF = np.uint64(32)
_PLACES = np.arange(1, BANDS + 1, dtype=np.uint64) * _MIX[7]


class _Hashes(dict[str, int]):
    """The hashes of words met so far; words come again and again."""

    def __missing__(self, word: str) -> int:
        if len(self) >= _REMEMBERED:
            self.clear()
        found = self[word] = crc32(word.encode("utf-8", "replace"))
        return found


_hashes = _Hashes()


def numbers(words: Sequence[str]) -> NDArray[np.uint32]:
    """Return the MinHash of a text of at least three words."""
    hashed = np.fromiter(map(_hashes.__getitem__, words), dtype=np.uint64, count=len(words))
    mixed = hashed[:-2] * _MIX[0] + hashed[1:-1] * _MIX[1] + hashed[2:] * _MIX[2]
    pieces = (((mixed ^ (mixed >> _HALF)) * _MIX[3]) >> _HALF).astype(np.uint32)
    table = _TIMES[:, None] * pieces  # in 32 bits, which processors do fifteen times as fast as in 64
    table += _PLUS[:, None]
    least: NDArray[np.uint32] = table.min(axis=1)
    return least


def bands(found: NDArray[np.uint32]) -> list[int]:
    """Return the hashes of the bands of a MinHash, as signed numbers of 32 bits."""
    rows = found[: BANDS * ROWS].reshape(BANDS, ROWS).astype(np.uint64)
    mixed = rows @ _MIX[4:7] + _PLACES
    mixed = (mixed ^ (mixed >> _HALF)) * _MIX[3]
    signed_: list[int] = (mixed >> _HALF).astype(np.uint32).view(np.int32).tolist()
    return signed_


def signed(word: str) -> int:
    """Return a hash of a word as a signed number of 32 bits, as bands have it."""
    value = crc32(word.encode("utf-8", "replace"))
    return value - (1 << 32) if value >= 1 << 31 else value


def written(found: NDArray[np.uint32]) -> str:
    """Return a MinHash as a sketch: a byte of each number, in letters that any database keeps."""
    return b64encode((found & np.uint32(0xFF)).astype(np.uint8).tobytes()).decode("ascii")


def shared(one: str, other: str) -> float:
    """Return about what share of their pieces two sketches have in common, from 0 to 1."""
    left, right = (np.frombuffer(b64decode(text), dtype=np.uint8) for text in (one, other))
    equal = float(np.count_nonzero(left == right)) / NUMBERS
    return max(0.0, (equal - 1 / 256) / (1 - 1 / 256))  # one byte in 256 is equal by chance
