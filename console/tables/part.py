"""A result that grows: `OUT.part` holds the lines so far, `OUT.progress` how much of it is safe."""

import errno
import fcntl
import json
import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import BinaryIO

from console.tables.formats import Format
from metier.errors import ConfigError, MetierError, Transient


@dataclass(frozen=True, slots=True)
class Progress:
    """How far a run has come: rows read, bytes of the part file that hold them, and what the rows came to."""

    rows: int = 0
    size: int = 0
    tagged: int = 0
    failed: int = 0


class Unwritable(MetierError):
    """The result cannot be written where it should be."""


class Part:
    """The growing file of one run; only what `mark` has seen counts after a kill."""

    def __init__(self, result: Path, layout: Format) -> None:
        self.result = result
        self._layout = layout
        self._part, self._progress = beside(result)
        self._file: BinaryIO | None = None

    def start(self) -> None:
        """Begin anew, whatever an earlier run has left."""
        with written(self.result):
            self._open(0)
            self._progress.unlink(missing_ok=True)
            self.write(self._layout.head())

    def go_on(self, progress: Progress) -> None:
        """Take up the part file where the progress file says that it is safe."""
        with written(self.result):
            self._open(progress.size)

    def write(self, lines: bytes) -> None:
        """Append lines."""
        with written(self.result):
            self._open_file.write(lines)

    def mark(self, progress: Progress, run: Mapping[str, object]) -> None:
        """Make sure that all lines are on the disk, then say so in the progress file."""
        with written(self.result):
            size = self._sync()
            temporary = self._progress.with_name(self._progress.name + ".new")
            with temporary.open("w", encoding="utf-8") as file:
                json.dump({**asdict(progress), "size": size, "run": run}, file)
                file.flush()
                os.fsync(file.fileno())
            temporary.replace(self._progress)

    def finish(self) -> list[str]:
        """Make the result and remove what was beside it."""
        with written(self.result):
            self._sync()
            notes = self._layout.finish(self._part, self.result)
            _sync_folder(self.result.parent)
            self._progress.unlink(missing_ok=True)
            self._part.unlink(missing_ok=True)
            self.close()
        return notes

    def close(self) -> None:
        """Let go of the part file; what was not flushed is lost, as after a kill."""
        if self._file is not None:
            with suppress(OSError):  # a full disk was said when it was written to
                self._file.close()
            self._file = None

    @property
    def _open_file(self) -> BinaryIO:
        if self._file is None:
            raise MetierError(f"{self.result}: the part file is closed")
        return self._file

    def _open(self, size: int) -> None:
        self._file = self._part.open("r+b" if self._part.exists() else "w+b")
        try:
            fcntl.flock(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise ConfigError(f"{self.result}: another run is writing it; wait for it or name another file") from error
        if self._file.seek(0, os.SEEK_END) < size:
            raise ConfigError(f"{self._part}: is shorter than {self._progress} says; start anew without --resume")
        self._file.truncate(size)
        self._file.seek(size)

    def _sync(self) -> int:
        self._open_file.flush()
        os.fsync(self._open_file.fileno())
        return self._open_file.tell()


def left_over(result: Path) -> tuple[Progress, dict[str, object]] | None:
    """Return how far an unfinished run came and what it was, None where there is none."""
    part, progress = beside(result)
    try:
        found = json.loads(progress.read_text("utf-8"))
        run = dict(found.pop("run"))
        come = Progress(**{name: int(found[name]) for name in ("rows", "size", "tagged", "failed")})
    except FileNotFoundError:
        return None
    except (ValueError, KeyError, TypeError, OSError) as error:
        raise ConfigError(f"{progress}: cannot be read ({error}); start anew without --resume") from error
    return (come, run) if part.exists() else None


def beside(result: Path) -> tuple[Path, Path]:
    """Return the part file and the progress file of a result."""
    return result.with_name(result.name + ".part"), result.with_name(result.name + ".progress")


def _sync_folder(folder: Path) -> None:
    """Make a rename last."""
    number = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(number)
    finally:
        os.close(number)


@contextmanager
def written(result: Path | str, *, then: str = "go on with --resume") -> Iterator[None]:
    """Say in our words why a file cannot be written, and what to do once there is room."""
    try:
        yield
    except OSError as error:
        if error.errno in {errno.ENOSPC, errno.EDQUOT, errno.EFBIG}:
            raise Transient(f"{result}: no room on the disk ({error.strerror}); make room, then {then}") from error
        raise Unwritable(
            f"{result}: cannot be written ({error.strerror or error}); check the folder or name another file"
        ) from error
