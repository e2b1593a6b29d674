"""Text files line by line: decoded, numbered, and never more than one bounded line in memory."""

import io
from collections import deque
from dataclasses import dataclass

from metier.errors import ConfigError, Rejected
from scheduler.reading import charset
from scheduler.reading.rows import ROW_LIMIT, Truncated
from scheduler.reading.streams import DAMAGED, Stream


@dataclass(frozen=True, slots=True)
class Hints:
    """What the user says about a text file; empty means: find out."""

    encoding: str = ""
    delimiter: str = ""
    format: str = ""  # jsonl, csv or tsv


class TooLong(Exception):
    """The lines of one record together are longer than a row may be."""


def encoding_of(stream: Stream, hints: Hints) -> str:
    """Return the encoding the user named, checked, or the detected one."""
    if not hints.encoding:
        return charset.detect(stream.head, stream.plain)
    try:
        "".encode(hints.encoding)
    except LookupError as error:
        raise ConfigError(f"--encoding {hints.encoding}: no such encoding; try utf-8, cp1252 or utf-16") from error
    return hints.encoding


def charset_name(encoding: str) -> str:
    """Return an encoding's name as people write it."""
    name = encoding.removesuffix("-sig").replace("_", "-")
    return name.upper() if name.startswith(("utf", "iso")) else name


def text_of(stream: Stream, encoding: str, *, newline: str) -> io.TextIOWrapper:
    """Decode a stream; bytes that do not fit travel on as lone surrogates and are said with their row."""
    return io.TextIOWrapper(stream.whole, encoding=encoding, errors=charset.errors(encoding), newline=newline)


class Lines:
    """Numbered lines of bounded length, some of which can be handed back."""

    def __init__(self, text: io.TextIOBase, name: str) -> None:
        self.number = 0
        self.pulled: list[str] = []
        self.ended = False
        self._text = text
        self._name = name
        self._back: deque[str] = deque()
        self._size = 0
        self._taken = 0

    def share(self, stream: Stream, encoding: str) -> float | None:
        """Return how much of the file has been walked through; reading runs a megabyte ahead of it."""
        if stream.plain is None or not stream.size:
            return stream.done()
        width = len(stream.head) / max(1, len(stream.head.decode(encoding, "replace")))
        return min(1.0, self._taken * width / stream.size)

    def begin(self) -> int:
        """Start a record; return the number of its first line."""
        self.pulled, self._size = [], 0
        return self.number + 1

    def hand_back(self) -> None:
        """Give back all lines of this record but its first."""
        self._back.extendleft(reversed(self.pulled[1:]))
        self.number -= len(self.pulled) - 1
        self._taken -= sum(map(len, self.pulled[1:]))

    def __iter__(self) -> "Lines":
        return self

    def __next__(self) -> str:
        line = self._back.popleft() if self._back else self._read()
        if not line:
            self.ended = True
            raise StopIteration
        self.number += 1
        self.pulled.append(line)
        self._size += len(line)
        self._taken += len(line)
        if self._size > ROW_LIMIT:
            raise TooLong
        return line

    def _read(self) -> str:
        try:
            line = self._text.readline(ROW_LIMIT + 1)
            if len(line) > ROW_LIMIT and not line.endswith(("\n", "\r")):
                rest = line
                while rest and not rest.endswith(("\n", "\r")):
                    rest = self._text.readline(ROW_LIMIT)
        except DAMAGED as error:
            raise Truncated(
                f"line {self.number + 1}: the compressed file is damaged or ends early ({error}); "
                "the rows before it were read, get the file again for the rest",
                row=self.number + 1,
            ) from error
        except OSError as error:
            raise Rejected(f"{self._name}: line {self.number + 1}: cannot be read ({error.strerror})") from error
        return line
