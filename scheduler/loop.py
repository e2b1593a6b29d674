"""The scheduler's own turn: start what is due, each in a thread of its own; nothing that hangs delays the rest."""

import random
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime

import structlog

from metier.errors import ConfigError, DatabaseAway, Transient
from scheduler import memory
from scheduler.due import due
from scheduler.pressure import Pressure
from scheduler.work import AGAIN, LEASE, Counts, Outcome, Overtaken, Periodic, Work, described
from storage import backlog, heartbeats, schedule
from storage.engine import Engine, reading, transaction
from storage.heartbeats import Process
from storage.schedule import Schedule, Standing

TICK = 1.0
BEAT = 5.0
AT_ONCE = 4
"""How many jobs are started in one turn: a hundred boards that are all due do not begin together."""
_NEVER = datetime.min.replace(tzinfo=UTC)
_log = structlog.get_logger()


@dataclass(slots=True)
class _Running:
    kind: Periodic
    work: Work
    thread: threading.Thread
    hanging: bool = False


class Loop:
    """Looks every second what is due; survives the database being away."""

    def __init__(
        self, engine: Engine, kinds: Mapping[str, Periodic], *, process: Process, pressure: Pressure,
        counts: Counts, before: Callable[[], None] = lambda: None,
        progressed: Callable[[], float] = lambda: 0.0, clock: Callable[[], float] = time.monotonic,
    ) -> None:  # fmt: skip
        self.counts = counts
        self.lag = 0.0
        self.last_tick = clock()
        self._engine = engine
        self._kinds = kinds
        self._process = process
        self._pressure = pressure
        self._before = before
        self._progressed = progressed
        self._clock = clock
        self._running: dict[str, _Running] = {}
        self._said: set[str] = set()
        self._beaten = self._renewed = self._counted = float("-inf")

    def run(self, stop: threading.Event) -> None:
        """Turn until told to stop; then let what runs end at its next page, and give the rest back."""
        pause, away = TICK, False
        while not stop.wait(pause):
            planned = self.last_tick + pause
            self.lag = max(0.0, self._clock() - planned)
            try:
                self.tick()
                if away:
                    _log.info("the database is back")
                pause, away = TICK, False
            except Transient as error:
                if not away:
                    _log.warning("scheduler waits", reason=str(error))
                pause, away = min(pause * 2, 10.0) * random.uniform(0.7, 1.0), True
            except Exception as error:  # noqa: BLE001  one odd row must not end the scheduler
                _log.error("turn failed", reason=described(error))
                pause = min(pause * 2, 10.0)
            self.last_tick = self._clock()
        self._leave()
        if not away:
            self._sign_off()

    def tick(self) -> None:
        """Mind what runs, start what is due, report; `before` may change what there is to do."""
        self._mind()
        self._before()
        with reading(self._engine) as connection:
            now, standings = schedule.standings(connection)
            if self._clock() - self._counted >= 2 * TICK:
                self._pressure.note(backlog.open_jobs(connection, most=self._pressure.bound + 1))
                self._counted = self._clock()
        most = len(self._running) + AT_ONCE
        for standing in sorted(standings, key=_waiting):
            if len(self._running) < most:
                self._consider(standing, now)
        if self._clock() - self._beaten >= BEAT:
            self._beat()

    def _consider(self, standing: Standing, now: datetime) -> None:
        wanted = standing.schedule
        kind = self._kinds.get(wanted.kind)
        if kind is None:
            self._say_once(f"schedule {wanted.name}: this version knows no job {wanted.kind!r}")
            return
        if wanted.name in self._running or not kind.wants(wanted):
            return
        try:
            for _, slot in due([standing], now):
                self._start(kind, wanted, slot)
        except ConfigError as error:
            self._say_once(f"schedule {wanted.name}: {error}")

    def _start(self, kind: Periodic, wanted: Schedule, slot: datetime) -> None:
        owner = self._process.name
        with transaction(self._engine) as connection:
            if not schedule.take(connection, wanted.name, slot, owner=owner, lease=LEASE):
                return
        work = Work(self._engine, wanted, slot, owner, threading.Event(), self.counts, self._clock)
        thread = threading.Thread(target=_do, args=(kind, work), name=wanted.name, daemon=True)
        self._running[wanted.name] = _Running(kind, work, thread)
        thread.start()

    def _mind(self) -> None:
        for name, running in list(self._running.items()):
            if not running.thread.is_alive():
                del self._running[name]
            elif not running.hanging and self._clock() - running.work.progress > running.kind.limit:
                running.hanging = True  # its name stays taken here, so that hanging threads do not add up
                running.work.stop.set()
                _log.error("gave up a job that hangs", schedule=name, after=running.kind.limit)
                running.work.end(Outcome("timed out", f"no progress for {running.kind.limit:.0f} s"))
                running.kind.expired(running.work)
        if self._clock() - self._renewed >= LEASE / 3:
            self._renew()

    def _renew(self) -> None:
        with transaction(self._engine) as connection:
            for running in self._running.values():
                work = running.work
                if not running.hanging and not schedule.renew(
                    connection, work.schedule.name, work.slot, owner=work.owner, lease=LEASE
                ):
                    work.stop.set()
        self._renewed = self._clock()

    def _beat(self) -> None:
        waiting = self._pressure.paused.is_set()
        counters = self.counts.all() | {
            "loop_lag": round(self.lag, 3), "polling_paused": float(waiting), "open_jobs": self._pressure.open_jobs,
        }  # fmt: skip
        with transaction(self._engine) as connection:
            heartbeats.beat(connection, self._process, counters=counters, artifacts={}, progressed=self._progressed())
        self._beaten = self._clock()

    def _leave(self) -> None:
        for running in self._running.values():
            running.work.stop.set()
        until = self._clock() + 1.0
        for running in self._running.values():
            running.thread.join(max(0.0, until - self._clock()))

    def _sign_off(self) -> None:
        try:
            with transaction(self._engine) as connection:
                heartbeats.leave(connection, self._process)
        except DatabaseAway:
            _log.warning("could not sign off: the database is away")

    def _say_once(self, message: str) -> None:
        if message not in self._said:
            self._said.add(message)
            _log.error(message)


def _waiting(standing: Standing) -> datetime:
    """Order schedules so that none starves where more are due than are started in a turn."""
    return standing.last or _NEVER


def _do(kind: Periodic, work: Work) -> None:
    """Run one slot in its thread and write down how it ended."""
    try:
        try:
            outcome = kind.run(work)
        except (Overtaken, DatabaseAway):
            raise
        except Exception as error:  # noqa: BLE001  a job that fails must not end the scheduler
            outcome = Outcome("failed", described(error))
            _log.error("job failed", schedule=work.schedule.name, reason=outcome.note)
        if outcome is AGAIN or work.stop.is_set():
            work.give_back()
        else:
            work.end(outcome)
    except Overtaken as error:
        _log.info("left to another scheduler", reason=str(error))
    except DatabaseAway as error:  # the slot's lease runs out, then it is due again
        _log.warning("job left unfinished", schedule=work.schedule.name, reason=str(error))
    finally:
        memory.give_back()
