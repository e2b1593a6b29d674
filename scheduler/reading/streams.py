"""Opening bytes: a file, a pipe or standard input, compressed by gzip or not, with a look at how it begins."""

import gzip
import io
import os
import shutil
import stat
import sys
import tempfile
import zlib
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any, BinaryIO, cast

from metier.errors import ConfigError

HEAD = 2**20
_GZIP = b"\x1f\x8b"
DAMAGED = (EOFError, gzip.BadGzipFile, zlib.error)  # what a broken compressed file raises
_Read = Callable[[int], bytes]


@dataclass(frozen=True, slots=True)
class Stream:
    """The bytes of a table: the first of them, all of them, and where they lie if they lie in a plain file."""

    name: str
    head: bytes
    whole: BinaryIO
    plain: Path | None  # set where the bytes lie as they are in a file
    again: Path | None  # set where they can be read a second time
    size: int | None
    done: Callable[[], float | None]


@contextmanager
def opened(path: Path) -> Iterator[Stream]:
    """Open a path, `-` for standard input, and look through gzip."""
    with ExitStack() as stack:
        if str(path) == "-":
            name, raw, size = "standard input", None, None
            read: _Read = cast(io.BufferedReader, sys.stdin.buffer).read1
        else:
            name, raw, size = str(path), *_open(path, stack)
            read = raw.read
        head = _take(read)
        whole, again = _whole(head, read), None if size is None else path
        plain = again
        if head.startswith(_GZIP):
            unpacked = stack.enter_context(gzip.GzipFile(fileobj=whole))
            head, plain = _take(unpacked.read1), None
            whole = _whole(head, unpacked.read1)
        yield Stream(name, head, whole, plain, again, size, lambda: raw.tell() / size if raw and size else None)


@contextmanager
def seekable(stream: Stream) -> Iterator[IO[bytes]]:
    """Yield the bytes as a file that can be read from its end, spooled to disk where they came by a pipe."""
    if stream.plain is not None:
        with stream.plain.open("rb") as file:
            yield file
        return
    with tempfile.TemporaryFile() as spool:
        shutil.copyfileobj(stream.whole, spool, HEAD)
        spool.seek(0)
        yield spool


def _open(path: Path, stack: ExitStack) -> tuple[io.FileIO, int | None]:
    try:
        raw = stack.enter_context(path.open("rb", buffering=0))
        status = os.fstat(raw.fileno())
    except FileNotFoundError as error:
        raise ConfigError(f"{path}: no such file") from error
    except IsADirectoryError as error:
        raise ConfigError(f"{path}: is a folder; name a file in it") from error
    except OSError as error:
        raise ConfigError(f"{path}: cannot be read ({error.strerror or error})") from error
    except ValueError as error:  # a NUL in the name
        raise ConfigError(f"{str(path)!r}: {error}") from error
    return raw, status.st_size if stat.S_ISREG(status.st_mode) else None


def _take(read: _Read) -> bytes:
    """Read the first bytes, however small the pieces in which a pipe hands them over."""
    pieces, missing = [], HEAD
    try:
        while missing and (piece := read(missing)):
            pieces.append(piece)
            missing -= len(piece)
    except DAMAGED:
        pass  # the walk through the whole will meet it again and say so
    return b"".join(pieces)


def _whole(head: bytes, read: _Read) -> BinaryIO:
    return cast(BinaryIO, io.BufferedReader(_Replay(head, read), HEAD))


class _Replay(io.RawIOBase):
    """The head once more, then the rest, for sources that cannot be rewound."""

    def __init__(self, head: bytes, read: _Read) -> None:
        self._head = head
        self._read = read

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:  # any writable buffer; its type has a name from Python 3.12 on
        piece = self._head[: len(buffer)] or self._read(len(buffer))
        self._head = self._head[len(piece) :]
        buffer[: len(piece)] = piece
        return len(piece)
