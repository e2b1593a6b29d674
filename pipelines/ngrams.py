"""Hash the character and word n-grams of many titles at once into one space that all taggers share; numpy only."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

BITS = 18
BUCKETS = 1 << BITS
LONGEST = 5  # characters in an n-gram; the shortest has 2
VERSION = "1"  # of the hashing: weights learnt under another version mean nothing

Floats = NDArray[np.float32]
Whole = NDArray[np.int64]

_PRIME = np.uint64(0xD6E8FEB86659FD93)
_MIX = np.uint64(0x9E3779B97F4A7C15)
_HALF = np.uint64(32)
_SHIFT = np.uint64(64 - BITS)
_SALTS = np.array([0x51ED270B9F1D4D11, 0xC2B2AE3D27D4EB4F], dtype=np.uint64)  # of words and of pairs
_POWERS = np.cumprod(np.full(4096, _PRIME, dtype=np.uint64))  # wraps around on purpose


@dataclass(frozen=True, slots=True)
class Ragged:
    """Bucket numbers row after row; row i is `buckets[starts[i]:starts[i] + counts[i]]`."""

    buckets: Whole
    counts: Whole
    starts: Whole

    def sums(self, table: Floats) -> Floats:
        """Add up, for each row, the rows of the table that it names."""
        found = np.zeros((len(self.counts), table.shape[1]), dtype=np.float32)
        filled = self.counts > 0
        if filled.any():
            found[filled] = np.add.reduceat(table.take(self.buckets, axis=0), self.starts[filled], axis=0)
        return found


@dataclass(frozen=True, slots=True)
class Grams:
    """The n-grams of a batch of normalised titles, and where each word's n-grams are.

    `chars`: 2 to 5 characters that cross no word's edge (the blank at an edge counts as a character).
    `words`: words and pairs of neighbours. Word k of the batch belongs to title `titles[k]`; its characters begin at
    `chars.buckets[begins[k]]` and end where the next word's begin; it is itself `words.buckets[lone[k]]`.
    """

    chars: Ragged
    words: Ragged
    titles: Whole
    begins: Whole
    lone: Whole


def hashed(titles: Sequence[str]) -> Grams:
    """Return the n-grams of titles that hold words between single blanks."""
    joined = "".join([f" {title} " for title in titles])
    codes = np.frombuffer(joined.encode("utf-32-le", "replace"), dtype=np.uint32).astype(np.uint64)
    sizes = np.array([len(title) + 2 for title in titles], dtype=np.int64)
    rows = np.cumsum(sizes) - sizes
    blank = codes == 32
    opens = np.flatnonzero(~blank[1:] & blank[:-1]) + 1
    title_of = np.searchsorted(rows, opens, side="right") - 1
    kept, hashes = _windows(codes, blank)
    at = np.cumsum(kept) - kept
    counts = np.add.reduceat(kept, rows) if len(rows) else rows
    words, lone = _words(codes, blank, opens, title_of, len(rows))
    return Grams(_ragged(hashes, counts), words, title_of, at[opens - 1], lone)


def _windows(codes: NDArray[np.uint64], blank: NDArray[np.bool_]) -> tuple[Whole, NDArray[np.uint64]]:
    """Return how many n-grams begin at each place, and their hashes place by place."""
    size = len(codes)
    # one column a length, so that masking yields the n-grams place by place and hence title by title
    hashes = np.zeros((size, LONGEST - 1), dtype=np.uint64)
    kept = np.zeros((size, LONGEST - 1), dtype=np.bool_)
    rolling = codes
    whole = np.ones(size, dtype=np.bool_)
    for length in range(2, min(LONGEST, size) + 1):
        places = size - length + 1
        rolling = rolling[:places] * _PRIME + codes[length - 1 :]
        # the last but one character has just become an inner one; of two characters, one at least is no blank
        broken = blank[:-1] & blank[1:] if length == 2 else blank[length - 2 : length - 2 + places]
        whole = whole[:places] & ~broken
        hashes[:places, length - 2] = rolling
        kept[:places, length - 2] = whole
    return kept.sum(axis=1), hashes[kept]


def _words(
    codes: NDArray[np.uint64], blank: NDArray[np.bool_], opens: Whole, title_of: Whole, rows: int
) -> tuple[Ragged, Whole]:
    """Return words, each followed by its pair with the next word of its title, and the places of the words."""
    if not len(opens):
        return _ragged(np.zeros(0, np.uint64), np.zeros(rows, np.int64)), np.zeros(0, np.int64)
    letters = np.flatnonzero(~blank)
    sizes = np.flatnonzero(blank[1:] & ~blank[:-1]) + 1 - opens
    place = (letters - np.repeat(opens, sizes)) % len(_POWERS)
    hashes = np.zeros((len(opens), 2), dtype=np.uint64)
    hashes[:, 0] = np.add.reduceat(codes[letters] * _POWERS[place], np.cumsum(sizes) - sizes)
    hashes[:-1, 1] = hashes[:-1, 0] * _PRIME + hashes[1:, 0]
    kept = np.ones(hashes.shape, dtype=np.bool_)
    kept[:, 1] = np.append(title_of[:-1] == title_of[1:], False)
    each = kept.sum(axis=1)
    counts = np.bincount(title_of, weights=each, minlength=rows).astype(np.int64)
    return _ragged((hashes + _SALTS)[kept], counts), np.cumsum(each) - each


def _ragged(hashes: NDArray[np.uint64], counts: Whole) -> Ragged:
    mixed = (hashes ^ (hashes >> _HALF)) * _MIX
    return Ragged((mixed >> _SHIFT).astype(np.int64), counts, np.cumsum(counts) - counts)
