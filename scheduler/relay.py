"""Turn ready jobs into messages, and bring back what was lost on the way; any number of relays may run."""

import random
import threading
import time
from collections.abc import Container, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Protocol

import structlog

from metier.errors import BrokerAway, Transient
from scheduler import run_hints
from scheduler.coalesce import Batch, Sizes, coalesce
from scheduler.drain import Drain
from scheduler.work import Counts
from storage import heartbeats, hints, wake
from storage.engine import Connection, Engine, glancing, single, transaction

_log = structlog.get_logger()
_HALF = 0.2
"""The same where only the backfill lane holds enough: whoever writes a live job wakes the relay before."""


class Queue(Protocol):
    """The one door to the broker."""

    def publish(self, task: str, lane: int, ids: Sequence[int]) -> None:
        """Send one message of ids; raise BrokerAway."""
        ...

    def depth(self, task: str) -> tuple[int, int]:
        """Return how many messages nobody took yet, of the live and of the backfill lane; raise BrokerAway."""
        ...


@dataclass(frozen=True, slots=True)
class Rules:
    """How the relay behaves; times in seconds."""

    sizes: Sizes
    window: int = 4
    hint_age: float = 60.0
    attempts: int = 5
    sweep_every: float = 2.0
    idle: float = 1.0


class Relay:
    """Runs in its own thread of the scheduler, delayed by no source."""

    def __init__(self, engine: Engine, queue: Queue, rules: Rules, *, task: str = "tag", counts: Counts) -> None:
        self._counts = counts
        self._engine = engine
        self._queue = queue
        self._rules = rules
        self._task = task
        self._swept = float("-inf")
        self._children = 1
        self._full = False
        self._drain = Drain()
        self.last_turn = self.last_try = time.monotonic()

    def run(self, stop: threading.Event) -> None:
        """Work until told to stop; neither the database nor the broker being away ends it."""
        setback = 0.2
        while not stop.is_set():
            try:
                with wake.listen(self._engine) as written:
                    while not stop.is_set():
                        pause = self.turn()
                        setback = 0.2
                        self.last_turn = self.last_try = time.monotonic()
                        if self._full:
                            stop.wait(pause)
                        elif pause:
                            written.wait(pause, stop)
            except Transient as error:
                self.last_try = time.monotonic()
                _log.warning("relay waits", reason=str(error))
                stop.wait(setback * random.uniform(0.7, 1.3))
                setback = min(setback * 2, 5.0)

    def turn(self) -> float:
        """Sweep when it is time, send what is due, and return how long to wait before the next turn."""
        if time.monotonic() - self._swept > self._rules.sweep_every:
            self.sweep()
            run_hints.send(self._engine, self._queue, hint_age=self._rules.hint_age, counts=self._counts)
        live, backfill = self._queue.depth(self._task)
        rooms = self._rooms(live, backfill)
        self._full = not any(rooms)
        self._drain.look(live)
        if self._full:  # the database is not asked: this is most of the time while there is much to do
            return self._drain.until(self._window - self._enough)
        with glancing(self._engine) as connection:  # on SQLite nobody waits for us to look
            chosen, short = self._choose(connection, rooms, idle=live + backfill == 0)
        ids = [id_ for batch in chosen for id_ in batch.ids]
        noted = self._note(ids)
        batches = chosen if len(noted) == len(ids) else list(_only(noted, chosen))
        self._publish(batches)
        if batches:
            return 0.0
        idle = self._rules.idle if all(rooms) else _HALF
        return min(idle, self._rules.sizes.wait / 2) if short else idle

    def sweep(self) -> None:
        """Bring back the jobs of workers that died, and see how many live."""
        with transaction(self._engine) as connection:
            self._children = max(1, heartbeats.count(connection, f"worker:{self._task}", seconds=30))
            ready, dead = hints.sweep(connection, attempts=self._rules.attempts)
        self._swept = time.monotonic()
        if ready or dead:
            self._counts.add("leases_expired", ready + dead)
            _log.warning("leases expired", again=ready, dead=dead)

    def _rooms(self, live: int, backfill: int) -> tuple[int, int]:
        """Return for how many messages of each lane there is room; none until half of what may wait was taken.

        Each look passes over the jobs that wait on the queue, so it is to find more than one batch.
        """
        room = self._window - live
        of_live, of_backfill = (free if free >= self._enough else 0 for free in (room, room - backfill))
        return of_live, of_backfill

    @property
    def _window(self) -> int:
        """Return how many messages may wait."""
        return self._rules.window * self._children

    @property
    def _enough(self) -> int:
        """Return for how many messages there must be room before any is sent."""
        return (self._window + 1) // 2

    def _choose(self, connection: Connection, rooms: Sequence[int], *, idle: bool) -> tuple[list[Batch], bool]:
        """Return the batches that there is room for, and whether jobs of a short batch still wait."""
        sizes = replace(self._rules.sizes, wait=0.0) if idle else self._rules.sizes
        chosen: list[Batch] = []
        waits = False
        for lane, free in enumerate(rooms):
            room = free - len(chosen) if lane else free
            if room <= 0:
                continue
            jobs = hints.waiting(
                connection, self._task, lane=lane, most=room * sizes.titles, hint_age=self._rules.hint_age
            )
            batches = list(coalesce(jobs, sizes))[:room]
            waits = waits or sum(len(batch.ids) for batch in batches) < len(jobs)
            chosen += batches
        return chosen, waits

    def _note(self, ids: Sequence[int]) -> set[int]:
        """Write down that messages name these jobs; return those that are still ours to name."""
        if not ids:
            return set()
        with single(self._engine) as connection:
            return hints.note(connection, ids, hint_age=self._rules.hint_age)

    def _publish(self, batches: Sequence[Batch]) -> None:
        for position, batch in enumerate(batches):
            try:
                self._queue.publish(self._task, batch.lane, batch.ids)
            except BrokerAway:
                with transaction(self._engine) as connection:
                    hints.unnote(connection, [id_ for later in batches[position:] for id_ in later.ids])
                raise
            self._drain.sent(int(batch.lane == 0))
            self._counts.add("messages_sent")


def _only(noted: Container[int], batches: Iterable[Batch]) -> Iterator[Batch]:
    """Leave out the jobs that another relay has named meanwhile."""
    for batch in batches:
        if ids := tuple(id_ for id_ in batch.ids if id_ in noted):
            yield Batch(batch.lane, ids)
