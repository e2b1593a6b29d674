"""Opening ZIP files that others packed: what they say of their size is checked, and what they unpack to is counted."""

import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from metier.errors import Rejected

MAGIC = b"PK\x03\x04"
_ENCRYPTED = 0x1
_PIECE = 2**16
_BROKEN = (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, RuntimeError, ValueError, OSError)


@dataclass(frozen=True, slots=True)
class Bounds:
    """How much an archive may hold: members, bytes of one, bytes of all that is read of it."""

    members: int = 2_000
    member: int = 32 * 2**20
    whole: int = 128 * 2**20


class Archive:
    """An open ZIP file whose members are read whole, one at a time."""

    def __init__(self, file: zipfile.ZipFile, name: str, bounds: Bounds) -> None:
        self._file = file
        self._name = name
        self._bounds = bounds
        self._left = bounds.whole

    def names(self) -> list[str]:
        """Return the names of all members, in their order."""
        return self._file.namelist()

    def find(self, name: str) -> str | None:
        """Return the first member of this file name, in whatever folder and case; None where there is none."""
        return next((one for one in self.names() if PurePosixPath(one).name.casefold() == name.casefold()), None)

    def read(self, member: str) -> bytes:
        """Return what a member holds; raise Rejected where that is too much, locked or damaged."""
        most = min(self._bounds.member, self._left)
        pieces: list[bytes] = []
        size = 0
        with self._broken():
            if self._file.getinfo(member).flag_bits & _ENCRYPTED:
                raise Rejected(f"{self._name}: is locked by a password; save it without one")
            with self._file.open(member) as stream:
                while piece := stream.read(_PIECE):  # what the archive says of the size may be a lie
                    size += len(piece)
                    if size > most:
                        raise Rejected(f"{self._name}: unpacks to more than {most:,} bytes; it is not read")
                    pieces.append(piece)
        self._left -= size
        return b"".join(pieces)

    @contextmanager
    def _broken(self) -> Iterator[None]:
        try:
            yield
        except KeyError as error:
            raise Rejected(f"{self._name}: lacks a part that it should have; save it again") from error
        except _BROKEN as error:
            raise Rejected(f"{self._name}: is damaged or cut off; save or download it again") from error


@contextmanager
def opened(path: Path, bounds: Bounds | None = None) -> Iterator[Archive]:
    """Open an archive; raise Rejected where it is none, or holds more members than anybody packs."""
    bounds = bounds or Bounds()
    try:
        file = zipfile.ZipFile(path)
    except _BROKEN as error:
        raise Rejected(f"{path}: is no readable ZIP file; save or download it again") from error
    with file:
        if len(file.namelist()) > bounds.members:
            raise Rejected(f"{path}: holds more than {bounds.members:,} files; it is not read")
        yield Archive(file, str(path), bounds)
