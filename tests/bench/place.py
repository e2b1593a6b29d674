"""Where the bench works: a folder of its own, a broker, databases that keep what they commit, whole systems on them."""

import contextlib
import itertools
import os
import signal
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pydantic import SecretStr
from sqlalchemy import text as sql

from console import supervise_system
from console.supervise_system import Running
from metier.settings import Settings
from metier.types import Lane, Posting
from storage import backlog, engine, heartbeats, migrate, postings
from storage.engine import Engine, reading, transaction
from tests.bench import processor, texts
from tests.servers import Postgres, Valkey

DATABASES = ("postgres", "sqlite")
CHILDREN = 2
MESSAGE_TITLES, MESSAGE_POSTINGS = 512, 64
_INGESTED_AT_ONCE = 500
_PATIENCE = 600.0
_LOOK, _SELDOM = 0.02, 0.5
_DURABLE = ("fsync=on", "synchronous_commit=on", "full_page_writes=on", "shared_buffers=256MB", "max_wal_size=4GB")
_ENVIRONMENT = {"OMP_NUM_THREADS": "1", "METIER_LOG_LEVEL": "error", "HF_HUB_OFFLINE": "1"}


@dataclass(frozen=True, slots=True)
class Sizes:
    """How much of each is measured."""

    titles: int = 20_000
    postings: int = 2_000
    plain: int = 600
    jobs: int = 40_000
    lone: int = 100
    seconds: float = 30.0
    backfill: int = 100_000
    offline: int = 100_000
    polled: int = 100_000
    idle: float = 60.0


QUICK = Sizes(titles=4_096, postings=256, plain=100, jobs=8_192, lone=20, seconds=8.0, backfill=10_000, offline=8_192,
              polled=10_000, idle=8.0)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Pace:
    """How fast texts went: texts a second, and processor seconds a text."""

    rate: float
    processor: float


class System:
    """A whole Metier at work on one database, its workers warm."""

    def __init__(self, engine: Engine, running: Running, servers: Sequence[int]) -> None:
        self.engine = engine
        self.pids = running.kept.pids
        self._running = running
        self._servers = servers
        self._lent = engine.raw_connection()
        self._watch: Any = self._lent.driver_connection  # the driver's own: either of two
        if engine.dialect.name == "postgresql":
            self._watch.autocommit = True
        self._await_workers()
        self.finish(texts.of_titles(2 * MESSAGE_TITLES, source="warm", seed=0))
        self.finish(texts.of_postings(8, source="warm-postings", seed=0))

    def close(self) -> None:
        """Let go of the database."""
        self._lent.invalidate()

    def ingest(self, found: Sequence[Posting], *, lane: Lane = Lane.LIVE) -> None:
        """Save postings as `metier ingest` does."""
        for start in range(0, len(found), _INGESTED_AT_ONCE):
            made = postings.ready(found[start : start + _INGESTED_AT_ONCE])
            with transaction(self.engine) as connection:
                postings.save(connection, made, lane=lane)

    def finish(self, found: Sequence[Posting]) -> Pace:
        """Ingest postings, wait until the last one has its tags, and tell how fast that went."""
        before, spent = self._events(), self._spent()
        began = time.perf_counter()
        last = self._last_event() + len(found)
        self.ingest(found)
        self._wait_for(last, len(found))
        took, used = time.perf_counter() - began, self._spent() - spent
        self.drain()
        told = self._events() - before
        assert told == len(found), f"{told} of {len(found)} postings were tagged"
        return Pace(len(found) / took, used / len(found))

    def drain(self) -> None:
        """Wait until no job is open."""
        self._wait(lambda: self.waiting(1) > 0)

    @contextlib.contextmanager
    def paused(self) -> Iterator[None]:
        """Let the workers stand still while the block runs."""
        group = self.pids()["worker-tag"]
        os.killpg(group, signal.SIGSTOP)
        try:
            yield
        finally:
            os.killpg(group, signal.SIGCONT)

    def waiting(self, most: int) -> int:
        """Return how many jobs are open, counting no further than this."""
        with reading(self.engine) as connection:
            return backlog.open_jobs(connection, most=most)

    def cancel(self) -> None:
        """Drop what waits, then wait for what is in work."""
        with transaction(self.engine) as connection:
            connection.execute(sql("UPDATE job SET state = 'cancelled', run_at = NULL WHERE state = 'ready'"))
        self.drain()

    def _spent(self) -> float:
        """Return the processor time of everything that takes part: our ingest, the system, its servers."""
        return time.process_time() + processor.spent([*self.pids().values(), *self._servers])

    def _wait(self, lasts: Callable[[], bool]) -> None:
        until = time.monotonic() + _PATIENCE
        while lasts():
            assert time.monotonic() < until, f"jobs stay open; see {self._running.logs}"
            time.sleep(_LOOK)

    def _wait_for(self, last: int, count: int) -> None:
        """Wait for the last of so many events, looking often only when it is near: looking costs processor time too."""
        began = time.monotonic()
        while (left := last - self._last_event()) > 0:
            passed = time.monotonic() - began
            assert passed < _PATIENCE, f"jobs stay open; see {self._running.logs}"
            rest = passed * left / max(1, count - left)
            time.sleep(min(_SELDOM, max(_LOOK, rest / 8)))

    def _last_event(self) -> int:
        """Return the number of the newest event: asking costs next to nothing, and no number is left out here.

        Waiting asks on the processors that it measures, so it takes one round trip on a connection of its own and not
        the four of a transaction.
        """
        return int(self._watch.cursor().execute("SELECT COALESCE(MAX(id), 0) FROM outbox").fetchone()[0])

    def _events(self) -> int:
        with reading(self.engine) as connection:
            return int(connection.execute(sql("SELECT count(*) FROM outbox WHERE kind = 'tagged'")).scalar_one())

    def _await_workers(self) -> None:
        until = time.monotonic() + 120
        while True:
            with reading(self.engine) as connection:
                beats = heartbeats.all_since(connection, seconds=30)
            if sum(beat.role == "worker:tag" and bool(beat.artifacts) for beat in beats) == CHILDREN:
                return
            assert time.monotonic() < until, f"the workers do not start; see {self._running.logs}"
            self._running.kept.tick()
            time.sleep(0.1)


class Place:
    """What measurements share; everything in it ends with the block that opened it."""

    def __init__(self, folder: Path, *, artifacts: Path, sizes: Sizes, broker: Valkey, postgres: Postgres) -> None:
        self.folder = folder
        self.artifacts = artifacts
        self.sizes = sizes
        self.broker = broker
        self._postgres = postgres
        self._numbers = itertools.count(1)

    @contextlib.contextmanager
    def database(self, kind: str) -> Iterator[str]:
        """Make an empty database with all tables, yield its URL, and delete it."""
        url = self._postgres.database() if kind == "postgres" else f"sqlite:///{self.home() / 'metier.db'}"
        made = engine.create(url)
        migrate.upgrade(made)
        made.dispose()
        try:
            yield url
        finally:
            if kind == "postgres":
                self._postgres.drop(url)

    @contextlib.contextmanager
    def system(self, kind: str, *, artifacts: Path | None = None) -> Iterator[System]:
        """Run a scheduler and two workers on an empty database of this kind, with nothing cached."""
        self.broker.flush()
        with self.database(kind) as url, contextlib.ExitStack() as stack:
            settings = Settings(
                home=self.home(), database_url=url, broker_url=SecretStr(self.broker.url),
                artifacts=artifacts or self.artifacts, metrics_port=0,
            )  # fmt: skip
            running = stack.enter_context(supervise_system.running(settings, workers=CHILDREN, tell=lambda _: None))
            connected = engine.create(url)
            stack.callback(connected.dispose)
            system = System(connected, running, (self.broker.pid, self._postgres.pid))
            stack.callback(system.close)
            yield system

    def home(self) -> Path:
        """Return a new folder."""
        made = self.folder / f"home-{next(self._numbers)}"
        made.mkdir()
        return made


@contextlib.contextmanager
def opened(artifacts: Path, sizes: Sizes) -> Iterator[Place]:
    """Start the servers and yield the place; nothing of it is left afterwards."""
    os.environ |= _ENVIRONMENT
    with (
        tempfile.TemporaryDirectory(prefix="metier-bench-") as folder,
        Valkey() as broker,
        Postgres(*_DURABLE) as postgres,
    ):
        yield Place(Path(folder), artifacts=artifacts, sizes=sizes, broker=broker, postgres=postgres)
