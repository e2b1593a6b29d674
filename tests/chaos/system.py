"""The system under test as a run starts it: two workers, two schedulers, two export readers; ingest is the intake."""

import itertools
import threading
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Protocol

from metier.errors import DatabaseAway
from metier.types import Lane, Posting
from storage import migrate, postings
from storage.engine import create, transaction
from tests.chaos import checker
from tests.chaos.checker import Truth, Verdict
from tests.chaos.databases import Database
from tests.chaos.form import Form
from tests.chaos.keeper import Keeper
from tests.chaos.marked import PACE
from tests.chaos.reader import Reader
from tests.chaos.workload import CAUSES


class System(Protocol):
    """What a run needs of a system, ours or the control."""

    def environment(self) -> dict[str, str]:
        """Return what its processes need to know."""
        ...

    def start(self, keeper: Keeper) -> None:
        """Prepare the database and start all processes."""
        ...

    def take(self, arriving: Sequence[Posting], lane: Lane, revision: Callable[[Posting], int]) -> None:
        """Accept postings for good."""
        ...

    def waiting(self) -> int:
        """Return how many jobs are open."""
        ...

    def check(self, truth: Truth, poisons: dict[str, str]) -> Verdict:
        """End what reads, and count."""
        ...


class Ours:
    """Metier itself."""

    name = "metier"
    table = "job"
    stock = False
    marks = tuple(CAUSES)

    def __init__(self, database: Database, broker: str, form: Form, folder: Path) -> None:
        self._database = database
        self._broker = broker
        self._form = form
        self._folder = folder
        self._engine = create(database.url)
        self._ended = threading.Event()
        self._readers = [Reader(database.url), Reader(database.url)]
        self._threads = [threading.Thread(target=r.run, args=(self._ended,), daemon=True) for r in self._readers]

    def environment(self) -> dict[str, str]:
        """Return small batches, short leases, and where things are."""
        return {
            "METIER_DATABASE_URL": self._database.url, "METIER_BROKER_URL": self._broker,
            "METIER_HOME": str(self._folder), "METIER_LEASE": str(self._form.lease), "METIER_HINT_AGE": "5",
            "METIER_BATCH_TITLES": "64", "METIER_BATCH_POSTINGS": "32", "METIER_METRICS_PORT": "0",
            "METIER_INBOX": "", PACE: str(self._form.pace),
        }  # fmt: skip

    def start(self, keeper: Keeper) -> None:
        """Migrate, then start workers, schedulers and readers."""
        migrate.upgrade(self._engine)
        for number in range(2):
            keeper.start(f"worker-{number}", "tests.chaos.worker_main", "--concurrency", "2")
            keeper.start(f"scheduler-{number}", "scheduler")
        for thread in self._threads:
            thread.start()

    def take(self, arriving: Sequence[Posting], lane: Lane, revision: Callable[[Posting], int]) -> None:
        """Ingest as a source does: again and again until the database has said yes."""
        for pause in itertools.chain((0.2, 0.5), itertools.repeat(1.0)):
            try:
                with transaction(self._engine) as connection:
                    postings.ingest(connection, arriving, lane=lane)
            except DatabaseAway:
                time.sleep(pause)
            else:
                return

    def waiting(self) -> int:
        """Return how many jobs are ready or leased."""
        return int(self._database.rows("SELECT count(*) FROM job WHERE state IN ('ready', 'leased')")[0][0])

    def check(self, truth: Truth, poisons: dict[str, str]) -> Verdict:
        """Let the readers read to the end, then look at everything."""
        self._ended.set()
        for thread in self._threads:
            thread.join(60)
        self._engine.dispose()
        first, second = (reader.seen for reader in self._readers)
        verdict = checker.check(self._database, truth, poisons, first)
        if first != second:
            verdict.wrong.append(f"two readers saw different exports, of {len(first)} and {len(second)} events")
        return verdict
