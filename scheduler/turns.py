"""Whose turn it is to ask a server: calls keep their distance, whichever sources of this process make them."""

import threading
import time


class Turn:
    """Keeps the calls to one server apart, whichever sources of this process make them."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._next = float("-inf")
        self._ended = float("-inf")

    def wait(self, pace: float) -> None:
        """Wait until it is one's turn: so long after the last call began, and after one that has ended ended."""
        with self._lock:
            begin = max(time.monotonic(), self._next, self._ended + pace)
            self._next = begin + pace
        time.sleep(max(0.0, begin - time.monotonic()))

    def note(self) -> None:
        """Note that a call has ended."""
        self._ended = time.monotonic()


_turns: dict[str, Turn] = {}


def of(server: str) -> Turn:
    """Return the turn at a server, the same for all who ask it."""
    return _turns.setdefault(server, Turn())
