"""Answers that this host has worked out already: a text that comes again costs neither encoder nor heads.

An answer hangs on the text, on every artifact that serves and on this code, so each set of these has a file of its own.
"""

import time
from collections.abc import Mapping, Sequence
from contextlib import suppress
from hashlib import blake2b, shake_128
from itertools import accumulate, pairwise
from pathlib import Path
from zlib import crc32

import numpy as np

from metier.answer import Answer
from metier.types import Text
from pipelines import ngrams, text
from pipelines.artifact import code_version
from pipelines.cache_file import CacheFile

VERSION = "2"  # of what an answer is: raise it where the same artifacts would answer otherwise
PATTERN = "answers-*.db"
_CHECK = 4
_ABANDONED = 7 * 86400.0


def key(item: Text) -> bytes:
    """Return the name of a text in the cache: all that a tagger may read of it goes in."""
    return blake2b(_whole(item), digest_size=16).digest()


def path(folder: Path, digests: Mapping[str, str], *, form: str) -> Path:
    """Return the file of the answers of these artifacts in this form."""
    read = repr((sorted(digests.items()), form, VERSION, text.VERSION, ngrams.VERSION, code_version()))
    return folder / f"answers-{blake2b(read.encode(), digest_size=6).hexdigest()}.db"


def tidy(kept: Path) -> None:
    """Remove the files of artifacts that have served nobody here for a week."""
    for found in kept.parent.glob(PATTERN):
        if found != kept and found.stat().st_mtime < time.time() - _ABANDONED:
            for suffix in ("", "-wal", "-shm"):
                Path(f"{found}{suffix}").unlink(missing_ok=True)


class AnswerCache:
    """At most `rows` answers in one SQLite file; the oldest go first.

    An answer quotes words of its text, so it is locked with the text: only who has that can read it. What an edit has
    left behind is thus no more than a hash, although nobody knows its key any more.
    """

    def __init__(self, path: Path, *, rows: int) -> None:
        self._file = CacheFile(path, table="answer", rows=rows)

    def get(self, wanted: Mapping[bytes, Text]) -> dict[bytes, Answer]:
        """Return the answers to these texts, by their keys, that are there and whole."""
        there = self._file.get(list(wanted))
        values = _locked([locked[_CHECK:] for _, locked in there], [wanted[name] for name, _ in there])
        return {
            name: Answer.read(value.decode())
            for (name, locked), value in zip(there, values, strict=True)
            if locked[:_CHECK] == _check(name, value)
        }

    def put(self, answers: Mapping[bytes, Answer], texts: Mapping[bytes, Text]) -> None:
        """Keep the answers to these texts."""
        values: dict[bytes, bytes] = {}
        for name, answer in answers.items():
            with suppress(UnicodeEncodeError):  # half a character in the evidence; such a text is worked out again
                values[name] = answer.written().encode()
        locked = _locked(list(values.values()), [texts[name] for name in values])
        pairs = zip(values.items(), locked, strict=True)
        self._file.put([(name, _check(name, value) + one) for (name, value), one in pairs])

    def erase(self, keys: Sequence[bytes]) -> None:
        """Forget these texts for good; where the file does not let them go, the whole file goes."""
        self._file.erase(keys)

    def close(self) -> None:
        """Let go of the file."""
        self._file.close()


def _whole(item: Text) -> bytes:
    sizes = f"{len(item.title)},{len(item.language)},{len(item.company)},"
    return f"{sizes}{item.title}{item.language}{item.company}{item.body}".encode("utf-8", "surrogatepass")


def _locked(values: Sequence[bytes], items: Sequence[Text]) -> list[bytes]:
    """Lock each value with its text, or unlock it: doing it twice does nothing."""
    sizes = list(map(len, values))
    streams = [shake_128(_whole(item)).digest(size) for item, size in zip(items, sizes, strict=True)]
    mixed = np.frombuffer(b"".join(values), np.uint8) ^ np.frombuffer(b"".join(streams), np.uint8)
    whole, ends = mixed.tobytes(), accumulate(sizes, initial=0)
    return [whole[start:end] for start, end in pairwise(ends)]


def _check(name: bytes, value: bytes) -> bytes:
    """Return four bytes for a key with its answer; SQLite itself does not see a flipped bit."""
    return crc32(value, crc32(name)).to_bytes(_CHECK, "little")
