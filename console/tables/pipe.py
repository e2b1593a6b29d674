"""Standard output as a place for results: nothing to resume, nothing to rename."""

import errno
import os
from collections.abc import Mapping

from console.tables.part import Progress, written

_STDOUT = 1


class Pipe:
    """Writes lines at once, unbuffered, so that nothing is left to fail when the process ends."""

    def start(self) -> None:
        """Do nothing: standard output is open."""

    def write(self, lines: bytes) -> None:
        """Write lines; a reader that has gone away ends the command in silence."""
        with written("standard output", then="start again"):
            try:
                while lines:
                    lines = lines[os.write(_STDOUT, lines) :]
            except OSError as error:
                if error.errno == errno.EPIPE:
                    raise Gone from error
                raise

    def mark(self, progress: Progress, run: Mapping[str, object]) -> None:
        """Do nothing: what is written is gone."""

    def finish(self) -> list[str]:
        """Do nothing."""
        return []

    def close(self) -> None:
        """Do nothing."""


class Gone(Exception):
    """Whoever was reading standard output has stopped, as `head` does."""
