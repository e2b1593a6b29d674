"""Bring the workload in, and remember what was accepted: the truth that the checker holds against the tables."""

import random
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import replace

from metier.types import Lane, Posting
from tests.chaos.workload import Workload

Take = Callable[[Sequence[Posting], Lane, Callable[[Posting], int]], None]
"""Saves postings for good, however long the database is away; the last argument tells the revision of each."""


class Feed:
    """What was accepted so far: by key the titles of all revisions, the first one first."""

    def __init__(self, work: Workload, take: Take, rng: random.Random) -> None:
        self.titles: dict[str, list[str]] = {}
        self.work = work
        self._take = take
        self._rng = rng
        self._lock = threading.Lock()

    @property
    def accepted(self) -> int:
        """Return how many revisions were accepted; each is one job."""
        return sum(len(titles) for titles in self.titles.values())

    def run(self, seconds: float, stop: threading.Event) -> None:
        """Bring in all steps, spread over so many seconds; after a hold-up the rest comes faster."""
        began = time.monotonic()
        total = sum(len(step.postings) for step in self.work.steps)
        brought = 0
        for step in self.work.steps:
            due = began + seconds * brought / total
            if stop.wait(max(0.0, due - time.monotonic())):
                return
            self.bring(step.postings, step.lane)
            brought += len(step.postings)

    def bring(self, postings: Sequence[Posting], lane: Lane) -> None:
        """Save postings; when this returns they are accepted."""
        with self._lock:
            self._take(postings, lane, lambda posting: len(self.titles.get(posting.key, [])) + 1)
            for posting in postings:
                self.titles.setdefault(posting.key, []).append(posting.title)

    def edit(self, keys: Sequence[str]) -> int:
        """Change the titles of these postings, planted poisons excepted; return how many."""
        known = [key for key in dict.fromkeys(keys) if key in self.titles and key not in self.work.poisons]
        self.bring([self._edited(key) for key in known], Lane.LIVE)
        return len(known)

    def _edited(self, key: str) -> Posting:
        posting = Posting("chaos", key, f"Editor {key} {self._rng.randrange(1 << 40):x}")
        return replace(posting, body="Edited while somebody worked on it.") if self._rng.random() < 0.5 else posting
