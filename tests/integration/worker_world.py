"""A database, a relay and real workers with the marked tagger, for tests of workers."""

import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from sqlalchemy import text

from metier.settings import Settings
from scheduler.coalesce import Sizes
from scheduler.relay import Relay, Rules
from scheduler.work import Counts
from storage import heartbeats, postings
from storage.engine import Engine, create, reading, transaction
from tests.chaos.keeper import Keeper
from tests.chaos.marked import PACE
from tests.factories import a_title
from worker.app import Door, make

LEASE = 2.0
ATTEMPTS = 3


@dataclass(slots=True)
class World:
    """A database, a relay, and the means to start workers and to look."""

    engine: Engine
    keeper: Keeper
    stop: threading.Event = field(default_factory=threading.Event)

    def bring(self, *titles: str) -> None:
        """Ingest titles, which makes their jobs."""
        with transaction(self.engine) as connection:
            postings.ingest(connection, [a_title(title) for title in titles])

    def jobs(self) -> list[Any]:  # Any: rows
        """Return title, state, attempts and cause of each job."""
        with reading(self.engine) as connection:
            return list(
                connection.execute(
                    text("SELECT j.id, p.title, j.state, j.attempts, j.cause, j.error FROM job j "
                         "JOIN posting p ON p.id = j.subject ORDER BY j.id")
                )
            )  # fmt: skip

    def states(self) -> Counter[str]:
        """Return how many jobs are in each state."""
        return Counter(job.state for job in self.jobs())

    def tags(self) -> dict[str, dict[str, str]]:
        """Return by title the code in each taxonomy."""
        with reading(self.engine) as connection:
            rows = connection.execute(
                text("SELECT p.title, t.taxonomy, t.code FROM tag t JOIN posting p ON p.id = t.posting_id")
            )
            found: dict[str, dict[str, str]] = {}
            for title, taxonomy, code in rows:
                found.setdefault(title, {})[taxonomy] = code
            return found

    def beats(self) -> int:
        """Return how many worker children report."""
        with reading(self.engine) as connection:
            return heartbeats.count(connection, "worker:tag", seconds=3600)

    def until(self, done: Callable[[], bool], *, seconds: float = 40.0) -> None:
        """Wait for something, or fail."""
        deadline = time.monotonic() + seconds
        while not done():
            assert time.monotonic() < deadline, (self.jobs(), self.keeper.log("worker")[-3000:])
            time.sleep(0.05)


@contextmanager
def a_world(url: str, broker: str, folder: Path) -> Iterator[World]:
    """Run a relay on this database and broker; the block starts the workers."""
    engine = create(url)
    environment = {
        "METIER_DATABASE_URL": url, "METIER_BROKER_URL": broker, "METIER_HOME": str(folder), PACE: "0",
        "METIER_LEASE": str(LEASE), "METIER_ATTEMPTS": str(ATTEMPTS),
    }  # fmt: skip
    rules = Rules(Sizes(titles=20, postings=20, wait=0.1), hint_age=2.0, attempts=ATTEMPTS, sweep_every=0.5, idle=0.2)
    relay = Relay(engine, Door(make(Settings.model_validate({"broker_url": broker}))), rules, counts=Counts())
    with Keeper(folder / "logs", environment) as keeper:
        world = World(engine, keeper)
        thread = threading.Thread(target=relay.run, args=(world.stop,), daemon=True)
        thread.start()
        yield world
        world.stop.set()
        thread.join(10)
    engine.dispose()
