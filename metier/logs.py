"""One line an event, fields rather than prose."""

import logging
import sys
from contextlib import suppress
from typing import TextIO, cast

import structlog


def configure(*, level: str, as_json: bool) -> None:
    """Send structured log lines to standard error."""
    readable = structlog.dev.ConsoleRenderer(colors=sys.stderr.isatty())
    renderer = structlog.processors.JSONRenderer() if as_json else readable
    number = logging.getLevelNamesMapping().get(level.upper(), logging.INFO)
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            structlog.processors.format_exc_info,
            renderer,
        ],
        wrapper_class=structlog.make_filtering_bound_logger(number),
        logger_factory=structlog.PrintLoggerFactory(
            file=cast(TextIO, _Spared(sys.stderr))
        ),  # it only writes and flushes,
    )


class _Spared:
    """A stream whose writer carries on when nothing can be written: work matters more than its log on a full disk."""

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream

    def write(self, text: str) -> int:
        """Write, or lose the line."""
        with suppress(OSError):
            return self._stream.write(text)
        return len(text)

    def flush(self) -> None:
        """Write what is held back, or lose it."""
        with suppress(OSError):
            self._stream.flush()
