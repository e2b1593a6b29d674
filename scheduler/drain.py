"""How fast a queue empties, as seen from looks at it: when the next look is worth its cost."""

import time
from collections.abc import Callable

_SOONEST, _LATEST = 0.05, 0.5
"""Seconds between two looks."""


class Drain:
    """Remembers one look at the messages that wait, and how long each took to go since then."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._at = clock()
        self._waiting = 0
        self._each = 0.0

    def look(self, waiting: int) -> None:
        """Note that so many messages wait now."""
        now = self._clock()
        if waiting < self._waiting:
            self._each = (now - self._at) / (self._waiting - waiting)
        if waiting != self._waiting:
            self._at, self._waiting = now, waiting

    def sent(self, messages: int) -> None:
        """Note that so many have just come to them."""
        self._at = self._clock()
        self._waiting += messages

    def until(self, left: int) -> float:
        """Return in how many seconds so many will be left, if it goes on as before."""
        return min(_LATEST, max(_SOONEST, self._each * (self._waiting - left)))
