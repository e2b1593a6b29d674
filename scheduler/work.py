"""What a periodic job gets to work with, and what it answers."""

import threading
import time
import traceback
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Protocol

from metier.errors import MetierError
from storage import schedule as schedules
from storage.engine import Connection, Engine, transaction
from storage.schedule import Schedule

LEASE = 60.0
"""Seconds a slot belongs to its scheduler; it is renewed while the work makes progress."""


class Overtaken(MetierError):
    """Another scheduler has this slot or this cursor now; what was not committed is its business."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """How a slot ended: in a word, what a person may want to read of it, and what is written down together with it."""

    word: str
    note: str = ""
    record: Callable[[Connection], None] | None = field(default=None, compare=False)


AGAIN = Outcome("again")
"""The work was told to end before it was through: its slot is given back and due again."""


def described(error: Exception) -> str:
    """Return what a foreign error says and where it came from; one line, so that no statement or body is told on."""
    place = traceback.extract_tb(error.__traceback__)[-1]
    said = (str(error).splitlines() or [""])[0][:200]
    return f"{type(error).__name__}: {said} ({Path(place.filename).name}:{place.lineno})"


class Counts:
    """Numbers that several threads add to; they travel in the heartbeat."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._counts: Counter[str] = Counter()

    def add(self, name: str, number: int = 1) -> None:
        """Add to a number."""
        with self._lock:
            self._counts[name] += number

    def all(self) -> dict[str, float]:
        """Return all numbers."""
        with self._lock:
            return dict(self._counts)


@dataclass(slots=True)
class Work:
    """One slot in hand: its schedule, how to keep it, when to stop."""

    engine: Engine
    schedule: Schedule
    slot: datetime
    owner: str
    stop: threading.Event
    counts: Counts = field(default_factory=Counts)
    clock: Callable[[], float] = time.monotonic
    progress: float = 0.0

    def __post_init__(self) -> None:
        self.progress = self.clock()

    def hold(self, connection: Connection) -> None:
        """Lock the slot for this transaction and note progress; raise Overtaken where the slot is no longer ours."""
        if not schedules.renew(connection, self.schedule.name, self.slot, owner=self.owner, lease=LEASE):
            raise Overtaken(f"{self.schedule.name}: its slot was given to another scheduler")
        self.progress = self.clock()

    def end(self, outcome: Outcome) -> None:
        """Write down how the slot ended, where it is still ours."""
        with transaction(self.engine) as connection:
            ours = schedules.finish(
                connection, self.schedule.name, self.slot, owner=self.owner, outcome=outcome.word, note=outcome.note
            )
            if ours and outcome.record is not None:
                outcome.record(connection)

    def give_back(self) -> None:
        """Give the slot back unfinished: another scheduler, or the next start, does it."""
        with transaction(self.engine) as connection:
            schedules.release(connection, self.schedule.name, self.slot, owner=self.owner)


class Periodic(Protocol):
    """One kind of periodic job; schedules name it."""

    @property
    def limit(self) -> float:
        """Seconds without progress after which it counts as hanging."""
        ...

    def wants(self, schedule: Schedule) -> bool:
        """Tell whether this process can and should do it now."""
        ...

    def run(self, work: Work) -> Outcome:
        """Do it, committing with `work.hold` as it goes."""
        ...

    def expired(self, work: Work) -> None:
        """Note that it hung and was given up."""
        ...
