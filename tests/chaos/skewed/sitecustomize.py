"""Put the clock of a Python process off by METIER_CHAOS_SKEW seconds, in it and in all that it starts.

Python imports this before anything else when its folder is on PYTHONPATH. A database keeps its own clock.
"""

import datetime
import os
import time
from collections.abc import Callable
from typing import Any

_SKEW = float(os.environ.get("METIER_CHAOS_SKEW", "0"))


class _Kin(type):
    """Let real moments count as moments of the skewed class."""

    def __instancecheck__(cls, value: object) -> bool:
        return isinstance(value, _datetime)


_datetime = datetime.datetime


class Skewed(_datetime, metaclass=_Kin):
    """A datetime whose present is off."""

    @classmethod
    def now(cls, tz: datetime.tzinfo | None = None) -> Any:  # Any: as the class that it stands for
        """Return the skewed present."""
        return _datetime.now(tz) + datetime.timedelta(seconds=_SKEW)

    @classmethod
    def utcnow(cls) -> Any:  # Any: as above
        """Return the skewed present without a zone."""
        return _datetime.now(datetime.UTC).replace(tzinfo=None) + datetime.timedelta(seconds=_SKEW)


def _off(clock: Callable[[], Any], skew: float) -> Callable[[], Any]:
    return lambda: clock() + skew


if _SKEW:
    time.time = _off(time.time, _SKEW)
    time.time_ns = _off(time.time_ns, int(_SKEW * 1e9))
    datetime.datetime = Skewed  # type: ignore[misc]  # that is the point
